import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { decode, encode, isUnicode } from '../src/utf8.js';

const platform = { TextDecoder, TextEncoder };
const TEXTS = [
  '',
  'a',
  '"\u0000\u007f',
  'é',
  '\u0080ÿ',
  '€',
  '\u07ff\u0800\uffff',
  '😀',
  'naïve €5 😀 %41 %',
  '\ufeffa',
];

/** What the engine of a module has in the place of a TextDecoder. */
const ENGINE = {
  toBase64: [
    Uint8Array.prototype,
    'toBase64',
    function toBase64() {
      return Buffer.from(this.buffer, this.byteOffset, this.length).toString('base64');
    },
  ],
  fromBase64: [Uint8Array, 'fromBase64', (text) => new Uint8Array(Buffer.from(text, 'base64'))],
};

beforeEach(() => {
  delete globalThis.TextDecoder;
  delete globalThis.TextEncoder;
  for (const [holder, name, value] of Object.values(ENGINE)) {
    Object.defineProperty(holder, name, { value, configurable: true, writable: true });
  }
});

afterEach(() => Object.assign(globalThis, platform));

test('text is the same there and back, at any place in a buffer', () => {
  for (const text of [
    ...TEXTS,
    ...TEXTS.map((part) => 'x'.repeat(67) + part),
    ...TEXTS.map((part) => part.repeat(40)),
  ]) {
    const bytes = new platform.TextEncoder().encode(text);
    assert.deepEqual(encode(text), bytes, text);
    for (let offset = 0; offset < 4; offset++) {
      const buffer = new Uint8Array(bytes.length + offset);
      buffer.set(bytes, offset);
      assert.equal(decode(buffer.subarray(offset)), text);
    }
  }
});

test('the platform does the same', () => {
  Object.assign(globalThis, platform);
  for (const text of TEXTS) assert.equal(decode(encode(text)), text);
});

test('one byte that is not ASCII is seen wherever it is', () => {
  for (const length of [1, 2, 3, 4, 31, 32, 33, 100, 4096, 9000]) {
    for (let place = 0; place < length; place += 1 + (length >> 6)) {
      const text = `${'a'.repeat(place)}é${'a'.repeat(length - place - 1)}`;
      assert.equal(decode(new platform.TextEncoder().encode(text)), text);
      assert.equal(encode(text).length, length + 1);
    }
  }
});

test('bytes that are not UTF-8 are refused', () => {
  const bad = [[0x80], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0x61, 0xff]];
  for (const bytes of bad) assert.throws(() => decode(Uint8Array.from(bytes)), Error, bytes.join());
  Object.assign(globalThis, platform);
  for (const bytes of bad) assert.throws(() => decode(Uint8Array.from(bytes)), Error, bytes.join());
});

test('halves of surrogate pairs are no text', () => {
  assert.equal(isUnicode('a😀'), true);
  assert.equal(isUnicode('\ud83d'), false);
  assert.equal(isUnicode('\ude00\ud83d'), false);
});
