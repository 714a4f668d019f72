/** Values that are not what they should be. */

/** How deep JSON may be nested: what a module's stack has room for, with some left for the reducer. */
export const LEVELS = 256;

/** What is nested deeper. Where does not matter. */
export class TooDeep extends RangeError {
  constructor() {
    super(`it is nested deeper than ${LEVELS} levels`);
  }
}

/** Its message begins with the way to the value: `items: 3: price: NaN is not JSON`. */
export class Misfit extends TypeError {}

/**
 * The error to throw after `error` came of the member `key` of an object or an array.
 *
 * @param {unknown} error
 * @param {string | number} key
 */
export function within(error, key) {
  if (error instanceof TooDeep) return error;
  const misfit = error instanceof Misfit ? error : new Misfit(error.message, { cause: error });
  misfit.message = `${key}: ${misfit.message}`;
  return misfit;
}
