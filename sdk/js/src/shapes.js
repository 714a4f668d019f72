/**
 * What an event's data must look like: an object with a `parse` that takes any value and gives it back, or throws an
 * error that says what is wrong with it.
 */

import { LEVELS, Misfit, TooDeep, within } from './misfit.js';

/** A shape that takes what `fits`; `what` ends the sentence about what does not. */
function kind(what, fits) {
  return {
    parse(value) {
      if (!fits(value)) throw new Misfit(`${shown(value)} is not ${what}`);
      return value;
    },
  };
}

export const string = kind('a string', (value) => typeof value === 'string');
export const boolean = kind('a boolean', (value) => typeof value === 'boolean');
export const number = kind('a finite number', (value) => typeof value === 'number' && Number.isFinite(value));
export const integer = kind(
  'an integer of at most 2^53',
  (value) => Number.isInteger(value) && Math.abs(value) <= 2 ** 53,
);

/** Any JSON, if it is not nested too deep. Of numbers, a literal such as 1e400 is read as infinite. */
export const json = { parse: (value) => jsonWithin(LEVELS, value) };

function jsonWithin(levels, value) {
  if (typeof value === 'number') return number.parse(value);
  if (typeof value !== 'object' || value === null) return value;
  if (levels === 0) throw new TooDeep();
  let key;
  try {
    for (key in value) jsonWithin(levels - 1, value[key]);
  } catch (error) {
    throw within(error, key);
  }
  return value;
}

/** An object with these members, and others that are let through unseen. */
export function object(shapes) {
  const keys = Object.keys(shapes);
  const members = Object.values(shapes);
  return {
    parse(value) {
      anyObject.parse(value);
      for (let i = 0; i < keys.length; i++) member(members[i], value, keys[i]);
      return value;
    },
  };
}

/** An object with any keys, whose values are all alike. */
export function record(shape) {
  return {
    parse(value) {
      for (const key in anyObject.parse(value)) member(shape, value, key);
      return value;
    },
  };
}

/** An array whose items are all alike. */
export function array(shape) {
  return {
    parse(value) {
      const { length } = anyArray.parse(value);
      for (let index = 0; index < length; index++) member(shape, value, index);
      return value;
    },
  };
}

/** One of these strings, numbers or booleans. */
export function oneOf(...values) {
  return kind(`one of ${values.map(shown).join(', ')}`, (value) => values.includes(value));
}

/** What may be missing. */
export function optional(shape) {
  return { parse: (value) => (value === undefined ? undefined : shape.parse(value)) };
}

/** What may be `null`. */
export function nullable(shape) {
  return { parse: (value) => (value === null ? null : shape.parse(value)) };
}

const anyArray = kind('an array', Array.isArray);
const anyObject = kind(
  'an object',
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);

/** Checks a member, and puts there what the shape makes of it. */
function member(shape, object, key) {
  const before = object[key];
  try {
    const after = shape.parse(before);
    if (after !== before) object[key] = after;
  } catch (error) {
    throw within(error, key);
  }
}

/** A value as an error shows it. */
function shown(value) {
  if (value === undefined) return 'what is missing';
  const text = typeof value === 'number' ? `${value}` : JSON.stringify(value);
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}
