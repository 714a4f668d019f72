/**
 * Text to UTF-8 and back.
 *
 * The engine of a module has no TextDecoder, and a loop over characters costs it about 2,000 units of fuel for
 * each. What it has is base64, escapes and typed arrays, done natively: the detour over them costs 250 for
 * ASCII, 700 for anything else.
 */

/** The bit of each byte that ASCII does not use, in a word of four. */
const BEYOND_ASCII = 0x80808080 | 0;

/** Bytes, one part after the other, where they can be looked at as words. */
const COPY = new Uint8Array(4096);
const WORDS = new Int32Array(COPY.buffer);

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

/** Looks at words of four bytes, eight of them a round: there, what the round itself costs counts for less. */
function isAscii(bytes) {
  const words = WORDS; // what a function can reach at once costs it less
  let seen = 0;
  for (let start = 0; start < bytes.length; start += COPY.length) {
    const part = bytes.length <= COPY.length ? bytes : bytes.subarray(start, start + COPY.length);
    const end = ((part.length + 31) >> 5) << 3;
    words.fill(0, end - 8, end); // of what was there before
    COPY.set(part);
    for (let w = 0; w < end;) {
      seen |=
        words[w++] | words[w++] | words[w++] | words[w++] | words[w++] | words[w++] | words[w++] | words[w++];
    }
  }
  return (seen & BEYOND_ASCII) === 0;
}
