import type { Reducer } from './index.js';

/** The entity of the events that name none. */
export const ENTITY: string;

/** An event for a test: its data lies as the host would send it. */
export interface TestEvent {
  readonly eventType: string;
  readonly entity: string;
}

/** What is not said is made up. */
export interface EventOptions {
  /** Its id, where the test looks at ids. */
  readonly id?: string;
  /** To whom it happened. */
  readonly entity?: string;
  /** When it happened, in microseconds since the Unix epoch. */
  readonly occurredAt?: number;
  /** Its place in the log, for reducers that do not fold by `occurred`. */
  readonly position?: number;
  /** The event or command that led to it. */
  readonly cause?: string;
  /** What was sent along with it. */
  readonly metadata?: readonly (readonly [key: string, value: string])[];
}

/** A new event, as the host gets it. */
export interface Emitted {
  /** The index of the event that led to it. */
  readonly cause: number;
  readonly type: string;
  /** To whom, if not to the model's own entity. */
  readonly entity: string | undefined;
  readonly data: unknown;
  readonly metadata: readonly (readonly [key: string, value: string])[];
}

/** What came of a call. */
export interface Folded<Model> {
  /** The model as it is read back, `null` where there is none. Passed on, it lets another call go on. */
  readonly model: Model | null;
  /** The events that it wants to exist, in order. */
  readonly emitted: readonly Emitted[];
}

/**
 * An event for a test: the n-th of a call happens n seconds after the Unix epoch, to `ENTITY`, and has an id of its
 * own, unless `options` say otherwise.
 */
export function event(type: string, data?: unknown, options?: EventOptions): TestEvent;

/**
 * Folds `events` in the order given into `model`, in one call, as the host would.
 *
 * @throws {Failure} with which the reducer refuses, as the host would get it
 */
export function fold<Model>(
  reducer: Reducer<Model, any, any>,
  model: NoInfer<Model> | null,
  events: readonly TestEvent[],
): Folded<Model>;

/**
 * Checks the law of the contract that it must not matter how the host cuts events into calls: folds `events` in one
 * call, then in two for every place where they can be cut, then one by one. Gives what the one call gave.
 *
 * @throws {Failure} with which the reducer refuses
 * @throws {Error} if models or new events differ, naming the cut
 */
export function foldInAllCuts<Model>(
  reducer: Reducer<Model, any, any>,
  events: readonly TestEvent[],
): Folded<Model>;
