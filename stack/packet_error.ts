/**
 * What is wrong with a packet of ours, in the words of ICMP (RFC 792, RFC 1122 §3.2.2.1): as the Internet layer tells it to the protocol that sent the
 * packet, and how an ICMP error quotes it.
 */
import type { IcmpMessage } from "./contract/ip.ts";
import type { Frame } from "./wire/frame.ts";
import { type Ipv4Address, readIpv4 } from "./wire/ipv4_address.ts";

const UNREACHABLE = 3;
const HOST_UNREACHABLE = 1, FRAGMENTATION_NEEDED = 4;

/** Who says so, and what. */
export interface PacketError {
  readonly type: number;
  readonly code: number;
  /** Of the next hop, for "fragmentation needed"; else 0. */
  readonly mtu: number;
  /** It never left this host, which knows that from its own link: no router may be wrong about it, and no stranger has forged it. */
  readonly isOurs: boolean;
}

/**
 * Hears of an error. `frame` begins behind the IP header of the packet, which was sent from `source` to `destination`; at least 8 bytes
 * are there.
 */
export type ErrorHandler = (error: PacketError, source: Ipv4Address, destination: Ipv4Address, frame: Frame, now: number) => void;

/** Nobody answers ARP for the next hop. */
export const NO_NEIGHBOUR: PacketError = { type: UNREACHABLE, code: HOST_UNREACHABLE, mtu: 0, isOurs: true };

/** The packet that an ICMP error quotes, as far as it does. */
export interface QuotedPacket {
  /** Offset of its IP header, and of what is behind that: 0 bytes or more of it. */
  readonly start: number;
  readonly payload: number;
  readonly protocol: number;
  readonly source: Ipv4Address;
  readonly destination: Ipv4Address;
  /** As its header says. */
  readonly totalLength: number;
}

/** Finds the packet that is quoted from `start` on; undefined when its header is not all there. */
export function findQuoted({ view, end }: Frame, start: number): QuotedPacket | undefined {
  const headerLength = end > start ? (view.getUint8(start) & 15) * 4 : 0;
  if (headerLength < 20 || end - start < headerLength) return undefined;
  return {
    start,
    payload: start + headerLength,
    protocol: view.getUint8(start + 9),
    source: readIpv4(view, start + 12),
    destination: readIpv4(view, start + 16),
    totalLength: view.getUint16(start + 2),
  };
}

/** What an ICMP error says of the packet that it quotes. */
export function readError({ type, code, rest }: IcmpMessage, { totalLength }: QuotedPacket): PacketError {
  const isTooLong = type === UNREACHABLE && code === FRAGMENTATION_NEEDED;
  return { type, code, mtu: isTooLong ? (rest & 0xffff) || plateauBelow(totalLength) : 0, isOurs: false };
}

/** MTUs that are found in practice (RFC 1191 §7), for routers that do not say what theirs is. */
const PLATEAUS = [32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296];

/** The likely MTU of a way on which a packet of this length was too long; never below 68, which every way carries. */
function plateauBelow(length: number): number {
  return PLATEAUS.find((plateau) => plateau < length) ?? 68;
}
