/** Hidden checks of a server and its clients on the virtual wire. */
import {
  accepts,
  closesFirst,
  connects,
  exchange,
  expectQueues,
  expectRefused,
  half,
  nobodyWaits,
  STACK,
  tunnel,
  unanswered,
} from "../../../labs/07-accept/checks/host_bench.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export const server: Readonly<Record<string, CheckSpec>> = {
  "two-servers": {
    title: "two servers of one host, each with its own clients",
    kind: "scenario",
    covers: ["LA-2", "LA-9"],
    look: ["createConnectionTable.findListener", "createAcceptQueue.accept"],
    why: "Each listening socket has queues of its own. A client of the one must not come out of the other.",
    hints: [
      "Do your queues live inside of createAcceptQueue, or outside?",
      "Each call of the factory makes new ones.",
      "And the listener is found by the port that the SYN went to.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      const [first, second] = [await tcp.listen(80), await tcp.listen(443, { address: STACK })];
      const [a, b, c] = [tcp.peer({ port: 443 }), tcp.peer({ port: 80 }), tcp.peer({ port: 443 })];
      for (const peer of [a, b, c]) await connects(peer);
      await expectQueues(t, tcp, 0, 1, "of port 80", first);
      await expectQueues(t, tcp, 0, 2, "of port 443", second);
      await accepts(t, tcp, b, first);
      await accepts(t, tcp, a, second);
      await nobodyWaits(t, tcp, "on port 80", first);
      await tcp.closeListener(first);
      await accepts(t, tcp, c, second);
    },
  },

  "one-local-pair": {
    title: "three connections and a listener on one local pair",
    kind: "scenario",
    covers: ["LA-1", "MUST-41", "MUST-42"],
    look: ["createConnectionTable.find", "createConnectionTable.add"],
    why: "One connection that we opened from port 5000, two that came to it, and a listener: all four have the same local pair. The " +
      "remote pair tells the three apart, and what fits none of them is the listener's.",
    hints: [
      "Which of them takes another's segments?",
      "The connection is found by both pairs, the listener only when that finds nothing.",
      "See table/one-port-many and listeners/apart.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      const ours = await tcp.connect(6000, { localPort: 5000 });
      const peer = tcp.peer({ port: 5000, peerPort: 6000 });
      peer.learn(await peer.expect({ flags: "SYN", seq: 0 }, "connecting sends a SYN"));
      await tcp.listen(5000, { reuse: true });
      await peer.send({ flags: "SYN ACK", seq: 0, ack: 1, mss: 1460 });
      await peer.expect({ flags: "ACK", seq: 1, ack: 1 }, "a SYN+ACK is acknowledged");
      const near = tcp.peer({ port: 5000, peerPort: 6001 });
      const far = tcp.peer({ port: 5000, peerPort: 6000, address: "10.44.0.9" });
      for (const client of [near, far]) await connects(client);
      const [first, second] = [await accepts(t, tcp, near), await accepts(t, tcp, far)];
      await exchange(t, tcp, far, second);
      await exchange(t, tcp, peer, ours);
      await exchange(t, tcp, near, first);
    },
  },

  "come-again": {
    title: "the same client port comes again when all is over",
    kind: "scenario",
    covers: ["LA-11", "LA-1"],
    look: ["createConnectionTable.remove", "createAcceptQueue.drop"],
    why: "The name of a connection may be used again when it is over. A table that still has the old one hands the new SYN to a " +
      "corpse.",
    hints: [
      "Does `remove` take the connection out of what `find` looks at?",
      "`add` for the same pairs must be true again.",
      "See table/remove.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      await tcp.listen(80);
      for (let i = 0; i < 3; i++) {
        const peer = tcp.peer({ peerPort: 5555 });
        await connects(peer);
        await exchange(t, tcp, peer, await accepts(t, tcp, peer));
        await peer.send({ flags: "RST" });
        t.equal((await tcp.connections()).length, 0, "connections left after the RST");
      }
    },
  },
};

export const backlog: Readonly<Record<string, CheckSpec>> = {
  "late-ack": {
    title: "an ACK that finds the queue full is heard later",
    kind: "scenario",
    weight: 2,
    covers: ["LA-8"],
    look: ["createAcceptQueue.acceptCount", "createAcceptQueue.established"],
    why: "Two are half-open, and there is room for one. The second one's ACK is dropped: it stays half-open, our SYN goes out again " +
      "when its time comes, and the ACK that answers it finds room. Neither side has lost anything.",
    hints: [
      "Is the connection still half-open after its first ACK?",
      "acceptCount is what the engine asks before it lets the ACK in: it must say how many wait.",
      "See queue/accept-bound.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      await tcp.listen(80, { backlog: 2 });
      const [x, y, late] = [tcp.peer(), tcp.peer(), tcp.peer()];
      await connects(x);
      for (const peer of [y, late]) await half(peer);
      await y.send({ flags: "ACK", seq: 1, ack: 1 });
      await late.send({ flags: "ACK", seq: 1, ack: 1 }, "an ACK that finds the accept queue full");
      await expectQueues(t, tcp, 1, 2, "after the ACK that was not heard");
      await accepts(t, tcp, x);
      await accepts(t, tcp, y);
      await nobodyWaits(t, tcp, "before the late one has answered again");
      await late.expect({ flags: "SYN ACK", seq: 0, ack: 1 }, "our SYN goes out again", 3000);
      await late.send({ flags: "ACK", seq: 1, ack: 1 });
      await exchange(t, tcp, late, await accepts(t, tcp, late));
    },
  },

  "repeated-syn": {
    title: "a SYN that comes again is no second connection",
    kind: "scenario",
    covers: ["LA-7", "LA-1"],
    look: ["createConnectionTable.find", "createAcceptQueue.halfOpen"],
    why: "Networks double packets, and clients lose patience. The connection exists already, half-open: the table finds it, and " +
      "nothing new is made.",
    hints: [
      "Is a half-open connection in the table?",
      "It is; so the second SYN is its own, and never asks for the listener.",
      "halfOpenCount stays 1.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      await tcp.listen(80, { backlog: 2 });
      const peer = tcp.peer();
      await half(peer);
      for (let i = 0; i < 3; i++) await peer.send({ flags: "SYN", seq: 0, mss: 1460 }, "the same SYN again");
      tcp.take(); // what is said to that is lab 05's business
      await expectQueues(t, tcp, 1, 0, "after four SYNs of one client");
      t.equal((await tcp.connections()).length, 1, "connections in the table");
      await peer.send({ flags: "ACK", seq: 1, ack: 1 });
      await accepts(t, tcp, peer);
      await nobodyWaits(t, tcp, "after the only one");
    },
  },

  "reset-in-the-door": {
    title: "a RST for a half-open one does not hurt the server",
    kind: "scenario",
    covers: ["LA-10", "MUST-41"],
    look: ["createAcceptQueue.drop", "createConnectionTable.remove"],
    why: "RFC 9293 §3.10.7.4: a RST in SYN-RECEIVED ends that connection, and the server goes back to what it did. Those beside it, " +
      "half-open or waiting, stay.",
    hints: [
      "Which connection does `drop` take out?",
      "Only the one that it is given.",
      "Its place is free at once: the next SYN is admitted.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      await tcp.listen(80, { backlog: 2 });
      const [a, b, c] = [tcp.peer(), tcp.peer(), tcp.peer()];
      for (const peer of [a, b]) await half(peer);
      await unanswered(tcp, c, "a SYN beyond the backlog is dropped");
      await a.send({ flags: "RST" }, "the first one gives up");
      await expectQueues(t, tcp, 1, 0, "after a RST");
      await half(c);
      for (const peer of [c, b]) await peer.send({ flags: "ACK", seq: 1, ack: 1 });
      await accepts(t, tcp, c);
      await exchange(t, tcp, b, await accepts(t, tcp, b));
    },
  },
};

export const places: Readonly<Record<string, CheckSpec>> = {
  "client-port": {
    title: "a client's chosen port, to two servers and twice to one",
    kind: "scenario",
    covers: ["LA-1", "LA-4"],
    look: ["createConnectionTable.add", "createPorts.bind"],
    why: "With reuse on both sides a client may use one port for several connections, as long as the other ends differ: the table " +
      "tells them apart. Twice to the same server is the same connection, and refused.",
    hints: [
      "Who refuses the third: the ports, or the table?",
      "The table: `add` is false, since both pairs are the same.",
      "What was refused must give its port back: the engine calls `release`.",
    ],
    run: async (t: Trial) => {
      const tcp = await tunnel(t);
      for (const port of [80, 81]) {
        await tcp.connect(port, { localPort: 5000 });
        const peer = tcp.peer({ port: 5000, peerPort: port });
        peer.learn(await peer.expect({ flags: "SYN", seq: 0 }, "connecting sends a SYN"));
      }
      const third = await tcp.tryConnect(80, { localPort: 5000 });
      t.ok("error" in third && third.error === "AddrInUse", "AddrInUse: the same connection exists", JSON.stringify(third));
      await tcp.expectSilence(0, "a connection that was refused sends nothing");
      t.equal((await tcp.connections()).length, 2, "connections in the table");
    },
  },

  "crowd-in-time-wait": {
    title: "many in TIME-WAIT, and each port is free in the end",
    kind: "scenario",
    weight: 2,
    covers: ["LA-4", "LA-6", "LA-11"],
    look: ["createPorts.release", "createConnectionTable.remove", "createPorts.size"],
    why: "A client that closes first collects connections in TIME-WAIT, each with a port of its own. New ones avoid those ports, and " +
      "minutes later all of them are free again.",
    hints: [
      "Does a new connection ever get the port of one in TIME-WAIT?",
      "It is held: see ephemeral/held.",
      "And each hold is given back once, when TIME-WAIT is over.",
    ],
    run: async (t: Trial) => {
      const tcp = await tunnel(t);
      const seen = new Set<number>();
      for (let i = 0; i < 5; i++) {
        const connection = await tcp.connect(80);
        const peer = tcp.peer({ peerPort: 80 });
        const syn = await peer.expect({ flags: "SYN", seq: 0 }, "connecting sends a SYN");
        t.ok(!seen.has(syn.sourcePort), "a port that nobody holds, TIME-WAIT included", `${syn.sourcePort} again`);
        seen.add(syn.sourcePort);
        peer.learn(syn);
        await peer.send({ flags: "SYN ACK", seq: 0, ack: 1, mss: 1460 });
        await peer.expect({ flags: "ACK", seq: 1, ack: 1 }, "a SYN+ACK is acknowledged");
        await closesFirst(t, peer, connection);
      }
      for (const port of seen) await expectRefused(t, tcp, port, {}, "AddrInUse");
      await tcp.wait(240_000);
      t.equal((await tcp.connections()).length, 0, "connections left after TIME-WAIT");
      for (const port of seen) await tcp.listen(port);
    },
  },

  "handed-on": {
    title: "a port goes from one server to the next, again and again",
    kind: "scenario",
    covers: ["LA-11", "LA-3"],
    look: ["createPorts.release", "createConnectionTable.removeListener"],
    why: "Start, serve nobody, stop: fifty times. Whatever a start takes, its stop gives back: port and place in the table.",
    hints: [
      "At which start does it fail?",
      "The second: something of the first is left. Later: a count runs away.",
      "`release(address, port, true)` for a listener, and `removeListener`.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      for (let i = 0; i < 50; i++) {
        const listener = await tcp.listen(80, { address: i % 2 === 0 ? "0.0.0.0" : STACK, reuse: i % 3 === 0 });
        await tcp.closeListener(listener);
      }
      const last = await tcp.listen(80);
      const peer = tcp.peer();
      await connects(peer);
      await accepts(t, tcp, peer, last);
    },
  },
};
