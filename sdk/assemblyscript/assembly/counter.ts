// Takes `added {"n": number}` and `cleared`, and keeps `{"count": n}`.

import { MAX_INTEGER, integerOf } from "./json";
import { Descriptor, Event, Failure, Outcome } from "./types";

/** What the host is told. */
export function descriptor(): Descriptor {
  return new Descriptor(["added", "cleared"]);
}

/** Folds events into a model. */
export function fold(before: string | null, events: Event[]): Outcome {
  const outcome = new Outcome();
  let count: i64 = 0;
  if (before !== null) {
    const read = integerOf(before, "count");
    if (read.problem !== null) return failed(outcome, -1, "invalid-model", read.problem!);
    count = read.value;
  }
  for (let i = 0; i < events.length; i++) {
    const event = events[i];
    if (event.eventType == "cleared") {
      count = 0;
    } else {
      const read = integerOf(event.data, "n");
      if (read.problem !== null) return failed(outcome, i, "invalid-data", `${event.eventType}: ${read.problem!}`);
      count += read.value;
    }
  }
  if (abs(count) > MAX_INTEGER) return failed(outcome, -1, "invalid-model", `the number ${count} is beyond 2^53`);
  // Canonical JSON: one key, no white space, and an integer's digits are what ECMAScript writes.
  outcome.model = `{"count":${count}}`;
  return outcome;
}

function failed(outcome: Outcome, event: i32, code: string, message: string): Outcome {
  outcome.failure = new Failure(event, code, message);
  return outcome;
}
