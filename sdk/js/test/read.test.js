import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LEVELS } from '../src/misfit.js';
import { readJson } from '../src/read.js';
import { json } from '../src/shapes.js';
import { encode } from '../src/utf8.js';
import { canonicalJson } from '../src/write.js';

const data = (text) => readJson(text, encode(text));

test('JSON is read strictly', () => {
  assert.deepEqual(data('{"a":[1.5,-0,1e3,"é\\ud83d\\ude00"],"a2":null}'), {
    a: [1.5, -0, 1000, 'é😀'],
    a2: null,
  });
  assert.deepEqual(data('{"a":1,"a":2}'), { a: 2 });
  for (const text of ['', '1 2', '{}{}', '[1,]', '01', '.5', "'a'", 'NaN', '"\n"', '\ufeff1', '/**/1']) {
    assert.throws(() => data(text), SyntaxError, text);
  }
});

test('integers beyond 2^53 are refused wherever they are', () => {
  for (let before = 0; before < 40; before++) {
    for (const literal of [
      '9007199254740993',
      '-9007199254740993',
      '18446744073709551615',
      '100000000000000000001',
      '1000000000000000000000',
      '9'.repeat(400),
    ]) {
      const message = `the number ${literal} is beyond 2^53: send it as a string`;
      assert.throws(() => data(`{"k":"${'x'.repeat(before)}","n":[${literal}]}`), { message });
    }
  }
});

test('other long numbers are doubles', () => {
  assert.equal(data('9007199254740992'), 2 ** 53);
  assert.equal(data('-9007199254740992'), -(2 ** 53));
  assert.equal(data('9007199254740993.0'), 2 ** 53);
  assert.equal(data('9007199254740993e1'), 90071992547409930);
  assert.equal(data('"12345678901234567890 \\" 12345678901234567890"').length, 43);
});

test('an integer that is how a double is written is that double', () => {
  for (const [literal, value] of [
    ['100000000000000000000', 1e20],
    ['9007199254740994', 2 ** 53 + 2],
    ['-9007199254740994', -(2 ** 53) - 2],
    ['18446744073709552000', 2 ** 64],
    ['590295810358705700000', 2 ** 69],
  ]) {
    assert.deepEqual(data(`{"n":[${literal}]}`), { n: [value] });
    assert.equal(canonicalJson(data(literal)), literal);
  }
});

test('halves of surrogate pairs are refused, in keys as well', () => {
  for (const text of ['"\\ud800"', '["\\uDC00x"]', '{"a":{"\\ud83d":1}}', '"\\ude00\\ud83d"']) {
    assert.throws(() => data(text), /has half of a surrogate pair/, text);
  }
  assert.equal(data('"\\\\ud800"'), '\\ud800');
});

/** Reads data as a reducer takes it that names no shape. */
const anything = (text) => json.parse(data(text));

test('what is nested deeper than 256 levels is refused, before there is no stack for it', () => {
  const arrays = (levels) => '['.repeat(levels) + ']'.repeat(levels);
  const objects = (levels) => '{"a[":'.repeat(levels) + '0' + '}'.repeat(levels);
  const tooDeep = { name: 'RangeError', message: 'it is nested deeper than 256 levels' };
  for (const nested of [arrays, objects]) {
    assert.doesNotThrow(() => anything(nested(LEVELS)));
    for (const levels of [LEVELS + 1, 1000]) assert.throws(() => anything(nested(levels)), tooDeep);
    for (const levels of [1001, 100_000]) assert.throws(() => data(nested(levels)), tooDeep);
  }
});

test('brackets in strings, and many that are not deep, are no depth', () => {
  const string = JSON.stringify(`${'[{'.repeat(1000)}\\"${'['.repeat(1000)}\\\\`);
  assert.equal(data(`[${string},${string}]`).length, 2);
  assert.equal(data(`[${'[{"a":[]}],'.repeat(1000)}0]`).length, 1001);
  assert.throws(() => data(`["${'['.repeat(2001)}`), SyntaxError);
});
