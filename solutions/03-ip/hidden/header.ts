/** Hidden checks of the header: the order of its faults, bytes of no origin, and the ends of its ranges. */
import { BROADCAST } from "../../../labs/03-ip/checks/addresses.ts";
import { headerOf, parseCase } from "../../../labs/03-ip/checks/header.ts";
import { anyData, anyFields, type Case, compareAll, rightChecksum, usedFrame } from "../../../labs/03-ip/checks/samples.ts";
import { comparePacket } from "../../../labs/03-ip/checks/writing.ts";
import type { Ipv4Address } from "../../../stack/wire/ipv4_address.ts";
import { ipv4 } from "../../../tools/harness/packets.ts";
import { amount, bytesText } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export const header: Readonly<Record<string, CheckSpec>> = {
  "order": {
    title: "of several faults the first in the contract's order is named",
    kind: "table",
    weight: 2,
    covers: ["IP-1", "IP-2", "791-1"],
    look: ["parseIpv4"],
    why:
      "The order is not a matter of taste: each check makes the next one safe. Without a version there is no header length, without a header length no total length and no checksum, and " +
      "without a checksum there is nothing to believe about fragments.",
    hints: [
      "Which two faults does the packet have, and which did you name?",
      "truncated, version, header length, total length, checksum, fragment.",
      "All but the last come before any other field is looked at.",
    ],
    run: async (t) => {
      const fields = () => ({ ...anyFields(t.random), dontFragment: false });
      const payload = t.random.bytes(11);
      const wrong = { headerChecksum: t.random.int(0, 0xffff) };
      const fragment = { moreFragments: true };
      const make = (more: object): Uint8Array => ipv4({ ...fields(), ...more }, payload);
      await compareAll(t, "parseIpv4", [
        parseCase(t, make({ version: 6 }).subarray(0, 19), "truncated", "19 bytes of version 6"),
        parseCase(t, make({ version: 6, headerLength: 8, totalLength: 4 }), "bad version", "version 6 with impossible lengths"),
        parseCase(t, make({ headerLength: 60, totalLength: 4, ...wrong }), "bad header length", "IHL 15 in 31 bytes, total length 4"),
        parseCase(t, make({ headerLength: 12, totalLength: 9 }), "bad header length", "IHL 3, total length 9"),
        parseCase(t, make({ totalLength: 19, ...wrong, ...fragment }), "bad total length", "total length 19 with a wrong checksum"),
        parseCase(t, make({ totalLength: 900, ...wrong }), "bad total length", "total length 900 with a wrong checksum"),
        parseCase(t, spoiled(make(fragment)), "bad header checksum", "an impossible fragment with a wrong checksum"),
        parseCase(t, make(fragment), "bad fragment", "an impossible fragment"),
        parseCase(t, new Uint8Array(19).fill(0xff), "truncated", "19 bytes of ff"),
        parseCase(t, new Uint8Array(60).fill(0xff), "bad version", "60 bytes of ff"),
        parseCase(t, new Uint8Array(60), "bad version", "60 bytes of 00"),
      ]);
    },
  },

  "random-bytes": {
    title: "no bytes make it throw, or read too far",
    kind: "table",
    weight: 2,
    covers: ["791-1"],
    look: ["parseIpv4"],
    why:
      "A stack reads what anybody sends. Bytes that never came from a stack at all are the cheapest test there is, and they find the length that was not looked at.",
    hints: [
      "What did it throw? A RangeError says that it read past the buffer.",
      "The packet lies at the very end of its buffer here: one byte too far is an error.",
      "Check `frame.length` before every first look at a region.",
    ],
    run: async (t: Trial) => {
      const cases: Case[] = [];
      for (let i = 0; i < 250; i++) {
        const bytes = t.random.bytes(t.random.int(0, 64));
        if (bytes.length >= 20 && i % 4 !== 0) {
          const ihl = t.random.int(4, 8);
          bytes[0] = 0x40 | ihl;
          bytes.set([0, t.random.int(ihl * 4 - 2, Math.max(ihl * 4, bytes.length + 2))], 2);
          if (i % 2 === 1 && ihl * 4 <= bytes.length) seal(bytes);
        }
        cases.push({
          args: [usedFrame(t.random, bytes, 0)],
          expected: verdictOn(bytes),
          what: `what parseIpv4 makes of ${amount(bytes.length)}: ${bytesText(bytes)}`,
        });
      }
      const outcomes = await t.many("ip", "parseIpv4", cases.map((each) => each.args));
      for (const [index, { expected, what }] of cases.entries()) {
        const { value, threw } = outcomes[index] ?? {};
        t.ok(threw === undefined, what, `an exception: ${threw}`);
        t.equal(typeof value === "object" ? "a header" : value, expected, what);
      }
    },
  },

  "reserved-flag": {
    title: "the reserved flag is no part of the offset",
    kind: "table",
    covers: ["791-2"],
    look: ["parseIpv4"],
    why:
      "The first of the three flags must be zero and is not ours to judge: what is reserved today may have a meaning tomorrow (RFC 791 §3.1). But it stands right above the others: a mask of 0xbfff or a shift " +
      "without a mask makes it part of the offset.",
    hints: [
      "What is your offset when the word at byte 6 is 0x8001?",
      "The offset is the low 13 bits: 0x1fff.",
      "0x8000 reserved, 0x4000 don't fragment, 0x2000 more fragments.",
    ],
    run: async (t) => {
      for (const dontFragment of [false, true]) {
        const fields = {
          ...anyFields(t.random),
          dontFragment,
          moreFragments: t.random.chance(0.5),
          fragmentOffset: t.random.int(0, 8000) * 8,
        };
        const packet = ipv4({ ...fields, reservedFlag: true }, anyData(t.random, 16));
        const frame = usedFrame(t.random, packet);
        t.fields(await t.ip.parseIpv4(frame), headerOf(fields, packet, frame.start), "a header with the reserved flag set");
      }
    },
  },

  "extremes": {
    title: "fields at both ends of their ranges are read and written",
    kind: "table",
    covers: ["791-2", "791-4", "IP-9"],
    look: ["parseIpv4", "writeIpv4"],
    why:
      "255.255.255.255 is 4,294,967,295 and not −1; a TTL may be 255 and an offset 65,528. The ends of the ranges are where signs and widths go wrong.",
    hints: [
      "Which field comes back negative, or cut?",
      "`view.getUint32` is unsigned; shifts and ors are not.",
      "`readIpv4` reads an address; the offset on the wire is at most 8191.",
    ],
    run: async (t) => {
      const high = {
        typeOfService: 255,
        identification: 0xffff,
        ttl: 255,
        protocol: 255,
        source: BROADCAST,
        destination: 0xffff_fffe as Ipv4Address,
      };
      const low = { typeOfService: 0, identification: 0, ttl: 1, protocol: 0, source: 0 as Ipv4Address, destination: 1 as Ipv4Address };
      for (const [ends, fragmentOffset] of [[high, 65_528], [low, 0]] as const) {
        const fields = { ...ends, dontFragment: ends === high, moreFragments: false, fragmentOffset };
        const payload = anyData(t.random, 7);
        const packet = ipv4(fields, payload);
        const frame = usedFrame(t.random, packet);
        t.fields(await t.ip.parseIpv4(frame), headerOf(fields, packet, frame.start), "a header at the ends of its ranges");
        const written = usedFrame(t.random, payload);
        const { ttl: timeToLive, ...rest } = fields;
        await t.ip.writeIpv4(written, { ...rest, timeToLive });
        comparePacket(t, written.toBytes(), packet);
      }
    },
  },

  "write-long": {
    title: "the length is right for long and for empty payloads",
    kind: "table",
    covers: ["791-1"],
    look: ["writeIpv4"],
    why:
      "The total length counts the header too, and has two bytes: whoever writes only the low one is right up to 255 bytes (RFC 791 §3.1).",
    hints: [
      "Is the length right for 100 bytes, and wrong for 300?",
      "`setUint16` at byte 2, with the length of the frame after the push.",
      "The longest packet is 65,535 bytes, header and all.",
    ],
    run: async (t) => {
      for (const size of [0, 235, 236, t.random.int(300, 1480), 65_515]) {
        const { ttl: timeToLive, ...fields } = anyFields(t.random);
        const payload = anyData(t.random, size);
        const frame = usedFrame(t.random, payload);
        await t.ip.writeIpv4(frame, { ...fields, timeToLive });
        comparePacket(t, frame.toBytes(), ipv4({ ...fields, ttl: timeToLive }, payload));
      }
    },
  },
};

/** The packet with a wrong header checksum. */
function spoiled(packet: Uint8Array): Uint8Array {
  packet[10] = (packet[10] as number) ^ 0x5a;
  return packet;
}

/** Makes a header's checksum right. */
function seal(bytes: Uint8Array): void {
  bytes.set([0, 0], 10);
  const sum = rightChecksum(bytes.subarray(0, ((bytes[0] as number) & 15) * 4));
  bytes.set([sum >>> 8, sum & 255], 10);
}

/** What the contract says about these bytes. */
function verdictOn(bytes: Uint8Array): string {
  if (bytes.length < 20) return "truncated";
  const [first, total, word] = [bytes[0] as number, at16(bytes, 2), at16(bytes, 6)];
  const length = (first & 15) * 4;
  if (first >> 4 !== 4) return "bad version";
  if (length < 20 || length > bytes.length) return "bad header length";
  if (total < length || total > bytes.length) return "bad total length";
  if (rightChecksum(bytes.subarray(0, length)) !== 0) return "bad header checksum";
  const [offset, size, more] = [word % 8192 * 8, total - length, (word & 0x2000) > 0];
  const fragment = more || offset > 0;
  return fragment && (size === 0 || offset + size > 65_535 || more && size % 8 > 0) ? "bad fragment" : "a header";
}

function at16(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) * 256 + (bytes[at + 1] as number);
}
