/**
 * How many segments are in flight, as far as bytes tell: each is full, but for one. Where that one ends is a number that the sender keeps: 0 for none.
 */

/** In place of the end of *the* short segment in flight. */
const SEVERAL = -1;

/** A short segment that ends at `end` goes out; everything before `start` is acknowledged, and `before` is what was known of short segments. */
export function endOfShort(before: number, end: number, start: number): number {
  return before === SEVERAL || before > start ? SEVERAL : end;
}

/** Segments that hold the bytes from `start` up to `next`; undefined where several of them are short. */
export function countSegments(start: number, next: number, smss: number, shortEnd: number): number | undefined {
  if (shortEnd === SEVERAL) return undefined;
  const short = Math.max(start, shortEnd);
  return Math.ceil((short - start) / smss) + Math.ceil((next - short) / smss);
}
