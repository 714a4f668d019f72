import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as t from '../src/shapes.js';

test('values that fit are given back as they are', () => {
  const shape = t.object({
    sku: t.string,
    qty: t.integer,
    price: t.number,
    gift: t.optional(t.boolean),
    note: t.nullable(t.string),
    kind: t.oneOf('cup', 'pot'),
    tags: t.record(t.array(t.json)),
  });
  const item = {
    sku: 'a',
    qty: 2 ** 53,
    price: 1.5,
    note: null,
    kind: 'pot',
    tags: { x: [1, { y: null }] },
    more: 1,
  };
  assert.equal(shape.parse(item), item);
  assert.deepEqual(Object.keys(item), ['sku', 'qty', 'price', 'note', 'kind', 'tags', 'more']);
});

test('what does not fit is named, and where it is', () => {
  const item = t.object({ qty: t.integer });
  for (const [shape, value, message] of [
    [t.string, 5, '5 is not a string'],
    [t.integer, 1.5, '1.5 is not an integer of at most 2^53'],
    [t.integer, 2 ** 54, '18014398509481984 is not an integer of at most 2^53'],
    [t.number, '5', '"5" is not a finite number'],
    [t.json, [{ a: Infinity }], '0: a: Infinity is not a finite number'],
    [t.boolean, null, 'null is not a boolean'],
    [t.oneOf('a', 'b'), 'c', '"c" is not one of "a", "b"'],
    [item, [], '[] is not an object'],
    [item, null, 'null is not an object'],
    [item, {}, 'qty: what is missing is not an integer of at most 2^53'],
    [
      t.record(t.array(item)),
      { x: [{ qty: 1 }, { qty: 'two' }] },
      'x: 1: qty: "two" is not an integer of at most 2^53',
    ],
    [t.array(t.string), { length: 0 }, '{"length":0} is not an array'],
    [t.string, Array(50).fill(1), `${'[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1'.slice(0, 40)}… is not a string`],
  ]) {
    assert.throws(() => shape.parse(value), { message });
  }
});

test('shapes of others are shapes, also in objects', () => {
  const upper = { parse: (value) => value.toUpperCase() };
  assert.deepEqual(t.object({ a: t.array(upper) }).parse({ a: ['x', 'y'] }), { a: ['X', 'Y'] });
  assert.throws(() => t.object({ a: upper }).parse({ a: 5 }), { message: /^a: .*toUpperCase/ });
});
