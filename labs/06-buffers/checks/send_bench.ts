/** A send buffer of the student's on a bench: the check plays application, engine and peer. */
import type { SendBuffer, SendLimits, SendPiece } from "../../../stack/contract/buffers.ts";
import { Frame } from "../../../stack/wire/frame.ts";
import { join } from "../../../tools/harness/packets.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { Remote, Trial } from "../../../tools/harness/suite.ts";
import { expectBytes } from "./stream.ts";

/** Limits that hold back nothing but Nagle. */
export const OPEN: SendLimits = { edge: 30_000, mss: 1460, maxWindow: 65_535, noDelay: false, closing: false };

/** Where a buffer stands. Offsets. */
export interface Marks {
  readonly start: number;
  readonly next: number;
  readonly end: number;
}

/** A send buffer, and the stream that is written to it. */
export interface SendBench {
  readonly buffer: Remote<SendBuffer>;
  readonly capacity: number;
  /** Everything that the buffer took so far, from offset 0 on. */
  readonly written: Uint8Array;
  /** Writes so many random bytes, which lie somewhere in a longer array; returns how many the buffer took. */
  write(count: number): Promise<number>;
  /** As `write`; fails unless the buffer takes so many of them. */
  expectWrite(count: number, taken: number, when: string): Promise<void>;
  /** The bytes that `copyInto` appends to a frame, which holds something already; fails when it does anything else to the frame. */
  copied(from: number, length: number): Promise<Uint8Array>;
  /** Fails unless `copyInto` gives these bytes as they were written. */
  expectText(from: number, length: number, what?: string): Promise<void>;
  /** Fails unless the buffer stands there, and has room accordingly. */
  expectMarks(marks: Marks, when: string): Promise<void>;
}

/** What write returns is write's affair, whatever the check is about. */
const WRITE = { look: ["createSendBuffer.write"] };

/** Puts an empty buffer on the bench. */
export async function sendBench(t: Trial, capacity = 20_000): Promise<SendBench> {
  const buffer = await t.buffers.createSendBuffer(capacity);
  t.ok(typeof buffer?.write === "function", "createSendBuffer to return an object with the methods of SendBuffer", "something else");
  let written = new Uint8Array();
  const bench: SendBench = {
    buffer,
    capacity,
    get written() {
      return written;
    },
    write: async (count) => {
      const text = t.random.bytes(count);
      const at = t.random.int(0, 9);
      const array = new Uint8Array(at + count + t.random.int(1, 9)).fill(t.random.int(1, 255));
      array.set(text, at);
      const taken = await buffer.write(array, at, count);
      const isCount = Number.isInteger(taken) && taken >= 0 && taken <= count;
      await t.about(WRITE, () => t.ok(isCount, `write to return how many of ${amount(count)} it took`, `${taken}`));
      written = join(written, text.subarray(0, taken));
      return taken;
    },
    expectWrite: async (count, taken, when) => {
      const returned = await bench.write(count);
      await t.about(WRITE, () => t.ok(returned === taken, `${taken} from write of ${amount(count)} ${when}`, `${returned}`));
    },
    copied: async (from, length) => {
      const frame = new Frame(300 + length, 128);
      frame.bytes.fill(t.random.int(1, 255));
      const at = frame.append(t.random.int(1, 40));
      const before = frame.bytes.slice();
      const end = frame.end;
      await buffer.copyInto(frame, from, length);
      t.ok(
        frame.start === at && frame.end === end + length,
        `copyInto(frame, ${from}, ${length}) to append ${amount(length)}: frame.start ${at}, frame.end ${end + length}`,
        `frame.start ${frame.start}, frame.end ${frame.end}`,
      );
      const touched = before.findIndex((byte, index) => (index < end || index >= end + length) && byte !== frame.bytes[index]);
      t.ok(touched < 0, `copyInto to write from ${end} up to ${end + length} in frame.bytes, and nowhere else`, `a change at ${touched}`);
      return frame.bytes.slice(end, end + length);
    },
    expectText: async (from, length, what = `copyInto(frame, ${from}, ${length})`) => {
      expectBytes(t, await bench.copied(from, length), written.subarray(from, from + length), what, from);
    },
    expectMarks: async ({ start, next, end }, when) => {
      const seen = { start: await buffer.start(), next: await buffer.next(), end: await buffer.end(), room: await buffer.room() };
      t.fields(seen, { start, next, end, room: capacity - (end - start) }, `the buffer ${when}`);
    },
  };
  return bench;
}

/** A buffer that was written to, sent from and acknowledged, up to these offsets. */
export async function standing(t: Trial, { start, next, end }: Marks, capacity = Math.max(20_000, end)): Promise<SendBench> {
  const bench = await sendBench(t, capacity);
  await bench.expectWrite(end, end, `into an empty buffer of ${capacity}`);
  if (next > 0) await bench.buffer.sent(next);
  if (start > 0) await bench.buffer.acknowledge(start);
  return bench;
}

/** One question to pieceToSend: where the buffer stands, and what limits it. */
export interface Situation extends Marks {
  readonly limits: SendLimits;
  /** What must come: the piece's length, 0 for none. */
  readonly length: number;
}

/** Asks pieceToSend in each situation, each with a buffer of its own. */
export async function expectPieces(t: Trial, situations: readonly Situation[]): Promise<void> {
  for (const { limits, length, ...marks } of situations) {
    const { buffer } = await standing(t, marks);
    const { start, next, end } = marks;
    const window = `the window leaves ${limits.edge - next} (at most ${limits.maxWindow} ever)`;
    const flags = `${limits.noDelay ? ", noDelay" : ""}${limits.closing ? ", closing" : ""}`;
    const situation = `${end - next} waiting, ${next - start} in flight, ${window}, MSS ${limits.mss}${flags}`;
    t.step(`${situation}: ${length === 0 ? "nothing may go" : `${length} may go`}`);
    const piece = await buffer.pieceToSend(limits);
    const expected = length === 0 ? undefined : { from: next, length, push: next + length === end };
    await expectPiece(t, piece, expected, `pieceToSend, with ${situation}`);
  }
}

/** What a piece is about of which only `push` is wrong. */
const PUSH = {
  why:
    "Where the piece lies is right, only `push` is not. It is about the end of what was written: the piece that ends there says push, the first time and each time again, " +
    "and no other piece does (RFC 9293 §3.9.1.2, MUST-61).",
  look: [],
};

/** Fails unless this is the piece. */
export async function expectPiece(t: Trial, piece: SendPiece | undefined, expected: SendPiece | undefined, what: string): Promise<void> {
  const compare = (): Promise<void> =>
    Promise.try(() => t.ok(samePiece(piece, expected), `${pieceText(expected)} (${what})`, pieceText(piece)));
  const onlyPush = expected !== undefined && piece?.from === expected.from && piece.length === expected.length;
  await (onlyPush ? t.about(PUSH, compare) : compare());
}

export function samePiece(a: SendPiece | undefined, b: SendPiece | undefined): boolean {
  if (a === undefined || b === undefined || a === null) return a === b;
  return a.from === b.from && a.length === b.length && a.push === b.push;
}

/** "a piece of 1460 bytes from offset 0, without push", "no piece". */
export function pieceText(piece: SendPiece | undefined): string {
  if (piece === undefined) return "no piece";
  if (typeof piece !== "object" || piece === null) return `${piece}`;
  const push = piece.push === true ? "with push" : piece.push === false ? "without push" : `push ${piece.push}`;
  return `a piece of ${amount(piece.length)} from offset ${piece.from}, ${push}`;
}
