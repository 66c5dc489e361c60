/** Checks of createConnectionTable: which connection a segment is for. */
import type { Ipv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { anyPort, hosts, nearMisses, type Pairs, tableBench } from "./bench.ts";

export const table: Readonly<Record<string, CheckSpec>> = {
  "find": {
    title: "a connection is found by both its address pairs",
    kind: "table",
    weight: 2,
    covers: ["LA-1"],
    look: ["createConnectionTable.find", "createConnectionTable.add"],
    why: 'A connection is a pair of sockets, and every segment names both (RFC 9293 §3.3.1, §4: "connection"). With one part ' +
      "another it is somebody else's segment, however alike it looks.",
    hints: [
      "Which of the four parts does your key hold?",
      "All four, and each in its place: local before remote, address before port.",
      "address * 65536 + port is one number for a pair, below 2⁴⁸; a Map from local pair to a Map from remote pair holds both.",
    ],
    run: async (t) => {
      const bench = await tableBench(t);
      for (let i = 1; i <= 3; i++) {
        const [local, remote, stranger] = hosts(t.random, 3) as [Ipv4Address, Ipv4Address, Ipv4Address];
        const pairs: Pairs = [local, anyPort(t.random), remote, anyPort(t.random)];
        await bench.expectAdd(pairs, i, true);
        await bench.expectFind(pairs, i);
        for (const near of nearMisses(pairs, stranger)) {
          if (near.join() !== pairs.join()) await bench.expectFind(near, undefined);
        }
      }
    },
  },

  "one-port-many": {
    title: "many connections share one local pair",
    kind: "table",
    weight: 2,
    covers: ["LA-1", "MUST-41"],
    look: ["createConnectionTable.add", "createConnectionTable.find"],
    why: "A web server has thousands of connections, and all of them end at its port 80. It is the remote pair that tells them " +
      "apart: another client, or another port of the same client.",
    hints: [
      "What happens to the first connection of a port when the second is added?",
      "A port is no key. Neither is a local pair: it has a whole map of connections.",
      "Two clients may have the same port, and one client many ports: both parts of the remote pair count.",
    ],
    run: async (t) => {
      const bench = await tableBench(t);
      const [local, ...remotes] = hosts(t.random, 5) as [Ipv4Address, ...Ipv4Address[]];
      const ports = [1024, 1025, 40_000, 65_535];
      const all = remotes.flatMap((remote) => ports.map((port): Pairs => [local, 80, remote, port]));
      for (const [i, pairs] of all.entries()) await bench.expectAdd(pairs, i, true);
      for (const [i, pairs] of all.entries()) await bench.expectFind(pairs, i);
      await bench.expectSize(16, "with four clients of four connections each");
    },
  },

  "high-addresses": {
    title: "addresses that differ in few bits are different",
    kind: "table",
    covers: ["LA-1"],
    look: ["createConnectionTable.find", "createConnectionTable.add"],
    why: "Address and port have 48 bits, JavaScript's bit operators work on 32: `address << 16` drops the upper half of every " +
      "address, and what begins with 128 or more turns negative. Such a table works at home, and mixes up strangers. The fault lies in " +
      'your helper that makes the key of a pair, rather than in the methods that call it (handout, "The key").',
    hints: [
      "Look at your helper that makes the key: does it use `<<`, `|` or `^`?",
      "Multiply and add: address * 0x1_0000 + port is exact, as it stays below 2⁵³.",
      "Four parts don't fit into one number: 96 bits. Two maps, one inside the other, do.",
    ],
    run: async (t) => {
      const bench = await tableBench(t);
      const ends = [0x0100_0001, 0x0101_0001, 0x7fff_ffff, 0x8000_0000, 0xff00_0001, 0xffff_0001] as Ipv4Address[];
      const all = ends.flatMap((local) => ends.flatMap((remote): Pairs[] => [[local, 1, remote, 65_535], [local, 65_535, remote, 1]]));
      for (const [i, pairs] of all.entries()) await bench.expectAdd(pairs, i, true);
      for (const [i, pairs] of all.entries()) await bench.expectFind(pairs, i);
    },
  },

  "twice": {
    title: "the same connection is added only once",
    kind: "table",
    covers: ["LA-1"],
    look: ["createConnectionTable.add"],
    why: "There is one connection between two sockets at a time. Whoever would put a second one there must hear it (the engine " +
      'says "the same connection exists already"), and the first must go on as if nothing had happened.',
    hints: [
      "What does `add` do when its pairs are taken?",
      "It returns false, and changes nothing: not the map, and not the list for `forEach`.",
      "Look first, put in later.",
    ],
    run: async (t) => {
      const bench = await tableBench(t);
      const [local, remote] = hosts(t.random, 2) as [Ipv4Address, Ipv4Address];
      const pairs: Pairs = [local, 80, remote, anyPort(t.random)];
      await bench.expectAdd(pairs, 1, true);
      await bench.expectAdd(pairs, 2, false);
      await bench.expectFind(pairs, 1);
      await bench.expectSize(1, "after adding twice");
      t.equal(await bench.visited(), [1], "what forEach visits");
    },
  },

  "remove": {
    title: "what is removed is gone, and its neighbours stay",
    kind: "table",
    weight: 2,
    covers: ["LA-11", "MUST-41"],
    look: ["createConnectionTable.remove"],
    why: "When a connection is over its pairs are free: the same client may come again from the same port. The other connections " +
      "of the server's port don't notice.",
    hints: [
      "What do you delete: the connection, or all that its local pair has?",
      "Only the remote pair's entry. And from whatever `forEach` and `size` look at.",
      "It returns true when there was one, false when there was none.",
    ],
    run: async (t) => {
      const bench = await tableBench(t);
      const [local, remote] = hosts(t.random, 2) as [Ipv4Address, Ipv4Address];
      const all = [1, 2, 3].map((i): Pairs => [local, 80, remote, 5000 + i]);
      for (const [i, pairs] of all.entries()) await bench.expectAdd(pairs, i, true);
      const [, gone] = all as [Pairs, Pairs, Pairs];
      await bench.expectRemove([local, 81, remote, 5002], false);
      await bench.expectRemove(gone, true);
      await bench.expectRemove(gone, false);
      await bench.expectFind(gone, undefined);
      await bench.expectFind(all[0] as Pairs, 0);
      await bench.expectFind(all[2] as Pairs, 2);
      await bench.expectSize(2, "after one of three was removed");
      await bench.expectAdd(gone, 9, true);
      await bench.expectFind(gone, 9);
    },
  },

  "in-order": {
    title: "forEach visits all connections, in the order of adding",
    kind: "table",
    covers: ["LA-11"],
    look: ["createConnectionTable.forEach", "createConnectionTable.remove", "createConnectionTable.size"],
    why: "That is what `netstat` shows, and what a host walks over when it goes down. Each connection once, and none that is over.",
    hints: [
      "From what does `forEach` read: the maps by pair, or a list of its own?",
      "A Set of connections keeps the order in which they came, and lets go of any of them at once.",
      "Add to it in `add`, delete from it in `remove`, return its size in `size`.",
    ],
    run: async (t) => {
      const bench = await tableBench(t);
      const [one, two, remote] = hosts(t.random, 3) as [Ipv4Address, Ipv4Address, Ipv4Address];
      const all = Array.from({ length: 8 }, (_, i): Pairs => [i % 2 === 0 ? one : two, 80 + i % 3, remote, 60_000 - i]);
      t.equal(await bench.visited(), [], "what forEach visits in an empty table");
      for (const [i, pairs] of all.entries()) await bench.expectAdd(pairs, i, true);
      await bench.expectRemove(all[3] as Pairs, true);
      await bench.expectRemove(all[0] as Pairs, true);
      await bench.expectAdd(all[3] as Pairs, 8, true);
      t.equal(await bench.visited(), [1, 2, 4, 5, 6, 7, 8], "what forEach visits");
      await bench.expectSize(7, "after eight, two removed and one added again");
    },
  },
};
