/**
 * What an event's data must look like. Any object with such a `parse` is a shape, so a schema of a validation library
 * may be one.
 */
export interface Shape<T> {
  /**
   * Gives the value, or what it stands for.
   *
   * @throws {Error} that says what is wrong with it
   */
  parse(value: unknown): T;
}

/** What a shape gives: `type Item = t.Infer<typeof item>`. */
export type Infer<S extends Shape<unknown>> = ReturnType<S['parse']>;

type Shapes = Record<string, Shape<unknown>>;
type OptionalKey<S extends Shapes> = { [K in keyof S]: undefined extends Infer<S[K]> ? K : never }[keyof S];
type Members<S extends Shapes> = { [K in Exclude<keyof S, OptionalKey<S>>]: Infer<S[K]> } & {
  [K in OptionalKey<S>]?: Infer<S[K]>;
};

export const string: Shape<string>;
export const boolean: Shape<boolean>;
/** Any finite number. */
export const number: Shape<number>;
/** A whole number of at most ±2^53. */
export const integer: Shape<number>;
/** Any JSON. */
export const json: Shape<import('./index.js').Json>;
/** An object with these members, and others that are let through unseen. */
export function object<S extends Shapes>(shapes: S): Shape<{ [K in keyof Members<S>]: Members<S>[K] }>;
/** An object with any keys, whose values are all alike. */
export function record<T>(shape: Shape<T>): Shape<Record<string, T>>;
/** An array whose items are all alike. */
export function array<T>(shape: Shape<T>): Shape<T[]>;
/** One of these strings, numbers or booleans. */
export function oneOf<const T extends string | number | boolean>(...values: T[]): Shape<T>;
/** What may be missing. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined>;
/** What may be `null`. */
export function nullable<T>(shape: Shape<T>): Shape<T | null>;
