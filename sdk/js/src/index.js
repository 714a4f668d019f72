/**
 * Everfold reducers in TypeScript and JavaScript.
 *
 * In the order that a call flows: `guest.js` prepares the engine, `module.js` is the contract as it crosses
 * the boundary, `utf8.js` and `read.js` make values of bytes, `shapes.js` checks them, `reduce.js` applies the
 * events, `write.js` makes canonical JSON of what came of it. `testing.js` does all of it natively.
 */

export { Failure } from './failure.js';
export { log } from './log.js';
export { reducer } from './reducer.js';
export * as t from './shapes.js';
export { canonicalJson } from './write.js';
