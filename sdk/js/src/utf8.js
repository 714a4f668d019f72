/**
 * Text to UTF-8 and back.
 *
 * The engine of a module has no TextDecoder, and a loop over characters costs it about 2,000 units of fuel for
 * each. What it has is base64, escapes and typed arrays, done natively: the detour over them costs 250 for
 * ASCII, 700 for anything else.
 */

/** The bit of each byte that ASCII does not use, in a word of four. */
const BEYOND_ASCII = 0x80808080 | 0;

/**
 * @param {Uint8Array} bytes
 * @returns {string}
 * @throws {Error} if they are not UTF-8
 */
export function decode(bytes) {
  if (typeof TextDecoder === 'function') {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  }
  const raw = atob(bytes.toBase64());
  return isAscii(bytes) ? raw : decodeURIComponent(escape(raw));
}

/**
 * @param {string} text without lone surrogates
 * @returns {Uint8Array}
 */
export function encode(text) {
  if (typeof TextEncoder === 'function') return new TextEncoder().encode(text);
  const bytes = latin1(text);
  if (bytes !== undefined && isAscii(bytes)) return bytes;
  return latin1(unescape(encodeURIComponent(text)));
}

/** Whether it is text at all: halves of surrogate pairs are not. */
export function isUnicode(text) {
  try {
    encodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** One byte for each character; none if one does not fit. */
function latin1(text) {
  try {
    return Uint8Array.fromBase64(btoa(text));
  } catch {
    return undefined;
  }
}

/** Looks at sixteen words a round: there, what the round itself costs does not count. */
function isAscii(bytes) {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
  const rounds = words.length & ~15;
  let seen = 0;
  let w = 0;
  while (w < rounds) {
    seen |= words[w++] | words[w++] | words[w++] | words[w++] | words[w++] | words[w++] | words[w++] | words[w++];
    seen |= words[w++] | words[w++] | words[w++] | words[w++] | words[w++] | words[w++] | words[w++] | words[w++];
  }
  while (w < words.length) seen |= words[w++];
  for (let b = w * 4; b < bytes.length; b++) seen |= bytes[b];
  return (seen & BEYOND_ASCII) === 0;
}
