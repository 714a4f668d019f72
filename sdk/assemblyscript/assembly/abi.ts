// The contract by hand: what a module of the world `reducer-module` exports, and how its values lie in memory.
// The tables are in ../../README.md.

import { descriptor, fold } from "./counter";
import { Event, Outcome } from "./types";
import "./host";

/** Gives the host memory for what it passes. The instance ends with the call: nothing is ever freed. */
export function cabi_realloc(old: usize, oldSize: usize, align: usize, size: usize): usize {
  // Blocks are aligned to 16, more than anything in the contract needs.
  const block = heap.alloc(max(size, align));
  memory.copy(block, old, min(oldSize, size));
  return block;
}

function text(at: usize): string {
  return String.UTF8.decodeUnsafe(load<usize>(at), load<usize>(at, 4));
}

function putText(at: usize, value: string): void {
  const bytes = String.UTF8.encode(value);
  store<usize>(at, changetype<usize>(bytes));
  store<usize>(at, bytes.byteLength, 4);
}

function putTexts(at: usize, values: string[]): void {
  const block = heap.alloc(<usize>values.length * 8);
  for (let i = 0; i < values.length; i++) putText(block + <usize>i * 8, values[i]);
  store<usize>(at, block);
  store<usize>(at, values.length, 4);
}

/** `describe: func() -> descriptor`. What is left 0: entity(occurred), rebuild, emit, and nothing in the rest. */
export function describe(): usize {
  const result = memory.data(40, 8);
  putTexts(result, descriptor().eventTypes);
  return result;
}

/** `reduce: func(target, model: option<payload>, events: list<event>) -> result<reduction, failure>`. */
export function reduce(
  contextAt: usize,
  contextLength: usize,
  domainAt: usize,
  domainLength: usize,
  hasEntity: i32,
  entityAt: usize,
  entityLength: usize,
  hasModel: i32,
  modelAt: usize,
  modelLength: usize,
  eventsAt: usize,
  eventsLength: usize,
): usize {
  const before = hasModel ? String.UTF8.decodeUnsafe(modelAt, modelLength) : null;
  const events = new Array<Event>();
  for (let i: usize = 0; i < eventsLength; i++) {
    const event = eventsAt + i * 80;
    events.push(new Event(text(event + 16), text(event + 24)));
  }
  return lower(before, fold(before, events));
}

function lower(before: string | null, outcome: Outcome): usize {
  const result = memory.data(40, 8);
  const failure = outcome.failure;
  if (failure !== null) {
    store<u8>(result, 1);
    store<u8>(result, failure.event >= 0 ? 1 : 0, 4);
    store<i32>(result, failure.event, 8);
    putText(result + 12, failure.code);
    putText(result + 20, failure.message);
    return result;
  }
  // 0: the model stays as it is, 1: it becomes another, 2: there is none any more.
  if (outcome.model == "null") {
    store<u8>(result, before === null ? 0 : 2, 4);
  } else if (before === null || before != outcome.model) {
    store<u8>(result, 1, 4);
    putText(result + 8, outcome.model);
  }
  return result;
}
