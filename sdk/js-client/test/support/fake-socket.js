/** Websockets of which a test says every word, without a network. */

import { Queue } from './queue.js';

/** A class for `options.WebSocket`, and the sockets that are made of it. */
export function fakeSockets(t) {
  const made = new Queue();
  const controller = new AbortController();
  t.after(() => controller.abort());
  class WebSocket extends FakeSocket {
    constructor(url, protocols) {
      super(url, protocols);
      made.put(this);
    }
  }
  const options = {
    WebSocket,
    signal: controller.signal,
    backoff: { initialMs: 2, maxMs: 4 },
    // Nobody is there who could say why an opening was refused.
    fetch: () => Promise.reject(new TypeError('fetch failed')),
  };
  return { options, connection: () => made.take(), made };
}

/** Both sides of one connection: the client has the standard's, the test the methods of a host. */
class FakeSocket {
  #sent = new Queue();
  #isOver = false;

  constructor(url, protocols) {
    this.url = url;
    this.protocols = protocols;
    this.closed = new Promise((resolve) => (this.whenClosed = resolve));
  }

  send(text) {
    this.#sent.put(JSON.parse(text));
  }

  close(code) {
    this.whenClosed(code);
    queueMicrotask(() => this.over(code ?? 1005));
  }

  /** The host takes the connection. */
  open() {
    this.onopen?.({});
    return this;
  }

  /** The host says something. */
  say(...messages) {
    for (const message of messages) {
      this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) });
    }
    return this;
  }

  /** Frames of a subscription. */
  frames(id, ...frames) {
    return this.say(...frames.map((frame) => ({ op: 'subscribe', id, frame })));
  }

  /** It ends, by whomever. */
  over(code, reason = '') {
    if (this.#isOver) return;
    this.#isOver = true;
    this.onerror?.({});
    this.onclose?.({ code, reason });
  }

  /** The next message of the client. */
  said() {
    return this.#sent.take();
  }

  /** How many were not looked at yet. */
  get left() {
    return this.#sent.size;
  }
}
