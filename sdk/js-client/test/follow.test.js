import assert from 'node:assert/strict';
import { test } from 'node:test';

import { EverfoldError, follow, listen } from '../src/index.js';
import { fakeHost, frames, next } from './support/fake-host.js';

test('frames are given as they come, and asked for as the options say', async (t) => {
  const host = await fakeHost(t);
  const followed = follow(`${host.base}/shop/cart/1/model?x=1`, { ...host.options, token: 'T', patch: true, minIntervalMs: 50 });
  const given = next(followed, 2);
  const visit = await host.visit();
  assert.equal(visit.url, '/shop/cart/1/model?x=1&patch=true&min_interval_ms=50');
  assert.equal(visit.headers.accept, 'text/event-stream');
  assert.equal(visit.headers.authorization, 'Bearer T');
  assert.equal('last-event-id' in visit.headers, false);
  const sent = [frames.model(7, { a: 'ü' }), frames.model(9, null)];
  visit.open().raw(': alive\n\n').send(...sent);
  assert.deepEqual(await given, sent);
  assert.equal(followed.cursor, 'e-9');
  followed.close();
  await visit.gone;
  assert.deepEqual(await next(followed), []);
});

test('a connection that ends or breaks is made again, behind the last frame', async (t) => {
  const host = await fakeHost(t);
  const told = [];
  const followed = follow(`${host.base}/x`, { ...host.options, from: 'e-3', onTrouble: (error, pauseMs) => told.push([error.message, pauseMs]) });
  const given = next(followed, 2);
  const first = await host.visit();
  assert.equal(first.headers['last-event-id'], 'e-3');
  first.open().send(frames.event(4)).raw('retry: 7\n\n').end();
  const second = await host.visit();
  assert.deepEqual(told, [['the host ended the stream', 7]]);
  assert.equal(second.headers['last-event-id'], 'e-4');
  // Half of a frame, and then nothing more: it counts for nothing.
  second.open().send(frames.position(5)).raw('data: {"type":"ev');
  assert.deepEqual(await given, [frames.event(4), frames.position(5)]);
  const more = next(followed, 2);
  second.break();
  const third = await host.visit();
  assert.equal(third.headers['last-event-id'], 'e-5');
  third.open().raw('data: [not json\n\n');
  const fourth = await host.visit();
  fourth.open().send(frames.reset('f'), frames.event(1, 'f'));
  assert.deepEqual(await more, [frames.reset('f'), frames.event(1, 'f')]);
  assert.ok(told.length === 3 && told[1][1] <= 4 && told[2][0].includes('not json'), JSON.stringify(told));
  followed.close();
});

test('what passes is tried again, when the host asks for it', async (t) => {
  const host = await fakeHost(t);
  const told = [];
  const followed = follow(`${host.base}/x`, { ...host.options, onTrouble: (error, pauseMs) => told.push([error.status, pauseMs]) });
  const given = next(followed);
  (await host.visit()).answer(500, 'down', {});
  (await host.visit()).answer(503, { type: 'urn:x', detail: 'busy' }, { 'retry-after': '0' });
  (await host.visit()).answer(429, {});
  (await host.visit()).answer(408, []);
  (await host.visit()).break();
  (await host.visit()).open().send(frames.none());
  assert.deepEqual(await given, [frames.none()]);
  assert.deepEqual(told.map(([status]) => status), [500, 503, 429, 408, undefined]);
  assert.equal(told[1][1], 0);
  followed.close();
});

test('a refusal ends it, and says what the host said', async (t) => {
  const host = await fakeHost(t);
  const problem = { type: 'urn:everfold:problem:unknown-domain', title: 'No such domain', status: 404, detail: 'there is no domain x' };
  const refused = next(follow(`${host.base}/x`, host.options));
  (await host.visit()).answer(404, problem);
  await assert.rejects(refused, (error) => {
    assert.ok(error instanceof EverfoldError);
    const { type, status, detail, message } = error;
    assert.deepEqual({ type, status, detail, message }, { type: problem.type, status: 404, detail: problem.detail, message: problem.detail });
    assert.deepEqual(error.problem, problem);
    return true;
  });
  const elsewhere = next(follow(`${host.base}/x`, host.options));
  (await host.visit()).answer(200, '<html>', { 'content-type': 'text/html' });
  await assert.rejects(elsewhere, { type: 'urn:everfold:client:no-stream' });
  assert.throws(() => follow('/relative'), { type: 'urn:everfold:client:invalid-url' });
  assert.throws(() => follow('ftp://x/'), { type: 'urn:everfold:client:invalid-url' });
});

test('a connection that is silent for too long is given up', async (t) => {
  const host = await fakeHost(t);
  const told = [];
  const followed = follow(`${host.base}/x`, { ...host.options, silenceMs: 40, onTrouble: (error) => told.push(error.type) });
  const given = next(followed, 2);
  const mute = await host.visit();
  const opened = await host.visit();
  await mute.gone;
  opened.open().send(frames.event(1));
  const third = await host.visit();
  await opened.gone;
  assert.equal(third.headers['last-event-id'], 'e-1');
  third.open().send(frames.event(2));
  assert.deepEqual(await given, [frames.event(1), frames.event(2)]);
  assert.deepEqual(told, ['urn:everfold:client:silent', 'urn:everfold:client:silent']);
  followed.close();
});

test('a loop that is left, a signal, and a callback end the connection', async (t) => {
  const host = await fakeHost(t);
  const left = (async () => {
    for await (const _ of follow(`${host.base}/x`, host.options)) break;
  })();
  const first = (await host.visit()).open().send(frames.event(1), frames.event(2));
  await left;
  await first.gone;

  const controller = new AbortController();
  const aborted = next(follow(`${host.base}/x`, { ...host.options, signal: controller.signal }), 2);
  const second = (await host.visit()).open().send(frames.event(1));
  controller.abort();
  await second.gone;
  assert.ok((await aborted).length <= 1);
  assert.deepEqual(await next(follow(`${host.base}/x`, { signal: controller.signal })), []);

  const ended = new Promise((resolve) => {
    const stop = listen(follow(`${host.base}/x`, host.options), (frame) => frame.position === 2 && stop(), resolve);
  });
  (await host.visit()).open().send(frames.event(1), frames.event(2), frames.event(3));
  assert.equal(await ended, undefined);
  const failed = new Promise((resolve) => listen(follow(`${host.base}/x`, host.options), () => {}, resolve));
  (await host.visit()).answer(403, { detail: 'no' });
  assert.equal((await failed).message, 'no');
});

test('a token may be made anew for each connection', async (t) => {
  const host = await fakeHost(t);
  let made = 0;
  const followed = follow(`${host.base}/x`, { ...host.options, token: async () => `T${(made += 1)}` });
  const given = next(followed);
  const first = await host.visit();
  assert.equal(first.headers.authorization, 'Bearer T1');
  first.open().end();
  const second = await host.visit();
  assert.equal(second.headers.authorization, 'Bearer T2');
  second.open().send(frames.none());
  await given;
  followed.close();
});
