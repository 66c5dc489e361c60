/**
 * What a host has open, as `ss` shows it for Linux: a line for each listening socket, for each connection, and for each socket that is
 * neither. *Who* has it open stands in the last column, as process:descriptor. Nobody may: a connection outlives its socket, and one that
 * waits to be accepted does not have one yet.
 *
 *     State      Recv-Q  Send-Q   Local               Peer                Open as
 *     LISTEN          1       5   0.0.0.0:80          *                   server:3
 *     ESTAB           0       0   10.44.0.2:80        10.44.0.1:50546     server:4,5
 *     ESTAB           5       0   10.44.0.2:80        10.44.0.1:50548     -
 *
 * Of a connection Recv-Q is what its program has not read, and Send-Q what the peer has not acknowledged, in bytes. Of a
 * listening socket they are the connections that wait to be accepted, and how many may.
 */
import type { Connection } from "../tcp/connection.ts";
import type { Listener } from "../tcp/listener.ts";
import type { Tcp } from "../tcp/tcp.ts";
import { formatSocketAddress, type Port } from "./address.ts";
import type { AnySocket, Descriptor, Process } from "./descriptors.ts";
import { Socket } from "./socket.ts";

/** One line. */
export interface TableRow {
  /** As `ss` calls it: "LISTEN", "ESTAB", "UNCONN" for a socket that neither listens nor has a connection. */
  readonly state: string;
  readonly receiveQueue: number;
  readonly sendQueue: number;
  readonly local: string;
  /** "*" when there is none. */
  readonly peer: string;
  /** For each process that has it open, its name and the descriptors: "server:3,4". */
  readonly openAs: readonly string[];
}

/** Everything on a host: what `processes` have open, and what nobody has. */
export function socketTable(tcp: Tcp, processes: readonly Process[]): TableRow[] {
  const open = new Map<unknown, string[]>();
  const sockets = new Set<AnySocket>();
  for (const process of processes) {
    const descriptors = new Map<AnySocket, Descriptor[]>();
    for (const [descriptor, socket] of process.sockets()) descriptors.set(socket, [...descriptors.get(socket) ?? [], descriptor]);
    for (const [socket, numbers] of descriptors) {
      const held = inside(socket) ?? socket;
      open.set(held, [...open.get(held) ?? [], `${process.name}:${numbers.join(",")}`]);
      sockets.add(socket);
    }
  }
  return [
    ...[...tcp.listeners].map((listener) => listeningRow(listener, open.get(listener))),
    ...tcp.connections().map((connection) => connectionRow(connection, open.get(connection))),
    ...[...sockets].filter((socket) => inside(socket) === undefined).map((socket) => otherRow(socket, open.get(socket))),
  ];
}

function listeningRow({ address, port, queue, backlog }: Listener, openAs: readonly string[] = []): TableRow {
  const local = formatSocketAddress({ ip: address, port: port as Port });
  return { state: "LISTEN", receiveQueue: queue.acceptCount(), sendQueue: backlog, local, peer: "*", openAs };
}

function connectionRow({ tcb, readable, unacknowledged }: Connection, openAs: readonly string[] = []): TableRow {
  const local = formatSocketAddress({ ip: tcb.localAddress, port: tcb.localPort as Port });
  const peer = formatSocketAddress({ ip: tcb.remoteAddress, port: tcb.remotePort as Port });
  return { state: SHORT[tcb.state] ?? tcb.state, receiveQueue: readable, sendQueue: unacknowledged, local, peer, openAs };
}

/** What of TCP's a socket stands for: its listening half, or its connection. */
function inside(socket: AnySocket): Listener | Connection | undefined {
  return socket instanceof Socket ? socket.listener ?? socket.connection : undefined;
}

/** A socket without a connection: fresh or bound, or one for datagrams, which never has one. */
function otherRow(socket: AnySocket, openAs: readonly string[] = []): TableRow {
  return {
    state: "UNCONN",
    receiveQueue: socket.readable,
    sendQueue: 0,
    local: formatSocketAddress(socket.localAddress),
    peer: "*",
    openAs,
  };
}

/** States that `ss` has shorter names for. */
const SHORT: Readonly<Record<string, string>> = { ESTABLISHED: "ESTAB", "SYN-RECEIVED": "SYN-RECV" };

/** The table as lines of at most 80 columns (more only for many descriptors), the first of which says what is in them. */
export function formatSocketTable(rows: readonly TableRow[]): string[] {
  const line = (state: string, receive: string | number, send: string | number, local: string, peer: string, openAs: string): string =>
    `${state.padEnd(10)} ${`${receive}`.padStart(6)} ${`${send}`.padStart(6)}  ${local.padEnd(19)} ${peer.padEnd(19)} ${openAs}`.trimEnd();
  return [
    line("State", "Recv-Q", "Send-Q", "Local", "Peer", "Open as"),
    ...rows.map((row) => line(row.state, row.receiveQueue, row.sendQueue, row.local, row.peer, row.openAs.join(" ") || "-")),
  ];
}
