import assert from 'node:assert/strict';
import { test } from 'node:test';

import { uuid1, uuid4 } from '../src/index.js';
import { EventIds } from '../src/ids.js';

/** The ticks since 1582-10-15 in a version 1 UUID. */
function ticks(id) {
  return BigInt(`0x${id.slice(15, 18)}${id.slice(9, 13)}${id.slice(0, 8)}`);
}

test('event ids are version 1, of a random node, and rise within one instant', () => {
  const instant = Date.UTC(2025, 0, 1);
  const ids = new EventIds(() => instant);
  const made = Array.from({ length: 25_000 }, () => ids.next());
  for (const id of made) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f][13579bdf][0-9a-f]{10}$/);
  // 2025-01-01T00:00:00Z, as the host's own tests count it.
  assert.equal(ticks(made[0]), 0x01b21dd213814000n + 1_735_689_600n * 10_000_000n);
  made.forEach((id, index) => assert.equal(ticks(id), ticks(made[0]) + BigInt(index)));
  assert.notEqual(new EventIds(() => instant).next(), made[0], 'two makers differ within one tick');
});

test('a clock that steps back a little is waited for, one that is set back is followed', () => {
  let now = Date.UTC(2025, 0, 1);
  const ids = new EventIds(() => now);
  const first = ids.next();
  now -= 5_000;
  const second = ids.next();
  assert.equal(ticks(second), ticks(first) + 1n);
  assert.equal(second.slice(19), first.slice(19));
  now -= 60_000;
  const third = ids.next();
  assert.equal(ticks(third), ticks(first) - 65_000n * 10_000n);
  assert.notEqual(third.slice(19), first.slice(19), 'what was made at that time before had another maker');
});

test('ids tell the present', () => {
  const before = BigInt(Date.now());
  const ms = ticks(uuid1()) / 10_000n - 12_219_292_800_000n;
  assert.ok(before - 1n <= ms && ms <= BigInt(Date.now()) + 1n);
});

test('entities are version 4, and differ', () => {
  const made = Array.from({ length: 1000 }, uuid4);
  for (const id of made) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(new Set(made).size, made.length);
});
