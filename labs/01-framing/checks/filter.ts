/** Checks of filterMac and demultiplex: is this frame for us, and which layer above gets it? */
import type { MacFilter } from "../../../stack/contract/framing.ts";
import { BROADCAST_MAC, formatMac, type MacAddress } from "../../../stack/wire/mac_address.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { anyGroup, anyStation, typeText } from "./samples.ts";

/** Fails unless that is the filter's match of a frame to `destination`; `whose` says whose address it is. */
async function expectMatch(t: Trial, destination: MacAddress, filter: MacFilter, match: string, whose: string): Promise<void> {
  t.equal<unknown>(await t.framing.filterMac(destination, filter), match, `a frame to ${formatMac(destination)}, ${whose}`);
}

export const filter: Readonly<Record<string, CheckSpec>> = {
  "own-address": {
    title: "a frame for our own address is unicast",
    kind: "table",
    covers: ["LNK-1"],
    look: ["filterMac"],
    why:
      "On a shared wire every station hears every frame. The filter is what makes it ours: all 48 bits of the destination must be those " +
      "of the station (IEEE 802.3 clause 4.2.4.1.1).",
    hints: [
      "Do you compare the whole number, or a part of it?",
      "Addresses are plain numbers here: `===` compares all 48 bits.",
      'Compare destination with filter.own, as the whole numbers they are; when they are equal it is "unicast".',
    ],
    run: async (t) => {
      for (let i = 0; i < 6; i++) {
        const own = anyStation(t.random);
        const filter = { own, groups: [anyGroup(t.random)], promiscuous: false };
        await expectMatch(t, own, filter, "unicast", "our own address");
        await expectMatch(t, anyStation(t.random), filter, "not for us", `while we are ${formatMac(own)}`);
      }
    },
  },

  "near-misses": {
    title: "an address that differs in one bit is not ours",
    kind: "table",
    covers: ["LNK-1"],
    look: ["filterMac"],
    why:
      "JavaScript's bit operators look at the lowest 32 of the 48 bits. Two cards of different makers that agree in those bits are two " +
      "stations, and a stack that mixes them up answers for its neighbour.",
    hints: [
      "Which bits of the two addresses does your comparison look at?",
      "`a ^ b`, `a | 0` and `a & mask` throw the upper 16 bits away.",
      "Compare with `===`, nothing else.",
    ],
    run: async (t) => {
      const own = anyStation(t.random);
      const filter = { own, groups: [], promiscuous: false };
      await expectMatch(t, own, filter, "unicast", "our own address");
      for (let bit = 0; bit < 48; bit++) {
        const differs = Math.floor(own / 2 ** bit) % 2 === 1 ? own - 2 ** bit : own + 2 ** bit;
        await expectMatch(t, differs as MacAddress, filter, "not for us", `which differs from our ${formatMac(own)} in bit ${bit}`);
      }
    },
  },

  "broadcast": {
    title: "ff:ff:ff:ff:ff:ff is for everybody",
    kind: "table",
    covers: ["LNK-3"],
    look: ["filterMac"],
    why: "The layers above must know that a frame was a broadcast (RFC 1122 §2.4): nobody sends an ICMP error about one, or a single bad " +
      "packet would draw an answer from every host on the link. So it is a match of its own, not just “yes”.",
    hints: [
      "Broadcast has the group bit too: which question do you ask first?",
      "All 48 bits are ones; ff:ff:ff:ff:ff:fe is somebody else.",
      'stack/wire/mac_address.ts has `BROADCAST_MAC`; compare, and return "broadcast" before you look at groups.',
    ],
    run: async (t) => {
      for (const groups of [[], [anyGroup(t.random)], [anyGroup(t.random), BROADCAST_MAC]]) {
        for (const promiscuous of [false, true]) {
          const filter = { own: anyStation(t.random), groups, promiscuous };
          const joined = groups.length === 1 ? "one group" : `${groups.length} groups`;
          await expectMatch(t, BROADCAST_MAC, filter, "broadcast", `at a ${promiscuous ? "promiscuous " : ""}station in ${joined}`);
        }
      }
      const almost = 0xffff_ffff_fffe as MacAddress;
      const filter = { own: anyStation(t.random), groups: [anyGroup(t.random)], promiscuous: false };
      await expectMatch(t, almost, filter, "not for us", "all ones but for the last bit");
    },
  },

  "groups": {
    title: "of the groups only those that were joined",
    kind: "table",
    covers: ["LNK-1"],
    look: ["filterMac"],
    why:
      "A link carries many groups, and a station takes those it joined (RFC 1112 §6.4). To take all groups is to work for nothing; to take " +
      "none is to miss the router's advertisements.",
    hints: [
      "The group bit says that it is *a* group. Whose?",
      "`filter.groups` lists what was joined, possibly nothing, possibly several.",
      'Is the destination one of `filter.groups`? Then "multicast".',
    ],
    run: async (t) => {
      for (const count of [1, 2, 5]) {
        const groups = Array.from({ length: count }, () => anyGroup(t.random));
        const filter = { own: anyStation(t.random), groups, promiscuous: false };
        for (const group of groups) {
          await expectMatch(t, group, filter, "multicast", count === 1 ? "the group we joined" : `one of the ${count} groups we joined`);
        }
        await expectMatch(t, anyGroup(t.random), filter, "not for us", "a group that we did not join");
      }
    },
  },

  "promiscuous": {
    title: "promiscuous takes the rest, by its own name",
    kind: "table",
    covers: ["LNK-1", "LNK-3"],
    look: ["filterMac"],
    why: "A sniffer takes everything (IEEE 802.3 clause 4.2.4.1.1 leaves room for it), yet the stack above still has to know what was " +
      "meant for it: a frame for a neighbour that is handled as our own would be answered twice.",
    hints: [
      "What do you answer to our own address when the filter is promiscuous?",
      "Promiscuous is the last question, not the first.",
      'At the end: "promiscuous" when `filter.promiscuous`, else "not for us".',
    ],
    run: async (t) => {
      const own = anyStation(t.random);
      const group = anyGroup(t.random);
      const cases: [destination: MacAddress, match: string, whose: string][] = [
        [own, "unicast", "our own address"],
        [group, "multicast", "a group we joined"],
        [BROADCAST_MAC, "broadcast", "the broadcast address"],
        [anyStation(t.random), "promiscuous", "somebody else's address"],
        [anyGroup(t.random), "promiscuous", "a group we did not join"],
      ];
      for (const [destination, match, whose] of cases) {
        const filter = { own, groups: [group], promiscuous: true };
        await expectMatch(t, destination, filter, match, `${whose}, at a promiscuous station`);
        const plain = match === "promiscuous" ? "not for us" : match;
        await expectMatch(t, destination, { ...filter, promiscuous: false }, plain, `${whose}, at an ordinary station`);
      }
    },
  },
};

export const demultiplex: Readonly<Record<string, CheckSpec>> = {
  "known": {
    title: "0x0800 is IPv4 and 0x0806 is ARP",
    kind: "table",
    covers: ["894-1"],
    look: ["demultiplex"],
    why:
      "The type is the door to the layer above. The numbers were given out long ago: 0x0800 to IP (RFC 894), 0x0806 to ARP, whose packets " +
      "travel beside IP's and not inside them.",
    hints: [
      "Are the numbers hexadecimal in your code too?",
      "0x0800 is 2048, not 800.",
      "A `switch` with two cases and a default.",
    ],
    run: async (t) => {
      for (const [etherType, protocol] of t.random.shuffle([[0x0800, "ipv4"], [0x0806, "arp"], [0x0800, "ipv4"]] as const)) {
        t.equal<unknown>(await t.framing.demultiplex(etherType), protocol, `the protocol of ${typeText(etherType)}`);
      }
    },
  },

  "unknown": {
    title: "all other types are unknown, also likely ones",
    kind: "table",
    covers: ["894-1"],
    look: ["demultiplex"],
    why:
      "A link carries protocols that we don't speak: IPv6, VLAN tags, what switches say to each other. To hand those to IP because their " +
      "type looks close is to parse a stranger's bytes.",
    hints: [
      "What do you answer to 0x0008, which is 0x0800 with its bytes swapped?",
      "Exactly two of 65,536 numbers are known.",
      'The `default` of the `switch` is "unknown type".',
    ],
    run: async (t) => {
      const likely = [0x86dd, 0x8100, 0x8035, 0x88b5, 0x88cc, 0x0008, 0x0608, 0x0801, 0x0805, 0x0807, 0x0600, 0xffff, 800, 806];
      const others = Array.from({ length: 20 }, () => t.random.int(0x0807, 0xffff));
      for (const etherType of [...likely, ...others]) {
        t.equal<unknown>(await t.framing.demultiplex(etherType), "unknown type", `the protocol of ${typeText(etherType)}`);
      }
      t.equal<unknown>(await t.framing.demultiplex(0x0806), "arp", "the protocol of 0x0806, between them all");
    },
  },
};
