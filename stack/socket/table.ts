/**
 * What a host has open, as `ss` shows it for Linux: a line for each listening socket, for each connection, and for each socket that is
 * neither. *Who* has it open stands in the last column, as process:descriptor. Nobody may: a connection outlives its socket, and one that
 * waits to be accepted does not have one yet.
 *
 *     State      Recv-Q  Send-Q   Local               Peer                Open as
 *     LISTEN          1       5   0.0.0.0:80          *                   server:3
 *     ESTAB           0       0   10.44.0.2:80        10.44.0.1:50546     server:4
 *     ESTAB           5       0   10.44.0.2:80        10.44.0.1:50548     -
 *
 * Of a connection Recv-Q is what its program has not read, and Send-Q what the peer has not acknowledged, in bytes. Of a
 * listening socket they are the connections that wait to be accepted, and how many may.
 */
import type { Tcp } from "../tcp/tcp.ts";
import { formatSocketAddress, type Port } from "./address.ts";
import type { Process } from "./descriptors.ts";

/** One line. */
export interface TableRow {
  /** As `ss` calls it: "LISTEN", "ESTAB", "UNCONN" for a socket that neither listens nor has a connection. */
  readonly state: string;
  readonly receiveQueue: number;
  readonly sendQueue: number;
  readonly local: string;
  /** "*" when there is none. */
  readonly peer: string;
  /** "server:3"; several, if there are. */
  readonly openAs: readonly string[];
}

/** Everything on a host: what `processes` have open, and what nobody has. */
export function socketTable(tcp: Tcp, processes: readonly Process[]): TableRow[] {
  const names = new Map<unknown, string[]>();
  const rows: TableRow[] = [];
  const unconnected: TableRow[] = [];
  for (const process of processes) {
    for (const [descriptor, socket] of process.sockets()) {
      const held = socket.listener ?? socket.connection ?? socket;
      const known = names.get(held);
      const openAs = known ?? [];
      openAs.push(`${process.name}:${descriptor}`);
      names.set(held, openAs);
      if (held !== socket || known !== undefined) continue;
      const local = formatSocketAddress(socket.localAddress);
      unconnected.push({ state: "UNCONN", receiveQueue: 0, sendQueue: 0, local, peer: "*", openAs });
    }
  }
  for (const listener of tcp.listeners) {
    const local = formatSocketAddress({ ip: listener.address, port: listener.port as Port });
    const queues = { receiveQueue: listener.queue.acceptCount(), sendQueue: listener.backlog };
    rows.push({ state: "LISTEN", ...queues, local, peer: "*", openAs: names.get(listener) ?? [] });
  }
  for (const connection of tcp.connections()) {
    const { state, localAddress, localPort, remoteAddress, remotePort } = connection.tcb;
    const queues = { receiveQueue: connection.readable, sendQueue: connection.unacknowledged };
    const local = formatSocketAddress({ ip: localAddress, port: localPort as Port });
    const peer = formatSocketAddress({ ip: remoteAddress, port: remotePort as Port });
    rows.push({ state: SHORT[state] ?? state, ...queues, local, peer, openAs: names.get(connection) ?? [] });
  }
  return [...rows, ...unconnected];
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
