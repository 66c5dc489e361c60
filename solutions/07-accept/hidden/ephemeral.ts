/** Hidden checks of ephemeral ports. */
import { portBench } from "../../../labs/07-accept/checks/bench.ts";
import { anyFree, manyFree } from "../../../labs/07-accept/checks/ephemeral.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export const ephemeral: Readonly<Record<string, CheckSpec>> = {
  "every-time": {
    title: "each search begins at another place",
    kind: "table",
    covers: ["LA-6"],
    look: ["createPorts.bind"],
    why: "One random number for a host's whole life is little: whoever sees one connection knows the port of the next. RFC 6056 " +
      "§3.3.1 draws for each.",
    hints: [
      "When do you call `options.random`?",
      "In each bind of port 0.",
      "Not in createPorts, and not only for the first one.",
    ],
    run: async (t: Trial) => {
      const bench = await portBench(t);
      const ports: number[] = [];
      for (let i = 0; i < 30; i++) {
        const port = await anyFree(t, bench);
        ports.push(port);
        if (i % 2 === 0) await bench.ports.release(bench.one, port, false);
      }
      const near = ports.filter((port, i) => i > 0 && Math.abs(port - (ports[i - 1] as number)) < 16).length;
      t.ok(near < 6, "ports that don't follow each other", `${near} of 29 close to the one before`);
    },
  },

  "crowded": {
    title: "the last free port is found among many",
    kind: "table",
    covers: ["LA-6"],
    look: ["createPorts.bind"],
    why: "When nearly all ports are in use, guessing finds a free one hardly ever. The search walks on from where it begins, and " +
      "around the end of the range.",
    hints: [
      "What does your search do at the last port of the range?",
      "It goes on at the first, until it has seen all.",
      "`% count`, with the count of ports and not the number of the last.",
    ],
    run: async (t) => {
      const first = t.random.int(40_000, 60_000);
      const bench = await portBench(t, { first, last: first + 299 });
      await manyFree(t, bench, 300, first, first + 299);
      for (const back of [first, first + 299, first + t.random.int(1, 298)]) {
        await bench.ports.release(bench.one, back, false);
        t.equal(await anyFree(t, bench), back, "the only free port");
        await bench.expectBind(bench.one, 0, false, "no port free");
      }
      await bench.expectSize(300, "with every port taken");
    },
  },

  "chosen": {
    title: "an ephemeral port may also be asked for by number",
    kind: "table",
    covers: ["LA-6", "LA-3"],
    look: ["createPorts.bind"],
    why: "The range says only from where the host chooses. A server may listen on 50000, and a client may be given 2000: whoever asks " +
      "for a number gets that number, if it is free.",
    hints: [
      "Does `bind` treat a port of the range in a special way when it was asked for?",
      "It should not: only port 0 is special.",
      "And the search sees what was taken by number.",
    ],
    run: async (t) => {
      const first = t.random.int(20_000, 30_000);
      const bench = await portBench(t, { first, last: first + 4 });
      await bench.expectBind(bench.one, first + 2, false);
      await bench.expectBind(bench.one, first + 5, false);
      const given = await manyFree(t, bench, 4, first, first + 4);
      t.equal(given.toSorted(), [first, first + 1, first + 3, first + 4], "the ports that were free");
      await bench.expectBind(bench.one, first, false, "address in use");
    },
  },
};
