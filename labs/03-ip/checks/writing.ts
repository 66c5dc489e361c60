/** Checks of writeIpv4: a header that is right to the last bit, in a buffer that was used before. */
import { ipv4 } from "../../../tools/harness/packets.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { anyData, anyFields, anyHost, hex, usedFrame } from "./samples.ts";

export const writing: Readonly<Record<string, CheckSpec>> = {
  "write": {
    title: "every field of a header is written in its place",
    kind: "table",
    weight: 2,
    covers: ["IP-9", "MUST-48", "MUST-49", "SHLD-21", "SHLD-22", "791-2"],
    look: ["writeIpv4", "internetChecksum"],
    why:
      "A packet grows at its front: push 20 bytes and fill them (RFC 791 §3.1). The buffer was used before, so a field that is not written holds what an older " +
      "packet left there: the checksum's own field, too, which counts as 0 while all 20 bytes are summed. What the layer above asks for goes out unchanged.",
    hints: [
      "Which of the 20 bytes do you never write?",
      "The first byte is 0x45. The total length is the frame's length *after* the push. The offset on the wire is in units of 8.",
      "Write 0 into the checksum field, all else, then the checksum of the 20 bytes.",
    ],
    run: async (t) => {
      for (let i = 0; i < 10; i++) {
        const { ttl: timeToLive, ...rest } = anyFields(t.random);
        const fields = { ...rest, moreFragments: i % 3 === 0, fragmentOffset: i % 2 * t.random.int(1, 8191) * 8 };
        const payload = anyData(t.random, t.random.int(0, 12) * 8);
        const frame = usedFrame(t.random, payload);
        await t.ip.writeIpv4(frame, { ...fields, timeToLive });
        comparePacket(t, frame.toBytes(), ipv4({ ...fields, ttl: timeToLive }, payload));
      }
    },
  },

  "write-defaults": {
    title: "what is not given is 0 in the header",
    kind: "table",
    covers: ["IP-9", "SHLD-23"],
    look: ["writeIpv4"],
    why:
      "Most packets need an identification, a TTL, a protocol and two addresses; all other fields of the contract may be left out. `undefined` written as a " +
      "number is 0, but `undefined / 8` is not a number at all, and the flags share their word with the offset.",
    hints: [
      "What is `fields.typeOfService` when nobody gave one?",
      "`?? 0`.",
      "Flags and offset are one 16-bit word: 0 when neither flag is set and there is no offset.",
    ],
    run: async (t) => {
      for (let i = 0; i < 6; i++) {
        const given = {
          identification: t.random.int(0, 0xffff),
          protocol: t.random.int(1, 255),
          source: anyHost(t.random),
          destination: anyHost(t.random),
        };
        const timeToLive = t.random.int(1, 255);
        const payload = anyData(t.random, t.random.int(0, 40));
        const frame = usedFrame(t.random, payload);
        await t.ip.writeIpv4(frame, { ...given, timeToLive });
        comparePacket(t, frame.toBytes(), ipv4({ ...given, ttl: timeToLive }, payload));
      }
    },
  },
};

/** Compares what was written with what is right: first the fields, which say more than bytes do, and the checksum last, for it follows from them. */
export function comparePacket(t: Trial, written: Uint8Array, right: Uint8Array): void {
  t.equal(written.length, right.length, "the length of the packet");
  const rows: [name: string, at: number, size: 1 | 2 | 4][] = [
    ["version and header length", 0, 1],
    ["the type of service", 1, 1],
    ["the total length", 2, 2],
    ["the identification", 4, 2],
    ["flags and fragment offset", 6, 2],
    ["the time to live", 8, 1],
    ["the protocol", 9, 1],
    ["the source", 12, 4],
    ["the destination", 16, 4],
    ["the header checksum", 10, 2],
  ];
  for (const [name, at, size] of rows) {
    t.equal(hexAt(written, at, size), hexAt(right, at, size), `${name}, at byte ${at}`);
  }
  t.equal(written.subarray(20), right.subarray(20), "the payload behind the header");
}

function hexAt(bytes: Uint8Array, at: number, size: number): string {
  return hex([...bytes.subarray(at, at + size)].reduce((value, byte) => value * 256 + byte, 0));
}
