/**
 * The stack with TCP on the virtual wire, and clients of it. The wire is a tunnel here: without Ethernet a client may have any
 * address of the net, and nobody asks for it first.
 */
import { ipv4, tcp as tcpSegment } from "../../../tools/harness/packets.ts";
import type { StackConnection } from "../../../tools/harness/tcp_application.ts";
import type { TcpPeer } from "../../../tools/harness/tcp_peer.ts";
import type { TcpStation } from "../../../tools/harness/tcp_station.ts";
import type { StationConfig, Trial } from "../../../tools/harness/suite.ts";

/** The stack's address here. */
export const STACK = "10.44.0.2";
export const CLIENT = "10.44.0.1";

/** The stack on a tunnel. */
export async function tunnel(t: Trial, config: Omit<StationConfig, "interfaces"> = {}): Promise<TcpStation> {
  return await t.tcp({ ...config, interfaces: [{ medium: "ip", address: STACK }] });
}

/** A RST for a SYN that should be let in: the segment did not find its listener. */
const REFUSED = { "RST ACK": "createConnectionTable.findListener", "RST": "createConnectionTable.findListener" };

/** A client's SYN, which must be answered by SYN and ACK. */
export async function half(peer: TcpPeer): Promise<void> {
  await peer.send({ flags: "SYN", seq: 0, mss: 1460 });
  await peer.expect({ flags: "SYN ACK", seq: 0, ack: 1 }, "a SYN to a listening port is answered by SYN and ACK", 0, REFUSED);
}

/** A client's SYN that must find no answer. */
export async function unanswered(tcp: TcpStation, peer: TcpPeer, why: string): Promise<void> {
  await peer.send({ flags: "SYN", seq: 0, mss: 1460 });
  await tcp.expectSilence(0, why);
}

/** A client connects: three segments. */
export async function connects(peer: TcpPeer): Promise<void> {
  await half(peer);
  await peer.send({ flags: "ACK", seq: 1, ack: 1 });
}

const ACCEPTS = {
  why: "`accept` hands over the connection whose handshake was complete first, and hands it over once: from then on it is in no queue.",
  look: ["createAcceptQueue.accept", "createAcceptQueue.established"],
};

/** The application accepts, and what it gets must be this client's connection. */
export async function accepts(t: Trial, tcp: TcpStation, peer: TcpPeer, listener = 0): Promise<StackConnection> {
  const connection = await tcp.accept(listener);
  t.ok(connection !== undefined, `a connection to accept, from port ${peer.peerPort}`, "nobody waits");
  const { remoteAddress, remotePort, localPort } = await connection.look();
  const whose = `${remoteAddress}:${remotePort} with our port ${localPort}`;
  const right = `${peer.address}:${peer.peerPort} with our port ${peer.port}`;
  await t.about(ACCEPTS, () => t.equal(whose, right, "who is at the other end of the accepted connection"));
  return connection;
}

/** Nobody may be there to accept. */
export async function nobodyWaits(t: Trial, tcp: TcpStation, when: string, listener = 0): Promise<void> {
  const connection = await tcp.accept(listener);
  await t.about({ look: ["createAcceptQueue.accept"] }, () => t.ok(connection === undefined, `nobody to accept ${when}`, "a connection"));
}

/** Bytes from this client must reach this connection, and bytes of its own the client. */
export async function exchange(t: Trial, tcp: TcpStation, peer: TcpPeer, connection: StackConnection): Promise<void> {
  const [there, back] = [t.random.bytes(t.random.int(10, 99)), t.random.bytes(t.random.int(10, 99))];
  await peer.send({ flags: "ACK PSH", data: there }, `a client says something (port ${peer.peerPort})`);
  await tcp.wait(500);
  tcp.take(); // the acknowledgment, whenever it came
  t.equal(await connection.read(), there, `the bytes from port ${peer.peerPort}`);
  await connection.write(back);
  await peer.expect({ data: back }, `the answer goes to port ${peer.peerPort}`);
  await peer.send({ flags: "ACK" });
}

const COUNTS = {
  why: "How many are in each queue is a number, which is 0 when nobody is there: `halfOpenCount` and `acceptCount`.",
  look: ["createAcceptQueue.halfOpenCount", "createAcceptQueue.acceptCount"],
};

const GONE = {
  why:
    "When a connection is over the engine calls `remove` with its pairs. From then on it is not found, not counted and not visited: whatever your table keeps of it must go.",
  look: ["createConnectionTable.remove", "createConnectionTable.forEach"],
};

/** How many must be in the listener's queues. */
export async function expectQueues(t: Trial, tcp: TcpStation, halfOpen: number, accept: number, when: string, listener = 0): Promise<void> {
  const queues = await tcp.queues(listener);
  const compare = (): void => {
    t.equal(queues.halfOpen, halfOpen, `half-open connections ${when}`);
    t.equal(queues.accept, accept, `connections that wait to be accepted ${when}`);
  };
  const areCounts = typeof queues.halfOpen === "number" && typeof queues.accept === "number";
  await (areCounts ? compare() : t.about(COUNTS, compare));
}

/** Nothing may be left in the table. */
export async function expectNoneLeft(t: Trial, tcp: Pick<TcpStation, "connections">, what: string): Promise<void> {
  const { length } = await tcp.connections();
  await t.about(GONE, () => t.equal(length, 0, what));
}

/** Both sides close, the stack first: it is left in TIME-WAIT. */
export async function closesFirst(t: Trial, peer: TcpPeer, connection: StackConnection): Promise<void> {
  await connection.close();
  await peer.expect({ flags: "FIN ACK" }, "close sends a FIN");
  await peer.send({ flags: "FIN ACK" });
  await peer.expect({ flags: "ACK", ack: peer.next }, "the last FIN is acknowledged", 500);
  t.equal((await connection.look()).state, "TIME-WAIT", "the state of whoever closed first");
}

/** Both sides close, the client first: nothing is left of the connection. */
export async function clientClosesFirst(tcp: TcpStation, peer: TcpPeer, connection: StackConnection): Promise<void> {
  await peer.send({ flags: "FIN ACK" });
  await tcp.wait(500);
  tcp.take();
  await connection.close();
  await peer.expect({ flags: "FIN ACK" }, "close sends a FIN");
  await peer.send({ flags: "ACK" });
}

/** Listens; that must fail with this error. */
export async function expectRefused(
  t: Trial,
  tcp: TcpStation,
  port: number,
  options: { address?: string; reuse?: boolean },
  error: string,
): Promise<void> {
  const result = await tcp.tryListen(port, options);
  const where = `${options.address ?? "0.0.0.0"}:${port}${options.reuse ? " with reuse" : ""}`;
  t.equal(typeof result === "number" ? "it listens" : result.error, error, `listening on ${where}`);
}

/** A SYN as a whole packet, for addresses that no client has. */
export function synPacket(source: string, destination: string, destinationPort: number): Uint8Array {
  return ipv4(
    { source, destination, protocol: 6 },
    tcpSegment({ source, destination, destinationPort, flags: "SYN", options: { mss: 1460 } }),
  );
}
