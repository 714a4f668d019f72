import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Failure, reducer, t } from '../src/index.js';
import { reduce } from '../src/reduce.js';
import { ENTITY, event, fold, foldInAllCuts } from '../src/testing.js';
import { encode } from '../src/utf8.js';
import { canonicalJson } from '../src/write.js';

/** A model that can vanish, and an answer to each event. */
const answering = reducer({
  takes: { put: t.integer, emptied: t.json, refused: t.json, crashed: t.json, forgot: t.json, strange: t.json },
  emits: ['answered'],
  initial: () => 10,
  apply(model, { type, data, entity }, emit) {
    if (type === 'refused') throw new Failure('refused', 'as it asked for');
    if (type === 'crashed') throw data ?? new RangeError('it crashed');
    if (type === 'forgot') return undefined;
    if (type === 'strange') return { strange: NaN };
    const next = type === 'put' ? model + data : null;
    emit('answered', next, { entity, metadata: [['by', 'test']] });
    return next;
  },
});

test('new events name the event that led to them', () => {
  const { model, emitted } = foldInAllCuts(answering, [event('put', 1), event('emptied'), event('put', 2)]);
  assert.equal(model, 12);
  assert.deepEqual(
    emitted.map(({ cause, data }) => [cause, data]),
    [
      [0, 11],
      [1, null],
      [2, 12],
    ],
  );
  assert.deepEqual(emitted[0], {
    cause: 0,
    type: 'answered',
    entity: ENTITY,
    data: 11,
    metadata: [['by', 'test']],
  });
});

test('null is no model, and what comes after begins anew', () => {
  assert.equal(fold(answering, 7, [event('emptied')]).model, null);
  assert.equal(fold(answering, 7, [event('emptied'), event('put', 1)]).model, 11);
  assert.equal(fold(answering, null, [event('emptied')]).model, null);
});

test('a refusal has its own code, and the event that it is about', () => {
  const refused = { code: 'refused', message: 'as it asked for', event: 1, trace: /reduce\.test\.js/ };
  assert.throws(() => fold(answering, null, [event('put', 1), event('refused')]), refused);
});

test('what is thrown otherwise is an exception, with its place', () => {
  const crash = (data) => () => fold(answering, null, [event('crashed', data)]);
  assert.throws(crash(null), {
    code: 'exception',
    message: 'it crashed',
    event: 0,
    trace: /^RangeError: it crashed\n *at /,
  });
  assert.throws(crash('just text'), { code: 'exception', message: 'just text', trace: undefined });
  assert.throws(() => fold(answering, null, [event('forgot')]), {
    code: 'exception',
    message: /returned undefined/,
  });
});

test('bytes that cannot be read or written are failures of the SDK', () => {
  const failure =
    (model, ...events) =>
    () =>
      fold(answering, model, events);
  assert.throws(failure(null, event('put', 1), event('put', 'two')), {
    code: 'invalid-data',
    message: 'put: "two" is not an integer of at most 2^53',
    event: 1,
    trace: undefined,
  });
  assert.throws(failure(null, event('strange')), {
    code: 'invalid-model',
    message: 'strange: NaN is not JSON',
    event: undefined,
  });
});

test('integers beyond 2^53 are doubles or failures, in data and in models', () => {
  const keeping = reducer({
    takes: { put: t.json, counted: t.integer },
    initial: () => [],
    apply: (model, { data }) => [...model, data],
  });
  const sent = (type, literal) => ({ ...event(type), data: encode(literal) });
  const { model } = fold(keeping, [2 ** 53 + 2], [sent('put', '100000000000000000000')]);
  assert.equal(canonicalJson(model), '[9007199254740994,100000000000000000000]');

  const refused = (literal) => `the number ${literal} is beyond 2^53: send it as a string`;
  for (const literal of ['9007199254740993', '18446744073709551615']) {
    assert.throws(() => fold(keeping, null, [sent('put', literal)]), {
      code: 'invalid-data',
      message: `put: ${refused(literal)}`,
    });
    assert.throws(() => reduce(keeping, encode(`[${literal}]`), []), {
      code: 'invalid-model',
      message: refused(literal),
    });
  }
  assert.throws(() => fold(keeping, null, [sent('counted', '9007199254740994')]), {
    code: 'invalid-data',
    message: 'counted: 9007199254740994 is not an integer of at most 2^53',
  });
});

test('new events that cannot be written are refused where they are made', () => {
  const emitting = reducer({
    initial: () => null,
    apply(model, { data: [type, metadata] }, emit) {
      emit(type.slice?.(0, 8) ?? type, { sum: 0 / 0 }, { metadata });
      return model;
    },
  });
  const failure =
    (...data) =>
    () =>
      fold(emitting, null, [event('any', data)]);
  assert.throws(failure('summed', []), {
    code: 'invalid-json',
    message: 'summed: sum: NaN is not JSON',
    event: 0,
  });
  assert.throws(failure(5, []), { code: 'invalid-json', message: /are text, 5 is not/ });
  assert.throws(failure('cut in 😀', []), { code: 'invalid-json', message: /are text/ });
  assert.throws(failure('summed', [['by', null]]), { code: 'invalid-json', message: /are text, null is not/ });
});

test('a reducer that names no types takes all, with what came along', () => {
  const seeing = reducer({
    initial: () => null,
    apply: (_model, seen) => ({ ...seen, metadata: [...seen.metadata] }),
  });
  const options = {
    cause: 'c',
    position: 7,
    occurredAt: 5,
    id: 'i',
    metadata: [
      ['b', '1'],
      ['a', '2'],
    ],
  };
  const { model } = fold(seeing, null, [event('anything', [1], options)]);
  assert.deepEqual(model, { ...options, entity: ENTITY, type: 'anything', data: [1] });
  const plain = fold(seeing, null, [event('anything'), event('other')]).model;
  assert.deepEqual([plain.id, plain.occurredAt], ['00000001-0000-1000-8000-010000000000', 2_000_000]);
  assert.equal('position' in plain || 'cause' in plain, false);
});

test('it is noticed where cuts matter', () => {
  let calls = 0;
  const counting = reducer({ initial: () => 0, apply: () => ++calls });
  assert.throws(() => foldInAllCuts(counting, [event('a'), event('b')]), /cut before event 1, it gives/);
});
