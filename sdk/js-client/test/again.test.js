import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Backoff, linked, pause } from '../src/again.js';

test('pauses double up to the longest, and half of each is chance', () => {
  let [chance, now] = [0, 0];
  const backoff = new Backoff({ initialMs: 100, maxMs: 1000, random: () => chance, now: () => now });
  const pauses = () => Array.from({ length: 6 }, () => backoff.next());
  assert.deepEqual(pauses(), [50, 100, 200, 400, 500, 500]);
  backoff.reset();
  chance = 1;
  assert.deepEqual(pauses(), [100, 200, 400, 800, 1000, 1000]);
  now += 59_000;
  assert.equal(backoff.next(), 1000, 'not yet quiet for long enough');
  now += 62_000;
  assert.equal(backoff.next(), 100, 'what went well for a while begins again');
});

test('a pause ends when nobody waits for it any more', async () => {
  const controller = new AbortController();
  const waiting = pause(1_000_000, controller.signal);
  controller.abort();
  await waiting;
  await pause(1_000_000, controller.signal);
  await pause(1, new AbortController().signal);
});

test('a linked controller ends with its signal, not the other way round', () => {
  const outer = new AbortController();
  const [one, other] = [linked(outer.signal), linked(outer.signal)];
  one.controller.abort();
  assert.equal(outer.signal.aborted, false);
  other.unlink();
  outer.abort(new Error('over'));
  assert.equal(other.controller.signal.aborted, false);
  assert.equal(linked(outer.signal).controller.signal.reason.message, 'over');
  assert.equal(linked(undefined).controller.signal.aborted, false);
});
