import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import { countConstructions } from "../../tools/bench/allocations.ts";
import { Frame } from "./frame.ts";
import { createRandom } from "./random.ts";
import { Ring } from "./ring.ts";

/** The byte that belongs at `offset`: neighbours, rings and segments apart all differ. */
function byteAt(offset: number): number {
  return (offset * 167 + Math.floor(offset / 256) * 31) % 256;
}

function bytesAt(offset: number, count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count);
  for (let i = 0; i < count; i++) bytes[i] = byteAt(offset + i);
  return bytes;
}

/** What the ring gives for these offsets, by each of its two ways out, which must agree and touch nothing else. */
function look(ring: Ring, offset: number, count: number): Uint8Array {
  const target = new Uint8Array(count + 20).fill(0xee);
  ring.get(offset, target, 10, count);
  const frame = new Frame(count + 20, 10);
  frame.bytes.fill(0xee);
  ring.getFrame(offset, frame, 10, count);
  assertEquals(frame.bytes, target);
  for (const margin of [target.subarray(0, 10), target.subarray(count + 10)]) assertEquals(margin, new Uint8Array(10).fill(0xee));
  return target.subarray(10, count + 10);
}

Deno.test("Ring keeps what is put in by either way, for every length around its thresholds, at and across its end", () => {
  for (const count of [1, 3, 4, 63, 64, 65, 127, 128, 255, 256, 257, 1023, 1024, 1447, 1448, 1459, 1460, 1461, 2047, 2048]) {
    for (const from of [0, 1, 2047, 2048 - count, 2048 - (count >> 1), 4096 - 3, 777_777]) {
      const ring = new Ring(2048);
      const bytes = bytesAt(from, count);
      const large = new Uint8Array(4000).fill(0xdd);
      large.set(bytes, 5);
      const small = Frame.of(bytes);
      const huge = new Frame(70_000, 1000);
      huge.bytes.set(bytes, 1000);
      const ways = [
        (): void => ring.put(from, bytes, 0, count),
        (): void => ring.put(from, large, 5, count),
        (): void => ring.putFrame(from, small, small.start, count),
        (): void => ring.putFrame(from, huge, 1000, count),
      ];
      for (const put of ways) {
        ring.reserve(from, from + 2048);
        // Whatever lies around the bytes stays.
        const around = new Uint8Array(2048).fill(0x55);
        ring.put(from, around, 0, 2048);
        put();
        assertEquals(look(ring, from, count), bytes);
        assertEquals(look(ring, from + count, 2048 - count), around.subarray(count));
        ring.release();
      }
    }
  }
});

Deno.test("Ring takes every offset that is an exact number", () => {
  for (const border of [2 ** 31, 2 ** 32, 2 ** 40, 2 ** 53 - 3000]) {
    const ring = new Ring(10_000);
    const from = border - 1000;
    ring.reserve(from, from + 3000);
    ring.put(from, bytesAt(from, 1500), 0, 1500);
    const frame = Frame.of(bytesAt(from + 1500, 1500));
    ring.putFrame(from + 1500, frame, frame.start, 1500);
    assertEquals(look(ring, from, 3000), bytesAt(from, 3000));
  }
});

Deno.test("Ring.reserve() keeps all that is held, whatever the size and wherever it begins", () => {
  for (const before of [1, 100, 2047, 2048]) {
    for (const after of [2049, 4096, 4097, 30_000, 65_536, 100_000]) {
      for (const from of [0, 1, 2000, 2048, 5000, 2 ** 32 - 700]) {
        const ring = new Ring(100_000);
        ring.reserve(from, from + before);
        ring.put(from, bytesAt(from, before), 0, before);
        ring.reserve(from, from + after);
        assertEquals(look(ring, from, before), bytesAt(from, before));
        ring.put(from + before, bytesAt(from + before, after - before), 0, after - before);
        assertEquals(look(ring, from, after), bytesAt(from, after));
      }
    }
  }
});

Deno.test("Ring holds its capacity and no byte more", () => {
  for (const capacity of [1, 5, 2048, 3000, 65_536]) {
    const ring = new Ring(capacity);
    ring.reserve(77, 77 + capacity);
    ring.put(77, bytesAt(77, capacity), 0, capacity);
    assertEquals(look(ring, 77, capacity), bytesAt(77, capacity));
    assertThrows(() => ring.reserve(77, 78 + capacity), RangeError, `Cannot hold ${capacity + 1} bytes`);
  }
  for (const capacity of [0, -1, 1.5, NaN, 2 ** 30 + 1]) assertThrows(() => new Ring(capacity), RangeError, "capacity");
  assertThrows(() => new Ring(10).put(0, new Uint8Array(1), 0, 1), RangeError, "empty ring");
});

Deno.test("Ring has no memory when it is empty, begins as large as it was needed lately, and has a bound", () => {
  const before = Ring.inUse;
  const ring = new Ring(100_000);
  assertEquals(ring.memory, 0);
  ring.reserve(0, 1);
  const small = ring.memory;
  assertLessOrEqual(small, 4096);
  ring.reserve(0, 20_000);
  const large = ring.memory;
  assertEquals(Ring.inUse - before, large, "what it has outgrown is not in use any more");
  ring.release();
  assertEquals(ring.memory, 0);
  assertEquals(Ring.inUse, before);
  ring.reserve(20_000, 20_001);
  assertEquals(ring.memory, large);
  for (let i = 0; i < 100; i++) {
    ring.release();
    ring.reserve(20_001 + i, 20_002 + i);
  }
  assertEquals(ring.memory, small);
  ring.release();
  ring.release();
  assertEquals(Ring.inUse, before);
  for (const capacity of [1, 2048, 2049, 65_536, 65_537, 100_000]) {
    const full = new Ring(capacity);
    full.reserve(0, capacity);
    assertLessOrEqual(full.memory, Math.max(4096, 2 * capacity + 2048));
    full.release();
  }
});

Deno.test("Ring makes nothing new while it works", () => {
  const ring = new Ring(65_536);
  const incoming = new Frame();
  const outgoing = new Frame();
  const target = new Uint8Array(65_536);
  for (const size of [1, 64, 200, 1200, 1448, 1460]) {
    const text = new Uint8Array(size);
    let offset = 0;
    const carry = (packets: number): void => {
      for (let i = 0; i < packets; i++, offset += 2 * size) {
        ring.reserve(offset, offset + 2 * size);
        ring.put(offset, text, 0, size);
        ring.putFrame(offset + size, incoming, incoming.start, size);
        ring.getFrame(offset, outgoing, outgoing.start, size);
        ring.get(offset, target, 0, 2 * size);
        ring.release();
      }
    };
    carry(10);
    assertEquals(countConstructions(() => carry(1000)), {}, `${size} bytes`);
  }
});

Deno.test("Ring is a stream's window, in 20,000 random steps", () => {
  const random = createRandom(6);
  for (const capacity of [100, 2048, 5000, 50_000]) {
    const ring = new Ring(capacity);
    let from = random.pick([0, 2 ** 32 - 4000, 12_345_678_901]);
    let to = from;
    for (let step = 0; step < 5000; step++) {
      const room = capacity - (to - from);
      if (random.chance(0.5) && room > 0) {
        const count = random.int(1, Math.min(room, random.pick([10, 1460, 2048, 50_000])));
        ring.reserve(from, to + count);
        const bytes = bytesAt(to, count);
        if (random.chance(0.5)) ring.put(to, bytes, 0, count);
        else {
          const frame = count < 1800 ? new Frame(2048, random.int(0, 200)) : new Frame(count + 300, 0);
          const at = frame.append(count);
          frame.bytes.set(bytes, at);
          ring.putFrame(to, frame, at, count);
        }
        to += count;
      } else if (to > from) {
        const count = random.int(1, to - from);
        assertEquals(look(ring, from, count), bytesAt(from, count));
        from += count;
        if (from === to) ring.release();
      }
    }
  }
});
