/** One websocket for many: everything that is followed in a context, and appends to it. */

import { Appends } from './appends.js';
import { final, own } from './errors.js';
import { EventsView } from './events.js';
import { absolute } from './frames.js';
import { Link } from './link.js';
import { ModelView, cursorOfState } from './model.js';
import { Subscription } from './subscription.js';

/** States of a model ahead of the reader: a host that waits skips to the latest. */
const MODEL_CREDIT = 8;
/** Events ahead of the reader. */
const EVENTS_CREDIT = 256;

/** What `connect` gives. */
export class Socket {
  #context;
  #base;
  #options;
  #subscriptions = new Map();
  #count = 0;
  #link;
  #appends;
  #error;
  #isClosed = false;

  /** @param {string | URL} base @param {string} context @param {import('./index.js').ConnectOptions} [options] */
  constructor(base, context, options = {}) {
    const WebSocket = options.WebSocket ?? globalThis.WebSocket;
    if (typeof WebSocket !== 'function') {
      const detail = 'this platform has no WebSocket: give one as options.WebSocket (the class of the package ws), or use Node 22 or newer';
      throw final('no-websocket', detail);
    }
    this.#base = absolute(base, ['http:', 'https:', 'ws:', 'wss:']);
    this.#context = context;
    this.#options = { ...options, WebSocket };
    const url = new URL(`${this.#base.pathname.replace(/\/$/, '')}/${encodeURIComponent(context)}/subscribe`, this.#base);
    url.protocol = url.protocol.replace('http', 'ws');
    this.#appends = new Appends((text) => this.#link.send(text), this.#options);
    this.#link = new Link(url, this.#options, {
      opened: () => this.#begin(),
      received: (message) => this.#take(message),
      ended: (error) => this.#fail(error),
    });
  }

  /** Why it ended, if it did by itself. */
  get error() {
    return this.#error;
  }

  /**
   * Follows a URL: its frames as they are.
   *
   * @param {string} url of this context, like `/shop/cart/ENTITY/model`, or from there on, like `cart/ENTITY/model`
   * @param {import('./index.js').SubscribeOptions} [options]
   */
  subscribe(url, options = {}) {
    this.#expectLife();
    const { backoff } = this.#options;
    const known = new URL(url, new URL(`/${encodeURIComponent(this.#context)}/`, this.#base));
    return new Subscription(known, { backoff, ...this.#told(options) }, {
      enrol: (subscription) => this.#enrol(subscription),
      drop: (id) => this.#subscriptions.delete(id),
      send: (message) => this.#link.send(JSON.stringify(message)),
    });
  }

  /** Follows a model: its states. `patch` is true unless it is said otherwise; `state` is one of before. */
  followModel(url, options = {}) {
    const from = options.from ?? cursorOfState(options.state);
    return new ModelView(this.subscribe(url, { patch: true, credit: MODEL_CREDIT, ...options, from }), this.#told(options));
  }

  /** Follows events: each once, in the order of the log. */
  followEvents(url, options = {}) {
    return new EventsView(this.subscribe(url, { credit: EVENTS_CREDIT, ...options }), this.#told(options));
  }

  /**
   * Appends events, all or none. Many may be under way at once, and are written in the order of the calls, but for one
   * that the host could not take just then: await it where another must come behind it.
   *
   * @param {import('./index.js').NewEvent[]} events those without an `id` get one now
   * @param {import('./index.js').AppendOptions} [options]
   * @returns {Promise<number[]>} their positions, once they are durable
   */
  async append(events, options) {
    this.#expectLife();
    return this.#appends.append(events, options);
  }

  /** Ends it, and everything that is followed over it. */
  close() {
    this.#isClosed = true;
    this.#link.close();
    const detail = 'the socket was closed before the host answered: whether this was written is not known; append it again, with the same ids';
    this.#appends.fail(final('closed', detail));
    for (const subscription of this.#subscriptions.values()) subscription.close();
    this.#error ??= final('closed', 'the socket was closed: connect again');
  }

  /** Trouble of what is followed is told where that of the socket is, unless somebody else wants to know. */
  #told(options) {
    return { onTrouble: this.#options.onTrouble, ...options };
  }

  #expectLife() {
    if (this.#error !== undefined) throw this.#error;
  }

  #enrol(subscription) {
    this.#count += 1;
    this.#subscriptions.set(this.#count, subscription);
    // It was resting when the socket ended.
    if (this.#isClosed) subscription.close();
    else if (this.#error !== undefined) subscription.fail(this.#error);
    return this.#count;
  }

  #begin() {
    for (const subscription of this.#subscriptions.values()) subscription.begin();
    this.#appends.begin();
  }

  #take(message) {
    switch (message.op) {
      case 'subscribe':
        // What was given up meanwhile may still come.
        return this.#subscriptions.get(message.id)?.take(message);
      case 'append':
        return this.#appends.take(message);
      default:
        // Answers to what nobody waits for: unsubscribe, and credit that came too late.
        return undefined;
    }
  }

  #fail(error) {
    // Closed by its owner, or by the signal.
    if (error === undefined) return this.close();
    this.#error = error;
    this.#appends.fail(error);
    for (const subscription of this.#subscriptions.values()) subscription.fail(error);
    return undefined;
  }
}

/** Connects to a context of a host: at once, and again whenever the connection is lost. */
export function connect(base, context, options) {
  return new Socket(base, context, options);
}
