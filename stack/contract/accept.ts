/**
 * The contract of lab 07: ports, the table by which a segment finds its connection, and listening sockets (RFC 9293 §3.9.1, §3.10.7, RFC
 * 6335, RFC 6056).
 *
 * Four things that are easily confused. An *address* is a host's, 32 bits. A *port* is a number of 16 bits at an address; both together are
 * the name of one end, a pair. A *connection* is two such pairs, ours and theirs. A *socket* is what an application holds in its hand: one that
 * listens has a pair and no connection, and makes connections; one that was accepted, or has connected, has a connection.
 */
import type { Ipv4Address } from "../wire/ipv4_address.ts";

/** Why an address and port cannot be had. */
export type BindReject =
  /** Somebody has it. */
  | "address in use"
  /** The address is none of this host's. */
  | "address not available"
  /** A well-known port (below 1024) without the right to it. */
  | "permission denied"
  /** All ephemeral ports are taken. */
  | "no port free";

/** How ports are given out. */
export interface PortOptions {
  /** First and last ephemeral port: 49152 to 65535 (RFC 6335 §6). */
  readonly firstEphemeral: number;
  readonly lastEphemeral: number;
  /** Well-known ports may be bound. */
  readonly privileged: boolean;
  /** Uniform random numbers in [0, 1): each search for an ephemeral port begins at a random place (RFC 6056 §3.3.1). */
  readonly random: () => number;
}

/** Which local (address, port) pairs are taken. 0.0.0.0 is every address of the host, so it overlaps with each of them. */
export interface Ports {
  /**
   * Takes a port, 0 to 65535. Two binds of one port go together when their addresses do not overlap, or when both set `reuse` and neither
   * listens. Port 0: any ephemeral one that nobody holds on an overlapping address, whether he set `reuse` or not. `own`: the host's
   * addresses. Returns the port, or why not; checked in this order: address not available; for port 0, which needs no right, no port free; for any
   * other, permission denied, then address in use.
   */
  bind(address: Ipv4Address, port: number, reuse: boolean, own: readonly Ipv4Address[]): number | BindReject;
  /**
   * The socket bound so begins to listen: from now on nobody else may take its port on an overlapping address. False when somebody listens
   * on such a one already, or nothing is bound so. The engine only asks for a pair that it has bound.
   */
  listen(address: Ipv4Address, port: number): boolean;
  /**
   * An accepted connection takes its local pair, which it has from its listener, with the listener's `reuse`. Never refused: the listener
   * may go, the port is taken until the last of its connections is over, TIME-WAIT included.
   */
  share(address: Ipv4Address, port: number, reuse: boolean): void;
  /** Gives one bind or share of this pair back: the listener's when `listening`, otherwise one of the others. What was not taken changes nothing. */
  release(address: Ipv4Address, port: number, listening: boolean): void;
  /** Binds and shares that are held. */
  size(): number;
}

/** The connections and listeners of a host. `T` is the engine's connection, `L` its listening socket. */
export interface ConnectionTable<T, L> {
  /** Adds a connection under both address pairs; false when there is one already. A connection is in the table once. */
  add(localAddress: Ipv4Address, localPort: number, remoteAddress: Ipv4Address, remotePort: number, connection: T): boolean;
  /** Takes a connection out; false when there is none. */
  remove(localAddress: Ipv4Address, localPort: number, remoteAddress: Ipv4Address, remotePort: number): boolean;
  /** The connection with exactly both pairs. Called for each segment: it allocates nothing. */
  find(localAddress: Ipv4Address, localPort: number, remoteAddress: Ipv4Address, remotePort: number): T | undefined;
  /** Adds a listening socket for a local pair, 0.0.0.0 for any address; false when there is one already. */
  addListener(localAddress: Ipv4Address, localPort: number, listener: L): boolean;
  removeListener(localAddress: Ipv4Address, localPort: number): boolean;
  /** The listener for a segment to this pair: the one with the very address before the one with 0.0.0.0. */
  findListener(localAddress: Ipv4Address, localPort: number): L | undefined;
  /** Connections in the table. */
  size(): number;
  /** Calls back for each connection, in the order in which they were added. What is called may remove the one that it is given. */
  forEach(visit: (connection: T) => void): void;
}

/** The queues of a listening socket. It never becomes a connection: it makes them. */
export interface AcceptQueue<T> {
  /** A SYN came: whether a half-open connection may be added. At most `backlog` are half-open; and none is added while the accept queue is full. */
  admits(): boolean;
  /** A connection is half-open (SYN-RECEIVED). The caller has asked `admits`. */
  halfOpen(connection: T): void;
  /**
   * It is established: it moves into the accept queue. False when that is full (the connection then stays half-open, and is offered again), or it
   * was not half-open. The engine asks `acceptCount` first: while the queue is full it does not hear the ACK that would complete a handshake.
   */
  established(connection: T): boolean;
  /** It ended before it was accepted: it leaves whichever queue it is in, if it is in one. */
  drop(connection: T): void;
  /** The connection that was established first, taken out; undefined when none waits. */
  accept(): T | undefined;
  /** How many wait, in each queue. */
  halfOpenCount(): number;
  acceptCount(): number;
  /** Everything in both queues, in any order, for closing them: a list of its own, which does not change when connections are dropped. */
  all(): readonly T[];
}

/** What lab 07 provides. */
export interface AcceptModule {
  createPorts(options: PortOptions): Ports;
  createConnectionTable<T, L>(): ConnectionTable<T, L>;
  /** `backlog`: 1 to 4096 (the engine asks for no more); the accept queue holds as many, the half-open queue too. */
  createAcceptQueue<T>(backlog: number): AcceptQueue<T>;
}
