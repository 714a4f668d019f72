/** Coming back: how long to wait before the next attempt, and waiting. */

/**
 * Pauses that double with each failure, of which the second half is random, so that those who were cut off together
 * do not all come back together.
 */
export class Backoff {
  #initialMs;
  #maxMs;
  #quietMs;
  #random;
  #now;
  #failures = 0;
  #ready = -Infinity;

  /**
   * @param {object} [options]
   * @param {number} [options.initialMs] the first pause, at most
   * @param {number} [options.maxMs] the longest
   * @param {number} [options.quietMs] when nothing failed for so long, it begins with the first pause again
   * @param {() => number} [options.random]
   * @param {() => number} [options.now]
   */
  constructor({ initialMs = 250, maxMs = 30_000, quietMs = 60_000, random = Math.random, now = Date.now } = {}) {
    this.#initialMs = initialMs;
    this.#maxMs = maxMs;
    this.#quietMs = quietMs;
    this.#random = random;
    this.#now = now;
  }

  /** It failed: how long to wait now, in milliseconds. */
  next() {
    const now = this.#now();
    if (now - this.#ready > this.#quietMs) this.#failures = 0;
    const longest = Math.min(this.#maxMs, this.#initialMs * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 32);
    const pauseMs = longest / 2 + (this.#random() * longest) / 2;
    this.#ready = now + pauseMs;
    return pauseMs;
  }

  /** It works. */
  reset() {
    this.#failures = 0;
  }
}

/** Waits; ends early, without a word, once the signal is aborted. */
export function pause(ms, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    return undefined;
  });
}

/** A controller that is aborted with a signal as well. `unlink` when it is over: signals may live long. */
export function linked(signal) {
  const controller = new AbortController();
  const abort = () => controller.abort(signal.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort);
  return { controller, unlink: () => signal?.removeEventListener('abort', abort) };
}
