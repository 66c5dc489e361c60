/** Checks of parseSegment, without its options: which bytes are a segment, which field lies where, what is refused. */
import type { Random } from "../../../stack/wire/random.ts";
import { ACK, FIN, SYN, URG } from "../../../stack/wire/tcp_flags.ts";
import { tcp, type TcpFields } from "../../../tools/harness/packets.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { anySeq, flagsText, parseAll, type ParseCase } from "./samples.ts";

/** A header whose numbers are all drawn, and the same as parseSegment must read it. */
export function anyHeader(random: Random, flags: number): { fields: TcpFields; read: Record<string, number> } {
  const port = (): number => random.pick([0, 80, 0xffff, random.int(1, 0xfffe)]);
  const half = (): number => random.pick([0, 1, 0x7fff, 0x8000, 0xffff, random.int(2, 0xfffe)]);
  const header = {
    sourcePort: port(),
    destinationPort: port(),
    seq: anySeq(random),
    ack: anySeq(random),
    window: half(),
    urgentPointer: half(),
  };
  const { urgentPointer, ...rest } = header;
  const read = { ...rest, flags, ack: flags & ACK ? header.ack : 0, ...(flags & URG ? { urgentPointer } : {}) };
  return { fields: { ...header, flags }, read };
}

export const parse: Readonly<Record<string, CheckSpec>> = {
  "fields": {
    title: "every field of the header is read where it lies",
    kind: "table",
    weight: 2,
    covers: ["MUST-1"],
    look: ["parseSegment"],
    why:
      "Seven numbers at fixed places, all big-endian (RFC 9293 §3.1). Sequence numbers use all 32 bits and windows all 16: none of them is ever " +
      "negative. The segment does not begin at offset 0 of its buffer.",
    hints: [
      "Compare your offsets with the picture at the head of segment.ts, field by field.",
      "Every offset counts from `frame.start`: ports at 0 and 2, numbers at 4 and 8, window at 14, urgent pointer at 18.",
      "`view.getUint32` gives 0 to 2³² − 1. Numbers put together with `<<` are negative above 2³¹.",
    ],
    run: async (t) => {
      const cases = Array.from({ length: 16 }, (_, index): ParseCase => {
        const { fields, read } = anyHeader(t.random, ACK | URG);
        return { bytes: tcp(fields, t.random.bytes(index % 4)), expected: read, what: `segment ${index + 1}` };
      });
      await parseAll(t, cases);
    },
  },

  "flags": {
    title: "the eight flags are the low byte of the fourteenth",
    kind: "table",
    covers: ["SM-4"],
    look: ["parseSegment"],
    why:
      "Data offset, four reserved bits and eight flags share two bytes (RFC 9293 §3.1). The reserved bits are to be ignored, whatever they are; ECE and " +
      "CWR, the two flags above URG, belong to congestion notification (RFC 3168) and stand in the record too.",
    hints: [
      "Which byte do you read, and which bits of it do you keep?",
      "Byte 13 holds the eight flags and nothing else.",
      "`flags: view.getUint8(start + 13)`. The reserved bits are the low half of byte 12.",
    ],
    run: async (t) => {
      const flags = [0, 255, ...Array.from({ length: 8 }, (_, bit) => 1 << bit), t.random.int(1, 254)];
      const cases = flags.map((each): ParseCase => ({
        bytes: tcp({ flags: each | t.random.int(0, 15) << 8 }),
        expected: { flags: each },
        what: `a segment with ${flagsText(each)}`,
      }));
      await parseAll(t, cases);
    },
  },

  "text": {
    title: "the text begins at the data offset and ends with the frame",
    kind: "table",
    weight: 2,
    covers: ["SM-4"],
    look: ["parseSegment"],
    why:
      "The header says where the text begins, in words of 4 bytes; nothing in it says where the text ends: that is where IP's payload does (RFC 9293 §3.1). " +
      "Take the header for 20 bytes, and timestamps are handed to the application as text.",
    hints: [
      "Which of your numbers is a constant 20 that should be the header's own length?",
      "The upper four bits of byte 12, times 4.",
      "text: start + header length. textLength: what was received, less the header's length.",
    ],
    run: async (t) => {
      const cases = [0, 1, 2, t.random.int(3, 9), 10].flatMap((words) =>
        [0, 1, t.random.int(2, 60)].map((size): ParseCase => ({
          bytes: tcp({ options: new Uint8Array(words * 4).fill(1) }, t.random.bytes(size)),
          expected: (frame) => ({ text: frame.start + 20 + words * 4, textLength: size }),
          what: `a header of ${20 + words * 4} bytes with ${amount(size)} of text`,
        }))
      );
      await parseAll(t, cases);
    },
  },

  "length": {
    title: "SYN and FIN each count one in the segment's length",
    kind: "table",
    weight: 2,
    covers: ["SM-4"],
    look: ["parseSegment"],
    why:
      "Whatever must be acknowledged takes a sequence number, so SYN and FIN take one each; SEG.LEN counts them with the text (RFC 9293 §3.4). A SYN that is not " +
      "counted is acknowledged by its own number, and the peer believes that it was never heard.",
    hints: [
      "How long is a bare SYN? And a SYN with FIN and 3 bytes?",
      "`textLength` counts bytes; `length` counts sequence numbers.",
      "textLength, plus 1 when SYN is set, plus 1 when FIN is set. No other flag counts.",
    ],
    run: async (t) => {
      const cases = [0, SYN, FIN, SYN | FIN, SYN | ACK, 255 - SYN - FIN, 255].flatMap((flags) =>
        [0, t.random.int(1, 99)].map((size): ParseCase => ({
          bytes: tcp({ flags }, t.random.bytes(size)),
          expected: { textLength: size, length: size + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0) },
          what: `${flagsText(flags)} with ${amount(size)} of text`,
        }))
      );
      await parseAll(t, cases);
    },
  },

  "no-ack": {
    title: "without ACK, the acknowledgment number is 0",
    kind: "table",
    covers: ["SM-3"],
    look: ["parseSegment"],
    why:
      "The field is there in every header, but it means something only with the ACK bit (RFC 9293 §3.1); the first SYN of a connection has anything in it. The " +
      "record has 0 then, so that nobody is misled.",
    hints: [
      "What do you put into `ack` when the segment is a bare SYN?",
      "Look at the flag first.",
      "The number at offset 8 if `flags & ACK`, else 0.",
    ],
    run: async (t) => {
      const cases = [0, SYN, FIN, 255 - ACK, ACK, SYN | ACK].map((flags): ParseCase => {
        const ack = t.random.int(1, 0xffff_ffff);
        return { bytes: tcp({ flags, ack }), expected: { ack: flags & ACK ? ack : 0 }, what: `${flagsText(flags)}, field ${ack}` };
      });
      await parseAll(t, cases);
    },
  },

  "truncated": {
    title: "less than 20 bytes are refused as truncated",
    kind: "table",
    covers: ["MUST-3"],
    look: ["parseSegment"],
    why:
      "The smallest header has 20 bytes. Whoever reads a field before knowing that it is there reads the segment that lay in the buffer before, or past the " +
      "buffer's end.",
    hints: [
      "Which is the first byte that you read, and what if there is none?",
      "`frame.length` first, everything else afterwards.",
      'Below 20, whatever the bytes: "truncated".',
    ],
    run: async (t) => {
      const whole = tcp(anyHeader(t.random, ACK).fields, t.random.bytes(8));
      const cases = Array.from({ length: 20 }, (_, size): ParseCase => ({
        bytes: whole.subarray(0, size),
        expected: "truncated",
        what: `the first ${amount(size)} of a segment`,
      }));
      const bare = { bytes: tcp({ window: 4711 }), expected: { window: 4711, textLength: 0 }, what: "a bare header of 20 bytes" };
      await parseAll(t, [...cases, bare]);
    },
  },

  "data-offset": {
    title: "an impossible data offset is refused",
    kind: "table",
    weight: 2,
    covers: ["MUST-3", "MUST-7"],
    look: ["parseSegment"],
    why:
      "Below 5 words the text would begin inside of the header; beyond the end there would be options that nobody sent, and a text of negative length. The offset " +
      "is the sender's claim: believe it when it is possible.",
    hints: [
      "Two comparisons: against the smallest header, and against what is there.",
      "The offset counts words of 4 bytes. A header may be all of the segment.",
      '"bad data offset" when offset × 4 is below 20 or above `frame.length`.',
    ],
    run: async (t) => {
      const cases = Array.from({ length: 16 }, (_, words) => words).flatMap((words) =>
        [t.random.int(0, 8), 20].map((size): ParseCase => {
          const bytes = tcp({ dataOffset: words * 4, window: 99 }, new Uint8Array(size).fill(1));
          const possible = words >= 5 && words * 4 <= 20 + size;
          return {
            bytes,
            expected: possible ? { window: 99, textLength: 20 + size - words * 4 } : "bad data offset",
            what: `data offset ${words} in ${amount(20 + size)}`,
          };
        })
      );
      await parseAll(t, cases);
    },
  },
};
