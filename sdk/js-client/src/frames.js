/** What all kinds of following share: cursors, URLs with options, frames from elsewhere, callbacks. */

import { final, own } from './errors.js';

/** The cursor with which a reader of this frame comes back: epoch and number. None for frames that move nobody. */
export function cursorOf(frame) {
  if (frame.type === 'none' || frame.type === 'reset') return `${frame.epoch}-0`;
  const number = frame.version ?? frame.position;
  return number === undefined ? undefined : `${frame.epoch}-${number}`;
}

/** A frame out of its text. */
export function parsed(text) {
  let frame;
  try {
    frame = JSON.parse(text);
  } catch (cause) {
    throw own('not-understood', `a frame is no JSON: ${text.slice(0, 200)}`, { cause });
  }
  if (typeof frame !== 'object' || frame === null || typeof frame.type !== 'string') {
    throw own('not-understood', `a frame has no type: ${text.slice(0, 200)}`);
  }
  return frame;
}

/** Adds to a URL what the options say about the frames wanted. */
export function withOptions(url, { patch, minIntervalMs }) {
  if (patch !== undefined) url.searchParams.set('patch', String(patch));
  if (minIntervalMs !== undefined) url.searchParams.set('min_interval_ms', String(minIntervalMs));
  return url;
}

/** An absolute URL; on a page, what it lacks is the page's. */
export function absolute(url, protocols) {
  let known;
  try {
    known = new URL(url, globalThis.location?.href);
  } catch (cause) {
    throw final('invalid-url', `${JSON.stringify(String(url))} is no URL that can be followed: it needs a scheme and a host`, { cause });
  }
  if (protocols.includes(known.protocol)) return known;
  throw final('invalid-url', `${known.href} is not one of ${protocols.join(' ')}`);
}

/** The token now: options may hold it, or a function that gives it anew for each connection. */
export async function tokenNow(token) {
  return typeof token === 'function' ? token() : token;
}

/**
 * Calls `onValue` for each value of something that is followed, one after the other, waiting for what it returns.
 * For those who would rather be called than loop.
 *
 * @param {AsyncIterable<T> & {close(): void}} followed
 * @param {(value: T) => unknown} onValue
 * @param {(error?: unknown) => void} [onEnd] called once: with why it failed, or with nothing when it was closed
 * @returns {() => void} ends it
 * @template T
 */
export function listen(followed, onValue, onEnd = rethrow) {
  const run = async () => {
    for await (const value of followed) await onValue(value);
  };
  run().then(() => onEnd(), onEnd);
  return () => followed.close();
}

/** Nobody listens to the end: a failure must not be silent. */
function rethrow(error) {
  if (error !== undefined) throw error;
}
