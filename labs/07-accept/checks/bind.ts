/** Checks of createPorts.bind: who may have which port, on which address. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { ANY, anyPort, hosts, NOT_OURS, portBench, PRIVILEGE } from "./bench.ts";

/** What reuse means. */
const BOTH =
  'Reuse (SO_REUSEADDR) is consent: "I don\'t mind another one here". It needs both sides. A socket that did not set it must not find a stranger beside it later, and one ' +
  "that sets it cannot force its way in.";

export const bind: Readonly<Record<string, CheckSpec>> = {
  "free": {
    title: "a port that nobody has is taken, and returned",
    kind: "table",
    weight: 2,
    covers: ["LA-3"],
    look: ["createPorts.bind"],
    why: 'Binding gives a socket its local address and port (RFC 9293 §3.9.1: "local port"). What comes back is the port that it ' +
      "got, since whoever asks for port 0 does not know it beforehand.",
    hints: [
      "What does `bind` return when all is well?",
      "Note that the port is taken on this address, then return `port`.",
      "`taken.get(port)` is a Map by address, or undefined while nobody holds the port: make it when it is needed.",
    ],
    run: async (t) => {
      const bench = await portBench(t);
      const ports = [1024, 49_151, 49_152, 65_535, t.random.int(2000, 40_000)];
      for (const port of ports) await bench.expectBind(bench.one, port, false);
      await bench.expectSize(ports.length, "after five binds");
    },
  },

  "taken": {
    title: "a port that somebody has is in use",
    kind: "table",
    weight: 2,
    covers: ["LA-3"],
    look: ["createPorts.bind"],
    why: "Two sockets with one address and port would both be meant by every segment that comes for it. The first keeps it, and " +
      "the second learns at once that it is in use; other ports are not concerned.",
    hints: [
      "Does your `bind` note what it gave away?",
      "Ask who holds this port on this address before you take it.",
      'Somebody is there, and no reuse is in play: return "address in use", and change nothing.',
    ],
    run: async (t) => {
      const bench = await portBench(t);
      const port = t.random.int(2000, 40_000);
      await bench.expectBind(bench.one, port, false);
      await bench.expectBind(bench.one, port, false, "address in use");
      await bench.expectBind(bench.one, port + 1, false);
      await bench.expectBind(bench.one, port, false, "address in use");
    },
  },

  "other-address": {
    title: "the same port on another address is another place",
    kind: "table",
    covers: ["LA-3", "MUST-43"],
    look: ["createPorts.bind", "createPorts.size"],
    why: "What is taken is a port on an address. A host with two addresses can run two web servers, each on a port 80 of its own " +
      "(RFC 9293 §3.9.1.1, MUST-43: a local address may be given).",
    hints: [
      "By what do you look up who holds a port?",
      "By port and by address: 10.44.0.2:80 and 10.44.0.9:80 don't overlap.",
      "A Map from the port to a Map from the address to who holds it.",
    ],
    run: async (t) => {
      const bench = await portBench(t);
      const port = anyPort(t.random);
      await bench.expectBind(bench.one, port, false);
      await bench.expectBind(bench.two, port, false);
      await bench.expectBind(bench.two, port, false, "address in use");
      await bench.expectSize(2, "with the port bound on two addresses");
    },
  },

  "any-address": {
    title: "0.0.0.0 overlaps with every address, both ways",
    kind: "table",
    weight: 2,
    covers: ["LA-3", "MUST-43"],
    look: ["createPorts.bind"],
    why: '0.0.0.0 says "on every address that I have". Whoever holds a port there holds it on each of them; and it cannot be had ' +
      "there while somebody holds it on a single one.",
    hints: [
      "When do two addresses overlap? There are three cases.",
      "When they are equal, when the held one is 0.0.0.0, and when the wanted one is 0.0.0.0.",
      "Walk over all addresses on which the port is held, and keep those that overlap: the rivals.",
    ],
    run: async (t) => {
      const bench = await portBench(t);
      const p = anyPort(t.random);
      const q = p === 65_535 ? 2000 : p + 1; // another
      await bench.expectBind(ANY, p, false);
      await bench.expectBind(bench.one, p, false, "address in use");
      await bench.expectBind(ANY, p, false, "address in use");
      await bench.expectBind(bench.two, q, false);
      await bench.expectBind(ANY, q, false, "address in use");
      await bench.expectBind(bench.one, q, false);
      await bench.expectSize(3, "with three that don't overlap");
    },
  },

  "not-ours": {
    title: "an address of somebody else's is not available",
    kind: "table",
    covers: ["LA-3", "MUST-43"],
    look: ["createPorts.bind"],
    why: NOT_OURS,
    hints: [
      "Which argument tells what the host's addresses are?",
      "`own.includes(address)`, and 0.0.0.0 (`UNSPECIFIED`) besides.",
      'This is the first question: "address not available" comes before anything about the port.',
    ],
    run: async (t) => {
      const bench = await portBench(t);
      const port = anyPort(t.random);
      for (const stranger of hosts(t.random, 3)) await bench.expectBind(stranger, port, false, "address not available");
      await bench.expectSize(0, "after binds that were refused");
      t.equal<unknown>(await bench.ports.bind(bench.one, port, false, []), "address not available", "binding on a host without addresses");
      await bench.expectBind(ANY, port, false);
    },
  },

  "well-known": {
    title: "ports below 1024 are for those who have the right",
    kind: "table",
    covers: ["LA-5"],
    look: ["createPorts.bind"],
    why: PRIVILEGE,
    hints: [
      "Which is the first port that is not well-known?",
      "1024. Its constant is in your file: FIRST_REGISTERED.",
      'port < 1024 and not options.privileged: "permission denied".',
    ],
    run: async (t) => {
      const plain = await portBench(t);
      for (const port of [1, 80, 1023, t.random.int(2, 1022)]) await plain.expectBind(plain.one, port, false, "permission denied");
      await plain.expectBind(plain.one, 1024, false);
      const privileged = await portBench(t, { privileged: true });
      for (const port of [1, 80, 1023]) await privileged.expectBind(privileged.one, port, false);
      await privileged.expectBind(privileged.one, 80, false, "address in use");
    },
  },

  "both-reuse": {
    title: "two who both set reuse share a port; one is not enough",
    kind: "table",
    weight: 2,
    covers: ["LA-4"],
    look: ["createPorts.bind"],
    why: BOTH,
    hints: [
      "Whose `reuse` do you look at: the newcomer's, or that of those who are there?",
      "At both. Note for a held place whether all who hold it have set it.",
      "The newcomer is welcome if for each rival: the newcomer's reuse and the rival's, and the rival does not listen.",
    ],
    run: async (t) => {
      const bench = await portBench(t);
      const [a, b, c] = [2000, 2001, 2002].map((port) => port + 10 * t.random.int(0, 99)) as [number, number, number];
      await bench.expectBind(bench.one, a, true);
      await bench.expectBind(bench.one, a, true);
      await bench.expectBind(ANY, a, true);
      await bench.expectBind(bench.one, a, false, "address in use");
      await bench.expectBind(bench.one, b, false);
      await bench.expectBind(bench.one, b, true, "address in use");
      await bench.expectBind(bench.one, c, true);
      await bench.expectBind(ANY, c, false, "address in use");
      await bench.expectSize(5, "with three who share, and two others");
    },
  },

  "reuse-listener": {
    title: "reuse does not help against one who listens",
    kind: "table",
    covers: ["LA-4"],
    look: ["createPorts.bind"],
    why: "Whoever listens gets every new connection of the port. If another could bind beside it, it would take connections away " +
      "from it: that is how ports were hijacked on systems that allowed it.",
    hints: [
      "What does `listen` note, and does `bind` ask for it?",
      'A rival who listens makes the port "in use", whoever set reuse.',
      "Three things must be right about each rival: reuse of the newcomer, reuse of the rival, and it does not listen.",
    ],
    run: async (t) => {
      const bench = await portBench(t);
      const port = anyPort(t.random);
      await bench.expectBind(bench.one, port, true);
      await bench.expectListen(bench.one, port, true);
      await bench.expectBind(bench.one, port, true, "address in use");
      await bench.expectBind(ANY, port, true, "address in use");
      await bench.expectBind(bench.two, port, true);
    },
  },

  "refused": {
    title: "a bind that is refused takes nothing",
    kind: "table",
    covers: ["LA-3"],
    look: ["createPorts.bind", "createPorts.size"],
    why: "Nobody will ever give back what nobody got. A refused bind that leaves a trace behind makes the port unusable until the " +
      "host is started again.",
    hints: [
      "Where in `bind` do you note that the port is taken?",
      "Behind the last question, not before it.",
      "Then release the first holder: the port must be free for the next.",
    ],
    run: async (t) => {
      const bench = await portBench(t);
      const port = t.random.int(2000, 40_000);
      await bench.expectBind(bench.one, port, false);
      await bench.expectBind(ANY, port, false, "address in use");
      await t.about({ why: BOTH, look: ["createPorts.bind"] }, () => bench.expectBind(ANY, port, true, "address in use"));
      await bench.expectBind(ANY, port, false, "address in use");
      await bench.expectBind(bench.one, 22, false, "permission denied");
      await bench.expectSize(1, "after one bind and four that were refused");
      await bench.ports.release(bench.one, port, false);
      await bench.expectSize(0, "after its release");
      await bench.expectBind(ANY, port, false);
    },
  },
};
