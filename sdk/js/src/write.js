/**
 * Canonical JSON (RFC 8785): the same value is the same bytes, in every language that Everfold has an SDK for.
 *
 * Strings and numbers are written as `JSON.stringify` does; keys are sorted by UTF-16 code units, which is the
 * order of `<` and of `sort()`.
 */

import { LEVELS, Misfit, TooDeep, within } from './misfit.js';
import { isUnicode } from './utf8.js';

/**
 * A value as canonical JSON.
 *
 * Takes null, booleans, finite numbers, strings, arrays and plain objects, of which properties that are
 * `undefined` are left out. What would be read back as something else (a `Date`, a `Map`, a bigint) is refused.
 *
 * @param {unknown} value
 * @returns {string}
 * @throws {TypeError} for NaN and infinities, strings with half of a surrogate pair, and anything else that is
 *   not JSON; the message says where
 * @throws {RangeError} for what is nested deeper than 256 levels
 */
export function canonicalJson(value) {
  if (!isContainer(value)) return scalar(value);
  const parts = [];
  put(parts, Object.create(null), value, LEVELS);
  return parts.join('');
}

function isContainer(value) {
  return typeof value === 'object' && value !== null;
}

/**
 * Appends an array or an object to `parts`. `names` remembers keys as they are written: in the engine of a module,
 * to quote one costs as much as all else that is done for it. For the same reason loops count, and texts are added.
 */
function put(parts, names, container, levels) {
  if (levels === 0) throw new TooDeep();
  if (Array.isArray(container)) putArray(parts, names, container, levels - 1);
  else putObject(parts, names, container, levels - 1);
}

function putArray(parts, names, values, levels) {
  if (values.length === 0) parts.push('[]');
  let index = 0;
  try {
    for (; index < values.length; index++) {
      const before = index === 0 ? '[' : ',';
      const value = values[index];
      if (isContainer(value)) {
        parts.push(before);
        put(parts, names, value, levels);
      } else {
        parts.push(before, scalar(value));
      }
    }
  } catch (error) {
    throw within(error, index);
  }
  if (index > 0) parts.push(']');
}

function putObject(parts, names, object, levels) {
  if (object.constructor !== Object && !isPlain(object)) {
    throw new Misfit(`${Object.prototype.toString.call(object)} is not JSON: only plain objects are`);
  }
  const keys = Object.keys(object);
  if (keys.length > 1 && !isSorted(keys)) keys.sort();
  let before = '{';
  let index = 0;
  try {
    for (; index < keys.length; index++) {
      const key = keys[index];
      const value = object[key];
      if (value === undefined) continue;
      const name = before + (names[key] ??= quote(key) + ':');
      before = ',';
      if (isContainer(value)) {
        parts.push(name);
        put(parts, names, value, levels);
      } else {
        parts.push(name + scalar(value));
      }
    }
  } catch (error) {
    throw within(error, keys[index]);
  }
  parts.push(before === '{' ? '{}' : '}');
}

function scalar(value) {
  switch (typeof value) {
    case 'number':
      return number(value);
    case 'string':
      return quote(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return 'null';
    case 'bigint':
      throw new Misfit(`the bigint ${value} is not JSON: send it as a string`);
    default:
      throw new Misfit(`${typeof value} is not JSON`);
  }
}

function isPlain(object) {
  const prototype = Object.getPrototypeOf(object);
  return prototype === null || prototype === Object.prototype;
}

/** Objects that were read are sorted already, and `sort()` costs far more than to see that. */
function isSorted(keys) {
  for (let i = 1; i < keys.length; i++) {
    if (keys[i] < keys[i - 1]) return false;
  }
  return true;
}

function quote(text) {
  const quoted = JSON.stringify(text);
  // Only where something was escaped can half of a surrogate pair have been.
  if (quoted.length !== text.length + 2 && !isUnicode(text)) {
    throw new Misfit(`${quoted} has half of a surrogate pair`);
  }
  return quoted;
}

/**
 * A number as ECMAScript writes it.
 *
 * @param {number} value
 * @returns {string}
 * @throws {Misfit} if it is not finite
 */
export function number(value) {
  const text = '' + value;
  if (value - value !== 0) throw new Misfit(`${text} is not JSON`);
  return text.length > 20 ? shortest(value, text) : text;
}

const SEVENTEEN_DIGITS = /^(-?\d\.)(\d{15})\d(e.+)$/;

/**
 * The engine of a module writes some powers of two with 17 digits, such as 5.6843418860808015e-14, where the
 * next number of 16 digits is the same double: above a power of two there is twice the room as below it.
 *
 * @param {number} value
 * @param {string} text as the engine writes it
 * @returns {string} as it should be
 */
export function shortest(value, text) {
  const found = SEVENTEEN_DIGITS.exec(text);
  if (found === null) return text;
  const [, start, digits, exponent] = found;
  const rounded = `${Number(digits) + 1}`.padStart(15, '0').replace(/0+$/, '');
  const shorter = `${start}${rounded}${exponent}`;
  return rounded.length <= 15 && Number(shorter) === value ? shorter : text;
}
