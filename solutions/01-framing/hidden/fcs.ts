/** Hidden checks of crc32, appendFcs and removeFcs. */
import { bytesText, usedFrame } from "../../../labs/01-framing/checks/samples.ts";
import { Frame } from "../../../stack/wire/frame.ts";
import { fcs as sealed } from "../../../tools/harness/packets.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

/** The CRC-32 that is right for these bytes. */
function rightCrc(bytes: Uint8Array): number {
  return Frame.of(sealed(bytes).subarray(-4)).view.getUint32(128, true);
}

export const crc: Readonly<Record<string, CheckSpec>> = {
  "every-length": {
    title: "every length from 0 to 130 has its right CRC",
    kind: "table",
    covers: ["LNK-1"],
    look: ["crc32"],
    why: "A loop that takes several bytes at once has an end of its own for what is left over. A frame may have any length: the CRC of " +
      "Ethernet pads nothing, unlike the checksum of IP (RFC 1071 §4.1).",
    hints: [
      "Which lengths are wrong: all that are no multiple of something?",
      "What is left over at the end is taken byte by byte.",
      "One loop over single bytes, with a table look-up each, has no such end at all.",
    ],
    run: async (t: Trial) => {
      const bytes = t.random.bytes(200);
      const start = t.random.int(0, 60);
      const answers = await t.many("framing", "crc32", Array.from({ length: 131 }, (_, length) => [bytes, start, start + length]));
      for (const [length, { value, threw }] of answers.entries()) {
        const what = `the CRC-32 of ${bytesText(length)} from byte ${start} on`;
        t.ok(threw === undefined, `${what}: no exception`, `${threw}`);
        t.equal(value, rightCrc(bytes.subarray(start, start + length)), what);
      }
    },
  },

  "no-memory": {
    title: "a call leaves nothing behind for the next",
    kind: "table",
    covers: ["LNK-1"],
    look: ["crc32"],
    why:
      "Frames from many senders pass through one function. A remainder that is kept between calls, or bytes that are changed in passing, " +
      "make each frame's CRC depend on the frame before.",
    hints: [
      "Where do you keep the remainder?",
      "The table may live outside the function; everything else is made new with each call.",
      "`let remainder` belongs inside crc32, and the bytes are only read.",
    ],
    run: async (t) => {
      const samples = Array.from({ length: 6 }, () => t.random.bytes(t.random.int(1, 100)));
      for (const bytes of t.random.shuffle([...samples, ...samples, ...samples])) {
        t.equal(await t.framing.crc32(bytes, 0, bytes.length), rightCrc(bytes), `the CRC-32 of ${bytesText(bytes.length)}`);
      }
      const frame = usedFrame(t.random, sealed(t.random.bytes(70)));
      const before = frame.bytes.slice();
      await t.framing.removeFcs(frame);
      t.equal(frame.bytes, before, "the bytes of a buffer whose FCS was checked");
    },
  },

  "long": {
    title: "64 KiB have a CRC too",
    kind: "table",
    covers: ["LNK-1"],
    look: ["crc32"],
    why:
      "The same polynomial guards jumbo frames, and files in ZIP and PNG (RFC 1952 §8). Nothing about a division depends on how long the " +
      "number is.",
    hints: [
      "Do you work with one number for the whole message?",
      "The remainder never has more than 32 bits, however long the message.",
      "No array of bits, no BigInt: one 32-bit remainder and a loop.",
    ],
    run: async (t) => {
      for (const length of [1514, 9014, 65536]) {
        const bytes = t.random.bytes(length);
        t.equal(await t.framing.crc32(bytes, 0, length), rightCrc(bytes), `the CRC-32 of ${length} bytes`);
      }
    },
  },
};

export const fcs: Readonly<Record<string, CheckSpec>> = {
  "byte-order": {
    title: "an FCS in the other byte order is wrong",
    kind: "table",
    covers: ["LNK-1"],
    look: ["removeFcs", "appendFcs"],
    why:
      "If appendFcs and removeFcs share one mistake, they agree with each other and with nobody else: such a stack talks to itself only. That " +
      "is why every codec is tested against somebody else's bytes.",
    hints: [
      "Do you read the four bytes as you were told to write them?",
      "Least significant byte first, in both functions (IEEE 802.3 clause 3.2.9).",
      "The second argument of `getUint32` and the third of `setUint32`: true.",
    ],
    run: async (t) => {
      for (let i = 0; i < 4; i++) {
        const packet = t.random.bytes(t.random.int(60, 200));
        const right = sealed(packet);
        const turned = right.slice();
        turned.set(right.slice(-4).reverse(), packet.length);
        t.equal(await t.framing.removeFcs(usedFrame(t.random, turned)), false, "the answer to an FCS with its most significant byte first");
        t.equal(await t.framing.removeFcs(usedFrame(t.random, right)), true, "the answer to the right FCS");
      }
    },
  },

  "bursts": {
    title: "a burst of up to 32 bits is always noticed",
    kind: "table",
    covers: ["LNK-1"],
    look: ["removeFcs", "crc32"],
    why:
      "Disturbances come in bursts: a spark lasts longer than a bit. The remainder of a burst shorter than the divisor is never zero, so a " +
      "CRC-32 notices every burst of up to 32 bits, where a sum can be fooled.",
    hints: [
      "Is your CRC a sum, or an exclusive or of words?",
      "A CRC is a remainder: every bit influences all 32.",
      "Compare crc32 with the known vectors first: deno task lab1 --only crc/known-vectors.",
    ],
    run: async (t) => {
      for (let i = 0; i < 40; i++) {
        const packet = sealed(t.random.bytes(t.random.int(60, 150)));
        const length = t.random.int(2, 32);
        const from = t.random.int(0, packet.length * 8 - length);
        for (let bit = from; bit < from + length; bit++) {
          const isEnd = bit === from || bit === from + length - 1;
          if (isEnd || t.random.chance(0.5)) packet[bit >> 3] = (packet[bit >> 3] as number) ^ 1 << bit % 8;
        }
        const frame = usedFrame(t.random, packet);
        t.equal(await t.framing.removeFcs(frame), false, `the answer when a burst of ${length} bits began at bit ${from}`);
        t.equal(frame.length, packet.length, "the length of the frame that was refused");
      }
      t.equal(await t.framing.removeFcs(usedFrame(t.random, sealed(t.random.bytes(60)))), true, "the answer to a frame without a burst");
    },
  },

  "empty-frame": {
    title: "four bytes of zero are an FCS over nothing",
    kind: "table",
    covers: ["LNK-1"],
    look: ["removeFcs", "appendFcs"],
    why:
      "The CRC of no bytes is 0. A frame that is nothing but an FCS is a runt, but that is for parseEthernet to say: each function answers its " +
      "own question.",
    hints: [
      "What do you answer to 00 00 00 00?",
      "Four bytes are exactly as long as an FCS: not shorter.",
      "`frame.length < 4` is too short, 4 is not.",
    ],
    run: async (t) => {
      const zeros = usedFrame(t.random, new Uint8Array(4));
      t.equal(await t.framing.removeFcs(zeros), true, "the answer to a frame of four zero bytes");
      t.equal(zeros.length, 0, "the length of what is left");
      const other = usedFrame(t.random, Uint8Array.of(0, 0, 0, t.random.int(1, 255)));
      t.equal(await t.framing.removeFcs(other), false, "the answer to four bytes that are not all zero");
      const empty = usedFrame(t.random, new Uint8Array(0));
      await t.framing.appendFcs(empty);
      t.equal(empty.toBytes(), new Uint8Array(4), "an empty frame with its FCS");
    },
  },

  "cut-off": {
    title: "a frame that is cut off has a wrong FCS",
    kind: "table",
    covers: ["LNK-1"],
    look: ["removeFcs"],
    why:
      "The receiver does not know how long the frame was meant to be: Ethernet has no length field. What lies at its end is taken for the FCS, " +
      "and only the right four bytes there tell that nothing is missing.",
    hints: [
      "Which bytes do you compare with, and are they the last of *this* frame?",
      "The last four before `frame.end`, wherever that is.",
      "All offsets count from `frame.start` and `frame.end`, not from the buffer's ends.",
    ],
    run: async (t: Trial) => {
      const packet = sealed(t.random.bytes(90));
      for (let length = 0; length < packet.length; length++) {
        const frame = usedFrame(t.random, packet.subarray(0, length), 0);
        const what = `the answer to the first ${length} of ${packet.length} bytes`;
        t.equal(await t.framing.removeFcs(frame), false, what);
        t.equal(frame.length, length, "the length of the frame that was refused");
      }
      t.equal(await t.framing.removeFcs(usedFrame(t.random, packet, 0)), true, "the answer to the whole frame");
    },
  },
};
