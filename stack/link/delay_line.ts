/**
 * Copies of packets on their way, in the order in which they come out. Hundreds are in flight on a fast and long path, so nothing here depends on how
 * many there are: they lie in a ring, one that is due after all others goes to its end, and one that is due earlier steps past those behind it.
 *
 * Copies are made once and used again and again. `limit` of them there are at most; then `hold` answers undefined.
 */
import { Frame } from "../wire/frame.ts";

/** A packet on its way. */
export interface Held {
  readonly frame: Frame;
  /** When it comes out. */
  due: number;
  /** How many packets are yet to overtake it. */
  behind: number;
}

export class DelayLine {
  readonly #capacity: number;
  readonly #limit: number;
  readonly #free: Held[] = [];
  #made = 0;
  /** The ring: a power of two of places, the first that comes out at `#head`. */
  #places: (Held | undefined)[] = new Array<undefined>(16).fill(undefined);
  #head = 0;
  #count = 0;

  /** For packets that fit into frames of `capacity` bytes. */
  constructor(capacity: number, limit: number) {
    this.#capacity = capacity;
    this.#limit = limit;
  }

  /** A copy of a packet, not on its way yet; undefined when there is no room for it. Whoever has it enters or releases it. */
  hold(frame: Frame): Held | undefined {
    const held = this.#free.pop() ?? this.#make();
    if (held === undefined) return undefined;
    if (frame.length > this.#capacity - held.frame.headroom) {
      this.#free.push(held);
      return undefined;
    }
    held.frame.copyFrom(frame);
    return held;
  }

  release(held: Held): void {
    this.#free.push(held);
  }

  /** Sets a packet on its way, behind all that are due no later. */
  enter(held: Held): void {
    if (this.#count === this.#places.length) this.#grow();
    const mask = this.#places.length - 1;
    let at = this.#count++;
    for (; at > 0; at--) {
      const before = this.#places[this.#head + at - 1 & mask] as Held;
      if (before.due <= held.due) break;
      this.#places[this.#head + at & mask] = before;
    }
    this.#places[this.#head + at & mask] = held;
  }

  /** The next packet, if it is due at `now`. Whoever takes it releases it. */
  take(now: number): Held | undefined {
    if (this.#count === 0 || this.nextDue() > now) return undefined;
    const held = this.#places[this.#head];
    this.#head = this.#head + 1 & this.#places.length - 1;
    this.#count--;
    return held;
  }

  /** When the next packet is due; Infinity: there is none. */
  nextDue(): number {
    return this.#count === 0 ? Infinity : (this.#places[this.#head] as Held).due;
  }

  #make(): Held | undefined {
    if (this.#made >= this.#limit) return undefined;
    this.#made++;
    return { frame: new Frame(this.#capacity), due: 0, behind: 0 };
  }

  #grow(): void {
    const size = this.#places.length;
    const places = new Array<Held | undefined>(2 * size).fill(undefined);
    for (let i = 0; i < size; i++) places[i] = this.#places[this.#head + i & size - 1];
    this.#places = places;
    this.#head = 0;
  }
}
