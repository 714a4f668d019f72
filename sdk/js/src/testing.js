/** Tests reducers natively, without wasm and without a host. */

import { reduce } from './reduce.js';
import { decode, encode } from './utf8.js';
import { canonicalJson } from './write.js';

/** The entity of the events that name none. */
export const ENTITY = '7c9e6679-7425-40de-944b-e07fc1f90ae7';

/**
 * An event for a test. What is not said is made up: the n-th event of a call happens n seconds after the Unix
 * epoch, to `ENTITY`, and has an id of its own.
 */
export function event(type, data = {}, { id, entity = ENTITY, occurredAt, position, cause, metadata = [] } = {}) {
  return { id, entity, eventType: type, data: encode(canonicalJson(data)), occurredAt, position, cause, metadata };
}

/**
 * Folds `events` in the order given into `model`, in one call, as the host would.
 *
 * @throws {Failure} with which the reducer refuses, as the host would get it
 */
export function fold(definition, model, events) {
  const before = model === null ? null : encode(canonicalJson(model));
  const reduction = reduce(definition, before, events.map(complete));
  return { model: modelAfter(before, reduction.model), emitted: reduction.events.map(emitted) };
}

/**
 * Checks the law of the contract that it must not matter how the host cuts events into calls: folds `events` in
 * one call, then in two for every place where they can be cut, then one by one. Gives what the one call gave.
 *
 * @throws {Failure} with which the reducer refuses
 * @throws {Error} if models or new events differ, naming the cut
 */
export function foldInAllCuts(definition, events) {
  const completed = events.map(complete);
  const whole = fold(definition, null, completed);
  for (let cut = 1; cut < completed.length; cut++) {
    const parts = [completed.slice(0, cut), completed.slice(cut)];
    same(foldParts(definition, parts), whole, `cut before event ${cut}`);
  }
  const single = completed.map((one) => [one]);
  same(foldParts(definition, single), whole, 'one by one');
  return whole;
}

function foldParts(definition, parts) {
  const all = { model: null, emitted: [] };
  let done = 0;
  for (const part of parts) {
    const folded = fold(definition, all.model, part);
    all.model = folded.model;
    for (const one of folded.emitted) all.emitted.push({ ...one, cause: one.cause + done });
    done += part.length;
  }
  return all;
}

function same(actual, expected, cut) {
  const [got, wanted] = [canonicalJson(actual), canonicalJson(expected)];
  if (got !== wanted)
    throw new Error(`it matters how events are cut into calls: ${cut}, it gives\n${got}\nnot\n${wanted}`);
}

function complete(event, index) {
  return {
    ...event,
    id: event.id ?? `${index.toString(16).padStart(8, '0')}-0000-1000-8000-010000000000`,
    occurredAt: event.occurredAt ?? 1_000_000 * (index + 1),
    position: event.position ?? null,
    cause: event.cause ?? null,
  };
}

function modelAfter(before, { tag, val }) {
  const bytes = tag === 'put' ? val : before;
  return tag === 'delete' || bytes === null ? null : JSON.parse(decode(bytes));
}

function emitted({ cause, eventType, entity, data, metadata }) {
  return { cause, type: eventType, entity: entity ?? undefined, data: JSON.parse(decode(data)), metadata };
}
