/**
 * UDP's datagram (RFC 768): reading it, and writing it; and what errors mean for whoever sent one.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------------------------------+-------------------------------+
 *   0 |          source port          |       destination port        |
 *     +-------------------------------+-------------------------------+
 *   4 |            length             |           checksum            |
 *     +-------------------------------+-------------------------------+
 *   8 |  payload: length − 8 bytes
 *
 * Eight bytes, of which one half says which programs talk. The length is there a second time, as IP has one too, and the two may disagree. The checksum
 * covers the addresses as well, by way of the pseudo-header: a datagram that IP brought to the wrong host is found out here.
 */
import type { Datagram, DatagramFailure, DatagramReject } from "../../stack/contract/datagrams.ts";
import type { Checksum } from "../../stack/contract/tcb.ts";
import type { Frame } from "../../stack/wire/frame.ts";
import type { Ipv4Address } from "../../stack/wire/ipv4_address.ts";
import { todo } from "../../stack/wire/not_implemented.ts";

/** Bytes of the header. */
const HEADER_LENGTH = 8;
/** UDP's number in IP's header, which the pseudo-header repeats. */
const PROTOCOL = 17;

// ICMP's type for "it does not get there", and some of its codes (RFC 792).
const UNREACHABLE = 3;
const PROTOCOL_UNREACHABLE = 2;
const PORT_UNREACHABLE = 3;
const FRAGMENTATION_NEEDED = 4;

/**
 * Reads the datagram that lies between `frame.start` and `frame.end` (all that IP carried), and changes nothing.
 *
 * The checks come in the order of `DatagramReject`. The checksum is over `length` bytes, not over all that IP brought, and begins with the
 * pseudo-header's sum, as 16-bit words:
 *
 *     | source address 4 | destination address 4 | 0 | 17 | length of header and payload 2 |
 *
 * A checksum of 0 on the wire says: none was made. See stack/contract/datagrams.ts.
 */
export function parseDatagram(
  frame: Frame,
  source: Ipv4Address,
  destination: Ipv4Address,
  checksum: Checksum,
): Datagram | DatagramReject {
  return todo("parseDatagram", frame, source, destination, checksum, HEADER_LENGTH, PROTOCOL);
}

/**
 * Pushes a header in front of the payload that is in `frame`; afterwards the frame holds the whole datagram.
 *
 * The checksum comes last, over a field that is 0 meanwhile. When it comes to 0 it must not go out as 0, which means "none": it goes as ffff.
 * See stack/contract/datagrams.ts.
 */
export function writeDatagram(
  frame: Frame,
  sourcePort: number,
  destinationPort: number,
  source: Ipv4Address,
  destination: Ipv4Address,
  checksum: Checksum,
): void {
  return todo("writeDatagram", frame, sourcePort, destinationPort, source, destination, checksum, HEADER_LENGTH, PROTOCOL);
}

/**
 * What an ICMP error means for the socket that sent the datagram.
 *
 *     3/3 port, 3/2 protocol unreachable      nobody is there: "refused"
 *     3/4 fragmentation needed                "too long"
 *     3/anything else                         "unreachable"
 *     all other types                         nothing that a program could help: undefined
 *
 * Only a connected socket can know whom the error is about. See stack/contract/datagrams.ts.
 */
export function failureOf(type: number, code: number, connected: boolean): DatagramFailure | undefined {
  return todo("failureOf", type, code, connected, UNREACHABLE, PROTOCOL_UNREACHABLE, PORT_UNREACHABLE, FRAGMENTATION_NEEDED);
}
