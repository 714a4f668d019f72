/** Follows and appends over one socket, while the host is restarted under appends that are under way. */

import assert from 'node:assert/strict';

import { connect, uuid1, uuid4 } from '../../src/index.js';
import { say, told, until, webSocket } from './support.mjs';

const [base] = process.argv.slice(2);
const entity = uuid4();
const ids = [];
let connections = 0;
const options = { WebSocket: webSocket(), backoff: { initialMs: 20, maxMs: 200 }, onOpen: () => (connections += 1) };
const socket = connect(base, 'shop', options);

/** Appends one event. */
function append(more) {
  const id = uuid1();
  ids.push(id);
  return socket.append([{ id, type: 'noted', entity, data: { n: 1 } }], more);
}

const view = socket.followModel(`ledger/${entity}/model`);
const events = socket.followEvents(`/shop/events?entity=${entity}`, { credit: 3 });
const positions = (await Promise.all(Array.from({ length: 300 }, () => append()))).flat();
assert.deepEqual(positions, Array.from({ length: 300 }, (_, index) => index + 1), 'in the order of the calls');
await until(view, ({ model }) => model?.sum === 300);
const seen = await until(events, ({ position, type }) => type === 'event' && position === 300);

// What fails is told to whom it concerns, and to nobody else.
await assert.rejects(append({ ifMatch: 7 }), { status: 412 });
await assert.rejects(socket.append([{ id: uuid4(), type: 'noted', entity, data: {} }]), { status: 400 });
await assert.rejects(until(socket.followModel(`nothing/${entity}/model`), () => true), { status: 404 });
await assert.rejects(until(socket.subscribe('/elsewhere/events'), () => true), { status: 400 });
ids.pop();
assert.deepEqual(await append({ ifMatch: 300 }), [301]);
for await (const { type } of socket.subscribe('events')) {
  assert.equal(type, 'event');
  break;
}
assert.equal(connections, 1);

// The host is restarted while appends are under way.
let isBack = false;
const answers = [];
const appending = (async () => {
  while (!isBack) answers.push(...(await Promise.all(Array.from({ length: 20 }, () => append()))).flat());
})();
say({ entity });
await told();
isBack = true;
await appending;
assert.deepEqual(new Set(answers).size, ids.length - 301, 'each has a position of its own');
await until(view, ({ model }) => model.sum === ids.length);
seen.push(...(await until(events, ({ position, type }) => type === 'event' && position === Math.max(...answers))));
const given = seen.filter(({ type }) => type === 'event').map(({ event }) => event.id);
assert.equal(given.length, ids.length, 'each once');
assert.deepEqual(new Set(given), new Set(ids));
assert.ok(connections > 1, 'the connection was lost');
say({ model: view.model, version: view.version, epoch: view.state.epoch });
socket.close();
assert.deepEqual(await until(view, () => true).catch((error) => error.message), 'it ended after undefined');
process.stdin.destroy();
