/** Checks of the options that parseSegment reads: a list that can be walked without understanding any of it, but for two. */
import type { Random } from "../../../stack/wire/random.ts";
import { ACK, SYN } from "../../../stack/wire/tcp_flags.ts";
import { join, tcp } from "../../../tools/harness/packets.ts";
import { amount, bytesText } from "../../../tools/harness/samples.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { flagsText, parseAll, type ParseCase } from "./samples.ts";

/** What the record says of options when there are none. */
const NONE = { mss: 0, windowScale: -1, sackPermitted: false, timestamps: false, sackCount: 0 };

/** One option as bytes: its kind, its length, and what it says. */
export function option(kind: number, ...data: readonly number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(kind, data.length + 2, ...data);
}

/** A number as bytes, the most significant first. */
export function bytesOf(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, at) => Math.floor(value / 256 ** (size - 1 - at)) % 256);
}

/** A segment with these option bytes and some text behind it; `flags` in the header. */
export function withOptions(options: Uint8Array, flags = ACK, text = new Uint8Array(4).fill(2)): Uint8Array<ArrayBuffer> {
  return tcp({ flags, options }, text);
}

/** An option of a kind that nobody has defined, stepped over by its length: 2 to `longest` bytes. */
export function unknownOption(random: Random, longest: number): Uint8Array<ArrayBuffer> {
  const kind = random.pick([6, 7, 9, 28, 30, 34, 69, 128, 253, 254, 255]);
  // What it says looks like other options, or like the end of the list: all of that is its own business.
  return option(kind, ...Array.from({ length: random.int(0, longest - 2) }, () => random.pick([0, 1, 2, 3, 4, 8, 10, 255])));
}

const REJECT = "bad option";

/** Segments with these options, all of which must be refused. */
function refused(lists: readonly Uint8Array[], what: (list: Uint8Array) => string): ParseCase[] {
  return lists.map((list) => ({ bytes: withOptions(list), expected: REJECT, what: what(list) }));
}

export const options: Readonly<Record<string, CheckSpec>> = {
  "linux-syn": {
    title: "the options of a SYN are read, as Linux sends them",
    kind: "table",
    weight: 2,
    covers: ["MUST-4", "MUST-14", "7323-2.2", "2018-2"],
    look: ["parseSegment"],
    why:
      "02 04 is MSS, 04 02 SACK-permitted, 08 0a timestamps, 03 03 window scale (RFC 9293 §3.2, RFC 2018 §2, RFC 7323 §2.2, §3.2). Kind, length, value: the length " +
      "counts all three. The 01 in front of the scale is a no-operation, one byte alone.",
    hints: [
      "Where does each option end, and who says so?",
      "One loop with one offset: look at the kind, read the length behind it, take the value, step on by the length.",
      "Kind 2 length 4: a 16-bit number at +2. Kind 3 length 3: a byte at +2. Kind 4 length 2. Kind 8 length 10: 32 bits at +2 and at +6.",
    ],
    run: async (t) => {
      const cases = Array.from({ length: 6 }, (_, index): ParseCase => {
        const [mss, windowScale] = [t.random.int(1, 0xffff), t.random.int(0, 255)];
        const [tsVal, tsEcr] = [t.random.int(0x8000_0000, 0xffff_ffff), t.random.int(1, 0xffff_ffff)];
        const flags = index % 2 === 0 ? SYN | ACK : SYN;
        const list = join(
          option(2, ...bytesOf(mss, 2)),
          option(4),
          option(8, ...bytesOf(tsVal, 4), ...bytesOf(tsEcr, 4)),
          Uint8Array.of(1),
          option(3, windowScale),
        );
        const expected = { mss, windowScale, sackPermitted: true, timestamps: true, tsVal, sackCount: 0 };
        return { bytes: withOptions(list, flags), expected, what: `options ${bytesText(list)}` };
      });
      await parseAll(t, cases);
    },
  },

  "absent": {
    title: "an option that is not there is told from one that is 0",
    kind: "table",
    covers: ["MUST-15", "7323-2.2"],
    look: ["parseSegment"],
    why:
      "A window scale of 0 says “I scale, by nothing”, and lets the other side scale; no option at all forbids it (RFC 7323 §2.2). So “none” is −1. An MSS of 0 would be nonsense, and " +
      "0 means “none” there.",
    hints: [
      "What is in your record before the first option is read?",
      "mss 0, windowScale −1, the two flags false, sackCount 0.",
      "Set all of them before the loop, and let an option overwrite its own.",
    ],
    run: async (t) => {
      await parseAll(t, [
        { bytes: withOptions(new Uint8Array()), expected: NONE, what: "a segment without options" },
        {
          bytes: withOptions(new Uint8Array(t.random.int(1, 10) * 4).fill(1)),
          expected: NONE,
          what: "a segment with nothing but no-operations",
        },
        { bytes: withOptions(option(3, 0)), expected: { ...NONE, windowScale: 0 }, what: "a segment with a window scale of 0" },
        {
          bytes: withOptions(option(8, ...bytesOf(0, 8))),
          expected: { ...NONE, timestamps: true, tsVal: 0 },
          what: "a segment with timestamps 0 and 0",
        },
      ]);
    },
  },

  "any-order": {
    title: "options come in any order and at any alignment",
    kind: "table",
    weight: 2,
    covers: ["MUST-64", "MUST-4"],
    look: ["parseSegment"],
    why:
      "Nobody promises that options begin at multiples of 4, or in the order in which Linux sends them (RFC 9293 §3.1: MUST-64). A reader that knows the common layout only is fast, and " +
      "deaf to everybody else.",
    hints: [
      "Do you look for an option at a fixed offset?",
      "A no-operation is one byte, wherever it stands.",
      "The walk goes by what it finds: kind 1 → one on; any other kind → on by its length.",
    ],
    run: async (t) => {
      const cases = Array.from({ length: 24 }, (_, index): ParseCase => {
        const [mss, windowScale, tsVal] = [t.random.int(1, 0xffff), t.random.int(0, 14), t.random.int(0, 0xffff_ffff)];
        const parts = [option(2, ...bytesOf(mss, 2)), option(3, windowScale), option(4), option(8, ...bytesOf(tsVal, 4), 0, 0, 0, 9)];
        const list = join(...t.random.shuffle(parts).flatMap((part) => [new Uint8Array(t.random.int(0, 4)).fill(1), part]));
        const expected = { mss, windowScale, sackPermitted: true, timestamps: true, tsVal };
        return { bytes: withOptions(list, index % 2 === 0 ? SYN : ACK), expected, what: `options ${bytesText(list)}` };
      });
      await parseAll(t, cases);
    },
  },

  "any-segment": {
    title: "an option is read in any segment, not only in a SYN",
    kind: "table",
    covers: ["MUST-5"],
    look: ["parseSegment"],
    why:
      "TCP must be able to receive an option in any segment (RFC 9293 §3.1: MUST-5). Reading tells what is there; whether an MSS without a SYN means anything is decided elsewhere.",
    hints: [
      "Do you ask for SYN before you read options?",
      "The walk does not look at the flags.",
      "Only one value depends on a flag: TSecr means something only with ACK.",
    ],
    run: async (t) => {
      const cases = [0, ACK, SYN, 1, 4, 24, 255].map((flags): ParseCase => {
        const mss = t.random.int(1, 0xffff);
        const list = join(option(2, ...bytesOf(mss, 2)), option(3, 5), option(4));
        return {
          bytes: withOptions(list, flags),
          expected: { mss, windowScale: 5, sackPermitted: true },
          what: `options with ${flagsText(flags)}`,
        };
      });
      await parseAll(t, cases);
    },
  },

  "unknown": {
    title: "an unknown option is stepped over by its length",
    kind: "table",
    weight: 2,
    covers: ["MUST-6", "MUST-68"],
    look: ["parseSegment"],
    why:
      "Every option but the two of one byte carries its length, so that a host of 1981 can step over what was invented later (RFC 9293 §3.1: MUST-6, MUST-68). That is why TCP could " +
      "be extended at all.",
    hints: [
      "What does your walk do with kind 253?",
      "Nothing: it steps on by the length. What the option says may look like anything.",
      "The length counts kind and length byte too: an option of length 2 has no value.",
    ],
    run: async (t) => {
      const cases = Array.from({ length: 24 }, (): ParseCase => {
        const mss = t.random.int(1, 0xffff);
        const unknown = unknownOption(t.random, 16);
        const list = join(unknown, option(2, ...bytesOf(mss, 2)), unknownOption(t.random, 16), option(3, 9));
        return { bytes: withOptions(list), expected: { mss, windowScale: 9 }, what: `options ${bytesText(list)}` };
      });
      await parseAll(t, cases);
    },
  },

  "end-of-list": {
    title: "kind 0 ends the list, whatever follows it",
    kind: "table",
    covers: ["MUST-4", "MUST-69"],
    look: ["parseSegment"],
    why:
      "What is behind an end of list is padding up to the next word (RFC 9293 §3.1). Its sender must make it zero (MUST-69), but who reads on reads what was never said.",
    hints: [
      "What does your walk do when it meets a 0?",
      "It stops: all is well.",
      "Leave the loop; the text begins at the data offset all the same.",
    ],
    run: async (t) => {
      const cases = Array.from({ length: 8 }, (): ParseCase => {
        const behind = t.random.pick([[2, 0], [3, 3, 200], [2, 4, 5, 180], [8, 99], [4, 2], [253]]);
        const list = join(option(2, 0x05, 0xb4), Uint8Array.of(0, ...behind));
        return {
          bytes: withOptions(list),
          expected: { ...NONE, mss: 1460, textLength: 4 },
          what: `options ${bytesText(list)}`,
        };
      });
      await parseAll(t, cases);
    },
  },

  "length-too-small": {
    title: "a length of 0 or 1 is refused, and is no endless loop",
    kind: "table",
    weight: 2,
    covers: ["MUST-7"],
    look: ["parseSegment"],
    why:
      "A length counts its own two bytes, so 0 and 1 cannot be; and a walk that steps on by 0 stands still for ever. One such packet stopped whole machines (RFC 9293 §3.1: MUST-7).",
    hints: [
      "What does your walk do with 02 00?",
      "Before you step on, look whether you would get anywhere.",
      'Below 2: "bad option".',
    ],
    run: async (t) => {
      const lists = [2, 3, 4, 5, 8, 6, 253].flatMap((kind) =>
        [0, 1].map((length) => join(new Uint8Array(t.random.int(0, 5)).fill(1), Uint8Array.of(kind, length, 1, 1, 1, 1)))
      );
      await parseAll(t, refused(lists, (list) => `an option with a length below 2, in ${bytesText(list)}`));
    },
  },

  "length-too-large": {
    title: "an option that reaches into the text is refused",
    kind: "table",
    weight: 2,
    covers: ["MUST-7"],
    look: ["parseSegment"],
    why:
      "The header ends at the data offset. An option that says that it is longer makes its reader take text for options, or read what lies behind the segment in the buffer.",
    hints: [
      "Where may an option end at the latest?",
      "Where the text begins: at the data offset, not at the end of the segment.",
      'at + length > start + header length: "bad option".',
    ],
    run: async (t) => {
      const lists = Array.from({ length: 10 }, (_, index) => {
        const [kind, least] = t.random.pick([[2, 4], [8, 10], [5, 10], [253, 3]] as const);
        const there = t.random.int(2, least - 1);
        const length = index % 2 === 0 ? least : Math.max(least, t.random.int(41, 255));
        // Aligned by no-operations in front, so that no padding stands behind it.
        const short = Uint8Array.of(kind, length, ...t.random.bytes(there - 2));
        return join(new Uint8Array((4 - there % 4) % 4).fill(1), short);
      });
      await parseAll(t, refused(lists, (list) => `options ${bytesText(list)}, the last of which reaches past the header`));
    },
  },

  "length-missing": {
    title: "a kind in the header's last byte is refused",
    kind: "table",
    covers: ["MUST-7", "MUST-68"],
    look: ["parseSegment"],
    why:
      "The option has no length byte: the next one belongs to the text. It looks like a length as often as not, and then a byte of text decides how the header is read.",
    hints: [
      "Which byte do you read behind the last kind?",
      "Before you read a length see that there is one.",
      'at + 1 is the header\'s end: "bad option". Kinds 0 and 1 need no length.',
    ],
    run: async (t) => {
      const kinds = [2, 3, 4, 8, 253];
      const lists = kinds.map((kind) => Uint8Array.of(1, 1, 1, kind));
      const cases = refused(lists, (list) => `options ${bytesText(list)} with the text 02 02 02 02`);
      const good = [0, 1].map((kind): ParseCase => ({
        bytes: withOptions(Uint8Array.of(1, 1, 1, kind)),
        expected: NONE,
        what: `options 01 01 01 0${kind}`,
      }));
      await parseAll(t, [...cases, ...good]);
    },
  },

  "wrong-length": {
    title: "a known option of a length it cannot have is refused",
    kind: "table",
    weight: 2,
    covers: ["MUST-7"],
    look: ["parseSegment"],
    why:
      "An MSS of 3 bytes has no 16-bit number in it, and SACK blocks come in eights. Who reads the value all the same reads the next option, or past the header; who guesses what was meant is " +
      "guessing for an attacker.",
    hints: [
      "For each kind that you read: which lengths are possible?",
      "MSS 4, window scale 3, SACK-permitted 2, timestamps 10, SACK 10, 18, 26 or 34.",
      "SACK: length − 2 is a multiple of 8, and not 0.",
    ],
    run: async (t) => {
      const legal: Readonly<Record<number, readonly number[]>> = { 2: [4], 3: [3], 4: [2], 5: [10, 18, 26, 34], 8: [10] };
      const cases = Object.entries(legal).flatMap(([kind, lengths]) =>
        Array.from({ length: 39 }, (_, index) => index + 2).map((length): ParseCase => {
          const list = option(Number(kind), ...t.random.bytes(length - 2));
          const fits = lengths.includes(length);
          return { bytes: withOptions(list), expected: fits ? { textLength: 4 } : REJECT, what: `kind ${kind} with length ${length}` };
        })
      );
      await parseAll(t, cases);
    },
  },

  "sack-blocks": {
    title: "SACK blocks are counted, and stay where they are",
    kind: "table",
    covers: ["2018-4c"],
    look: ["parseSegment"],
    why:
      "Copying the blocks would make an array for each segment; the record says where the first one lies in the frame, and how many there are (RFC 2018 §3): up to four, or three beside timestamps.",
    hints: [
      "Where does the first block begin, counted from the option's kind?",
      "Two bytes behind it. Each block has two numbers of 4 bytes.",
      "sackBlocks: at + 2. sackCount: (length − 2) / 8.",
    ],
    run: async (t) => {
      const cases = [1, 2, 3, 4].flatMap((count) =>
        [0, 1, 2].map((nops): ParseCase => {
          const stamps = count < 4 ? option(8, ...t.random.bytes(8)) : new Uint8Array();
          const list = join(stamps, new Uint8Array(nops).fill(1), option(5, ...t.random.bytes(8 * count)));
          const expected = { sackCount: count, timestamps: count < 4 };
          return {
            bytes: withOptions(list),
            expected: (frame) => ({ ...expected, sackBlocks: frame.start + 20 + stamps.length + nops + 2 }),
            what: `${amount(count, "SACK block")} behind ${amount(stamps.length + nops)}`,
          };
        })
      );
      await parseAll(t, cases);
    },
  },

  "echo": {
    title: "without ACK, the echoed timestamp is 0",
    kind: "table",
    covers: ["7323-3.2a"],
    look: ["parseSegment"],
    why:
      "TSecr echoes a timestamp of ours, and means something only in a segment that acknowledges (RFC 7323 §3.2); in a SYN it may hold anything. A host that believes it measures a round trip of days.",
    hints: [
      "What is in `tsEcr` when the segment is a bare SYN?",
      "TSval counts always, TSecr only with ACK.",
      "Leave `tsEcr` at 0 unless `flags & ACK`. The short way for a header that holds timestamps only must do the same.",
    ],
    run: async (t) => {
      const cases = [0, SYN, SYN | ACK, ACK, 255 - ACK].flatMap((flags) =>
        [[1, 1], []].map((front): ParseCase => {
          const [tsVal, tsEcr] = [t.random.int(1, 0xffff_ffff), t.random.int(1, 0xffff_ffff)];
          const list = join(Uint8Array.from(front), option(8, ...bytesOf(tsVal, 4), ...bytesOf(tsEcr, 4)));
          return {
            bytes: withOptions(list, flags),
            expected: { timestamps: true, tsVal, tsEcr: flags & ACK ? tsEcr : 0 },
            what: `timestamps ${tsVal} ${tsEcr} with ${flagsText(flags)}`,
          };
        })
      );
      await parseAll(t, cases);
    },
  },
};
