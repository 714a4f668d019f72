/** Server-sent events, out of bytes in pieces of any size, as the HTML standard reads them. */

import { own } from './errors.js';

/** One event may be so long, in characters. Models have a limit of their own, which is mostly far lower. */
const MAX_LENGTH = 256 * 1024 * 1024;

/** Reads one stream. */
export class SseParser {
  #decoder = new TextDecoder('utf-8');
  /** The beginning of a line whose end has not come yet. */
  #pieces = [];
  /** Whether the last piece ended with a CR: a LF that follows ends no line of its own. */
  #afterReturn = false;
  /** The lines of the event that has not ended yet. */
  #data = [];
  #type = '';
  #id = '';
  /** Characters since the last event ended. */
  #length = 0;
  #onRetry;
  #maxLength;

  /**
   * @param {{onRetry?: (ms: number) => void, maxLength?: number}} [options] `onRetry` is told when to come back
   */
  constructor({ onRetry = () => {}, maxLength = MAX_LENGTH } = {}) {
    this.#onRetry = onRetry;
    this.#maxLength = maxLength;
  }

  /**
   * Takes the next bytes.
   *
   * @param {Uint8Array} bytes
   * @returns {{type: string, id: string, data: string}[]} the events that they complete
   */
  push(bytes) {
    const text = this.#decoder.decode(bytes, { stream: true });
    if (text === '') return [];
    const events = [];
    let start = this.#afterReturn && text[0] === '\n' ? 1 : 0;
    this.#afterReturn = text.endsWith('\r');
    for (const { 0: ending, index } of text.matchAll(/\r\n|\r|\n/g)) {
      if (index < start) continue;
      this.#keep(text.slice(start, index));
      start = index + ending.length;
      const event = this.#line(this.#pieces.join(''));
      this.#pieces = [];
      if (event) events.push(event);
    }
    if (start < text.length) this.#keep(text.slice(start));
    return events;
  }

  #keep(piece) {
    this.#pieces.push(piece);
    this.#length += piece.length;
    if (this.#length > this.#maxLength) {
      throw own('event-too-long', `an event of the stream is longer than ${this.#maxLength} characters: no host sends such`);
    }
  }

  /** One line; gives the event that it ends. */
  #line(line) {
    if (line === '') return this.#end();
    const colon = line.indexOf(':');
    // A comment only shows that the other side is there.
    if (colon === 0) return undefined;
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
    if (name === 'data') this.#data.push(value);
    else if (name === 'event') this.#type = value;
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
    else if (name === 'retry' && /^[0-9]+$/.test(value)) this.#onRetry(Number(value));
    return undefined;
  }

  #end() {
    const [type, data] = [this.#type || 'message', this.#data];
    this.#type = '';
    this.#data = [];
    this.#length = 0;
    return data.length === 0 ? undefined : { type, id: this.#id, data: data.join('\n') };
  }
}
