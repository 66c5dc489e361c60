/** Live checks: the Linux kernel connects to the stack, and the stack to it. */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { expectNoneLeft } from "./host_bench.ts";
import { accepted, clientSays, expectEcho, expectError, givesBack, line } from "./live_bench.ts";

export const live: Readonly<Record<string, CheckSpec>> = {
  "kernel-connects": {
    title: "the kernel connects to you, and is served",
    kind: "live",
    weight: 3,
    twin: "server/accept",
    covers: ["LA-1", "LA-9"],
    look: ["createConnectionTable.findListener", "createConnectionTable.find", "createAcceptQueue.established"],
    why: "A real client, a real device: 5000 bytes there and back, over a connection that your listener made, your queues held and " +
      "your table found for every segment (RFC 9293 §3.10.7).",
    hints: [
      "Does server/accept pass? The kernel is one more client.",
      "Look at the ladder: is there a SYN+ACK, and what comes behind it?",
      "A RST instead of the SYN+ACK: the listener was not found. Silence: `admits` said no.",
    ],
    run: async (t) => {
      const station = await t.live({ kind: "tun" });
      const text = t.random.bytes(5000);
      const [client] = await Promise.all([clientSays(station, 80, text), station.tcp.echo(80)]);
      expectEcho(t, client, text, "the kernel's client");
    },
  },

  "you-connect": {
    title: "you connect to the kernel",
    kind: "live",
    weight: 2,
    twin: "places/ephemeral",
    covers: ["LA-6", "LA-1"],
    look: ["createPorts.bind", "createConnectionTable.add", "createConnectionTable.find"],
    why: "The other direction: your port is an ephemeral one, and the kernel's table shows both pairs of the connection, the other " +
      "way round.",
    hints: [
      "Is there a SYN from your stack at all? If not, `bind` for port 0 failed.",
      "And the kernel's SYN+ACK must find the connection: its destination is your pair, its source the kernel's.",
      "See ephemeral/range and table/find.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tap" });
      const server = station.kernel.tcpServer({ port: 7, mode: "echo" });
      const connection = await station.tcp.connected(7);
      t.equal((await connection.look()).state, "ESTABLISHED", "the state of your connection");
      const text = line(t);
      await connection.writeAll(text);
      t.equal(await connection.readAll(text.length), text, "what the kernel gave back");
      await connection.close();
      const [served] = await server;
      const port = served?.remotePort ?? 0;
      t.ok(port >= 49_152, "an ephemeral port, 49152 to 65535", `${port}`);
    },
  },

  "two-clients": {
    title: "two clients of the kernel don't mix",
    kind: "live",
    twin: "server/two-clients",
    covers: ["LA-1", "MUST-41"],
    look: ["createConnectionTable.find", "createConnectionTable.add", "createConnectionTable.findListener"],
    why: "Their segments have three of four parts in common, and come in whatever order. Each must get back what it said itself.",
    hints: [
      "What do they have in common, and what not?",
      "Only the remote port is different.",
      "See table/one-port-many.",
    ],
    run: async (t) => {
      const station = await t.live({ kind: "tun" });
      const texts = [line(t), line(t)] as const;
      await station.tcp.listen(80);
      const clients = [clientSays(station, 80, texts[0]), clientSays(station, 80, texts[1])] as const;
      const connections = [await accepted(t, station), await accepted(t, station)];
      for (const connection of connections) await givesBack(connection);
      expectEcho(t, await clients[0], texts[0], "the first client");
      expectEcho(t, await clients[1], texts[1], "the second client");
    },
  },

  "same-client-port": {
    title: "one client port, two servers of yours",
    kind: "live",
    twin: "server/same-client-port",
    covers: ["LA-1"],
    look: ["createConnectionTable.find", "createConnectionTable.findListener"],
    why: "Linux may use one port for several connections, as long as the other ends differ. Here all segments come from the same " +
      "remote pair, and only *your* port tells the connections apart.",
    hints: [
      "Is the local port part of your key?",
      "A table by remote pair alone mixes these two up.",
      "See table/find.",
    ],
    run: async (t) => {
      const station = await t.live({ kind: "tun" });
      const localPort = t.random.int(20_000, 30_000);
      const texts = [line(t), line(t)] as const;
      await station.tcp.listen(80);
      await station.tcp.listen(81);
      const clients = [clientSays(station, 80, texts[0], localPort), clientSays(station, 81, texts[1], localPort)] as const;
      const connections = [await accepted(t, station, 1), await accepted(t, station, 0)];
      for (const connection of connections) await givesBack(connection);
      expectEcho(t, await clients[0], texts[0], "the client of port 80");
      expectEcho(t, await clients[1], texts[1], "the client of port 81");
    },
  },

  "many-clients": {
    title: "a dozen clients at once are all served",
    kind: "live",
    weight: 2,
    covers: ["LA-1", "LA-7", "LA-9"],
    look: ["createAcceptQueue.admits", "createAcceptQueue.accept", "createConnectionTable.remove"],
    why: "Within a few milliseconds connections begin, wait, talk and end, all on one port. What one of them gives back must not be " +
      "another's.",
    hints: [
      "How many are accepted before it goes wrong?",
      "The backlog is 16: the queues have room for all of them.",
      "After the last one the table is empty, but for none: see places/client-first.",
    ],
    run: async (t) => {
      const station = await t.live({ kind: "tun" });
      await station.tcp.listen(80, { backlog: 16 });
      const texts = Array.from({ length: 12 }, () => line(t));
      const clients = texts.map((text) => clientSays(station, 80, text));
      for (let i = 0; i < texts.length; i++) await givesBack(await accepted(t, station));
      for (const [i, text] of texts.entries()) {
        const client = clients[i];
        if (client !== undefined) expectEcho(t, await client, text, `client ${i + 1}`);
      }
      await station.settle();
      await expectNoneLeft(t, station.tcp, "connections left in your table");
    },
  },

  "refused": {
    title: "the kernel is refused where nobody listens",
    kind: "live",
    twin: "server/nobody",
    covers: ["LA-1", "LA-11"],
    look: ["createConnectionTable.findListener", "createConnectionTable.removeListener"],
    why: '"Connection refused" is what the kernel\'s client makes of your RST. It learns at once what a silent host would let it ' +
      "find out in two minutes.",
    hints: [
      "What does `findListener` return when there is none?",
      "undefined: then the engine sends the RST.",
      "A listener that was removed must really be gone.",
    ],
    run: async (t) => {
      const station = await t.live({ kind: "tap" });
      const listener = await station.tcp.listen(80);
      await expectError(t, await station.kernel.tcpClient({ to: station.address, port: 81 }), false, "ECONNREFUSED", "a client of port 81");
      const client = await station.kernel.tcpClient({ to: station.address, port: 80 });
      t.equal(client.error, undefined, "the error of a client of port 80");
      await station.tcp.closeListener(listener);
      const late = await station.kernel.tcpClient({ to: station.address, port: 80 });
      await expectError(t, late, false, "ECONNREFUSED", "a client that came when the server had closed");
    },
  },

  "closed": {
    title: "who waits is reset when the server closes",
    kind: "live",
    twin: "server/closed",
    covers: ["LA-11", "MUST-41"],
    look: ["createAcceptQueue.all", "createAcceptQueue.accept", "createConnectionTable.findListener"],
    why: "For the kernel's client the connection is established: the handshake is over, and it does not know that nobody has " +
      "accepted it. The RST tells it. The one that was accepted goes on.",
    hints: [
      "Does `all` give the connections that wait?",
      "And none that was accepted.",
      "See server/closed.",
    ],
    run: async (t) => {
      const station = await t.live({ kind: "tun" });
      const listener = await station.tcp.listen(80);
      const text = line(t);
      const first = clientSays(station, 80, text);
      const connection = await accepted(t, station);
      const waiting = station.kernel.tcpClient({ to: station.address, port: 80, receive: { untilEnd: true } });
      await connection.until(() => station.tcp.segments(80).filter(({ flags }) => flags === "SYN").length === 2);
      await station.settle();
      await station.tcp.closeListener(listener);
      await expectError(t, await waiting, true, "ECONNRESET", "a client that nobody has accepted");
      await givesBack(connection);
      expectEcho(t, await first, text, "the client that was accepted");
    },
  },

  "full": {
    title: "with a full queue the kernel knocks in vain",
    kind: "live",
    weight: 2,
    twin: "backlog/accept-full",
    covers: ["LA-8"],
    look: ["createAcceptQueue.admits", "createAcceptQueue.accept"],
    why: "A backlog of 1, and nobody accepts. The first client is connected, as far as it knows; the second one's SYN finds no answer, " +
      "so the kernel would try again after a second, after three, after seven.",
    hints: [
      "What does `admits` say with one connection that waits, and a backlog of 1?",
      "False: the accept queue is full.",
      "When that one was accepted, a third client comes in.",
    ],
    run: async (t) => {
      const station = await t.live({ kind: "tun" });
      await station.tcp.listen(80, { backlog: 1 });
      const text = line(t);
      const first = clientSays(station, 80, text, undefined, 3000);
      await station.settle(20);
      const second = await station.kernel.tcpClient({ to: station.address, port: 80, quiet: 120 });
      await expectError(t, second, false, "ETIMEDOUT", "a second client");
      await givesBack(await accepted(t, station));
      expectEcho(t, await first, text, "the first client");
      const third = clientSays(station, 80, text);
      await givesBack(await accepted(t, station));
      expectEcho(t, await third, text, "a third client, when the first was accepted");
    },
  },

  "gave-up": {
    title: "a client that went away is not accepted",
    kind: "live",
    twin: "backlog/gave-up",
    covers: ["LA-10"],
    look: ["createAcceptQueue.drop"],
    why: "The kernel's client connects and resets the connection before you accept: a port scanner does that all day. The next " +
      "client is the first that the application should see.",
    hints: [
      "The connection has ended in your accept queue. Who took it out?",
      "`drop`, from whichever queue it is in.",
      "See queue/drop.",
    ],
    run: async (t) => {
      const station = await t.live({ kind: "tun" });
      await station.tcp.listen(80, { backlog: 2 });
      for (let i = 0; i < 3; i++) await station.kernel.tcpClient({ to: station.address, port: 80, abort: true });
      await station.settle();
      const queues = await station.tcp.queues();
      t.equal(queues.halfOpen + queues.accept, 0, "connections in the queues when three clients have gone");
      const text = line(t);
      const client = clientSays(station, 80, text);
      await givesBack(await accepted(t, station));
      expectEcho(t, await client, text, "the client that stayed");
    },
  },

  "ports": {
    title: "three connections to one server have three ports",
    kind: "live",
    twin: "places/ephemeral",
    covers: ["LA-6", "LA-1"],
    look: ["createPorts.bind", "createConnectionTable.add"],
    why: "The kernel's own table says it: one server port, one address of yours, and three connections that differ in your port " +
      "alone.",
    hints: [
      "Are your three ports different?",
      "A port that one connection holds is not free for the next.",
      "See ephemeral/held.",
    ],
    run: async (t) => {
      const station = await t.live({ kind: "tun" });
      const server = station.kernel.tcpServer({ port: 7, mode: "echo", backlog: 4 });
      const connections = [await station.tcp.connected(7), await station.tcp.connected(7), await station.tcp.connected(7)];
      for (const [i, connection] of connections.entries()) {
        t.equal((await connection.look()).state, "ESTABLISHED", `the state of connection ${i + 1}`);
      }
      const rows = await station.kernel.tcpTable({ address: station.address });
      const ports = rows.filter(({ localPort, remoteAddress }) => localPort === 7 && remoteAddress === station.address);
      t.equal(new Set(ports.map(({ remotePort }) => remotePort)).size, 3, "different ports of yours in the kernel's table");
      for (const connection of connections) await connection.close();
      await server;
    },
  },
};
