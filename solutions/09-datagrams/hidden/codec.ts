/** Hidden checks of parseDatagram and writeDatagram. */
import { anyPort, parseAll, written } from "../../../labs/09-datagrams/checks/samples.ts";
import { udp } from "../../../tools/harness/packets.ts";
import { amount, anyEnds, bytesText, faultySum, framedTightly, usedFrame, zeroSum } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

/** What must come of these bytes, with a checksum that comes to 0 or does not. */
function verdict(
  bytes: Uint8Array,
  sound: boolean,
): string | { readonly sourcePort: number; readonly destinationPort: number; readonly length: number } {
  if (bytes.length < 8) return "too short";
  const [sourcePort, destinationPort, length, field] = [0, 2, 4, 6].map((at) => (bytes[at] as number) * 256 + (bytes[at + 1] as number));
  if (length === undefined || length < 8 || length > bytes.length) return "bad length";
  if (field !== 0 && !sound) return "bad checksum";
  return { sourcePort: sourcePort as number, destinationPort: destinationPort as number, length: length - 8 };
}

export const parse: Readonly<Record<string, CheckSpec>> = {
  "whatever-comes": {
    title: "any bytes at all give a record or a reject",
    kind: "table",
    weight: 2,
    covers: ["UDP-8", "UDP-2", "UDP-3"],
    look: ["parseDatagram"],
    why:
      "What comes from the network may be anything. A reject is a value; an exception in the receive path would stop the host, and a read " +
      "behind the packet would show what was there before.",
    hints: [
      "Which field may you read before you know how long the frame is?",
      "None. Then the length field, and only then the rest.",
      "The three tests, in the order of the contract, and the record.",
    ],
    run: async (t) => {
      for (const sound of [true, false]) {
        const all = Array.from({ length: 200 }, (_, index) => {
          const bytes = t.random.bytes(t.random.int(0, 40));
          if (bytes.length >= 6 && index % 2 === 0) bytes[4] = 0; // so that the length is a likely one
          if (bytes.length >= 8 && index % 8 === 0) bytes.fill(0, 6, 8);
          return bytes;
        });
        const cases = [...all, new Uint8Array(30).fill(0xff), new Uint8Array(8)];
        await parseAll(
          t,
          cases.map((bytes) => ({ bytes, expected: verdict(bytes, sound), what: amount(bytes.length) })),
          sound ? zeroSum(t) : faultySum(t),
        );
      }
    },
  },

  "buffer-ends": {
    title: "nothing is read behind the buffer's end",
    kind: "table",
    covers: ["UDP-8"],
    look: ["parseDatagram"],
    why:
      "A packet may lie at the very end of its buffer. Who reads a field first and asks about the length afterwards gets an exception there, and " +
      "old bytes anywhere else.",
    hints: [
      "What is there behind `frame.end`?",
      "Perhaps nothing at all: `getUint16` then throws a RangeError.",
      "The length of the frame is tested before the first field is read.",
    ],
    run: async (t: Trial) => {
      const { source, destination } = anyEnds(t.random);
      const whole = udp({ sourcePort: anyPort(t.random) }, t.random.bytes(12));
      const frames = Array.from({ length: whole.length + 1 }, (_, size) => framedTightly(whole.slice(0, size), 10));
      const outcomes = await t.many("datagrams", "parseDatagram", frames.map((frame) => [frame, source, destination, zeroSum(t)]));
      for (const [size, { value, threw }] of outcomes.entries()) {
        t.ok(threw === undefined, `parseDatagram to return, given ${amount(size)} at the end of a buffer`, `an exception: ${threw}`);
        if (size === whole.length) t.fields(value, { length: 12, payload: 18 }, "the record of the whole datagram");
        else t.equal(value, size < 8 ? "too short" : "bad length", `what parseDatagram says to the first ${amount(size)} of 20`);
      }
    },
  },

  "nothing-changed": {
    title: "reading changes neither the frame nor its bytes",
    kind: "table",
    covers: ["UDP-8"],
    look: ["parseDatagram"],
    why: "The packet is quoted in an ICMP error when nobody has its port (RFC 1122 §3.2.2), so it must still be as it came.",
    hints: [
      "Do you pull the header off the frame, or set the checksum's field to 0 before you sum?",
      "Neither is needed: the record says where the payload lies, and a right sum comes to 0 with its field in it.",
      "Only read from `frame.view`; never `pull`, never `set`.",
    ],
    run: async (t) => {
      for (const checksum of [0, 0xffff, t.random.int(1, 0xfffe)]) {
        const bytes = udp({ sourcePort: anyPort(t.random), checksum }, t.random.bytes(t.random.int(1, 60)));
        const frame = usedFrame(t.random, bytes);
        const before = { start: frame.start, end: frame.end, bytes: frame.bytes.slice() };
        const { source, destination } = anyEnds(t.random);
        const record = await t.datagrams.parseDatagram(frame, source, destination, zeroSum(t));
        t.fields(record, { length: bytes.length - 8 }, `the record of ${bytesText(bytes, 40)}`);
        t.equal([frame.start, frame.end], [before.start, before.end], "start and end of the frame afterwards");
        t.equal(frame.bytes, before.bytes, "the frame's bytes afterwards");
      }
    },
  },
};

export const write: Readonly<Record<string, CheckSpec>> = {
  "byte-for-byte": {
    title: "the header has these 8 bytes and no others",
    kind: "table",
    covers: ["UDP-2", "UDP-8"],
    look: ["writeDatagram"],
    why: "Four fields of 16 bits, big-endian (RFC 768), in a buffer full of old bytes: each must be written.",
    hints: [
      "Which of your bytes differs?",
      "High byte first; `setUint16` does that.",
      "Ports, length, checksum: at 0, 2, 4 and 6 from what `push` returned.",
    ],
    run: async (t) => {
      for (let i = 0; i < 10; i++) {
        const [sourcePort, destinationPort] = [anyPort(t.random), anyPort(t.random)];
        const payload = t.random.bytes(t.random.int(0, 300));
        const frame = await written(t, payload, [sourcePort, destinationPort], anyEnds(t.random), zeroSum(t));
        const expected = udp({ sourcePort, destinationPort, checksum: 0xffff }, payload);
        t.equal(frame.bytes.slice(frame.start, frame.end), expected, `a datagram from port ${sourcePort} to port ${destinationPort}`);
      }
    },
  },

  "longest": {
    title: "the longest datagram has its right length",
    kind: "table",
    covers: ["UDP-8"],
    look: ["writeDatagram", "parseDatagram"],
    why: "65,507 bytes are what IP's length field leaves after both headers. In a signed number of 16 bits the length would be negative.",
    hints: [
      "How is a length above 32,767 written, and read?",
      "Unsigned: `setUint16` and `getUint16`.",
      "65,515 is ffeb.",
    ],
    run: async (t) => {
      const ends = anyEnds(t.random);
      for (const size of [65_507, t.random.int(32_768, 65_506)]) {
        const frame = await written(t, t.random.bytes(size), [40_000, 50_000], ends, zeroSum(t));
        t.equal(frame.view.getUint16(frame.start + 4), size + 8, `the length field in front of ${amount(size)}`);
        const record = await t.datagrams.parseDatagram(frame, ends.source, ends.destination, zeroSum(t));
        t.fields(record, { sourcePort: 40_000, destinationPort: 50_000, length: size }, `the record of a datagram with ${amount(size)}`);
      }
    },
  },
};
