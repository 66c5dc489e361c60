/** A receive buffer of the student's on a bench: the check plays peer, engine and application. */
import type { ReceiveBuffer } from "../../../stack/contract/buffers.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { Remote, Trial } from "../../../tools/harness/suite.ts";
import { blocksText, expectBytes, framed } from "./stream.ts";

/** A receive buffer, and the means to feed it and to look at it. */
export interface ReceiveBench {
  readonly buffer: Remote<ReceiveBuffer>;
  readonly capacity: number;
  /** Inserts `text` at this offset of the stream; returns what insert returned. */
  insert(offset: number, text: Uint8Array): Promise<number>;
  /** As `insert`; fails unless next() moves on by so many bytes, and says so. */
  expectInsert(offset: number, text: Uint8Array, moved: number, what?: string): Promise<void>;
  /** Reads up to `count` bytes into the middle of an array; fails when it does anything else to the array. */
  read(count: number): Promise<Uint8Array>;
  /** Reads all there is; fails unless it is this, which lies at `from` in the stream. */
  expectRead(text: Uint8Array, from: number, what?: string): Promise<void>;
  /** Fails unless these are the blocks beyond the gap: from, to, from, to. */
  expectBeyond(count: number, expected: readonly number[], when: string): Promise<void>;
}

/** What the bytes are about, in a check that is about something else. */
export const BYTES = {
  why:
    "Whatever else happens: each byte that came is read once, in its place, as the peer sent it (RFC 9293 §2.2). Text that nobody has read yet is lost when memory is made " +
    "without it: `reserve` keeps what lies from its first argument on, and that is `#start`.",
  look: ["createReceiveBuffer.insert", "createReceiveBuffer.read"],
};

/** Puts an empty buffer on the bench. */
export async function receiveBench(t: Trial, capacity = 20_000): Promise<ReceiveBench> {
  const buffer = await t.buffers.createReceiveBuffer(capacity);
  t.ok(typeof buffer?.insert === "function", "createReceiveBuffer to return an object with the methods of ReceiveBuffer", "something else");
  /** What next() said last, as long as nothing has come since. */
  let known: number | undefined;
  const bench: ReceiveBench = {
    buffer,
    capacity,
    insert: async (offset, text) => {
      known = undefined;
      const { frame, at } = framed(t.random, text);
      return await buffer.insert(offset, frame, at, text.length);
    },
    expectInsert: async (offset, text, moved, what = "") => {
      const before = known ?? await buffer.next();
      const returned = await bench.insert(offset, text);
      const next = known = await buffer.next();
      const told = `insert of ${amount(text.length)} at offset ${offset}, where ${before} is missing${what === "" ? "" : `, ${what}`}`;
      t.ok(next === before + moved, `next() to be ${before + moved} after ${told}`, `${next}`);
      t.ok(returned === moved, `${moved} from ${told}: so far did next() move`, `${returned}`);
    },
    read: async (count) => {
      const at = t.random.int(1, 9);
      const target = new Uint8Array(at + count + t.random.int(1, 9)).fill(t.random.int(1, 255));
      const before = target.slice();
      const copied = await buffer.read(t.inout(target), at, count);
      const isCount = Number.isInteger(copied) && copied >= 0 && copied <= count;
      await t.about(
        { look: ["createReceiveBuffer.read"] },
        () => t.ok(isCount, `read(target, ${at}, ${count}) to return how many bytes it copied`, `${copied}`),
      );
      const touched = before.findIndex((byte, index) => (index < at || index >= at + copied) && byte !== target[index]);
      t.ok(touched < 0, `read to write from ${at} up to ${at + copied} in the target, and nowhere else`, `a change at ${touched}`);
      return target.slice(at, at + copied);
    },
    expectRead: async (text, from, what = "read, of all there is") => {
      expectBytes(t, await bench.read(text.length + 100), text, what, from);
    },
    expectBeyond: async (count, expected, when) => {
      const blocks = await buffer.beyond(count);
      t.ok(blocksText(blocks) === blocksText(expected), `${blocksText(expected)} from beyond(${count}) ${when}`, blocksText(blocks));
    },
  };
  return bench;
}
