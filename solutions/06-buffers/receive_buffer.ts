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
  const ring = new Ring(capacity);
  /** Offsets: the first byte that was not read, and the first that is missing. `segments` counts what came beyond a gap. */
  const stream = { start: 0, next: 0, segments: 0 };
  /** In the order of their offsets. There is something missing before and behind each. */
  const blocks: Block[] = [];

  return {
    next: (): number => stream.next,
    readable: (): number => stream.next - stream.start,

    // What is not read yet takes room, and so does what lies beyond the gap: it is promised already.
    edge(): number {
      // region createReceiveBuffer.edge
      return stream.start + capacity;
      // endregion
    },

    // Cut off what is known and what is too far. Find the blocks that the rest touches: together with it they become one.
    // Copy only what falls between them. What begins at `next` closes the gap, as far as the new block reaches.
    insert(offset: number, frame: Frame, at: number, count: number): number {
      // region createReceiveBuffer.insert
      const { start, next } = stream;
      const from = Math.max(offset, next);
      const to = Math.min(offset + count, start + capacity);
      if (from >= to) return 0;
      const first = firstTouching(blocks, from);
      // No block touches it: with a gap in front it would be one block more.
      const alone = first === blocks.length || (blocks[first] as Block).from > to;
      if (alone && from > next && blocks.length === MAX_BLOCKS) return 0;

      ring.reserve(start, to);
      let last = first;
      let missing = from;
      for (; last < blocks.length; last++) {
        const block = blocks[last] as Block;
        if (block.from > to) break;
        if (missing < block.from) ring.putFrame(missing, frame, at + missing - offset, block.from - missing);
        missing = block.to;
      }
      if (missing < to) ring.putFrame(missing, frame, at + missing - offset, to - missing);

      const end = Math.max(missing, to);
      if (from === next) {
        if (last > 0) blocks.splice(0, last);
        stream.next = end;
        return end - next;
      }
      const begin = alone ? from : Math.min(from, (blocks[first] as Block).from);
      blocks.splice(first, last - first, { from: begin, to: end, touched: ++stream.segments });
      return 0;
      // endregion
    },

    // When the last byte is read and nothing lies beyond a gap, the memory goes back.
    read(target: Uint8Array, at: number, count: number): number {
      // region createReceiveBuffer.read
      const taken = Math.min(count, stream.next - stream.start);
      if (taken <= 0) return 0;
      ring.get(stream.start, target, at, taken);
      stream.start += taken;
      if (stream.start === stream.next && blocks.length === 0) ring.release();
      return taken;
      // endregion
    },

    // RFC 9293 §3.8.6.2.2, with its fraction of one half.
    announce(announced: number, mss: number): number {
      // region createReceiveBuffer.announce
      const edge = stream.start + capacity;
      return edge - announced >= Math.min(capacity / 2, mss) ? edge : announced;
      // endregion
    },

    // RFC 2018 §4: first the block with the segment that has just come, then those that were reported before, latest first.
    beyond(count: number): readonly number[] {
      // region createReceiveBuffer.beyond
      if (blocks.length === 0) return NOTHING;
      const latestFirst = [...blocks].sort((a, b) => b.touched - a.touched);
      return latestFirst.slice(0, count).flatMap(({ from, to }) => [from, to]);
      // endregion
    },
  };
}

// region finding-blocks

/** Index of the first block that ends at `offset` or behind it; the number of blocks when all end before. */
function firstTouching(blocks: readonly Block[], offset: number): number {
  let index = 0;
  while (index < blocks.length && (blocks[index] as Block).to < offset) index++;
  return index;
}
// endregion
