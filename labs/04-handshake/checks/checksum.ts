/** Checks of the checksum: over what it is taken, and what becomes of a segment in which it is wrong. */
import { RST } from "../../../stack/wire/tcp_flags.ts";
import { ethernet, ipv4, tcp, type TcpFields } from "../../../tools/harness/packets.ts";
import {
  amount,
  anyEnds,
  CARRYING,
  type Ends,
  expectInitial,
  expectRange,
  faultySum,
  pseudoHeaderSum,
  usedFrame,
} from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { parseAll } from "./samples.ts";

/** TCP's number in IP's header. */
const PROTOCOL = 6;

/** The call of checksum that reading this segment leads to. */
export async function callOfParse(t: Trial, ends: Ends, size: number, hit: "range" | "initial"): Promise<void> {
  const frame = usedFrame(t.random, tcp({ options: { mss: 1460 } }, t.random.bytes(size)));
  const checksum = t.recorder<never>({ callback: true });
  const { start, end } = frame;
  await t.handshake.parseSegment(frame, ends.source, ends.destination, checksum.object);
  const what = `a segment of ${amount(end - start)} to be read`;
  if (hit === "range") expectRange(t, checksum.calls, start, end, what);
  else expectInitial(t, checksum.calls, pseudoHeaderSum(ends, PROTOCOL, end - start), what);
}

/** The call of checksum that writing a segment leads to. */
export async function callOfWrite(t: Trial, ends: Ends, size: number, hit: "range" | "initial"): Promise<void> {
  const frame = usedFrame(t.random, t.random.bytes(size), 90);
  const checksum = t.recorder<never>({ callback: true });
  const fields = {
    sourcePort: 80,
    destinationPort: 40_000,
    seq: 1,
    ack: 2,
    flags: 16,
    window: 3,
    urgentPointer: 0,
    mss: 0,
    windowScale: -1,
    sackPermitted: false,
    timestamps: true,
    tsVal: 4,
    tsEcr: 5,
    sack: [],
  };
  await t.handshake.writeSegment(frame, fields as never, ends.source, ends.destination, checksum.object);
  const what = `a segment of ${amount(frame.length)} to be written`;
  if (hit === "range") expectRange(t, checksum.calls, frame.start, frame.end, what);
  else expectInitial(t, checksum.calls, pseudoHeaderSum(ends, PROTOCOL, frame.length), what);
}

/** A segment in its packet and frame, from the peer. */
export function framed(segment: Uint8Array): Uint8Array<ArrayBuffer> {
  return ethernet({}, ipv4({ protocol: 6 }, segment));
}

/** Sends a RST that nobody waits for and that has nothing against it, and fails when it is counted as `reject`. */
export async function expectRead(t: Trial, station: Awaited<ReturnType<Trial["tcp"]>>, reject: string): Promise<void> {
  await station.send(framed(tcp({ flags: RST })), "a RST for nobody");
  t.equal((await station.counters())[reject] ?? 0, 0, `the counter "${reject}", after a segment that has nothing against it`);
}

export const checksum: Readonly<Record<string, CheckSpec>> = {
  "range": {
    title: "reading sums the whole segment, to its last byte",
    kind: "table",
    weight: 2,
    covers: ["MUST-3"],
    look: ["parseSegment"],
    why:
      "The checksum covers header, options and text (RFC 9293 §3.1). Sum the header alone, or up to the last even byte, and a changed letter in the text goes through: nobody " +
      "below TCP looks at it again.",
    hints: [
      "From where to where do you let `checksum` run?",
      "Over everything that IP carried, the text included, and an odd last byte too: `checksum` knows what to do with it.",
      "`checksum(view, frame.start, frame.end, …)`, once.",
    ],
    run: async (t) => {
      for (const size of [0, 1, t.random.int(1, 99) * 2, t.random.int(1, 99) * 2 + 1]) {
        await callOfParse(t, anyEnds(t.random), size, "range");
      }
    },
  },

  "pseudo-header": {
    title: "the sum begins with the pseudo-header",
    kind: "table",
    weight: 2,
    covers: ["MUST-3"],
    look: ["parseSegment"],
    why:
      "Both addresses, the protocol and the length of the segment are summed with it (RFC 9293 §3.1), so a segment that IP brought to the wrong host is not taken there. None of them " +
      "stands in the segment; only the sum knows.",
    hints: [
      "Which six 16-bit words are in the pseudo-header?",
      "Upper and lower half of each address, 6, and the length of header and text. Unfolded is fine: the sum is far below 2³¹.",
      "`source >>> 16`, `source & 0xffff`, the same for the destination, + 6 + (end − start). A carry must not be cut off.",
    ],
    run: async (t) => {
      for (const size of [0, 1, t.random.int(2, 1400)]) await callOfParse(t, anyEnds(t.random), size, "initial");
      await callOfParse(t, CARRYING, t.random.int(1, 1400), "initial");
    },
  },

  "faulty": {
    title: "a checksum that is not 0 is refused, before any option",
    kind: "table",
    covers: ["MUST-3"],
    look: ["parseSegment"],
    why:
      "Over data with its right checksum the result is 0. If it is not, some bit was changed, and perhaps one of those that the options are made of: so the options are not even " +
      "looked at (see SegmentReject). The data offset comes first, since it says whether there are options at all.",
    hints: [
      "In which order do you judge?",
      "truncated, data offset, checksum, options.",
      'Not 0: "bad tcp checksum".',
    ],
    run: async (t) => {
      const reject = "bad tcp checksum";
      await parseAll(t, [
        { bytes: tcp({ flags: "SYN" }), expected: reject, what: "a SYN" },
        { bytes: tcp({}, t.random.bytes(t.random.int(1, 50))), expected: reject, what: "a segment with text" },
        { bytes: tcp({ options: Uint8Array.of(2, 0, 1, 1) }), expected: reject, what: "a segment with a bad option" },
        { bytes: tcp({ dataOffset: 16 }), expected: "bad data offset", what: "a segment with a bad data offset" },
      ], faultySum(t));
    },
  },

  "damaged": {
    title: "a segment in which a bit was changed is dropped silently",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-3"],
    look: ["parseSegment"],
    why:
      "A damaged segment may not even come from where it says, so nobody is told; the sender has a timer and sends it again (RFC 9293 §3.1). The host counts it under the word that you return.",
    hints: [
      "Does parseSegment look at the result of `checksum`?",
      "The counter has the name of the reject, letter by letter.",
      "Run checksum/range and checksum/pseudo-header first.",
    ],
    run: async (t) => {
      const tcpStation = await t.tcp();
      await expectRead(t, tcpStation, "tcp: bad tcp checksum");
      for (let count = 1; count <= 16; count++) {
        const bytes = tcp({ options: { timestamps: [5, 6] }, seq: t.random.int(0, 9) }, t.random.bytes(count));
        const at = count === 1
          ? bytes.length - 1
          : t.random.pick(Array.from({ length: bytes.length }, (_, n) => n).filter((n) => n !== 12));
        bytes[at] = (bytes[at] as number) ^ 1 << t.random.int(0, 7);
        await tcpStation.send(framed(bytes), `one bit of byte ${at} of ${bytes.length} was changed`);
        await tcpStation.expectSilence(0, `nothing is sent about a segment with one bit changed in byte ${at}`);
        await t.counter(tcpStation, "tcp: bad tcp checksum", count);
      }
    },
  },

  "misled": {
    title: "a segment that was summed for other addresses is dropped",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-3"],
    look: ["parseSegment"],
    why:
      "Its own bytes are all right, and yet it is not for this connection: that is what the pseudo-header is for (RFC 9293 §3.1). A stack without it takes every one of these.",
    hints: [
      "Which of the four parts of the pseudo-header do you leave out?",
      "The segment that was taken says it: a wrong address, another protocol, another length, or no pseudo-header at all.",
      "Run checksum/pseudo-header.",
    ],
    run: async (t) => {
      const tcpStation = await t.tcp();
      await expectRead(t, tcpStation, "tcp: bad tcp checksum");
      const text = t.random.bytes(t.random.int(1, 40));
      const plain = tcp({}, text);
      const sealed = new DataView(plain.buffer).getUint16(16);
      /** The checksum as it would be if the pseudo-header's sum were larger by so much. */
      const other = (more: number): TcpFields => ({ checksum: ((0xffff - sealed + more) % 0xffff) ^ 0xffff });
      const wrong: [TcpFields, string][] = [
        [{ source: "10.44.0.9" }, "for another source"],
        [{ destination: "10.44.1.2" }, "for another destination"],
        [other(17 - 6), "for another protocol"],
        [other(1), "for a segment that is longer by 1"],
        [
          other(0xffff - pseudoHeaderSum({ source: 0x0a2c_0001, destination: 0x0a2c_0002 } as Ends, PROTOCOL, plain.length)),
          "without a pseudo-header",
        ],
      ];
      for (const [index, [fields, what]] of t.random.shuffle(wrong).entries()) {
        await tcpStation.send(framed(tcp(fields, text)), `summed ${what}`);
        await tcpStation.expectSilence(0, `nothing is sent about a segment that was summed ${what}`);
        await t.counter(tcpStation, "tcp: bad tcp checksum", index + 1);
      }
    },
  },

  "sound": {
    title: "right segments of every length are taken, and answered",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-3", "MUST-2", "SM-1"],
    look: ["parseSegment", "writeSegment", "answerStray"],
    why:
      "The other half of the matter: a segment whose checksum is right must not be lost. Odd lengths and sums that carry are where stacks differ; here they go to a port that is closed, so " +
      "that each is answered by a RST, which needs a right checksum of its own.",
    hints: [
      "Which of the segments was dropped: one of odd length?",
      "If none is answered, write answerStray and writeSegment first: this check needs them.",
      "If the RST's checksum is wrong: 0 into the field before summing, and the pseudo-header with the length of the RST.",
    ],
    run: async (t) => {
      const tcpStation = await t.tcp();
      for (const size of [0, 1, 2, 3, t.random.int(2, 700) * 2 + 1, 1460]) {
        const text = size === 3 ? Uint8Array.of(255, 255, 255) : t.random.bytes(size);
        const ack = t.random.int(1, 0xffff_ffff);
        await tcpStation.send(framed(tcp({ ack, destinationPort: 9 }, text)), `${amount(size)} of text for a closed port`);
        await tcpStation.expect(
          { tcp: { seq: ack, flags: { oneOf: ["RST", "RST ACK"] } } },
          `a segment with ${amount(size)} of text is answered by a RST`,
        );
      }
    },
  },
};
