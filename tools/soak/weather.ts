/** How good the wire is, as it changes: impairments that are looked up for each frame. */
import type { Impairments } from "../../stack/link/impair.ts";

const NAMES = ["drop", "duplicate", "reorder", "corrupt", "delay", "jitter", "rate"] as const;

/** What may change: a probability each, or milliseconds; `rate` in bits per second. */
export type Weather = Partial<Pick<Impairments, typeof NAMES[number]>>;

const CALM: Required<Weather> = { drop: 0, duplicate: 0, reorder: 0, corrupt: 0, delay: 0, jitter: 0, rate: Infinity };

/** Impairments that are always those that `current` gives. */
export function changing(current: () => Weather): Impairments {
  const now = NAMES.map((name) => [name, { get: () => current()[name] ?? CALM[name], enumerable: true }] as const);
  return Object.defineProperties({}, Object.fromEntries(now));
}
