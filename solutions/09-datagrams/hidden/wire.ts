/** Hidden checks of a host with UDP, on the virtual wire. */
import {
  ALL,
  expectArrived,
  expectNothing,
  expectUnreachable,
  line,
  packet,
  PEER,
  reports,
  STACK,
  tunnel,
} from "../../../labs/09-datagrams/checks/wire_bench.ts";
import { udp } from "../../../tools/harness/packets.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const wire: Readonly<Record<string, CheckSpec>> = {
  "wrong-host": {
    title: "a datagram for another host is found out",
    kind: "scenario",
    covers: ["UDP-2"],
    look: ["parseDatagram"],
    why:
      "Something on the way has changed an address, and IP's own checksum with it. The pseudo-header still knows whom the datagram was for " +
      "(RFC 768): that is all that it is good for.",
    hints: [
      "Are both addresses in your sum?",
      "Source and destination, upper and lower half.",
      "Swapped they give the same sum; a changed one does not.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const socket = await station.bind(7);
      const fields = { sourcePort: 5000, destinationPort: 7 };
      for (const ends of [{ destination: "10.44.0.3" }, { source: "10.44.0.4" }, { destination: "10.45.0.2" }, { source: "11.44.0.1" }]) {
        const sealed = udp({ source: PEER, destination: STACK, ...ends, ...fields }, line(t));
        const checksum = (sealed[6] as number) * 256 + (sealed[7] as number);
        await station.send(packet({ ...fields, checksum }, sealed.slice(8)), "its checksum was made for other addresses");
        await station.expectSilence(0, "no answer to a datagram whose checksum does not fit");
        await expectNothing(t, socket, "after a datagram that was for somebody else");
      }
      const bytes = line(t);
      await station.send(packet(fields, bytes), "one for this host");
      await expectArrived(t, socket, { bytes, port: 5000 }, "the datagram for this host");
    },
  },

  "about-another": {
    title: "an error about another peer is not for this socket",
    kind: "scenario",
    covers: ["UDP-4"],
    look: ["createDatagramTable.find", "failureOf"],
    why: "A connected socket may still write to others, and forged errors quote whatever they like. Only what is about its peer is told.",
    hints: [
      "By what is the socket found that an error is about?",
      "By both pairs of the quoted datagram, ours first; a connected socket hears only its peer.",
      "See find/connected-only.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const socket = await station.bind(4000);
      await socket.connect(53);
      await socket.send(line(t), 54);
      const other = await station.expect({ udp: { destinationPort: 54 } }, "a datagram to another port");
      await reports(station, 3, 3, other);
      t.equal(await socket.failure(), undefined, "what the socket hears of an error about port 54");
      await socket.send(line(t));
      const own = await station.expect({ udp: { destinationPort: 53 } }, "a datagram to its peer");
      await reports(station, 3, 3, own);
      t.equal(await socket.failure(), "refused", "what it hears of an error about its peer");
    },
  },

  "three-failures": {
    title: "each ICMP error comes up as what it means",
    kind: "scenario",
    covers: ["UDP-4"],
    look: ["failureOf"],
    why: "“Too long” the program can help, “refused” and “unreachable” it can tell its user; the rest is nothing to it.",
    hints: [
      "Do the checks of failure pass?",
      "Type and code come as they stand in the ICMP message.",
      "Time exceeded is type 11: undefined.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const socket = await station.bind(4000);
      await socket.connect(53);
      for (
        const [type, code, failure] of [[3, 2, "refused"], [3, 1, "unreachable"], [11, 0, undefined], [3, 4, "too long"], [
          12,
          0,
          undefined,
        ]] as const
      ) {
        await socket.send(line(t));
        const sent = await station.expect({ udp: { destinationPort: 53 } }, "a datagram to its peer");
        await reports(station, type, code, sent, code === 4 ? 576 : 0);
        t.equal(await socket.failure(), failure, `what the socket hears of type ${type}, code ${code}`);
      }
    },
  },

  "beside-a-server": {
    title: "a client's own socket stands beside the server's",
    kind: "scenario",
    covers: ["UDP-5"],
    look: ["createDatagramTable.find", "createDatagramTable.connect"],
    why:
      "Two sockets on one port, one of them connected: its peer's datagrams go there, all others to the first. When it is closed the first has " +
      "them all again.",
    hints: [
      "Does find/connected-first pass?",
      "Neither the order of binding nor the address decides here.",
      "After close: remove the one, not both.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const client = await station.bind(53, { reuse: true });
      await client.connect(5000);
      const server = await station.bind(53, { reuse: true, address: STACK });
      const write = async (from: number): Promise<Uint8Array> => {
        const bytes = line(t);
        await station.send(packet({ sourcePort: from, destinationPort: 53 }, bytes), `from port ${from}`);
        return bytes;
      };
      await expectArrived(t, client, { bytes: await write(5000), port: 5000 }, "the peer's datagram");
      await expectArrived(t, server, { bytes: await write(5001), port: 5001 }, "a stranger's datagram");
      await client.close();
      await expectArrived(t, server, { bytes: await write(5000), port: 5000 }, "the peer's datagram after close");
    },
  },

  "used-frames": {
    title: "many datagrams of many lengths are all right",
    kind: "scenario",
    covers: ["UDP-2", "UDP-8"],
    look: ["writeDatagram"],
    why:
      "The host uses its buffers again. The checksum's field must be 0 while you sum, or the sum contains what an older packet had there.",
    hints: [
      "Is the first datagram right, and a later one not?",
      "What stands in the checksum's field while `checksum` runs?",
      "Write a 0 there first, then sum, then write the result.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const socket = await station.bind(7);
      for (let i = 0; i < 20; i++) {
        const bytes = t.random.bytes(t.random.int(0, 1400));
        await socket.send(bytes, 5000 + i);
        await station.expect(
          { ipv4: { destination: PEER }, udp: { destinationPort: 5000 + i, length: 8 + bytes.length }, data: bytes },
          `datagram ${i + 1}`,
        );
      }
    },
  },

  "bound-again": {
    title: "who has the port next does not get what is old",
    kind: "scenario",
    covers: ["UDP-5", "UDP-1"],
    look: ["createDatagramTable.remove", "createDatagramQueue.push"],
    why:
      "Closing gives the port back, with what waited, and with the peer. The next socket begins with an empty queue and hears everybody.",
    hints: [
      "What is left of a socket after `remove`?",
      "Nothing: neither its entry nor whom it was connected to.",
      "Each queue has its own list: no variable outside of the factory.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const old = await station.bind(4000);
      await old.connect(53);
      await station.send(packet({ sourcePort: 53, destinationPort: 4000 }, line(t)), "a datagram that nobody reads");
      await old.close();
      const next = await station.bind(4000);
      await expectNothing(t, next, "in a new socket");
      const bytes = line(t);
      await station.send(packet({ sourcePort: 99, destinationPort: 4000 }, bytes), "from somebody else");
      await expectArrived(t, next, { bytes, port: 99 }, "the datagram from somebody else");
    },
  },

  "any-port": {
    title: "a client has a port of its own, and hears its answer",
    kind: "scenario",
    covers: ["UDP-5"],
    look: ["createDatagramTable.add", "createDatagramTable.find"],
    why:
      "Port 0 means any that is free. Each client's question carries another source port, and by that its answer comes back to the right one.",
    hints: [
      "The host chooses the port. Which number is `add` called with?",
      "The chosen one, never 0.",
      "See find/very-pair.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const clients = [await station.bind(0), await station.bind(0), await station.bind(0)];
      t.equal(new Set(clients.map(({ port }) => port)).size, 3, "different ports of three clients");
      for (const client of clients) {
        await client.send(line(t), 53);
        await station.expect({ udp: { sourcePort: client.port, destinationPort: 53 } }, "a question from its client's port");
      }
      for (const client of clients.toReversed()) {
        const bytes = line(t);
        await station.send(packet({ sourcePort: 53, destinationPort: client.port }, bytes), "an answer");
        await expectArrived(t, client, { bytes, port: 53 }, "the answer");
      }
      for (const client of clients) await expectNothing(t, client, "after its answer");
    },
  },

  "broadcast-and-peers": {
    title: "a broadcast is not for who keeps to somebody else",
    kind: "scenario",
    covers: ["UDP-5"],
    look: ["createDatagramTable.forEach"],
    why: "The filter of a connected socket holds here too; the others each have a copy, in memory of its own.",
    hints: [
      "Does everybody/not-their-peer pass?",
      "One helper for `find` and `forEach` says whether a socket hears a datagram.",
      "The sender is given to `forEach` as well.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const sockets = [
        await station.bind(67, { reuse: true }),
        await station.bind(67, { reuse: true }),
        await station.bind(67, { reuse: true }),
      ];
      const [open, near, far] = sockets as [typeof sockets[0], typeof sockets[0], typeof sockets[0]];
      await near.connect(68);
      await far.connect(68, "10.44.0.9");
      const bytes = line(t);
      await station.send(packet({ sourcePort: 68, destinationPort: 67, destination: ALL }, bytes), "to everybody, from 10.44.0.1");
      await expectArrived(t, open, { bytes, port: 68, localAddress: ALL }, "the broadcast");
      await expectArrived(t, near, { bytes, port: 68, localAddress: ALL }, "the broadcast");
      await expectNothing(t, far, "which is connected to somebody else");
      const alone = packet({ sourcePort: 68, destinationPort: 66 }, bytes);
      await station.send(alone, "to one, at a port that nobody has");
      await expectUnreachable(t, station, alone, "port unreachable, for port 66");
    },
  },
};
