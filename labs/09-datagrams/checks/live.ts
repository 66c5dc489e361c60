/** Live checks: the Linux kernel's UDP at the other end. */
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { anyFreePort, expectEach, line, summingToZero } from "./live_bench.ts";

export const live: Readonly<Record<string, CheckSpec>> = {
  "kernel-sends": {
    title: "a program on the kernel writes to you",
    kind: "live",
    weight: 2,
    twin: "wire/arrives",
    covers: ["UDP-2", "UDP-5"],
    look: ["parseDatagram", "createDatagramTable.find", "createDatagramQueue.push"],
    why:
      "A real sender, a real device: what the kernel sums, you verify, and your program gets what the other one wrote, with its address " +
      "and port (RFC 768).",
    hints: [
      "Does wire/arrives pass? The kernel is one more sender.",
      "An ICMP error in the ladder: the socket was not found. Silence, and nothing to read: was it the checksum?",
      "See parse/pseudo-header: the addresses are those of the IP header.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tap" });
      const socket = await station.udp.bind(9000);
      const said = [line(t), line(t), line(t)];
      const { localPort } = await station.kernel.udpTalk({ to: station.address, port: 9000, send: said });
      const arrived = await socket.arrivals(3);
      expectEach(t, arrived.map(({ bytes }) => bytes), said, "what the kernel wrote");
      const ends = { address: station.kernelAddress, port: localPort, localAddress: station.address };
      for (const each of arrived) t.fields(each, ends, "what is said of the kernel's datagram");
    },
  },

  "you-send": {
    title: "you write to a program on the kernel",
    kind: "live",
    weight: 2,
    twin: "wire/answered",
    covers: ["UDP-2"],
    look: ["writeDatagram"],
    why:
      "The kernel drops a datagram whose checksum or length is wrong, and tells nobody but its counters (`Udp InCsumErrors`). Even lengths, odd " +
      "ones, and none at all.",
    hints: [
      "Does wire/answered pass?",
      "Only the even lengths arrive? Then your sum ends too early.",
      "See write/range: to the frame's end.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tun" });
      const socket = await station.udp.bind(9000);
      const localPort = anyFreePort(t);
      const said = [t.random.bytes(1), new Uint8Array(), t.random.bytes(1472), line(t), t.random.bytes(255)];
      const kernel = station.kernel.udpTalk({ localPort, receive: said.length });
      for (const bytes of said) await socket.send(bytes, localPort);
      const { received } = await kernel;
      expectEach(t, received.map(({ data }) => data), said, "what you wrote");
      for (const { from, port } of received) t.equal(`${from}:${port}`, `${station.address}:9000`, "who wrote it, as the kernel sees it");
    },
  },

  "echo": {
    title: "a server of yours, two clients of the kernel",
    kind: "live",
    weight: 2,
    twin: "wire/answered",
    covers: ["UDP-5"],
    look: ["createDatagramQueue.read", "writeDatagram", "createDatagramTable.find"],
    why:
      "One socket serves both, and there is nothing to accept: each datagram says whom to answer. A client that is connected would not even hear " +
      "an answer from another address or port.",
    hints: [
      "To whom does the answer go that is missing?",
      "`read` gives address and port of the sender of *this* datagram.",
      "Kept in the queue with the bytes, not beside it.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tun" });
      const server = await station.udp.bind(7);
      const texts = [[line(t), line(t)], [line(t), line(t)]] as const;
      const clients = texts.map((send) =>
        station.kernel.udpTalk({ to: station.address, port: 7, connected: true, send, receive: send.length })
      );
      await server.echo(4);
      for (const [index, client] of clients.entries()) {
        const { error, received } = await client;
        t.equal(error, undefined, `the error of client ${index + 1}`);
        expectEach(t, received.map(({ data }) => data), texts[index] ?? [], `what client ${index + 1} got back`);
      }
    },
  },

  "boundaries": {
    title: "five writes of the kernel are five reads of yours",
    kind: "live",
    twin: "wire/boundaries",
    covers: ["UDP-5"],
    look: ["createDatagramQueue.push", "createDatagramQueue.read"],
    why:
      "The kernel sends them all before you read the first; an empty one is among them. On a stream nobody could tell how they were written.",
    hints: [
      "How many datagrams came, and how many reads gave something?",
      "The empty one is a datagram too.",
      "See queue/whole and queue/empty-ones.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tun" });
      const socket = await station.udp.bind(9000);
      const said = [t.random.bytes(3), t.random.bytes(1), new Uint8Array(), t.random.bytes(700), t.random.bytes(2)];
      await station.kernel.udpTalk({ to: station.address, port: 9000, send: said });
      await station.settle();
      const arrived = await socket.arrivals(said.length);
      expectEach(t, arrived.map(({ bytes }) => bytes), said, "your reads");
      t.equal((await socket.look()).waiting, 0, "datagrams that wait then");
    },
  },

  "port-unreachable": {
    title: "the kernel's program hears that nobody has the port",
    kind: "live",
    weight: 2,
    twin: "wire/port-unreachable",
    covers: ["UDP-1"],
    look: ["createDatagramTable.find", "createDatagramTable.remove"],
    why:
      "Your port unreachable becomes ECONNREFUSED in its next call, since its socket is connected (RFC 1122 §4.1.3.1): for a port that was never " +
      "bound, and for one whose socket was closed.",
    hints: [
      "Does wire/port-unreachable pass?",
      "`find` must return undefined; the engine says the rest.",
      "After close: does `remove` take the socket out?",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tap" });
      const socket = await station.udp.bind(9000);
      const ask = { to: station.address, connected: true, send: [line(t)], receive: 1 };
      t.equal((await station.kernel.udpTalk({ ...ask, port: 9001 })).error, "ECONNREFUSED", "the kernel's error for port 9001");
      await socket.close();
      t.equal((await station.kernel.udpTalk({ ...ask, port: 9000 })).error, "ECONNREFUSED", "the kernel's error for port 9000 after close");
    },
  },

  "refused": {
    title: "you hear that nobody has the kernel's port",
    kind: "live",
    weight: 2,
    twin: "wire/refused",
    covers: ["UDP-4"],
    look: ["failureOf", "createDatagramTable.find", "writeDatagram"],
    why:
      "The other direction: the kernel quotes your datagram in its ICMP error, and its ports lead to your socket. Only the connected one is told " +
      "(RFC 1122 §4.1.3.3).",
    hints: [
      "Do the checks of failure pass?",
      "Is the connected socket found by its pair and its peer's?",
      "See wire/refused and wire/not-connected.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tap" });
      const [open, connected] = [await station.udp.bind(9000), await station.udp.bind(9001)];
      const port = anyFreePort(t);
      await open.send(line(t), port);
      await connected.connect(port);
      await connected.send(line(t));
      const heard = await connected.failed();
      const why = "The question must have gone out as it was to be, or no answer to it, and no error about it, finds its way back.";
      const field = (packet: Uint8Array, at: number): number => (packet[at] ?? 0) * 256 + (packet[at + 1] ?? 0);
      const sent = station.frames.filter(({ direction, bytes }) =>
        direction === "from stack" && field(bytes, 12) === 0x0800 && bytes[23] === 17
      );
      const question = (sent.find(({ bytes }) => field(bytes, 34) === 9001) ?? sent.at(-1))?.bytes ?? new Uint8Array();
      t.ok(question.length > 0, "the connected socket's question", "no datagram left");
      await t.about(
        { why, look: ["writeDatagram"] },
        () =>
          t.fields(
            { sourcePort: field(question, 34), destinationPort: field(question, 36) },
            { sourcePort: 9001, destinationPort: port },
            "the ports of the connected socket's question",
          ),
      );
      t.equal(heard, "refused", "what the connected socket hears");
      t.equal(await open.failure(), undefined, "what the other one hears");
    },
  },

  "no-checksum": {
    title: "the kernel sends without a checksum",
    kind: "live",
    twin: "wire/no-checksum",
    covers: ["UDP-3"],
    look: ["parseDatagram", "createDatagramQueue.push"],
    why:
      "SO_NO_CHECK is a socket option of Linux: then the field is 0 (RFC 768). Tunnels do that, when what is inside has a checksum of its own.",
    hints: [
      "Does parse/no-checksum pass?",
      "Nothing is verified when the field is 0.",
      "Look at the field before you sum.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tun" });
      const socket = await station.udp.bind(9000);
      const said = [line(t), line(t)];
      await station.kernel.udpTalk({ to: station.address, port: 9000, noChecksum: true, send: said });
      expectEach(t, (await socket.arrivals(2)).map(({ bytes }) => bytes), said, "what the kernel wrote");
      station.expectSeen("from kernel", { udp: { destinationPort: 9000, checksum: 0 } }, "a datagram of the kernel's without a checksum");
    },
  },

  "computed-zero": {
    title: "the kernel takes your ffff for a checksum",
    kind: "live",
    twin: "wire/computed-zero",
    covers: ["UDP-3"],
    look: ["writeDatagram"],
    why: "Whatever the sum comes to, the kernel must find it right, and the field must say that there is one.",
    hints: [
      "Does write/zero-sum pass?",
      "Two bytes of what you write are chosen so that the sum comes to 0; the kernel counts what is wrong.",
      "0 is written as ffff, everything else as it is.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tun" });
      const socket = await station.udp.bind(9000);
      const localPort = anyFreePort(t);
      const bytes = summingToZero(t, {
        sourcePort: 9000,
        destinationPort: localPort,
        source: station.address,
        destination: station.kernelAddress,
      });
      const kernel = station.kernel.udpTalk({ localPort, receive: 1 });
      await socket.send(bytes, localPort);
      const { received } = await kernel;
      expectEach(t, received.map(({ data }) => data), [bytes], "what you wrote");
      station.expectSeen(
        "from stack",
        { udp: { destinationPort: localPort, checksum: 0xffff } },
        "a checksum of ffff, where the sum comes to 0",
      );
    },
  },

  "long-in": {
    title: "the kernel sends you what fits into no packet",
    kind: "live",
    twin: "wire/fragments",
    covers: ["UDP-8", "UDP-2"],
    look: ["parseDatagram", "createDatagramQueue.push"],
    why:
      "The kernel cuts, your IP joins (lab 03), and only then does your code see it: one datagram, one length, one checksum. The longest has 65,507 " +
      "bytes.",
    hints: [
      "Does wire/fragments pass?",
      "Nothing in your code should depend on 1500.",
      "Lengths of 16 bits, unsigned: `getUint16`.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tun" });
      const socket = await station.udp.bind(9000);
      for (const size of [t.random.int(1473, 5000), 65_507]) {
        const bytes = t.random.bytes(size);
        await station.kernel.udpTalk({ to: station.address, port: 9000, send: [bytes] });
        expectEach(t, (await socket.arrivals(1)).map((each) => each.bytes), [bytes], `a datagram of ${amount(size)}`);
      }
    },
  },

  "long-out": {
    title: "you send the kernel what fits into no packet",
    kind: "live",
    twin: "wire/fragments",
    covers: ["UDP-8", "UDP-2"],
    look: ["writeDatagram"],
    why:
      "Your header stands in front of the whole, your checksum covers the whole; then IP cuts. The kernel joins the pieces, verifies, and hands over " +
      "one datagram.",
    hints: [
      "Does wire/fragments pass?",
      "The length field is that of the whole datagram, 8 bytes more than the payload.",
      "`frame.length` after the push.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tun" });
      const socket = await station.udp.bind(9000);
      const localPort = anyFreePort(t);
      const said = [t.random.bytes(t.random.int(1473, 5000)), t.random.bytes(65_507)];
      const kernel = station.kernel.udpTalk({ localPort, receive: said.length });
      for (const bytes of said) await socket.send(bytes, localPort);
      const { received } = await kernel;
      expectEach(t, received.map(({ data }) => data), said, "what you wrote");
    },
  },

  "broadcast": {
    title: "the kernel writes to everybody, and all of you hear",
    kind: "live",
    twin: "wire/broadcast",
    covers: ["UDP-5"],
    look: ["createDatagramTable.forEach"],
    why:
      "One frame to ff:ff:ff:ff:ff:ff; each of your sockets on that port has a copy, and no error goes back for a port that nobody has " +
      "(RFC 1122 §3.2.2).",
    hints: [
      "Does wire/broadcast pass?",
      "`forEach` must visit every socket of the port, and only those.",
      "See everybody/each.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tap" });
      const sockets = [await station.udp.bind(9000, { reuse: true }), await station.udp.bind(9000, { reuse: true })];
      const everybody = station.address.replace(/\d+$/, "255");
      const bytes = line(t);
      await station.kernel.udpTalk({ to: everybody, port: 9001, send: [bytes] });
      await station.kernel.udpTalk({ to: everybody, port: 9000, send: [bytes] });
      for (const [index, socket] of sockets.entries()) {
        const arrived = await socket.arrived();
        t.ok(arrived !== undefined, `the broadcast at socket ${index + 1} of the two on port 9000`, "nothing");
        t.fields(arrived, { bytes, address: station.kernelAddress, localAddress: everybody }, "the broadcast");
      }
      const errors = station.frames.filter(({ direction, bytes }) => direction === "from stack" && bytes[12] === 8 && bytes[23] === 1);
      t.equal(errors.length, 0, "ICMP errors about a broadcast");
    },
  },

  "connected": {
    title: "only your peer on the kernel is heard",
    kind: "live",
    twin: "wire/connected",
    covers: ["UDP-5"],
    look: ["createDatagramTable.find", "createDatagramTable.connect"],
    why:
      "Two programs on the same host write to your port. Your socket is connected to one of them; the other hears that nobody has that port.",
    hints: [
      "Does wire/connected pass?",
      "Both come from one address: only their ports differ.",
      "See find/connected-only.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tun" });
      const socket = await station.udp.bind(9000);
      const localPort = anyFreePort(t);
      await socket.connect(localPort);
      const bytes = line(t);
      const ask = { to: station.address, port: 9000, connected: true };
      const stranger = await station.kernel.udpTalk({ ...ask, localPort: localPort + 1, send: [line(t)], receive: 1 });
      t.equal(stranger.error, "ECONNREFUSED", "what the stranger hears");
      await station.kernel.udpTalk({ ...ask, localPort, send: [bytes] });
      const arrived = await socket.arrived();
      t.ok(arrived !== undefined, "your peer's datagram", "nothing");
      t.fields(arrived, { bytes, port: localPort }, "the one datagram that is heard");
    },
  },
};
