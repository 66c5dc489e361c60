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
import { todo } from "../../stack/wire/not_implemented.ts";

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
    return todo("createScoreboard.acknowledged", una, this.#from, this.#to);
  }

  // All blocks that the new one touches become one with it. What they did not cover is news.
  update(from: number, to: number): number {
    return todo("createScoreboard.update", from, to, DUP_THRESH, MAX_BLOCKS, this.#smss, this.#from, this.#to, this.#una);
  }

  isSacked(offset: number): boolean {
    return todo("createScoreboard.isSacked", offset, DUP_THRESH, this.#smss, this.#from, this.#to, this.#una);
  }

  // DupThresh blocks above it, or more than DupThresh − 1 segments' worth of bytes.
  isLost(offset: number): boolean {
    return todo("createScoreboard.isLost", offset, DUP_THRESH, this.#smss, this.#from, this.#to, this.#una, this.#lostBelow);
  }

  // Hole by hole, from the top: what lies above a hole grows on the way down.
  pipe(highRxt: number, highData: number): number {
    return todo("createScoreboard.pipe", highRxt, highData, DUP_THRESH, this.#smss, this.#from, this.#to, this.#una, this.#lostBelow);
  }

  // The lowest hole decides for rules 1 and 3: if it is not lost, none above it is.
  nextSegment(highRxt: number, highData: number, unsent: number, mayRescue: boolean): NextSegment | undefined {
    return todo(
      "createScoreboard.nextSegment",
      highRxt,
      highData,
      unsent,
      mayRescue,
      DUP_THRESH,
      this.#smss,
      this.#from,
      this.#to,
      this.#una,
      this.#lostBelow,
    );
  }

  timedOut(highData: number): void {
    return todo("createScoreboard.timedOut", highData, this.#from, this.#to);
  }
}
