/**
 * The ARP packet, read and written.
 *
 * ARP answers one question: which Ethernet address has the station with this IPv4 address? A *request* asks
 * everybody on the link, a *reply* tells the one who asked. Both have the same 28 bytes (RFC 826 "Packet
 * format"), shown here with the offset of each field's first byte:
 *
 *      0  hardware type   2   1: Ethernet
 *      2  protocol type   2   0x0800: IPv4
 *      4  hardware length 1   6 bytes in an Ethernet address
 *      5  protocol length 1   4 bytes in an IPv4 address
 *      6  operation       2   1: request, 2: reply
 *      8  sender MAC      6
 *     14  sender IP       4
 *     18  target MAC      6   zero in a request: it is what is asked for
 *     24  target IP       4
 *
 * Rules: offsets are counted from `frame.start`, never from 0. What a packet says can be wrong in many ways, but never
 * makes anything here throw. Addresses are numbers; `readMac`, `writeMac` and `readIpv4` of `stack/wire` know the bytes.
 */
import type { ArpPacket, ArpReject } from "../../stack/contract/arp.ts";
import type { Frame } from "../../stack/wire/frame.ts";
import { readIpv4 } from "../../stack/wire/ipv4_address.ts";
import { readMac, writeMac } from "../../stack/wire/mac_address.ts";

/** Bytes in an ARP packet for Ethernet and IPv4. */
const ARP_LENGTH = 28;
const HARDWARE_ETHERNET = 1;
const PROTOCOL_IPV4 = 0x0800;
const REQUEST = 1;
const REPLY = 2;

/**
 * Reads the ARP packet that begins at `frame.start`, or says why it is none of ours. The checks stand in the order
 * of `ArpReject` (stack/contract/arp.ts): the first that fails is the answer. Bytes behind the 28 are Ethernet's
 * padding and do not matter.
 *
 * The two lengths are checked *before* an address is read: they say where the addresses lie (RFC 826
 * "Packet Reception").
 */
export function parseArp(frame: Frame): ArpPacket | ArpReject {
  // region parseArp
  if (frame.length < ARP_LENGTH) return "truncated";
  const { view, start } = frame;
  if (view.getUint16(start) !== HARDWARE_ETHERNET) return "bad hardware type";
  if (view.getUint16(start + 2) !== PROTOCOL_IPV4) return "bad protocol type";
  if (view.getUint8(start + 4) !== 6 || view.getUint8(start + 5) !== 4) return "bad address length";
  const operation = view.getUint16(start + 6);
  if (operation !== REQUEST && operation !== REPLY) return "bad operation";
  // A group's address as the place of one station would send that station's packets to many.
  if (view.getUint8(start + 8) & 1) return "group sender";
  return {
    operation,
    senderMac: readMac(view, start + 8),
    senderIp: readIpv4(view, start + 14),
    targetMac: readMac(view, start + 18),
    targetIp: readIpv4(view, start + 24),
  };
  // endregion
}

/**
 * Pushes the 28 bytes of `packet` in front of `frame`, which is empty. The Ethernet header comes later, in front of
 * these, and is none of this function's business.
 */
export function writeArp(frame: Frame, packet: ArpPacket): void {
  // region writeArp
  const { view } = frame;
  const start = frame.push(ARP_LENGTH);
  view.setUint16(start, HARDWARE_ETHERNET);
  view.setUint16(start + 2, PROTOCOL_IPV4);
  view.setUint8(start + 4, 6);
  view.setUint8(start + 5, 4);
  view.setUint16(start + 6, packet.operation);
  writeMac(view, start + 8, packet.senderMac);
  view.setUint32(start + 14, packet.senderIp);
  writeMac(view, start + 18, packet.targetMac);
  view.setUint32(start + 24, packet.targetIp);
  // endregion
}
