/**
 * Lab 03's checksum, four times as fast: sixteen bytes at a time, by the processor's vector instructions. JavaScript has none of them, but WebAssembly
 * does, in a module so small that it is written out here. It sees one block of memory and nothing else, so the frames that are to be summed have to
 * lie there: `memory` gives them out. Whatever lies elsewhere is summed by the lab's own function, which is the specification.
 *
 * The sum is taken in the machine's byte order, and turned around at the end (RFC 1071 §2 (B)).
 */
import type { Checksum } from "../../stack/contract/tcb.ts";
import type { Memory } from "../../stack/wire/frame.ts";

/** Bytes that frames can have, as pages of 64 KB: two thousand usual ones and sixty large ones. What is asked for beyond that lies elsewhere. */
const PAGES = 128;
/** Frames begin at multiples of this. */
const ALIGNMENT = 16;

/** A checksum, and where frames must have their bytes from for it to be fast. */
export interface VectorChecksum {
  readonly checksum: Checksum;
  readonly memory: Memory;
}

/** Makes one, with a block of memory of its own. `other` sums what does not lie there. */
export function createVectorChecksum(other: Checksum): VectorChecksum {
  const block = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  const module = new WebAssembly.Module(Uint8Array.from(MODULE));
  const sum = new WebAssembly.Instance(module, { block: { memory: block } }).exports.sum as (from: number, end: number) => number;
  const buffer = block.buffer as ArrayBuffer;
  let used = 0;
  return {
    checksum: (view, start, end, initial = 0) => {
      if (view.buffer !== buffer) return other(view, start, end, initial);
      const at = view.byteOffset;
      const words = fold(sum(at + start, at + end));
      return ~fold(initial + ((words & 0xff) << 8 | words >>> 8)) & 0xffff;
    },
    memory: (bytes) => {
      if (used + bytes > buffer.byteLength) return new Uint8Array(bytes);
      const given = new Uint8Array(buffer, used, bytes);
      used += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
      return given;
    },
  };
}

/** Adds the carries back in: a number of 32 bits, signed or not, becomes one of 16. */
function fold(sum: number): number {
  const once = (sum >>> 16) + (sum & 0xffff);
  return (once >>> 16) + (once & 0xffff);
}

// The module, byte by byte. Its variables: 0 at, 1 end, 2 sum (of what is less than 16 bytes), 3 sums (four of them, in a vector).
const AT = [0x20, 0];
const END = [0x20, 1];
const SUM = [0x20, 2];
const SUMS = [0x20, 3];
const ADD = 0x6a;

/** sums += the pairs of 16-bit words at `at` + `offset`: v128.load, i32x4.extadd_pairwise_i16x8_u, i32x4.add. */
function addVector(offset: number): number[] {
  return [...SUMS, ...AT, 0xfd, 0x00, 0, offset, 0xfd, 0x7f, 0xfd, 0xae, 0x01, 0x21, 3];
}

/** As long as `at` + `size` is not beyond the end: `body`, and `at` += `size`. The size is below 64, because a byte with bit 6 would be negative. */
function loop(size: number, body: number[]): number[] {
  const enough = [...AT, 0x41, size, ADD, ...END, 0x4b, 0x0d, 1]; // i32.gt_u, br_if out of both
  return [0x02, 0x40, 0x03, 0x40, ...enough, ...body, ...AT, 0x41, size, ADD, 0x21, 0, 0x0c, 0, 0x0b, 0x0b];
}

const BODY = [
  ...[2, 1, 0x7f, 1, 0x7b], // a variable that is an i32, and one that is a vector
  ...loop(48, [...addVector(0), ...addVector(16), ...addVector(32)]),
  ...loop(16, addVector(0)),
  ...loop(2, [...SUM, ...AT, 0x2f, 0, 0, ADD, 0x21, 2]), // i32.load16_u
  ...[...AT, ...END, 0x49, 0x04, 0x40, ...SUM, ...AT, 0x2d, 0, 0, ADD, 0x21, 2, 0x0b], // if at < end: i32.load8_u
  ...SUM,
  ...[0, 1, 2, 3].flatMap((lane) => [...SUMS, 0xfd, 0x1b, lane, ADD]), // i32x4.extract_lane
  0x0b,
];

/** A number in as many bytes of 7 bits as it needs. */
function leb(value: number): number[] {
  return value < 128 ? [value] : [value & 0x7f | 0x80, ...leb(value >>> 7)];
}

function section(id: number, content: number[]): number[] {
  return [id, ...leb(content.length), ...content];
}

function name(text: string): number[] {
  return [text.length, ...new TextEncoder().encode(text)];
}

const MODULE = [
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, [1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f]), // a function of two i32 that gives an i32
  ...section(2, [1, ...name("block"), ...name("memory"), 2, 1, ...leb(PAGES), ...leb(PAGES)]),
  ...section(3, [1, 0]),
  ...section(7, [1, ...name("sum"), 0, 0]),
  ...section(10, [1, ...leb(BODY.length), ...BODY]),
];
