/** Checks of forEach: which sockets a datagram to everybody is for. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { anyPort } from "./samples.ts";
import { ANY, tableBench } from "./table_bench.ts";

export const everybody: Readonly<Record<string, CheckSpec>> = {
  "each": {
    title: "a datagram to everybody is for each socket of its port",
    kind: "table",
    weight: 2,
    covers: ["UDP-5"],
    look: ["createDatagramTable.forEach"],
    why:
      "A datagram to one address is for one socket; one to a broadcast address is for all who listen on its port: who asked did not know " +
      "which program would answer. Each gets a copy, and only one.",
    hints: [
      "Does your loop end at the first socket that fits?",
      "Here nobody is nearest: all that fit are visited.",
      "Walk over the port's list, and call `visit` once for each.",
    ],
    run: async (t) => {
      const { own: [one], theirs: [near], ...bench } = await tableBench(t);
      const port = t.random.int(1024, 60_000);
      await bench.expectEach([one, port], [near, 5000], []);
      for (const socket of ["a", "b", "c"]) await bench.bind(socket, [ANY, port]);
      await bench.bind("d", [one, port]);
      await bench.bind("e", [ANY, port + 1]);
      await bench.expectEach([one, port], [near, 5000], ["a", "b", "c", "d"]);
      await bench.expectEach([one, port + 1], [near, 5000], ["e"]);
      await bench.expectEach([one, port + 2], [near, 5000], []);
    },
  },

  "own-interface": {
    title: "a socket on another address is left out",
    kind: "table",
    covers: ["UDP-5"],
    look: ["createDatagramTable.forEach"],
    why:
      "`localAddress` is that of the interface that the datagram came in by. Who is bound to the address of another net has said that he " +
      "does not want to hear this one.",
    hints: [
      "Whose address is `localAddress` here? The datagram's destination is 255.255.255.255, say.",
      "It is the interface's. A socket fits when it is bound to that, or to 0.0.0.0.",
      "The same comparison as in `find`: a helper for both.",
    ],
    run: async (t) => {
      const { own: [one, two], theirs: [near], ...bench } = await tableBench(t);
      const port = anyPort(t.random);
      await bench.bind("here", [one, port]);
      await bench.bind("there", [two, port]);
      await bench.bind("everywhere", [ANY, port]);
      await bench.expectEach([one, port], [near, 5000], ["everywhere", "here"]);
      await bench.expectEach([two, port], [near, 5000], ["everywhere", "there"]);
    },
  },

  "not-their-peer": {
    title: "who is connected to somebody else is left out",
    kind: "table",
    covers: ["UDP-5"],
    look: ["createDatagramTable.forEach", "createDatagramTable.connect"],
    why: "A socket's filter holds for all that comes: also for what was said to everybody.",
    hints: [
      "Do you look at the sender here?",
      "A connected socket hears its peer, whoever else the datagram is for.",
      "One helper says whether a socket hears a datagram; `find` ranks, `forEach` does not.",
    ],
    run: async (t) => {
      const { own: [one], theirs: [near, far], ...bench } = await tableBench(t);
      const port = anyPort(t.random);
      for (const socket of ["a", "b", "c", "d"]) await bench.bind(socket, [ANY, port]);
      await bench.connect("b", [ANY, port], [near, 5000]);
      await bench.connect("c", [ANY, port], [far, 5000]);
      await bench.connect("d", [ANY, port], [near, 5001]);
      await bench.expectEach([one, port], [near, 5000], ["a", "b"]);
      await bench.expectEach([one, port], [far, 5000], ["a", "c"]);
      await bench.expectEach([one, port], [far, 5001], ["a"]);
    },
  },
};
