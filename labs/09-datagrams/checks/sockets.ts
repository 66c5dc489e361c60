/** Checks of a host with UDP: what its sockets hear, and what they are told, on the virtual wire. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { expectArrived, expectNothing, expectUnreachable, line, packet, reports, STACK, tunnel } from "./wire_bench.ts";

/** The topic of a datagram that goes out, before anything comes back about it. */
const QUESTION = {
  why:
    "First the question itself must go out as it was to be: from the port that the socket is bound to, to the one that was asked for, with its checksum.",
  look: ["writeDatagram"],
};

/** The topic of a datagram that has nothing against it, behind those from impossible sources. */
const POSSIBLE = {
  why:
    "Those from impossible sources were dropped, as they should be: the host does that, before your code is asked. This one is from a host that there is, and must arrive " +
    "as any other: see wire/arrives.",
  look: ["parseDatagram", "createDatagramTable.find", "createDatagramQueue.push"],
};

export const sockets: Readonly<Record<string, CheckSpec>> = {
  "local-address": {
    title: "a socket hears the address that it is bound to",
    kind: "scenario",
    covers: ["UDP-5"],
    look: ["createDatagramTable.find"],
    why:
      "The program may name its address, or leave that open and learn which it was (RFC 1122 §4.1.3.5). Beside one on 0.0.0.0 the one with the very " +
      "address has precedence.",
    hints: [
      "Which of the two sockets should have it?",
      "The one that named the address; see find/very-address.",
      "When it has closed, the other one has it.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const named = await station.bind(53, { address: STACK, reuse: true });
      const open = await station.bind(53, { reuse: true });
      const [first, second] = [line(t), line(t)];
      await station.send(packet({ sourcePort: 5000, destinationPort: 53 }, first), "to 10.44.0.2:53");
      await expectArrived(t, named, { bytes: first, port: 5000 }, "the first datagram, for the socket on 10.44.0.2");
      await named.close();
      await station.send(packet({ sourcePort: 5000, destinationPort: 53 }, second), "to 10.44.0.2:53 again");
      await expectArrived(t, open, { bytes: second, port: 5000 }, "the second datagram, for the socket on 0.0.0.0");
    },
  },

  "full": {
    title: "a program that does not read loses what comes last",
    kind: "scenario",
    covers: ["UDP-5"],
    look: ["createDatagramQueue.push"],
    why:
      "Nobody is told: the sender was promised nothing, and there is no window that could have held it back. What waits already stays, and " +
      "when the program reads there is room again.",
    hints: [
      "Does queue/full pass?",
      "False from `push`, and nothing kept: that is all.",
      "Room: the sum of all lengths and of 28 for each, against the capacity.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const socket = await station.bind(7, { receiveBuffer: 3 * (50 + 28) });
      const said = Array.from({ length: 6 }, () => t.random.bytes(50));
      for (const bytes of said) await station.send(packet({ sourcePort: 5000, destinationPort: 7 }, bytes));
      await station.expectSilence(0, "nobody hears of what was lost");
      for (const [index, bytes] of said.slice(0, 3).entries()) {
        await expectArrived(t, socket, { bytes, port: 5000 }, `datagram ${index + 1} of the three that found room`);
      }
      await expectNothing(t, socket, "after the three that found room");
      const late = line(t);
      await station.send(packet({ sourcePort: 5000, destinationPort: 7 }, late), "one more, when there is room again");
      await expectArrived(t, socket, { bytes: late, port: 5000 }, "the one that came later");
    },
  },

  "connected": {
    title: "a connected socket does not hear strangers",
    kind: "scenario",
    weight: 2,
    covers: ["UDP-5"],
    look: ["createDatagramTable.find", "createDatagramTable.connect"],
    why:
      "For a stranger the port is as good as closed: port unreachable. No packet was sent to connect, and the peer knows nothing of it: a " +
      "connected UDP socket is no connection.",
    hints: [
      "Does find/connected-only pass?",
      "The engine calls `connect` with the local pair that it called `add` with.",
      "From the peer's address *and* port, or not at all.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const socket = await station.bind(4000);
      await socket.connect(53);
      await station.expectSilence(5000, "nothing is sent to connect");
      const answer = line(t);
      for (const from of [5300, 54]) {
        const stranger = packet({ sourcePort: from, destinationPort: 4000 }, line(t));
        await station.send(stranger, `a stranger writes, from port ${from}`);
        await expectUnreachable(t, station, stranger, "port unreachable, for a stranger");
      }
      await station.send(packet({ sourcePort: 53, destinationPort: 4000 }, answer), "the peer writes");
      await expectArrived(t, socket, { bytes: answer, port: 53 }, "the peer's datagram");
      await socket.send(answer);
      await station.expect({ udp: { sourcePort: 4000, destinationPort: 53 }, data: answer }, "what it sends goes to its peer");
    },
  },

  "refused": {
    title: "a connected socket hears of port unreachable",
    kind: "scenario",
    weight: 2,
    covers: ["UDP-4"],
    look: ["failureOf", "createDatagramTable.find", "writeDatagram"],
    why:
      "The error quotes the packet that it is about: its ports say whose it was (RFC 1122 §4.1.3.3). The engine asks `find` with them, and " +
      "`failureOf` what it means. The program hears it once.",
    hints: [
      "Do the checks of failure pass?",
      "`find` is asked with *our* pair first, as always, and the peer's second.",
      "A connected socket is found by its peer: see find/connected-only.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const socket = await station.bind(4000);
      await socket.connect(53);
      await socket.send(line(t));
      const sent = await t.about(QUESTION, () => station.expect({ udp: { sourcePort: 4000, destinationPort: 53 } }, "the question"));
      await reports(station, 3, 3, sent);
      t.equal(await socket.failure(), "refused", "what the socket hears");
      t.equal(await socket.failure(), undefined, "what it hears when it asks again");
    },
  },

  "not-connected": {
    title: "a socket that is not connected hears of no error",
    kind: "scenario",
    covers: ["UDP-4"],
    look: ["failureOf"],
    why: "It writes to many. The error is about one of them, and the next call of the program about another.",
    hints: [
      "Does failure/not-connected pass?",
      "The third argument is false here.",
      "Then the answer is undefined, whatever the error.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const [open, connected] = [await station.bind(4000), await station.bind(4001)];
      await connected.connect(53);
      for (const socket of [open, connected]) {
        await socket.send(line(t), 53);
        const sent = await t.about(QUESTION, () => station.expect({ udp: { destinationPort: 53 } }, "the question"));
        await reports(station, 3, 3, sent);
      }
      t.equal(await open.failure(), undefined, "what the socket hears that is not connected");
      t.equal(await connected.failure(), "refused", "what the connected one hears");
    },
  },

  "ttl-and-tos": {
    title: "a program chooses TTL and type of service",
    kind: "scenario",
    covers: ["UDP-7"],
    look: ["writeDatagram"],
    why:
      "They stand in IP's header, so UDP only passes them on (RFC 1122 §4.1.4); traceroute is made of nothing but datagrams with a growing TTL.",
    hints: [
      "Is there a packet at all? If not, see write/fields.",
      "TTL and TOS are the engine's; your header lies behind IP's.",
      "`frame.push(8)`: IP pushes its own 20 bytes later.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      for (let i = 0; i < 3; i++) {
        const [timeToLive, typeOfService] = [t.random.int(1, 255), t.random.int(0, 63) * 4];
        const socket = await station.bind(4000 + i, { timeToLive, typeOfService });
        const bytes = line(t);
        await socket.send(bytes, 33434 + i);
        await station.expect(
          { ipv4: { timeToLive, typeOfService }, udp: { destinationPort: 33434 + i }, data: bytes },
          "the datagram, as it was to be sent",
        );
      }
    },
  },

  "impossible-source": {
    title: "a datagram from an impossible source is dropped",
    kind: "scenario",
    covers: ["UDP-6"],
    look: ["createDatagramTable.find", "parseDatagram"],
    why:
      "Nobody is at a broadcast or multicast address, and nobody else has ours. An answer to such a datagram would go to everybody, or to " +
      "ourselves, for ever (RFC 1122 §4.1.3.6).",
    hints: [
      "The host drops these before your code is asked. What does the good one at the end say?",
      "It must reach its socket: see wire/arrives.",
      "See parse/fields and find/very-pair.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const socket = await station.bind(7);
      for (const source of ["255.255.255.255", "10.44.0.255", "224.0.0.1", "127.0.0.1", STACK]) {
        await station.send(packet({ sourcePort: 7, destinationPort: 7, source }, line(t)), `from ${source}`);
        await station.expectSilence(0, "no answer to an impossible source");
        await expectNothing(t, socket, `after a datagram from ${source}`);
      }
      const bytes = line(t);
      await station.send(packet({ sourcePort: 7, destinationPort: 7 }, bytes), "from a host that there is");
      await t.about(POSSIBLE, () => expectArrived(t, socket, { bytes, port: 7 }, "the datagram"));
    },
  },
};
