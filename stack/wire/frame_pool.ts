/**
 * A bounded stock of frames. `acquire` lends one, `release` takes it back; whoever holds a frame
 * releases it exactly once. An empty stock answers `undefined`, and the packet is dropped and
 * counted: a flood costs packets, never memory.
 */
import { Frame, type Memory } from "./frame.ts";

export class FramePool {
  /** Bytes in each frame's buffer. */
  readonly capacity: number;
  /** The most frames that are ever lent at once. */
  readonly limit: number;
  readonly #headroom: number;
  readonly #memory: Memory | undefined;
  readonly #free: Frame[] = [];
  #made = 0;

  /** Frames are made when first needed, at most `limit` of them, and kept for ever. */
  constructor(options: { capacity?: number; headroom?: number; limit?: number; memory?: Memory | undefined } = {}) {
    this.capacity = options.capacity ?? 2048;
    this.#headroom = options.headroom ?? 128;
    this.limit = options.limit ?? 1024;
    this.#memory = options.memory;
  }

  /** Frames lent at the moment. */
  get lent(): number {
    return this.#made - this.#free.length;
  }

  /** Lends an empty frame, or nothing when all are lent. */
  acquire(): Frame | undefined {
    const frame = this.#free.pop();
    if (frame !== undefined) {
      frame.reset();
      return frame;
    }
    if (this.#made >= this.limit) return undefined;
    this.#made++;
    return new Frame(this.capacity, this.#headroom, this.#memory);
  }

  /** Takes a frame back. The caller must not touch it afterwards. */
  release(frame: Frame): void {
    if (this.#free.length >= this.#made) throw new Error("Cannot release a frame: more were given back than were lent");
    this.#free.push(frame);
  }
}
