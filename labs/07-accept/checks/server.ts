/** Checks of a server on the virtual wire: who reaches it, and what it has to do with its connections. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import {
  accepts,
  CLIENT,
  connects,
  exchange,
  expectNoneLeft,
  expectQueues,
  half,
  nobodyWaits,
  STACK,
  synPacket,
  tunnel,
} from "./host_bench.ts";

export const server: Readonly<Record<string, CheckSpec>> = {
  "accept": {
    title: "a client connects, is accepted, and is heard",
    kind: "scenario",
    weight: 3,
    covers: ["LA-1", "LA-9"],
    look: ["createPorts.bind", "createConnectionTable.findListener", "createAcceptQueue.established", "createAcceptQueue.accept"],
    why: "All of the lab at once: a port is bound, a SYN finds its listener, the connection waits half-open, then established, and " +
      "`accept` hands it to the application. From then on segments find it by both pairs.",
    hints: [
      "Which group of tables fails? Begin with bind, then table, listeners and queue.",
      "No SYN+ACK: the SYN did not find the listener, or `admits` said no. Nobody to accept: see queue/through.",
      "Bytes that don't arrive: table/find.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      const port = t.random.int(1, 9999);
      await tcp.listen(port);
      const peer = tcp.peer({ port });
      await connects(peer);
      const connection = await accepts(t, tcp, peer);
      await exchange(t, tcp, peer, connection);
      await nobodyWaits(t, tcp, "after the only one was accepted");
    },
  },

  "two-clients": {
    title: "two connections of one port don't mix",
    kind: "scenario",
    weight: 2,
    covers: ["LA-1", "MUST-41"],
    look: ["createConnectionTable.find", "createConnectionTable.add", "createAcceptQueue.accept"],
    why: "Same server, same port, same client even: only the client's port differs. Each of the two hears what was meant for it, " +
      "and nothing of the other.",
    hints: [
      "Does table/one-port-many pass?",
      "The second connection must not take the first one's place in the table.",
      "The key needs the remote port, too.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      await tcp.listen(80);
      const [a, b] = [tcp.peer({ peerPort: 50_000 }), tcp.peer({ peerPort: 50_001 })];
      await connects(a);
      await connects(b);
      const [first, second] = [await accepts(t, tcp, a), await accepts(t, tcp, b)];
      await exchange(t, tcp, b, second);
      await exchange(t, tcp, a, first);
      await exchange(t, tcp, b, second);
    },
  },

  "same-client-port": {
    title: "two clients may have the same port",
    kind: "scenario",
    covers: ["LA-1"],
    look: ["createConnectionTable.find", "createConnectionTable.add"],
    why: "Nobody arranges with the rest of the world which port he takes. Two strangers with port 50000 are two connections, since " +
      "their addresses differ.",
    hints: [
      "Is the remote address part of your key?",
      "All of it, not only its last bytes.",
      "A pair is address * 0x1_0000 + port.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      await tcp.listen(80);
      const [a, b] = ["10.44.0.1", `10.44.0.${t.random.int(3, 254)}`].map((address) => tcp.peer({ peerPort: 50_000, address }));
      if (a === undefined || b === undefined) return;
      await connects(a);
      await connects(b);
      const [first, second] = [await accepts(t, tcp, a), await accepts(t, tcp, b)];
      await exchange(t, tcp, a, first);
      await exchange(t, tcp, b, second);
    },
  },

  "goes-on-listening": {
    title: "a listening socket makes connections, and stays",
    kind: "scenario",
    covers: ["MUST-41", "LA-1"],
    look: ["createConnectionTable.findListener", "createConnectionTable.remove"],
    why: "In RFC 9293's figure LISTEN turns into SYN-RECEIVED, as if a socket became a connection. In a real stack it makes one, and " +
      "goes on listening; the end of a connection is no end of it either.",
    hints: [
      "Does listeners/apart pass?",
      "`remove` must leave the listener of the same local pair where it is.",
      "A place in the table may go only when nobody listens there and no connection is left.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      await tcp.listen(80, { address: STACK });
      for (let i = 0; i < 3; i++) {
        const peer = tcp.peer();
        await connects(peer);
        const connection = await accepts(t, tcp, peer);
        await connection.abort();
        await peer.expect({ flags: ["RST ACK", "RST"] }, "the application gives the connection up: a RST");
      }
      await expectNoneLeft(t, tcp, "connections left in the table");
    },
  },

  "nobody": {
    title: "a port where nobody listens answers with RST",
    kind: "scenario",
    covers: ["LA-1", "LA-11"],
    look: ["createConnectionTable.findListener", "createConnectionTable.removeListener"],
    why: "RFC 9293 §3.10.7.1: a segment for no connection is answered by a RST, so that its sender knows at once. That goes for a " +
      "port that never was open, and for one that was closed.",
    hints: [
      "What does `findListener` give for a port where nobody listens?",
      "undefined; then the engine answers.",
      "After `closeListener`: does `removeListener` really take it out?",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      const listener = await tcp.listen(80);
      const other = tcp.peer({ port: 81 });
      await other.send({ flags: "SYN", seq: 0 });
      await other.expect({ flags: "RST ACK", ack: 1 }, "a SYN for another port than the server's is answered by a RST");
      await half(tcp.peer());
      await tcp.closeListener(listener);
      tcp.take(); // what the half-open one was told
      const late = tcp.peer();
      await late.send({ flags: "SYN", seq: 0 });
      await t.about(
        { look: ["createConnectionTable.removeListener"] },
        () => late.expect({ flags: "RST ACK", ack: 1 }, "a SYN after the server has closed is answered by a RST"),
      );
    },
  },

  "closed": {
    title: "a server that closes resets those who wait, and no other",
    kind: "scenario",
    weight: 2,
    covers: ["LA-11", "MUST-41"],
    look: ["createAcceptQueue.all", "createConnectionTable.removeListener"],
    why: "Nobody will ever accept them, and their clients should know. But what was accepted is the application's, and does not end " +
      "with the socket that it came from.",
    hints: [
      "Which connections does `all` give?",
      "Half-open and waiting ones. Whoever was accepted is in no queue any more.",
      "And the accepted one must still be found in the table.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      const listener = await tcp.listen(80);
      const [accepted, waiting, opening] = [tcp.peer(), tcp.peer(), tcp.peer()];
      await connects(accepted);
      const connection = await accepts(t, tcp, accepted);
      await connects(waiting);
      await half(opening);
      await tcp.closeListener(listener);
      const told = tcp.take().map((packet) => new DataView(packet.buffer, packet.byteOffset).getUint16(22)).toSorted();
      t.equal(told, [waiting.peerPort, opening.peerPort].toSorted(), "the ports that got a RST");
      await exchange(t, tcp, accepted, connection);
    },
  },

  "undisturbed": {
    title: "listening does not disturb a connection of that port",
    kind: "scenario",
    covers: ["MUST-41", "MUST-42"],
    look: ["createPorts.bind", "createConnectionTable.addListener", "createConnectionTable.find"],
    why: "RFC 9293 §3.9.1.1: a passive open never disturbs connections that exist (MUST-41), and is possible while another with the " +
      "same local port is in SYN-SENT or SYN-RECEIVED (MUST-42). A connection and a listener are different things.",
    hints: [
      "The application connects *from* port 5000 and then listens on it: which of your methods say no?",
      "Both set reuse, and a connection does not listen: `bind` lets the listener in.",
      "In the table the listener has a place beside the connections, and `find` goes first.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      const opening = await tcp.connect(7, { localPort: 5000 });
      const peer = tcp.peer({ port: 5000, peerPort: 7 });
      peer.learn(await peer.expect({ flags: "SYN", seq: 0 }, "connecting sends a SYN"));
      t.equal((await opening.look()).state, "SYN-SENT", "the state of the connection");
      await tcp.listen(5000, { reuse: true });
      const client = tcp.peer({ port: 5000 });
      await connects(client);
      await peer.send({ flags: "SYN ACK", seq: 0, ack: 1, mss: 1460 });
      await peer.expect({ flags: "ACK", seq: 1, ack: 1 }, "the SYN+ACK is for the connection in SYN-SENT, not for the listener");
      await exchange(t, tcp, client, await accepts(t, tcp, client));
      await exchange(t, tcp, peer, opening);
    },
  },

  "broadcast": {
    title: "a SYN to everybody is no SYN for you",
    kind: "scenario",
    covers: ["MUST-57"],
    look: ["createPorts.bind", "createConnectionTable.addListener"],
    why: "RFC 9293 §3.9.2.3, MUST-57: a SYN to a broadcast or multicast address is dropped in silence. If every server of a net " +
      "answered one, or every host sent its RST, a single packet would make a storm.",
    hints: [
      "The host drops it before it asks your table. What has your listener to do with it?",
      "It must be there first: `listen` on 0.0.0.0 binds and adds a listener.",
      "Afterwards an ordinary client must get its answer.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      await tcp.listen(80);
      for (const to of ["10.44.0.255", "255.255.255.255", "224.0.0.1"]) {
        await tcp.send(synPacket(CLIENT, to, 80), `a SYN to ${to}`);
        await tcp.send(synPacket(CLIENT, to, 81), `a SYN to ${to}, where nobody listens`);
        await tcp.expectSilence(0, `a SYN to ${to} is dropped without a word`);
      }
      await expectQueues(t, tcp, 0, 0, "after SYNs to everybody");
      await half(tcp.peer());
    },
  },

  "impossible-source": {
    title: "a SYN from nobody is ignored",
    kind: "scenario",
    covers: ["MUST-63"],
    look: ["createPorts.bind", "createAcceptQueue.halfOpen"],
    why: "RFC 9293 §3.9.2.3, MUST-63: a SYN whose source is a broadcast, multicast or loopback address cannot come from one host. " +
      "To answer it would send a packet to many.",
    hints: [
      "IP drops most of these already (lab 03).",
      "Your queues must be empty afterwards.",
      "Afterwards an ordinary client must get its answer.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      await tcp.listen(80);
      for (const from of ["255.255.255.255", "10.44.0.255", "224.0.0.5", "127.0.0.1", "0.0.0.0"]) {
        await tcp.send(synPacket(from, STACK, 80), `a SYN from ${from}`);
        await tcp.expectSilence(0, `a SYN from ${from} is ignored`);
      }
      await expectQueues(t, tcp, 0, 0, "after SYNs from nobody");
      await half(tcp.peer());
    },
  },
};
