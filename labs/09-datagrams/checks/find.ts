/** Checks of the table: which socket a datagram to one of the host's addresses is for. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { anyPort } from "./samples.ts";
import { ANY, NOBODY, tableBench } from "./table_bench.ts";

export const find: Readonly<Record<string, CheckSpec>> = {
  "very-pair": {
    title: "a datagram finds the socket that is bound to its pair",
    kind: "table",
    weight: 2,
    covers: ["UDP-5"],
    look: ["createDatagramTable.find", "createDatagramTable.add"],
    why:
      "Address and port, both: another port is another program, and another address may be another program's too (RFC 768). Who sent it " +
      "does not matter: one socket hears the whole world.",
    hints: [
      "Which two of the four numbers that `find` is given must be those of `add`?",
      "The local ones. The remote pair only matters for a socket that is connected.",
      "A Map from port to the sockets of that port, and then a look at each one's address.",
    ],
    run: async (t) => {
      const { own: [one, two], theirs: [near, far], ...bench } = await tableBench(t);
      const port = t.random.int(1024, 60_000);
      await bench.expectFind([one, port], [near, 5000], undefined);
      await bench.bind("a", [one, port]);
      await bench.bind("b", [one, port + 1]);
      await bench.bind("c", [two, port]);
      await bench.expectFind([one, port], [near, 5000], "a");
      await bench.expectFind([one, port], [far, anyPort(t.random)], "a");
      await bench.expectFind([one, port + 1], [near, 5000], "b");
      await bench.expectFind([two, port], [near, port], "c");
      await bench.expectFind([two, port + 1], [near, 5000], undefined);
      await bench.expectFind([one, port ^ 0x100], [near, port], undefined);
      await bench.expectFind([near, port], [one, port], undefined);
    },
  },

  "any-address": {
    title: "a socket on 0.0.0.0 hears every address of the host",
    kind: "table",
    covers: ["UDP-5"],
    look: ["createDatagramTable.find"],
    why: "A server that names no address means all of them, those too that the host will have tomorrow (RFC 1122 §4.1.3.5).",
    hints: [
      "Does your comparison of addresses know what 0.0.0.0 means?",
      "It is `UNSPECIFIED`, the number 0, and fits every local address.",
      "Only the *bound* address may be 0.0.0.0; the port must be right all the same.",
    ],
    run: async (t) => {
      const { own, theirs: [near], ...bench } = await tableBench(t);
      const port = anyPort(t.random);
      await bench.bind("a", [ANY, port]);
      for (const address of own) await bench.expectFind([address, port], [near, 5000], "a");
      await bench.expectFind([own[0], port === 65_535 ? 1 : port + 1], [near, 5000], undefined);
    },
  },

  "very-address": {
    title: "a socket with the very address comes first",
    kind: "table",
    weight: 2,
    covers: ["UDP-5"],
    look: ["createDatagramTable.find"],
    why:
      "Who names an address wants what comes to that address, and a server for all the rest may stand beside it. In whatever order the two " +
      "were bound.",
    hints: [
      "Do you take the first socket that fits?",
      "Look at all that fit, and take the nearest: the very address is nearer than 0.0.0.0.",
      "Give each a rank, and keep the best so far.",
    ],
    run: async (t) => {
      const bench = await tableBench(t);
      const { own: [one, two], theirs: [near] } = bench;
      const [early, late] = [t.random.int(1024, 9999), t.random.int(10_000, 20_000)];
      await bench.bind("any", [ANY, early]);
      await bench.bind("one", [one, early]);
      await bench.bind("one too", [one, late]);
      await bench.bind("any too", [ANY, late]);
      await bench.expectFind([one, early], [near, 5000], "one");
      await bench.expectFind([two, early], [near, 5000], "any");
      await bench.expectFind([one, late], [near, 5000], "one too");
      await bench.expectFind([two, late], [near, 5000], "any too");
    },
  },

  "connected-only": {
    title: "a connected socket hears its peer and nobody else",
    kind: "table",
    weight: 2,
    covers: ["UDP-5"],
    look: ["createDatagramTable.find", "createDatagramTable.connect"],
    why: "“Connected” is a filter that the socket has set for itself: nobody else can slip an answer " +
      "under its door, who knows its port but not whom it asked.",
    hints: [
      "What must agree, so that a datagram comes from the peer?",
      "The address *and* the port. A datagram from the same host's other port is a stranger's.",
      "In `find`: when the remote port of the socket is not 0, both parts must be equal.",
    ],
    run: async (t) => {
      const { own: [one], theirs: [near, far], ...bench } = await tableBench(t);
      const [port, theirs] = [t.random.int(1024, 60_000), t.random.int(1024, 60_000)];
      await bench.bind("a", [one, port]);
      await bench.connect("a", [one, port], [near, theirs]);
      await bench.expectFind([one, port], [near, theirs], "a");
      await bench.expectFind([one, port], [near, theirs + 1], undefined);
      await bench.expectFind([one, port], [near, theirs ^ 0x100], undefined);
      await bench.expectFind([one, port], [far, theirs], undefined);
    },
  },

  "connected-first": {
    title: "a connected socket comes before one that is not",
    kind: "table",
    weight: 2,
    covers: ["UDP-5"],
    look: ["createDatagramTable.find"],
    why:
      "A server often binds one more socket to its port for each client, and connects it: then the client's datagrams go there, and those " +
      "of strangers to the first. It is the nearest thing that UDP has to `accept`.",
    hints: [
      "Two sockets fit. Which one knows more of the datagram?",
      "The connected one, even if the other is bound to the very address and it is not.",
      "Rank: connected counts 2, the very address 1, and 1 for fitting at all.",
    ],
    run: async (t) => {
      const { own: [one, two], theirs: [near, far], ...bench } = await tableBench(t);
      const [early, late] = [t.random.int(1024, 9999), t.random.int(10_000, 20_000)];
      await bench.bind("client", [ANY, early]);
      await bench.bind("server", [one, early]);
      await bench.bind("server too", [one, late]);
      await bench.bind("client too", [ANY, late]);
      for (const [socket, port] of [["client", early], ["client too", late]] as const) {
        await bench.connect(socket, [ANY, port], [near, 5000]);
      }
      for (const [port, client, server] of [[early, "client", "server"], [late, "client too", "server too"]] as const) {
        await bench.expectFind([one, port], [near, 5000], client);
        await bench.expectFind([two, port], [near, 5000], client);
        await bench.expectFind([one, port], [far, 5000], server);
        await bench.expectFind([two, port], [far, 5000], undefined);
      }
    },
  },

  "last-added": {
    title: "of sockets that are equal, the last one comes first",
    kind: "table",
    covers: ["UDP-5"],
    look: ["createDatagramTable.find", "createDatagramTable.add"],
    why:
      "Several programs may share a pair if all of them want that. One datagram is for one of them: the one that came last, so that a new " +
      "server takes over from the old.",
    hints: [
      "Which of several equals do you keep?",
      "The one added last, however the others stand.",
      "Put new ones at the front of the port's list, and let only a *better* one replace the best so far.",
    ],
    run: async (t) => {
      const { own: [one, two], theirs: [near], ...bench } = await tableBench(t);
      const port = anyPort(t.random);
      for (const socket of ["a", "b", "c"]) await bench.bind(socket, [one, port]);
      for (const socket of ["x", "y"]) await bench.bind(socket, [ANY, port]);
      await bench.expectFind([one, port], [near, 5000], "c");
      await bench.expectFind([two, port], [near, 5000], "y");
      await bench.expectRemove("c", [one, port], true);
      await bench.expectFind([one, port], [near, 5000], "b");
    },
  },

  "order-kept": {
    title: "connecting does not change who was added last",
    kind: "table",
    covers: ["UDP-5"],
    look: ["createDatagramTable.connect"],
    why:
      "Added last is who was *bound* last. A socket that is connected, and later no longer, stands where it stood: otherwise a program could " +
      "take a shared port from its neighbours by connecting and disconnecting.",
    hints: [
      "Do you take the entry out, and put another in?",
      "Change its two remote members; nothing moves in the list.",
      "`bound.remoteAddress = …`, `bound.remotePort = …`, on the entry that `find` gave.",
    ],
    run: async (t) => {
      const { own: [one], theirs: [near, far], ...bench } = await tableBench(t);
      const port = anyPort(t.random);
      for (const socket of ["a", "b", "c"]) await bench.bind(socket, [one, port]);
      for (const socket of ["b", "a"]) await bench.connect(socket, [one, port], [near, 5000]);
      await bench.expectFind([one, port], [near, 5000], "b");
      for (const socket of ["b", "a", "c"]) await bench.connect(socket, [one, port], [ANY, NOBODY]);
      await bench.expectFind([one, port], [far, 5000], "c");
    },
  },

  "disconnect": {
    title: "port 0 disconnects: the socket hears everybody again",
    kind: "table",
    covers: ["UDP-5"],
    look: ["createDatagramTable.connect"],
    why:
      "The filter is the socket's own, so it may be changed, or taken away, at any time. Nothing is sent for it and nobody is asked: there " +
      "is no connection.",
    hints: [
      "What does `connect` do with remote port 0?",
      "The socket is as it was before it was ever connected.",
      "Write both remote parts down, whatever they are: port 0 in them says “anybody”.",
    ],
    run: async (t) => {
      const { own: [one], theirs: [near, far], ...bench } = await tableBench(t);
      const port = anyPort(t.random);
      await bench.bind("a", [one, port]);
      await bench.connect("a", [one, port], [near, 5000]);
      await bench.connect("a", [one, port], [far, 6000]);
      await bench.expectFind([one, port], [near, 5000], undefined);
      await bench.expectFind([one, port], [far, 6000], "a");
      await bench.connect("a", [one, port], [ANY, NOBODY]);
      await bench.expectFind([one, port], [near, 5000], "a");
      await bench.expectFind([one, port], [far, 6000], "a");
    },
  },

  "remove": {
    title: "what is removed hears nothing, its neighbours do",
    kind: "table",
    weight: 2,
    covers: ["UDP-5"],
    look: ["createDatagramTable.remove", "createDatagramTable.size"],
    why:
      "A socket that was closed must not be handed anything; and the next to have its port must not inherit its peer. All others at that port are still there: one entry " +
      "goes, with this socket at this very address.",
    hints: [
      "What do you delete: the socket, or all that its port has?",
      "The one entry with this socket at this very address; true when there was one.",
      "What it was connected to stands in the entry, and goes with it.",
    ],
    run: async (t) => {
      const { own: [one, two], theirs: [near, far], ...bench } = await tableBench(t);
      const port = t.random.int(1024, 60_000);
      await bench.bind("a", [one, port]);
      await bench.bind("b", [two, port]);
      await bench.connect("a", [one, port], [near, 5000]);
      await bench.expectSize(2, "with two");
      await bench.expectRemove("a", [two, port], false);
      await bench.expectRemove("a", [one, port + 1], false);
      await bench.expectRemove("a", [one, port], true);
      await bench.expectRemove("a", [one, port], false);
      await bench.expectFind([one, port], [near, 5000], undefined);
      await bench.expectFind([two, port], [near, 5000], "b");
      await bench.expectSize(1, "after one was removed");
      await bench.bind("a", [one, port]);
      await bench.expectFind([one, port], [far, 7], "a");
    },
  },
};
