/** How many segments are in flight, as far as bytes tell: each is full, but for one. */

/** In place of the end of *the* short segment in flight. */
const SEVERAL = -1;

export class ShortSegments {
  /** The end of the short segment in flight, if there is one. */
  #end = 0;

  /** Nothing is in flight. */
  forget(): void {
    this.#end = 0;
  }

  /** A short segment that ends at `end` goes out; everything before `start` is acknowledged. */
  add(end: number, start: number): void {
    this.#end = this.#end === SEVERAL || this.#end > start ? SEVERAL : end;
  }

  /** Segments that hold the bytes from `start` up to `next`; undefined where several of them are short. */
  count(start: number, next: number, smss: number): number | undefined {
    if (this.#end === SEVERAL) return undefined;
    const short = Math.max(start, this.#end);
    return Math.ceil((short - start) / smss) + Math.ceil((next - short) / smss);
  }
}
