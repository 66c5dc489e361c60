/**
 * The contract of lab 09: datagrams (RFC 768, RFC 1122 §4.1).
 *
 * UDP adds two things to IP: ports, so that programs can be told apart, and a checksum over the whole. What a program hands over in one call
 * arrives as one datagram, or not at all; there is no connection, no order, nothing is sent again, and nobody is asked whether he wants it. What
 * TCP's socket finds by two address pairs, a datagram's finds by one: its own.
 */
import type { Frame } from "../wire/frame.ts";
import type { Ipv4Address } from "../wire/ipv4_address.ts";
import type { Checksum } from "./tcb.ts";

/** What a UDP header says, and where the payload lies. */
export interface Datagram {
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Offset of the first byte behind the header, in the frame. */
  readonly payload: number;
  /** Bytes of payload, 0 to 65507. */
  readonly length: number;
}

/** Why a datagram is dropped. */
export type DatagramReject =
  /** Less than the 8 bytes of a header. */
  | "too short"
  /** The length field is less than 8, or more than IP brought. */
  | "bad length"
  | "bad checksum";

/** What was taken out of a queue. */
export interface Received {
  /** Bytes copied. */
  readonly count: number;
  /** Bytes of the datagram. When there are more than were copied, the rest is lost. */
  readonly length: number;
  /** Who sent it. */
  readonly address: Ipv4Address;
  readonly port: number;
  /** The address that it was sent to: one of this host's, or everybody's (RFC 1122 §4.1.3.5). */
  readonly localAddress: Ipv4Address;
}

/** What a socket has received and its program has not: whole datagrams, in the order in which they came. */
export interface DatagramQueue {
  /**
   * Adds a copy of `length` bytes that lie at `at` in `frame`, with their sender and the address that they were sent to. False, and nothing is kept, when the queue is full: each datagram
   * takes its bytes and 28 more, for its headers, so that empty ones cannot fill the memory; one that finds less room than that is lost. An empty queue takes
   * any datagram, however long.
   */
  push(frame: Frame, at: number, length: number, address: Ipv4Address, port: number, localAddress: Ipv4Address): boolean;
  /**
   * Takes out the oldest datagram, and copies as much of it as fits: up to `count` bytes (0 or more), to `at` in `target`. `peek`: it stays where
   * it is. Undefined when there is none.
   */
  read(target: Uint8Array, at: number, count: number, peek: boolean): Received | undefined;
  /** Datagrams that wait, and the bytes of payload of the oldest: 0 when there is none. */
  size(): number;
  nextLength(): number;
}

/** Which socket a datagram is for. `S` is the engine's socket; 0.0.0.0 as a local address is every address of the host. */
export interface DatagramTable<S> {
  /**
   * A socket is bound. Several may be bound alike, and one to several pairs, at each of which it stands for itself; the engine has asked the ports
   * whether that may be.
   */
  add(localAddress: Ipv4Address, localPort: number, socket: S): void;
  /** It is no longer. False when it was not bound so. What it was connected to goes with it. */
  remove(localAddress: Ipv4Address, localPort: number, socket: S): boolean;
  /**
   * From now on the socket, which is bound so, hears only this sender. Port 0: anybody again. When it was added does not change. A UDP socket that is
   * "connected" has sent nothing, and nobody knows of it but its own host.
   */
  connect(localAddress: Ipv4Address, localPort: number, socket: S, remoteAddress: Ipv4Address, remotePort: number): void;
  /**
   * The one socket for a datagram to this local pair, from this remote one. Those that are connected to somebody else are out. Of the others: one that is
   * connected before one that is not; then one with the very address before one with 0.0.0.0; then the one that was added last. Called for each datagram: it
   * allocates nothing.
   */
  find(localAddress: Ipv4Address, localPort: number, remoteAddress: Ipv4Address, remotePort: number): S | undefined;
  /**
   * For a datagram to everybody: calls back for each socket of this port that is bound to 0.0.0.0, or to `localAddress` (the address of the interface that
   * it came in by), and not connected to somebody else. What `visit` adds or removes changes nothing for this datagram.
   */
  forEach(localAddress: Ipv4Address, localPort: number, remoteAddress: Ipv4Address, remotePort: number, visit: (socket: S) => void): void;
  /** Sockets in the table. */
  size(): number;
}

/** What a socket's program is told of an ICMP error. */
export type DatagramFailure =
  /** Nobody has that port, or the host has no UDP. */
  | "refused"
  /** There is no way there. */
  | "unreachable"
  /** It may not be cut, and is too long for the way. */
  | "too long";

/** What lab 09 provides. */
export interface DatagramsModule {
  /**
   * Reads the datagram that lies between `frame.start` and `frame.end` (all that IP carried), and changes nothing. `source` and `destination` are IP's. Checked in
   * this order: too short, bad length, bad checksum. The length field counts header and payload; what lies behind it is padding, and not looked at. The checksum covers the
   * pseudo-header (RFC 768), with UDP's length, and `length` bytes, in one call of `checksum`; 0 on the wire means that the sender made none, and nothing is
   * wrong with it.
   */
  parseDatagram(frame: Frame, source: Ipv4Address, destination: Ipv4Address, checksum: Checksum): Datagram | DatagramReject;
  /**
   * Pushes a header in front of the payload in `frame`, checksum included: what one call of `checksum` returns, with 0 in the field meanwhile. A sum of 0
   * is written as ffff, which in ones' complement is the same number and on the wire another (RFC 768).
   */
  writeDatagram(
    frame: Frame,
    sourcePort: number,
    destinationPort: number,
    source: Ipv4Address,
    destination: Ipv4Address,
    checksum: Checksum,
  ): void;
  /** An empty table. */
  createDatagramTable<S>(): DatagramTable<S>;
  /** An empty queue. `capacity` in bytes, 1 or more. */
  createDatagramQueue(capacity: number): DatagramQueue;
  /**
   * What an ICMP error (RFC 792: its type and code) about a datagram means for the socket that sent it. A socket that is not `connected` may have written to
   * many, and could not know whom the error is about: it is told nothing. Port and protocol unreachable (3/3, 3/2): "refused". Fragmentation needed (3/4): "too
   * long". All other codes of 3: "unreachable". Time exceeded and parameter problem pass, or are nothing that a program could help: undefined, like all the
   * rest.
   */
  failureOf(type: number, code: number, connected: boolean): DatagramFailure | undefined;
}
