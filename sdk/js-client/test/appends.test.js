import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect } from '../src/index.js';
import { fakeSockets } from './support/fake-socket.js';

const noted = (n) => ({ type: 'noted', entity: 'entity', data: { n } });

test('appends are under way together, and answered by their own ids', async (t) => {
  const { options, connection } = fakeSockets(t);
  const socket = connect('http://x.example', 'shop', options);
  const early = socket.append([noted(1)]);
  const host = (await connection()).open();
  const later = [socket.append([{ ...noted(2), id: 'given' }, noted(3)], { ifMatch: 12 }), socket.append([noted(4)], { ifNoneMatch: '*' })];
  const [first, second, third] = [await host.said(), await host.said(), await host.said()];
  assert.match(first.events[0].id, /^[0-9a-f-]{14}1/);
  assert.deepEqual({ ...first, events: [] }, { op: 'append', id: 'a1', events: [] });
  assert.deepEqual(second.events.map(({ id }) => id === 'given'), [true, false]);
  assert.deepEqual([second.if_match, third.if_none_match], ['"12"', '*']);
  host.say({ op: 'append', id: 'a3', positions: [3] });
  host.say({ op: 'append', id: 'a2', problem: { type: 'urn:x', status: 412, detail: 'there are 13' } });
  host.say({ op: 'append', id: 'a1', positions: [1] }, { op: 'append', id: 'a1', positions: [1] });
  assert.deepEqual(await early, [1]);
  await assert.rejects(later[0], { status: 412, detail: 'there are 13' });
  assert.deepEqual(await later[1], [3]);
});

test('what was not answered is sent again, word for word', async (t) => {
  const { options, connection } = fakeSockets(t);
  const socket = connect('http://x.example', 'shop', options);
  const appended = [socket.append([noted(1)]), socket.append([noted(2)])];
  const first = (await connection()).open();
  const sent = [await first.said(), await first.said()];
  first.say({ op: 'append', id: sent[0].id, positions: [7] }).over(1006);
  const second = (await connection()).open();
  assert.deepEqual(await second.said(), sent[1]);
  assert.equal(second.left, 0);
  second.say({ op: 'append', id: sent[1].id, positions: [8] });
  assert.deepEqual(await Promise.all(appended), [[7], [8]]);
});

test('what a host cannot take now is sent again later', async (t) => {
  const { options, connection } = fakeSockets(t);
  const told = [];
  const socket = connect('http://x.example', 'shop', { ...options, onTrouble: (error) => told.push(error.status) });
  const appended = socket.append([noted(1)]);
  const host = (await connection()).open();
  const sent = await host.said();
  host.say({ op: 'append', id: sent.id, problem: { type: 'urn:x', status: 503, detail: 'overloaded' } });
  assert.deepEqual(await host.said(), sent);
  host.say({ op: 'append', id: sent.id, positions: [1] });
  assert.deepEqual(await appended, [1]);
  assert.deepEqual(told, [503]);
});

test('there is a limit to what is under way, and an append can be given up', async (t) => {
  const { options, connection } = fakeSockets(t);
  const socket = connect('http://x.example', 'shop', { ...options, maxPendingAppends: 2 });
  const controller = new AbortController();
  const first = socket.append([noted(1)]);
  const second = socket.append([noted(2)], { signal: controller.signal });
  await assert.rejects(socket.append([noted(3)]), { type: 'urn:everfold:client:too-many-appends', message: /maxPendingAppends/ });
  controller.abort();
  await assert.rejects(second, { name: 'AbortError' });
  await assert.rejects(socket.append([noted(4)], { signal: controller.signal }), { name: 'AbortError' });
  const host = (await connection()).open();
  assert.equal((await host.said()).id, 'a1');
  assert.equal(host.left, 0, 'what was given up is not sent any more');
  host.say({ op: 'append', id: 'a2', positions: [9] }, { op: 'append', id: 'a1', positions: [1] });
  assert.deepEqual(await first, [1]);
});

test('what was told to come later does not come with a new connection', async (t) => {
  const { options, connection } = fakeSockets(t);
  const socket = connect('http://x.example', 'shop', { ...options, backoff: { initialMs: 1_000_000, maxMs: 1_000_000 } });
  const appended = socket.append([noted(1)]);
  const first = (await connection()).open();
  first.say({ op: 'append', id: 'a1', problem: { type: 'urn:x', status: 503, detail: 'overloaded' } });
  first.say({ op: 'reconnect', after_ms: 1 }).over(1001);
  const second = (await connection()).open();
  socket.append([noted(2)]).catch(() => {});
  assert.equal((await second.said()).id, 'a2');
  assert.equal(second.left, 0);
  socket.close();
  await assert.rejects(appended, { type: 'urn:everfold:client:closed' });
});
