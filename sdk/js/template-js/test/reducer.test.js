import assert from 'node:assert/strict';
import { test } from 'node:test';

import { event, fold, foldInAllCuts } from 'everfold/testing';

import reducer from '../src/reducer.js';

test('items are counted until they are cleared', () => {
  const events = [event('item_added', { qty: 2 }), event('cleared'), event('item_added', { qty: 3 })];
  assert.deepEqual(foldInAllCuts(reducer, events), { model: { count: 3 }, emitted: [] });
});

test('less than nothing cannot be added', () => {
  assert.throws(() => fold(reducer, { count: 5 }, [event('item_added', { qty: -1 })]), {
    code: 'negative-qty',
    event: 0,
  });
});
