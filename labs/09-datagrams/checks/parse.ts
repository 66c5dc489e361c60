/** Checks of parseDatagram: which field lies where, where the payload ends, what is refused. */
import { udp } from "../../../tools/harness/packets.ts";
import {
  amount,
  anyEnds,
  CARRYING,
  expectInitial,
  expectRange,
  faultySum,
  framedTightly,
  pseudoHeaderSum,
} from "../../../tools/harness/samples.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { anyPort, callsOfParse, parseAll, type ParseCase, PROTOCOL } from "./samples.ts";

export const parse: Readonly<Record<string, CheckSpec>> = {
  "fields": {
    title: "both ports and the payload's length are read",
    kind: "table",
    weight: 2,
    covers: ["UDP-8"],
    look: ["parseDatagram"],
    why:
      "Four numbers of 16 bits are the whole header (RFC 768). The length counts the header too, the record's does not. And a datagram " +
      "does not begin at offset 0 of its buffer: IP's header lies in front of it.",
    hints: [
      "Compare your offsets with the picture at the head of udp.ts.",
      "Each offset counts from `frame.start`: source port at 0, destination port at 2, length at 4. The payload lies behind byte 7.",
      "`view.getUint16` gives 0 to 65,535; `payload: start + 8`, `length: length - 8`.",
    ],
    run: async (t) => {
      const cases = Array.from({ length: 16 }, (_, index): ParseCase => {
        const [sourcePort, destinationPort] = [anyPort(t.random), anyPort(t.random)];
        const length = t.random.int(1, 300);
        return {
          bytes: udp({ sourcePort, destinationPort }, t.random.bytes(length)),
          expected: (frame) => ({ sourcePort, destinationPort, payload: frame.start + 8, length }),
          what: `datagram ${index + 1}`,
        };
      });
      await parseAll(t, cases);
    },
  },

  "empty": {
    title: "a datagram may carry nothing",
    kind: "table",
    covers: ["UDP-8"],
    look: ["parseDatagram"],
    why: "Eight bytes are a whole datagram: somebody said something to this port, and it was nothing (RFC 768). Programs use that as a " +
      "sign of life. A stream has no such thing.",
    hints: [
      "What do you do when the length field is exactly 8?",
      "A length of 8 is right: header and no payload.",
      "`length < 8` is bad, 8 is not.",
    ],
    run: async (t) => {
      const ports = { sourcePort: anyPort(t.random), destinationPort: anyPort(t.random) };
      await parseAll(t, [
        { bytes: udp(ports), expected: (frame) => ({ ...ports, payload: frame.start + 8, length: 0 }), what: "a datagram without payload" },
        { bytes: udp(ports, t.random.bytes(1)), expected: { ...ports, length: 1 }, what: "a datagram with one byte" },
      ]);
    },
  },

  "too-short": {
    title: "less than a header is too short",
    kind: "table",
    covers: ["UDP-8"],
    look: ["parseDatagram"],
    why: "Whatever comes from the network is somebody else's. With less than 8 bytes a field that you read is not there, or is what an " +
      "older packet left in the buffer.",
    hints: [
      "What is the first thing that you know about a frame, before any field is read?",
      "How long it is: `frame.length`, or end − start.",
      'Fewer than 8 bytes: "too short", before the length field is looked at.',
    ],
    run: async (t) => {
      const whole = udp({ sourcePort: 53 }, t.random.bytes(4));
      const cases = Array.from({ length: 8 }, (_, size) => ({ bytes: whole.slice(0, size), expected: "too short", what: amount(size) }));
      await parseAll(t, cases);
      const last = cases.map((each) => ({ ...each, what: `${each.what} at the very end of a buffer` }));
      await parseAll(t, last, undefined, framedTightly);
    },
  },

  "length-too-small": {
    title: "a length below 8 is refused",
    kind: "table",
    covers: ["UDP-8"],
    look: ["parseDatagram"],
    why: "The length field counts the header (RFC 768), so nothing below 8 can be true. Taken at its word, it gives a payload of fewer " +
      "than no bytes.",
    hints: [
      "Which values of the length field can be no datagram's?",
      "0 to 7: the header alone has 8.",
      'Below 8: "bad length".',
    ],
    run: async (t) => {
      const cases = Array.from({ length: 8 }, (_, length): ParseCase => ({
        bytes: udp({ length }, t.random.bytes(t.random.int(0, 20))),
        expected: "bad length",
        what: `a datagram whose length field says ${length}`,
      }));
      await parseAll(t, cases);
    },
  },

  "length-too-big": {
    title: "a length beyond what IP brought is refused",
    kind: "table",
    weight: 2,
    covers: ["UDP-8"],
    look: ["parseDatagram"],
    why:
      "There are two lengths, UDP's and IP's, and a sender can make them differ. Who believes the larger one reads what lies behind the " +
      "packet: bytes of somebody else's. That is how memory leaks out of hosts.",
    hints: [
      "With what do you compare the length field?",
      "With what IP brought, from `frame.start` to `frame.end`, not with the buffer.",
      '`length > end - start`: "bad length".',
    ],
    run: async (t) => {
      const cases = [1, 2, 8, t.random.int(9, 1000), 0xffff - 8 - 20].map((more): ParseCase => ({
        bytes: udp({ length: 8 + 20 + more }, t.random.bytes(20)),
        expected: "bad length",
        what: `a datagram of 28 bytes whose length field says ${28 + more}`,
      }));
      await parseAll(t, cases);
    },
  },

  "padding": {
    title: "what lies behind the length is not payload",
    kind: "table",
    weight: 2,
    covers: ["UDP-8"],
    look: ["parseDatagram"],
    why:
      "A length below IP's is legal: what lies behind it belongs to nobody. A program that got it would find bytes in its datagram that " +
      "nobody sent to it.",
    hints: [
      "Does your payload end with the frame, or where the length field says?",
      "UDP's own length counts, wherever the frame ends.",
      "`length: length - 8`, and not `frame.end - payload`.",
    ],
    run: async (t) => {
      const cases = [1, 2, t.random.int(3, 60)].map((more): ParseCase => {
        const length = t.random.int(0, 30);
        const bytes = new Uint8Array(8 + length + more).fill(0xee);
        bytes.set(udp({}, t.random.bytes(length)));
        return {
          bytes,
          expected: (frame) => ({ payload: frame.start + 8, length }),
          what: `a datagram with ${amount(length)} of payload and ${amount(more)} behind it`,
        };
      });
      await parseAll(t, cases);
    },
  },

  "range": {
    title: "reading sums header and payload, and no padding",
    kind: "table",
    weight: 2,
    covers: ["UDP-2"],
    look: ["parseDatagram"],
    why:
      "The sender summed what its length field says (RFC 768). Sum less, and a changed byte goes through; sum more, and every datagram " +
      "with padding seems broken.",
    hints: [
      "From where to where do you let `checksum` run?",
      "From the header's first byte, as far as the *length field* says; an odd last byte is `checksum`'s affair.",
      "`checksum(view, start, start + length, …)`, once.",
    ],
    run: async (t) => {
      for (const size of [0, 1, t.random.int(1, 99) * 2, t.random.int(1, 99) * 2 + 1]) {
        for (const padding of [0, t.random.int(1, 30)]) {
          const { calls, start } = await callsOfParse(t, anyEnds(t.random), size, padding);
          expectRange(
            t,
            calls,
            start,
            start + 8 + size,
            `a datagram of ${8 + size} bytes, with ${amount(padding)} of padding behind it, to be read`,
          );
        }
      }
    },
  },

  "pseudo-header": {
    title: "the sum begins with the pseudo-header",
    kind: "table",
    weight: 2,
    covers: ["UDP-2"],
    look: ["parseDatagram"],
    why:
      "Both addresses, the protocol 17 and UDP's length are summed too (RFC 768): so a datagram that IP brought to the wrong host, or for " +
      "the wrong protocol, is found out. None of them but the length stands in the datagram, and that is counted twice.",
    hints: [
      "Which six words of 16 bits are in the pseudo-header?",
      "Upper and lower half of each address, 17, and the length field's value. As one number, unfolded: it is far below 2³¹.",
      "`source >>> 16`, `source & 0xffff`, the same for the destination, + 17 + length. A carry must not be cut off.",
    ],
    run: async (t) => {
      for (const ends of [anyEnds(t.random), anyEnds(t.random), CARRYING]) {
        const size = t.random.int(0, 1400);
        const { calls } = await callsOfParse(t, ends, size, t.random.int(0, 9));
        expectInitial(t, calls, pseudoHeaderSum(ends, PROTOCOL, 8 + size), `a datagram of ${8 + size} bytes to be read`);
      }
    },
  },

  "bad-checksum": {
    title: "a checksum that does not come to 0 is refused",
    kind: "table",
    weight: 2,
    covers: ["UDP-2"],
    look: ["parseDatagram"],
    why: "Over data that contains its right checksum the sum comes to 0. If it does not, some bit is not what was sent, and nobody knows " +
      "which: a port, perhaps. The lengths are looked at first, as they say over what to sum.",
    hints: [
      "What does `checksum` return over a datagram that is as it was sent?",
      "0. Anything else is a reject.",
      'In order: too short, bad length, "bad checksum".',
    ],
    run: async (t) => {
      const cases = [0, 1, t.random.int(2, 99)].map((size): ParseCase => ({
        bytes: udp({ checksum: t.random.int(1, 0xffff) }, t.random.bytes(size)),
        expected: "bad checksum",
        what: `a datagram of ${8 + size} bytes`,
      }));
      await parseAll(t, [
        ...cases,
        { bytes: new Uint8Array(7), expected: "too short", what: "7 bytes" },
        { bytes: udp({ length: 9, checksum: 1 }), expected: "bad length", what: "8 bytes whose length field says 9" },
      ], faultySum(t));
      await parseAll(t, [{ bytes: udp({ checksum: 5 }), expected: { length: 0 }, what: "a datagram whose checksum comes to 0" }]);
    },
  },

  "no-checksum": {
    title: "0 in the checksum's field means that there is none",
    kind: "table",
    weight: 2,
    covers: ["UDP-3"],
    look: ["parseDatagram"],
    why:
      "UDP's checksum is the sender's choice over IPv4: 0 says that it made none (RFC 768). Such a datagram is taken as it is; to sum it " +
      "all the same finds a fault in every one.",
    hints: [
      "What stands in the field when the sender made no checksum?",
      "0. Then there is nothing to verify.",
      "Look at the field at 6 first; only when it is not 0 does the sum matter.",
    ],
    run: async (t) => {
      const cases = [0, 1, t.random.int(2, 99)].map((length): ParseCase => {
        const sourcePort = anyPort(t.random);
        return {
          bytes: udp({ sourcePort, checksum: 0 }, t.random.bytes(length)),
          expected: { sourcePort, length },
          what: `a datagram of ${8 + length} bytes without a checksum`,
        };
      });
      const summed = { bytes: udp({ checksum: 0xffff }), expected: "bad checksum", what: "one whose checksum is ffff, and wrong" };
      await parseAll(t, [...cases, summed], faultySum(t));
    },
  },
};
