/**
 * Lab 01: Ethernet II framing, all that stands between a packet and the wire. Fourteen bytes in front say for whom the
 * frame is, from whom, and what it carries; zeros behind fill up a frame that is too short; four bytes at the very end
 * tell whether a bit was changed on the way.
 *
 *     destination 6 | source 6 | EtherType 2 | payload 46 to 1500 | FCS 4
 *
 * Every frame passes through here, so nothing is made for a single frame: no array, no view, no string. Fields are read
 * where they lie, through `frame.view` and `frame.bytes`, at offsets that count from `frame.start`. A frame that is no
 * good is answered with a word that says why; nothing throws because of what a frame contains.
 *
 * Reads: stack/contract/framing.ts (the specification), stack/wire/frame.ts, stack/wire/mac_address.ts.
 * Sources: IEEE 802.3-2018 clause 3, RFC 894; for the CRC also RFC 1952 §8.
 */
import type { EthernetHeader, EtherProtocol, FrameLimits, FramingReject, MacFilter, MacMatch } from "../../stack/contract/framing.ts";
import type { Frame } from "../../stack/wire/frame.ts";
import { BROADCAST_MAC, type MacAddress, readMac, writeMac } from "../../stack/wire/mac_address.ts";

/** Bytes in front of the payload: two addresses and a type. */
const HEADER_LENGTH = 14;

/**
 * Reads the header of the frame between `frame.start` and `frame.end`, or says why there is none to read. The FCS is
 * already gone.
 *
 *     start            +6               +12   +14 = payload
 *     | destination 6  | source 6       | type 2 | payload …            | end
 *
 * In this order: a frame shorter than `limits.minimum`, or than a header, is a "runt"; one longer than `limits.maximum` a
 * "giant"; one *from* a group address (lowest bit of the address's first byte) has a "group source". Then the type:
 * up to 1500 it is the length of an IEEE 802.3 frame, from 0x0600 on a type, and in between nothing at all.
 *
 * IEEE 802.3 clause 3.2.6, RFC 894, RFC 1122 §2.3.3.
 */
export function parseEthernet(frame: Frame, limits: FrameLimits): EthernetHeader | FramingReject {
  // region parseEthernet
  // Lengths first: until they are known to be good, there may be no field to look at.
  if (frame.length < Math.max(HEADER_LENGTH, limits.minimum)) return "runt";
  if (frame.length > limits.maximum) return "giant";
  const { bytes, view, start } = frame;
  // The group bit leads on the wire: each byte is sent lowest bit first, so a station knows at once.
  if ((bytes[start + 6] as number) & 1) return "group source";
  const etherType = view.getUint16(start + 12);
  if (etherType <= 1500) return "length frame (802.3)";
  if (etherType < 0x0600) return "undefined type";
  return { destination: readMac(view, start), source: readMac(view, start + 6), etherType, payload: start + HEADER_LENGTH };
  // endregion
}

/**
 * Puts a header in front of the packet: grows the frame by 14 bytes at its front and fills them in.
 *
 *     before                       |start  packet … |end
 *     after    |start  header 14   |       packet … |end
 *
 * IEEE 802.3 clause 3.1.1, RFC 894.
 */
export function writeEthernet(frame: Frame, destination: MacAddress, source: MacAddress, etherType: number): void {
  // region writeEthernet
  const start = frame.push(HEADER_LENGTH);
  writeMac(frame.view, start, destination);
  writeMac(frame.view, start + 6, source);
  frame.view.setUint16(start + 12, etherType);
  // endregion
}

/**
 * Decides whether a station takes a frame that is addressed to `destination`, and as what: it is our own address, or
 * everybody's, or a group's that we joined. A station that is promiscuous takes the rest as well.
 *
 * IEEE 802.3 clauses 3.2.3 and 4.2.4.1.1, RFC 1112 §6.4.
 */
export function filterMac(destination: MacAddress, filter: MacFilter): MacMatch {
  // region filterMac
  if (destination === filter.own) return "unicast";
  if (destination === BROADCAST_MAC) return "broadcast";
  if (filter.groups.includes(destination)) return "multicast";
  return filter.promiscuous ? "promiscuous" : "not for us";
  // endregion
}

/**
 * Names the protocol that a frame carries: 0x0800 is "ipv4", 0x0806 is "arp"; we know no other.
 *
 * RFC 894, RFC 826 "Definitions".
 */
export function demultiplex(etherType: number): EtherProtocol {
  // region demultiplex
  switch (etherType) {
    case 0x0800:
      return "ipv4";
    case 0x0806:
      return "arp";
    default:
      return "unknown type";
  }
  // endregion
}

/**
 * Appends zero bytes until the frame is `minimum` bytes long; one that is long enough stays as it is.
 *
 *     | header 14 | payload 28 | 00 00 00 … 18 times |        an ARP packet, padded to 60
 *
 * The frame's buffer has been used before: what lies behind `frame.end` is the rest of some other packet.
 *
 * IEEE 802.3 clause 4.2.3.3, RFC 894, RFC 1042.
 */
export function pad(frame: Frame, minimum: number): void {
  // region pad
  const missing = minimum - frame.length;
  if (missing <= 0) return;
  const at = frame.append(missing);
  // Without this the padding would tell the neighbours what the buffer held before.
  frame.bytes.fill(0, at, frame.end);
  // endregion
}

// region crc32-table
/**
 * What eight steps of the division make of each byte: `REMAINDERS[b]` is the remainder of the byte `b` alone. Since
 * subtraction is exclusive or, the remainder of two things together is the exclusive or of their remainders, and so
 * eight single steps collapse into one look-up. Signed, because the engine keeps 32-bit signed numbers as they are.
 */
const REMAINDERS = new Int32Array(256).map((_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    // The bit that falls out on the right is the highest coefficient: all is mirrored, so "divide" is "shift right".
    remainder = remainder & 1 ? remainder >>> 1 ^ 0xedb88320 : remainder >>> 1;
  }
  return remainder;
});
// endregion

/**
 * The CRC-32 of `bytes[start … end)`, as an unsigned number.
 *
 * The bytes are taken as one long polynomial over the numbers 0 and 1, lowest bit of each byte first, and divided by the
 * generator x³² + x²⁶ + x²³ + x²² + x¹⁶ + x¹² + x¹¹ + x¹⁰ + x⁸ + x⁷ + x⁵ + x⁴ + x² + x + 1: as bits 0x04c11db7, mirrored
 * 0xedb88320. The CRC is the remainder; it begins as all ones and is inverted at the end. One bit at a time is right but
 * slow: make a table of what eight steps do to each of the 256 bytes, once, when the module is loaded.
 *
 * IEEE 802.3 clause 3.2.9, RFC 1952 §8.
 */
export function crc32(bytes: Uint8Array, start: number, end: number): number {
  // region crc32
  let remainder = ~0;
  for (let at = start; at < end; at++) {
    remainder = remainder >>> 8 ^ (REMAINDERS[(remainder ^ (bytes[at] as number)) & 0xff] as number);
  }
  // The operators above work on signed numbers; a CRC is none.
  return ~remainder >>> 0;
  // endregion
}

/**
 * Appends the frame check sequence: the CRC-32 of the whole frame, *least* significant byte first. It is the one field
 * of all the protocols here that is not big-endian.
 *
 *     | header 14 | payload and padding | 26 39 f4 cb |        when the CRC is 0xcbf43926
 *
 * IEEE 802.3 clause 3.2.9.
 */
export function appendFcs(frame: Frame): void {
  // region appendFcs
  const fcs = crc32(frame.bytes, frame.start, frame.end);
  frame.view.setUint32(frame.append(4), fcs, true);
  // endregion
}

/**
 * Checks the FCS in the frame's last four bytes. When it is right, cuts it off and returns true; when it is wrong, or the
 * frame is shorter than an FCS, leaves the frame as it is and returns false.
 *
 * IEEE 802.3 clause 3.4 (an invalid frame).
 */
export function removeFcs(frame: Frame): boolean {
  // region removeFcs
  if (frame.length < 4) return false;
  const at = frame.end - 4;
  if (frame.view.getUint32(at, true) !== crc32(frame.bytes, frame.start, at)) return false;
  frame.end = at;
  return true;
  // endregion
}
