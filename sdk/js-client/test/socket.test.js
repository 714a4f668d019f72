import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect } from '../src/index.js';
import { frames, next } from './support/fake-host.js';
import { fakeSockets } from './support/fake-socket.js';

const { model, patch, none, event, caughtUp } = frames;

test('one connection carries what is followed, and asks for it by URL', async (t) => {
  const { options, connection } = fakeSockets(t);
  const socket = connect('https://x.example/below/', 'shop', { ...options, token: () => 'T' });
  const cart = socket.followModel('cart/1/model', { minIntervalMs: 20 });
  const events = socket.followEvents('/shop/events?type=Item*', { from: 'e-4' });
  const host = (await connection()).open();
  assert.equal(host.url, 'wss://x.example/below/shop/subscribe');
  assert.deepEqual(host.protocols, ['everfold.v1', 'everfold.bearer.T']);
  assert.deepEqual(await host.said(), { op: 'subscribe', id: 1, url: '/shop/cart/1/model?patch=true&min_interval_ms=20', credit: 8 });
  assert.deepEqual(await host.said(), { op: 'subscribe', id: 2, url: '/shop/events?type=Item*&from=e-4', credit: 256 });
  host.frames(2, event(5)).frames(1, none(), model(3, [1]), patch(3, 4, [{ op: 'add', path: '/-', value: 2 }])).frames(2, caughtUp(5));
  assert.deepEqual((await next(cart, 3)).at(-1).model, [1, 2]);
  assert.deepEqual(await next(events, 2), [event(5), caughtUp(5)]);
  const later = next(socket.subscribe('products/2/model'));
  assert.deepEqual(await host.said(), { op: 'subscribe', id: 3, url: '/shop/products/2/model', credit: 64 });
  host.frames(3, none());
  assert.deepEqual(await later, [none()]);
});

test('a lost connection is made again, and everything goes on behind what came last', async (t) => {
  const { options, connection } = fakeSockets(t);
  const told = [];
  const socket = connect('http://x.example', 'shop', { ...options, onTrouble: (error, pauseMs) => told.push([error.type, pauseMs]) });
  const events = socket.followEvents('events');
  const cart = socket.followModel('cart/1/model');
  const first = (await connection()).open();
  first.frames(1, event(1), event(2)).frames(2, model(7, 'seven')).over(1006);
  const second = await connection();
  second.over(1006);
  const third = (await connection()).open();
  assert.deepEqual((await third.said()).url, '/shop/events?from=e-2');
  assert.deepEqual((await third.said()).url, '/shop/cart/1/model?patch=true&from=e-7');
  third.frames(1, event(3)).frames(2, patch(7, 8, [{ op: 'replace', path: '', value: 'eight' }]));
  assert.deepEqual(await next(events, 3), [event(1), event(2), event(3)], 'what came before was kept');
  assert.deepEqual((await next(cart, 2)).map((state) => state.model), ['seven', 'eight']);
  third.say({ op: 'reconnect', after_ms: 9 }).over(1001, 'the host is shutting down');
  (await connection()).open();
  const disconnected = 'urn:everfold:client:disconnected';
  assert.deepEqual(told.map(([type]) => type), [disconnected, 'urn:everfold:client:unreachable', disconnected]);
  assert.equal(told[2][1], 9, 'when the host says so');
});

test('a reader that does not read makes the host wait', async (t) => {
  const { options, connection } = fakeSockets(t);
  const socket = connect('http://x.example', 'shop', options);
  const events = socket.followEvents('events', { credit: 4 });
  const first = (await connection()).open();
  assert.equal((await first.said()).credit, 4);
  first.frames(1, event(1), event(2), event(3), event(4));
  assert.equal(first.left, 0, 'no credit for what nobody took');
  assert.deepEqual(await next(events, 1), [event(1)]);
  assert.equal(first.left, 0, 'the first is still being worked on');
  await next(events, 2);
  assert.deepEqual(await first.said(), { op: 'credit', id: 1, frames: 2 });
  first.frames(1, event(5), event(6)).over(1013, 'you read too slowly');
  const second = (await connection()).open();
  assert.deepEqual(await second.said(), { op: 'subscribe', id: 1, url: '/shop/events?from=e-6', credit: 1 });
  second.frames(1, event(7)).over(1006);
  const third = (await connection()).open();
  assert.equal(third.left, 0, 'there is no room for anything');
  assert.deepEqual(await next(events, 1), [event(4)]);
  assert.equal(third.left, 0, 'nor is there while it is worked on');
  assert.deepEqual(await next(events, 3), [event(5), event(6), event(7)]);
  assert.deepEqual(await third.said(), { op: 'subscribe', id: 1, url: '/shop/events?from=e-7', credit: 1 });
  assert.throws(() => socket.subscribe('events', { credit: 0 }), { type: 'urn:everfold:client:invalid-credit' });
});

test('a loop that is left unsubscribes, and what still comes is nobody\'s', async (t) => {
  const { options, connection } = fakeSockets(t);
  const socket = connect('http://x.example', 'shop', options);
  const left = (async () => {
    for await (const _ of socket.subscribe('events')) break;
  })();
  const host = (await connection()).open();
  await host.said();
  host.frames(1, event(1), event(2));
  await left;
  assert.deepEqual(await host.said(), { op: 'unsubscribe', id: 1 });
  host.frames(1, event(3)).say({ op: 'unsubscribe', id: 1 });
  const controller = new AbortController();
  const aborted = next(socket.followEvents('events', { signal: controller.signal }));
  await host.said();
  controller.abort();
  assert.deepEqual(await aborted, []);
  assert.deepEqual(await host.said(), { op: 'unsubscribe', id: 2 });
});

test('what does not follow is asked for afresh, under another id', async (t) => {
  const { options, connection } = fakeSockets(t);
  const socket = connect('http://x.example', 'shop', options);
  const cart = socket.followModel('cart/1/model');
  const given = next(cart, 2);
  const host = (await connection()).open();
  await host.said();
  host.frames(1, model(4, 'four'), patch(3, 5, []), model(6, 'of the past'));
  assert.deepEqual(await host.said(), { op: 'unsubscribe', id: 1 });
  assert.deepEqual(await host.said(), { op: 'subscribe', id: 2, url: '/shop/cart/1/model?patch=true', credit: 8 });
  host.frames(1, model(7, 'also')).frames(2, model(8, 'eight'));
  assert.deepEqual((await given).map((state) => state.model), ['four', 'eight']);
});

test('a subscription that is refused fails alone, and one that failed inside begins again', async (t) => {
  const { options, connection } = fakeSockets(t);
  const socket = connect('http://x.example', 'shop', options);
  const refused = next(socket.subscribe('nothing/model'));
  const failing = next(socket.subscribe('events'), 2);
  const host = (await connection()).open();
  await host.said();
  await host.said();
  host.say({ op: 'subscribe', id: 1, problem: { type: 'urn:x', status: 404, detail: 'no such domain' } });
  await assert.rejects(refused, { status: 404, detail: 'no such domain' });
  host.frames(2, event(1)).say({ op: 'subscribe', id: 2, problem: { type: 'urn:x', status: 503, detail: 'too many' } });
  assert.deepEqual(await host.said(), { op: 'subscribe', id: 3, url: '/shop/events?from=e-1', credit: 64 });
  host.frames(3, event(2));
  assert.deepEqual(await failing, [event(1), event(2)]);
});

for (const [code, words] of [[1007, /did not understand/], [1008, /connect again with another/], [1009, /append fewer/], [1003, /follow single URLs/]]) {
  test(`closing with ${code} ends it, and says what to do`, async (t) => {
    const { options, connection, made } = fakeSockets(t);
    const socket = connect('http://x.example', 'shop', { ...options, token: 'T' });
    const followed = next(socket.subscribe('events'));
    const appended = socket.append([{ type: 'x', entity: 'e', data: 1 }]);
    const host = (await connection()).open();
    host.say({ op: 'error', problem: { type: 'urn:x', status: 400, detail: 'that was no object' } }).over(code);
    for (const failed of [followed, appended]) await assert.rejects(failed, words);
    await assert.rejects(appended, /that was no object/);
    assert.equal(socket.error.type, 'urn:everfold:client:closed');
    assert.throws(() => socket.subscribe('events'), words);
    await assert.rejects(socket.append([]), words);
    assert.equal(made.size, 0);
  });
}

test('a connection that says nothing is asked, and left where nobody answers', async (t) => {
  const { options, connection } = fakeSockets(t);
  const told = [];
  connect('http://x.example', 'shop', { ...options, silenceMs: 30, onTrouble: ({ type }) => told.push(type) });
  const first = (await connection()).open();
  const ping = { op: 'ping', id: 'pulse' };
  for (let round = 0; round < 3; round++) {
    assert.deepEqual(await first.said(), ping);
    first.say(ping);
  }
  assert.deepEqual(told, []);
  assert.deepEqual(await first.said(), ping);
  (await connection()).open();
  assert.deepEqual(told, ['urn:everfold:client:silent']);
  assert.equal(await first.closed, 4001);
});

test('a dead connection that is closed late takes nothing from the next', async (t) => {
  const { options, connection } = fakeSockets(t);
  const socket = connect('http://x.example', 'shop', { ...options, silenceMs: 30 });
  const first = (await connection()).open();
  // As of a network that answers nothing: the platform gives up long after.
  first.close = (code) => first.whenClosed(code);
  assert.equal(await first.closed, 4001);
  const second = (await connection()).open();
  first.over(1006);
  const appended = socket.append([{ id: 'i', type: 'x', entity: 'e', data: 1 }]);
  const { op, id } = await second.said();
  assert.equal(op, 'append');
  second.say({ op, id, positions: [7] });
  assert.deepEqual(await appended, [7]);
});

test('a token that counts no more is made anew where that is possible', async (t) => {
  const { options, connection } = fakeSockets(t);
  let made = 0;
  connect('http://x.example', 'shop', { ...options, token: () => `T${(made += 1)}` });
  (await connection()).open().over(1008);
  assert.deepEqual((await connection()).protocols, ['everfold.v1', 'everfold.bearer.T2']);
});

test('why an opening was refused is asked by HTTP', async (t) => {
  const { options, connection } = fakeSockets(t);
  const asked = [];
  const answers = [new Response('', { status: 426 }), new Response('{"detail":"no such token"}', { status: 401 })];
  const fetch = async (url, { headers }) => asked.push([url, headers.authorization]) && answers.shift();
  const socket = connect('http://x.example', 'shop', { ...options, fetch, token: 'T' });
  const followed = next(socket.subscribe('events'));
  (await connection()).over(1006);
  (await connection()).over(1006);
  await assert.rejects(followed, { status: 401, detail: 'no such token' });
  assert.deepEqual(asked, Array(2).fill(['http://x.example/shop/subscribe', 'Bearer T']));
});

test('closing ends everything without an error, but for appends that nobody answered', async (t) => {
  const { options, connection } = fakeSockets(t);
  const socket = connect('http://x.example', 'shop', options);
  const followed = next(socket.subscribe('events'));
  const host = (await connection()).open();
  const appended = socket.append([{ type: 'x', entity: 'e', data: 1 }]);
  socket.close();
  assert.equal(await host.closed, 1000);
  assert.deepEqual(await followed, []);
  await assert.rejects(appended, /with the same ids/);
  assert.throws(() => socket.subscribe('events'), { type: 'urn:everfold:client:closed' });
});

test('what a host says that is not understood ends the connection, not the socket', async (t) => {
  const { options, connection } = fakeSockets(t);
  connect('http://x.example', 'shop', options);
  const host = (await connection()).open().say('{"op":');
  assert.equal(await host.closed, 4000);
  (await connection()).open();
});

test('a platform without websockets is told what to do', () => {
  const kept = globalThis.WebSocket;
  delete globalThis.WebSocket;
  try {
    assert.throws(() => connect('http://x.example', 'shop'), { type: 'urn:everfold:client:no-websocket', message: /options\.WebSocket/ });
  } finally {
    if (kept !== undefined) globalThis.WebSocket = kept;
  }
});
