/** A URL that is followed by server-sent events, over as many connections as it takes. */

import { Backoff, linked, pause } from './again.js';
import { final, own, passes } from './errors.js';
import { absolute, cursorOf, tokenNow, withOptions } from './frames.js';
import { SILENCE_MS } from './pulse.js';
import { frames } from './stream.js';

/** The frames of one URL. Read by one loop, which ends it. */
export class Following {
  #url;
  #options;
  #cursor;
  #end;
  #frames;
  /** When the host asked to come back, if it did. */
  #retryMs;
  #isRestarting = false;
  #connection;
  #backoff;
  /** Pauses between restarts, which are for the reader to judge: the connection may look well. */
  #restarts;

  /** @param {string | URL} url @param {import('./index.js').FollowOptions} [options] */
  constructor(url, options = {}) {
    this.#url = withOptions(absolute(url, ['http:', 'https:']), options);
    const { fetch = globalThis.fetch, silenceMs = SILENCE_MS, onTrouble = () => {}, onOpen = () => {}, token } = options;
    this.#options = { fetch, silenceMs, onTrouble, onOpen, token };
    if (typeof fetch !== 'function') {
      throw final('no-fetch', 'this platform has no fetch: give one as options.fetch, or use Node 18 or newer');
    }
    this.#cursor = options.from;
    this.#end = linked(options.signal);
    this.#backoff = new Backoff(options.backoff);
    this.#restarts = new Backoff(options.backoff);
  }

  /** With which a later reader goes on behind the last frame that this one gave. */
  get cursor() {
    return this.#cursor;
  }

  /** Breaks off, and begins again behind this cursor; without one, afresh. */
  restart(cursor) {
    this.#cursor = cursor;
    this.#isRestarting = true;
    this.#connection?.abort();
  }

  /** Ends it: its loop ends without an error. */
  close() {
    this.#end.controller.abort();
    this.#end.unlink();
  }

  /** All loops read the same frames: there is one. */
  [Symbol.asyncIterator]() {
    return (this.#frames ??= this.#run());
  }

  async *#run() {
    const { signal } = this.#end.controller;
    try {
      while (!signal.aborted) {
        let trouble;
        try {
          yield* this.#connected(signal);
          trouble = own('ended', 'the host ended the stream');
        } catch (error) {
          trouble = error;
        }
        if (signal.aborted) return;
        await this.#rest(trouble, signal);
      }
    } finally {
      this.close();
    }
  }

  /** The frames of one connection. */
  async *#connected(signal) {
    const { fetch, silenceMs, onOpen } = this.#options;
    const connection = linked(signal);
    this.#connection = connection.controller;
    this.#isRestarting = false;
    try {
      const token = await tokenNow(this.#options.token);
      const onRetry = (ms) => (this.#retryMs = ms);
      const how = { fetch, token, cursor: this.#cursor, signal: connection.controller.signal, silenceMs, onRetry, onOpen };
      for await (const frame of frames(this.#url, how)) {
        this.#backoff.reset();
        this.#cursor = cursorOf(frame) ?? this.#cursor;
        yield frame;
        // What came with it is of the past.
        if (this.#isRestarting || signal.aborted) return;
      }
    } finally {
      connection.unlink();
    }
  }

  /** Waits before the next attempt, or fails if another makes no sense. */
  async #rest(trouble, signal) {
    const retryMs = trouble.retryAfterMs ?? this.#retryMs;
    this.#retryMs = undefined;
    if (this.#isRestarting) return pause(this.#restarts.next(), signal);
    if (!passes(trouble)) throw trouble;
    const pauseMs = retryMs ?? this.#backoff.next();
    this.#options.onTrouble(trouble, pauseMs);
    return pause(pauseMs, signal);
  }
}
