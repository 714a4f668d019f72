/**
 * What goes wrong: problems that a host tells (RFC 9457), those of this client in the same form, and patches
 * that do not fit.
 */

/** Statuses below 500 that pass by themselves: a timeout, too many requests. */
const PASSING = new Set([408, 429]);

/** Something that a host refused, or that this client cannot do. */
export class EverfoldError extends Error {
  /**
   * @param {{type?: string, status?: number, title?: string, detail?: string}} problem as the host told it
   * @param {{cause?: unknown, retryAfterMs?: number}} [more]
   */
  constructor(problem, { cause, retryAfterMs } = {}) {
    super(problem.detail ?? problem.title ?? 'it failed, and nothing more is known', cause === undefined ? {} : { cause });
    this.name = 'EverfoldError';
    /** What kind of problem it is: a stable URN. */
    this.type = problem.type ?? 'about:blank';
    /** The status of HTTP, where there is one. */
    this.status = problem.status;
    /** The sentence for people. */
    this.detail = this.message;
    /** All that the host said. */
    this.problem = problem;
    /** When the host asks to come back, in milliseconds from then. */
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the same again may succeed later. */
  get passes() {
    return this.status === undefined || this.status >= 500 || PASSING.has(this.status);
  }

  /** An answer that is no success, read to its end. */
  static async of(response) {
    const problem = await response.json().catch(() => null);
    const known = typeof problem === 'object' && problem !== null && !Array.isArray(problem);
    const detail = `the host answered ${response.status} ${response.statusText}`.trimEnd();
    const seconds = Number(response.headers.get('retry-after') ?? NaN);
    const retryAfterMs = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
    return new EverfoldError({ detail, ...(known ? problem : {}), status: response.status }, { retryAfterMs });
  }
}

/** A problem of this client's own, of a stable kind. */
export function own(kind, detail, more) {
  return new EverfoldError({ type: `urn:everfold:client:${kind}`, detail }, more);
}

/** The same, where coming back does not help. */
export function final(kind, detail, more) {
  const error = own(kind, detail, more);
  Object.defineProperty(error, 'passes', { value: false });
  return error;
}

/** Whether whoever met this error should come back later: a refusal stays one, everything else passes. */
export function passes(error) {
  return !(error instanceof EverfoldError) || error.passes;
}

/** A patch that is none, or does not fit the document. */
export class PatchError extends Error {
  /**
   * @param {string} message
   * @param {number} [index] which operation, counted from 0
   */
  constructor(message, index) {
    super(index === undefined ? message : `operation ${index}: ${message}`);
    this.name = 'PatchError';
    this.index = index;
  }
}
