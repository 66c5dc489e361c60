/** Checks of writeSegment: the header in front of the text, its options, and nothing left over from the segment before. */
import type { SegmentFields } from "../../../stack/contract/handshake.ts";
import type { Frame } from "../../../stack/wire/frame.ts";
import type { Random } from "../../../stack/wire/random.ts";
import { seq } from "../../../stack/wire/seq.ts";
import { ACK, SYN } from "../../../stack/wire/tcp_flags.ts";
import { amount, anyEnds, bytesText, usedFrame, zeroSum } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { callOfWrite } from "./checksum.ts";
import { anySeq, expectFields, flagsText } from "./samples.ts";

/** A header whose numbers are all drawn, without options. */
export function anyFields(random: Random, fields: Partial<SegmentFields> = {}): SegmentFields {
  return {
    sourcePort: random.int(1, 0xffff),
    destinationPort: random.int(1, 0xffff),
    seq: anySeq(random),
    ack: anySeq(random),
    flags: ACK,
    window: random.pick([0, 1, 0x8000, 0xffff, random.int(2, 0xfffe)]),
    urgentPointer: random.int(0, 0xffff),
    mss: 0,
    windowScale: -1,
    sackPermitted: false,
    timestamps: false,
    tsVal: 0,
    tsEcr: 0,
    sack: [],
    ...fields,
  };
}

/** A segment as it was written. */
export interface Written {
  readonly frame: Frame;
  readonly header: Uint8Array;
  /** Bytes of the header, by the data offset. */
  readonly headerLength: number;
  readonly text: Uint8Array;
}

const DATA_OFFSET = {
  why:
    "The data offset says how long the header is, options and padding included, in words of 4 bytes (RFC 9293 §3.1). It is the upper half of byte 12, and must be as much as `frame.push` " +
    "has made room for: else every reader takes options for text, or text for options.",
  look: ["writeSegment"],
};

/** Lets the student write a header in front of some text, in a buffer that was used before, and reads where it ends. */
export async function written(t: Trial, fields: SegmentFields, text = t.random.bytes(t.random.int(0, 9))): Promise<Written> {
  const frame = usedFrame(t.random, text, t.random.int(90, 120));
  const at = frame.start;
  const before = frame.bytes.slice(0, at);
  const { source, destination } = anyEnds(t.random);
  await t.handshake.writeSegment(frame, fields, source, destination, zeroSum(t));
  const headerLength = (frame.bytes[frame.start + 12] ?? 0) >> 4 << 2;
  const pushed = at - frame.start;
  await t.about(DATA_OFFSET, () => {
    t.ok(pushed > 0, "a header that is pushed in front of the text", "nothing is pushed: frame.start is where it was");
    const says = `${amount(headerLength)}, by a data offset of ${headerLength / 4} words, and ${
      amount(pushed)
    } are pushed in front of the text`;
    t.ok(headerLength === pushed, "a header that is as long as the room that is made for it", says);
  });
  t.equal(frame.end, at + text.length, "frame.end, which nobody moved");
  for (let word = frame.start + 20; word < at; word += 4) {
    const [old, now] = [before.subarray(word, word + 4), frame.bytes.subarray(word, word + 4)];
    const left = `${bytesText(now)} at byte ${word - frame.start}, which an older segment has left there`;
    t.ok(bytesText(old) !== bytesText(now), `options in all of the ${headerLength - 20} bytes that the header has for them`, left);
  }
  return {
    frame,
    headerLength,
    header: frame.bytes.slice(frame.start, at),
    text: frame.bytes.slice(at, at + text.length),
  };
}

/** An option as it stands in a header. */
export interface WrittenOption {
  readonly kind: number;
  readonly data: readonly number[];
}

/** The options of a header, but for no-operations and the end of the list; fails at one that cannot be read. */
export function optionsIn(t: Trial, header: Uint8Array): WrittenOption[] {
  const list = header.subarray(20);
  const found: WrittenOption[] = [];
  for (let at = 0; at < list.length;) {
    const kind = list[at] as number;
    if (kind === 0) {
      t.ok(
        list.subarray(at).every((byte) => byte === 0),
        "nothing but zeros behind the end of the list",
        `${bytesText(list)}: a list that ends at byte ${at}, by the lengths in it`,
      );
      break;
    }
    const length = kind === 1 ? 1 : list[at + 1] ?? 0;
    const there = `${bytesText(list)}: at byte ${at} an option of kind ${kind}, and of length ${length}`;
    t.ok(
      kind === 1 || length >= 2 && at + length <= list.length,
      "options that fill the header as its data offset says, each with its length",
      there,
    );
    if (kind !== 1) found.push({ kind, data: [...list.subarray(at + 2, at + length)] });
    at += length;
  }
  return found;
}

/** Fails unless the header has exactly these options, in any order: "2: 5 180" is an MSS of 1460. */
export function expectOptions(t: Trial, header: Uint8Array, expected: readonly string[], what: string): void {
  const text = (lines: readonly string[]): string => lines.length === 0 ? "none" : [...lines].sort().join(" · ");
  const got = optionsIn(t, header).map(({ kind, data }) => `${kind}: ${data.join(" ")}`.trim());
  t.ok(
    text(got) === text(expected),
    `options ${text(expected)}\n(kind: value) of ${what}`,
    `options ${text(got)}\n(${bytesText(header.subarray(20))})`,
  );
  t.step(`the options of ${what} are right: ${bytesText(header.subarray(20)) || "none"}`);
}

/** A number as the bytes of an option, as `expectOptions` writes them. */
export function spelled(value: number, size: number): string {
  return Array.from({ length: size }, (_, at) => Math.floor(value / 256 ** (size - 1 - at)) % 256).join(" ");
}

export const write: Readonly<Record<string, CheckSpec>> = {
  "fields": {
    title: "every field is written where it lies",
    kind: "table",
    weight: 2,
    covers: ["MUST-2"],
    look: ["writeSegment"],
    why:
      "The mirror image of parseSegment: seven numbers, big-endian, at fixed places (RFC 9293 §3.1). The buffer has been used before: a byte that is not written keeps what an older segment had there.",
    hints: [
      "Compare your bytes with the picture at the head of segment.ts.",
      "Ports at 0 and 2, numbers at 4 and 8, data offset at 12, flags at 13, window at 14, checksum at 16, urgent pointer at 18.",
      "`setUint16` and `setUint32`; byte 12 is the header's length in words, shifted left by 4: its low half, reserved, is zero.",
    ],
    run: async (t) => {
      for (let i = 0; i < 8; i++) {
        const fields = anyFields(t.random, { flags: t.random.int(0, 63) | ACK });
        const { frame, header } = await written(t, fields);
        const view = frame.view;
        const at = frame.start;
        expectFields(
          t,
          {
            sourcePort: view.getUint16(at),
            destinationPort: view.getUint16(at + 2),
            seq: view.getUint32(at + 4),
            ack: view.getUint32(at + 8),
            flags: view.getUint8(at + 13),
            window: view.getUint16(at + 14),
            urgentPointer: view.getUint16(at + 18),
          },
          { ...pick(fields) },
          `the header ${bytesText(header)}`,
        );
        t.equal(view.getUint8(at + 12) & 15, 0, "the reserved bits, the low half of byte 12");
      }
    },
  },

  "no-options": {
    title: "without options the header has 20 bytes",
    kind: "table",
    covers: ["MUST-65", "7323-2.2"],
    look: ["writeSegment"],
    why:
      "mss 0, windowScale −1, no flags and no blocks: nothing is to be said (RFC 9293 §3.1). Twenty bytes for each acknowledgment is enough; an MSS of 0 would even be wrong.",
    hints: [
      "How long is your header when every option is left out?",
      "Sum up the options' lengths first, then push.",
      "Data offset 5, and the text behind byte 19.",
    ],
    run: async (t) => {
      for (const size of [0, 1, t.random.int(2, 99)]) {
        const { headerLength } = await written(t, anyFields(t.random), t.random.bytes(size));
        t.equal(headerLength, 20, `the header's length in front of ${amount(size)} of text, without options`);
      }
    },
  },

  "text": {
    title: "the text stays where it is, behind the header",
    kind: "table",
    covers: ["MUST-2"],
    look: ["writeSegment"],
    why:
      "The text is in the frame already; the header grows in front of it (`frame.push`), and nothing is copied. A header that is written over the text loses the first bytes of a stream.",
    hints: [
      "Where does your header begin, and where does it end?",
      "`frame.push(length of the header, options included)` returns where it begins.",
      "The length of the options must be known before the push.",
    ],
    run: async (t) => {
      for (const size of [1, 2, t.random.int(3, 200)]) {
        const text = t.random.bytes(size);
        const result = await written(t, anyFields(t.random, { timestamps: true, mss: 1460, flags: SYN }), text);
        t.equal(result.text, text, `${amount(size)} of text behind a header of ${result.headerLength}`);
      }
    },
  },

  "syn-options": {
    title: "the options of a SYN are written",
    kind: "table",
    weight: 2,
    covers: ["MUST-14", "MUST-64", "MUST-68", "7323-2.2", "2018-2"],
    look: ["writeSegment"],
    why:
      "Kind, length, value; and no-operations or an end of list with zeros, so that the header fills whole words (RFC 9293 §3.2, RFC 2018 §2, RFC 7323 §2.2, §3.2). Our order is MSS, SACK-permitted, " +
      "timestamps, window scale, each padded in front; any order is legal.",
    hints: [
      "Write the bytes of one option down on paper: 02 04 05 b4.",
      "02 04 mss mss · 01 01 04 02 · 01 01 08 0a val×4 ecr×4 · 01 03 03 shift.",
      "One 32-bit number for each option's first word: 0x02040000 plus the MSS, 0x01010402, 0x0101080a, 0x01030300 plus the shift.",
    ],
    run: async (t) => {
      for (const flags of [SYN, SYN | ACK]) {
        const [mss, windowScale] = [t.random.int(1, 0xffff), t.random.int(1, 14)];
        const [tsVal, tsEcr] = [t.random.int(0x8000_0000, 0xffff_ffff), t.random.int(1, 0xffff_ffff)];
        const fields = { flags, mss, windowScale, sackPermitted: true, timestamps: true, tsVal, tsEcr };
        const { header } = await written(t, anyFields(t.random, fields));
        const echo = flags & ACK ? tsEcr : 0;
        const expected = [`2: ${spelled(mss, 2)}`, "4:", `8: ${spelled(tsVal, 4)} ${spelled(echo, 4)}`, `3: ${windowScale}`];
        expectOptions(t, header, expected, `a ${flagsText(flags)} with mss ${mss}, scale ${windowScale}, timestamps ${tsVal} ${echo}`);
      }
    },
  },

  "one-option": {
    title: "each option is written alone, and padded to whole words",
    kind: "table",
    weight: 2,
    covers: ["MUST-64", "MUST-69"],
    look: ["writeSegment"],
    why:
      "The data offset counts words of 4 bytes, so a window scale of 3 bytes needs a fourth (RFC 9293 §3.1). A scale of 0 is an option too: it says “you may scale”.",
    hints: [
      "Which of the options is missing, or there without being asked for?",
      "Each has its own condition: mss > 0, windowScale >= 0, the two flags.",
      "The header's length is 20 + 4, + 12 with timestamps.",
    ],
    run: async (t) => {
      const mss = t.random.int(1, 0xffff);
      const tsVal = t.random.int(0, 0xffff_ffff);
      const cases: [Partial<SegmentFields>, string][] = [
        [{ mss }, `2: ${spelled(mss, 2)}`],
        [{ windowScale: 0 }, "3: 0"],
        [{ windowScale: 14 }, "3: 14"],
        [{ sackPermitted: true }, "4:"],
        [{ timestamps: true, tsVal, tsEcr: 7 }, `8: ${spelled(tsVal, 4)} 0 0 0 7`],
      ];
      for (const [fields, expected] of cases) {
        const { header } = await written(t, anyFields(t.random, { flags: SYN | ACK, ...fields }));
        expectOptions(t, header, [expected], `a header with ${Object.entries(fields).map((pair) => pair.join(" ")).join(", ")}`);
      }
    },
  },

  "echo": {
    title: "without ACK, TSecr is written as 0",
    kind: "table",
    covers: ["7323-3.2a"],
    look: ["writeSegment"],
    why:
      "TSecr echoes the peer's timestamp, and when ACK is not set it must be zero (RFC 7323 §3.2): the first SYN has nothing to echo yet.",
    hints: [
      "What stands in the last four bytes of the option in a bare SYN?",
      "Look at the flags when you write it, not at the value.",
      "`fields.flags & ACK ? fields.tsEcr : 0`.",
    ],
    run: async (t) => {
      for (const flags of [SYN, 0, 1, SYN | ACK, ACK]) {
        const tsEcr = t.random.int(1, 0xffff_ffff);
        const { header } = await written(t, anyFields(t.random, { flags, timestamps: true, tsVal: 9, tsEcr }));
        const echo = flags & ACK ? tsEcr : 0;
        expectOptions(t, header, [`8: 0 0 0 9 ${spelled(echo, 4)}`], `timestamps 9 ${tsEcr} with ${flagsText(flags)}`);
      }
    },
  },

  "sack": {
    title: "SACK blocks are written in the order given",
    kind: "table",
    covers: ["2018-4b", "2018-4c"],
    look: ["writeSegment"],
    why:
      "05, the length, and left and right edge of each block (RFC 2018 §3). The first block is the newest, so the order says something; and 40 bytes of options hold four of them, or three beside timestamps.",
    hints: [
      "How long is the option with one block? With three?",
      "`sack` is a flat list: left, right, left, right. Length 2 + 4 for each number.",
      "01 01 05 len, then each number with `setUint32`.",
    ],
    run: async (t) => {
      for (const [count, timestamps] of [[1, false], [1, true], [2, true], [3, true], [4, false]] as const) {
        const edges = Array.from({ length: count * 2 }, () => anySeq(t.random));
        const { header } = await written(t, anyFields(t.random, { timestamps, tsVal: 1, tsEcr: 2, sack: edges }));
        const block = `5: ${edges.map((edge) => spelled(edge, 4)).join(" ")}`;
        expectOptions(t, header, timestamps ? ["8: 0 0 0 1 0 0 0 2", block] : [block], `a header with blocks ${edges.join(" ")}`);
      }
    },
  },

  "range": {
    title: "writing sums the whole segment",
    kind: "table",
    weight: 2,
    covers: ["MUST-2"],
    look: ["writeSegment"],
    why:
      "A sender must always compute the checksum (RFC 9293 §3.1: MUST-2), over header, options and text. Its own field counts as zero while the sum is taken, so it is written twice.",
    hints: [
      "From where to where do you let `checksum` run, and when?",
      "When all else is written: from the header's first byte to `frame.end`.",
      "0 into the field at 16; `checksum(view, start, frame.end, …)`; its result into the field.",
    ],
    run: async (t) => {
      for (const size of [0, 1, t.random.int(2, 500)]) await callOfWrite(t, anyEnds(t.random), size, "range");
    },
  },

  "pseudo-header": {
    title: "the sum that is written begins with the pseudo-header",
    kind: "table",
    weight: 2,
    covers: ["MUST-2"],
    look: ["writeSegment"],
    why:
      "The same six words as in reading: addresses, protocol 6, and the length of header *and* text (RFC 9293 §3.1). Taken before the push, that length lacks the header, and every receiver drops what you send.",
    hints: [
      "Which length do you add: before the push, or after it?",
      "`frame.length` after the push: header, options, text.",
      "A helper that both functions call keeps them from drifting apart.",
    ],
    run: async (t) => {
      for (const size of [0, 1, t.random.int(2, 500)]) await callOfWrite(t, anyEnds(t.random), size, "initial");
    },
  },

  "on-the-wire": {
    title: "what you send has right checksums, one after the other",
    kind: "scenario",
    covers: ["MUST-2", "SM-1"],
    look: ["writeSegment", "answerStray"],
    why:
      "Buffers are used again and again: what the last segment left in the checksum field must not be summed with the next. Each of these segments to a closed port is answered by a RST, in a buffer that was used.",
    hints: [
      "Is the first RST right and the second wrong?",
      "Then the field held the last checksum while you summed.",
      "`setUint16(at + 16, 0)` before the sum.",
    ],
    run: async (t) => {
      const { peer } = await (await t.tcp()).inState("CLOSED", { port: t.random.int(1, 0xffff) });
      for (let i = 0; i < 6; i++) {
        const ack = t.random.int(1, 0x7fff_ffff);
        await peer.send({ flags: "ACK", ack, data: t.random.bytes(t.random.int(0, 30)) });
        await peer.expect(
          { flags: ["RST", "RST ACK"], seq: ack },
          "a segment for a closed port is answered by a RST whose checksum is right",
        );
      }
    },
  },
};

/** The fields that stand in every header. */
function pick({ sourcePort, destinationPort, seq: number, ack, flags, window, urgentPointer }: SegmentFields): Record<string, number> {
  return { sourcePort, destinationPort, seq: seq(number), ack, flags, window, urgentPointer };
}
