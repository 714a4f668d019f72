/** One URL that is followed over a socket which others share. */

import { Backoff, linked, pause } from './again.js';
import { EverfoldError, final } from './errors.js';
import { cursorOf, withOptions } from './frames.js';

/** Frames that the host may send ahead of the reader. */
const CREDIT = 64;

/**
 * The frames of one subscription, over as many connections as it takes. The host sends ahead only what it has credit
 * for, and a reader that comes for more gives more: a slow one makes the host wait, and memory does not grow.
 */
export class Subscription {
  #url;
  #credit;
  #line;
  #id;
  /** Frames that came and were not taken yet: at most `credit`. */
  #waiting = [];
  /** Frames that the host may still send. */
  #granted = 0;
  /** Whether this connection knows of it. */
  #isBegun = false;
  /** The cursors of the last frame that came, and of the last that was taken. */
  #received;
  #taken;
  #wake = () => {};
  #error;
  #end;
  #frames;
  #onTrouble;
  #backoff;
  /** Pauses between restarts, which are for the reader to judge. */
  #restarts;

  /**
   * @param {URL} url
   * @param {import('./index.js').SubscribeOptions} options
   * @param {object} line what carries it
   * @param {(subscription: Subscription) => number} line.enrol gives an id, and what comes under it from then on
   * @param {(id: number) => void} line.drop
   * @param {(message: object) => boolean} line.send whether there is a connection to send it by
   */
  constructor(url, options, line) {
    const { credit = CREDIT, from, signal, backoff, onTrouble = () => {} } = options;
    if (!(Number.isSafeInteger(credit) && credit > 0)) throw final('invalid-credit', `credit is ${credit}: it must be a whole number from 1`);
    this.#url = withOptions(url, options);
    this.#credit = credit;
    this.#line = line;
    this.#received = from;
    this.#taken = from;
    this.#onTrouble = onTrouble;
    this.#backoff = new Backoff(backoff);
    this.#restarts = new Backoff(backoff);
    this.#end = linked(signal);
    this.#end.controller.signal.addEventListener('abort', () => this.#leave());
    this.#enter();
  }

  /** With which a later reader goes on behind the last frame that this one gave. */
  get cursor() {
    return this.#taken;
  }

  /** Breaks off, and begins again behind this cursor; without one, afresh. */
  restart(cursor) {
    this.#waiting = [];
    this.#received = cursor;
    this.#taken = cursor;
    this.#leave();
    this.#enterIn(this.#restarts.next());
  }

  /** Ends it (`unsubscribe`): its loop ends without an error. */
  close() {
    this.#end.controller.abort();
    this.#end.unlink();
  }

  /** All loops read the same frames: there is one. */
  [Symbol.asyncIterator]() {
    return (this.#frames ??= this.#run());
  }

  /** There is a connection that does not know of it yet. */
  begin() {
    this.#isBegun = false;
    const room = this.#credit - this.#waiting.length;
    if (this.#id === undefined || room === 0) return;
    const url = new URL(this.#url);
    if (this.#received !== undefined) url.searchParams.set('from', this.#received);
    this.#granted = room;
    this.#isBegun = this.#line.send({ op: 'subscribe', id: this.#id, url: url.pathname + url.search, credit: room });
  }

  /** Something came under its id. */
  take({ frame, problem }) {
    if (problem !== undefined) return this.#refused(new EverfoldError(problem));
    this.#backoff.reset();
    this.#granted -= 1;
    this.#received = cursorOf(frame) ?? this.#received;
    this.#waiting.push(frame);
    return this.#wake();
  }

  /** Nothing comes any more. */
  fail(error) {
    this.#error = error;
    this.#wake();
  }

  async *#run() {
    const { signal } = this.#end.controller;
    try {
      while (!signal.aborted) {
        if (this.#waiting.length === 0) {
          if (this.#error !== undefined) throw this.#error;
          await new Promise((resolve) => (this.#wake = resolve));
          continue;
        }
        const frame = this.#waiting.shift();
        this.#taken = cursorOf(frame) ?? this.#taken;
        yield frame;
        this.#topUp();
      }
    } finally {
      this.close();
    }
  }

  /** Gives credit for what was taken, as soon as that is half of all. */
  #topUp() {
    if (!this.#isBegun) return this.begin();
    const frames = this.#credit - this.#waiting.length - this.#granted;
    if (frames * 2 < this.#credit) return undefined;
    if (this.#line.send({ op: 'credit', id: this.#id, frames })) this.#granted += frames;
    return undefined;
  }

  #refused(error) {
    this.#line.drop(this.#id);
    this.#id = undefined;
    if (!error.passes) return this.fail(error);
    const pauseMs = this.#backoff.next();
    this.#onTrouble(error, pauseMs);
    return this.#enterIn(pauseMs);
  }

  #enterIn(pauseMs) {
    const { signal } = this.#end.controller;
    pause(pauseMs, signal).then(() => {
      if (!signal.aborted && this.#id === undefined && this.#error === undefined) this.#enter();
    });
  }

  /** A new id each time: what still comes under the one before is nobody's. */
  #enter() {
    if (this.#end.controller.signal.aborted) return;
    this.#id = this.#line.enrol(this);
    this.begin();
  }

  #leave() {
    if (this.#id !== undefined) {
      if (this.#isBegun) this.#line.send({ op: 'unsubscribe', id: this.#id });
      this.#line.drop(this.#id);
    }
    this.#id = undefined;
    this.#isBegun = false;
    this.#wake();
  }
}
