/** Checks of parseIpv4: which bytes are a header, which field lies where, and what is refused. */
import { ethernet, ipv4, type Ipv4Fields, pad } from "../../../tools/harness/packets.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { anyData, anyFields, type Case, compareAll, type PacketFields, rightChecksum, usedFrame } from "./samples.ts";

/** A packet in a used frame, and what parsing it must come to. */
export function parseCase(t: Trial, packet: Uint8Array, expected: string, what: string): Case {
  return { args: [usedFrame(t.random, packet)], expected, what: `what parseIpv4 says to ${what}`, bytes: packet };
}

/** What the header of this packet holds when it is read at `start`. */
export function headerOf(fields: PacketFields & Ipv4Fields, packet: Uint8Array, start: number): Record<string, unknown> {
  const { ttl, options, ...same } = fields;
  const payload = start + 20 + (options?.length ?? 0);
  return { moreFragments: false, fragmentOffset: 0, ...same, timeToLive: ttl, payload, end: start + packet.length };
}

/** A good packet with another value in one header byte, or with what else `change` does; the checksum is right again. */
export function forged(fields: Ipv4Fields, payload: Uint8Array, change: (view: DataView) => void): Uint8Array<ArrayBuffer> {
  const packet = ipv4(fields, payload);
  const view = new DataView(packet.buffer);
  change(view);
  const length = Math.min((view.getUint8(0) & 15) * 4, packet.length);
  view.setUint16(10, 0);
  view.setUint16(10, rightChecksum(packet.subarray(0, length)));
  return packet;
}

/** Where bad packets have been refused, one in which nothing is wrong must be taken. */
async function isTaken(t: Trial, payload: Uint8Array, what: string): Promise<void> {
  const why =
    "The bad packets before it were refused as they should be. But in this one nothing is wrong, so it must be read like any other: a parser that refuses " +
    "everything is right about none. A word in place of a header names the test that went wrong; header/fields tells more about the fields.";
  const fields = anyFields(t.random);
  const packet = ipv4(fields, payload);
  const frame = usedFrame(t.random, packet);
  await t.about(
    { why, look: ["parseIpv4"] },
    async () => t.fields(await t.ip.parseIpv4(frame), headerOf(fields, packet, frame.start), what),
  );
}

/** "a fragment of 8 bytes at 16, more follow"; offset 0 and the last is no fragment. */
function fragmentText(offset: number, size: number, more: boolean): string {
  if (offset === 0 && !more) return `a packet that is no fragment, with ${amount(size)} of payload`;
  return `a fragment of ${amount(size)} at ${offset}, ${more ? "more follow" : "the last"}`;
}

export const header: Readonly<Record<string, CheckSpec>> = {
  "fields": {
    title: "every field of a header is read where it lies",
    kind: "table",
    weight: 2,
    covers: ["791-1"],
    look: ["parseIpv4"],
    why:
      "Twelve fields in twenty bytes, at offsets that have not changed since 1981 (RFC 791 §3.1). Two of them share a byte, and flags and offset share a word. " +
      "All are big-endian, and the frame does not begin at offset 0 of its buffer. Reading changes nothing: the packet may have to be quoted as it came.",
    hints: [
      "Compare your offsets with the picture in the handout, field by field.",
      "Every offset counts from `frame.start`. Bytes 6 and 7 hold three flags and 13 bits of offset: read them as one 16-bit number.",
      "0x4000 is don't fragment, 0x2000 is more fragments, the low 13 bits times 8 are the offset. Addresses: `readIpv4`, bytes 12 and 16.",
    ],
    run: async (t) => {
      for (let i = 0; i < 12; i++) {
        const fragment = i % 3 === 2 ? { moreFragments: t.random.chance(0.5), fragmentOffset: t.random.int(1, 8000) * 8 } : {};
        const fields = { ...anyFields(t.random), ...fragment };
        const packet = ipv4(fields, anyData(t.random, t.random.int(1, 9) * 8));
        const frame = usedFrame(t.random, packet);
        const before = frame.bytes.slice();
        t.fields(await t.ip.parseIpv4(frame), headerOf(fields, packet, frame.start), `the header of packet ${i + 1}`);
        t.equal(frame.bytes, before, "the buffer after parseIpv4, which changes nothing");
      }
    },
  },

  "options-skipped": {
    title: "the payload begins behind the options",
    kind: "table",
    weight: 2,
    covers: ["791-1", "IP-10", "MUST-50"],
    look: ["parseIpv4"],
    why:
      "IHL says how long the header is, in words of 4 bytes: 5 without options, up to 15 (RFC 791 §3.1). A stack that takes it for 20 reads " +
      "options as the first bytes of ICMP or TCP; the checksum covers them too.",
    hints: [
      "Which of your numbers is a constant 20 that should be the header's own length?",
      "The low four bits of the first byte, times 4. The checksum runs over all of it.",
      "Payload: start + header length. End: start + total length, options or not.",
    ],
    run: async (t) => {
      for (const words of [1, 2, t.random.int(3, 9), 10]) {
        const fields = { ...anyFields(t.random), options: new Uint8Array(words * 4).fill(1) };
        const packet = ipv4(fields, anyData(t.random, 24));
        const frame = usedFrame(t.random, packet);
        const what = `a header with ${words * 4} bytes of options`;
        t.fields(await t.ip.parseIpv4(frame), headerOf(fields, packet, frame.start), what);
      }
    },
  },

  "padding": {
    title: "a packet ends where its total length says",
    kind: "table",
    weight: 2,
    covers: ["791-1"],
    look: ["parseIpv4"],
    why:
      "Ethernet fills short frames up to 60 bytes (RFC 894), so behind a short packet lie bytes that nobody sent. Read them as data, and every ping with " +
      "less than 18 bytes comes back longer than it went.",
    hints: [
      "What is `end` in your result made of?",
      "`frame.end` is where the frame ends. The packet says itself how long it is, in bytes 2 and 3.",
      "start + total length; more received than that is no reason to refuse.",
    ],
    run: async (t) => {
      for (const size of [0, 1, t.random.int(2, 24), 25]) {
        const fields = anyFields(t.random);
        const packet = ipv4(fields, anyData(t.random, size));
        const frame = usedFrame(t.random, pad(packet, 46, 0xee));
        t.fields(await t.ip.parseIpv4(frame), headerOf(fields, packet, frame.start), `a packet of ${packet.length} bytes in 46`);
      }
    },
  },

  "truncated": {
    title: "less than 20 bytes are refused as truncated",
    kind: "table",
    covers: ["791-1"],
    look: ["parseIpv4"],
    why:
      "The smallest header has 20 bytes (RFC 791 §3.1). Whoever reads a field before knowing that it is there reads the packet that lay in the buffer before.",
    hints: [
      "Which is the first byte that you read, and what if there is none?",
      "`frame.length` first, everything else afterwards.",
      'Below 20, whatever the bytes: "truncated".',
    ],
    run: async (t) => {
      const packet = ipv4(anyFields(t.random), t.random.bytes(8));
      const cases = Array.from(
        { length: 20 },
        (_, n) => parseCase(t, packet.subarray(0, n), "truncated", `the first ${amount(n)} of a packet`),
      );
      await compareAll(t, "parseIpv4", cases);
      await isTaken(t, new Uint8Array(), "a bare header of 20 bytes, which is a whole packet");
    },
  },

  "version": {
    title: "a version other than 4 is refused",
    kind: "table",
    covers: ["IP-1"],
    look: ["parseIpv4"],
    why:
      "The upper half of the first byte tells how to read all the rest. A host must silently discard what is not 4 (RFC 1122 §3.2.1.1): read as version 4, a " +
      "packet of version 6 would be nonsense with a checksum that is right once in 65,536 times.",
    hints: [
      "Which four bits of the first byte are the version?",
      "The upper four: shift right by 4.",
      "The version is judged before any length is.",
    ],
    run: async (t) => {
      const cases = Array.from({ length: 16 }, (_, version) => version).filter((version) => version !== 4)
        .map((version) => parseCase(t, ipv4({ ...anyFields(t.random), version }, t.random.bytes(12)), "bad version", `version ${version}`));
      await compareAll(t, "parseIpv4", cases);
      await isTaken(t, t.random.bytes(12), "a packet of version 4");
    },
  },

  "header-length": {
    title: "an impossible header length is refused",
    kind: "table",
    weight: 2,
    covers: ["791-1"],
    look: ["parseIpv4"],
    why:
      "A header of 4 bytes has no addresses, and one of 60 in a packet of 40 reads 20 bytes that nobody sent. Both have crashed machines. IHL is the " +
      "sender's claim; believe it when it is possible (RFC 791 §3.1).",
    hints: [
      "Two comparisons: against the smallest header, and against what is there.",
      "IHL counts words of 4 bytes. 5 is the least.",
      '"bad header length" when IHL × 4 is below 20 or above `frame.length`; before the checksum, which would run over those bytes.',
    ],
    run: async (t) => {
      const cases: Case[] = [];
      for (let ihl = 0; ihl < 16; ihl++) {
        const size = t.random.int(0, 5) * 4;
        if (ihl >= 5 && ihl * 4 <= 20 + size) continue;
        const packet = forged(anyFields(t.random), t.random.bytes(size), (view) => view.setUint8(0, 0x40 | ihl));
        cases.push(parseCase(t, packet, "bad header length", `IHL ${ihl} in a packet of ${20 + size} bytes`));
      }
      await compareAll(t, "parseIpv4", cases);
      const whole = usedFrame(t.random, ipv4({ ...anyFields(t.random), options: new Uint8Array(40) }));
      t.fields(await t.ip.parseIpv4(whole), { payload: whole.end, end: whole.end }, "60 bytes that are all header");
    },
  },

  "total-length": {
    title: "an impossible total length is refused",
    kind: "table",
    weight: 2,
    covers: ["791-1"],
    look: ["parseIpv4"],
    why:
      "More than was received: part of the packet is missing, and what lies in the buffer behind is somebody else's. Less than the header: the payload " +
      "would have a negative length (RFC 791 §3.1).",
    hints: [
      "What if total length is 19? What if it is 24 in a header of 28?",
      "It lies between the header's length, which may be more than 20, and `frame.length`, both included.",
      "Compare it with the header's length, not with 20.",
    ],
    run: async (t) => {
      const cases: Case[] = [];
      for (let i = 0; i < 24; i++) {
        const options = new Uint8Array(t.random.int(0, 3) * 4);
        const size = t.random.int(0, 30);
        const least = 20 + options.length;
        const total = t.random.pick([0, 19, least - 1, least - 4, least + size + 1, 0xffff, t.random.int(0, least - 1)]);
        const packet = ipv4({ ...anyFields(t.random), options, totalLength: total }, t.random.bytes(size));
        const what = `total length ${total}, where the header has ${least} bytes and ${packet.length} were received`;
        cases.push(parseCase(t, packet, "bad total length", what));
      }
      await compareAll(t, "parseIpv4", cases);
      const options = new Uint8Array(4);
      const frame = usedFrame(t.random, ipv4({ ...anyFields(t.random), options }));
      t.fields(await t.ip.parseIpv4(frame), { payload: frame.end, end: frame.end }, "total length 24 where the header has 24 bytes");
    },
  },

  "checksum": {
    title: "a header in which a bit was changed is refused",
    kind: "table",
    weight: 2,
    covers: ["IP-2", "1071-4"],
    look: ["parseIpv4", "internetChecksum"],
    why:
      "The header has a checksum of its own, because a wrong address or length does harm before any checksum above could notice (RFC 791 §3.1). A host " +
      "must verify it and drop what is wrong silently: who knows whether the source is right (RFC 1122 §3.2.1.2)? The payload is not covered.",
    hints: [
      "Do you verify the checksum at all? Over how many bytes?",
      "Over the header with its options and with the checksum field in it: then the result is 0 when all is well.",
      "It is the first thing after the lengths.",
    ],
    run: async (t) => {
      const cases: Case[] = [];
      for (let i = 0; i < 40; i++) {
        const options = new Uint8Array(t.random.int(0, 2) * 4).fill(1);
        const packet = ipv4({ ...anyFields(t.random), options }, t.random.bytes(16));
        // Bytes 0, 2 and 3 are judged before the checksum is.
        const at = t.random.pick([1, ...Array.from({ length: 16 + options.length }, (_, n) => n + 4)]);
        packet[at] = (packet[at] as number) ^ 1 << t.random.int(0, 7);
        cases.push(
          parseCase(t, packet, "bad header checksum", `a header of ${20 + options.length} bytes with one bit changed in byte ${at}`),
        );
      }
      await compareAll(t, "parseIpv4", cases);
      const fields = anyFields(t.random);
      const packet = ipv4(fields, t.random.bytes(16));
      const at = t.random.int(20, 35);
      packet[at] = (packet[at] as number) ^ 0x55;
      const frame = usedFrame(t.random, packet);
      t.fields(
        await t.ip.parseIpv4(frame),
        headerOf(fields, packet, frame.start),
        "a packet changed in its payload, which the header's checksum does not cover",
      );
    },
  },

  "bad-fragments": {
    title: "fragments that belong to no possible packet are refused",
    kind: "table",
    weight: 2,
    covers: ["791-3", "791-4"],
    look: ["parseIpv4"],
    why:
      "Offsets count in eights, so a piece that is followed by another is a multiple of 8 long; a packet has at most 65,535 bytes, so no piece ends beyond. The " +
      '"ping of death" of 1996 was a fragment at offset 65,528 with more than 7 bytes, which wrote past the end of many a buffer.',
    hints: [
      "Three conditions, and all of them only for fragments: offset above 0, or more fragments set.",
      "Length here is the payload's: total length less the header's.",
      "Empty; or offset + length above 65535; or more fragments and length % 8 is not 0.",
    ],
    run: async (t) => {
      const cases: Case[] = [];
      const add = (fragmentOffset: number, size: number, moreFragments: boolean): void => {
        const options = new Uint8Array(t.random.int(0, 2) * 4);
        const packet = ipv4({ ...anyFields(t.random), options, dontFragment: false, fragmentOffset, moreFragments }, t.random.bytes(size));
        cases.push(
          parseCase(t, packet, "bad fragment", fragmentText(fragmentOffset, size, moreFragments)),
        );
      };
      for (let i = 0; i < 6; i++) {
        add(t.random.int(0, 1000) * 8, t.random.int(0, 20) * 8 + t.random.int(1, 7), true);
        add(t.random.int(0, 1000) * 8, 0, true);
        add(65528 - t.random.int(0, 5) * 8, t.random.int(48, 120), false);
        add(65528, t.random.int(8, 20), false);
        add(65528 - t.random.int(0, 5) * 8, t.random.int(6, 12) * 8, true);
      }
      await compareAll(t, "parseIpv4", cases);
      const frame = usedFrame(t.random, ipv4({ fragmentOffset: 65_512, moreFragments: false }, t.random.bytes(3)));
      t.fields(
        await t.ip.parseIpv4(frame),
        { fragmentOffset: 65_512, moreFragments: false },
        `${fragmentText(65_512, 3, false)}, which is good`,
      );
    },
  },

  "good-fragments": {
    title: "fragments up to the longest packet's last byte are taken",
    kind: "table",
    covers: ["791-2", "791-4"],
    look: ["parseIpv4"],
    why:
      "The offset travels in units of 8 bytes, 13 bits of them: up to 65,528 (RFC 791 §3.1). The last fragment may have any length, even 1, and a packet that " +
      "is no fragment may be empty.",
    hints: [
      "Do you multiply the offset by 8? With the flags still in it?",
      "Mask the flags off first: the low 13 bits are the offset.",
      "The last fragment, more fragments not set, is no multiple of 8 as a rule.",
    ],
    run: async (t) => {
      const samples: [offset: number, size: number, more: boolean][] = [[0, 0, false], [0, 8, true], [8, 1, false], [65528, 7, false]];
      for (let i = 0; i < 6; i++) {
        samples.push([t.random.int(1, 8000) * 8, t.random.int(1, 99), false], [t.random.int(0, 8000) * 8, 16, true]);
      }
      for (const [fragmentOffset, size, moreFragments] of samples) {
        const frame = usedFrame(t.random, ipv4({ fragmentOffset, moreFragments }, t.random.bytes(size)));
        const what = fragmentText(fragmentOffset, size, moreFragments);
        t.fields(await t.ip.parseIpv4(frame), { fragmentOffset, moreFragments, payload: frame.start + 20, end: frame.end }, what);
      }
    },
  },

  "dropped-silently": {
    title: "bad headers are dropped in silence, and counted by reason",
    kind: "scenario",
    covers: ["IP-1", "IP-2", "791-1"],
    look: ["parseIpv4"],
    why:
      "A packet whose header is wrong may not even come from where it says, so there is nobody to tell (RFC 1122 §3.2.1.1, §3.2.1.2). But a drop that is not " +
      "counted cannot be found: the string that you return is the name of the counter.",
    hints: [
      "The host counts what parseIpv4 returns. Is it exactly one of the contract's strings?",
      "A reject is returned, not thrown.",
      "Look at `Ipv4Reject` in stack/contract/ip.ts, and compare letter by letter.",
    ],
    run: async (t) => {
      const station = await t.host();
      const bad: [reason: string, fields: Ipv4Fields][] = [
        ["bad version", { version: 6 }],
        ["bad header length", { headerLength: 16 }],
        ["bad total length", { totalLength: 200 }],
        ["bad header checksum", { headerChecksum: 0x1234 }],
        ["bad fragment", { moreFragments: true }],
      ];
      for (const [reason, fields] of t.random.shuffle(bad)) {
        const packet = ipv4({ identification: t.random.int(1, 9999), protocol: 253, ...fields }, t.random.bytes(29));
        await station.send(ethernet({}, packet), `a packet with a ${reason}`);
        await station.expectSilence(100, `nobody is told about a ${reason}`);
        await t.counter(station, `ip: ${reason}`, 1);
      }
    },
  },
};
