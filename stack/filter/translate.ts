/**
 * Address translation (RFC 2663, RFC 3022): what a connection's tuples say is written into a packet, and its checksums are mended, not computed
 * anew (RFC 1624). A sum that was wrong stays wrong, so that a NAT never makes a damaged packet look whole; and a packet of 64 KB costs as much as one of 40 bytes.
 *
 *     arrives as one tuple    10.44.1.2:40000 > 198.51.100.7:80
 *     the other tuple         198.51.100.7:80 > 192.0.2.1:61234
 *     leaves as its mirror    192.0.2.1:61234 > 198.51.100.7:80
 *
 * An ICMP error is translated twice (RFC 5508 §4): its own header, and the packet that it quotes, which travelled the other way. Otherwise the host that is
 * told would not know of which of its packets.
 */
import type { IpModule } from "../contract/ip.ts";
import type { Ipv4Address } from "../wire/ipv4_address.ts";
import type { Connection, ConnectionTable, Tuple } from "./connections.ts";
import { ICMP, type Packet, QUERY, TCP, UDP } from "./packet.ts";
import type { PortRange } from "./rules.ts";

/** Translates where a packet goes, as its connection wants it; at prerouting. True when that changed anything. */
export function translateDestination(packet: Packet, { original, reply }: Connection, ip: IpModule): boolean {
  const [mine, other] = packet.isReply ? [reply, original] : [original, reply];
  if (mine.destination === other.source && mine.destinationPort === other.sourcePort) return false;
  if (!packet.isError) {
    write(packet, "destination", other.source, other.sourcePort, ip);
    return true;
  }
  if (packet.destination === mine.destination) write(packet, "destination", other.source, 0, ip);
  writeQuoted(packet, "source", other.source, other.sourcePort, ip);
  return true;
}

/** Translates where a packet comes from; at postrouting. True when that changed anything. */
export function translateSource(packet: Packet, { original, reply }: Connection, ip: IpModule): boolean {
  const [mine, other] = packet.isReply ? [reply, original] : [original, reply];
  if (mine.source === other.destination && mine.sourcePort === other.destinationPort) return false;
  if (!packet.isError) {
    write(packet, "source", other.destination, other.destinationPort, ip);
    return true;
  }
  // Whoever reports it, on that side nobody must be seen but the one who was called.
  write(packet, "source", other.destination, 0, ip);
  writeQuoted(packet, "destination", other.destination, other.destinationPort, ip);
  return true;
}

/** Undoes `translateSource` on a packet that did not get far: it is again as it came. */
export function restoreSource(packet: Packet, { connection, isReply }: Tuple, ip: IpModule): void {
  const mine = isReply ? connection.original : connection.reply;
  write(packet, "source", mine.source, mine.sourcePort, ip);
}

/** From now on the packets of this caller are for somebody else. */
export function bindDestination({ reply }: Connection, address: Ipv4Address, port: number | undefined): void {
  reply.source = address;
  reply.sourcePort = port ?? reply.sourcePort;
}

/**
 * From now on the packets of this caller come from `address`, and from its own port, or one like it that is free with that address and the one who is called:
 * above 1023 or not, even or odd (RFC 4787 §4.2.2). `ports` are those that may be used, where they are not all. False when none is free.
 */
export function bindSource(
  { original, reply }: Connection,
  address: Ipv4Address,
  ports: PortRange | undefined,
  table: ConnectionTable,
  random: () => number,
  now: number,
): boolean {
  const isFree = (port: number): boolean => table.find(reply.protocol, reply.source, reply.sourcePort, address, port, now) === undefined;
  const port = hasPorts(reply.protocol) ? freePort(original.sourcePort, ports, reply.protocol, random, isFree) : isFree(0) ? 0 : undefined;
  if (port === undefined) return false;
  reply.destination = address;
  reply.destinationPort = port;
  return true;
}

function freePort(
  own: number,
  ports: PortRange | undefined,
  protocol: number,
  random: () => number,
  isFree: (port: number) => boolean,
): number | undefined {
  const first = ports?.first ?? (protocol === ICMP ? 0 : own < 1024 ? 1 : 1024);
  const last = ports?.last ?? (protocol === ICMP || own >= 1024 ? 65535 : 1023);
  if (own >= first && own <= last && isFree(own)) return own;
  const isPaired = ports === undefined && protocol !== ICMP;
  const step = isPaired ? 2 : 1;
  const lowest = isPaired && (first + own) % 2 !== 0 ? first + 1 : first;
  const count = Math.floor((last - lowest) / step) + 1;
  const begin = Math.floor(random() * count);
  // No more tries than there are connections can find a port taken, so the table's bound is this loop's.
  for (let i = 0; i < count; i++) {
    const port = lowest + (begin + i) % count * step;
    if (isFree(port)) return port;
  }
  return undefined;
}

function hasPorts(protocol: number): boolean {
  return protocol === TCP || protocol === UDP || protocol === ICMP;
}

/** Writes the address and the port of one side of a packet, and mends what covers them. */
function write(packet: Packet, side: "source" | "destination", address: Ipv4Address, port: number, ip: IpModule): void {
  const { start, payload, protocol } = packet;
  const view = packet.frame?.view;
  if (view === undefined) return;
  const at = start + (side === "source" ? 12 : 16);
  const sumAt = checksumAt(packet, view);
  const pseudoAt = protocol === ICMP ? -1 : sumAt; // ICMP's checksum does not cover addresses
  writeWord(view, at, address >>> 16, start + 10, pseudoAt, ip);
  writeWord(view, at + 2, address & 0xffff, start + 10, pseudoAt, ip);
  if (protocol === ICMP) {
    // The identifier is the port of the one who asks, and the other has none.
    const isId = (side === "source" ? packet.sourcePort : packet.destinationPort) < QUERY;
    if (!packet.isError && isId) writeWord(view, payload + 4, port, sumAt, -1, ip);
  } else if (hasPorts(protocol)) writeWord(view, payload + (side === "source" ? 0 : 2), port, sumAt, -1, ip);
  if (protocol === UDP && sumAt !== -1 && view.getUint16(sumAt) === 0) view.setUint16(sumAt, 0xffff); // 0 would mean that there is none (RFC 768)
  if (side === "source") {
    packet.source = address;
    if (!packet.isError) packet.sourcePort = port;
  } else {
    packet.destination = address;
    if (!packet.isError) packet.destinationPort = port;
  }
}

/** The same for the packet that an ICMP error quotes; the error's own checksum covers all of that. */
function writeQuoted(packet: Packet, side: "source" | "destination", address: Ipv4Address, port: number, ip: IpModule): void {
  const view = packet.frame?.view;
  if (packet.quoted === undefined || view === undefined) return;
  write(packet.quoted, side, address, port, ip);
  view.setUint16(packet.payload + 2, 0); // it was right when it came, or this would be no error to us
  view.setUint16(packet.payload + 2, ip.internetChecksum(view, packet.payload, packet.end));
}

function writeWord(view: DataView, at: number, value: number, sumAt: number, otherSumAt: number, ip: IpModule): void {
  const before = view.getUint16(at);
  view.setUint16(at, value);
  if (sumAt !== -1) view.setUint16(sumAt, ip.updateChecksum(view.getUint16(sumAt), before, value));
  if (otherSumAt !== -1) view.setUint16(otherSumAt, ip.updateChecksum(view.getUint16(otherSumAt), before, value));
}

/** Where the checksum lies of what IP carries; -1 where there is none, or it is not quoted. */
function checksumAt({ protocol, payload, end }: Packet, view: DataView): number {
  if (protocol === TCP) return payload + 18 <= end ? payload + 16 : -1;
  if (protocol === ICMP) return payload + 2;
  return protocol === UDP && view.getUint16(payload + 6) !== 0 ? payload + 6 : -1;
}
