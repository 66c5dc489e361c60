/** Checks of internetChecksum and updateChecksum: the sum that goes over every header and every message. */
import type { Random } from "../../../stack/wire/random.ts";
import { join } from "../../../tools/harness/packets.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { type Case, compareAll, hex, rightChecksum, viewOf } from "./samples.ts";

/** The checksum of exactly these bytes, by the student's function. */
async function checksumOf(t: Trial, bytes: Uint8Array, initial?: number): Promise<string> {
  const args = initial === undefined ? [] as const : [initial] as const;
  return hex(await t.ip.internetChecksum(viewOf(bytes), 0, bytes.length, ...args));
}

/** Data whose sum carries twice for whoever adds words of 32 bits: each four bytes and their complements come to 2³² − 1; then a 1. */
function carriesTwice(random: Random): Uint8Array {
  const pairs = Array.from({ length: random.int(1, 6) * 2 }, () => random.bytes(4));
  return join(...pairs.flatMap((half) => [half, half.map((byte) => ~byte)]), Uint8Array.of(0, 1));
}

/** An update whose three terms sum to exactly 1ffff: folded once that is 10000, which carries again and makes 0001. */
function carriesAgain(random: Random): Case {
  const before = random.int(0, 0x7fff);
  const old = random.int(0, 0x7ffe);
  const now = before + old + 1;
  return { args: [before, old, now], expected: 0xfffe, what: `checksum ${hex(before)} after a word ${hex(old)} became ${hex(now)}` };
}

export const checksum: Readonly<Record<string, CheckSpec>> = {
  "even-lengths": {
    title: "the example of RFC 1071, and other data of even length",
    kind: "table",
    weight: 2,
    covers: ["1071-4"],
    look: ["internetChecksum"],
    why:
      "The checksum is the one's complement of the one's complement sum of all 16-bit words (RFC 1071 §1). Words are big-endian: the first " +
      "byte of each is the high one. The RFC works one example through; every later fault is easier to find once that one is right.",
    hints: [
      "Work the example of the handout on paper: 00 01 f2 03 f4 f5 f6 f7.",
      "Add the words, then add what stands above the low 16 bits to the low 16 bits, then turn every bit over.",
      "2ddf0 is the sum; ddf0 + 2 = ddf2; 0xffff − 0xddf2 = 0x220d. `~sum & 0xffff` turns the bits over.",
    ],
    run: async (t) => {
      const example = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
      t.equal(await checksumOf(t, example), "0x220d", "the checksum of 00 01 f2 03 f4 f5 f6 f7");
      for (const length of [2, 4, 20, t.random.int(5, 300) * 2, t.random.int(301, 700) * 2]) {
        const bytes = t.random.bytes(length);
        t.equal(await checksumOf(t, bytes), hex(rightChecksum(bytes)), `the checksum of ${amount(length)}`);
      }
    },
  },

  "odd-lengths": {
    title: "the last byte of an odd length is the high byte of a word",
    kind: "table",
    weight: 2,
    covers: ["1071-1"],
    look: ["internetChecksum"],
    why:
      "An odd message is padded with a zero byte on its right, for the sum only: it is not sent (RFC 1071 §4.1). Drop the last byte, or take " +
      "it as the low one, and every second ping fails while the others succeed, which is a fault that is easily missed.",
    hints: [
      "What does your loop do with the last of 7 bytes?",
      "The missing partner is a 0 behind it, so the byte itself counts 256-fold.",
      "After the loop: when one byte is left at `end - 1`, add it shifted left by 8.",
    ],
    run: async (t) => {
      for (const length of [1, 3, 7, 9, 15, 17, 19, t.random.int(10, 100) * 2 + 1, 1481]) {
        const bytes = t.random.bytes(length);
        bytes[length - 1] = t.random.int(1, 255);
        t.equal(await checksumOf(t, bytes), hex(rightChecksum(bytes)), `the checksum of ${amount(length)}`);
      }
    },
  },

  "carries": {
    title: "a carry that makes another carry is folded too",
    kind: "table",
    weight: 2,
    covers: ["1071-2"],
    look: ["internetChecksum"],
    why:
      "Adding the carries back in can carry once more: 1fffe folds to ffff, but 2ffff folds to 10001, and that to 0002. A stack that folds once " +
      "is right for almost every packet and wrong for one in some thousands (RFC 1071 §2): the worst kind of fault.",
    hints: [
      "What becomes of the sum 0x2ffff in your code, step by step?",
      "Fold until nothing stands above the low 16 bits. Twice is always enough for a sum below 2³².",
      "Repeat while the sum is greater than 0xffff: low 16 bits plus the rest.",
    ],
    run: async (t) => {
      for (let i = 0; i < 8; i++) {
        // n words of ffff and one k below n sum to (n − 1)·2¹⁶ + 2¹⁶ + k − n: the first fold gives 2¹⁶ + k − 1, which carries again.
        const count = t.random.int(2, 30);
        const bytes = new Uint8Array(count * 2 + 2).fill(0xff);
        const small = t.random.int(1, count - 1);
        bytes.set([small >>> 8, small & 255], t.random.int(0, count) * 2);
        const expected = hex(rightChecksum(bytes));
        t.equal(await checksumOf(t, bytes), expected, `the checksum of ${count} words of ffff and one of ${hex(small)}`);
        const long = carriesTwice(t.random);
        t.equal(await checksumOf(t, long), hex(rightChecksum(long)), `the checksum of ${long.length} bytes`);
      }
    },
  },

  "part-of-a-buffer": {
    title: "only the bytes from start up to end count, wherever start is",
    kind: "table",
    covers: ["1071-1"],
    look: ["internetChecksum"],
    why:
      "A header lies somewhere in a larger buffer, behind 14 bytes of Ethernet or 37 bytes of something else. Words are counted from `start`, odd " +
      "or even, and the bytes behind `end` are rests of other packets.",
    hints: [
      "Is your last read behind `end`, when two or four bytes are read at a time?",
      "`end` is one past the last byte. Begin at `start`, even when it is odd: a DataView reads from any offset.",
      "A loop that reads n bytes at `at` may run only while `at + n <= end`.",
    ],
    run: async (t) => {
      const cases: Case[] = [];
      const bytes = t.random.bytes(160);
      for (let i = 0; i < 40; i++) {
        const start = t.random.int(0, 60);
        const end = start + t.random.int(1, 90);
        const part = bytes.subarray(start, end);
        const what = `the checksum of the bytes from ${start} up to ${end}, of 160`;
        cases.push({ args: [viewOf(bytes), start, end], expected: rightChecksum(part), what, bytes: part });
      }
      await compareAll(t, "internetChecksum", cases);
    },
  },

  "initial-sum": {
    title: "the sum begins with what it is given",
    kind: "table",
    covers: ["1071-3"],
    look: ["internetChecksum"],
    why:
      "UDP and TCP sum a pseudo-header too: addresses, protocol and length, which are not in front of their bytes (RFC 768). Since the order of " +
      "addition does not matter (RFC 1071 §2 A), their sum is handed in as a number to begin with. It may be as large as 2³¹ − 1, and so the whole sum " +
      "larger: above 2³¹ a number turns negative under `&`, `|` and `>>`.",
    hints: [
      "Where does your sum begin: at 0, or at `initial`?",
      "The initial sum may be longer than 16 bits: it is folded together with all the rest.",
      "Without a fourth argument it is 0. With 0x7fffffff the sum passes 2³¹: shift it by `>>>`.",
    ],
    run: async (t) => {
      const any = [t.random.int(1, 0xffff), t.random.int(0x1_0000, 0xf_ffff), t.random.int(0x7000_0000, 0x7fff_fffe)];
      for (const initial of [1, 0xffff, 0x1_0000, ...any, 0x7fff_ffff]) {
        // The largest sum to begin with gets the heaviest data, so that it passes 2³¹.
        const bytes = initial === 0x7fff_ffff ? new Uint8Array(40).fill(0xff) : t.random.bytes(t.random.int(8, 60));
        const expected = hex(rightChecksum(bytes, initial));
        t.equal(await checksumOf(t, bytes, initial), expected, `the checksum of ${bytes.length} bytes, beginning with ${hex(initial)}`);
      }
    },
  },

  "verify": {
    title: "over data with its own checksum in it, the result is 0",
    kind: "table",
    covers: ["1071-4"],
    look: ["internetChecksum"],
    why:
      "A receiver need not take the field out, sum, and compare: it sums everything, and a number plus its own complement is ffff, whose complement " +
      "is 0 (RFC 1071 §1). One changed bit anywhere must show.",
    hints: [
      '0 and 0xffff are both "zero" in one\'s complement: which do you return?',
      "A sum of ffff must come out as checksum 0. Do you fold with a remainder modulo 65535? That makes ffff into 0 before you invert it.",
      "Fold with shift and mask, then `~sum & 0xffff`.",
    ],
    run: async (t) => {
      for (let i = 0; i < 6; i++) {
        const bytes = t.random.bytes(t.random.int(5, 40) * 2);
        bytes.set([0, 0], 2);
        const right = rightChecksum(bytes);
        bytes.set([right >>> 8, right & 255], 2);
        t.equal(await checksumOf(t, bytes), "0x0000", `the checksum over ${bytes.length} bytes with their checksum in bytes 2 and 3`);
        const at = t.random.int(4, bytes.length - 1);
        bytes[at] = (bytes[at] as number) ^ 1 << t.random.int(0, 7);
        t.equal(await checksumOf(t, bytes), hex(rightChecksum(bytes)), `the same after a bit of byte ${at} has changed`);
      }
    },
  },

  "update": {
    title: "one changed word is worked into the checksum",
    kind: "table",
    weight: 2,
    covers: ["1624"],
    look: ["updateChecksum"],
    why:
      "A router changes one byte of every packet that it forwards, and would have to sum 20 bytes for it. Subtract the old word and add the new one: " +
      "in one's complement, subtracting is adding the complement (RFC 1624 §3). The field holds the *complement* of the sum. Two rare cases tell " +
      "the formula from its look-alikes: a sum that comes to ffff, and one that carries twice.",
    hints: [
      "The field is ~sum. What is the sum, then, without the old word and with the new one?",
      "HC' = ~(~HC + ~m + m'), all in 16 bits, with the carries folded back in.",
      "`~x` in JavaScript has 32 bits and a sign: mask each complement with 0xffff before you add.",
    ],
    run: async (t) => {
      const example = {
        args: [0xdd2f, 0x5555, 0x3285],
        expected: 0,
        what: "checksum 0xdd2f after a word 0x5555 became 0x3285 (RFC 1624 §4)",
      };
      const cases: Case[] = [example, carriesAgain(t.random), carriesAgain(t.random)];
      for (let i = 0; i < 60; i++) {
        const bytes = t.random.bytes(20);
        bytes[0] = 0x45;
        const before = rightChecksum(bytes);
        const at = t.random.int(1, 9) * 2;
        const view = viewOf(bytes);
        const old = view.getUint16(at);
        const now = t.random.pick([0, 0xffff, old - 0x100 & 0xffff, t.random.int(0, 0xffff)]);
        view.setUint16(at, now);
        const what = `checksum ${hex(before)} after a word ${hex(old)} became ${hex(now)}`;
        cases.push({ args: [before, old, now], expected: rightChecksum(bytes), what });
      }
      await compareAll(t, "updateChecksum", cases);
    },
  },
};
