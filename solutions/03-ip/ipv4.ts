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
import { directedBroadcast, type Ipv4Address, LIMITED_BROADCAST, readIpv4, UNSPECIFIED } from "../../stack/wire/ipv4_address.ts";
import { internetChecksum, updateChecksum } from "./checksum.ts";

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
  // region parseIpv4
  const { view, start } = frame;
  const received = frame.length;
  if (received < HEADER_LENGTH) return "truncated";
  const first = view.getUint8(start);
  if (first >>> 4 !== 4) return "bad version";
  const headerLength = (first & 15) * 4;
  if (headerLength < HEADER_LENGTH || headerLength > received) return "bad header length";
  const totalLength = view.getUint16(start + 2);
  if (totalLength < headerLength || totalLength > received) return "bad total length";
  // A sum over data and its own checksum comes to zero (RFC 1071 §1).
  if (internetChecksum(view, start, start + headerLength) !== 0) return "bad header checksum";

  const flagsAndOffset = view.getUint16(start + 6);
  const moreFragments = (flagsAndOffset & MORE_FRAGMENTS) !== 0;
  const fragmentOffset = (flagsAndOffset & OFFSET_MASK) * 8;
  if (isBadFragment(fragmentOffset, totalLength - headerLength, moreFragments)) return "bad fragment";
  return {
    typeOfService: view.getUint8(start + 1),
    identification: view.getUint16(start + 4),
    dontFragment: (flagsAndOffset & DONT_FRAGMENT) !== 0,
    moreFragments,
    fragmentOffset,
    timeToLive: view.getUint8(start + 8),
    protocol: view.getUint8(start + 9),
    source: readIpv4(view, start + 12),
    destination: readIpv4(view, start + 16),
    payload: start + headerLength,
    end: start + totalLength,
  };
  // endregion
}

// region fragment-check
/** Whether a piece of that length at that offset can be part of any packet. A whole packet (offset 0, last) always can. */
function isBadFragment(offset: number, length: number, moreFragments: boolean): boolean {
  if (offset === 0 && !moreFragments) return false;
  if (length === 0 || offset + length > MAX_LENGTH) return true;
  // Offsets count in eights, so where this piece ends the next could not begin.
  return moreFragments && length % 8 !== 0;
}
// endregion

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
  // region findBadOption
  let at = start;
  while (at < end) {
    const type = frame.view.getUint8(at);
    if (type === 0) return -1;
    if (type === 1) {
      at += 1;
      continue;
    }
    if (at + 1 === end) return at;
    const length = frame.view.getUint8(at + 1);
    // A length below 2 would not move us on: the loop that never ended in many a stack.
    if (length < 2 || at + length > end) return at + 1;
    at += length;
  }
  return -1;
  // endregion
}

/**
 * Pushes a header of 20 bytes in front of the payload that is in `frame`; afterwards the frame holds the whole packet.
 * Fields that are not given are 0 or false. The reserved flag is 0. The total length follows from the frame. The
 * checksum comes last, over all the others. See stack/contract/ip.ts.
 */
export function writeIpv4(frame: Frame, fields: Ipv4Fields): void {
  // region writeIpv4
  const { view } = frame;
  const at = frame.push(HEADER_LENGTH);
  const flags = (fields.dontFragment ? DONT_FRAGMENT : 0) | (fields.moreFragments ? MORE_FRAGMENTS : 0);
  view.setUint8(at, 4 << 4 | HEADER_LENGTH / 4);
  view.setUint8(at + 1, fields.typeOfService ?? 0);
  view.setUint16(at + 2, frame.length);
  view.setUint16(at + 4, fields.identification);
  view.setUint16(at + 6, flags | (fields.fragmentOffset ?? 0) / 8);
  view.setUint8(at + 8, fields.timeToLive);
  view.setUint8(at + 9, fields.protocol);
  view.setUint16(at + 10, 0);
  view.setUint32(at + 12, fields.source);
  view.setUint32(at + 16, fields.destination);
  view.setUint16(at + 10, internetChecksum(view, at, at + HEADER_LENGTH));
  // endregion
}

/**
 * Says what an address is to a host with these interfaces: one of its own, one that means everybody, one that no host
 * can have, or another host's. A directed broadcast has all host bits set: 10.44.0.255 for 10.44.0.2/24
 * (RFC 1122 §3.2.1.3); a net of two addresses (/31, RFC 3021) or of one (/32) has none. All host bits 0 is no special
 * address. See stack/contract/ip.ts.
 */
export function classifyAddress(address: Ipv4Address, interfaces: readonly Ipv4Interface[]): AddressKind {
  // region classifyAddress
  for (const own of interfaces) {
    if (address === own.address) return "own";
  }
  if (address === LIMITED_BROADCAST) return "broadcast";
  for (const own of interfaces) {
    if (address === directedBroadcast(own.address, own.prefixLength)) return "broadcast";
  }
  if (address === UNSPECIFIED) return "unspecified";
  if (address >>> 24 === 127) return "loopback";
  if (address >>> 28 === 0b1110) return "multicast";
  if (address >>> 28 === 0b1111) return "reserved";
  return "other";
  // endregion
}

/**
 * Decides what becomes of a packet whose header is good. First the source: an answer would go there, so it must be one
 * host that is not ourselves. Then the destination: us (or everybody), or somebody else, for whom only a router has a
 * use. A frame that the link sent to everybody may not be for one host alone: one such packet would otherwise
 * make every router on the link forward it, or every host answer. See stack/contract/ip.ts.
 */
export function admit(header: Ipv4Header, arrival: Arrival): "deliver" | "forward" | AdmitReject {
  // region admit
  const source = classifyAddress(header.source, arrival.interfaces);
  if (source === "own") return "source is our own address";
  if (source !== "other") return "bad source address";

  const destination = classifyAddress(header.destination, arrival.interfaces);
  if (destination === "broadcast") return "deliver";
  if (destination !== "own" && destination !== "other") return "not for us";
  if (arrival.linkBroadcast) return "link broadcast for one host";
  if (destination === "own") return "deliver";
  return arrival.forwarding ? "forward" : "not for us";
  // endregion
}

/**
 * Takes one hop off the packet at `frame.start`, which is to be forwarded: writes TTL − 1, and the checksum that goes
 * with it, found with `updateChecksum`. TTL shares its 16-bit word with the protocol. Returns false, and changes
 * nothing, when the TTL is 0 or 1: this was its last hop (RFC 1812 §5.3.1). See stack/contract/ip.ts.
 */
export function decrementTtl(frame: Frame): boolean {
  // region decrementTtl
  const { view, start } = frame;
  const before = view.getUint16(start + 8);
  if (before >>> 8 <= 1) return false;
  const after = before - 0x0100;
  view.setUint16(start + 8, after);
  view.setUint16(start + 10, updateChecksum(view.getUint16(start + 10), before, after));
  return true;
  // endregion
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
  // region createIdentifiers
  // One counter for all would tell each of our peers how much we send to the others (RFC 6274 §3.5.2.1).
  const counters = new Uint16Array(256);
  return {
    next(source, destination, protocol): number {
      const hash = scramble(scramble(scramble(seed ^ source) ^ destination) ^ protocol);
      const bucket = hash & 0xff;
      const count = counters[bucket] as number;
      counters[bucket] = count + 1;
      return (hash >>> 16) + count & 0xffff;
    },
  };
  // endregion
}

// region hash
/** Spreads each bit of 32 over all of them: multiply by an odd number, bring the high bits down, again. */
function scramble(value: number): number {
  const once = Math.imul(value ^ value >>> 16, 0x7feb_352d);
  const twice = Math.imul(once ^ once >>> 15, 0x846c_a68b);
  return (twice ^ twice >>> 16) >>> 0;
}
// endregion
