/** Checks of a host with UDP: datagrams that come and go, on the virtual wire. */
import { fragmentPacket, ipv4, join, udp } from "../../../tools/harness/packets.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { expectArrived, expectNothing, expectUnreachable, joined, line, packet, PEER, STACK, summingToZero, tunnel } from "./wire_bench.ts";

export const wire: Readonly<Record<string, CheckSpec>> = {
  "arrives": {
    title: "a datagram reaches the socket of its port",
    kind: "scenario",
    weight: 2,
    covers: ["UDP-5"],
    look: ["parseDatagram", "createDatagramTable.find", "createDatagramQueue.push"],
    why:
      "All of it together: read, find, queue, read. The program gets what was sent, byte for byte, and hears who sent it (RFC 768 calls that the " +
      "user interface).",
    hints: [
      "Do the groups parse, find and queue pass? Begin there.",
      "Nothing to read: was the socket found? An ICMP packet in the ladder says that it was not.",
      "Wrong bytes: `payload` and `length` of the record say where `push` is to copy from.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const port = t.random.int(1024, 40_000);
      const [one, two] = [await station.bind(port), await station.bind(port + 1)];
      for (const socket of [two, one, two]) {
        const bytes = line(t), from = t.random.int(1024, 60_000);
        await station.send(packet({ sourcePort: from, destinationPort: socket.port }, bytes), "somebody writes");
        await station.expectSilence(0, "a datagram that was taken is not answered by the stack");
        await expectArrived(t, socket, { bytes, port: from }, "the datagram");
      }
      await expectNothing(t, one, "when all was read");
    },
  },

  "answered": {
    title: "an answer goes back to whoever asked",
    kind: "scenario",
    weight: 2,
    covers: ["UDP-2", "UDP-5"],
    look: ["writeDatagram", "createDatagramQueue.read"],
    why:
      "A server answers to the address and port that the queue gave it, from its own port: so the client's socket will know it. The checksum " +
      "is made by default (RFC 1122 §4.1.3.4).",
    hints: [
      "Whose port is the destination of the answer?",
      "The sender's, as `read` gave it; the source is the port that the socket is bound to.",
      "Checksum wrong? The group write looks at it alone: field-zero, range, pseudo-header and sum.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const server = await station.bind(53);
      for (let i = 0; i < 4; i++) {
        const question = line(t), answer = line(t), from = t.random.int(1024, 60_000);
        await station.send(packet({ sourcePort: from, destinationPort: 53 }, question), "a question");
        const { port, address } = await expectArrived(t, server, { bytes: question, port: from }, "the question");
        await server.send(answer, port, address);
        await station.expect(
          { ipv4: { source: STACK, destination: PEER, protocol: 17 }, udp: { sourcePort: 53, destinationPort: from }, data: answer },
          "the answer, to who asked",
        );
      }
    },
  },

  "boundaries": {
    title: "each datagram is a read of its own",
    kind: "scenario",
    covers: ["UDP-5"],
    look: ["createDatagramQueue.read", "createDatagramQueue.push"],
    why:
      "They came one behind the other, and wait together; nevertheless each is read by itself, the empty one too. On a stream the first read could " +
      "have had it all.",
    hints: [
      "How many bytes does your first read give?",
      "As many as were sent in one, never more. See queue/whole and queue/empty-ones.",
      "A list with one entry for each datagram; `read` takes one entry.",
    ],
    run: async (t: Trial) => {
      const station = await tunnel(t);
      const socket = await station.bind(7);
      const said = [4, 0, 1, 60].map((size) => t.random.bytes(size));
      for (const bytes of said) await station.send(packet({ sourcePort: 5000, destinationPort: 7 }, bytes));
      for (const [index, bytes] of said.entries()) {
        const arrived = await socket.receive();
        const got = arrived === undefined ? `read ${index + 1}: ${await socket.nothing()}` : "";
        t.ok(arrived !== undefined, "four reads that give something, for four datagrams", got);
        t.equal(arrived.bytes.length, bytes.length, `how many bytes read ${index + 1} gives`);
      }
      await expectNothing(t, socket, "when all was read");
    },
  },

  "what-waits-stays": {
    title: "what waits does not change when more comes",
    kind: "scenario",
    covers: ["UDP-5"],
    look: ["createDatagramQueue.push"],
    why:
      "A frame is lent to you: when `push` returns it goes back, and the next packet is received into the same memory. What is to be read later must be " +
      "a copy.",
    hints: [
      "Are the bytes of the first datagram those of the last?",
      "Then you keep the frame, or a window onto it, and not its bytes.",
      "`frame.bytes.slice(at, at + length)` is a copy; `subarray` is the frame's own memory.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const socket = await station.bind(7);
      const said = Array.from({ length: 3 }, () => t.random.bytes(12));
      for (const bytes of said) await station.send(packet({ sourcePort: 5000, destinationPort: 7 }, bytes));
      for (const [index, bytes] of said.entries()) await expectArrived(t, socket, { bytes, port: 5000 }, `datagram ${index + 1} of 3`);
    },
  },

  "port-unreachable": {
    title: "a port that nobody has is unreachable",
    kind: "scenario",
    weight: 2,
    covers: ["UDP-1"],
    look: ["createDatagramTable.find", "createDatagramTable.remove"],
    why: "The host is there and the program is not: ICMP type 3, code 3 tells the sender at once what would otherwise be a long silence " +
      "(RFC 1122 §4.1.3.1). The same when the program has closed its socket.",
    hints: [
      "What does `find` return for a port that nobody has?",
      "Undefined; the engine then sends the error.",
      "After `close` too: the engine has called `remove`, which must have taken the socket out.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const socket = await station.bind(8000);
      const ask = (port: number): Uint8Array => packet({ sourcePort: 5000, destinationPort: port }, line(t));
      const nobody = ask(8001);
      await station.send(nobody, "to a port that nobody has");
      await expectUnreachable(t, station, nobody, "port unreachable, for port 8001");
      await station.send(ask(8000), "to a port that somebody has");
      await station.expectSilence(0, "no error for a port that somebody has");
      await socket.close();
      const gone = ask(8000);
      await station.send(gone, "to the same port, when its socket was closed");
      await expectUnreachable(t, station, gone, "port unreachable, for port 8000 after close");
    },
  },

  "bad-checksum": {
    title: "a datagram with a bad checksum is dropped in silence",
    kind: "scenario",
    covers: ["UDP-2"],
    look: ["parseDatagram"],
    why: "Not even an error goes back: which bits are wrong is unknown, and the sender's address may be among them (RFC 1122 §4.1.3.4).",
    hints: [
      "Does parse/bad-checksum pass?",
      "The sum of the pseudo-header takes part: see parse/pseudo-header.",
      "The host counts what you return; nothing else is to be done.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const socket = await station.bind(7);
      const fields = { sourcePort: 5000, destinationPort: 7 };
      const bytes = line(t);
      const right = packet(fields, bytes);
      await station.send(right, "a datagram as it was sent");
      await expectArrived(t, socket, { bytes, port: 5000 }, "the datagram that is right");
      for (const at of [20, 23, 28, right.length - 1]) {
        const changed = right.slice();
        changed[at] = (changed[at] as number) ^ 1 << t.random.int(0, 7);
        await station.send(changed, `one bit of it was changed on the way, in byte ${at - 20}`);
        await station.expectSilence(0, "no answer to a datagram with a bad checksum");
      }
      await expectNothing(t, socket, "though four broken ones came");
      await t.counter(station, "udp: bad checksum", 4);
    },
  },

  "no-checksum": {
    title: "a datagram without a checksum is taken",
    kind: "scenario",
    covers: ["UDP-3"],
    look: ["parseDatagram"],
    why: "Some senders make none: the field is 0 (RFC 768). To a receiver it is a datagram like any other.",
    hints: [
      "Does parse/no-checksum pass?",
      "The field at 6 says 0: then nothing is verified.",
      "It is not the *sum* that must be 0, but the field.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const socket = await station.bind(7);
      for (let i = 0; i < 3; i++) {
        const bytes = line(t);
        await station.send(packet({ sourcePort: 5000, destinationPort: 7, checksum: 0 }, bytes), "without a checksum");
        await expectArrived(t, socket, { bytes, port: 5000 }, "the datagram without a checksum");
      }
    },
  },

  "computed-zero": {
    title: "a checksum that comes to 0 is sent as ffff",
    kind: "scenario",
    covers: ["UDP-3"],
    look: ["writeDatagram"],
    why: "Sent as 0 it would say “none” (RFC 768), and a bit that is changed on the way would not be noticed.",
    hints: [
      "Does write/zero-sum pass?",
      "ffff and 0 are the same number in ones' complement, and not the same on the wire.",
      "`sum === 0 ? 0xffff : sum`.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const socket = await station.bind(7);
      for (let i = 0; i < 3; i++) {
        const bytes = summingToZero(t, { sourcePort: 7, destinationPort: 9000 + i, source: STACK, destination: PEER });
        await socket.send(bytes, 9000 + i);
        await station.expect({ udp: { checksum: 0xffff }, data: bytes }, "a checksum of ffff, where the sum comes to 0");
        const other = line(t);
        await socket.send(other, 9000 + i);
        const right = udp({ sourcePort: 7, destinationPort: 9000 + i, source: STACK, destination: PEER }, other);
        const field = (right[6] as number) * 256 + (right[7] as number);
        await station.expect({ udp: { checksum: field }, data: other }, "any other checksum, as it is");
      }
    },
  },

  "lengths": {
    title: "UDP's length decides, within what IP brought",
    kind: "scenario",
    covers: ["UDP-8"],
    look: ["parseDatagram"],
    why:
      "A packet may hold more than its datagram: that is padding. One whose datagram claims more than there is, is dropped; so is one that " +
      "claims less than a header (RFC 768).",
    hints: [
      "Do parse/padding and parse/length-too-big pass?",
      "The payload begins behind the header and ends where the length field says, whatever lies behind that.",
      "The checksum covers as much as the length says.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const socket = await station.bind(7);
      const bytes = t.random.bytes(30);
      const fields = { sourcePort: 5000, destinationPort: 7 };
      const whole = packet(fields, bytes);
      const padded = ipv4({ protocol: 17 }, join(udp(fields, bytes.slice(0, 20)), bytes.slice(20)));
      await station.send(padded, "28 bytes of datagram in 38 of packet");
      await expectArrived(t, socket, { bytes: bytes.slice(0, 20), port: 5000 }, "the datagram, without its padding");
      for (const length of [0, 7, 39, 0xffff]) {
        await station.send(packet({ ...fields, length, checksum: 0 }, bytes), `38 bytes of packet, and a length field of ${length}`);
        await station.expectSilence(0, "no answer to a datagram with a bad length");
      }
      await expectNothing(t, socket, "though four with a bad length came");
      await station.send(whole, "a datagram that has nothing against it");
      await expectArrived(t, socket, { bytes, port: 5000 }, "the datagram that has nothing against it");
    },
  },

  "fragments": {
    title: "a datagram longer than a packet goes in pieces",
    kind: "scenario",
    weight: 2,
    covers: ["UDP-8", "UDP-2"],
    look: ["writeDatagram", "parseDatagram"],
    why:
      "To a program a datagram is one, up to 65,507 bytes; IP cuts it and joins it (lab 03). Only the first piece has your header, whose length " +
      "and checksum are about the whole. One lost piece loses all.",
    hints: [
      "What does the length field of a datagram say that is cut later?",
      "The whole: you write the header before IP cuts, and read it after IP has joined.",
      "`getUint16` and `setUint16` reach up to 65,535: nothing here is different for long ones.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const socket = await station.bind(7);
      const bytes = t.random.bytes(t.random.int(3000, 4000));
      const cuts = [1480, 2960];
      const pieces = fragmentPacket(
        packet({ sourcePort: 5000, destinationPort: 7 }, bytes, { identification: t.random.int(1, 0xffff) }),
        cuts,
      );
      for (const piece of t.random.shuffle(pieces)) await station.send(piece, "a piece");
      await expectArrived(t, socket, { bytes, port: 5000 }, "the datagram that came in three pieces");
      await socket.send(bytes, 5000);
      const sent = station.take();
      t.equal(sent.length, 3, `packets of at most 1500 bytes for ${bytes.length} bytes of payload`);
      const ends = { sourcePort: 7, destinationPort: 5000, source: STACK, destination: PEER };
      const [whole, right] = [joined(sent), udp(ends, bytes)];
      const field = (datagram: Uint8Array, at: number): number => (datagram[at] ?? 0) * 256 + (datagram[at + 1] ?? 0);
      t.equal(field(whole, 4), field(right, 4), "the length in the datagram's header");
      t.equal(field(whole, 6), field(right, 6), "the checksum in the datagram's header");
      t.equal(whole, right, "the datagram in those packets");
    },
  },
};
