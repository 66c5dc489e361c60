/**
 * The IPv4 header (RFC 791 §3.1): reading it, writing it, and what a host or a router decides by looking at it.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------+-------+---------------+-------------------------------+
 *   0 |version|  IHL  |type of service|         total length          |
 *     +-------+-------+---------------+-----+-------------------------+
 *   4 |        identification         |0 D M|     fragment offset     |
 *     +---------------+---------------+-----+-------------------------+
 *   8 | time to live  |   protocol    |        header checksum        |
 *     +---------------+---------------+-------------------------------+
 *  12 |                        source address                         |
 *     +---------------------------------------------------------------+
 *  16 |                      destination address                      |
 *     +---------------------------------------------------------------+
 *  20 |         options, padded to a multiple of 4 (IHL > 5)          |
 *     +---------------------------------------------------------------+
 *
 * Nothing here trusts a length that a packet claims before it is compared with what was received, and nothing
 * throws because of what a packet contains: a bad packet is a string that says why.
 */
import type { AddressKind, AdmitReject, Arrival, Ipv4Fields, Ipv4Header, Ipv4Interface, Ipv4Reject } from "../../stack/contract/ip.ts";
import type { Frame } from "../../stack/wire/frame.ts";
import type { Ipv4Address } from "../../stack/wire/ipv4_address.ts";
import { todo } from "../../stack/wire/not_implemented.ts";

/** Bytes of a header without options. */
const HEADER_LENGTH = 20;
/** The flags, in the 16 bits at byte 6. */
const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
/** The rest of those 16 bits: the fragment offset, in units of 8 bytes. */
const OFFSET_MASK = 0x1fff;
/** The longest packet there is: its length must fit into 16 bits. */
const MAX_LENGTH = 0xffff;

/**
 * Reads the header of the packet that lies between `frame.start` and `frame.end`, and changes nothing.
 *
 * The checks come in the order of `Ipv4Reject`, and the order is the point: no byte is looked at before it is known
 * to be there, and no length is used before it is known to be possible. The packet may be shorter than what was
 * received (Ethernet pads to 46 bytes); it is never longer. See stack/contract/ip.ts.
 */
export function parseIpv4(frame: Frame): Ipv4Header | Ipv4Reject {
  return todo("parseIpv4", frame, HEADER_LENGTH, DONT_FRAGMENT, MORE_FRAGMENTS, OFFSET_MASK, MAX_LENGTH);
}

/**
 * Steps over the options in `frame.bytes` from `start` up to `end`, understood or not. Three forms (RFC 791 §3.1):
 *
 *     00                      end of the list; what follows is padding
 *     01                      no operation, one byte
 *     type length data …      any other; length counts type and length too
 *
 * Returns -1 when all is well; otherwise the offset of the byte that is wrong, which an ICMP parameter problem points
 * at: the length byte, or the type byte when its length byte is missing. See stack/contract/ip.ts.
 */
export function findBadOption(frame: Frame, start: number, end: number): number {
  return todo("findBadOption", frame, start, end);
}

/**
 * Pushes a header of 20 bytes in front of the payload that is in `frame`; afterwards the frame holds the whole packet.
 * Fields that are not given are 0 or false. The reserved flag is 0. The total length follows from the frame. The
 * checksum comes last, over all the others. See stack/contract/ip.ts.
 */
export function writeIpv4(frame: Frame, fields: Ipv4Fields): void {
  return todo("writeIpv4", frame, fields, HEADER_LENGTH, DONT_FRAGMENT, MORE_FRAGMENTS);
}

/**
 * Says what an address is to a host with these interfaces: one of its own, one that means everybody, one that no host
 * can have, or another host's. A directed broadcast has all host bits set: 10.44.0.255 for 10.44.0.2/24
 * (RFC 1122 §3.2.1.3); a net of two addresses (/31, RFC 3021) or of one (/32) has none. All host bits 0 is no special
 * address. See stack/contract/ip.ts.
 */
export function classifyAddress(address: Ipv4Address, interfaces: readonly Ipv4Interface[]): AddressKind {
  return todo("classifyAddress", address, interfaces);
}

/**
 * Decides what becomes of a packet whose header is good. First the source: an answer would go there, so it must be one
 * host that is not ourselves. Then the destination: us (or everybody), or somebody else, for whom only a router has a
 * use. A frame that the link sent to everybody may not be for one host alone: one such packet would otherwise
 * make every router on the link forward it, or every host answer. See stack/contract/ip.ts.
 */
export function admit(header: Ipv4Header, arrival: Arrival): "deliver" | "forward" | AdmitReject {
  return todo("admit", header, arrival);
}

/**
 * Takes one hop off the packet at `frame.start`, which is to be forwarded: writes TTL − 1, and the checksum that goes
 * with it, found with `updateChecksum`. TTL shares its 16-bit word with the protocol. Returns false, and changes
 * nothing, when the TTL is 0 or 1: this was its last hop (RFC 1812 §5.3.1). See stack/contract/ip.ts.
 */
export function decrementTtl(frame: Frame): boolean {
  return todo("decrementTtl", frame);
}

/**
 * The source of identification numbers. Fragments of two packets must not be mixed up, so a number must not come again
 * for the same source, destination and protocol while fragments of its last bearer may be under way (RFC 6864 §4).
 * With 16 bits the best one can do is 65 536 numbers before the first comes again.
 *
 * `seed` is any whole number from 0 to 2³² − 1. The memory that this needs must not grow with the number of destinations:
 * anybody can make a host talk to one more. See stack/contract/ip.ts.
 */
export function createIdentifiers(seed: number): { next(source: Ipv4Address, destination: Ipv4Address, protocol: number): number } {
  return todo("createIdentifiers", seed);
}
