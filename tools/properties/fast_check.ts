/**
 * The part of fast-check that the properties use, by its types. The package is named where it is loaded and not where it is imported: the tree's own
 * graph and lock don't have it, so it is fetched where these tests run and nowhere else.
 */
const PACKAGE = "npm:fast-check@4.10.2";

export interface Arbitrary<T> {
  map<U>(change: (value: T) => U): Arbitrary<U>;
}

/** What came of a property. */
export interface RunDetails {
  readonly failed: boolean;
  readonly numRuns: number;
  readonly counterexamplePath: string | null;
  readonly errorInstance?: unknown;
}

export interface Property {
  readonly runOnFailureOnly?: never;
}

type Values<A extends readonly unknown[]> = { readonly [I in keyof A]: A[I] extends Arbitrary<infer T> ? T : never };
type Weighted<T> = Arbitrary<T> | { readonly weight: number; readonly arbitrary: Arbitrary<T> };
type MadeBy<W> = W extends Arbitrary<infer T> ? T : W extends { readonly arbitrary: Arbitrary<infer T> } ? T : never;

interface FastCheck {
  integer(bounds: { min: number; max: number }): Arbitrary<number>;
  boolean(): Arbitrary<boolean>;
  constant<const T>(value: T): Arbitrary<T>;
  constantFrom<const T>(...values: readonly T[]): Arbitrary<T>;
  oneof<W extends readonly Weighted<unknown>[]>(...choices: W): Arbitrary<MadeBy<W[number]>>;
  record<T>(members: { readonly [K in keyof T]: Arbitrary<T[K]> }): Arbitrary<T>;
  array<T>(item: Arbitrary<T>, bounds: { minLength?: number; maxLength: number }): Arbitrary<T[]>;
  uint8Array(bounds: { maxLength: number }): Arbitrary<Uint8Array<ArrayBuffer>>;
  property<A extends readonly Arbitrary<unknown>[]>(...arguments_: [...A, (...values: Values<A>) => void]): Property;
  check(property: Property, options: Readonly<Record<string, unknown>>): RunDetails;
  defaultReportMessage(details: RunDetails): string;
}

export const fc: FastCheck = (await import(PACKAGE)).default;
