import assert from 'node:assert/strict';
import { test } from 'node:test';

import { followEvents, followModel } from '../src/index.js';
import { fakeHost, frames, next } from './support/fake-host.js';

const { model, patch, deleted, none, reset, event, caughtUp, position } = frames;
const add = (path, value) => ({ op: 'add', path, value });
const seen = (states) => states.map(({ type, version, model }) => [type, version, model]);

test('patches, deletion and another history make a model what it is', async (t) => {
  const host = await fakeHost(t);
  const view = followModel(`${host.base}/shop/cart/1/model`, host.options);
  const given = next(view, 7);
  const visit = await host.visit();
  assert.equal(visit.url, '/shop/cart/1/model?patch=true');
  visit.open().send(
    none(),
    model(3, { items: [1] }),
    patch(3, 5, [add('/items/-', 2)]),
    deleted(6),
    { type: 'of-a-later-host', epoch: 'e' },
    model(8, null),
    reset('f'),
    model(2, 'two', 'f'),
  );
  assert.deepEqual(seen(await given), [
    ['none', 0, undefined],
    ['model', 3, { items: [1] }],
    ['model', 5, { items: [1, 2] }],
    ['deleted', 6, undefined],
    ['model', 8, null],
    ['reset', 0, undefined],
    ['model', 2, 'two'],
  ]);
  assert.deepEqual(view.state, { type: 'model', model: 'two', version: 2, position: 2, module: 'm', epoch: 'f' });
  view.close();
});

for (const [what, wrong] of [
  ['a patch of a version that is not here', patch(3, 6, [add('/n', 6)])],
  ['a patch that does not fit', patch(4, 6, [{ op: 'remove', path: '/nothing' }])],
  ['a version that does not rise', model(4, { n: 'old' })],
  ['a patch whose version does not rise', patch(4, 4, [add('/n', 4)])],
  ['an older version', deleted(2)],
  ['an end that nothing announced', none()],
  ['another history that nothing announced', model(9, { n: 9 }, 'f')],
]) {
  test(`${what} is never shown: the model is fetched afresh`, async (t) => {
    const host = await fakeHost(t);
    const told = [];
    const view = followModel(`${host.base}/m`, { ...host.options, onTrouble: (error) => told.push(error.name) });
    assert.equal(view.model, undefined);
    const given = next(view, 2);
    const first = await host.visit();
    // What came together with it is of the past as well.
    first.open().send(model(4, { n: 4 }), wrong, model(10, { n: 10 }));
    const second = await host.visit();
    assert.equal('last-event-id' in second.headers, false, 'without a cursor');
    assert.deepEqual(view.model, { n: 4 }, 'what is known stays');
    await first.gone;
    second.open().send(model(11, { n: 11 }));
    assert.deepEqual(seen(await given), [['model', 4, { n: 4 }], ['model', 11, { n: 11 }]]);
    assert.equal(told.length, 1);
    view.close();
  });
}

test('a patch with nothing before it is not guessed at', async (t) => {
  const host = await fakeHost(t);
  const view = followModel(`${host.base}/m`, { ...host.options, from: 'e-4' });
  const given = next(view);
  const first = await host.visit();
  assert.equal(first.headers['last-event-id'], 'e-4');
  first.open().send(patch(4, 5, [add('', 5)]));
  (await host.visit()).open().send(model(5, 5));
  assert.deepEqual(seen(await given), [['model', 5, 5]]);
  view.close();
});

test('a state that was kept goes on where it was', async (t) => {
  const host = await fakeHost(t);
  const state = JSON.parse(JSON.stringify({ type: 'model', model: { n: 4 }, version: 4, position: 9, module: null, epoch: 'e' }));
  const view = followModel(`${host.base}/m`, { ...host.options, state });
  assert.deepEqual(view.model, { n: 4 });
  const given = next(view, 2);
  const first = await host.visit();
  assert.equal(first.headers['last-event-id'], 'e-4');
  first.open().send(patch(4, 5, [add('/n', 5)])).end();
  const second = await host.visit();
  assert.equal(second.headers['last-event-id'], 'e-5');
  second.open().send(patch(5, 7, [add('/n', 7)]));
  assert.deepEqual(seen(await given), [['model', 5, { n: 5 }], ['model', 7, { n: 7 }]]);
  assert.deepEqual(state.model, { n: 4 });
  view.close();
});

test('events come once and in order, and positions are kept as cursors', async (t) => {
  const host = await fakeHost(t);
  const view = followEvents(`${host.base}/shop/events?type=Item*`, { ...host.options, from: 'e-2' });
  const given = next(view, 5);
  const first = await host.visit();
  assert.equal(first.url, '/shop/events?type=Item*');
  first.open().send(event(5), caughtUp(7), position(9000)).end();
  const second = await host.visit();
  assert.equal(second.headers['last-event-id'], 'e-9000');
  second.open().send(caughtUp(9000), event(9001)).end();
  const third = await host.visit();
  // The same once more, which nobody is told of, and the way back to what was given last.
  third.open().send(event(9001), event(9003));
  const fourth = await host.visit();
  assert.equal(fourth.headers['last-event-id'], 'e-9001');
  fourth.open().send(event(9002));
  assert.deepEqual(await given, [event(5), caughtUp(7), caughtUp(9000), event(9001), event(9002)]);
  assert.deepEqual([view.cursor, view.position], ['e-9002', 9002]);
  const more = next(view, 2);
  fourth.send(reset('f'), event(1, 'f'));
  assert.deepEqual(await more, [reset('f'), event(1, 'f')]);
  const last = next(view);
  fourth.send(event(5, 'g'));
  const fifth = await host.visit();
  assert.equal(fifth.headers['last-event-id'], 'f-1');
  fifth.open().send(event(2, 'f'));
  assert.deepEqual(await last, [event(2, 'f')]);
  view.close();
  assert.throws(() => followEvents(`${host.base}/x`, { from: '17' }), { type: 'urn:everfold:client:invalid-cursor' });
});
