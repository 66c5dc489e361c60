/** Hidden checks of createConnectionTable. */
import { ANY, hosts, type Pairs, pairText, tableBench } from "../../../labs/07-accept/checks/bench.ts";
import type { Ipv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const table: Readonly<Record<string, CheckSpec>> = {
  "crossed": {
    title: "the two ends of a connection are not exchanged",
    kind: "table",
    covers: ["LA-1"],
    look: ["createConnectionTable.find", "createConnectionTable.add"],
    why: "A host may connect to itself, and two hosts may each have a connection to the other with the same two ports. What is " +
      "local and what is remote is part of a connection's name.",
    hints: [
      "Is the connection from A to B the same for you as the one from B to A?",
      "A key like min/max of both ends, or their sum, mixes them up.",
      "Local pair first, remote pair inside.",
    ],
    run: async (t) => {
      const bench = await tableBench(t);
      const [a, b] = hosts(t.random, 2) as [Ipv4Address, Ipv4Address];
      const crossed: Pairs[] = [[a, 5000, b, 6000], [b, 6000, a, 5000], [a, 6000, b, 5000], [b, 5000, a, 6000], [a, 5000, a, 6000], [
        a,
        6000,
        a,
        5000,
      ]];
      for (const [i, pairs] of crossed.entries()) await bench.expectAdd(pairs, i, true);
      for (const [i, pairs] of crossed.entries()) await bench.expectFind(pairs, i);
      await bench.expectRemove(crossed[1] as Pairs, true);
      await bench.expectFind(crossed[0] as Pairs, 0);
    },
  },

  "carried": {
    title: "address and port don't run into each other",
    kind: "table",
    covers: ["LA-1"],
    look: ["createConnectionTable.find"],
    why: "As text without a sign between them, 10.44.0.2 with port 12 and 10.44.0.21 with port 2 look alike; as numbers, an address " +
      "and the next one do when the factor is smaller than the number of ports.",
    hints: [
      "How are address and port put together in your key?",
      "A port needs 16 bits: the factor is 65536.",
      "In text, put a sign between them that occurs in neither.",
    ],
    run: async (t) => {
      const bench = await tableBench(t);
      const base = t.random.int(0x0a00_0000, 0xdf00_0000);
      const port = t.random.int(40_000, 60_000);
      const alike: (readonly [number, number])[] = [
        [base, port],
        ...[1000, 10_000, 0x4000, 0x8000].map((factor) => [base + 1, port - factor] as const),
        [base + 1, port],
        [base, 65_535],
        [base + 1, 1],
        [0x0a2c_0002, 12],
        [0x0a2c_0015, 2],
        [0x0a2c_0001, 212],
      ];
      const all = alike.flatMap(([address, port], i): Pairs[] => [
        [address as Ipv4Address, port, 0x0102_0304 as Ipv4Address, 7000 + i],
        [0x0102_0304 as Ipv4Address, 7, address as Ipv4Address, port],
      ]);
      for (const [i, pairs] of all.entries()) await bench.expectAdd(pairs, i, true);
      for (const [i, pairs] of all.entries()) await bench.expectFind(pairs, i);
    },
  },

  "long-run": {
    title: "after hundreds of calls the table is right",
    kind: "table",
    weight: 2,
    covers: ["LA-1", "LA-11"],
    look: ["createConnectionTable.add", "createConnectionTable.remove", "createConnectionTable.forEach"],
    why: "Connections come and go in any order. Whatever the table keeps beside its maps must agree with them all the time.",
    hints: [
      "Which call is the last in the ladder?",
      "`size` and `forEach` must know of each `add` and each `remove` that did something.",
      "One that returned false did nothing.",
    ],
    run: async (t) => {
      const bench = await tableBench(t);
      const places = hosts(t.random, 2);
      const model = new Map<string, number>();
      for (let i = 0; i < 200; i++) {
        const pairs: Pairs = [t.random.pick(places), t.random.int(80, 81), t.random.pick(places), t.random.int(5000, 5002)];
        const key = pairs.join();
        if (t.random.chance(0.55)) {
          await bench.expectAdd(pairs, i, !model.has(key));
          if (!model.has(key)) model.set(key, i);
        } else {
          await bench.expectRemove(pairs, model.delete(key));
        }
        const asked: Pairs = [t.random.pick(places), t.random.int(80, 81), t.random.pick(places), t.random.int(5000, 5002)];
        await bench.expectFind(asked, model.get(asked.join()));
        if (i % 20 === 0) t.equal(await bench.visited(), [...model.values()], "what forEach visits");
      }
      await bench.expectSize(model.size, "at the end");
    },
  },
};

export const listeners: Readonly<Record<string, CheckSpec>> = {
  "with-connections": {
    title: "connections of an address don't hide a listener on 0.0.0.0",
    kind: "table",
    weight: 2,
    covers: ["LA-2", "MUST-41"],
    look: ["createConnectionTable.findListener"],
    why: "A server on 0.0.0.0 gets connections, and each of them has one of the host's addresses. If the table then finds the place " +
      "of that address and no listener in it, the server's first client has shut the door for all others.",
    hints: [
      "What is at 10.44.0.2:80 in your table, when the listener is at 0.0.0.0:80 and one client is connected?",
      "A place with a connection and no listener: then look at 0.0.0.0 as well.",
      "Ask for the *listener* of the first place with `?.`, and only then `??`.",
    ],
    run: async (t) => {
      const bench = await tableBench(t);
      const [local, remote] = hosts(t.random, 2) as [Ipv4Address, Ipv4Address];
      await bench.table.addListener(ANY, 80, "on all");
      await bench.expectAdd([local, 80, remote, 5000], 1, true);
      await bench.expectListener(local, 80, "on all");
      await bench.table.addListener(local, 80, "on one");
      await bench.expectListener(local, 80, "on one");
      await bench.table.removeListener(local, 80);
      await bench.expectListener(local, 80, "on all");
      await bench.expectRemove([local, 80, remote, 5000], true);
      await bench.expectListener(local, 80, "on all");
    },
  },

  "many": {
    title: "many listeners, each found by its own pair",
    kind: "table",
    covers: ["LA-2", "LA-11"],
    look: ["createConnectionTable.addListener", "createConnectionTable.removeListener", "createConnectionTable.findListener"],
    why: "A server machine listens on dozens of pairs. They come and go one by one, and none may take another's callers.",
    hints: [
      "Is your listener's key the pair, or the port alone?",
      "Both parts; 0.0.0.0 is an address like any other here.",
      "Removing one leaves those with the same port on other addresses.",
    ],
    run: async (t) => {
      const bench = await tableBench(t);
      const addresses = [...hosts(t.random, 3), ANY];
      const all = t.random.shuffle(addresses.flatMap((address) => [22, 80, 443, 8080].map((port) => [address, port] as const)));
      for (const [address, port] of all) t.equal(await bench.table.addListener(address, port, pairText(address, port)), true, "adding");
      const gone = all.filter(() => t.random.chance(0.4));
      for (const [address, port] of gone) t.equal(await bench.table.removeListener(address, port), true, "removing a listener");
      const left = new Set(all.filter((each) => !gone.includes(each)).map(([address, port]) => pairText(address, port)));
      for (const [address, port] of all) {
        const [exact, any] = [pairText(address, port), pairText(ANY, port)];
        await bench.expectListener(address, port, left.has(exact) ? exact : left.has(any) ? any : undefined);
      }
    },
  },
};
