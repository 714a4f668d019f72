/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Something that a host refused (RFC 9457), or that this client cannot do. */
export class EverfoldError extends Error {
  /** What kind of problem it is: a stable URN, `urn:everfold:problem:…`, or `urn:everfold:client:…` for the client's own. */
  readonly type: string;
  /** The status of HTTP, where there is one. */
  readonly status: number | undefined;
  /** The sentence for people; the same as `message`. */
  readonly detail: string;
  /** All that the host said. */
  readonly problem: Record<string, unknown>;
  /** When the host asked to come back, in milliseconds from then. */
  readonly retryAfterMs: number | undefined;
  /** Whether the same again may succeed later. */
  readonly passes: boolean;
}

/** A patch that is none, or does not fit the document. */
export class PatchError extends Error {
  /** Which operation, counted from 0. */
  readonly index: number | undefined;
}

/** An operation of JSON Patch (RFC 6902). */
export type Operation =
  | { op: 'add' | 'replace' | 'test'; path: string; value: unknown }
  | { op: 'remove'; path: string }
  | { op: 'move' | 'copy'; path: string; from: string };

/** Applies a patch, all of it or nothing. The document stays as it is; the result shares what did not change. */
export function apply<T = unknown>(document: unknown, patch: readonly Operation[]): T;

/** An id for an event that happens now: UUID version 1, greater than the one before. */
export function uuid1(): string;
/** An id for a new entity: UUID version 4. */
export function uuid4(): string;

/** What the host sends. A newer host may send other types. */
export type Frame =
  | { type: 'model'; version: number; position: number; module: string | null; epoch: string; model: unknown }
  | { type: 'patch'; version: number; from: number; to: number; position: number; module: string | null; epoch: string; patch: Operation[] }
  | { type: 'deleted'; version: number; epoch: string }
  | { type: 'none'; epoch: string }
  | EventFrame
  | CaughtUp
  | { type: 'position'; position: number; epoch: string }
  | Reset
  | { type: 'reconnect'; after_ms: number; epoch: string };
export type EventFrame<D = unknown> = { type: 'event'; position: number; epoch: string; event: Event<D> };
/** Everything that was there has been given. */
export type CaughtUp = { type: 'caught-up'; position: number; epoch: string };
/** The host has another history: what was known is void, everything follows from the start. */
export type Reset = { type: 'reset'; epoch: string };

/** An event as hosts give it. */
export interface Event<D = unknown> {
  id: string;
  type: string;
  entity: string;
  context: string;
  position: number;
  occurred_at: string;
  recorded_at: string;
  cause: string | null;
  metadata: Record<string, string>;
  data: D;
}

/** An event to be appended. Without an `id` it gets one. */
export interface NewEvent {
  id?: string;
  type: string;
  entity: string;
  data: unknown;
  metadata?: Record<string, string>;
}

/** What a model is at one version. `model` is undefined unless `type` is `model`; it must not be altered. */
export interface ModelState<M = unknown> {
  readonly type: 'unknown' | 'model' | 'deleted' | 'none' | 'reset';
  readonly model: M | undefined;
  readonly version: number;
  readonly position: number | undefined;
  readonly module: string | null | undefined;
  readonly epoch: string | undefined;
}

/** Values that are followed: one loop reads them, and ends it when it is left. */
export interface Followed<T> extends AsyncIterable<T> {
  [Symbol.asyncIterator](): AsyncIterator<T, void>;
  /** Ends it: the loop ends without an error. */
  close(): void;
}

/** The frames of a URL, over as many connections as it takes. */
export interface Frames extends Followed<Frame> {
  /** With which a later reader goes on behind the last frame that this one gave. */
  readonly cursor: string | undefined;
  /** Breaks off, and begins again behind this cursor; without one, afresh. */
  restart(cursor?: string): void;
}

/** The states of one model. */
export interface ModelView<M = unknown> extends Followed<ModelState<M>> {
  /** What is known now. It may be kept, and given to a later `followModel` as `state`. */
  readonly state: ModelState<M>;
  /** The model; undefined while there is none, or none is known. */
  readonly model: M | undefined;
  readonly version: number;
}

/** The events of one URL, each once and in the order of the log. */
export interface EventsView<D = unknown> extends Followed<EventFrame<D> | CaughtUp | Reset> {
  /** With which a later reader goes on behind what was given: kept, it is `from`. */
  readonly cursor: string | undefined;
  /** The position up to which everything was given. */
  readonly position: number;
}

export type Following = Frames;
export type Subscription = Frames;

/** What all connections may be told. */
export interface Options {
  /** The token, or what gives it for each connection anew. */
  token?: string | (() => string | undefined | Promise<string | undefined>);
  /** Ends it: loops end without an error. */
  signal?: AbortSignal;
  /** In the place of the platform's own. */
  fetch?: typeof globalThis.fetch;
  /** Pauses between attempts: the first (250 ms), and the longest (30 s). */
  backoff?: { initialMs?: number; maxMs?: number };
  /** How long a connection may be silent before it counts as dead: 45 s. */
  silenceMs?: number;
  /** Told of trouble that passes, and when the next attempt is made. */
  onTrouble?: (error: Error, pauseMs: number) => void;
  /** Told of each connection. */
  onOpen?: () => void;
}

/** What frames are wanted. */
export interface Wanted {
  /** The cursor behind which to begin. */
  from?: string;
  /** Whether models may come as patches: true for `followModel`, left to the URL elsewhere. */
  patch?: boolean;
  /** Of a model, at most one frame in so many milliseconds: the newest. */
  minIntervalMs?: number;
}

export interface FollowOptions extends Options, Wanted {}

/** What a view of a model may be told beside. */
export interface FromState<M> {
  /** A state of before: only what it lacks is sent. */
  state?: ModelState<M>;
}

/** Follows a URL: its frames as they are. */
export function follow(url: string | URL, options?: FollowOptions): Following;
/** Follows a model: its states. */
export function followModel<M = unknown>(url: string | URL, options?: FollowOptions & FromState<M>): ModelView<M>;
/** Follows events. */
export function followEvents<D = unknown>(url: string | URL, options?: FollowOptions): EventsView<D>;
/** The cursor with which a reader of this frame comes back. */
export function cursorOf(frame: Frame): string | undefined;

/**
 * Calls `onValue` for each value, one after the other, waiting for what it returns; `onEnd` once, with why it failed or
 * with nothing when it was closed. Gives what ends it.
 */
export function listen<T>(followed: Followed<T>, onValue: (value: T) => unknown, onEnd?: (error?: unknown) => void): () => void;

export interface ConnectOptions extends Options {
  /** The class of websockets, where the platform has none. */
  WebSocket?: new (url: string, protocols: string[]) => object;
  /** Appends that may wait for their answers at once: 4096. */
  maxPendingAppends?: number;
}

export interface SubscribeOptions extends Wanted {
  /** Frames that the host may send ahead of the reader: 64; 8 for models, 256 for events. */
  credit?: number;
  signal?: AbortSignal;
  onTrouble?: (error: Error, pauseMs: number) => void;
}

export interface AppendOptions {
  /** So many events of the entity from outside are expected, as the `ETag` of its events counts them. */
  ifMatch?: number | string;
  /** `*`: none are expected. */
  ifNoneMatch?: '*';
  /** Gives it up; it may have been written already. */
  signal?: AbortSignal;
}

/** One websocket for many. URLs are of its context: `/shop/cart/ENTITY/model`, or `cart/ENTITY/model`. */
export interface Socket {
  /** Why it ended, if it did. */
  readonly error: EverfoldError | undefined;
  subscribe(url: string, options?: SubscribeOptions): Subscription;
  followModel<M = unknown>(url: string, options?: SubscribeOptions & FromState<M>): ModelView<M>;
  followEvents<D = unknown>(url: string, options?: SubscribeOptions): EventsView<D>;
  /** Appends events, all or none; gives their positions once they are durable. */
  append(events: readonly NewEvent[], options?: AppendOptions): Promise<number[]>;
  close(): void;
}

/** Connects to a context of a host: at once, and again whenever the connection is lost. */
export function connect(base: string | URL, context: string, options?: ConnectOptions): Socket;
