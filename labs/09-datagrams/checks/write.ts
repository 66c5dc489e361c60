/** Checks of writeDatagram: the header in front of the payload, and its checksum. */
import type { Frame } from "../../../stack/wire/frame.ts";
import {
  amount,
  anyEnds,
  CARRYING,
  checksumOf,
  expectInitial,
  expectRange,
  pseudoHeaderSum,
  zeroSum,
} from "../../../tools/harness/samples.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { anyPort, PROTOCOL, written } from "./samples.ts";

/** What stands in a header. */
function fieldsOf({ view, start }: Frame): Record<string, number> {
  const [sourcePort, destinationPort, length] = [0, 2, 4].map((at) => view.getUint16(start + at));
  return { sourcePort: sourcePort as number, destinationPort: destinationPort as number, length: length as number };
}

export const write: Readonly<Record<string, CheckSpec>> = {
  "fields": {
    title: "ports and length are written where they lie",
    kind: "table",
    weight: 2,
    covers: ["UDP-8"],
    look: ["writeDatagram"],
    why:
      "The mirror image of parseDatagram (RFC 768). The length counts header and payload. The buffer has been used before: what is not " +
      "written keeps what an older packet had there.",
    hints: [
      "Compare your bytes with the picture at the head of udp.ts.",
      "`frame.push(8)` returns where the header begins: ports at 0 and 2, length at 4.",
      "After the push, `frame.length` is header and payload together: just what the field wants.",
    ],
    run: async (t) => {
      for (let i = 0; i < 8; i++) {
        const ports = [anyPort(t.random), anyPort(t.random)] as const;
        const size = t.random.int(0, 400);
        const frame = await written(t, t.random.bytes(size), ports, anyEnds(t.random), zeroSum(t));
        const expected = { sourcePort: ports[0], destinationPort: ports[1], length: 8 + size };
        t.fields(fieldsOf(frame), expected, `the header in front of ${amount(size)}`);
      }
    },
  },

  "payload": {
    title: "the payload stays where it is",
    kind: "table",
    covers: ["UDP-8"],
    look: ["writeDatagram"],
    why:
      "What the program sends is in the frame already; the header grows in front of it, and nothing is copied. A header that is written " +
      "over the payload loses its first 8 bytes.",
    hints: [
      "Where does your header begin, and where does it end?",
      "`frame.push(8)`: the new start lies 8 bytes in front of the old.",
      "Write at offsets from what `push` returned; never at the old start.",
    ],
    run: async (t) => {
      for (const size of [1, 8, t.random.int(9, 300)]) {
        const payload = t.random.bytes(size);
        const frame = await written(t, payload, [7, 53], anyEnds(t.random), zeroSum(t));
        t.equal(frame.bytes.slice(frame.start + 8, frame.end), payload, `${amount(size)} of payload behind the header`);
      }
    },
  },

  "range": {
    title: "writing sums the whole datagram",
    kind: "table",
    covers: ["UDP-2"],
    look: ["writeDatagram"],
    why: "Header and payload, to the last byte, odd or not (RFC 768). It is UDP's only way to tell its receiver what was sent.",
    hints: [
      "From where to where do you let `checksum` run?",
      "From the header's first byte to the frame's end.",
      "`checksum(view, at, frame.end, …)`, once, when everything else is written.",
    ],
    run: async (t) => {
      for (const size of [0, 1, t.random.int(2, 99)]) {
        const checksum = checksumOf(t, 0x1234);
        const frame = await written(t, t.random.bytes(size), [anyPort(t.random), 9], anyEnds(t.random), checksum.object);
        expectRange(t, checksum.calls, frame.start, frame.end, `${amount(size)} of payload to be sent`);
      }
    },
  },

  "pseudo-header": {
    title: "the sum of what is sent begins with the pseudo-header",
    kind: "table",
    covers: ["UDP-2"],
    look: ["writeDatagram"],
    why: "As in reading: upper and lower half of both addresses, 17, and the length (RFC 768). The receiver will add the addresses from " +
      "*its* IP header.",
    hints: [
      "Is it the same sum as in parseDatagram?",
      "The same six words; the length is header and payload.",
      "Put the sum into a helper, and call it from both.",
    ],
    run: async (t) => {
      for (const ends of [anyEnds(t.random), anyEnds(t.random), CARRYING]) {
        const size = t.random.int(0, 1000);
        const checksum = checksumOf(t, 0x1234);
        await written(t, t.random.bytes(size), [anyPort(t.random), 9], ends, checksum.object);
        expectInitial(t, checksum.calls, pseudoHeaderSum(ends, PROTOCOL, 8 + size), `${amount(size)} of payload to be sent`);
      }
    },
  },

  "field-zero": {
    title: "the checksum's field is 0 while the sum is made",
    kind: "table",
    weight: 2,
    covers: ["UDP-2"],
    look: ["writeDatagram"],
    why:
      "The sum covers the header, its own field too (RFC 768). The buffer was used before: what an older packet left there would be summed " +
      "with the rest, and no receiver's sum would come to 0.",
    hints: [
      "What stands in the field at 6 when you call `checksum`?",
      "Whatever was in the buffer before, as long as you write nothing there.",
      "`view.setUint16(at + 6, 0)` first; then the sum; then the field again.",
    ],
    run: async (t) => {
      for (const size of [0, 1, t.random.int(2, 99)]) {
        const checksum = checksumOf(t, t.random.int(1, 0xfffe));
        await written(t, t.random.bytes(size), [anyPort(t.random), 9], anyEnds(t.random), checksum.object);
        t.equal(checksum.calls.length, 1, `calls of checksum for ${amount(size)} of payload to be sent`);
        const [bytes, at] = checksum.calls[0]?.args as [Uint8Array, number];
        const field = [...bytes.slice(at + 6, at + 8)].reduce((high, low) => high * 256 + low, 0);
        t.equal(field, 0, `the checksum's field when checksum was called, for ${amount(size)} of payload`);
      }
    },
  },

  "sum": {
    title: "the sum goes into its field as it came",
    kind: "table",
    covers: ["UDP-2"],
    look: ["writeDatagram"],
    why:
      "`checksum` has folded the sum and turned it over already (lab 03). What it returns is what the wire wants, and only 0 is an exception.",
    hints: [
      "What do you do to the result of `checksum`?",
      "Nothing, but for one value. It is the complement already.",
      "`view.setUint16(at + 6, sum)`: at 6 from what `push` returned.",
    ],
    run: async (t) => {
      for (const sum of [t.random.int(2, 0xfffd), 1, 0x8000, 0xfffe, 0xffff]) {
        const frame = await written(t, t.random.bytes(t.random.int(0, 99)), [7, 9], anyEnds(t.random), checksumOf(t, sum).object);
        t.equal(frame.view.getUint16(frame.start + 6), sum, `the checksum's field, where checksum returned 0x${sum.toString(16)}`);
      }
    },
  },

  "zero-sum": {
    title: "a sum of 0 goes out as ffff",
    kind: "table",
    weight: 2,
    covers: ["UDP-3"],
    look: ["writeDatagram"],
    why:
      "0 on the wire says that there is no checksum, so a sum that comes to 0 needs another spelling: ffff, which in ones' complement is the " +
      "same number (RFC 768). It happens to one datagram of 65,535; without this it travels unprotected.",
    hints: [
      "What do you write when `checksum` returns 0?",
      "ffff. A receiver's sum comes to 0 with either of the two.",
      "Only 0 is changed; everything else goes out as it is.",
    ],
    run: async (t) => {
      for (const size of [0, 1, t.random.int(2, 99)]) {
        const frame = await written(t, t.random.bytes(size), [7, anyPort(t.random)], anyEnds(t.random), zeroSum(t));
        t.equal(frame.view.getUint16(frame.start + 6), 0xffff, "the checksum's field, where the sum comes to 0");
      }
    },
  },
};
