/** Checks of classifyAddress and admit: whose a packet is, and whether its sender can be who it says. */
import type { AddressKind, Arrival, Ipv4Interface } from "../../../stack/contract/ip.ts";
import { type Ipv4Address, networkOf, parseIpv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { Random } from "../../../stack/wire/random.ts";
import { ethernet, icmpEcho, ipv4, KERNEL_IP, STACK_IP } from "../../../tools/harness/packets.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { received } from "./received.ts";
import { anyHost, anyInterfaces, type Case, compareAll, everybodyOn, show } from "./samples.ts";

export const BROADCAST = 0xffff_ffff as Ipv4Address;

/** Asks what these addresses are to a host with the arrival's interfaces. */
export async function expectKinds(t: Trial, arrival: Pick<Arrival, "interfaces">, kinds: [Ipv4Address, AddressKind][]): Promise<void> {
  const nets = arrival.interfaces.map((own) => `${show(own.address)}/${own.prefixLength}`).join(" and ");
  const cases = kinds.map(([address, expected]): Case => ({
    args: [address, arrival.interfaces],
    expected,
    what: `what ${show(address)} is to a host that is ${nets}`,
  }));
  await compareAll(t, "classifyAddress", cases);
}

/** Another host's address in the same net: one below, or one above where that is the net's own. */
function neighbourOf(own: Ipv4Interface): Ipv4Address {
  const first = everybodyOn(own) - 2 ** (32 - own.prefixLength) + 2;
  return (own.address === first ? first + 1 : own.address - 1) as Ipv4Address;
}

/** How a packet arrives at a host with two interfaces. */
export function anyArrival(random: Random, more: Partial<Arrival> = {}): Arrival {
  return { interfaces: anyInterfaces(random, 2), linkBroadcast: false, forwarding: false, ...more };
}

/** A packet, how it arrives, and what admit must say. */
export function admitCase(source: Ipv4Address, destination: Ipv4Address, arrival: Arrival, expected: string): Case {
  const { header } = received(ipv4({ source, destination, protocol: 17 }, new Uint8Array(8)));
  const link = arrival.linkBroadcast ? ", sent to everybody on the link" : "";
  const role = arrival.forwarding ? "a router" : "a host";
  const nets = arrival.interfaces.map((own) => `${show(own.address)}/${own.prefixLength}`).join(" and ");
  return {
    args: [header, arrival],
    expected,
    what: `what admit says to ${show(source)} → ${show(destination)}${link}; ${role} that is ${nets}`,
  };
}

/** A packet that has nothing against it: whoever refuses all that come fails here. */
function plainCase(t: Trial): Case {
  const arrival = anyArrival(t.random);
  return admitCase(anyHost(t.random), t.random.pick(arrival.interfaces).address, arrival, "deliver");
}

/** An address that no packet may come from, and none is sent to but multicast. */
export function anyNobody(random: Random): Ipv4Address {
  const low = random.int(0, 0xff_ffff);
  const first = random.pick([127, random.int(224, 239), random.int(240, 254)]);
  return (first * 0x100_0000 + low) as Ipv4Address;
}

export const addresses: Readonly<Record<string, CheckSpec>> = {
  "own": {
    title: "each interface's address is our own, its neighbours' are not",
    kind: "table",
    covers: ["IP-3"],
    look: ["classifyAddress"],
    why:
      "A host with two interfaces has two addresses, and is at home under both of them, whichever wire the packet came by (RFC 1122 §3.3.4.2). An address in " +
      "our net is not ours for that: it is our neighbour's.",
    hints: [
      "Do you look at all interfaces, or at the first?",
      "Own means equal to an interface's address. The prefix length plays no part in it.",
      'Go through all interfaces for "own" before anything else.',
    ],
    run: async (t) => {
      for (let i = 0; i < 5; i++) {
        const interfaces = anyInterfaces(t.random, t.random.int(1, 4));
        await expectKinds(t, { interfaces }, interfaces.map((own) => [own.address, "own"]));
        const neighbours = interfaces.map((own): [Ipv4Address, AddressKind] => [neighbourOf(own), "other"]);
        await expectKinds(t, { interfaces }, [[anyHost(t.random), "other"], ...neighbours]);
      }
    },
  },

  "broadcasts": {
    title: "255.255.255.255 and each net's last address mean everybody",
    kind: "table",
    weight: 2,
    covers: ["IP-13"],
    look: ["classifyAddress"],
    why:
      "All ones means everybody: in all 32 bits on this link, in the host bits in that net (RFC 1122 §3.2.1.3). Which bits are host bits only the prefix " +
      "length says: 10.1.3.255 is everybody in a /24, and one host like any other in a /16. All zeros, a net's first address, is nothing special here.",
    hints: [
      'Is your test "the last byte is 255"?',
      "Set all host bits of the interface's address and compare; do it for each interface.",
      "`directedBroadcast` in stack/wire/ipv4_address.ts does it, and knows which nets have none.",
    ],
    run: async (t) => {
      for (let i = 0; i < 5; i++) {
        const interfaces = anyInterfaces(t.random, t.random.int(1, 3));
        await expectKinds(t, { interfaces }, [
          [BROADCAST, "broadcast"],
          ...interfaces.map((own): [Ipv4Address, AddressKind] => [everybodyOn(own), "broadcast"]),
          ...interfaces.map((own): [Ipv4Address, AddressKind] => [networkOf(own.address, own.prefixLength), "other"]),
        ]);
      }
      const address = parseIpv4Address(`10.1.${t.random.int(0, 99)}.${t.random.int(1, 254)}`);
      const inside = parseIpv4Address(`10.1.${t.random.int(100, 254)}.255`);
      await expectKinds(t, { interfaces: [{ address, prefixLength: 16 }] }, [[inside, "other"], [
        parseIpv4Address("10.1.255.255"),
        "broadcast",
      ]]);
      await expectKinds(t, { interfaces: [{ address, prefixLength: 24 }] }, [[(address | 255) as Ipv4Address, "broadcast"], [
        inside,
        "other",
      ]]);
    },
  },

  "no-hosts": {
    title: "addresses that no host can have are known as such",
    kind: "table",
    covers: ["IP-4"],
    look: ["classifyAddress"],
    why:
      "Not every number is somebody: 224/4 are groups, 127/8 never leaves a host, 240/4 was never given out, and 0.0.0.0 is who has no address yet (RFC 1122 " +
      "§3.2.1.3). None of them can be answered.",
    hints: [
      "Which bits tell a group? (Addresses above 127.255.255.255 turn negative under &, | and <<.)",
      "The first byte is `address >>> 24`: 127 is loopback, 224 to 239 multicast, 240 to 255 reserved, but for 255.255.255.255.",
      "The upper four bits, `address >>> 28`: 14 is multicast, 15 reserved.",
    ],
    run: async (t) => {
      const low = (): number => t.random.int(0, 0xff_fffe);
      const kinds: [first: number, kind: AddressKind][] = [[127, "loopback"], [224, "multicast"], [239, "multicast"], [240, "reserved"], [
        255,
        "reserved",
      ]];
      const cases = [...kinds, [t.random.int(225, 238), "multicast"] as const, [t.random.int(241, 254), "reserved"] as const]
        .map(([first, kind]): [Ipv4Address, AddressKind] => [(first * 0x100_0000 + low()) as Ipv4Address, kind]);
      const hosts = [126, 128, 223].map((first): [Ipv4Address, AddressKind] => [(first * 0x100_0000 + low()) as Ipv4Address, "other"]);
      await expectKinds(t, anyArrival(t.random), [[0 as Ipv4Address, "unspecified"], ...cases, ...hosts]);
    },
  },

  "delivered": {
    title: "packets for us, or for everybody, are delivered",
    kind: "table",
    covers: ["IP-3", "IP-13"],
    look: ["admit", "classifyAddress"],
    why:
      "For us is what goes to one of our addresses, to 255.255.255.255, or to everybody in one of our nets (RFC 1122 §3.2.1.3). A host takes it on whichever interface " +
      "it comes.",
    hints: [
      "What does classifyAddress say to this destination?",
      '"own" and "broadcast" are both for us. A packet to everybody comes in a frame to everybody as a rule.',
      "Look at the source first, then at the destination, then at `linkBroadcast`.",
    ],
    run: async (t) => {
      const cases: Case[] = [];
      for (let i = 0; i < 8; i++) {
        const arrival = anyArrival(t.random, { forwarding: i % 2 === 1 });
        const own = t.random.pick(arrival.interfaces);
        cases.push(admitCase(anyHost(t.random), own.address, arrival, "deliver"));
        cases.push(admitCase(anyHost(t.random), everybodyOn(own), { ...arrival, linkBroadcast: true }, "deliver"));
        cases.push(admitCase(anyHost(t.random), BROADCAST, { ...arrival, linkBroadcast: true }, "deliver"));
      }
      cases.push(admitCase(anyHost(t.random), anyHost(t.random), anyArrival(t.random, { forwarding: false }), "not for us"));
      await compareAll(t, "admit", cases);
    },
  },

  "not-for-us": {
    title: "a host drops what is for others, a router passes it on",
    kind: "table",
    weight: 2,
    covers: ["IP-3", "IP-15"],
    look: ["admit"],
    why:
      "A host must not pass on what is not for it unless it was set up as a router (RFC 1122 §3.3.1): a wrong entry in a neighbour's table would " +
      "otherwise make packets circle for as long as their TTL lasts.",
    hints: [
      "Where do you look at `forwarding`?",
      'Destination "other": "forward" when forwarding, "not for us" when not.',
      'Only "other" is ever forwarded. Groups are for us to join, and we have joined none.',
    ],
    run: async (t) => {
      const cases: Case[] = [];
      for (let i = 0; i < 8; i++) {
        const arrival = anyArrival(t.random);
        const [source, destination] = [anyHost(t.random), anyHost(t.random)];
        cases.push(admitCase(source, destination, arrival, "not for us"));
        cases.push(admitCase(source, destination, { ...arrival, forwarding: true }, "forward"));
        cases.push(admitCase(source, (0xe000_0000 + t.random.int(1, 0xfff_ffff)) as Ipv4Address, arrival, "not for us"));
      }
      await compareAll(t, "admit", cases);
    },
  },

  "bad-sources": {
    title: "a source that is no single host is refused",
    kind: "table",
    weight: 2,
    covers: ["IP-4"],
    look: ["admit", "classifyAddress"],
    why:
      "Whatever we answer goes to the source. If that is a broadcast, one forged packet makes us talk to everybody; if it is 127.0.0.1, to ourselves. A host must " +
      "silently discard such packets (RFC 1122 §3.2.1.3).",
    hints: [
      "Do you look at the source at all? Before the destination?",
      'Only "other" is a source that may be answered.',
      'Broadcast, multicast, loopback, reserved, unspecified: "bad source address", whatever the destination.',
    ],
    run: async (t) => {
      const cases: Case[] = [];
      for (let i = 0; i < 16; i++) {
        const arrival = anyArrival(t.random, { forwarding: i % 3 === 2 });
        const own = t.random.pick(arrival.interfaces);
        const source = [BROADCAST, everybodyOn(own), 0 as Ipv4Address, anyNobody(t.random)][i % 4] as Ipv4Address;
        cases.push(admitCase(source, t.random.chance(0.7) ? own.address : anyHost(t.random), arrival, "bad source address"));
      }
      await compareAll(t, "admit", [...cases, plainCase(t)]);
    },
  },

  "our-own-source": {
    title: "a packet that says it comes from us is refused",
    kind: "table",
    covers: ["IP-5"],
    look: ["admit"],
    why:
      'We did not send it to ourselves over the wire, so it is forged, or the net has a loop. The "land" attack of 1997 was just this: a packet from ' +
      "the victim to the victim, and machines answered themselves for ever.",
    hints: [
      "Which kind of address is that, by classifyAddress?",
      "Every address of ours counts, not only the one the packet is sent to.",
      '"own" as a source is "source is our own address": a name of its own, as it is a fault of its own.',
    ],
    run: async (t) => {
      const cases: Case[] = [];
      for (let i = 0; i < 8; i++) {
        const arrival = anyArrival(t.random, { forwarding: t.random.chance(0.5) });
        const ours = arrival.interfaces.map((own) => own.address);
        const destination = i % 3 === 2 ? anyHost(t.random) : t.random.pick(ours);
        cases.push(admitCase(t.random.pick(ours), destination, arrival, "source is our own address"));
      }
      await compareAll(t, "admit", [...cases, plainCase(t)]);
    },
  },

  "link-broadcasts": {
    title: "a frame to everybody must not hold a packet for one host",
    kind: "table",
    weight: 2,
    covers: ["IP-14", "LNK-3"],
    look: ["admit"],
    why:
      "Whoever puts a packet for one host into a frame for all makes every machine on the link look at it; and were they routers, each would send on a copy. So it " +
      "is dropped (RFC 1122 §3.3.6). It is the link layer that knows, and says so in `linkBroadcast`.",
    hints: [
      "What does your admit do with `arrival.linkBroadcast`?",
      "It matters when the destination is one host: us, or another.",
      "A router must not forward it either.",
    ],
    run: async (t) => {
      const cases: Case[] = [];
      for (let i = 0; i < 6; i++) {
        const arrival = anyArrival(t.random, { linkBroadcast: true, forwarding: i % 2 === 1 });
        cases.push(admitCase(anyHost(t.random), t.random.pick(arrival.interfaces).address, arrival, "link broadcast for one host"));
        if (arrival.forwarding) cases.push(admitCase(anyHost(t.random), anyHost(t.random), arrival, "link broadcast for one host"));
      }
      await compareAll(t, "admit", [...cases, plainCase(t)]);
      const arrival = anyArrival(t.random, { linkBroadcast: true });
      const { header } = received(ipv4({ source: anyHost(t.random), destination: anyHost(t.random), protocol: 17 }));
      // A host that is no router has two reasons, and may give either.
      const either = ["link broadcast for one host", "not for us"];
      t.oneOf<string>(
        await t.ip.admit(header, arrival),
        either,
        "what admit says to a packet for another host, sent to everybody on the link",
      );
    },
  },

  "pings-not-answered": {
    title: "pings for others, or from nobody, are not answered",
    kind: "scenario",
    weight: 2,
    covers: ["IP-3", "IP-4", "IP-5", "IP-14", "IP-15"],
    look: ["admit", "classifyAddress"],
    why:
      "All of these arrive with a right header, and none of them may be answered: not for us, from everybody, from ourselves, to us but in a frame for all " +
      "(RFC 1122 §3.2.1.3, §3.3.6). Each is counted under its own name.",
    hints: [
      "Which of the packets in the transcript was answered?",
      "Run addresses/not-for-us, bad-sources, our-own-source and link-broadcasts: they ask admit directly.",
      "The counter's name is the string that admit returns.",
    ],
    run: async (t) => {
      const station = await t.host();
      const everybody = "ff:ff:ff:ff:ff:ff";
      const rows: [reason: string, source: string, destination: string, mac?: string][] = [
        ["not for us", KERNEL_IP, `10.44.0.${t.random.int(3, 254)}`],
        ["not for us", KERNEL_IP, show(anyHost(t.random))],
        ["bad source address", "10.44.0.255", STACK_IP],
        ["bad source address", "127.0.0.1", STACK_IP],
        ["source is our own address", STACK_IP, STACK_IP],
        ["link broadcast for one host", KERNEL_IP, STACK_IP, everybody],
      ];
      const counted: Record<string, number> = {};
      for (const [reason, source, destination, mac] of t.random.shuffle(rows)) {
        const packet = ipv4({ source, destination, identification: t.random.int(1, 0xffff) }, icmpEcho({}, t.random.bytes(20)));
        await station.send(ethernet(mac === undefined ? {} : { destination: mac }, packet), reason);
        await station.expectSilence(50, `${reason}: it is dropped, and nobody is told`);
        counted[reason] = (counted[reason] ?? 0) + 1;
        await t.counter(station, `ip: ${reason}`, counted[reason]);
      }
    },
  },
};
