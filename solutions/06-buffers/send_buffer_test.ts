import { assert, assertEquals, assertGreaterOrEqual, assertLessOrEqual, assertStrictEquals, assertThrows } from "@std/assert";
import type { SendBuffer, SendLimits, SendPiece } from "../../stack/contract/buffers.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { Ring } from "../../stack/wire/ring.ts";
import { countConstructions } from "../../tools/bench/allocations.ts";
import { createSendBuffer } from "./send_buffer.ts";

const OPEN: SendLimits = { edge: Infinity, mss: 1460, maxWindow: 65_535, noDelay: false, closing: false };

/** `count` bytes that count on from `first`. */
function bytes(count: number, first = 0): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: count }, (_, i) => first + i);
}

/** A buffer into which so many bytes were written, and of which so many were sent. */
function holding(written: number, sent = 0): SendBuffer {
  const buffer = createSendBuffer(100_000);
  assertEquals(buffer.write(bytes(written), 0, written), written);
  buffer.sent(sent);
  return buffer;
}

/** The text that goes into a packet. */
function textOf(buffer: SendBuffer, from: number, length: number): Uint8Array {
  const frame = new Frame(length + 200, 128);
  buffer.copyInto(frame, from, length);
  return frame.toBytes();
}

Deno.test("createSendBuffer() begins empty, at offset 0", () => {
  const buffer = createSendBuffer(1000);
  assertEquals([buffer.start(), buffer.next(), buffer.end(), buffer.room()], [0, 0, 0, 1000]);
  assertEquals(buffer.pieceToSend(OPEN), undefined);
  assertEquals(buffer.pieceToSend({ ...OPEN, closing: true }), undefined, "never a piece of nothing");
  assertEquals(buffer.pieceToResend(0, 1460), undefined);
});

Deno.test("SendBuffer.write() takes what fits, from the given part of the array", () => {
  const buffer = createSendBuffer(10);
  assertEquals(buffer.write(bytes(100), 20, 7), 7);
  assertEquals([buffer.end(), buffer.room()], [7, 3]);
  assertEquals(buffer.write(bytes(100), 50, 7), 3);
  assertEquals([buffer.end(), buffer.room()], [10, 0]);
  assertEquals(buffer.write(bytes(100), 0, 1), 0);
  assertEquals(buffer.write(bytes(100), 0, 0), 0);
  assertEquals(textOf(buffer, 0, 10), Uint8Array.from([20, 21, 22, 23, 24, 25, 26, 50, 51, 52]));
});

Deno.test("SendBuffer.write() copies: the application may use its array again", () => {
  const buffer = createSendBuffer(100);
  const array = bytes(5);
  buffer.write(array, 0, 5);
  array.fill(99);
  assertEquals(textOf(buffer, 0, 5), bytes(5));
});

Deno.test("SendBuffer.write() has room again when bytes are acknowledged, not when they are sent", () => {
  const buffer = createSendBuffer(10);
  buffer.write(bytes(10), 0, 10);
  buffer.sent(10);
  assertEquals(buffer.room(), 0);
  buffer.acknowledge(4);
  assertEquals(buffer.room(), 4);
  assertEquals(buffer.write(bytes(10), 0, 10), 4);
});

Deno.test("SendBuffer.pieceToSend() sends full segments, and all that there is when nothing is in flight", () => {
  assertEquals(holding(4000).pieceToSend(OPEN), { from: 0, length: 1460, push: false });
  assertEquals(holding(4000, 1460).pieceToSend(OPEN), { from: 1460, length: 1460, push: false });
  assertEquals(holding(1460).pieceToSend(OPEN), { from: 0, length: 1460, push: true });
  assertEquals(holding(1459).pieceToSend(OPEN), { from: 0, length: 1459, push: true });
  assertEquals(holding(1).pieceToSend(OPEN), { from: 0, length: 1, push: true });
});

Deno.test("SendBuffer.pieceToSend() lets less than a segment wait while something is in flight: Nagle", () => {
  const buffer = holding(4000, 2920);
  assertEquals(buffer.pieceToSend(OPEN), undefined);
  assertEquals(buffer.pieceToSend({ ...OPEN, noDelay: true }), { from: 2920, length: 1080, push: true });
  assertEquals(buffer.pieceToSend({ ...OPEN, closing: true }), { from: 2920, length: 1080, push: true });
  buffer.acknowledge(1460);
  assertEquals(buffer.pieceToSend(OPEN), undefined, "one segment is still in flight");
  buffer.acknowledge(2920);
  assertEquals(buffer.pieceToSend(OPEN), { from: 2920, length: 1080, push: true });
  assertEquals(holding(4000, 1080).pieceToSend(OPEN), { from: 1080, length: 1460, push: false }, "a full segment never waits");
});

Deno.test("SendBuffer.pieceToSend() sends a line typed in one round trip as two segments", () => {
  const buffer = createSendBuffer(1000);
  const pieces: SendPiece[] = [];
  for (let i = 0; i < 40; i++) {
    buffer.write(bytes(1, i), 0, 1);
    const piece = buffer.pieceToSend(OPEN);
    if (piece === undefined) continue;
    pieces.push(piece);
    buffer.sent(piece.from + piece.length);
  }
  assertEquals(pieces, [{ from: 0, length: 1, push: true }]);
  buffer.acknowledge(1);
  assertEquals(buffer.pieceToSend(OPEN), { from: 1, length: 39, push: true });
});

Deno.test("SendBuffer.pieceToSend() keeps to the window", () => {
  const buffer = holding(5000, 1000);
  buffer.acknowledge(1000);
  assertEquals(buffer.pieceToSend({ ...OPEN, edge: 1000 }), undefined, "closed");
  assertEquals(buffer.pieceToSend({ ...OPEN, edge: 900 }), undefined, "shrunk");
  assertEquals(buffer.pieceToSend({ ...OPEN, edge: -5000, noDelay: true, closing: true, maxWindow: 0 }), undefined, "shrunk far");
  assertEquals(buffer.pieceToSend({ ...OPEN, edge: 2460 }), { from: 1000, length: 1460, push: false });
  assertEquals(buffer.pieceToSend({ ...OPEN, edge: 2459 }), undefined, "a byte less than a segment, and more is waiting: silly");
  assertEquals(
    buffer.pieceToSend({ ...OPEN, edge: 2459, noDelay: true, closing: true }),
    undefined,
    "neither of these makes it less silly",
  );
});

Deno.test("SendBuffer.pieceToSend() sends into a small window what is half of the largest there ever was", () => {
  const buffer = holding(5000);
  const small = { ...OPEN, maxWindow: 1000 };
  assertEquals(buffer.pieceToSend({ ...small, edge: 499 }), undefined);
  assertEquals(buffer.pieceToSend({ ...small, edge: 500 }), { from: 0, length: 500, push: false });
  assertEquals(buffer.pieceToSend({ ...small, edge: 1000 }), { from: 0, length: 1000, push: false });
  buffer.sent(500);
  assertEquals(buffer.pieceToSend({ ...small, edge: 1000 }), undefined, "Nagle: 500 are in flight");
  assertEquals(buffer.pieceToSend({ ...small, edge: 1000, noDelay: true }), { from: 500, length: 500, push: false });
});

Deno.test("SendBuffer.pieceToSend() sends whatever may go when maxWindow is 0: override timeout and window probe", () => {
  const buffer = holding(5000);
  assertEquals(buffer.pieceToSend({ ...OPEN, edge: 7 }), undefined);
  assertEquals(buffer.pieceToSend({ ...OPEN, edge: 7, maxWindow: 0 }), { from: 0, length: 7, push: false });
  assertEquals(buffer.pieceToSend({ ...OPEN, edge: 1, maxWindow: 0 }), { from: 0, length: 1, push: false });
});

Deno.test("SendBuffer.pieceToSend() announces the end of what was written, once", () => {
  const buffer = holding(3000);
  const pushes: boolean[] = [];
  for (let piece = buffer.pieceToSend({ ...OPEN, noDelay: true }); piece !== undefined;) {
    pushes.push(piece.push);
    buffer.sent(piece.from + piece.length);
    piece = buffer.pieceToSend({ ...OPEN, noDelay: true });
  }
  assertEquals(pushes, [false, false, true]);
});

Deno.test("SendBuffer.sent() never moves back", () => {
  const buffer = holding(3000, 2000);
  buffer.sent(1000);
  assertEquals(buffer.next(), 2000);
});

Deno.test("SendBuffer.acknowledge() takes neither old acknowledgments nor such of bytes that were never sent", () => {
  const buffer = holding(3000, 2000);
  buffer.acknowledge(1000);
  for (const offset of [0, 999, 1000, 2001, 3000, 4000, -1]) {
    buffer.acknowledge(offset);
    assertEquals([buffer.start(), buffer.next(), buffer.end()], [1000, 2000, 3000], `${offset}`);
  }
  buffer.acknowledge(2000);
  assertEquals(buffer.start(), 2000);
});

Deno.test("SendBuffer.pieceToResend() goes from the oldest byte, or further on, to what was sent", () => {
  const buffer = holding(5000, 4000);
  assertEquals(buffer.pieceToResend(0, 1460), { from: 0, length: 1460, push: false });
  buffer.acknowledge(1000);
  assertEquals(buffer.pieceToResend(0, 1460), { from: 1000, length: 1460, push: false });
  assertEquals(buffer.pieceToResend(2000, 1460), { from: 2000, length: 1460, push: false });
  assertEquals(buffer.pieceToResend(3000, 1460), { from: 3000, length: 1000, push: false }, "1000 more were written, and not sent");
  assertEquals(buffer.pieceToResend(4000, 1460), undefined);
  buffer.sent(5000);
  assertEquals(buffer.pieceToResend(4000, 1460), { from: 4000, length: 1000, push: true });
  assertEquals(buffer.pieceToResend(0, 536), { from: 1000, length: 536, push: false }, "the path may have become narrower");
  buffer.acknowledge(5000);
  assertEquals(buffer.pieceToResend(0, 1460), undefined);
});

Deno.test("SendBuffer.copyInto() appends to what is in the frame, and writes nothing else", () => {
  const buffer = holding(3000);
  for (const length of [0, 1, 63, 64, 300, 1448, 1460]) {
    for (const room of [length, length + 1, 1700]) {
      const frame = new Frame(16 + 4 + room, 16);
      frame.bytes.fill(0xee);
      frame.append(4);
      buffer.copyInto(frame, 700, length);
      assertEquals([frame.start, frame.end], [16, 20 + length]);
      const expected = new Uint8Array(frame.bytes.length).fill(0xee);
      expected.set(bytes(length, 700), 20);
      assertEquals(frame.bytes, expected);
    }
  }
});

Deno.test("SendBuffer.copyInto() refuses what is not held", () => {
  const buffer = holding(3000, 2000);
  buffer.acknowledge(1000);
  for (const [from, length] of [[999, 1], [999, 2], [2999, 2], [3000, 1], [-1, 1]] as const) {
    assertThrows(() => textOf(buffer, from, length), RangeError, "bytes 1000 to 3000 are held");
  }
  assertEquals(textOf(buffer, 1000, 2000), bytes(2000, 1000));
});

Deno.test("createSendBuffer() costs nothing while it is empty, and not its capacity while it holds little", () => {
  const before = Ring.inUse;
  const buffers = Array.from({ length: 100 }, () => createSendBuffer(1_000_000));
  assertEquals(Ring.inUse, before);
  for (const buffer of buffers) {
    buffer.write(bytes(100), 0, 100);
    buffer.sent(50);
  }
  assertLessOrEqual(Ring.inUse - before, 100 * 4096);
  for (const buffer of buffers) {
    buffer.acknowledge(50);
    buffer.sent(100);
    buffer.acknowledge(100);
  }
  assertEquals(Ring.inUse, before);
});

Deno.test("SendBuffer makes no array and no view per segment", () => {
  const buffer = createSendBuffer(65_536);
  const text = new Uint8Array(1460);
  const frame = new Frame();
  const carry = (segments: number): void => {
    for (let i = 0; i < segments; i++) {
      buffer.write(text, 0, 1460);
      const piece = buffer.pieceToSend(OPEN) as SendPiece;
      frame.reset();
      buffer.copyInto(frame, piece.from, piece.length);
      buffer.sent(piece.from + piece.length);
      if (i % 3 > 0) buffer.acknowledge(buffer.next());
    }
  };
  carry(30);
  assertEquals(countConstructions(() => carry(3000)), {});
});

/** The decision as RFC 9293 §3.8.6.2.1 words it. D: written and not sent, U: usable window, E: in flight. */
function decide(d: number, u: number, e: number, limits: SendLimits): number {
  if (d === 0 || u <= 0) return 0;
  const nagle = e === 0 || limits.noDelay || limits.closing;
  if (Math.min(d, u) >= limits.mss) return limits.mss;
  if (nagle && d <= u) return d;
  if (nagle && Math.min(d, u) >= limits.maxWindow / 2) return Math.min(d, u);
  return 0;
}

Deno.test("SendBuffer agrees with an array of bytes in 100,000 random operations", () => {
  for (const [seed, capacity] of [[1, 64], [2, 3000], [3, 16_384], [4, 100_000]] as const) {
    const random = createRandom(seed);
    const buffer = createSendBuffer(capacity);
    const source = random.bytes(70_000);
    /** Everything that was written and is not acknowledged. */
    let model: number[] = [];
    let [start, next] = [0, 0];
    for (let step = 0; step < 25_000; step++) {
      switch (random.int(0, 5)) {
        case 0: {
          const count = random.int(0, random.pick([3, 100, 2000, 20_000]));
          const at = random.int(0, 50_000);
          const taken = Math.min(count, capacity - model.length);
          assertEquals(buffer.write(source, at, count), taken);
          for (let i = 0; i < taken; i++) model.push(source[at + i] as number);
          break;
        }
        case 1:
        case 2: {
          const mss = random.pick([1, 100, 536, 1460]);
          const u = random.int(-500, random.pick([100, 3000, 100_000]));
          const maxWindow = random.pick([0, 500, 3000, 65_535]);
          const limits = { edge: next + u, mss, maxWindow, noDelay: random.chance(0.3), closing: random.chance(0.1) };
          const length = decide(start + model.length - next, u, next - start, limits);
          const push = next + length === start + model.length;
          assertEquals(buffer.pieceToSend(limits), length === 0 ? undefined : { from: next, length, push });
          if (random.chance(0.9)) buffer.sent(next += length);
          break;
        }
        case 3: {
          const offset = random.int(start - 10, random.chance(0.5) ? next + 10 : start + 10);
          buffer.acknowledge(offset);
          if (offset > start && offset <= next) {
            model = model.slice(offset - start);
            start = offset;
          }
          break;
        }
        case 4: {
          const mss = random.pick([1, 536, 1460]);
          const from = Math.max(start, random.int(start - 10, next + 10));
          const length = Math.min(mss, next - from);
          assertEquals(
            buffer.pieceToResend(from, mss),
            length <= 0 ? undefined : { from, length, push: from + length === start + model.length },
          );
          break;
        }
        case 5: {
          const from = random.int(0, model.length);
          const length = random.int(0, Math.min(1460, model.length - from));
          const wrong = textOf(buffer, start + from, length).findIndex((byte, i) => byte !== model[from + i]);
          assertStrictEquals(wrong, -1, `byte ${from + wrong} is wrong`);
        }
      }
      assertStrictEquals(buffer.start(), start);
      assertStrictEquals(buffer.next(), next);
      assertStrictEquals(buffer.end(), start + model.length);
      assertStrictEquals(buffer.room(), capacity - model.length);
    }
    assertGreaterOrEqual(start, 2 * capacity, "the ring went round");
  }
});

Deno.test("SendBuffer never falls into the silly window, whatever strides the window opens in", () => {
  const random = createRandom(9);
  for (let run = 0; run < 200; run++) {
    const maxWindow = random.int(1000, 10_000);
    const mss = random.pick([536, 1460]);
    const buffer = createSendBuffer(100_000);
    buffer.write(new Uint8Array(50_000), 0, 50_000);
    let edge = maxWindow;
    let segments = 0;
    while (buffer.start() < 50_000) {
      for (;;) {
        const piece = buffer.pieceToSend({ edge, mss, maxWindow, noDelay: true, closing: false });
        if (piece === undefined) break;
        assert(piece.push || piece.length >= Math.min(mss, maxWindow / 2), `a segment of ${piece.length} bytes`);
        buffer.sent(piece.from + piece.length);
        segments++;
      }
      buffer.acknowledge(buffer.next());
      // The reader reads in crumbs, and a foolish receiver announces each of them.
      edge = Math.max(edge, Math.min(buffer.start() + maxWindow, edge + random.int(1, 50)));
    }
    assertLessOrEqual(segments, Math.ceil(50_000 / Math.min(mss, maxWindow / 2)));
  }
});
