// What the proofs in .proof/ are made with.
import type { ErrorCode } from "../src/generated/constants.js";

/** Takes what is a `T`: more fields may be there, as on the wire. */
export const accept =
  <T>() =>
  <V extends T>(value: V): V =>
    value;

/** Compiles where nothing is left. */
export function assertNever(value: never): never {
  throw new Error(`not expected: ${JSON.stringify(value)}`);
}

/** A type as JSON has it: a member of an enum is its text. */
export type Wire<T> = unknown extends T
  ? T
  : T extends ErrorCode
    ? `${T}`
    : T extends string | number | boolean | null | undefined
      ? T
      : T extends readonly (infer E)[]
        ? Wire<E>[]
        : { [K in keyof T]: Wire<T[K]> };

type Any<T> = 0 extends 1 & T ? true : false;
type Mutual<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
/** Sees what assignability does not: a field that may be absent and is missing on one side. */
type Identical<A, B> =
  (<G>() => G extends A ? 1 : 2) extends <G>() => G extends B ? 1 : 2 ? true : false;

/** Whether two types are assignable to each other, field by field the same, and neither is `any`. */
export type Same<A, B> = [Any<A>, Any<B>, Mutual<A, B>, Identical<Flat<A>, Flat<B>>] extends [false, false, true, true]
  ? true
  : false;

/** A type by its fields, whatever it is called. */
type Flat<T> = T extends string ? `${T}` : T extends (infer E)[] ? Flat<E>[] : T extends object ? { [K in keyof T]: T[K] } : T;

/**
 * The same of types that hold a member of an enum: assignable to each other as they are, and field by field the same as
 * JSON has them. (The compiler does not take an enum and the union of its members for identical.)
 */
export type SameAsJson<A, B> = [Any<A>, Any<B>, Mutual<A, B>, Same<Wire<A>, Wire<B>>] extends [false, false, true, true]
  ? true
  : false;

/** An error of the compiler unless `T` is true. */
export type Proven<T extends true> = T;
