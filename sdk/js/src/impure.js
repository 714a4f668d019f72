/** The clock and randomness: what a pure function may not ask for. */

/**
 * Puts functions that throw in the place of those that ask a clock or make random numbers.
 *
 * @param {typeof globalThis} global
 */
export function forbidImpurity(global) {
  const PlatformDate = global.Date;
  global.Date = class Date extends PlatformDate {
    constructor(...parts) {
      if (parts.length === 0) noClock('new Date()');
      super(...parts);
    }

    static now() {
      noClock('Date.now()');
    }
  };
  global.performance = { now: () => noClock('performance.now()') };
  global.Math.random = () => {
    throw new Error('Math.random() is not for reducers: whoever makes the event draws the number');
  };
}

function noClock(call) {
  throw new Error(`${call} is not for reducers: event.occurredAt says when it happened`);
}
