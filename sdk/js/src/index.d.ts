import * as t from './shapes.js';

export { t };

/** What JSON can say. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** An immutable fact about one entity. */
export interface Event<Type extends string = string, Data = Json> {
  /** A UUIDv1, unique in its context, made when it happened. */
  readonly id: string;
  /** The entity that it happened to: a UUIDv4. */
  readonly entity: string;
  /** What happened. `switch` on it to know the data. */
  readonly type: Type;
  /** What is known about it. */
  readonly data: Data;
  /** When it happened, in microseconds since the Unix epoch. */
  readonly occurredAt: number;
  /** Its place in the log, counted from 1. None under `occurred`. */
  readonly position: number | undefined;
  /** The event or command that led to it; none for what came from outside. */
  readonly cause: string | undefined;
  /** What was sent along with it (tracing, authorship), in order. `new Map(event.metadata)` looks keys up. */
  readonly metadata: readonly (readonly [key: string, value: string])[];
}

/** The event types that a reducer takes, each with the shape of its data. */
export type Takes = Record<string, t.Shape<unknown>>;

/** The events of `takes`: a union, of which `type` tells which member it is. */
export type EventOf<T extends Takes> = { [Type in keyof T & string]: Event<Type, t.Infer<T[Type]>> }[keyof T &
  string];

/** Where a new event goes, and what is sent along with it. */
export interface EmitOptions {
  /** The entity that it happens to, a UUIDv4. Without it: the model's own or, under `whole-context`, the cause's. */
  readonly entity?: string;
  /** What is not part of the event's identity. */
  readonly metadata?: readonly (readonly [key: string, value: string])[];
}

/**
 * Wants an event to exist, with the one being applied as its cause. It does once the host has committed the call.
 *
 * @throws {Failure} `invalid-json` if the data cannot be written, as `canonicalJson` says
 */
export type Emit<Type extends string = string> = (type: Type, data: unknown, options?: EmitOptions) => void;

/** What a reducer is. */
export interface Definition<Model, T extends Takes, Emitted extends string> {
  /** The model before the first event, and after it was `null`. */
  initial: () => Model;
  /**
   * Applies one event: gives the model that it leads to, `null` for none. May change the one that it is given.
   *
   * It must be pure: it is called again for the same events when one arrives late, when a module is upgraded, and
   * on other machines. Throw a `Failure` to refuse the event; that parks the entity.
   */
  apply: (model: NoInfer<Model>, event: EventOf<T>, emit: Emit<Emitted>) => NoInfer<Model> | null;
  /** The event types that it takes. Without it: all, with data that is any JSON. */
  takes?: T;
  /** One model for each entity, by event id (`occurred`, the default) or by position; or one for all. */
  fold?: 'occurred' | 'recorded' | 'whole-context';
  /** What another module does to the models of this one's predecessor. `resume` is not for `occurred`. */
  upgrade?: 'rebuild' | 'resume';
  /** Whether events that were there before the domain's first module emit. */
  history?: 'emit' | 'silent';
  /** The event types that it may emit. Without it, it does not say. */
  emits?: readonly Emitted[];
  /** The JSON media type of its models. Without it: `application/json`. */
  contentType?: string;
  /** What is shown beside the module: version, source, author. */
  attributes?: Readonly<Record<string, string>>;
}

/** What `reducer` makes: the default export of a reducer's file. */
export type Reducer<Model = unknown, T extends Takes = Takes, Emitted extends string = string> = Readonly<
  Definition<Model, T, Emitted>
>;

/**
 * Defines a reducer. What the model is, `initial` says; what the events are, `takes` does.
 *
 * @throws {TypeError} for options that there are not
 */
export function reducer<
  Model,
  T extends Takes = Record<string, t.Shape<Json>>,
  const Emitted extends string = string,
>(definition: Definition<Model, T, Emitted>): Reducer<Model, T, Emitted>;

/** A refusal: the host keeps the model as it was, and the entity is parked. Nothing of the call counts. */
export class Failure extends Error {
  /**
   * @param code a short, stable name for programs, such as `unknown-sku`
   * @param message a sentence for people
   * @param options the error that led to it
   */
  constructor(code: string, message: string, options?: { cause?: unknown });
  /** A short, stable name for programs. */
  readonly code: string;
  /** Which event of the call it is about, counted from 0. The SDK sets it; none means the model. */
  readonly event: number | undefined;
  /** Where it was thrown. */
  readonly trace: string | undefined;
}

/** Lines for the people who run the host, which it may drop or cut; in native tests they go to standard error. */
export const log: Readonly<Record<'trace' | 'debug' | 'info' | 'warn' | 'error', (message: unknown) => void>>;

/**
 * A value as canonical JSON (RFC 8785), as models and new events are written. Properties that are `undefined` are
 * left out.
 *
 * @throws {TypeError} for NaN and infinities, strings with half of a surrogate pair, and anything else that is not plain
 *   JSON (a `Date`, a `Map`, a bigint); the message says where
 * @throws {RangeError} for what is nested deeper than 256 levels
 */
export function canonicalJson(value: unknown): string;
