import assert from 'node:assert/strict';
import { test } from 'node:test';

import { forbidImpurity } from '../src/impure.js';
import { Failure, reducer, t } from '../src/index.js';
import { module } from '../src/module.js';

const bytes = (value) => new TextEncoder().encode(JSON.stringify(value));
const json = (payload) => JSON.parse(new TextDecoder().decode(payload));

/** An event as the engine passes it. */
const wireEvent = (eventType, data) => ({
  id: 'i',
  entity: 'e',
  eventType,
  data: bytes(data),
  occurredAt: 5n,
  position: null,
  cause: null,
  metadata: [],
});

const definition = { initial: () => ({ n: 0 }), apply: (model) => model };

test('what a reducer does not say has a default', () => {
  assert.deepEqual(module(reducer(definition)).describe(), {
    eventTypes: [],
    fold: { tag: 'entity', val: 'occurred' },
    upgrade: 'rebuild',
    history: 'emit',
    contentType: null,
    emits: [],
    attributes: [],
  });
});

test('all that it says reaches the descriptor', () => {
  const said = reducer({
    ...definition,
    takes: { b: t.json, a: t.json },
    fold: 'whole-context',
    upgrade: 'resume',
    history: 'silent',
    contentType: 'application/vnd.shop+json',
    emits: ['c'],
    attributes: { version: '1' },
  });
  assert.deepEqual(module(said).describe(), {
    eventTypes: ['b', 'a'],
    fold: { tag: 'whole-context' },
    upgrade: 'resume',
    history: 'silent',
    contentType: 'application/vnd.shop+json',
    emits: ['c'],
    attributes: [['version', '1']],
  });
  assert.deepEqual(module(reducer({ ...definition, fold: 'recorded' })).describe().fold, {
    tag: 'entity',
    val: 'recorded',
  });
});

test('options that there are not are refused when the module is built', () => {
  assert.throws(() => reducer({ ...definition, upgarde: 'resume' }), /there is no option upgarde: initial, apply/);
  assert.throws(() => reducer({ ...definition, history: 'loud' }), /history is emit or silent/);
  assert.throws(() => reducer({ initial: { n: 0 }, apply: definition.apply }), /initial is a function/);
  assert.throws(() => module(definition), /no reducer: write `export default reducer/);
});

test('only a different model is put', () => {
  const setting = module(reducer({ initial: () => null, apply: (_model, event) => event.data }));
  const change = (before, after) => {
    const model = before === undefined ? null : bytes(before);
    const {
      model: { tag, val },
    } = setting.reduce({}, model, [wireEvent('set', after)]);
    return val === undefined ? tag : [tag, json(val)];
  };
  assert.deepEqual(change(undefined, 1), ['put', 1]);
  assert.deepEqual(change(1, 1), 'keep');
  assert.deepEqual(change(1, 2), ['put', 2]);
  assert.deepEqual(change(1, null), 'delete');
  assert.deepEqual(change(undefined, null), 'keep');
});

test('numbers that cross as bigints are numbers', () => {
  const noting = module(
    reducer({ initial: () => null, apply: (_, { occurredAt, position }) => ({ occurredAt, position }) }),
  );
  const { model } = noting.reduce({}, null, [{ ...wireEvent('a', 0), position: 3n }]);
  assert.deepEqual(json(model.val), { occurredAt: 5, position: 3 });
});

test('a failure crosses as the contract has it', () => {
  const failing = module(
    reducer({
      initial: () => null,
      apply: () => {
        throw new Failure('half', 'a \ud83d');
      },
    }),
  );
  const caught = (model) => {
    try {
      return failing.reduce({}, model, [wireEvent('a', 0)]);
    } catch ({ trace, ...failure }) {
      return [failure, typeof trace];
    }
  };
  assert.deepEqual(caught(null), [{ event: 0, code: 'half', message: 'a \ufffd' }, 'string']);
  const [{ event, code }, trace] = caught(Uint8Array.of(0x7b));
  assert.deepEqual([event, code, trace], [null, 'invalid-model', 'object']);
});

test('clocks and randomness say what to use in their place', () => {
  const global = { Date, performance, Math: Object.create(Math) };
  forbidImpurity(global);
  assert.throws(() => global.Date.now(), /event\.occurredAt/);
  assert.throws(() => new global.Date(), /event\.occurredAt/);
  assert.throws(() => global.performance.now(), /event\.occurredAt/);
  assert.throws(() => global.Math.random(), /whoever makes the event/);
  assert.equal(new global.Date(0).toISOString(), '1970-01-01T00:00:00.000Z');
  assert.equal(global.Date.UTC(1970, 0, 2), 86_400_000);
});
