/** Checks of createIdentifiers: the numbers by which a receiver knows which fragments belong together. */
import type { Ipv4Address } from "../../../stack/wire/ipv4_address.ts";
import { KERNEL_IP } from "../../../tools/harness/packets.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { anyHost, show } from "./samples.ts";

/** Draws numbers for several destinations in turn; fails when one repeats for its destination, or is none. */
export async function drawMany(t: Trial, seed: number, destinations: readonly Ipv4Address[], count: number): Promise<void> {
  const identifiers = await t.ip.createIdentifiers(seed);
  const source = anyHost(t.random);
  const drawn = Array.from({ length: count }, () => t.random.int(0, destinations.length - 1));
  const outcomes = await t.manyOn(identifiers, "next", drawn.map((which) => [source, destinations[which], 17]));
  const seen = destinations.map(() => new Map<number, number>());
  for (const [i, { value: id, threw }] of outcomes.entries()) {
    t.ok(
      threw === undefined && Number.isInteger(id) && id >= 0 && id <= 0xffff,
      "a whole number from 0 to 65535",
      `${threw ?? id} at call ${i + 1}, seed ${seed}`,
    );
    const mine = seen[drawn[i] as number];
    const before = mine?.get(id);
    t.ok(
      before === undefined,
      `a number that call ${before} did not give for the same destination`,
      `${id} again at call ${i + 1}, for ${show(destinations[drawn[i] as number] as Ipv4Address)}, seed ${seed}`,
    );
    mine?.set(id, i + 1);
  }
}

export const identification: Readonly<Record<string, CheckSpec>> = {
  "no-repeats": {
    title: "no number comes twice for one destination",
    kind: "table",
    weight: 2,
    covers: ["6864"],
    look: ["createIdentifiers"],
    why:
      "The receiver joins whatever fragments have the same source, destination, protocol and identification. Two packets with the same number, under way at once, " +
      "become one packet with two halves, and only a checksum above may notice (RFC 6864 §4.3).",
    hints: [
      "Do you draw at random? After 300 draws from 65,536 numbers the odds are even that one came twice.",
      "Count. The remainder modulo 65,536 stays within 16 bits.",
      "One counter for all is enough here; mind `& 0xffff`.",
    ],
    run: async (t) => await drawMany(t, t.random.int(0, 0xffff_ffff), [anyHost(t.random)], 2000),
  },

  "range": {
    title: "numbers fit into 16 bits, whatever the seed",
    kind: "table",
    covers: ["6864"],
    look: ["createIdentifiers"],
    why:
      "The field has 16 bits, and a counter outgrows them. Written into the header, the surplus disappears by itself; but what the function says must be what the " +
      "packet carries, or fragments of one packet get names that differ.",
    hints: [
      "What follows 65,535 in your code? What is your first number for the seed 4,000,000,000?",
      "Mask the result, and the seed with it.",
      "`& 0xffff` on the way out.",
    ],
    run: async (t) => {
      for (const seed of [0, 1, 0xffff, 0xfffd, 0x1_0000, 0xffff_ffff, 0xffff_fffc, t.random.int(0, 0xffff_ffff)]) {
        await drawMany(t, seed, [anyHost(t.random)], 6);
      }
    },
  },

  "several-destinations": {
    title: "numbers don't repeat while other destinations are served",
    kind: "table",
    covers: ["6864"],
    look: ["createIdentifiers"],
    why:
      "What must be unique is the whole of source, destination, protocol and number (RFC 6864 §4.3). Whether you count once for all, or for each destination, or for " +
      "groups of them: the numbers of one destination must not meet again.",
    hints: [
      "Does a call for one destination set back another's counter?",
      "The simplest right answer looks at none of its arguments.",
      "If you keep counters by destination, mind that they don't grow without bound: anybody can make you talk to a new one.",
    ],
    run: async (t) => {
      const destinations = Array.from({ length: 6 }, () => anyHost(t.random));
      await drawMany(t, t.random.int(0, 0xffff_ffff), destinations, 3000);
    },
  },

  "on-the-wire": {
    title: "each packet that may be cut has a number of its own",
    kind: "scenario",
    covers: ["6864", "791-5"],
    look: ["createIdentifiers", "writeIpv4"],
    why:
      "Any router may cut a packet that does not forbid it, so the sender numbers them all beforehand (RFC 791 §3.2). The number goes into bytes 4 and 5.",
    hints: [
      "Are the numbers in the transcript equal, or are they 0?",
      "The host asks `next` once for each packet, and hands the number to writeIpv4.",
      "Bytes 4 and 5 of the header, big-endian.",
    ],
    run: async (t: Trial) => {
      const station = await t.host({ seed: t.random.int(1, 9999) });
      const seen = new Set<number>();
      for (let i = 1; i <= 12; i++) {
        await station.output(KERNEL_IP, 253, t.random.bytes(30));
        const frame = await station.expect({ ipv4: { protocol: 253 } }, "what is handed to IP leaves the host", 50);
        const id = (frame[18] as number) * 256 + (frame[19] as number);
        const flags = frame[20] as number;
        if ((flags & 0x40) !== 0) continue; // it may not be cut, so its number does not matter (RFC 6864 §4.1)
        t.ok(!seen.has(id), `a number that none of the ${amount(i - 1, "packet")} before had`, `${id} again`);
        seen.add(id);
      }
    },
  },
};
