/** Hidden live checks, with the Linux kernel as client and as server. */
import { clientSays, expectEcho, givesBack, line } from "../../../labs/07-accept/checks/live_bench.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export const live: Readonly<Record<string, CheckSpec>> = {
  "both-ways": {
    title: "you serve the kernel while it serves you",
    kind: "live",
    covers: ["LA-1", "MUST-41"],
    look: ["createConnectionTable.find", "createConnectionTable.findListener"],
    why: "Client and server at once, on the same two hosts and the same port number on both sides. Every segment says which of the two " +
      "connections it is for.",
    hints: [
      "Two connections: ours to the kernel's port 7, the kernel's to ours.",
      "Local and remote are not the same.",
      "See table/crossed.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tap" });
      const [there, here] = [line(t), line(t)];
      const server = station.kernel.tcpServer({ port: 7, mode: "echo" });
      await station.tcp.listen(7);
      const client = clientSays(station, 7, here);
      const ours = await station.tcp.connected(7);
      await ours.writeAll(there);
      await givesBack(await station.tcp.accepted());
      t.equal(await ours.readAll(there.length), there, "what the kernel's server gave back");
      await ours.close();
      expectEcho(t, await client, here, "the kernel's client");
      t.equal((await server)[0]?.receivedLength, there.length, "the bytes that the kernel's server heard");
    },
  },

  "restart": {
    title: "your server restarts, and the kernel comes again",
    kind: "live",
    weight: 2,
    covers: ["LA-4", "MUST-41"],
    look: ["createPorts.share", "createPorts.bind"],
    why: "Your side closes first, so it is left in TIME-WAIT; then the server stops and starts. With reuse it gets its port at once, " +
      'without it is "in use", as on any UNIX.',
    hints: [
      "See places/restart and places/time-wait.",
      "The connection in TIME-WAIT holds the port with its listener's reuse.",
      "It does not listen, so the new listener may.",
    ],
    run: async (t) => {
      const station = await t.live({ kind: "tun" });
      const first = await station.tcp.listen(80, { reuse: true });
      const client = station.kernel.tcpClient({ to: station.address, port: 80, receive: { untilEnd: true } });
      const connection = await station.tcp.accepted(first);
      await connection.close();
      await client;
      await connection.until(({ state }) => state === "TIME-WAIT");
      t.equal((await connection.look()).state, "TIME-WAIT", "the state of whoever closed first");
      await station.tcp.closeListener(first);
      const refused = await station.tcp.tryListen(80);
      t.equal(typeof refused === "number" ? "it listens" : refused.error, "AddrInUse", "listening without reuse");
      const text = line(t);
      const second = await station.tcp.listen(80, { reuse: true });
      const again = clientSays(station, 80, text);
      await givesBack(await station.tcp.accepted(second));
      expectEcho(t, await again, text, "the client of the new server");
    },
  },

  "come-again": {
    title: "the kernel comes again from the same port",
    kind: "live",
    covers: ["LA-1", "LA-11"],
    look: ["createConnectionTable.remove", "createConnectionTable.add"],
    why: "Your side is in TIME-WAIT, and the same client port knocks again: RFC 9293 §3.6.1 lets a SYN with a higher number open the " +
      "connection anew. The old one leaves the table, the new one takes its place under the same name.",
    hints: [
      "The engine ends the old connection before it asks for the listener. Is it out of the table then?",
      "`add` under the same pairs must be true again.",
      "See table/remove.",
    ],
    run: async (t) => {
      const station = await t.live({ kind: "tun" });
      const localPort = t.random.int(20_000, 30_000);
      await station.tcp.listen(80);
      for (let i = 0; i < 3; i++) {
        const client = station.kernel.tcpClient({ to: station.address, port: 80, localPort, receive: { untilEnd: true } });
        const connection = await station.tcp.accepted();
        const text = line(t);
        await connection.writeAll(text);
        await connection.close();
        t.equal((await client).received, text, `what the client heard, time ${i + 1}`);
        await connection.until(({ state }) => state === "TIME-WAIT");
      }
      t.equal((await station.tcp.connections()).length, 1, "connections left in your table");
    },
  },

  "in-order": {
    title: "kernel clients are accepted as they came",
    kind: "live",
    covers: ["LA-9"],
    look: ["createAcceptQueue.accept", "createAcceptQueue.established"],
    why: "Five clients connect one after the other while the application is busy. It finds them in that order.",
    hints: [
      "Where does `established` add, and where does `accept` take?",
      "At the end, and at the front.",
      "See queue/first-come.",
    ],
    run: async (t) => {
      const station = await t.live({ kind: "tun" });
      await station.tcp.listen(80);
      const ports = t.random.shuffle([21_000, 22_000, 23_000, 24_000, 25_000]);
      const clients = [];
      for (const localPort of ports) {
        clients.push(station.kernel.tcpClient({ to: station.address, port: 80, localPort, receive: { untilEnd: true } }));
        await station.settle();
      }
      const found: unknown[] = [];
      for (const _ of ports) {
        const connection = await station.tcp.accepted();
        found.push((await connection.look()).remotePort);
        await connection.close();
      }
      t.equal(found, ports, "the clients' ports, in the order of accept");
      await Promise.all(clients);
    },
  },
};
