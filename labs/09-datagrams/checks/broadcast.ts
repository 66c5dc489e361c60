/** Checks of datagrams to everybody, on the virtual wire. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { ALL, expectArrived, expectNothing, line, packet, STACK, tunnel } from "./wire_bench.ts";

export const broadcast: Readonly<Record<string, CheckSpec>> = {
  "broadcast": {
    title: "a broadcast reaches every socket of its port",
    kind: "scenario",
    weight: 2,
    covers: ["UDP-5"],
    look: ["createDatagramTable.forEach", "createDatagramQueue.push"],
    why:
      "Who asks a whole net for somebody does not know which program answers. So each socket of the port gets a copy of its own, and hears " +
      "that it was sent to everybody: `localAddress` (RFC 1122 §4.1.3.5).",
    hints: [
      "Does everybody/each pass?",
      "Only one of them has it? Your `forEach` ends at the first that fits.",
      "Two in one? Then `push` was called twice for one socket: `visit` once for each.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const sockets = [await station.bind(67, { reuse: true }), await station.bind(67, { reuse: true, address: STACK })];
      const other = await station.bind(68);
      for (const destination of [ALL, "255.255.255.255"]) {
        const bytes = line(t);
        await station.send(packet({ sourcePort: 68, destinationPort: 67, destination }, bytes), `to everybody, ${destination}`);
        for (const socket of sockets) {
          await expectArrived(t, socket, { bytes, port: 68, localAddress: destination }, "the broadcast");
          await expectNothing(t, socket, "after the broadcast");
        }
        await expectNothing(t, other, "which is another port");
      }
    },
  },

  "broadcast-unheard": {
    title: "a broadcast that nobody hears is no error",
    kind: "scenario",
    covers: ["UDP-1"],
    look: ["createDatagramTable.forEach"],
    why:
      "If every host that has not that port answered, one packet would become a storm (RFC 1122 §3.2.2). To one address the error is sent as " +
      "always.",
    hints: [
      "What does `forEach` do when nobody has the port?",
      "Nothing: it visits nobody, and throws nothing.",
      "`ports.get(port)` is undefined there.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const socket = await station.bind(67);
      for (const destination of [ALL, "255.255.255.255"]) {
        await station.send(
          packet({ sourcePort: 68, destinationPort: 69, destination }, line(t)),
          `to port 69 of everybody, ${destination}`,
        );
        await station.expectSilence(0, "no error about a broadcast");
      }
      await station.send(packet({ sourcePort: 68, destinationPort: 69 }, line(t)), "to port 69 of one");
      const why =
        "The broadcasts were met with silence, as they should be. This datagram is to one address: its sender must hear that nobody has the port (RFC 1122 §4.1.3.1). Where " +
        "nothing comes, the stack has dropped it before it looked for a socket, and has counted why.";
      await t.about(
        { why, look: ["createDatagramTable.find", "parseDatagram"] },
        () => station.expect({ icmp: { type: 3, code: 3 } }, "port unreachable for a datagram to one"),
      );
      await expectNothing(t, socket, "which is another port");
    },
  },

  "to-everybody": {
    title: "whoever may broadcast can, and nobody else",
    kind: "scenario",
    covers: ["UDP-2"],
    look: ["writeDatagram"],
    why:
      "A packet to everybody wakes every host of the net, so a program must say that it means it (SO_BROADCAST). On the wire it is a datagram " +
      "like any other, and its checksum covers the broadcast address.",
    hints: [
      "Is the packet there, and its checksum wrong?",
      "The pseudo-header has the destination as it stands in IP's header, whatever that means.",
      "See write/pseudo-header.",
    ],
    run: async (t) => {
      const station = await tunnel(t);
      const [shy, loud] = [await station.bind(68), await station.bind(69, { broadcast: true })];
      const bytes = line(t);
      t.equal(await shy.trySend(bytes, 67, ALL), "no broadcast", "what comes of it for a socket that may not");
      await station.expectSilence(0, "nothing is sent by a socket that may not");
      await loud.send(bytes, 67, ALL);
      await station.expect(
        { ipv4: { source: STACK, destination: ALL }, udp: { sourcePort: 69, destinationPort: 67 }, data: bytes },
        "the broadcast",
      );
    },
  },
};
