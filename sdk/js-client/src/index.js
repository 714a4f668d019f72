/**
 * A client of Everfold for browsers and Node: follows models and events, and appends events.
 *
 * | module | what it does |
 * |---|---|
 * | `following`, `stream`, `sse` | one URL, by server-sent events over `fetch`, over as many connections as it takes |
 * | `socket`, `link`, `subscription`, `appends` | many URLs and appends over one websocket |
 * | `model`, `patch` | frames become states of a model, or it begins afresh |
 * | `events` | frames become events, each once and in order |
 * | `frames`, `again`, `errors`, `ids` | what all of these share |
 */

import { EventsView } from './events.js';
import { Following } from './following.js';
import { ModelView, cursorOfState } from './model.js';

export { EverfoldError, PatchError } from './errors.js';
export { cursorOf, listen } from './frames.js';
export { uuid1, uuid4 } from './ids.js';
export { apply } from './patch.js';
export { connect } from './socket.js';

/** Follows a URL: its frames as they are. */
export function follow(url, options) {
  return new Following(url, options);
}

/** Follows a model: its states. `patch` is true unless it is said otherwise; `state` is one of before. */
export function followModel(url, options = {}) {
  const from = options.from ?? cursorOfState(options.state);
  return new ModelView(new Following(url, { patch: true, ...options, from }), options);
}

/** Follows events: each once, in the order of the log. */
export function followEvents(url, options = {}) {
  return new EventsView(new Following(url, options), options);
}
