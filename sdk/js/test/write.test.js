import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LEVELS } from '../src/misfit.js';
import { canonicalJson, shortest } from '../src/write.js';

/** RFC 8785, Appendix B: doubles by their bits, and how they are written. */
const NUMBERS = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
];

test('numbers are written as in Appendix B of RFC 8785', () => {
  for (const [bits, text] of NUMBERS) {
    const double = new DataView(new BigUint64Array([BigInt(`0x${bits}`)]).buffer).getFloat64(0, true);
    assert.equal(canonicalJson(double), text, bits);
  }
});

test('keys are sorted as in 3.2.3 of RFC 8785', () => {
  const names = {
    '\u20ac': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    1: 'One',
    '\ud83d\ude00': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    '\u00f6': 'Latin Small Letter O With Diaeresis',
  };
  const sorted = [...canonicalJson(names).matchAll(/:"([^"]*)"/g)].map(([, name]) => name);
  assert.deepEqual(sorted, [
    'Carriage Return',
    'One',
    'Control',
    'Latin Small Letter O With Diaeresis',
    'Euro Sign',
    'Emoji: Grinning Face',
    'Hebrew Letter Dalet With Dagesh',
  ]);
});

test('keys that look like numbers are sorted as text, and __proto__ is a key', () => {
  assert.equal(
    canonicalJson(JSON.parse('{"b":1,"9":2,"10":3,"__proto__":4}')),
    '{"10":3,"9":2,"__proto__":4,"b":1}',
  );
});

test('strings are escaped no more than needed', () => {
  assert.equal(
    canonicalJson('\u0000\b\t\n\u000b\f\r\u001f "/\\\u007f\u0080\u2028é€😀'),
    '"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f \\"/\\\\\u007f\u0080\u2028é€😀"',
  );
});

test('there is no white space, and undefined properties are left out', () => {
  const value = { b: [1, true, null, 'x', {}, []], a: undefined, c: { d: false } };
  assert.equal(canonicalJson(value), '{"b":[1,true,null,"x",{},[]],"c":{"d":false}}');
});

test('what is not JSON is refused, and the message says where it is', () => {
  class Cup {}
  for (const [value, message] of [
    [NaN, 'NaN is not JSON'],
    [{ a: [0, { b: -Infinity }] }, 'a: 1: b: -Infinity is not JSON'],
    [{ n: 5n }, 'n: the bigint 5 is not JSON: send it as a string'],
    [[undefined], '0: undefined is not JSON'],
    [{ f() {} }, 'f: function is not JSON'],
    [{ m: new Map() }, 'm: [object Map] is not JSON: only plain objects are'],
    [new Cup(), '[object Object] is not JSON: only plain objects are'],
    ['\ud800', '"\\ud800" has half of a surrogate pair'],
    [{ 'a\udc00': 1 }, 'a\udc00: "a\\udc00" has half of a surrogate pair'],
  ]) {
    assert.throws(() => canonicalJson(value), { message });
  }
});

test('depth has a limit, which also ends circles', () => {
  const nested = (levels) => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
  assert.equal(canonicalJson(nested(LEVELS)).length, 2 * LEVELS);
  assert.throws(() => canonicalJson(nested(LEVELS + 1)), { message: 'it is nested deeper than 256 levels' });
  const circle = {};
  circle.circle = circle;
  assert.throws(() => canonicalJson(circle), RangeError);
});

test('17 digits become 16 where those are the same double', () => {
  assert.equal(shortest(2 ** -44, '5.6843418860808015e-14'), '5.684341886080802e-14');
  assert.equal(shortest(2 ** 891, `${2 ** 891}`), `${2 ** 891}`);
  assert.equal(shortest(-(2 ** -44), '-5.6843418860808015e-14'), '-5.684341886080802e-14');
  assert.equal(shortest(8.25460204899477e267, '8.2546020489947695e+267'), '8.25460204899477e+267');
  assert.equal(shortest(1.0000000000000001e23, '1.0000000000000001e+23'), '1.0000000000000001e+23');
});
