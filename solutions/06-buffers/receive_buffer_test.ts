import { assert, assertEquals, assertGreater, assertLessOrEqual, assertStrictEquals } from "@std/assert";
import type { ReceiveBuffer } from "../../stack/contract/buffers.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { Ring } from "../../stack/wire/ring.ts";
import { countConstructions } from "../../tools/bench/allocations.ts";
import { createReceiveBuffer } from "./receive_buffer.ts";
import { createSendBuffer } from "./send_buffer.ts";

/** Puts `text` at `offset`, from the middle of a frame. */
function insert(buffer: ReceiveBuffer, offset: number, text: Uint8Array | string): number {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const frame = new Frame(bytes.length + 60, 40);
  frame.bytes.fill(0xee);
  const at = frame.append(bytes.length);
  frame.bytes.set(bytes, at);
  return buffer.insert(offset, frame, at, bytes.length);
}

/** Reads all that is readable. */
function readAll(buffer: ReceiveBuffer): Uint8Array {
  const target = new Uint8Array(buffer.readable());
  assertEquals(buffer.read(target, 0, target.length), target.length);
  return target;
}

function readText(buffer: ReceiveBuffer): string {
  return new TextDecoder().decode(readAll(buffer));
}

Deno.test("createReceiveBuffer() begins empty, at offset 0", () => {
  const buffer = createReceiveBuffer(1000);
  assertEquals([buffer.next(), buffer.readable(), buffer.edge()], [0, 0, 1000]);
  assertEquals(buffer.read(new Uint8Array(10), 0, 10), 0);
  assertEquals(buffer.beyond(4), []);
});

Deno.test("ReceiveBuffer.insert() makes what is in order readable at once", () => {
  const buffer = createReceiveBuffer(1000);
  assertEquals(insert(buffer, 0, "GET /"), 5);
  assertEquals(insert(buffer, 5, " HTTP/1.1"), 9);
  assertEquals([buffer.next(), buffer.readable()], [14, 14]);
  assertEquals(readText(buffer), "GET / HTTP/1.1");
  assertEquals([buffer.next(), buffer.readable(), buffer.edge()], [14, 0, 1014]);
});

Deno.test("ReceiveBuffer.insert() copies: the frame may be used again", () => {
  const buffer = createReceiveBuffer(1000);
  const frame = Frame.of(new TextEncoder().encode("first"));
  buffer.insert(0, frame, frame.start, 5);
  frame.bytes.fill(0);
  assertEquals(readText(buffer), "first");
});

Deno.test("ReceiveBuffer.insert() cuts off what it knows and what is too far", () => {
  const buffer = createReceiveBuffer(10);
  assertEquals(insert(buffer, 0, "abcd"), 4);
  assertEquals(insert(buffer, 0, "ABCD"), 0, "all known");
  assertEquals(insert(buffer, 2, "CDef"), 2, "half known");
  assertEquals(insert(buffer, -5, "-----ABCDEFgh"), 2, "begins before the stream's first byte");
  assertEquals(insert(buffer, 6, ""), 0);
  assertEquals(insert(buffer, 10, "x"), 0, "at the edge");
  assertEquals(insert(buffer, 4000, "x"), 0);
  assertEquals(insert(buffer, 8, "ijklmn"), 2, "reaches over the edge");
  assertEquals([buffer.next(), buffer.readable(), buffer.edge()], [10, 10, 10]);
  assertEquals(buffer.beyond(4), []);
  assertEquals(readText(buffer), "abcdefghij");
});

Deno.test("ReceiveBuffer.insert() cuts what lies beyond a gap at the edge too", () => {
  const buffer = createReceiveBuffer(10);
  assertEquals(insert(buffer, 6, "ghijkl"), 0);
  assertEquals(buffer.beyond(4), [6, 10]);
  assertEquals(insert(buffer, 0, "abcdef"), 10);
  assertEquals(readText(buffer), "abcdefghij");
});

Deno.test("ReceiveBuffer.read() takes as much as is wanted, to where it is wanted", () => {
  const buffer = createReceiveBuffer(1000);
  insert(buffer, 0, "abcdefgh");
  const target = new Uint8Array(6).fill(46);
  assertEquals(buffer.read(target, 2, 3), 3);
  assertEquals(new TextDecoder().decode(target), "..abc.");
  assertEquals([buffer.next(), buffer.readable(), buffer.edge()], [8, 5, 1003]);
  assertEquals(buffer.read(target, 0, 0), 0);
  assertEquals(readText(buffer), "defgh");
});

/** All orders of the items. */
function orders<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => orders([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]));
}

Deno.test("ReceiveBuffer.insert() puts five segments together in each of their 120 orders", () => {
  const random = createRandom(5);
  const text = random.bytes(5000);
  const cuts = [0, 1, 1461, 1500, 2960, 5000];
  const all = orders([0, 1, 2, 3, 4]);
  assertEquals(all.length, 120);
  for (const order of all) {
    const buffer = createReceiveBuffer(5000);
    let moved = 0;
    const had = new Set<number>();
    for (const i of order) {
      const [from, to] = cuts.slice(i, i + 2) as [number, number];
      moved += insert(buffer, from, text.subarray(from, to));
      had.add(i);
      const missing = [0, 1, 2, 3, 4, 5].find((index) => !had.has(index)) as number;
      assertEquals([buffer.next(), moved], [cuts[missing], cuts[missing]]);
    }
    assertEquals(buffer.beyond(4), []);
    assertEquals(readAll(buffer), text);
  }
});

Deno.test("ReceiveBuffer.insert() lets the bytes stand that came first", () => {
  const buffer = createReceiveBuffer(100);
  insert(buffer, 3, "DEF");
  insert(buffer, 9, "JKL");
  insert(buffer, 4, "xxxxxxxx");
  assertEquals(buffer.beyond(4), [3, 12]);
  insert(buffer, 2, "yyyyyyyyyyyyM");
  assertEquals(buffer.beyond(4), [2, 15]);
  assertEquals(insert(buffer, 0, "AB???"), 15);
  assertEquals(readText(buffer), "AByDEFxxxJKLyyM");
});

Deno.test("ReceiveBuffer.insert() joins blocks that touch", () => {
  const buffer = createReceiveBuffer(100);
  for (const [offset, blocks] of [[10, [10, 12]], [14, [14, 16, 10, 12]], [16, [14, 18, 10, 12]], [12, [10, 18]], [8, [8, 18]]] as const) {
    assertEquals(insert(buffer, offset, "ab"), 0);
    assertEquals(buffer.beyond(4), blocks);
  }
  assertEquals(insert(buffer, 0, "01234567"), 18);
});

Deno.test("ReceiveBuffer.beyond() tells the cases of RFC 2018 §4", () => {
  const segment = new Uint8Array(500);
  const start = 5000;
  const received = (buffer: ReceiveBuffer, ...numbers: number[]): (readonly number[])[] =>
    numbers.map((number) => {
      insert(buffer, (number - 1) * 500, segment);
      return [buffer.next(), ...buffer.beyond(3)].map((offset) => offset + start);
    });
  assertEquals(received(createReceiveBuffer(65_535), 1, 2, 3, 4), [[5500], [6000], [6500], [7000]], "case 1");
  assertEquals(
    received(createReceiveBuffer(65_535), 2, 3, 4, 5, 6, 7, 8),
    [6000, 6500, 7000, 7500, 8000, 8500, 9000].map((right) => [5000, 5500, right]),
    "case 2",
  );
  assertEquals(received(createReceiveBuffer(65_535), 1, 3, 5, 7, 4, 2), [
    [5500],
    [5500, 6000, 6500],
    [5500, 7000, 7500, 6000, 6500],
    [5500, 8000, 8500, 7000, 7500, 6000, 6500],
    [5500, 6000, 7500, 8000, 8500],
    [7500, 8000, 8500],
  ], "case 3");
});

Deno.test("ReceiveBuffer.beyond() begins with the block of the latest segment, also of one that brought nothing new", () => {
  const buffer = createReceiveBuffer(1000);
  for (const offset of [10, 20, 30, 40, 50]) insert(buffer, offset, "ab");
  assertEquals(buffer.beyond(3), [50, 52, 40, 42, 30, 32]);
  insert(buffer, 20, "ab");
  assertEquals(buffer.beyond(4), [20, 22, 50, 52, 40, 42, 30, 32]);
  insert(buffer, 11, "b");
  assertEquals(buffer.beyond(9), [10, 12, 20, 22, 50, 52, 40, 42, 30, 32]);
  insert(buffer, 0, "0123456789");
  assertEquals(buffer.beyond(2), [20, 22, 50, 52], "what closes the gap is in no block");
  assertEquals(buffer.beyond(0), []);
});

Deno.test("ReceiveBuffer.insert() keeps 64 blocks, and still takes what joins them or closes the gap", () => {
  const buffer = createReceiveBuffer(1000);
  for (let i = 1; i <= 64; i++) insert(buffer, 6 * i, "ab");
  const full = buffer.beyond(100);
  assertEquals(full.length, 128);
  for (const offset of [2, 9, 387, 900]) {
    assertEquals(insert(buffer, offset, "x"), 0);
    assertEquals(buffer.beyond(100), full, `a 65th block at ${offset}`);
  }
  insert(buffer, 17, "f");
  assertEquals(buffer.beyond(1), [17, 20], "this joined one at its front");
  insert(buffer, 14, "c");
  assertEquals(buffer.beyond(1), [12, 15], "and this one at its back");
  insert(buffer, 8, "cdef");
  assertEquals(buffer.beyond(1), [6, 15], "and this joined two");
  assertEquals(buffer.beyond(100).length, 126);
  insert(buffer, 900, "x");
  assertEquals(buffer.beyond(1), [900, 901]);
  insert(buffer, 903, "x");
  assertEquals(buffer.beyond(1), [900, 901], "and these are 64 again");
  assertEquals(insert(buffer, 0, "0"), 1, "the next byte makes no block");
  assertEquals(insert(buffer, 1, "12345"), 14);
  assertEquals(readText(buffer), "012345abcdefabc");
});

Deno.test("ReceiveBuffer.edge() moves when the application reads, and only then", () => {
  const buffer = createReceiveBuffer(10);
  insert(buffer, 0, "abcde");
  insert(buffer, 7, "h");
  assertEquals(buffer.edge(), 10);
  buffer.read(new Uint8Array(3), 0, 3);
  assertEquals(buffer.edge(), 13);
  assertEquals(insert(buffer, 5, "fgHijklmnop"), 8, "three bytes more than before");
  assertEquals(readText(buffer), "defghijklm");
});

Deno.test("ReceiveBuffer never takes more than its capacity from a peer that does not care", () => {
  const buffer = createReceiveBuffer(5000);
  let moved = 0;
  for (let i = 0; i < 100; i++) moved += insert(buffer, i * 1000, new Uint8Array(1000));
  assertEquals([moved, buffer.readable(), buffer.edge()], [5000, 5000, 5000]);
});

Deno.test("ReceiveBuffer.announce() moves the edge in strides of a segment or half the buffer", () => {
  for (const [capacity, mss, stride] of [[65_535, 1460, 1460], [2000, 1460, 1000], [2920, 1460, 1460], [1001, 1460, 501]] as const) {
    const buffer = createReceiveBuffer(capacity);
    insert(buffer, 0, new Uint8Array(capacity));
    const read = (count: number): void => void buffer.read(new Uint8Array(count), 0, count);
    read(stride - 1);
    assertEquals(buffer.announce(capacity, mss), capacity, `${stride - 1} bytes are not enough`);
    read(1);
    assertEquals(buffer.announce(capacity, mss), capacity + stride);
  }
});

Deno.test("ReceiveBuffer.announce() never moves back, never lies, and in the end tells all but a stride", () => {
  const random = createRandom(14);
  for (let run = 0; run < 300; run++) {
    const capacity = random.int(500, 20_000);
    const mss = random.pick([536, 1460]);
    const buffer = createReceiveBuffer(capacity);
    let announced = capacity;
    for (let step = 0; step < 100; step++) {
      const room = announced - buffer.next();
      insert(buffer, buffer.next(), new Uint8Array(Math.min(room, random.int(0, mss))));
      const count = random.int(0, random.chance(0.5) ? 20 : 2000);
      buffer.read(new Uint8Array(count), 0, count);
      const edge = buffer.announce(announced, mss);
      assert(edge === announced || edge - announced >= Math.min(mss, capacity / 2), `moved by ${edge - announced}`);
      assertLessOrEqual(edge, buffer.edge());
      announced = edge;
    }
    readAll(buffer);
    announced = buffer.announce(announced, mss);
    assertGreater(announced - buffer.next(), capacity - Math.min(mss, capacity / 2), "an empty buffer has a window");
  }
});

Deno.test("createReceiveBuffer() costs nothing while it is empty, and not its capacity while it holds little", () => {
  const before = Ring.inUse;
  const buffers = Array.from({ length: 100 }, () => createReceiveBuffer(1_000_000));
  for (const buffer of buffers) insert(buffer, 2, "c");
  assertLessOrEqual(Ring.inUse - before, 100 * 4096);
  for (const buffer of buffers) {
    insert(buffer, 0, "a");
    readAll(buffer);
    insert(buffer, 1, "b");
    assertGreater(Ring.inUse, before, "something is left to read");
    assertEquals(readText(buffer), "bc");
  }
  assertEquals(Ring.inUse, before);
});

Deno.test("ReceiveBuffer keeps what lies beyond a gap when all before it is read", () => {
  const buffer = createReceiveBuffer(100);
  insert(buffer, 0, "ab");
  insert(buffer, 5, "fgh");
  assertEquals(readText(buffer), "ab");
  assertEquals(buffer.beyond(1), [5, 8]);
  assertEquals(insert(buffer, 2, "cde"), 6);
  assertEquals(readText(buffer), "cdefgh");
});

Deno.test("ReceiveBuffer makes no array and no view per segment", () => {
  const buffer = createReceiveBuffer(65_536);
  const frame = new Frame();
  const at = frame.append(1460);
  const target = new Uint8Array(65_536);
  const carry = (segments: number): void => {
    for (let i = 0; i < segments; i++) {
      buffer.insert(buffer.next(), frame, at, 1460);
      if (i % 3 > 0) buffer.read(target, 0, i % 2 === 0 ? 65_536 : 1000);
    }
    buffer.read(target, 0, 65_536);
  };
  carry(60);
  assertEquals(countConstructions(() => carry(3000)), {});
});

/** A naive receive buffer: one byte or nothing for every offset of the stream, and where each gap block was touched last. */
class Model {
  readonly bytes: (number | undefined)[] = [];
  readonly capacity: number;
  start = 0;
  next = 0;
  touched: number[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** The blocks beyond the gap, by offset. */
  blocks(): [number, number][] {
    const blocks: [number, number][] = [];
    for (let at = this.next; at < this.bytes.length; at++) {
      if (this.bytes[at] === undefined) continue;
      const from = at;
      while (this.bytes[at] !== undefined) at++;
      blocks.push([from, at]);
    }
    return blocks;
  }

  insert(offset: number, text: Uint8Array): number {
    const before = this.next;
    for (let i = 0; i < text.length; i++) {
      const at = offset + i;
      if (at < this.next || at >= this.start + this.capacity) continue;
      while (this.bytes.length <= at) this.bytes.push(undefined);
      this.bytes[at] ??= text[i] as number;
    }
    const from = Math.max(offset, this.next);
    if (from < Math.min(offset + text.length, this.start + this.capacity)) this.touched.unshift(from);
    while (this.bytes[this.next] !== undefined) this.next++;
    return this.next - before;
  }

  beyond(count: number): number[] {
    const blocks = this.blocks();
    const inOrder: [number, number][] = [];
    for (const at of this.touched) {
      const block = blocks.find(([from, to]) => from <= at && at < to);
      if (block !== undefined && !inOrder.includes(block)) inOrder.push(block);
    }
    this.touched = this.touched.slice(0, 300);
    return inOrder.slice(0, count).flat();
  }
}

Deno.test("ReceiveBuffer agrees with an array of bytes in 100,000 random operations, with equal and with differing overlaps", () => {
  for (const [seed, capacity, largest] of [[1, 50, 12], [2, 700, 100], [3, 700, 300], [4, 4096, 1460], [5, 3000, 4000]] as const) {
    const random = createRandom(seed);
    const truth = random.bytes(4096);
    let [buffer, model] = [createReceiveBuffer(capacity), new Model(capacity)];
    for (let step = 0; step < 20_000; step++) {
      if (model.next > 20_000) [buffer, model] = [createReceiveBuffer(capacity), new Model(capacity)];
      if (random.chance(0.75)) {
        const offset = random.chance(0.2) ? model.next : model.next + random.int(-largest, capacity + 10);
        const text = new Uint8Array(random.int(0, largest));
        const lies = random.chance(0.3) ? random.int(1, 255) : 0;
        for (let i = 0; i < text.length; i++) text[i] = (truth[(offset + i) & 4095] as number) ^ lies;
        if (model.blocks().length > 60) continue;
        assertStrictEquals(insert(buffer, offset, text), model.insert(offset, text));
      } else {
        const count = random.int(0, random.chance(0.5) ? 20 : capacity);
        const target = new Uint8Array(count);
        const taken = Math.min(count, model.next - model.start);
        assertStrictEquals(buffer.read(target, 0, count), taken);
        const wrong = target.subarray(0, taken).findIndex((byte, i) => byte !== model.bytes[model.start + i]);
        assertStrictEquals(wrong, -1, `byte ${model.start + wrong} is wrong`);
        model.start += taken;
      }
      const { start, next } = model;
      assertStrictEquals(buffer.next(), next);
      assertStrictEquals(buffer.readable(), next - start);
      assertStrictEquals(buffer.edge(), start + capacity);
      if (random.chance(0.3)) assertEquals(buffer.beyond(4), model.beyond(4));
    }
  }
});

Deno.test("SendBuffer and ReceiveBuffer carry a stream over a wire that loses, repeats, reorders and cuts", () => {
  for (let seed = 1; seed <= 8; seed++) {
    const random = createRandom(seed);
    const stream = random.bytes(300_000);
    const sending = createSendBuffer(random.int(2000, 40_000));
    const receiving = createReceiveBuffer(random.int(2000, 40_000));
    const largestWindow = receiving.edge();
    const target = new Uint8Array(5000);
    let wire: { offset: number; text: Uint8Array }[] = [];
    let announced = receiving.edge();
    let read = 0;
    for (let round = 0; read < stream.length; round++) {
      assert(round < 20_000, "nothing moves any more");
      sending.write(stream, sending.end(), Math.min(random.int(0, 9000), stream.length - sending.end()));
      const mss = random.pick([300, 1000, 1460]);
      const maxWindow = random.chance(0.1) ? 0 : largestWindow;
      const limits = { edge: announced, mss, maxWindow, noDelay: random.chance(0.5), closing: sending.end() === stream.length };
      for (let i = random.int(0, 10); i > 0; i--) {
        const resend = random.chance(0.3);
        const from = random.pick([sending.start(), random.int(sending.start(), sending.next())]);
        const piece = resend ? sending.pieceToResend(from, mss) : sending.pieceToSend(limits);
        if (piece === undefined) continue;
        const frame = new Frame();
        sending.copyInto(frame, piece.from, piece.length);
        if (!resend) sending.sent(piece.from + piece.length);
        if (random.chance(0.9)) wire.push({ offset: piece.from, text: frame.toBytes() });
        if (random.chance(0.1)) wire.push({ offset: piece.from, text: frame.toBytes() });
      }
      wire = random.shuffle(wire);
      for (const { offset, text } of wire.splice(0, random.int(0, wire.length))) insert(receiving, offset, text);
      const count = receiving.read(target, 0, random.int(0, target.length));
      assertEquals(target.subarray(0, count), stream.subarray(read, read + count));
      read += count;
      announced = receiving.announce(announced, mss);
      if (random.chance(0.8)) sending.acknowledge(receiving.next());
    }
  }
});
