/** Checks of chooseIss: the clock, the secret, and that strangers learn nothing. */
import type { Ipv4Address } from "../../../stack/wire/ipv4_address.ts";
import { seq, seqDiff } from "../../../stack/wire/seq.ts";
import { anyEnds, zeroSum } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

/** Both ends of a connection: what F is made of. */
export interface Pair {
  readonly localAddress: Ipv4Address;
  readonly localPort: number;
  readonly remoteAddress: Ipv4Address;
  readonly remotePort: number;
}

/** Any pair of ends. */
export function anyPair(t: Trial): Pair {
  const { source, destination } = anyEnds(t.random);
  return { localAddress: source, localPort: t.random.int(1, 65_000), remoteAddress: destination, remotePort: t.random.int(1, 65_000) };
}

/** The arguments of chooseIss. */
export function argumentsFor(pair: Pair, now: number, hash: unknown): unknown[] {
  return [pair.localAddress, pair.localPort, pair.remoteAddress, pair.remotePort, now, hash];
}

/** The numbers that chooseIss gives one connection at these times, with a hash that is always 0: the clock alone. */
export async function clockAt(t: Trial, times: readonly number[]): Promise<number[]> {
  const pair = anyPair(t);
  const outcomes = await t.many("handshake", "chooseIss", times.map((now) => argumentsFor(pair, now, zeroSum(t))));
  for (const { threw } of outcomes) t.ok(threw === undefined, "chooseIss to return a number", `an exception: ${threw}`);
  return outcomes.map(({ value }) => value);
}

/** What chooseIss hands to `hash`. */
export async function hashedOf(t: Trial, pair: Pair, now: number): Promise<string> {
  const hash = t.recorder<never>({ callback: true });
  await t.handshake.chooseIss(pair.localAddress, pair.localPort, pair.remoteAddress, pair.remotePort, now, hash.object);
  t.ok(hash.calls.length > 0, "chooseIss to call hash, which knows the secret", "no call");
  return hash.calls.map(({ args }) => args.join(" ")).join(", ");
}

/** The first number of the connection that the stack opens next, as it stands on the wire. */
export async function issOf(tcp: Awaited<ReturnType<Trial["tcp"]>>, port: number, to = "10.44.0.1", localPort?: number): Promise<number> {
  await tcp.connect(port, { to, ...(localPort === undefined ? {} : { localPort }) });
  const frame = await tcp.expect({ ipv4: { protocol: 6, destination: to }, tcp: { destinationPort: port } }, "connecting sends a SYN");
  return new DataView(frame.buffer, frame.byteOffset).getUint32(14 + 20 + 4);
}

export const iss: Readonly<Record<string, CheckSpec>> = {
  "clock": {
    title: "the number moves on by 250 in a millisecond",
    kind: "table",
    weight: 2,
    covers: ["MUST-8", "SHLD-1", "6528"],
    look: ["chooseIss"],
    why:
      "A clock that ticks every 4 microseconds (RFC 9293 §3.4.1: MUST-8): old segments of an earlier connection between the same ports then have numbers that lie behind. Faster than any sender of 1981 could use numbers up.",
    hints: [
      "How many times do 4 microseconds go into a millisecond?",
      "`now` is in milliseconds: M is 250 times that.",
      "`now * TICKS_PER_MILLISECOND`, plus what `hash` says.",
    ],
    run: async (t: Trial) => {
      const begin = t.random.int(1, 1_000_000);
      const steps = [0, 1, 2, 1000, 60_000, t.random.int(3, 3_600_000)];
      const numbers = await clockAt(t, steps.map((step) => begin + step));
      for (const [index, step] of steps.entries()) {
        const moved = seqDiff(seq(numbers[index] as number), seq(numbers[0] as number)) >>> 0;
        t.equal(moved, 250 * step % 2 ** 32, `by how much the number is larger after ${step} ms`);
      }
    },
  },

  "range": {
    title: "the number is one of 2³², also after years",
    kind: "table",
    weight: 2,
    covers: ["MUST-8"],
    look: ["chooseIss"],
    why:
      "The clock goes around every 4 hours and 46 minutes, and a host runs for years: the number must wrap (RFC 9293 §3.4). `now` has a fraction, too: half a tick is none.",
    hints: [
      "What is 250 · 1,800,000,000,000, and what is left of it in 32 bits?",
      "`seq` in stack/wire/seq.ts brings any number into 0 to 2³² − 1 and cuts the fraction off.",
      "Add first, as plain numbers; then `seq` over the whole sum. `| 0` gives negative numbers.",
    ],
    run: async (t: Trial) => {
      const turn = 17_179_869; // ms; after 184 µs more, M is 0 again
      const times = [turn - 1, turn, turn + 1, 2 * turn + 1, 8_600_000, 1.8e12, 1.8e12 + 0.125, 0.5, 12_345.0625, t.random.int(1, 2 ** 40)];
      const numbers = await clockAt(t, times);
      for (const [index, number] of numbers.entries()) {
        t.ok(
          Number.isInteger(number) && number >= 0 && number < 2 ** 32,
          `a whole number from 0 to 4294967295 at ${times[index]} ms`,
          `${number}`,
        );
        const moved = seqDiff(seq(number), seq(numbers[0] as number)) >>> 0;
        const right = (Math.floor(times[index] as number * 250) - (turn - 1) * 250) % 2 ** 32;
        const expected = right < 0 ? right + 2 ** 32 : right;
        t.oneOf(moved, [expected, expected + 1], `ticks from ${times[0]} ms to ${times[index]} ms, modulo 2³²`);
      }
    },
  },

  "all-four": {
    title: "hash is given both addresses and both ports",
    kind: "table",
    weight: 2,
    covers: ["MUST-9", "6528"],
    look: ["chooseIss"],
    why:
      "F depends on both address pairs and on a secret (RFC 6528 §3). Leave one part out, and all connections that differ in it alone share one sequence of numbers: whoever has one knows the others.",
    hints: [
      "Which of the four parts does not change what you hand to `hash`?",
      "`hash` takes four words: there are four parts.",
      "`hash(localAddress, localPort, remoteAddress, remotePort)`.",
    ],
    run: async (t: Trial) => {
      const pair = anyPair(t);
      const base = await hashedOf(t, pair, 5);
      for (const part of ["localAddress", "localPort", "remoteAddress", "remotePort"] as const) {
        const other = { ...pair, [part]: pair[part] + t.random.int(1, 500) } as Pair;
        const hashed = await hashedOf(t, other, 5);
        t.ok(hashed !== base, `another call of hash when ${part} is another`, `the same call: hash(${hashed})`);
      }
    },
  },

  "secret": {
    title: "two hosts with different secrets choose different numbers",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-9", "6528"],
    look: ["chooseIss", "activeOpen"],
    why:
      "Same addresses, same ports, same time; what differs is the key in `hash`. If the number is the same, everybody can compute it, and send in the name of a host without ever seeing an answer, as Mitnick did in 1994 (RFC 6528 §1).",
    hints: [
      "Is what `hash` says part of your result?",
      "M alone is a clock that everybody can read.",
      "M + F: add the result of `hash`.",
    ],
    run: async (t: Trial) => {
      const port = t.random.int(1, 60_000);
      const seen = new Map<number, number>();
      for (let seed = 1; seed <= 6; seed++) {
        t.step(`host ${seed}, with a secret of its own`);
        const number = await issOf(await t.tcp({ seed: seed * 1000 + t.random.int(0, 999) }), port, "10.44.0.1", 50_000);
        const same = seen.get(number);
        t.ok(same === undefined, `a number of its own for host ${seed}, whose secret is another`, `${number}, as host ${same} had`);
        seen.set(number, seed);
      }
    },
  },

  "per-connection": {
    title: "who sees some connections can't tell the number of the next",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-9", "6528", "SHLD-1"],
    look: ["chooseIss", "activeOpen"],
    why:
      "Each pair of addresses has a place of its own on the circle of numbers (RFC 6528 §3). With a clock alone, or a constant, the number of the next connection follows from the last one.",
    hints: [
      "What is the difference between the numbers of two connections that begin at the same moment?",
      "It must look like chance: it is the difference of two hashes.",
      "F must be all of `hash`'s 32 bits, not some of them.",
    ],
    run: async (t: Trial) => {
      const tcp = await t.tcp({ seed: t.random.int(1, 2 ** 31) });
      const first = t.random.int(1, 60_000);
      const numbers: number[] = [];
      for (let i = 0; i < 12; i++) numbers.push(await issOf(tcp, first + i));
      t.equal(new Set(numbers).size, 12, "different first numbers among 12 connections");
      const steps = numbers.slice(1).map((number, index) => seqDiff(seq(number), seq(numbers[index] as number)));
      t.equal(new Set(steps).size, 11, "different steps from one connection's first number to the next one's, of 11");
      const far = steps.filter((step) => Math.abs(step) > 0x100_0000).length;
      t.ok(far >= 8, "steps all over the 2³² numbers", `${far} of 11 are wider than 2²⁴: ${steps.slice(0, 4).join(", ")}, …`);
    },
  },
};
