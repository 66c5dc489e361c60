/**
 * The narrowest place of a path: bits pass one after the other, at one rate, and packets that come meanwhile wait in a queue. The queue has an end. What
 * comes when it is full is lost ("tail drop"): on the Internet that is what most losses are, and all that TCP ever learns of the rate.
 *
 *     packets ──▶  ┌─┬─┬─┬─┬─┐  ──▶ one that is passing ──▶
 *                  └─┴─┴─┴─┴─┘
 *                  waiting: these count
 *
 * Nothing here holds a packet. When each has passed is known when it comes, because nobody overtakes; so it is told then.
 */

/** How much may wait, besides what is passing: bytes, or packets. */
export type QueueLimit = { readonly bytes: number } | { readonly packets: number };

/** How long a queue may be for which no more memory is taken at once. */
const FEW = 16;

export class Bottleneck {
  /** Milliseconds that a byte takes. */
  readonly #perByte: number;
  readonly #mostBytes: number;
  readonly #mostPackets: number;
  /** When the last packet will have passed. */
  #free = -Infinity;
  /** Those that wait, in a ring, the first at `#head`: when each begins to pass, and its length. */
  #begins = new Float64Array(FEW);
  #lengths = new Float64Array(FEW);
  #head = 0;
  #packets = 0;
  #bytes = 0;

  /** `rate` in bits per second. Throws a RangeError for a rate that is not above 0, and for a limit below 0. */
  constructor(rate: number, limit: QueueLimit = { bytes: Infinity }) {
    if (!(rate > 0)) throw new RangeError(`Cannot make a bottleneck: its rate is ${rate}, not a number of bits per second above 0`);
    this.#mostBytes = "bytes" in limit ? limit.bytes : Infinity;
    this.#mostPackets = "packets" in limit ? limit.packets : Infinity;
    for (const [most, unit] of [[this.#mostBytes, "bytes"], [this.#mostPackets, "packets"]] as const) {
      if (!(most >= 0)) throw new RangeError(`Cannot make a bottleneck: its queue holds ${most} ${unit}, not 0 or more`);
    }
    this.#perByte = 8000 / rate;
  }

  /** A packet of that length comes at `now`, in milliseconds, which never goes back: when it will have passed, or undefined where the queue is full. */
  enter(length: number, now: number): number | undefined {
    this.#advance(now);
    const waits = this.#free > now;
    if (waits) {
      if (this.#packets + 1 > this.#mostPackets || this.#bytes + length > this.#mostBytes) return undefined;
      this.#remember(this.#free, length);
    }
    this.#free = (waits ? this.#free : now) + length * this.#perByte;
    return this.#free;
  }

  /** What waits at `now`. */
  waiting(now: number): { readonly bytes: number; readonly packets: number } {
    this.#advance(now);
    return { bytes: this.#bytes, packets: this.#packets };
  }

  /** Forgets those that have begun to pass by `now`. */
  #advance(now: number): void {
    const mask = this.#begins.length - 1;
    while (this.#packets > 0 && (this.#begins[this.#head] as number) <= now) {
      this.#bytes -= this.#lengths[this.#head] as number;
      this.#head = this.#head + 1 & mask;
      this.#packets--;
    }
  }

  #remember(begins: number, length: number): void {
    if (this.#packets === this.#begins.length) this.#grow();
    const at = this.#head + this.#packets & this.#begins.length - 1;
    this.#begins[at] = begins;
    this.#lengths[at] = length;
    this.#packets++;
    this.#bytes += length;
  }

  #grow(): void {
    const size = this.#begins.length;
    const copy = (from: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
      const twice = new Float64Array(2 * size);
      for (let i = 0; i < size; i++) twice[i] = from[this.#head + i & size - 1] as number;
      return twice;
    };
    [this.#begins, this.#lengths] = [copy(this.#begins), copy(this.#lengths)];
    this.#head = 0;
  }
}
