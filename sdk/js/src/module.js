/** The contract as it crosses the boundary. */

import { describe, isReducer } from './reducer.js';
import { reduce } from './reduce.js';

/**
 * What a module exports as its interface `reducer`.
 *
 * @param {unknown} definition what `reducer` made
 * @throws {TypeError} if it is anything else, when the module is built
 */
export function module(definition) {
  if (!isReducer(definition)) {
    throw new TypeError('the default export is no reducer: write `export default reducer({ … })`');
  }
  return {
    describe: () => describe(definition),
    reduce: (_target, model, events) => {
      try {
        return reduce(definition, model, events);
      } catch (failure) {
        throw wireFailure(failure);
      }
    },
  };
}

function wireFailure({ event = null, code, message, trace = null }) {
  return { event, code: text(code), message: text(message), trace: trace === null ? null : text(trace) };
}

/** Half of a surrogate pair does not cross the boundary; a sentence is better than none. */
function text(value) {
  return String(value).replace(/[\ud800-\udfff]/gu, '\ufffd');
}
