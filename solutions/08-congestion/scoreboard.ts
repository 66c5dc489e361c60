/**
 * The scoreboard: what the peer has said that it holds beyond a gap, and what follows from that (RFC 6675).
 *
 *        una                 highRxt                                 highData
 *         │   hole  ▒▒▒▒▒  hole │     ▒▒▒▒▒▒▒▒▒▒▒   hole  ▒▒▒▒▒    hole  │
 *     ────┴─────────┴────┴──────┴─────┴─────────┴─────────┴────┴─────────┴──▶ offset
 *         │ again   │ SACKed                     enough above it:         nothing above it:
 *         │ sent                                 lost                     not lost
 *
 * From these blocks three questions are answered. *Is it lost?* When enough of what was sent after it has arrived. *How much is on its way?* What is neither held nor
 * lost, and what was sent again. *What next?* The lowest hole that is lost; else something new; else, before nothing at all goes, a hole that may be lost.
 *
 * RFC 6675 counts byte by byte. All bytes of a hole have the same above them, so it is enough to walk over the blocks. See `stack/contract/congestion.ts`.
 */
import type { NextSegment, Scoreboard } from "../../stack/contract/congestion.ts";

/** Blocks above a byte, or segments' worth of bytes and one more, that make it a loss (RFC 6675 §2). */
const DUP_THRESH = 3;
/** So many blocks are kept. A peer that tells of every other byte would make one with each segment, and us walk past one more. */
const MAX_BLOCKS = 256;

/** An empty scoreboard, for segments of `smss` bytes. */
export function createScoreboard(smss: number): Scoreboard {
  return new BlockScoreboard(smss);
}

/** A class, because a host holds one for each connection: objects of a class share their methods, and so weigh little. */
class BlockScoreboard implements Scoreboard {
  readonly #smss: number;
  /** The blocks in the order of their offsets: where each begins, and where it ends. There is a hole before each. */
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  #una = 0;
  /** Everything before this is lost, because the timer fired. */
  #lostBelow = 0;

  constructor(smss: number) {
    this.#smss = smss;
  }

  // Blocks that are acknowledged whole go; one that is acknowledged in part begins later.
  acknowledged(una: number): void {
    // region createScoreboard.acknowledged
    this.#una = una;
    while (this.#from.length > 0 && (this.#to[0] as number) <= una) {
      this.#from.shift();
      this.#to.shift();
    }
    if (this.#from.length > 0) this.#from[0] = Math.max(this.#from[0] as number, una);
    // endregion
  }

  // All blocks that the new one touches become one with it. What they did not cover is news.
  update(from: number, to: number): number {
    // region createScoreboard.update
    let start = Math.max(from, this.#una);
    let end = to;
    if (start >= end) return 0;
    const first = this.#firstEndingAt(start);
    let last = first;
    let known = 0;
    for (; last < this.#from.length && (this.#from[last] as number) <= to; last++) {
      known += this.#overlap(last, Math.max(from, this.#una), to);
      start = Math.min(start, this.#from[last] as number);
      end = Math.max(end, this.#to[last] as number);
    }
    if (first === last && this.#from.length === MAX_BLOCKS) return 0;
    this.#from.splice(first, last - first, start);
    this.#to.splice(first, last - first, end);
    return to - Math.max(from, this.#una) - known;
    // endregion
  }

  isSacked(offset: number): boolean {
    // region createScoreboard.isSacked
    const index = this.#firstEndingAt(offset + 1);
    return index < this.#from.length && (this.#from[index] as number) <= offset;
    // endregion
  }

  // DupThresh blocks above it, or more than DupThresh − 1 segments' worth of bytes.
  isLost(offset: number): boolean {
    // region createScoreboard.isLost
    if (offset < this.#lostBelow) return true;
    let [blocks, bytes] = [0, 0];
    for (let i = this.#from.length - 1; i >= 0 && (this.#to[i] as number) > offset + 1; i--) {
      blocks++;
      bytes += (this.#to[i] as number) - Math.max(this.#from[i] as number, offset + 1);
      if (this.#isEnough(blocks, bytes)) return true;
    }
    return false;
    // endregion
  }

  // Hole by hole, from the top: what lies above a hole grows on the way down.
  pipe(highRxt: number, highData: number): number {
    // region createScoreboard.pipe
    let [pipe, blocks, bytes] = [0, 0, 0];
    let end = highData;
    for (let i = this.#from.length - 1; i >= -1; i--) {
      const start = i < 0 ? this.#una : this.#to[i] as number;
      const lostUpTo = this.#isEnough(blocks, bytes) ? end : this.#lostBelow;
      pipe += Math.max(0, end - Math.max(start, lostUpTo)); // (a): not lost
      pipe += Math.max(0, Math.min(end, highRxt) - start); // (b): sent again
      if (i < 0) break;
      blocks++;
      end = this.#from[i] as number;
      bytes += start - end;
    }
    return pipe;
    // endregion
  }

  // The lowest hole decides for rules 1 and 3: if it is not lost, none above it is.
  nextSegment(highRxt: number, highData: number, unsent: number, mayRescue: boolean): NextSegment | undefined {
    // region createScoreboard.nextSegment
    let from = Math.max(highRxt, this.#una);
    const index = this.#firstEndingAt(from + 1);
    if (index < this.#from.length && (this.#from[index] as number) <= from) from = this.#to[index] as number;
    const above = this.#firstEndingAt(from + 1);
    const isBelowSacked = above < this.#from.length;
    const end = isBelowSacked ? this.#from[above] as number : Math.min(highData, this.#lostBelow);
    const hole = Math.min(end - from, this.#smss);
    if (hole > 0 && this.isLost(from)) return { from, length: hole, rule: 1 };
    if (unsent > 0) return { from: highData, length: Math.min(unsent, this.#smss), rule: 2 };
    if (hole > 0 && isBelowSacked) return { from, length: hole, rule: 3 };
    return mayRescue ? this.#rescue(highRxt, highData) : undefined;
    // endregion
  }

  timedOut(highData: number): void {
    // region createScoreboard.timedOut
    this.#from.length = this.#to.length = 0;
    this.#lostBelow = highData;
    // endregion
  }

  // region searching
  /** The first block that ends at `offset` or behind it; as many as there are blocks, if none does. */
  #firstEndingAt(offset: number): number {
    let [low, high] = [0, this.#to.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#to[middle] as number) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** How many bytes block `index` has in common with those from `from` up to `to`. */
  #overlap(index: number, from: number, to: number): number {
    return Math.max(0, Math.min(this.#to[index] as number, to) - Math.max(this.#from[index] as number, from));
  }

  #isEnough(blocks: number, bytes: number): boolean {
    return blocks >= DUP_THRESH || bytes > (DUP_THRESH - 1) * this.#smss;
  }

  /** Rule 4: the end of the highest hole, unless it was sent again already. */
  #rescue(highRxt: number, highData: number): NextSegment | undefined {
    const last = this.#from.length - 1;
    const isTopSacked = last >= 0 && this.#to[last] === highData;
    const end = isTopSacked ? this.#from[last] as number : highData;
    const below = isTopSacked ? last - 1 : last;
    const start = below < 0 ? this.#una : this.#to[below] as number;
    const from = Math.max(start, end - this.#smss);
    return from < end && end > highRxt ? { from, length: end - from, rule: 4 } : undefined;
  }
  // endregion
}
