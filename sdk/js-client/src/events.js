/** Events that are followed: each of them once, in the order of the log. */

import { final, own } from './errors.js';
import { cursorOf } from './frames.js';

/**
 * The events of one URL, with `caught-up` when everything that was there has been given, and `reset` when the host
 * has another history and everything follows from the start. Positions must rise; where they do not, reading begins
 * again behind the last event that was given.
 */
export class EventsView {
  #frames;
  #events;
  #cursor;
  #position = 0;
  #epoch;
  #onTrouble;

  /**
   * @param {import('./index.js').Frames} frames
   * @param {{from?: string, onTrouble?: (error: Error, pauseMs: number) => void}} [options]
   */
  constructor(frames, { from, onTrouble = () => {} } = {}) {
    this.#frames = frames;
    this.#onTrouble = onTrouble;
    this.#cursor = from;
    if (from === undefined) return;
    const known = /^(.+)-([0-9]+)$/.exec(from);
    if (known === null) throw final('invalid-cursor', `${JSON.stringify(from)} is no cursor: those are EPOCH-POSITION, as a view's cursor is`);
    this.#epoch = known[1];
    this.#position = Number(known[2]);
  }

  /** With which a later reader goes on behind the last event that was given (or behind what does not concern it). */
  get cursor() {
    return this.#cursor;
  }

  /** The position up to which everything was given. */
  get position() {
    return this.#position;
  }

  close() {
    this.#frames.close();
  }

  /** All loops read the same events: there is one. */
  [Symbol.asyncIterator]() {
    return (this.#events ??= this.#run());
  }

  async *#run() {
    for await (const frame of this.#frames) {
      const wrong = this.#wrong(frame);
      if (wrong !== undefined) {
        this.#onTrouble(own('out-of-order', wrong), 0);
        this.#frames.restart(this.#cursor);
        continue;
      }
      this.#cursor = cursorOf(frame) ?? this.#cursor;
      this.#epoch = frame.epoch ?? this.#epoch;
      if (frame.type === 'reset') this.#position = 0;
      else this.#position = frame.position ?? this.#position;
      if (frame.type === 'event' || frame.type === 'caught-up' || frame.type === 'reset') yield frame;
    }
  }

  /** Why a frame cannot be what comes next. */
  #wrong({ type, position, epoch }) {
    if (type === 'reset' || position === undefined) return undefined;
    if (this.#epoch !== undefined && epoch !== this.#epoch) return `epoch ${epoch} follows upon ${this.#epoch} without a reset`;
    const rises = type === 'event' ? position > this.#position : position >= this.#position;
    return rises ? undefined : `position ${position} (${type}) follows upon ${this.#position}, and positions rise`;
  }
}
