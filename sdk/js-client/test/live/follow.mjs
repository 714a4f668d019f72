/**
 * Follows a model by patches and a context's events by server-sent events, while events are posted, while the host is
 * away, and when it comes back with another history.
 */

import assert from 'node:assert/strict';

import { follow, followEvents, followModel, uuid1, uuid4 } from '../../src/index.js';
import { say, told, until } from './support.mjs';

const [base] = process.argv.slice(2);
const entity = uuid4();
const url = `${base}/shop/ledger/${entity}/model`;
const ids = [];

/** Posts events, one batch. */
async function post(count) {
  const batch = Array.from({ length: count }, () => ({ id: uuid1(), type: 'noted', entity, data: { n: 1 } }));
  ids.push(...batch.map(({ id }) => id));
  const response = await fetch(`${base}/shop/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(batch),
  });
  assert.equal(response.status, 201, await response.text());
}

const told_of = [];
const options = { backoff: { initialMs: 20, maxMs: 200 }, onTrouble: (error) => told_of.push(error.message) };
const view = followModel(url, options);
const events = followEvents(`${base}/shop/events`, options);
const raw = follow(url, { ...options, patch: true });

assert.equal((await until(view, () => true))[0].type, 'none');
await until(raw, ({ type }) => type === 'none');
const kinds = [];
for (let n = 1; n <= 30; n += 1) {
  await post(1);
  await until(view, ({ model }) => model?.sum === n);
  const frames = await until(raw, ({ version }) => version === view.version);
  kinds.push(...frames.map(({ type }) => type));
}
assert.ok(kinds.filter((type) => type === 'patch').length > 15, `patches came: ${kinds}`);
assert.deepEqual(view.model.ids, ids);
const seen = await until(events, ({ position }) => position === 30);
raw.close();

// The host is away, and comes back with events that this client has not seen.
say({ entity, cursor: events.cursor, version: view.version });
await told();
await post(5);
await until(view, ({ model }) => model.sum === 35);
seen.push(...(await until(events, ({ position, type }) => type === 'event' && position === 35)));
assert.deepEqual(seen.filter(({ type }) => type === 'event').map(({ event }) => event.id), ids, 'each once, in order');
assert.ok(seen.every(({ type }) => type !== 'reset'));
assert.ok(told_of.length > 0, 'the connection was lost');
say({ model: view.model, version: view.version, epoch: view.state.epoch });

// Another history: what was known is void.
const old = view.state.epoch;
await told();
const states = await until(view, ({ type }) => type === 'none');
assert.equal(states.at(-2).type, 'reset');
assert.equal(view.model, undefined);
assert.notEqual(view.state.epoch, old);
const before = await until(events, ({ type }) => type === 'reset');
assert.deepEqual(before.slice(0, -1).filter(({ type }) => type !== 'caught-up'), []);
assert.equal((await until(events, () => true))[0].type, 'caught-up', 'there is nothing');
await post(1);
await until(view, ({ model }) => model?.sum === 1);
say({ model: view.model, version: view.version, epoch: view.state.epoch });
view.close();
events.close();
process.stdin.destroy();
