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
import { todo } from "../../stack/wire/not_implemented.ts";

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
  return todo("parseArp", frame, ARP_LENGTH, HARDWARE_ETHERNET, PROTOCOL_IPV4, REQUEST, REPLY);
}

/**
 * Pushes the 28 bytes of `packet` in front of `frame`, which is empty. The Ethernet header comes later, in front of
 * these, and is none of this function's business.
 */
export function writeArp(frame: Frame, packet: ArpPacket): void {
  return todo("writeArp", frame, packet, ARP_LENGTH, HARDWARE_ETHERNET, PROTOCOL_IPV4);
}
