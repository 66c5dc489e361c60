/** Hidden checks of the checksum: long data, order, and the two zeros. */
import { type Case, compareAll, hex, rightChecksum, viewOf } from "../../../labs/03-ip/checks/samples.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const checksum: Readonly<Record<string, CheckSpec>> = {
  "longest": {
    title: "the longest packets, and the heaviest, are summed exactly",
    kind: "table",
    weight: 2,
    covers: ["1071-2"],
    look: ["internetChecksum"],
    why:
      "65,535 bytes of ff sum to more than 2³¹ as 16-bit words, and far more as 32-bit words: what overflows silently is lost, and only long packets " +
      "show it. A number in JavaScript is exact up to 2⁵³, an operand of `&` or `>>>` only up to 2³².",
    hints: [
      "From which length on is it wrong? Work out the largest sum your variable may reach.",
      "`|`, `&` and `>>` take the low 32 bits and forget the rest. Fold before you use them, or in between.",
      "The part above 2³² is `Math.floor(sum / 2 ** 32)`, and counts like the part above 2¹⁶: 1 for each.",
    ],
    run: async (t) => {
      const cases: Case[] = [];
      for (const length of [65_535, 65_534, 40_000]) {
        const bytes = new Uint8Array(length).fill(0xff);
        const initial = length === 40_000 ? 0x1_fffe : 0x7fff_ffff;
        cases.push({
          args: [viewOf(bytes), 0, length, initial],
          expected: rightChecksum(bytes, initial),
          what: `the checksum of ${length} bytes of ff, beginning with ${hex(initial)}`,
        });
      }
      const bytes = t.random.bytes(33_333);
      cases.push({ args: [viewOf(bytes), 0, 33_333], expected: rightChecksum(bytes), what: "the checksum of 33,333 bytes" });
      await compareAll(t, "internetChecksum", cases);
    },
  },

  "any-order": {
    title: "words may be summed in any order, and in parts",
    kind: "table",
    covers: ["1071-3"],
    look: ["internetChecksum"],
    why:
      "Addition commutes (RFC 1071 §2 A): that is why a pseudo-header may be summed apart, and why the checksum cannot tell that two words were swapped. A sum that is handed " +
      "on as `initial` is the complement of a checksum.",
    hints: [
      "Does the sum of the first half, handed on as `initial`, give the checksum of the whole?",
      "The sum is what the checksum is the complement of.",
      "Begin the sum with `initial`; don't add it after the complement was taken.",
    ],
    run: async (t) => {
      for (let i = 0; i < 5; i++) {
        const words = Array.from({ length: t.random.int(4, 40) }, () => t.random.int(0, 0xffff));
        const bytes = Uint8Array.from(words.flatMap((word) => [word >>> 8, word & 255]));
        const shuffled = Uint8Array.from(t.random.shuffle(words).flatMap((word) => [word >>> 8, word & 255]));
        const right = hex(rightChecksum(bytes));
        t.equal(
          hex(await t.ip.internetChecksum(viewOf(shuffled), 0, shuffled.length)),
          right,
          "the checksum of the same words in another order",
        );
        const cut = t.random.int(1, words.length - 1) * 2;
        const first = await t.ip.internetChecksum(viewOf(bytes), 0, cut);
        const whole = await t.ip.internetChecksum(viewOf(bytes), cut, bytes.length, 0xffff - first);
        t.equal(hex(whole), right, `the checksum of all, when the sum of the first ${cut} bytes is handed on`);
      }
    },
  },

  "two-zeros": {
    title: "zero data and data that sum to ffff are told apart",
    kind: "table",
    covers: ["1071-4"],
    look: ["internetChecksum"],
    why:
      "One's complement has two zeros, 0000 and ffff. Data of nothing but zeros sum to 0000, and their checksum is ffff; everything else whose sum is a multiple of 65,535 sums to " +
      "ffff, with checksum 0000 (RFC 1071 §2). A remainder modulo 65,535 mixes them up.",
    hints: [
      "What is your checksum of four zero bytes? And of ff ff?",
      "Fold by shift and mask: a sum of ffff stays ffff.",
      "`sum % 0xffff` turns ffff into 0. Only a sum that is 0 from the start may be 0 at the end.",
    ],
    run: async (t) => {
      const half = t.random.int(1, 0xfffe);
      const samples: [number[], string][] = [
        [[], "0xffff"],
        [[0], "0xffff"],
        [[0, 0, 0, 0], "0xffff"],
        [Array(40).fill(0), "0xffff"],
        [[0xff, 0xff], "0x0000"],
        [[0xff, 0xff, 0xff, 0xff, 0, 0], "0x0000"],
        [[half >>> 8, half & 255, (0xffff - half) >>> 8, (0xffff - half) & 255], "0x0000"],
      ];
      for (const [list, expected] of samples) {
        const bytes = Uint8Array.from(list);
        t.equal(
          hex(await t.ip.internetChecksum(viewOf(bytes), 0, bytes.length)),
          expected,
          `the checksum of ${amount(list.length)}: ${list.join(" ")}`,
        );
      }
    },
  },

  "update-to-zero": {
    title: "an update that comes to zero gives the right zero",
    kind: "table",
    weight: 2,
    covers: ["1624"],
    look: ["updateChecksum"],
    why:
      "The older formula, HC' = HC + m − m', gives ffff where the right checksum is 0000, and some receivers then drop the packet. That is the fault which RFC 1624 §3 mends, " +
      "and this is its example (§4): dd2f, 5555, 3285.",
    hints: [
      "Which formula do you use? RFC 1624 has three, and two of them are there to show a fault.",
      "Equation 3: HC' = ~(~HC + ~m + m').",
      "Take the complement *last*, over the folded sum.",
    ],
    run: async (t) => {
      const cases: Case[] = [{ args: [0xdd2f, 0x5555, 0x3285], expected: 0, what: "the checksum of RFC 1624's example" }];
      for (let i = 0; i < 12; i++) {
        const words = [0x4500, ...Array.from({ length: 8 }, () => t.random.int(0, 0xffff))];
        const old = t.random.int(0, 0xffff);
        const before = sumOf([...words, old]);
        // The new word is what brings the sum of all to ffff, and the checksum to 0.
        const now = sumOf(words);
        cases.push({ args: [before, old, now], expected: 0, what: `checksum ${hex(before)} after a word ${hex(old)} became ${hex(now)}` });
      }
      const [kept, word] = [t.random.int(1, 0xfffe), t.random.int(0, 0xffff)];
      cases.push({ args: [kept, word, word], expected: kept, what: `checksum ${hex(kept)} after a word stayed ${hex(word)}` });
      await compareAll(t, "updateChecksum", cases);
    },
  },
};

/** The checksum of these words. */
function sumOf(words: readonly number[]): number {
  return rightChecksum(Uint8Array.from(words.flatMap((word) => [word >>> 8, word & 255])));
}
