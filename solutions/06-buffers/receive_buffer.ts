/**
 * The receive buffer: what came from the peer and the application has not read, put in order.
 *
 *                start             next                                    edge
 *      offset      │ in order,       │ missing   block    missing            │
 *      ────────────┼─────────────────┼─────────┬───────┬─────────────────────┼──▶
 *      read already│ readable        │         │ 1 2 3 │                     │ start + capacity
 *
 * IP delivers packets late, twice, and out of order; the application sees none of it. Bytes that lie right behind what is there
 * can be read at once. Others are put in their place all the same, and the *blocks* that they form are remembered, until the
 * bytes between come (RFC 9293 §3.10.7.4, SHLD-31). Where segments overlap, the bytes that came first stay: nobody can change what was said.
 *
 * What the peer may still send ends at the *edge*: this is how a slow reader slows down a fast sender. The edge moves when the
 * application reads. It is announced in strides, or every byte read would invite one byte (RFC 9293 §3.8.6.2.2).
 *
 * See `stack/contract/buffers.ts` for the whole contract. The bytes themselves lie in a `Ring` (`stack/wire/ring.ts`), which takes offsets.
 */
import type { ReceiveBuffer } from "../../stack/contract/buffers.ts";
import type { Frame } from "../../stack/wire/frame.ts";
import { Ring } from "../../stack/wire/ring.ts";

/** So many blocks are kept. A peer that sends every other byte would make one block, and us walk past one more, with each. */
const MAX_BLOCKS = 64;

/** Bytes beyond the gap that lie together: from `from` up to, but not including, `to`. */
interface Block {
  readonly from: number;
  readonly to: number;
  /** Grows with each segment: the block with the largest is the one that the last segment fell in. */
  readonly touched: number;
}

/** No gap: the answer that `beyond` nearly always gives. */
const NOTHING: readonly number[] = [];

/** Makes an empty receive buffer that holds `capacity` bytes at most. */
export function createReceiveBuffer(capacity: number): ReceiveBuffer {
  return new RingReceiveBuffer(capacity);
}

/** A class, because a host holds one for each connection: objects of a class share their methods, and so weigh little. */
class RingReceiveBuffer implements ReceiveBuffer {
  readonly #capacity: number;
  readonly #ring: Ring;
  /** Offsets: the first byte that was not read, and the first that is missing. */
  #start = 0;
  #next = 0;
  /** In the order of their offsets. There is something missing before and behind each. */
  readonly #blocks: Block[] = [];
  /** Segments that came beyond a gap. */
  #segments = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#ring = new Ring(capacity);
  }

  next(): number {
    return this.#next;
  }

  readable(): number {
    return this.#next - this.#start;
  }

  // What is not read yet takes room, and so does what lies beyond the gap: it is promised already.
  edge(): number {
    // region createReceiveBuffer.edge
    return this.#start + this.#capacity;
    // endregion
  }

  // Cut off what is known and what is too far. Find the blocks that the rest touches: together with it they become one.
  // Copy only what falls between them. What begins at `next` closes the gap, as far as the new block reaches.
  insert(offset: number, frame: Frame, at: number, count: number): number {
    // region createReceiveBuffer.insert
    const next = this.#next;
    const blocks = this.#blocks;
    const from = Math.max(offset, next);
    const to = Math.min(offset + count, this.edge());
    if (from >= to) return 0;
    const first = firstTouching(blocks, from);
    // No block touches it: with a gap in front it would be one block more.
    const alone = first === blocks.length || (blocks[first] as Block).from > to;
    if (alone && from > next && blocks.length === MAX_BLOCKS) return 0;

    this.#ring.reserve(this.#start, to);
    let last = first;
    let missing = from;
    for (; last < blocks.length; last++) {
      const block = blocks[last] as Block;
      if (block.from > to) break;
      if (missing < block.from) this.#ring.putFrame(missing, frame, at + missing - offset, block.from - missing);
      missing = block.to;
    }
    if (missing < to) this.#ring.putFrame(missing, frame, at + missing - offset, to - missing);

    const end = Math.max(missing, to);
    if (from === next) {
      if (last > 0) blocks.splice(0, last);
      this.#next = end;
      return end - next;
    }
    const begin = alone ? from : Math.min(from, (blocks[first] as Block).from);
    blocks.splice(first, last - first, { from: begin, to: end, touched: ++this.#segments });
    return 0;
    // endregion
  }

  // When the last byte is read and nothing lies beyond a gap, the memory goes back.
  read(target: Uint8Array, at: number, count: number): number {
    // region createReceiveBuffer.read
    const taken = Math.min(count, this.readable());
    if (taken <= 0) return 0;
    this.#ring.get(this.#start, target, at, taken);
    this.#start += taken;
    if (this.#start === this.#next && this.#blocks.length === 0) this.#ring.release();
    return taken;
    // endregion
  }

  // RFC 9293 §3.8.6.2.2, with its fraction of one half.
  announce(announced: number, mss: number): number {
    // region createReceiveBuffer.announce
    const edge = this.edge();
    return edge - announced >= Math.min(this.#capacity / 2, mss) ? edge : announced;
    // endregion
  }

  // RFC 2018 §4: first the block with the segment that has just come, then those that were reported before, latest first.
  beyond(count: number): readonly number[] {
    // region createReceiveBuffer.beyond
    if (this.#blocks.length === 0) return NOTHING;
    const latestFirst = [...this.#blocks].sort((a, b) => b.touched - a.touched);
    return latestFirst.slice(0, count).flatMap(({ from, to }) => [from, to]);
    // endregion
  }
}

// region finding-blocks

/** Index of the first block that ends at `offset` or behind it; the number of blocks when all end before. */
function firstTouching(blocks: readonly Block[], offset: number): number {
  let index = 0;
  while (index < blocks.length && (blocks[index] as Block).to < offset) index++;
  return index;
}
// endregion
