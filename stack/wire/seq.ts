/**
 * TCP sequence numbers (RFC 9293 §3.4): 32 bits that wrap. 5 comes *after* 0xfffffff0, so `<` on
 * them is always a bug; our lint rule refuses it. Compare with the functions here, which look at
 * the sign of the difference modulo 2³² and are right while both lie within 2³¹ of each other.
 */

/** A sequence number, 0 to 2³² − 1, modulo 2³². */
export type Seq = number & { readonly __brand: "Seq" };

/** Any number, brought into 0 to 2³² − 1. */
export function seq(value: number): Seq {
  return value >>> 0 as Seq;
}

/** `a + count` modulo 2³². */
export function seqAdd(a: Seq, count: number): Seq {
  return a + count >>> 0 as Seq;
}

/** How far `a` lies after `b`: negative when it lies before. −2³¹ to 2³¹ − 1. */
export function seqDiff(a: Seq, b: Seq): number {
  return a - b | 0;
}

/** `a` comes before `b`. */
export function seqBefore(a: Seq, b: Seq): boolean {
  return (a - b | 0) < 0;
}

/** `a` comes before `b` or is the same. */
export function seqUpTo(a: Seq, b: Seq): boolean {
  return (a - b | 0) <= 0;
}

/** `a` lies in the window of `size` numbers that begins at `first`. */
export function seqInWindow(a: Seq, first: Seq, size: number): boolean {
  return (a - first >>> 0) < size;
}
