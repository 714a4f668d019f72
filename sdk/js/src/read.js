/**
 * Reads JSON as RFC 8259 has it, and refuses what `JSON.parse` would take and lose: digits of integers, halves
 * of surrogate pairs, and depth for which a module has no stack.
 *
 * The engine pays dearly for every step of a loop, so each check first asks, by few steps, whether there can be
 * anything to find.
 */

import { LEVELS, TooDeep } from './misfit.js';
import { isUnicode } from './utf8.js';

const [QUOTE, BACKSLASH, ZERO, NINE] = ['"', '\\', '0', '9'].map((character) => character.charCodeAt(0));
/** With so many brackets that open, even if none closes, `JSON.parse` still has the stack that it needs. */
const SAFE = 1000;
/** Integers with fewer digits are below 2^53. */
const LONG = 16;
const ESCAPED_SURROGATE = /\\u[dD][89a-fA-F]/;
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LONG_INTEGER = /^-?\d{16,}$/;

/**
 * The value of an event's data, or of a model.
 *
 * @param {string} text
 * @param {Uint8Array} bytes the same as UTF-8
 * @throws {Error} for what is not JSON, and integers beyond ±2^53 that are no double's canonical form
 */
export function readJson(text, bytes) {
  if (text.length > 2 * SAFE) checkDepth(text, bytes);
  const value = JSON.parse(text);
  if (mayHoldLongInteger(bytes)) checkIntegers(text);
  if (bytes.includes(BACKSLASH) && ESCAPED_SURROGATE.test(text)) checkStrings(value);
  return value;
}

/**
 * Refuses integers of which digits were lost. The double 1e20 is written as an integer with 21 digits; so what is
 * the canonical form of a double, as all integers up to 2^53 are, is read as what it is.
 */
function checkIntegers(text) {
  for (const [token] of text.matchAll(STRING_OR_NUMBER)) {
    if (LONG_INTEGER.test(token) && `${Number(token)}` !== token) {
      throw new RangeError(`the number ${token} is beyond 2^53: send it as a string`);
    }
  }
}

/** Whether so many digits follow each other: every sixteenth byte would be one of them. */
function mayHoldLongInteger(bytes) {
  const end = bytes.length;
  for (let i = LONG - 1; i < end; i += LONG) {
    const byte = bytes[i];
    // Of sixteen in a row, the eighth before or the eighth behind any of them is one as well.
    if (byte >= ZERO && byte <= NINE && (isDigit(bytes[i - 8]) || isDigit(bytes[i + 8]))) {
      let from = i;
      let to = i + 1;
      while (isDigit(bytes[from - 1])) from--;
      while (isDigit(bytes[to])) to++;
      if (to - from >= LONG) return true;
    }
  }
  return false;
}

function isDigit(byte) {
  return byte >= ZERO && byte <= NINE;
}

/** Refuses depth for which `JSON.parse` might have no stack. Whoever walks through the value has limits of his own. */
function checkDepth(text, bytes) {
  if (text.split('[').length + text.split('{').length - 2 <= SAFE) return;
  let depth = 0;
  for (let i = 0; i < bytes.length; i++) {
    const bracket = bytes[i] | 0x20; // the same for [ and {, and for ] and }
    if (bytes[i] === QUOTE) i = endOfString(bytes, i);
    else if (bracket === 0x7b) depth++;
    else if (bracket === 0x7d) depth--;
    if (depth > LEVELS) throw new TooDeep();
  }
}

/** Where the string that begins at `start` ends: at a quote with an even number of backslashes before it. */
function endOfString(bytes, start) {
  for (let end = bytes.indexOf(QUOTE, start + 1); end !== -1; end = bytes.indexOf(QUOTE, end + 1)) {
    let before = end;
    while (bytes[before - 1] === BACKSLASH) before--;
    if ((end - before) % 2 === 0) return end;
  }
  return bytes.length;
}

function checkStrings(value) {
  if (typeof value === 'string') {
    if (!isUnicode(value)) throw new TypeError(`${JSON.stringify(value)} has half of a surrogate pair`);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      checkStrings(key);
      checkStrings(member);
    }
  }
}
