/**
 * A ring: memory for the part of a byte stream that somebody has to hold for a while.
 *
 * Bytes are named by their *offset* from the stream's first byte, which never wraps. Memory is a ring of 2ᵏ bytes: the byte with
 * offset n lies at position (n − zero) mod 2ᵏ, so nothing ever moves when the stream goes on. Zero is where the ring began to be filled, so one that
 * is emptied again and again uses the same few bytes, which the processor has at hand.
 *
 *     offsets   …  4090 | 4091 …………………………… 6500 | 6501 …          held: 4091 to 6500, in a ring of 4096, zero is 0
 *     positions  | 0 …… 2404 |  nothing  | 4091 … 4095 | dock |
 *
 * The ring does not know which offsets are held: its owner does, and calls `reserve` before it puts something in, and `release` when
 * nothing is held any more. An empty ring has no memory. One that is used begins as large as it was needed lately, doubles while
 * it has to, and goes back to a common stock when it is empty, from which the next one is served: a connection that
 * waits costs nothing, and one that works makes nothing new.
 *
 * **How it copies.** JavaScript moves a block of bytes fast in two ways: `set` from a *whole* array into another, and `copyWithin` inside
 * one. Copying a part of an array into another takes a view of that part, and no view may be made per packet; for many packets at once it may. So behind the ring,
 * in the same memory, lies a *dock* of 2048 bytes, with views that are made once:
 *
 *     frame ── set, whole views only ──▶ dock ── copyWithin ──▶ ring          and back the same way
 *
 * Two moves of 1460 bytes take a quarter of the time of a loop over words of four. Short pieces are faster with the loop.
 */
import { copyBytes, Frame } from "./frame.ts";

/** Bytes of the smallest ring, and of the dock. */
const SMALLEST = 2048;
const DOCK = 2048;
/**
 * Lengths of the views of the dock. A piece leaves in blocks of the longest that is not longer than itself, the last of which ends where
 * the piece ends, and may repeat bytes of the one before. A full Ethernet segment, without and with timestamps, is one block.
 */
const BLOCKS = [2048, 1460, 1448, 1024, 512, 256, 128, 64] as const;
/** Below so many bytes a loop is faster: of single bytes, and of words. */
const FEW_BYTES = 64;
const FEW_WORDS = 256;
/** So much at once, in a large read or into a large frame, is worth a view of its own. */
const MUCH = 8192;
/** Bytes of unused memory that the stock keeps: as much as two thousand connections hold that have each sent a segment. */
const STOCK = 1 << 23;

/** The memory of one ring, dock included. */
interface Store {
  /** A frame without a packet, so that `copyBytes` sees frames only: with two kinds of objects it takes ten times as long. */
  readonly memory: Frame;
  /** The same bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes of the ring: a power of two. The dock begins there. */
  readonly size: number;
  readonly blocks: readonly Uint8Array[];
  /** The offset that lies at position 0. */
  zero: number;
}

/** Memory that no ring uses, by the logarithm of its size; and how many bytes that are. */
const stock: Store[][] = [];
let unused = 0;
/** Bytes of memory in all rings that are not empty. */
let inUse = 0;

/** Room for up to `capacity` bytes of a stream, 1 to 2³⁰. */
export class Ring {
  readonly #capacity: number;
  #store: Store | undefined;
  /** The most bytes between the first and the last that were held: since the ring was empty, and lately, which fades by a sixteenth each time. */
  #needed = 0;
  #neededLately = 0;

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1 || capacity > 2 ** 30) throw new RangeError(`Not a ring's capacity: ${capacity}`);
    this.#capacity = capacity;
  }

  /** Bytes of memory that all rings of the process use now; memory that waits in the stock is not counted. */
  static get inUse(): number {
    return inUse;
  }

  /** Bytes of memory that this ring uses now; 0 when it is empty. */
  get memory(): number {
    return this.#store?.bytes.length ?? 0;
  }

  /**
   * From now on the ring can hold the offsets from `from` up to, but not including, `to`: at most `capacity` bytes. What it held from `from` on
   * stays. Throws a RangeError when it is more than the capacity.
   */
  reserve(from: number, to: number): void {
    const need = to - from;
    if (need > this.#needed) {
      if (need > this.#capacity) throw new RangeError(`Cannot hold ${need} bytes: the ring's capacity is ${this.#capacity}`);
      this.#needed = need;
    }
    const old = this.#store;
    if (old === undefined) {
      this.#store = take(Math.max(need, this.#neededLately), from);
    } else if (need > old.size) {
      this.#store = take(need, old.zero);
      move(old, this.#store);
      giveBack(old);
    }
  }

  /** Nothing is held any more. */
  release(): void {
    if (this.#store === undefined) return;
    giveBack(this.#store);
    this.#store = undefined;
    this.#neededLately = Math.max(this.#needed, this.#neededLately - (this.#neededLately >> 4));
    this.#needed = 0;
  }

  /**
   * Copies `bytes[at … at + count)` to `offset`. What is all of `bytes`, or little, needs no view; a part of an application's large array does:
   * once for each call, not for each packet.
   */
  put(offset: number, bytes: Uint8Array, at: number, count: number): void {
    const store = held(this.#store);
    const position = offset - store.zero & store.size - 1;
    const first = Math.min(count, store.size - position);
    if (first < count && at === 0 && count === bytes.length && count <= DOCK) {
      store.bytes.set(bytes, store.size);
      return load(store, position, count);
    }
    putPart(store, position, bytes, at, first);
    if (first < count) putPart(store, 0, bytes, at + first, count - first);
  }

  /** Copies `count` bytes, which lie at `at` in `frame`, to `offset`. Never makes a view twice, unless the frame is a large one. */
  putFrame(offset: number, frame: Frame, at: number, count: number): void {
    const store = held(this.#store);
    const position = offset - store.zero & store.size - 1;
    // A view to the frame's end can be kept for ever, one of just these bytes cannot: what is too much stays in the dock.
    if (count >= FEW_WORDS && frame.bytes.length - at <= DOCK) {
      store.bytes.set(frame.tail(at), store.size);
      return load(store, position, count);
    }
    const first = Math.min(count, store.size - position);
    if (count >= FEW_WORDS) {
      store.bytes.set(frame.bytes.subarray(at, at + first), position);
      if (first < count) store.bytes.set(frame.bytes.subarray(at + first, at + count), 0);
      return;
    }
    copyBytes(frame, at, store.memory, position, first);
    if (first < count) copyBytes(frame, at + first, store.memory, 0, count - first);
  }

  /** Copies `count` bytes from `offset` to `target` at `at`, and touches nothing else of it. Makes a view only of what is more than a packet. */
  get(offset: number, target: Uint8Array, at: number, count: number): void {
    const store = held(this.#store);
    if (count > MUCH) return takeMuch(store, offset, target, at, count);
    if (count >= FEW_BYTES) return unload(store, offset, target, at, count);
    const mask = store.size - 1;
    const from = offset - store.zero;
    for (let i = 0; i < count; i++) target[at + i] = store.bytes[from + i & mask] as number;
  }

  /** Copies `count` bytes from `offset` to `at` in `frame`, and touches nothing else of it. Makes a view only of what is more than a packet. */
  getFrame(offset: number, frame: Frame, at: number, count: number): void {
    const store = held(this.#store);
    if (count > MUCH) return takeMuch(store, offset, frame.bytes, at, count);
    if (count >= FEW_WORDS) return unload(store, offset, frame.bytes, at, count);
    const position = offset - store.zero & store.size - 1;
    const first = Math.min(count, store.size - position);
    copyBytes(store.memory, position, frame, at, first);
    if (first < count) copyBytes(store.memory, 0, frame, at + first, count - first);
  }
}

/** The memory of a ring that is in use. */
function held(store: Store | undefined): Store {
  if (store === undefined) throw new RangeError("Cannot use an empty ring: reserve comes first, and release only when nothing is held");
  return store;
}

/** Into the ring, from a part of an array that is not a frame's. The part does not wrap. */
function putPart(store: Store, position: number, bytes: Uint8Array, at: number, count: number): void {
  if (at === 0 && count === bytes.length) store.bytes.set(bytes, position);
  else if (count >= FEW_BYTES) store.bytes.set(bytes.subarray(at, at + count), position);
  else for (let i = 0; i < count; i++) store.bytes[position + i] = bytes[at + i] as number;
}

/** Into the ring, from the dock. */
function load(store: Store, position: number, count: number): void {
  const { bytes, size } = store;
  const first = Math.min(count, size - position);
  bytes.copyWithin(position, size, size + first);
  if (first < count) bytes.copyWithin(0, size + first, size + count);
}

/** Out of the ring, block by block over the dock. At least as much as the shortest block. */
function unload(store: Store, offset: number, target: Uint8Array, at: number, count: number): void {
  const { bytes, size, blocks, zero } = store;
  let kind = 0;
  while ((BLOCKS[kind] as number) > count) kind++;
  const block = blocks[kind] as Uint8Array;
  const length = block.length;
  for (let done = 0; done < count; done += length) {
    const from = Math.min(done, count - length);
    const position = offset - zero + from & size - 1;
    const first = Math.min(length, size - position);
    bytes.copyWithin(size, position, position + first);
    if (first < length) bytes.copyWithin(size + first, 0, length - first);
    target.set(block, at + from);
  }
}

/** Out of the ring, in one piece or in two. */
function takeMuch({ bytes, size, zero }: Store, offset: number, target: Uint8Array, at: number, count: number): void {
  const position = offset - zero & size - 1;
  const first = Math.min(count, size - position);
  target.set(bytes.subarray(position, position + first), at);
  if (first < count) target.set(bytes.subarray(0, count - first), at + first);
}

/** Memory for a ring of at least `need` bytes, at whose position 0 the offset `zero` lies. */
function take(need: number, zero: number): Store {
  const logarithm = 32 - Math.clz32(Math.max(need, SMALLEST) - 1);
  const spare = stock[logarithm]?.pop();
  const store = spare ?? makeStore(2 ** logarithm);
  if (spare !== undefined) unused -= spare.bytes.length;
  inUse += store.bytes.length;
  store.zero = zero;
  return store;
}

function makeStore(size: number): Store {
  const memory = new Frame(size + DOCK, 0);
  return { memory, bytes: memory.bytes, size, blocks: BLOCKS.map((length) => memory.bytes.subarray(size, size + length)), zero: 0 };
}

function giveBack(store: Store): void {
  inUse -= store.bytes.length;
  if (unused + store.bytes.length > STOCK) return;
  unused += store.bytes.length;
  (stock[31 - Math.clz32(store.size)] ??= []).push(store);
}

/**
 * Copies a ring into a larger one, as often as it fits: wherever an offset lies there, modulo the larger size, its byte is the one that lay there modulo
 * the smaller. Each copy covers the dock of the one before.
 */
function move(old: Store, larger: Store): void {
  for (let at = 0; at < larger.size; at += old.size) larger.bytes.set(old.bytes, at);
}
