/**
 * What an event's data must look like: gives the value, or throws an error that says what is wrong with it. Any
 * function that does so is a shape, such as the `parse` of a validation library's schema.
 */
export type Shape<T> = (value: unknown) => T;

/** What a shape gives: `type Item = t.Infer<typeof item>`. */
export type Infer<S extends Shape<unknown>> = ReturnType<S>;

type OptionalKeys<S> = { [K in keyof S]: S[K] extends Shape<infer T> ? (undefined extends T ? K : never) : never }[keyof S];
type Members<S extends Record<string, Shape<unknown>>> = { [K in Exclude<keyof S, OptionalKeys<S>>]: ReturnType<S[K]> } & {
  [K in OptionalKeys<S>]?: ReturnType<S[K]>;
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
export function object<const S extends Record<string, Shape<unknown>>>(shapes: S): Shape<{ [K in keyof Members<S>]: Members<S>[K] }>;
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
