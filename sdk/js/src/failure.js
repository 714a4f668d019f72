/** Why a reducer refuses an event. */

/**
 * A refusal. It parks the entity: the host keeps the model as it was and folds nothing further into it until a
 * new module, a person or, under `occurred`, an earlier event comes.
 */
export class Failure extends Error {
  /**
   * @param {string} code a short, stable name for programs, such as `unknown-sku`
   * @param {string} message a sentence for people
   * @param {ErrorOptions} [options] the error that led to it
   */
  constructor(code, message, options) {
    super(message, options);
    this.name = 'Failure';
    this.code = code;
    /** Which event of the call it is about, counted from 0. The SDK sets it; none means the model. */
    this.event = undefined;
  }

  /** Where it was thrown; for an exception, what it was and where. None where the SDK noticed. */
  get trace() {
    if (this.cause instanceof Error) return `${this.cause}\n${frames(this.cause)}`;
    return SDK_CODES.has(this.code) ? undefined : frames(this);
  }
}

/** With these codes the SDK refuses bytes: which line of it noticed helps nobody. */
const SDK_CODES = new Set(['invalid-model', 'invalid-data', 'invalid-json', 'exception']);

/** The lines of a stack that name places: some engines put the message before them, some the constructor first. */
function frames({ stack = '' }) {
  const places = stack.slice(Math.max(0, stack.search(/^ *at /m)));
  return places.replace(/^ *at Failure .*\n/, '').trimEnd();
}
