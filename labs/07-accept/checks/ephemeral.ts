/** Checks of createPorts.bind for port 0: whichever is free. */
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { ANY, hosts, type PortBench, portBench } from "./bench.ts";

/** Binds port 0; fails unless a port comes back. */
export async function anyFree(t: Trial, bench: PortBench, address = bench.one, reuse = false): Promise<number> {
  const given = await bench.bind(address, 0, reuse);
  const isPort = typeof given === "number" && given > 0 && given <= 0xffff;
  t.ok(
    isPort,
    "a port from binding port 0, which asks for any that is free, and some are",
    given === 0 ? "0 itself" : `${JSON.stringify(given)}`,
  );
  return given;
}

/** As `anyFree`, as often as that; the ports must be all different, and lie in the range. */
export async function manyFree(t: Trial, bench: PortBench, count: number, first: number, last: number): Promise<number[]> {
  const given: number[] = [];
  const asked = Array.from({ length: count }, () => [bench.one, 0, false, [bench.one, bench.two]]);
  for (const { value: port, threw } of await t.manyOn(bench.ports, "bind", asked)) {
    const free = amount(last - first + 1 - given.length, "port");
    const came = threw ?? `${JSON.stringify(port)}, from bind number ${given.length + 1}`;
    t.ok(
      typeof port === "number",
      `a port from binding port 0, when ${free} from ${first} to ${last} ${free === "1 port" ? "is" : "are"} free`,
      came,
    );
    t.ok(port !== 0, "a port from binding port 0, which asks for any that is free", "0 itself");
    t.ok(port >= first && port <= last, `ephemeral ports from ${first} to ${last}`, `${port}`);
    t.ok(!given.includes(port), "a port that is not held", `${port}, which was given out before`);
    given.push(port);
  }
  return given;
}

export const ephemeral: Readonly<Record<string, CheckSpec>> = {
  "range": {
    title: "port 0 gives a free port from the ephemeral range",
    kind: "table",
    weight: 2,
    covers: ["LA-6"],
    look: ["createPorts.bind"],
    why: "A client does not care what its port is, as long as nobody else has it. RFC 6335 §6 keeps 49152 to 65535 for that: no " +
      "service is ever registered there. Which ports this host uses is in its options.",
    hints: [
      "Which members of `options` say from where to where?",
      "`firstEphemeral` and `lastEphemeral`; both belong to the range.",
      "Their number is last − first + 1. Look for one that nobody holds, take it, and return it.",
    ],
    run: async (t: Trial) => {
      await manyFree(t, await portBench(t), 30, 49_152, 65_535);
      const first = t.random.int(20_000, 30_000);
      const bench = await portBench(t, { first, last: first + 99 });
      await manyFree(t, bench, 30, first, first + 99);
      await bench.expectSize(30, "after 30 binds of port 0");
    },
  },

  "every-one": {
    title: "every port of the range is found, and then none is free",
    kind: "table",
    covers: ["LA-6"],
    look: ["createPorts.bind"],
    why: "A busy client uses nearly all of its ports. A search that gives up after a few tries, or leaves out the first or the last, " +
      'says "no port free" while there are some; one that never gives up hangs the host when there are none.',
    hints: [
      "Is the search over once it has seen every port of the range once?",
      "Begin at a random place and walk on; behind the last comes the first.",
      'first + (begin + i) % count, for i from 0 up to count; behind the loop: "no port free".',
    ],
    run: async (t: Trial) => {
      for (const count of [1, 2, 10, 64]) {
        const first = t.random.int(20_000, 30_000);
        const bench = await portBench(t, { first, last: first + count - 1 });
        await manyFree(t, bench, count, first, first + count - 1);
        await bench.expectBind(bench.one, 0, false, "no port free");
        const back = first + t.random.int(0, count - 1);
        await bench.ports.release(bench.one, back, false);
        t.equal(await bench.bind(bench.one, 0), back, "the one port that was given back");
      }
    },
  },

  "random": {
    title: "nobody can tell the first ephemeral port beforehand",
    kind: "table",
    weight: 2,
    covers: ["LA-6"],
    look: ["createPorts.bind"],
    why: "RFC 6056: who wants to break into a connection from afar must guess its ports. A client that begins at 49152 and counts " +
      "tells him the only one that he did not know. `options.random` is there so that the search begins anywhere.",
    hints: [
      "Where does your search begin?",
      "At `Math.floor(options.random() * count)` places behind the first.",
      "Call `random` in each search; one number for the whole host would make all later ports known by the first.",
    ],
    run: async (t: Trial) => {
      const found = new Set<number>();
      let low = 0;
      for (let i = 0; i < 40; i++) {
        const port = await anyFree(t, await portBench(t, { seed: t.random.int(1, 1_000_000) + i }));
        found.add(port);
        if (port < 57_344) low++;
      }
      t.ok(
        found.size >= 36,
        "hardly any port twice among the first ones of 40 hosts",
        `${found.size} different ${found.size === 1 ? "one" : "ones"}`,
      );
      t.ok(low >= 5 && low <= 35, "first ports in both halves of the range", `${low} of 40 below 57344`);
    },
  },

  "held": {
    title: "a port that somebody holds is not given out",
    kind: "table",
    covers: ["LA-6", "LA-4"],
    look: ["createPorts.bind"],
    why: "Whoever asks for any port wants one for himself. A port in TIME-WAIT is still somebody's, even when he set reuse: the same " +
      "client port to the same server would meet its old connection's segments.",
    hints: [
      "Does your search ask by the rule of `bind` whether a port may be shared?",
      "It asks for more: nobody may hold it on an overlapping address, reuse or not.",
      "No rivals at all: `rivals.length === 0`, where `bind` of a chosen port looks at each of them.",
    ],
    run: async (t: Trial) => {
      const first = t.random.int(20_000, 30_000);
      const bench = await portBench(t, { first, last: first + 7 });
      const held = [0, 2, 3, 5].map((i) => first + i);
      for (const port of held) await bench.expectBind(t.random.pick([bench.one, ANY]), port, true);
      for (let i = 0; i < 4; i++) {
        const port = await anyFree(t, bench, bench.one, true);
        t.ok(!held.includes(port), "a port that nobody holds", `${port}, which is bound with reuse`);
      }
      await bench.expectBind(bench.one, 0, true, "no port free");
    },
  },

  "by-address": {
    title: "which ports are free depends on the address",
    kind: "table",
    covers: ["LA-6", "MUST-43"],
    look: ["createPorts.bind"],
    why: "An ephemeral port, too, is taken on an address: on another one it is free, and on 0.0.0.0 only if it is free on all.",
    hints: [
      "Does your search look at the address?",
      "Use the same helper as `bind`: the rivals on this address.",
      "0.0.0.0 has every holder of the port as a rival.",
    ],
    run: async (t: Trial) => {
      const first = t.random.int(20_000, 30_000);
      const bench = await portBench(t, { first, last: first + 3 });
      await manyFree(t, bench, 4, first, first + 3);
      await bench.expectBind(ANY, 0, false, "no port free");
      for (let i = 0; i < 3; i++) await anyFree(t, bench, bench.two);
      await bench.expectBind(hosts(t.random, 1)[0] ?? ANY, 0, false, "address not available");
      await bench.ports.release(bench.one, first + 1, false);
      await anyFree(t, bench, bench.one);
      await bench.expectSize(7, "with four ports on one address and three on the other");
    },
  },
};
