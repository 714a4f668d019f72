/** One call of the host: reads the model once, applies the events one after another, writes once. */

import { Failure } from './failure.js';
import { readJson } from './read.js';
import { json } from './shapes.js';
import { decode, encode, isUnicode } from './utf8.js';
import { canonicalJson } from './write.js';

/**
 * Folds `events` into the model.
 *
 * @param {object} definition what `reducer` made
 * @param {Uint8Array | null} model
 * @param {readonly object[]} events as the contract has them
 * @returns {{model: object, events: object[]}} a reduction of the contract
 * @throws {Failure} then nothing of the call counts
 */
export function reduce(definition, model, events) {
  const before = model === null ? 'null' : inModel(() => decode(model));
  let state = model === null ? null : inModel(() => readJson(before, model));
  const made = [];
  events.forEach((event, index) => {
    try {
      state = step(definition, state, event, (...parts) => made.push(newEvent(index, ...parts)));
    } catch (error) {
      throw failureOf(error, index);
    }
  });
  const after = inModel(() => canonicalJson(state));
  return { model: change(model, before, after), events: made };
}

/** Applies one event. Where there is no model (any more), it begins anew. */
function step({ initial, takes, apply }, state, event, emit) {
  const data = typedData(takes, event);
  const next = apply(state ?? initial(), typed(event, data), emit);
  if (next === undefined) throw new TypeError('apply returned undefined: return the model, or null for none');
  return next;
}

function typed({ id, entity, eventType, occurredAt, position, cause, metadata }, data) {
  return {
    id,
    entity,
    type: eventType,
    data,
    occurredAt: Number(occurredAt),
    position: position === null ? undefined : Number(position),
    cause: cause ?? undefined,
    metadata,
  };
}

function typedData(takes, { eventType, data }) {
  const shape = takes?.[eventType] ?? json;
  try {
    return shape.parse(readJson(decode(data), data));
  } catch (error) {
    throw new Failure('invalid-data', `${eventType}: ${error.message}`);
  }
}

/** An event as the contract has it. Its data is written at once: it may be changed afterwards. */
function newEvent(cause, type, data, { entity = null, metadata = [] } = {}) {
  for (const text of [type, entity ?? '', ...metadata.flat()]) {
    if (typeof text !== 'string' || !isUnicode(text)) {
      throw new Failure(
        'invalid-json',
        `type, entity and metadata of a new event are text, ${String(text)} is not`,
      );
    }
  }
  try {
    return { cause, eventType: type, entity, data: encode(canonicalJson(data)), metadata };
  } catch (error) {
    throw new Failure('invalid-json', `${type}: ${error.message}`);
  }
}

/** Equal text is equal bytes. */
function change(model, before, after) {
  if (after === before) return { tag: 'keep' };
  return after === 'null' ? { tag: 'delete' } : { tag: 'put', val: encode(after) };
}

function inModel(work) {
  try {
    return work();
  } catch (error) {
    throw new Failure('invalid-model', error.message);
  }
}

function failureOf(error, index) {
  const message = error instanceof Error ? error.message : String(error);
  const failure = error instanceof Failure ? error : new Failure('exception', message, { cause: error });
  failure.event = index;
  return failure;
}
