/** Appends over a socket: many under way, each answered by its own id, none lost with a connection. */

import { Backoff, linked, pause } from './again.js';
import { EverfoldError, final } from './errors.js';
import { uuid1 } from './ids.js';

/** Appends that may be under way at once. */
const MOST = 4096;

/** The appends that were not answered yet. */
export class Appends {
  #send;
  #pending = new Map();
  #count = 0;
  #most;
  #backoff;
  #onTrouble;
  #end;

  /**
   * @param {(text: string) => boolean} send whether there is a connection to send it by
   * @param {import('./index.js').ConnectOptions} options
   */
  constructor(send, { maxPendingAppends = MOST, backoff, onTrouble = () => {} }) {
    this.#send = send;
    this.#most = maxPendingAppends;
    this.#backoff = new Backoff(backoff);
    this.#onTrouble = onTrouble;
    this.#end = linked(undefined).controller;
  }

  /**
   * Appends events, all or none; gives their positions once they are durable. It is sent as often as it takes: its
   * events have their ids from now on, so that the host knows them again.
   */
  append(events, { ifMatch, ifNoneMatch, signal } = {}) {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#pending.size >= this.#most) {
      const detail = `${this.#most} appends wait for their answers, the limit (maxPendingAppends): await some of them, or append more events at once`;
      return Promise.reject(final('too-many-appends', detail));
    }
    this.#count += 1;
    const id = `a${this.#count}`;
    const named = events.map((event) => ({ ...event, id: event.id ?? uuid1() }));
    const expected = { if_match: typeof ifMatch === 'number' ? `"${ifMatch}"` : ifMatch, if_none_match: ifNoneMatch };
    const text = JSON.stringify({ op: 'append', id, events: named, ...expected });
    return new Promise((resolve, reject) => {
      const abort = () => this.#settle(id, () => reject(signal.reason));
      signal?.addEventListener('abort', abort);
      const unlink = () => signal?.removeEventListener('abort', abort);
      this.#pending.set(id, { text, resolve, reject, unlink, isResting: false });
      this.#send(text);
    });
  }

  /** There is a new connection: what the one before did not answer is sent again. */
  begin() {
    for (const { text, isResting } of this.#pending.values()) {
      if (!isResting) this.#send(text);
    }
  }

  /** An answer came. */
  take({ id, positions, problem }) {
    const append = this.#pending.get(id);
    // It was given up, or sent twice and answered twice.
    if (append === undefined) return;
    if (problem === undefined) {
      this.#backoff.reset();
      this.#settle(id, () => append.resolve(positions));
      return;
    }
    const error = new EverfoldError(problem);
    if (error.passes) this.#rest(id, append, error);
    else this.#settle(id, () => append.reject(error));
  }

  /** None of them will be answered. */
  fail(error) {
    this.#end.abort();
    for (const [id, { reject }] of this.#pending) this.#settle(id, () => reject(error));
  }

  /** The host could not take it now, and wrote nothing. */
  #rest(id, append, error) {
    const pauseMs = this.#backoff.next();
    this.#onTrouble(error, pauseMs);
    append.isResting = true;
    pause(pauseMs, this.#end.signal).then(() => {
      append.isResting = false;
      if (this.#pending.has(id)) this.#send(append.text);
    });
  }

  #settle(id, settle) {
    const append = this.#pending.get(id);
    if (append === undefined) return;
    this.#pending.delete(id);
    append.unlink();
    settle();
  }
}
