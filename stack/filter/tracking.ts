/**
 * Which connection a packet belongs to, and what state rules see (`state` in stack/filter/rules.ts):
 *
 *     new           it begins a connection, or goes on calling and has no answer yet
 *     established   both ends have been heard in this connection
 *     related       an ICMP error about a packet of a connection
 *     invalid       none of these: a segment of no connection that does not open one, an answer that nobody asked for, an error about a packet
 *                   that was never here, or a checksum that is wrong
 *
 * A connection is remembered when its first packet has passed all hooks, not before: what the rules drop costs no memory. TCP is followed by its
 * flags alone, SYN, FIN and RST, not by its sequence numbers. So whoever guesses addresses and ports can have a connection called "closing" with a forged RST:
 * its time is shorter then, and it goes on, for only the ends decide.
 */
import type { IpModule } from "../contract/ip.ts";
import { findQuoted } from "../packet_error.ts";
import { ACK, FIN, RST, SYN } from "../wire/tcp_flags.ts";
import { Connection, type ConnectionTable, type Phase } from "./connections.ts";
import { ICMP, isIcmpQuery, isIcmpRequest, type Packet, TCP, UDP } from "./packet.ts";
import { pseudoSum } from "./reset.ts";
import { STATES } from "./rules.ts";

/** Finds the connection of a packet that has just been read, or begins one, which is not in the table yet. */
export function recognize(packet: Packet, table: ConnectionTable, ip: IpModule, now: number): void {
  packet.state = STATES.invalid;
  if (packet.in !== -1 && !isSound(packet, ip)) return; // of our own we know that it is right
  if (packet.isError) return recognizeError(packet, table, now);
  const { protocol, source, sourcePort, destination, destinationPort } = packet;
  const tuple = table.find(protocol, source, sourcePort, destination, destinationPort, now);
  if (tuple === undefined) {
    const phase = firstPhase(packet);
    if (phase === undefined) return;
    packet.connection = new Connection(packet, phase);
    packet.state = STATES.new;
  } else {
    const { connection, isReply } = tuple;
    const isCall = protocol === TCP && connection.phase === "closing" && isOpening(packet.flags);
    // The ports of a connection that is over may be used again, by the one who used them before: the other was never let in.
    if (isCall && isReply) return;
    packet.connection = connection;
    packet.isReply = isReply;
    packet.state = !isCall && (connection.isAnswered || isReply) ? STATES.established : STATES.new;
  }
}

/** The packet belongs to the connection of another, which it answers. */
export function recognizeAnswer(packet: Packet, about: Packet): void {
  packet.connection = about.connection;
  packet.isReply = !about.isReply;
  packet.state = packet.isError ? STATES.related : STATES.established;
  if (packet.isError) readQuoted(packet);
}

/** A packet of a known connection has passed all hooks: what does that say about the connection? */
export function advance(packet: Packet, connection: Connection, table: ConnectionTable, now: number): void {
  if (packet.isError) return; // it says nothing about how much the ends still have to say (RFC 5508 §4.3 REQ-6)
  const isCallAgain = connection.phase === "closing" && packet.protocol === TCP && isOpening(packet.flags);
  if (isCallAgain) {
    connection.isAnswered = false;
    connection.fins = 0;
  } else if (packet.isReply) connection.isAnswered = true;
  table.touch(connection, isCallAgain ? "opening" : nextPhase(packet, connection), now);
}

function nextPhase({ protocol, flags, isReply }: Packet, connection: Connection): Phase {
  const { phase } = connection;
  if (protocol === ICMP) return "query";
  if (protocol !== TCP) return connection.isAnswered ? "answered" : "unanswered";
  if (flags & FIN) connection.fins |= isReply ? 2 : 1;
  if (flags & RST || connection.fins === 3) return "closing";
  // The third segment of the handshake: before it, a flood of forged SYNs would be given two hours each.
  return phase === "opening" && connection.isAnswered && !isReply && (flags & (SYN | ACK)) === ACK ? "established" : phase;
}

/** The phase of the connection that a packet can begin, if it can. */
function firstPhase({ protocol, flags, icmpType }: Packet): Phase | undefined {
  if (protocol === TCP) return isOpening(flags) ? "opening" : undefined;
  if (protocol === ICMP) return isIcmpQuery(icmpType) && isIcmpRequest(icmpType) ? "query" : undefined;
  return "unanswered";
}

/** A SYN that calls. */
function isOpening(flags: number): boolean {
  return (flags & (SYN | ACK | RST | FIN)) === SYN;
}

/** The header is whole and the checksum is right, as far as there is one. Nothing that its receiver will not believe may tell us anything. */
export function isSound(packet: Packet, ip: IpModule): boolean {
  const { frame, protocol, payload, end } = packet;
  if (frame === undefined || !packet.isComplete) return false;
  if (protocol === ICMP) return ip.internetChecksum(frame.view, payload, end) === 0;
  if (protocol === UDP) {
    const length = frame.view.getUint16(payload + 4);
    if (frame.view.getUint16(payload + 6) === 0) return true;
    return ip.internetChecksum(frame.view, payload, payload + length, pseudoSum(packet.source, packet.destination, UDP, length)) === 0;
  }
  if (protocol !== TCP) return true;
  return ip.internetChecksum(frame.view, payload, end, pseudoSum(packet.source, packet.destination, TCP, end - payload)) === 0;
}

/** An ICMP error travels against the packet that it quotes (RFC 5508 §4). */
function recognizeError(packet: Packet, table: ConnectionTable, now: number): void {
  const quoted = readQuoted(packet);
  if (quoted === undefined) return;
  const { protocol, source, sourcePort, destination, destinationPort } = quoted;
  const tuple = table.find(protocol, destination, destinationPort, source, sourcePort, now);
  if (tuple === undefined) return;
  packet.connection = tuple.connection;
  packet.isReply = tuple.isReply;
  packet.state = STATES.related;
}

/** Reads the packet that an error quotes; undefined, where ports cannot be seen. */
function readQuoted(packet: Packet): Packet | undefined {
  const { frame, payload } = packet;
  const quoted = frame && findQuoted(frame, payload + 8);
  if (frame === undefined || quoted === undefined) return undefined;
  return packet.quote(frame, quoted);
}
