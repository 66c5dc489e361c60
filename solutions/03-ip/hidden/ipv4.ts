/** Hidden checks of options, addresses, TTL and identification. */
import { admitCase, anyArrival, BROADCAST, expectKinds } from "../../../labs/03-ip/checks/addresses.ts";
import { drawMany } from "../../../labs/03-ip/checks/identification.ts";
import { anyOption, optionCase } from "../../../labs/03-ip/checks/options.ts";
import {
  anyData,
  anyFields,
  anyHost,
  anyInterfaces,
  type Case,
  compareAll,
  everybodyOn,
  usedFrame,
} from "../../../labs/03-ip/checks/samples.ts";
import { ROUTER, SECOND_MAC } from "../../../labs/03-ip/checks/ttl.ts";
import { comparePacket } from "../../../labs/03-ip/checks/writing.ts";
import { type Ipv4Address, parseIpv4Address } from "../../../stack/wire/ipv4_address.ts";
import { ethernet, icmpEcho, ipv4, join } from "../../../tools/harness/packets.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export const options: Readonly<Record<string, CheckSpec>> = {
  "any-bytes": {
    title: "the walk ends for every list, and finds what is wrong",
    kind: "table",
    weight: 2,
    covers: ["791-1", "IP-10"],
    look: ["findBadOption"],
    why:
      "Forty bytes at most, in any combination that anybody cares to send. For each the walk must end, inside the header, with the one right answer (RFC 791 §3.1).",
    hints: [
      "For which list is it wrong? Walk it on paper.",
      "Every step moves on by at least one byte, or ends.",
      "0: done. 1: one on. Last byte: its own offset. Length below 2 or past the end: the length's offset.",
    ],
    run: async (t) => {
      const cases: Case[] = [];
      for (let i = 0; i < 250; i++) {
        const list = t.random.bytes(t.random.int(0, 40));
        if (i % 2 === 0) list.forEach((byte, at) => list[at] = byte % 8);
        cases.push(optionCase(t, list, faultIn(list)));
      }
      await compareAll(t, "findBadOption", cases);
    },
  },

  "part-of-a-buffer": {
    title: "the walk keeps to the bytes from start up to end",
    kind: "table",
    covers: ["791-1"],
    look: ["findBadOption"],
    why:
      "Options lie between the fixed header and the payload. The walk is told where; the frame's own start and end are something else, and the bytes behind belong to ICMP.",
    hints: [
      "Do you use `frame.start` or `frame.end` in findBadOption?",
      "`start` and `end` are absolute offsets in `frame.bytes`.",
      "Begin at `start`, stop at `end`, and return absolute offsets.",
    ],
    run: async (t) => {
      const cases: Case[] = [];
      for (let i = 0; i < 24; i++) {
        const list = join(anyOption(t.random), Uint8Array.of(t.random.int(2, 255), i % 2 === 0 ? 0 : 2));
        const before = t.random.int(1, 40);
        // What lies in front and behind would be wrong, were it looked at.
        const frame = usedFrame(t.random, join(new Uint8Array(before).fill(0x44), list, new Uint8Array(20).fill(0x07)));
        const start = frame.start + before;
        const expected = i % 2 === 0 ? start + list.length - 1 : -1;
        cases.push({
          args: [frame, start, start + list.length],
          expected,
          what: `what findBadOption returns for ${amount(list.length)} at ${start}, inside a packet`,
          bytes: list,
        });
      }
      await compareAll(t, "findBadOption", cases);
    },
  },
};

/** Where this list is wrong, or -1. */
function faultIn(list: Uint8Array): number {
  for (let at = 0; at < list.length && list[at] !== 0;) {
    const length = list[at] === 1 ? 1 : list[at + 1];
    if (length === undefined) return at;
    if (length < (list[at] === 1 ? 1 : 2) || at + length > list.length) return at + 1;
    at += length;
  }
  return -1;
}

export const addresses: Readonly<Record<string, CheckSpec>> = {
  "narrow-nets": {
    title: "nets of two addresses and of one have no broadcast",
    kind: "table",
    weight: 2,
    covers: ["IP-13"],
    look: ["classifyAddress"],
    why:
      'On a link between two routers a /31 has an address for each and none to spare (RFC 3021); a /32 is one host alone. "All host bits set" would make the neighbour in the first, and ourselves in the second, ' +
      "into everybody.",
    hints: [
      "What is the last address of 192.0.2.4/31?",
      "It is 192.0.2.5: the other router.",
      "No directed broadcast from prefix length 31 on.",
    ],
    run: async (t) => {
      const even = (anyHost(t.random) & ~1) >>> 0 as Ipv4Address;
      const odd = even + 1 as Ipv4Address;
      await expectKinds(t, { interfaces: [{ address: even, prefixLength: 31 }] }, [[even, "own"], [odd, "other"]]);
      await expectKinds(t, { interfaces: [{ address: odd, prefixLength: 31 }] }, [[even, "other"], [odd, "own"]]);
      await expectKinds(t, { interfaces: [{ address: odd, prefixLength: 32 }] }, [[even, "other"], [odd, "own"], [BROADCAST, "broadcast"]]);
      const four = (anyHost(t.random) & ~3) >>> 0;
      const kinds = [[four + 1, "own"], [four + 2, "other"], [four + 3, "broadcast"]] as [Ipv4Address, "own" | "other" | "broadcast"][];
      await expectKinds(t, { interfaces: [{ address: four + 1 as Ipv4Address, prefixLength: 30 }] }, kinds);
    },
  },

  "borders": {
    title: "each range's first and last address are on the right side",
    kind: "table",
    covers: ["IP-4", "IP-13"],
    look: ["classifyAddress"],
    why:
      "Ranges go wrong at their ends: 223.255.255.255 is the last host, 224.0.0.0 the first group, and 255.255.255.254 is reserved while its successor means everybody (RFC 1122 §3.2.1.3).",
    hints: [
      "Which address in the transcript is on the wrong side?",
      "Compare first bytes, or the upper four bits, rather than whole numbers.",
      "The order of the questions matters: own, broadcast, then the ranges.",
    ],
    run: async (t) => {
      const kinds = {
        loopback: ["127.0.0.0", "127.255.255.255"],
        multicast: ["224.0.0.0", "224.0.0.1", "239.255.255.255"],
        reserved: ["240.0.0.0", "247.1.2.3", "255.255.255.254", "255.0.0.0"],
        other: ["1.0.0.0", "126.255.255.255", "128.0.0.0", "223.255.255.255", "192.0.0.0", "0.0.0.1"],
        broadcast: ["255.255.255.255"],
        unspecified: ["0.0.0.0"],
      } as const;
      const interfaces = anyInterfaces(t.random, 2);
      for (const [kind, list] of Object.entries(kinds) as [keyof typeof kinds, readonly string[]][]) {
        await expectKinds(t, { interfaces }, list.map((text) => [parseIpv4Address(text), kind]));
        await expectKinds(t, { interfaces: [] }, list.map((text) => [parseIpv4Address(text), kind]));
      }
    },
  },

  "never-forwarded": {
    title: "a router forwards what is for one other host, nothing else",
    kind: "table",
    weight: 2,
    covers: ["IP-15", "IP-4", "IP-14"],
    look: ["admit"],
    why:
      "Groups need protocols that we don't have, 127/8 must never be seen on a wire (RFC 1122 §3.2.1.3 g), and 0.0.0.0 or 240/4 is nobody. And a frame to everybody must not be forwarded, or every router on the " +
      "link sends a copy (RFC 1812 §5.3.4).",
    hints: [
      "Which of these packets did you forward?",
      'Only kind "other" is forwarded.',
      '"not for us" for all that no router may pass on.',
    ],
    run: async (t) => {
      const cases: Case[] = [];
      for (let i = 0; i < 5; i++) {
        const arrival = anyArrival(t.random, { forwarding: true });
        for (const text of ["127.0.0.1", "0.0.0.0", `240.${t.random.int(0, 255)}.0.1`, `${t.random.int(224, 239)}.0.0.9`]) {
          cases.push(admitCase(anyHost(t.random), parseIpv4Address(text), arrival, "not for us"));
        }
        cases.push(admitCase(anyHost(t.random), anyHost(t.random), arrival, "forward"));
        cases.push(admitCase(anyHost(t.random), anyHost(t.random), { ...arrival, linkBroadcast: true }, "link broadcast for one host"));
        cases.push(admitCase(anyHost(t.random), everybodyOn(t.random.pick(arrival.interfaces)), arrival, "deliver"));
      }
      await compareAll(t, "admit", cases);
    },
  },

  "source-first": {
    title: "a bad source is named before a wrong destination",
    kind: "table",
    covers: ["IP-4", "IP-5"],
    look: ["admit"],
    why:
      'The counters are what an administrator reads: forged sources are an attack, "not for us" is a wrong route. The worse fault is named, hence the source comes first.',
    hints: [
      "Which of the two do you look at first?",
      "Both source rejects come before all others.",
      "The source's kind decides alone: own, other, or bad.",
    ],
    run: async (t) => {
      const cases: Case[] = [];
      for (let i = 0; i < 8; i++) {
        const arrival = anyArrival(t.random, { linkBroadcast: t.random.chance(0.5), forwarding: t.random.chance(0.5) });
        const destination = t.random.pick([
          anyHost(t.random),
          parseIpv4Address("224.0.0.5"),
          arrival.interfaces[0]?.address as Ipv4Address,
        ]);
        cases.push(admitCase(parseIpv4Address(`127.0.0.${t.random.int(1, 254)}`), destination, arrival, "bad source address"));
        cases.push(admitCase(t.random.pick(arrival.interfaces).address, destination, arrival, "source is our own address"));
      }
      await compareAll(t, "admit", cases);
    },
  },
};

export const ttl: Readonly<Record<string, CheckSpec>> = {
  "whole-journey": {
    title: "hop after hop the checksum stays right, until none is left",
    kind: "table",
    weight: 2,
    covers: ["1624", "IP-8"],
    look: ["decrementTtl", "updateChecksum"],
    why:
      "An update that is off by one in a rare case is off by one for good: the error travels with the packet, and the next router drops it. Over a whole journey every carry comes up.",
    hints: [
      "After which hop is the checksum wrong? What was it before?",
      "The carry: checksum + 0x0100 beyond 0xffff comes back in at the low end.",
      "Run ttl/carry-in-the-checksum.",
    ],
    run: async (t) => {
      const start = t.random.int(30, 50);
      const fields = { ...anyFields(t.random), ttl: start, options: new Uint8Array(t.random.int(0, 3) * 4).fill(1) };
      const payload = anyData(t.random, 9);
      const frame = usedFrame(t.random, ipv4(fields, payload));
      for (let left = start - 1; left >= 1; left--) {
        t.equal(await t.ip.decrementTtl(frame), true, `what decrementTtl returns at TTL ${left + 1}`);
        comparePacket(t, frame.toBytes(), ipv4({ ...fields, ttl: left }, payload));
      }
      t.equal(await t.ip.decrementTtl(frame), false, "what decrementTtl returns at TTL 1");
    },
  },

  "forwarded-with-options": {
    title: "a router passes options on as they came",
    kind: "scenario",
    covers: ["IP-10", "1624"],
    look: ["decrementTtl", "parseIpv4", "findBadOption"],
    why:
      "Options belong to the header, and the header belongs to sender and receiver: a router changes the TTL and the checksum (RFC 1812 §5.2.1), whatever else it does not understand.",
    hints: [
      "Is the packet forwarded at all? An unknown option is no bad option.",
      "decrementTtl changes bytes 8, 10 and 11 and nothing else.",
      "The checksum covers the options too, but an update does not need to look at them.",
    ],
    run: async (t) => {
      const station = await t.host(ROUTER);
      const fields = { ...anyFields(t.random), destination: "10.45.0.9", protocol: 1, options: anyOption(t.random) };
      const payload = icmpEcho({ id: 4 }, anyData(t.random, 41));
      await station.send(ethernet({}, ipv4(fields, payload)), "a ping with an unknown option, for 10.45.0.9");
      const frame = await station.expect({ ethernet: { source: SECOND_MAC }, icmp: { type: 8 } }, "a router passes it on", 50);
      comparePacket(t, frame.subarray(14), ipv4({ ...fields, ttl: fields.ttl - 1 }, payload));
    },
  },
};

export const identification: Readonly<Record<string, CheckSpec>> = {
  "protocols-and-flows": {
    title: "numbers don't repeat for any pair and protocol",
    kind: "table",
    weight: 2,
    covers: ["6864"],
    look: ["createIdentifiers"],
    why:
      "Source, destination, protocol and number together name a packet (RFC 6864 §4.3). An identifier made *from* the addresses, as a hash alone, is the same for every packet between two hosts.",
    hints: [
      "Does your number depend on anything that changes from call to call?",
      "Something must count.",
      "If you mix a hash in, add it to the count, modulo 65,536.",
    ],
    run: async (t: Trial) => {
      await drawMany(t, 0, Array.from({ length: 20 }, () => anyHost(t.random)), 100);
      const identifiers = await t.ip.createIdentifiers(t.random.int(0, 0xffff_ffff));
      const [a, b] = [anyHost(t.random), anyHost(t.random)];
      const seen = new Set<string>();
      for (let i = 0; i < 90; i++) {
        const [source, destination, protocol] = [[a, b, 1], [a, b, 17], [b, a, 17]][i % 3] as [Ipv4Address, Ipv4Address, number];
        const name = `${i % 3}: ${await identifiers.next(source, destination, protocol)}`;
        t.ok(!seen.has(name), "a number that was not given for the same pair and protocol before", `${name} again at call ${i + 1}`);
        seen.add(name);
      }
    },
  },
};
