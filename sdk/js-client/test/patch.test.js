import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { PatchError, apply } from '../src/index.js';
import { Random, diff, value } from './support/random.js';

for (const file of ['tests', 'spec_tests']) {
  const cases = JSON.parse(readFileSync(new URL(`suite/${file}.json`, import.meta.url), 'utf8'));
  describe(`the public suite, ${file}.json`, () => {
    for (const [index, { comment, doc, patch, expected, error, disabled }] of cases.entries()) {
      if (patch === undefined) continue;
      test(`${index}: ${comment ?? error ?? JSON.stringify(patch)}`, { skip: disabled === true }, () => {
        const before = JSON.stringify(doc);
        if (error !== undefined) assert.throws(() => apply(doc, patch), PatchError);
        else if (expected !== undefined) assert.deepEqual(apply(doc, patch), expected);
        else apply(doc, patch);
        assert.equal(JSON.stringify(doc), before, 'the document before is as it was');
      });
    }
  });
}

const op = (name, path, more) => ({ op: name, path, ...more });

test('names of what objects inherit are ordinary names', () => {
  const patch = JSON.parse('[{"op":"add","path":"/__proto__","value":{"polluted":true}}]');
  const after = apply({}, patch);
  assert.equal(JSON.stringify(after), '{"__proto__":{"polluted":true}}');
  assert.equal(after.polluted, undefined);
  assert.equal({}.polluted, undefined);
  assert.equal(Object.getPrototypeOf(after), Object.prototype);
  const deeper = apply(after, [op('add', '/__proto__/more', { value: 1 }), op('replace', '/__proto__/polluted', { value: 2 })]);
  assert.equal(JSON.stringify(deeper), '{"__proto__":{"polluted":2,"more":1}}');
  assert.equal({}.more, undefined);
  assert.equal(JSON.stringify(apply(deeper, [op('remove', '/__proto__')])), '{}');
  for (const path of ['/__proto__/x', '/constructor/prototype/x', '/toString', '/length']) {
    assert.throws(() => apply({}, [op('replace', path, { value: 1 })]), PatchError, path);
  }
  assert.throws(() => apply({}, [op('add', '/__proto__/x', { value: 1 })]), PatchError);
  assert.throws(() => apply([1], [op('replace', '/length', { value: 0 })]), PatchError);
  assert.equal({}.x, undefined);
});

test('pointers are read strictly', () => {
  for (const path of ['a', '/~', '/~2', '/a~', 'x/a', 7, null, undefined]) {
    assert.throws(() => apply({ a: 1 }, [op('test', path, { value: 1 })]), PatchError, String(path));
  }
  for (const index of ['00', '01', '-1', '1e0', ' 1', '1.0', '', '2', '-']) {
    assert.throws(() => apply([1, 2], [op('remove', `/${index}`)]), PatchError, index);
  }
  for (const index of ['01', '-1', '3', '--', '9007199254740993']) {
    assert.throws(() => apply([1, 2], [op('add', `/${index}`, { value: 0 })]), PatchError, index);
  }
  assert.deepEqual(apply({ 'a/b': 1, 'm~n': 2, '~1': 3 }, [op('remove', '/a~1b'), op('remove', '/m~0n'), op('remove', '/~01')]), {});
});

test('what a patch lacks is told, with the number of the operation', () => {
  for (const [wrong, words] of [
    [op('add', '/a'), /operation 1: it has no value/],
    [op('move', '/a'), /operation 1: it has no from/],
    [op('spam', '/a'), /operation 1: there is no op "spam"/],
    [{ op: 'remove' }, /operation 1: it has no path/],
    [null, /operation 1: it is no object/],
    [op('remove', ''), /whole document/],
    [op('move', '/b/c', { from: '/b' }), /cannot move into itself/],
  ]) {
    assert.throws(() => apply({ b: {} }, [op('add', '/x', { value: 1 }), wrong]), words);
  }
  assert.throws(() => apply({}, { op: 'add' }), /an array of operations/);
});

test('what does not change is shared, and nothing that is shared is changed', () => {
  const before = { a: { deep: [1, { x: 1 }] }, b: { y: 2 } };
  const added = { z: 3 };
  const after = apply(before, [
    op('copy', '/c', { from: '/a' }),
    op('add', '/c/deep/1/x', { value: 9 }),
    op('add', '/d', { value: added }),
    op('add', '/d/z', { value: 4 }),
    op('copy', '/e', { from: '/d' }),
    op('add', '/e/z', { value: 5 }),
    op('move', '/f', { from: '/e' }),
    op('add', '/f/w', { value: 6 }),
  ]);
  assert.deepEqual(after, {
    a: { deep: [1, { x: 1 }] },
    b: { y: 2 },
    c: { deep: [1, { x: 9 }] },
    d: { z: 4 },
    f: { z: 5, w: 6 },
  });
  assert.deepEqual(before, { a: { deep: [1, { x: 1 }] }, b: { y: 2 } });
  assert.deepEqual(added, { z: 3 });
  assert.equal(after.b, before.b);
  assert.equal(after.a, before.a);
});

test('any document becomes any other by the patch between them', () => {
  const random = new Random(6902);
  for (let round = 0; round < 3000; round += 1) {
    const [before, after] = [value(random, 4), value(random, 4)];
    const [text, patch] = [JSON.stringify(before), diff(before, after)];
    assert.deepEqual(apply(before, patch), after);
    assert.equal(JSON.stringify(before), text);
    // Half of a patch, and then something that fails: nothing is left of it.
    assert.throws(() => apply(before, [...patch, op('test', '', { value: { never: round } })]), PatchError);
    assert.equal(JSON.stringify(before), text);
  }
});

test('any order of any operations does what the same on a copy of its own would', () => {
  const random = new Random(6901);
  for (let round = 0; round < 2000; round += 1) {
    const before = { a: value(random, 3), b: value(random, 3), c: value(random, 3) };
    let slowly = structuredClone(before);
    const patch = [];
    for (let step = 0; step < 8; step += 1) {
      const operation = random.operation(slowly);
      // One operation at a time, on documents that share nothing, is what a whole patch must amount to.
      slowly = structuredClone(apply(slowly, [structuredClone(operation)]));
      patch.push(operation);
    }
    assert.deepEqual(apply(before, patch), slowly, JSON.stringify(patch));
  }
});
