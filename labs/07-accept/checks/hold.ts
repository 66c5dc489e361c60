/** Checks of createPorts' other methods: who listens, who has a port from a listener, and how ports come back. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { ANY, anyPort, portBench } from "./bench.ts";

const SAME_SOCKET = {
  why:
    "A socket that begins to listen is the one that was bound before. It holds its port once, not once more because it listens: it is taken off the others.",
  look: ["createPorts.listen", "createPorts.size"],
};

export const hold: Readonly<Record<string, CheckSpec>> = {
  "listen-once": {
    title: "only one listens on a port",
    kind: "table",
    weight: 2,
    covers: ["LA-3"],
    look: ["createPorts.listen"],
    why: "Those who share a port by reuse are told apart by their connections. Listening sockets have none: a SYN for the port " +
      "would be for all of them. So one may listen, and the others find that out when they try.",
    hints: [
      "Three sockets share a port by reuse. What must the second one that calls `listen` hear?",
      "False, when any rival on an overlapping address listens already.",
      "The same rivals as in `bind`: its own address and 0.0.0.0; for 0.0.0.0 all of them.",
    ],
    run: async (t) => {
      const bench = await portBench(t);
      const port = anyPort(t.random);
      for (const address of [bench.one, bench.one, bench.two, ANY]) await bench.expectBind(address, port, true);
      await bench.expectListen(bench.one, port, true);
      await bench.expectListen(bench.one, port, false);
      await bench.expectListen(ANY, port, false);
      await bench.expectListen(bench.two, port, true);
      await bench.expectSize(4, "after two of four began to listen");
    },
  },

  "listen-unbound": {
    title: "who is not bound cannot listen",
    kind: "table",
    covers: ["LA-3"],
    look: ["createPorts.listen"],
    why: "To listen is something that a bound socket does. Without this answer the engine would put a listener into the table that " +
      "holds no port, and the next one would bind the same port under its feet.",
    hints: [
      "What if nobody holds this port on exactly this address?",
      "Then there is nobody who could listen: false. 0.0.0.0 counts as an address of its own here.",
      "`taken.get(port)?.get(address)` is undefined.",
    ],
    run: async (t) => {
      const bench = await portBench(t);
      const port = t.random.int(2000, 40_000);
      await bench.expectListen(bench.one, port, false);
      await bench.expectBind(bench.one, port, false);
      await bench.expectListen(bench.two, port, false);
      await bench.expectListen(ANY, port, false);
      await bench.expectListen(bench.one, port + 1, false);
      await bench.expectListen(bench.one, port, true);
      await t.about(SAME_SOCKET, () => bench.expectSize(1, "when the one who is bound listens"));
    },
  },

  "release": {
    title: "what is given back can be had again",
    kind: "table",
    weight: 2,
    covers: ["LA-11"],
    look: ["createPorts.release", "createPorts.listen", "createPorts.size"],
    why: "There are 65,535 ports on an address. A host that loses one with every connection has none left after an afternoon.",
    hints: [
      "How many hold this pair, and how many when one has gone?",
      "Count those who don't listen, and note whether one listens; `listening` says which of the two goes.",
      "When nobody is left, take the pair out of the Map altogether.",
    ],
    run: async (t) => {
      const bench = await portBench(t);
      const [p, q] = [t.random.int(2000, 2999), t.random.int(3000, 3999)];
      await bench.expectBind(bench.one, p, false);
      await bench.expectBind(bench.one, q, false);
      await bench.expectListen(bench.one, q, true);
      await t.about(SAME_SOCKET, () => bench.expectSize(2, "with two ports bound, of which one listens"));
      await bench.ports.release(bench.one, p, false);
      await bench.expectBind(bench.one, p, false);
      await bench.ports.release(bench.one, q, true);
      await bench.expectSize(1, "after two releases and one bind");
      await bench.expectBind(ANY, q, false);
    },
  },

  "release-one": {
    title: "of several who share a port, each gives back his own",
    kind: "table",
    covers: ["LA-11", "LA-4"],
    look: ["createPorts.release", "createPorts.listen", "createPorts.bind"],
    why: "A port is free when the last has gone. Whoever frees it with the first one lets somebody in beside the others, who never " +
      "agreed to him.",
    hints: [
      "Three share a port, and one goes. Who holds it now?",
      "The other two: count, and don't just delete.",
      "One that listens is no part of the count of others: `listening` in `release` says which to take off.",
    ],
    run: async (t) => {
      const bench = await portBench(t);
      const port = anyPort(t.random);
      for (let i = 0; i < 3; i++) await bench.expectBind(bench.one, port, true);
      await bench.expectListen(bench.one, port, true);
      await bench.ports.release(bench.one, port, false);
      await bench.expectSize(2, "after one of three has gone");
      await bench.expectBind(ANY, port, true, "address in use");
      await bench.ports.release(bench.one, port, true);
      await bench.expectBind(ANY, port, false, "address in use");
      await bench.ports.release(bench.one, port, false);
      await bench.expectSize(0, "after all three have gone");
      await bench.expectBind(ANY, port, false);
    },
  },

  "share": {
    title: "an accepted connection holds its listener's port",
    kind: "table",
    weight: 2,
    covers: ["LA-4"],
    look: ["createPorts.share", "createPorts.release", "createPorts.listen"],
    why: "A connection that was accepted has the listener's port, and keeps it when the listener closes, TIME-WAIT included " +
      "(RFC 9293 §3.6.1). If the port counted as free, a stranger could bind it, and meet the old connection's segments.",
    hints: [
      "Who holds the port after the listener has been released?",
      "`share` adds one holder, and asks nobody: the connection is there already.",
      "It is like a bind that is never refused; `release(…, false)` takes it back.",
    ],
    run: async (t) => {
      const bench = await portBench(t);
      const port = anyPort(t.random);
      await bench.expectBind(bench.one, port, false);
      await bench.expectListen(bench.one, port, true);
      for (let i = 0; i < 2; i++) await bench.ports.share(bench.one, port, false);
      await bench.expectSize(3, "with a listener and two connections");
      await bench.ports.release(bench.one, port, true);
      await bench.expectBind(bench.one, port, false, "address in use");
      await bench.ports.release(bench.one, port, false);
      await bench.expectBind(bench.one, port, false, "address in use");
      await bench.ports.release(bench.one, port, false);
      await bench.expectBind(bench.one, port, false);
    },
  },

  "mixed": {
    title: "one who did not set reuse counts, among many who did",
    kind: "table",
    covers: ["LA-4"],
    look: ["createPorts.share", "createPorts.bind"],
    why: "Reuse is consent, and everybody who is there must have given it. One holder who has not is enough for a no, whether he came " +
      "first or last: he was promised that nobody would be put beside him.",
    hints: [
      "What does your note on a pair say of reuse, when a second holder comes to it?",
      "That all of them set it: the second one's `reuse` and what stood there before. Neither of the two alone will do.",
      "In the helper that adds a holder to a pair that is held: `holding.reuse &&= reuse`.",
    ],
    run: async (t) => {
      for (const order of [[true, false], [false, true], [true, false, true]]) {
        const bench = await portBench(t);
        const port = anyPort(t.random);
        for (const reuse of order) await bench.ports.share(bench.one, port, reuse);
        await bench.expectBind(bench.one, port, true, "address in use");
        await bench.expectBind(ANY, port, true, "address in use");
        await bench.expectBind(bench.two, port, true);
      }
    },
  },

  "restart": {
    title: "a server with reuse starts again beside its old connections",
    kind: "table",
    weight: 2,
    covers: ["LA-4"],
    look: ["createPorts.share", "createPorts.bind", "createPorts.listen"],
    why: "A server that ends leaves connections in TIME-WAIT for minutes. They don't listen, so a new listener takes nothing from " +
      'them; with reuse on both sides it may have the port at once. Without it: "address in use", which every server\'s author has ' +
      "met once.",
    hints: [
      "With which `reuse` does an accepted connection hold the port?",
      "With its listener's, which `share` is told.",
      "The old connections set reuse and don't listen, the new server sets it: by your rule in `bind` it is welcome.",
    ],
    run: async (t) => {
      for (const reuse of [true, false]) {
        const bench = await portBench(t);
        const port = anyPort(t.random);
        await bench.expectBind(ANY, port, reuse);
        await bench.expectListen(ANY, port, true);
        await bench.ports.share(bench.one, port, reuse);
        await bench.ports.release(ANY, port, true);
        t.step("the listener has closed; one connection is left");
        await bench.expectBind(ANY, port, true, reuse ? undefined : "address in use");
        await bench.expectListen(ANY, port, reuse);
      }
    },
  },
};
