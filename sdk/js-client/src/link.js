/** A websocket that comes back: one after the other, for as long as that makes sense. */

import { Backoff, linked, pause } from './again.js';
import { EverfoldError, final, own } from './errors.js';
import { tokenNow } from './frames.js';
import { Pulse, SILENCE_MS } from './pulse.js';

/** What is spoken; and what carries a token, because pages cannot set headers here. */
const PROTOCOL = 'everfold.v1';
const BEARER = 'everfold.bearer.';
/** To be answered by the host with the same. */
const PING = JSON.stringify({ op: 'ping', id: 'pulse' });
/** How long an opening may take. */
const OPENING_MS = 15_000;
/** Refusals of the opening that coming back does not mend. */
const REFUSALS = new Set([401, 403, 404, 421]);

/** Ways of closing after which the same again would only be closed again, and what to do instead. */
const FINAL = new Map([
  [1003, 'the host takes no messages here: follow single URLs with follow()'],
  [1007, 'the host did not understand what was sent: client and host do not fit together, use versions that do'],
  [1008, 'the token does not count any more: connect again with another'],
  [1009, 'a message was too large for the host: append fewer events at once, or raise limits.message_bytes there'],
]);

/** One connection after the other. */
export class Link {
  #url;
  #options;
  #opened;
  #received;
  #end;
  #backoff;
  #socket;
  /** When the host asked to come back, if it did. */
  #afterMs;
  /** What the host said before it closed, if it did. */
  #problem;

  /**
   * @param {URL} url
   * @param {import('./index.js').ConnectOptions} options
   * @param {{opened(): void, received(message: any): void, ended(error?: Error): void}} handlers
   */
  constructor(url, options, { opened, received, ended }) {
    this.#url = url;
    const { WebSocket, token, fetch = globalThis.fetch, silenceMs = SILENCE_MS, onTrouble = () => {}, onOpen = () => {} } = options;
    this.#options = { WebSocket, token, fetch, silenceMs, onTrouble, onOpen };
    this.#opened = opened;
    this.#received = received;
    this.#end = linked(options.signal);
    this.#backoff = new Backoff(options.backoff);
    this.#run().then(ended, ended);
  }

  /** Sends a message; whether there is a connection to send it by. */
  send(text) {
    if (this.#socket === undefined) return false;
    this.#socket.send(text);
    return true;
  }

  close() {
    this.#end.controller.abort();
    this.#end.unlink();
  }

  async #run() {
    const { signal } = this.#end.controller;
    while (!signal.aborted) {
      const trouble = await this.#connection(signal).catch((error) => error);
      if (signal.aborted) break;
      if (trouble instanceof EverfoldError && !trouble.passes) throw trouble;
      const pauseMs = this.#afterMs ?? this.#backoff.next();
      this.#afterMs = undefined;
      this.#options.onTrouble(trouble, pauseMs);
      await pause(pauseMs, signal);
    }
  }

  /** One connection from its opening to its end; gives why it ended. */
  async #connection(signal) {
    const token = await tokenNow(this.#options.token);
    if (signal.aborted) return undefined;
    const protocols = token === undefined ? [PROTOCOL] : [PROTOCOL, BEARER + token];
    const socket = this.#socketOf(protocols);
    const { isOpen, isSilent, code, reason } = await this.#talk(socket, signal);
    if (signal.aborted) return undefined;
    if (isSilent) return own('silent', `nothing was heard for ${this.#options.silenceMs} ms: the connection is dead`);
    if (!isOpen) return (await this.#refusal(token, signal)) ?? own('unreachable', `${this.#url.href} cannot be opened`);
    const why = FINAL.get(code);
    const said = this.#problem?.detail ?? reason;
    // Whoever can make another token comes back with it.
    const isMended = code === 1008 && typeof this.#options.token === 'function';
    if (why !== undefined && !isMended) return final('closed', `closed with ${code}${said ? ` (${said})` : ''}: ${why}`);
    return own('disconnected', `the connection ended with ${code}${said ? ` (${said})` : ''}`);
  }

  #socketOf(protocols) {
    try {
      return new this.#options.WebSocket(this.#url.href, protocols);
    } catch (cause) {
      throw final('no-websocket', `the websocket cannot be made: ${cause.message}`, { cause });
    }
  }

  /** Listens until the socket is closed, or is silent for too long. */
  #talk(socket, signal) {
    return new Promise((resolve) => {
      let isOpen = false;
      let pulse;
      const close = () => socket.close(1000);
      const timer = setTimeout(close, OPENING_MS);
      signal.addEventListener('abort', close);
      const end = (how) => {
        clearTimeout(timer);
        pulse?.stop();
        signal.removeEventListener('abort', close);
        // A dead one may be closed long after the next was opened.
        socket.onmessage = null;
        socket.onclose = null;
        this.#socket = undefined;
        resolve({ isOpen, ...how });
      };
      const lost = () => {
        end({ isSilent: true });
        // Nobody answers; it is not waited for.
        socket.close(4001, 'silent');
      };
      socket.onopen = () => {
        isOpen = true;
        clearTimeout(timer);
        pulse = new Pulse(this.#options.silenceMs, { ask: () => socket.send(PING), lost });
        this.#socket = socket;
        this.#problem = undefined;
        this.#options.onOpen();
        this.#opened();
      };
      socket.onmessage = ({ data }) => {
        pulse?.heard();
        if (!signal.aborted) this.#take(data, socket);
      };
      // What matters is told by the close event that follows; without a listener Node would throw.
      socket.onerror = () => {};
      socket.onclose = ({ code, reason }) => end({ code, reason });
    });
  }

  #take(data, socket) {
    try {
      const message = JSON.parse(data);
      if (message.op === 'reconnect') this.#afterMs = message.after_ms;
      else if (message.op === 'error') this.#problem = message.problem;
      else this.#received(message);
      // Whoever talks is well.
      this.#backoff.reset();
    } catch (error) {
      this.#options.onTrouble(own('not-understood', `a message of the host is not understood: ${String(data).slice(0, 200)}`, { cause: error }), 0);
      socket.close(4000, 'not understood');
    }
  }

  /** Why an opening was refused: a websocket does not say it, so the same is asked by HTTP. */
  async #refusal(token, signal) {
    const { fetch } = this.#options;
    if (fetch === undefined) return undefined;
    const url = new URL(this.#url);
    url.protocol = url.protocol.replace('ws', 'http');
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    try {
      const response = await fetch(url.href, { headers, cache: 'no-store', signal });
      if (REFUSALS.has(response.status)) return await EverfoldError.of(response);
      await response.body?.cancel();
      return undefined;
    } catch {
      // Nobody is there, or a page of another origin may not know.
      return undefined;
    }
  }
}
