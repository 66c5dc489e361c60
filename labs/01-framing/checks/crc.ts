/** Checks of crc32, appendFcs and removeFcs: the four bytes that tell whether a frame arrived as it was sent. */
import { Frame } from "../../../stack/wire/frame.ts";
import { ethernet, fcs as sealed } from "../../../tools/harness/packets.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { anyStation, bytesText, usedFrame } from "./samples.ts";

/** The CRC-32 that is right for these bytes. */
function rightCrc(bytes: Uint8Array): number {
  return Frame.of(sealed(bytes).subarray(-4)).view.getUint32(128, true);
}

/** A CRC as people compare it; whatever else came, as it is. */
function hex(crc: unknown): string {
  if (typeof crc !== "number" || !Number.isInteger(crc)) return `${crc}`;
  const unsigned = `0x${(crc < 0 ? crc >>> 0 : crc).toString(16).padStart(8, "0")}`;
  return crc < 0 ? `${crc}; with >>> 0 behind it, it would be ${unsigned}` : unsigned;
}

/** The Why of a CRC whose 32 bits are right and are read as a signed number. */
const SIGNED = {
  why:
    "The 32 bits are right, but `>>> 0` is missing at the end: JavaScript's bit operators give *signed* numbers, and a CRC is none. See crc/unsigned.",
  look: ["crc32"],
};

function isSigned(crc: unknown, right: number): boolean {
  return typeof crc === "number" && crc < 0 && crc >>> 0 === right;
}

/** Fails unless `crc` is that of `bytes`. If it lacks nothing but the unsigned shift, this is what the failure is about. */
async function expectCrc(t: Trial, crc: unknown, bytes: Uint8Array, what: string): Promise<void> {
  const right = rightCrc(bytes);
  const compare = () => t.ok(crc === right, `${what}: ${hex(right)}`, hex(crc));
  if (isSigned(crc, right)) await t.about(SIGNED, compare);
  else compare();
}

/** For checks about one property of a CRC: fails when it is no CRC-32 at all, and says which check comes first. */
async function expectCrcAtAll(t: Trial): Promise<void> {
  const why = "This check is about one property of a CRC, and what crc32 returns is no CRC-32 yet. Mend crc/known-vectors first.";
  await t.about({ why, look: ["crc32"] }, async () => {
    const value: unknown = await t.framing.crc32(new TextEncoder().encode("123456789"), 0, 9);
    const right = typeof value === "number" && value >>> 0 === 0xcbf43926;
    t.ok(right, 'the CRC-32 of "123456789": 0xcbf43926', hex(value));
  });
}

/** Of which other bytes than all of these a CRC is: one more, or one less. */
function rangeOf(crc: unknown, bytes: Uint8Array): string | undefined {
  const is = (part: Uint8Array): boolean => typeof crc === "number" && crc >>> 0 === rightCrc(part);
  if (is(Uint8Array.of(...bytes, 0))) return "of these bytes and one behind them";
  if (is(bytes.subarray(0, -1))) return "of these bytes without the last";
  return is(bytes.subarray(1)) ? "of these bytes without the first" : undefined;
}

/** The frame has a right FCS, so the answer must be true. */
async function expectAccepted(t: Trial, frame: Frame, what: string): Promise<void> {
  const why =
    "A right FCS was refused. Which bytes is the CRC taken of: all but the last four? Are those four read as one little-endian number? And " +
    "is the CRC itself right, and unsigned? (The group crc comes first.)";
  await t.about({ why, look: ["removeFcs", "crc32"] }, async () => t.equal(await t.framing.removeFcs(frame), true, what));
}

/** What an FCS that is wrong is the FCS of. `before` is the buffer as it was, `start` and `end` the frame in it. */
function mistakenFor(got: Uint8Array, before: Uint8Array, start: number, end: number): string {
  const isFcsOf = (bytes: Uint8Array, order = got): boolean => sealed(bytes).subarray(-4).every((byte, i) => byte === order[i]);
  const grown = before.slice(start, end + 4);
  const zeroed = Uint8Array.from(grown, (byte, i) => i < end - start ? byte : 0);
  if (isFcsOf(before.subarray(start, end), got.slice().reverse())) return "the right ones in reverse order";
  if (isFcsOf(grown) || isFcsOf(zeroed)) return `the CRC of ${grown.length} bytes, your own four included`;
  if (isFcsOf(before.subarray(start + 14, end))) return "the CRC of the payload alone, without the header";
  if (isFcsOf(before.subarray(0, end))) return "the CRC of the buffer from its byte 0 on, not from the frame's start";
  if (isFcsOf(before.subarray(start))) return "the CRC up to the end of the buffer, not of the frame";
  return "no CRC of these bytes (see the group crc first)";
}

/** Lets the frame's FCS be appended, and fails unless its four bytes are right. */
async function expectFcs(t: Trial, frame: Frame, what: string): Promise<void> {
  const { start, end } = frame;
  const before = frame.bytes.slice();
  await t.framing.appendFcs(frame);
  t.equal({ start: frame.start, length: frame.length }, { start, length: end - start + 4 }, `start and length of ${what} with its FCS`);
  const got = frame.bytes.slice(end, end + 4);
  const right = sealed(before.subarray(start, end)).subarray(-4);
  const same = right.every((byte, i) => byte === got[i]);
  const text = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  t.ok(same, `the FCS of ${what}: ${text(right)}`, `${text(got)}: ${mistakenFor(got, before, start, end)}`);
  t.equal(frame.bytes.slice(start, end), before.slice(start, end), "the bytes in front of the FCS");
}

export const crc: Readonly<Record<string, CheckSpec>> = {
  "known-vectors": {
    title: '"123456789" gives 0xcbf43926',
    kind: "table",
    weight: 2,
    covers: ["LNK-1"],
    look: ["crc32"],
    why:
      "A CRC has a polynomial, an initial value, a bit order and a final inversion; with one of them wrong everything is wrong. That is why " +
      "each CRC is published with its “check”, its value for the nine characters 1 to 9: 0xcbf43926 for that of Ethernet (RFC 1952 §8).",
    hints: [
      "Work the one byte of the handout by hand and compare, step by step.",
      "Start with all ones, take the lowest bit first (shift right, 0xedb88320), invert at the end. 0x340bc6d9 instead: you forgot to invert.",
      "Per byte: exclusive-or it into the low 8 bits; then eight times: shift right by one, and if a 1 fell out, exclusive-or 0xedb88320.",
    ],
    run: async (t) => {
      for (const text of ["123456789", "a", "abc", "The quick brown fox jumps over the lazy dog", `${t.random.int(0, 99999)}`]) {
        const bytes = new TextEncoder().encode(text);
        await expectCrc(t, await t.framing.crc32(bytes, 0, bytes.length), bytes, `the CRC-32 of "${text}"`);
      }
    },
  },

  "single-bytes": {
    title: "each of the 256 bytes alone has its own CRC",
    kind: "table",
    covers: ["LNK-1"],
    look: ["crc32"],
    why:
      "One byte alone is one step: eight shifts, or one look-up in a table that holds what they would give. If some bytes are wrong and " +
      "others right, that step is wrong for these; if all are, look at what is around it: the first value, the last inversion.",
    hints: [
      "Which bytes are wrong, and what have they in common?",
      "The table's index is 8 bits wide: mask with 0xff *after* the exclusive or.",
      "Entry b is what eight steps of the division make of b. There are 256 of them, for 0 to 255.",
    ],
    run: async (t: Trial) => {
      const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      const answers = await t.many("framing", "crc32", Array.from(bytes, (byte) => [bytes, byte, byte + 1]));
      let signed = 0;
      const wrong = answers.flatMap(({ value, threw }, byte) => {
        const right = rightCrc(bytes.subarray(byte, byte + 1));
        if (value === right) return [];
        if (isSigned(value, right)) signed++;
        return [
          `of byte 0x${byte.toString(16).padStart(2, "0")} ${threw ?? hex(value)}${
            isSigned(value, right) ? "" : ` in place of ${hex(right)}`
          }`,
        ];
      });
      const count = () =>
        t.ok(wrong.length === 0, "256 right CRCs of one byte each", `${wrong.length} wrong; ${wrong.slice(0, 3).join("; ")}`);
      if (signed > 0 && signed === wrong.length) await t.about(SIGNED, count);
      else count();
    },
  },

  "nothing": {
    title: "no bytes give 0",
    kind: "table",
    covers: ["LNK-1"],
    look: ["crc32"],
    why:
      "With nothing to divide, what is left is the initial value, all ones, inverted: 0. A wrong answer here means that the first or the " +
      "last step is missing.",
    hints: [
      "What do you return when `start` equals `end`?",
      "The initial value is all ones, and so is what the end exclusive-ors: they cancel.",
      "No special case is needed: the loop does not run.",
    ],
    run: async (t) => {
      const bytes = t.random.bytes(20);
      for (const at of [0, 7, 20]) {
        await expectCrc(t, await t.framing.crc32(bytes, at, at), new Uint8Array(), `the CRC-32 of no bytes, from ${at} to ${at}`);
      }
      const why =
        "No bytes were right. But 0 is the answer to no bytes only: these are twenty, and crc/known-vectors says how their CRC is made.";
      await t.about(
        { why, look: ["crc32"] },
        async () => await expectCrc(t, await t.framing.crc32(bytes, 0, 20), bytes, "the CRC-32 of 20 bytes"),
      );
    },
  },

  "part": {
    title: "only the bytes from start up to end count",
    kind: "table",
    covers: ["LNK-1"],
    look: ["crc32"],
    why:
      "A frame lies somewhere in a larger buffer, with headroom in front and other people's bytes behind. One byte too many or too few " +
      "and the FCS of every frame is wrong, but only for those who receive it.",
    hints: [
      "Does your loop begin at `start`? Does it stop before `end`?",
      "`end` is one past the last byte.",
      "for (let at = start; at < end; at++)",
    ],
    run: async (t: Trial) => {
      const known = new TextEncoder().encode("123456789");
      const value = await t.framing.crc32(known, 0, known.length);
      const taken = rangeOf(value, known);
      t.ok(taken === undefined, `the CRC-32 of "123456789": ${hex(rightCrc(known))}`, `${hex(value)}: that ${taken}`);
      await expectCrcAtAll(t);
      for (let i = 0; i < 12; i++) {
        const bytes = t.random.bytes(t.random.int(30, 300));
        const start = t.random.int(1, 14);
        const end = t.random.int(start + 1, bytes.length - 1);
        const what = `the CRC-32 of the bytes from ${start} up to ${end}, of ${bytes.length}`;
        await expectCrc(t, await t.framing.crc32(bytes, start, end), bytes.subarray(start, end), what);
      }
    },
  },

  "unsigned": {
    title: "a CRC is never a negative number",
    kind: "table",
    covers: ["LNK-1"],
    look: ["crc32"],
    why:
      "JavaScript's bit operators give *signed* 32-bit numbers: half of all CRCs come out negative, and a comparison with the unsigned " +
      "number read from the frame then fails for every second frame.",
    hints: [
      'Is -873187034 what you return for "123456789"?',
      "One operator of the language gives an unsigned result.",
      "`>>> 0`, once, at the very end.",
    ],
    run: async (t: Trial) => {
      await expectCrcAtAll(t);
      let high = 0;
      for (let i = 0; i < 200 && high < 12; i++) {
        const bytes = t.random.bytes(t.random.int(1, 80));
        if (rightCrc(bytes) < 2 ** 31) continue;
        high++;
        const what = `the CRC-32 of ${bytesText(bytes.length)}`;
        const crc: unknown = await t.framing.crc32(bytes, 0, bytes.length);
        t.ok(crc === rightCrc(bytes), `${what}: ${hex(rightCrc(bytes))}`, hex(crc));
      }
      t.ok(high === 12, "twelve samples with the highest bit set", `${high}`);
    },
  },
};

export const fcs: Readonly<Record<string, CheckSpec>> = {
  "append": {
    title: "appendFcs appends the CRC, low byte first",
    kind: "table",
    weight: 2,
    covers: ["LNK-1"],
    look: ["appendFcs", "crc32"],
    why:
      "Bytes leave lowest bit first, but the CRC leaves highest coefficient first (IEEE 802.3 clause 3.2.9), and in our mirrored notation " +
      "that is the lowest bit. So the least significant byte is the first: the one field here that is not big-endian.",
    hints: [
      "Are your four bytes the right ones in the wrong order?",
      "0xcbf43926 goes out as 26 39 f4 cb.",
      "`frame.view.setUint32(at, crc, true)`: true means little-endian.",
    ],
    run: async (t) => {
      for (const length of [60, 64, t.random.int(61, 1513), 1514]) {
        const packet = ethernet({ source: anyStation(t.random) }, t.random.bytes(length - 14));
        await expectFcs(t, usedFrame(t.random, packet), `a frame of ${length} bytes`);
      }
    },
  },

  "append-covers": {
    title: "the FCS covers the whole frame, and only it",
    kind: "table",
    covers: ["LNK-1"],
    look: ["appendFcs", "crc32"],
    why:
      "The CRC covers addresses, type, data and padding (IEEE 802.3 clause 3.2.9): a frame whose destination was changed on the way must " +
      "not be believed either. What lies around the frame in its buffer has no part in it.",
    hints: [
      "From which byte to which do you sum?",
      "Not only the payload, and not the four new bytes.",
      "The CRC of `frame.start` to `frame.end`, computed *before* the frame grows.",
    ],
    run: async (t) => {
      for (let i = 0; i < 6; i++) {
        const packet = t.random.bytes(t.random.int(60, 200));
        const frame = usedFrame(t.random, packet, 4);
        await expectFcs(t, frame, `a frame of ${packet.length} bytes that begins at byte ${frame.start} of its buffer`);
      }
    },
  },

  "remove": {
    title: "removeFcs cuts off a right FCS",
    kind: "table",
    weight: 2,
    covers: ["LNK-1"],
    look: ["removeFcs", "crc32"],
    why: "The FCS belongs to the wire. The layers above never see it: left on, its four bytes would be read as data.",
    hints: [
      "What is the frame's length afterwards?",
      "The CRC of all but the last four bytes, against those four read as a little-endian number.",
      "`frame.end -= 4`, and true. `frame.view.getUint32(frame.end - 4, true)` reads them.",
    ],
    run: async (t) => {
      for (const length of [60, 1514, t.random.int(61, 300), t.random.int(61, 300)]) {
        const packet = t.random.bytes(length);
        const frame = usedFrame(t.random, sealed(packet));
        const { start } = frame;
        await expectAccepted(t, frame, `the answer to a frame of ${length} bytes with a right FCS`);
        t.equal({ start: frame.start, length: frame.length }, { start, length }, "start and length of the frame without its FCS");
        t.equal(frame.toBytes(), packet, "the frame without its FCS");
      }
      const wrong = usedFrame(t.random, sealed(t.random.bytes(60), t.random.int(0, 0xffff_ffff)));
      t.equal(await t.framing.removeFcs(wrong), false, "the answer to a frame with any other four bytes at its end");
    },
  },

  "one-bit": {
    title: "one bit that changed on the way is noticed",
    kind: "table",
    covers: ["LNK-1"],
    look: ["removeFcs", "crc32"],
    why:
      "That is what the FCS is for: in a frame of Ethernet's size, any one, two or three changed bits give another remainder, and so does any " +
      "burst of up to 32. A frame that fails is left alone, so that whoever counts and shows it sees what came.",
    hints: [
      "Do you return false for it, and leave `frame.end` where it was?",
      "First compare, then cut.",
      "if (crc32(…) !== …) return false; the line that moves `end` comes behind.",
    ],
    run: async (t) => {
      const packet = sealed(t.random.bytes(t.random.int(60, 120)));
      const good = usedFrame(t.random, packet);
      await expectAccepted(t, good, "the answer to the frame before a bit was changed");
      for (let i = 0; i < 40; i++) {
        const bit = i < 32 ? packet.length * 8 - 32 + i : t.random.int(0, packet.length * 8 - 1);
        const changed = packet.slice();
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ 1 << bit % 8;
        const frame = usedFrame(t.random, changed);
        const { start, end } = frame;
        t.equal(
          await t.framing.removeFcs(frame),
          false,
          `the answer when bit ${bit % 8} of byte ${bit >> 3} (of ${packet.length}) was changed`,
        );
        t.equal({ start: frame.start, end: frame.end }, { start, end }, "start and end of the frame that was refused");
      }
    },
  },

  "too-short": {
    title: "a frame shorter than an FCS is refused",
    kind: "table",
    covers: ["LNK-1"],
    look: ["removeFcs"],
    why:
      "What arrives may be anything, also three bytes or none. To read four bytes that are not there is an exception at best, and at worst " +
      "a look into the frame that lay in the buffer before.",
    hints: [
      "What is `frame.end - 4` when the frame has two bytes?",
      "Ask for the length before you look for the FCS.",
      "Fewer than four bytes hold no FCS: return false before you read it.",
    ],
    run: async (t) => {
      for (const length of [0, 1, 2, 3]) {
        // In front of the frame lie zeros; four zeros would be the right FCS of nothing.
        const frame = usedFrame(t.random, new Uint8Array(8));
        frame.start = frame.end - length;
        const { start, end } = frame;
        t.equal(await t.framing.removeFcs(frame), false, `the answer to a frame of ${bytesText(length)}`);
        t.equal({ start: frame.start, end: frame.end }, { start, end }, "its start and end");
        const alone = new Frame(length, 0);
        alone.append(length);
        t.equal(await t.framing.removeFcs(alone), false, `the answer to a frame of ${bytesText(length)} in a buffer that has no more`);
      }
      const good = usedFrame(t.random, sealed(t.random.bytes(60)));
      t.equal(await t.framing.removeFcs(good), true, "the answer to a good frame afterwards");
    },
  },
};
