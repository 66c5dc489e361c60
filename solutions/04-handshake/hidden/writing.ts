/** Hidden checks of writeSegment: all options together, and buffers that were used before. */
import { anySeq } from "../../../labs/04-handshake/checks/samples.ts";
import { anyFields, expectOptions, optionsIn, spelled, written } from "../../../labs/04-handshake/checks/write.ts";
import { ACK, SYN } from "../../../stack/wire/tcp_flags.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export const write: Readonly<Record<string, CheckSpec>> = {
  "every-combination": {
    title: "all combinations of options are written",
    kind: "table",
    weight: 2,
    covers: ["MUST-64", "MUST-68", "MUST-14"],
    look: ["writeSegment"],
    why:
      "Each option is there or not, whatever the others are: 16 combinations, and each has a length of its own. A header whose data offset counts one option more than it has begins with a byte of rubbish.",
    hints: [
      "Which options has the failing combination?",
      "The length before the push, and what is written behind it, must agree.",
      "One place moves the offset on, after each option that is written.",
    ],
    run: async (t) => {
      for (let bits = 0; bits < 16; bits++) {
        const [mss, windowScale] = [bits & 1 ? t.random.int(1, 0xffff) : 0, bits & 2 ? t.random.int(0, 14) : -1];
        const [sackPermitted, timestamps] = [(bits & 4) !== 0, (bits & 8) !== 0];
        const tsVal = t.random.int(0, 0xffff_ffff);
        const { header } = await written(
          t,
          anyFields(t.random, { flags: SYN, mss, windowScale, sackPermitted, timestamps, tsVal, tsEcr: 5 }),
        );
        const expected = [
          ...(mss > 0 ? [`2: ${spelled(mss, 2)}`] : []),
          ...(windowScale >= 0 ? [`3: ${windowScale}`] : []),
          ...(sackPermitted ? ["4:"] : []),
          ...(timestamps ? [`8: ${spelled(tsVal, 4)} 0 0 0 0`] : []),
        ];
        expectOptions(t, header, expected, `mss ${mss}, scale ${windowScale}, SACK ${sackPermitted}, timestamps ${timestamps}`);
      }
    },
  },

  "dense": {
    title: "three SACK blocks fit beside timestamps",
    kind: "table",
    covers: ["2018-4c", "7323-3.2a"],
    look: ["writeSegment"],
    why:
      "Forty bytes: 12 for timestamps, 28 for three blocks, if nothing is wasted (RFC 2018 §3). One word of padding too many, and the data offset runs over into the flags.",
    hints: [
      "How long is your header?",
      "60 bytes are the most: data offset 15, and no bit of it in the lower half of byte 12.",
      "01 01 08 0a and 01 01 05 1a: two no-operations each, none behind.",
    ],
    run: async (t) => {
      for (let i = 0; i < 3; i++) {
        const sack = Array.from({ length: 6 }, () => anySeq(t.random));
        const { header } = await written(t, anyFields(t.random, { timestamps: true, tsVal: 1, tsEcr: 2, sack }));
        t.equal(
          optionsIn(t, header).map(({ kind }) => kind).sort(),
          [5, 8],
          "the kinds of options beside timestamps and three SACK blocks",
        );
      }
    },
  },

  "same-twice": {
    title: "the same fields give the same bytes in any buffer",
    kind: "table",
    weight: 2,
    covers: ["MUST-2", "MUST-69"],
    look: ["writeSegment"],
    why:
      "Buffers are full of old bytes. A header that differs from one buffer to the next has a byte that nobody wrote: padding, reserved bits, an urgent pointer.",
    hints: ["At which offset do the two headers differ?", "That byte was in the buffer before.", "Write all of them: the padding, too."],
    run: async (t: Trial) => {
      for (const options of [{}, { windowScale: 3 }, { sackPermitted: true, mss: 1460 }, { timestamps: true, tsVal: 3, tsEcr: 4 }]) {
        const fields = anyFields(t.random, { flags: SYN | ACK, ...options });
        const text = t.random.bytes(t.random.int(0, 5));
        const [first, second] = [await written(t, fields, text), await written(t, fields, text)];
        // The sums differ with the addresses.
        for (const { header } of [first, second]) header.fill(0, 16, 18);
        t.equal(second.header, first.header, `the header of ${amount(first.headerLength)}, written once more`);
      }
    },
  },
};
