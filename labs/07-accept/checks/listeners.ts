/** Checks of createConnectionTable's listening sockets: who hears of a connection that is yet to be made. */
import type { Ipv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { ANY, anyPort, hosts, type Pairs, pairText, tableBench } from "./bench.ts";

const NO_CONNECTION = {
  why: "`size` counts connections. A listening socket is none, and with nothing in the table it is 0.",
  look: ["createConnectionTable.size", "createConnectionTable.addListener"],
};

const OTHER_PORT = {
  why: "0.0.0.0 stands for every address of the host, and not for every port: at another port somebody else may listen, or nobody.",
  look: ["createConnectionTable.findListener", "createConnectionTable.addListener"],
};

export const listeners: Readonly<Record<string, CheckSpec>> = {
  "listen": {
    title: "a listener is found by its local pair",
    kind: "table",
    weight: 2,
    covers: ["LA-1"],
    look: ["createConnectionTable.findListener", "createConnectionTable.addListener"],
    why: "A SYN comes from somebody whom nobody knows yet. All that the host has to go by is where it is going: address and port.",
    hints: [
      "Which half of the segment's addresses does a listener have?",
      "The local one only; a listener has no remote pair, as it has no connection.",
      "Keep it with its local pair: one listener for each.",
    ],
    run: async (t) => {
      const bench = await tableBench(t);
      const [one, two] = hosts(t.random, 2) as [Ipv4Address, Ipv4Address];
      const port = t.random.int(1, 65_534);
      await bench.expectListener(one, port, undefined);
      t.equal(await bench.table.addListener(one, port, "a server"), true, "adding a listener");
      await bench.expectListener(one, port, "a server");
      await bench.expectListener(one, port + 1, undefined);
      await bench.expectListener(two, port, undefined);
      await t.about(NO_CONNECTION, () => bench.expectSize(0, "with a listener and no connection"));
    },
  },

  "any-address": {
    title: "a listener on 0.0.0.0 hears of every address",
    kind: "table",
    weight: 2,
    covers: ["LA-2", "MUST-43"],
    look: ["createConnectionTable.findListener"],
    why: "Most servers don't care by which of the host's addresses they are reached. The segment never says 0.0.0.0, so it is the " +
      "table that must look there as well.",
    hints: [
      "What do you look up when nobody listens on the segment's own address?",
      "The same port on 0.0.0.0 (`UNSPECIFIED`).",
      "Two lookups, one behind the other, with `??` between them.",
    ],
    run: async (t) => {
      const bench = await tableBench(t);
      const port = anyPort(t.random);
      await bench.table.addListener(ANY, port, "on all");
      for (const address of hosts(t.random, 3)) {
        await bench.expectListener(address, port, "on all");
        await t.about(OTHER_PORT, () => bench.expectListener(address, port ^ 1, undefined));
      }
    },
  },

  "very-address": {
    title: "the very address goes before 0.0.0.0",
    kind: "table",
    covers: ["LA-2", "MUST-43"],
    look: ["createConnectionTable.findListener"],
    why: 'Whoever said exactly where he listens means it more than whoever said "anywhere". Which of them came first does not ' +
      "matter.",
    hints: [
      "In which order do you look?",
      "First the pair itself, then 0.0.0.0 with the port.",
      "`places.get(own pair)?.listener ?? places.get(any pair)?.listener`: mind that a place may exist without a listener.",
    ],
    run: async (t) => {
      for (const specificFirst of [true, false]) {
        const bench = await tableBench(t);
        const [one, two] = hosts(t.random, 2) as [Ipv4Address, Ipv4Address];
        const port = anyPort(t.random);
        const both: [Ipv4Address, string][] = [[one, "on one"], [ANY, "on all"]];
        for (const [address, name] of specificFirst ? both : both.toReversed()) {
          t.equal(await bench.table.addListener(address, port, name), true, `adding a listener ${name}`);
        }
        await bench.expectListener(one, port, "on one");
        await bench.expectListener(two, port, "on all");
      }
    },
  },

  "beside-connections": {
    title: "connections of an address don't hide 0.0.0.0's listener",
    kind: "table",
    weight: 2,
    covers: ["LA-2", "MUST-41"],
    look: ["createConnectionTable.findListener"],
    why: "A server listens on 0.0.0.0:80, and its first client is connected to 10.44.0.2:80. Now there is something in the table for " +
      "10.44.0.2:80, a connection, and still nobody listens there. Whoever stops looking at that place turns the second client away: RST.",
    hints: [
      "What does your table have for 10.44.0.2:80, when the listener is at 0.0.0.0:80 and one client is connected?",
      "A place with a connection and without a listener. Then the listener of 0.0.0.0 is asked for, as if there were no place.",
      "`places.get(own)?.listener ?? places.get(any)?.listener`: the `??` stands between two listeners, not between two places.",
    ],
    run: async (t) => {
      const bench = await tableBench(t);
      const [local, other, remote] = hosts(t.random, 3) as [Ipv4Address, Ipv4Address, Ipv4Address];
      const port = anyPort(t.random);
      t.equal(await bench.table.addListener(ANY, port, "on all"), true, `adding a listener on ${pairText(ANY, port)}`);
      await bench.expectListener(local, port, "on all");
      for (const [i, client] of [5000, 5001].entries()) {
        await bench.expectAdd([local, port, remote, client], i, true);
        await bench.expectListener(local, port, "on all");
        await bench.expectListener(other, port, "on all");
      }
    },
  },

  "second": {
    title: "a second listener on the same pair is refused",
    kind: "table",
    covers: ["LA-2", "LA-3"],
    look: ["createConnectionTable.addListener"],
    why: "The first goes on hearing, and the second is told. A table that lets the newcomer take its place takes a server's " +
      "callers away without a word.",
    hints: [
      "What does `addListener` return when somebody listens there already?",
      "False, and nothing changes.",
      "Only the very same pair counts here; overlaps are the business of the ports.",
    ],
    run: async (t) => {
      const bench = await tableBench(t);
      const [one, two] = hosts(t.random, 2) as [Ipv4Address, Ipv4Address];
      const port = anyPort(t.random);
      for (const [address, possible] of [[one, true], [two, true], [ANY, true], [one, false], [ANY, false]] as const) {
        const where = pairText(address, port);
        t.equal(await bench.table.addListener(address, port, where), possible, `adding a listener on ${where}`);
      }
      await bench.expectListener(one, port, pairText(one, port));
    },
  },

  "gone": {
    title: "a listener that is removed hears of nothing more",
    kind: "table",
    covers: ["LA-11"],
    look: ["createConnectionTable.removeListener"],
    why: "A server that has closed must not get connections any more: nobody would ever accept them.",
    hints: [
      "What does `removeListener` return, and when?",
      "True when there was one; the second time, and for another pair, false.",
      "The one on 0.0.0.0 and the one on an address are two: each is removed by itself.",
    ],
    run: async (t) => {
      const bench = await tableBench(t);
      const [one, two] = hosts(t.random, 2) as [Ipv4Address, Ipv4Address];
      const port = anyPort(t.random);
      await bench.table.addListener(one, port, "on one");
      await bench.table.addListener(ANY, port, "on all");
      for (const [address, possible] of [[two, false], [one, true], [one, false]] as const) {
        t.equal(await bench.table.removeListener(address, port), possible, `removing the listener on ${pairText(address, port)}`);
      }
      await bench.expectListener(one, port, "on all");
      t.equal(await bench.table.removeListener(ANY, port), true, "removing the listener on 0.0.0.0");
      await bench.expectListener(one, port, undefined);
      t.equal(await bench.table.addListener(one, port, "new"), true, "adding a new listener");
      await bench.expectListener(one, port, "new");
    },
  },

  "apart": {
    title: "a listener and its connections don't disturb each other",
    kind: "table",
    weight: 2,
    covers: ["MUST-41", "MUST-42", "LA-1"],
    look: ["createConnectionTable.addListener", "createConnectionTable.removeListener", "createConnectionTable.remove"],
    why: "RFC 9293 §3.9.1.1, MUST-41 and MUST-42: to listen never disturbs a connection of the same port, whatever its state. A " +
      "listening socket *makes* connections; it never is one, and it stays when the last of them is gone.",
    hints: [
      "Do listener and connections of a local pair lie in one place? Then removing one must not remove the place.",
      "A place can go when both are missing: no listener, and no connection.",
      "`find` never returns a listener, and `findListener` never a connection.",
    ],
    run: async (t) => {
      const bench = await tableBench(t);
      const [local, remote] = hosts(t.random, 2) as [Ipv4Address, Ipv4Address];
      const pairs: Pairs = [local, 80, remote, anyPort(t.random)];
      await bench.expectAdd(pairs, 1, true);
      t.equal(await bench.table.addListener(local, 80, "server"), true, "listening beside a connection");
      await bench.expectFind(pairs, 1);
      await bench.expectRemove(pairs, true);
      await bench.expectFind(pairs, undefined);
      await bench.expectListener(local, 80, "server");
      await bench.expectAdd(pairs, 2, true);
      t.equal(await bench.table.removeListener(local, 80), true, "removing the listener");
      await bench.expectListener(local, 80, undefined);
      await bench.expectFind(pairs, 2);
    },
  },
};
