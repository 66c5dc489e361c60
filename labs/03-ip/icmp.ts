/**
 * ICMP (RFC 792): how hosts and routers tell a sender what became of its packets. It travels inside IP, as protocol 1,
 * and yet belongs to it: a host without ICMP is no IP host (RFC 1122 §3.2.2).
 *
 *      0               1               2               3
 *     +---------------+---------------+-------------------------------+
 *     | type          | code          | checksum of the whole message |
 *     +---------------+---------------+-------------------------------+
 *     | rest: depends on the type                                     |
 *     +---------------------------------------------------------------+
 *     | what follows: an echo's data, or the packet an error is about …
 *
 * Two kinds of message: *queries* (echo) get an answer, *errors* never do, or two hosts could go on for ever.
 *
 * See `stack/contract/ip.ts` for the whole contract.
 */
import type { Arrival, IcmpMessage, IcmpReject, Ipv4Header } from "../../stack/contract/ip.ts";
import type { Frame } from "../../stack/wire/frame.ts";
import { todo } from "../../stack/wire/not_implemented.ts";

/**
 * Reads the message between `frame.start` and `frame.end`, as far as `IcmpMessage` says. Shorter than 8 bytes is "truncated".
 * The checksum covers header and data, all that IP carried, and there is no pseudo-header (RFC 792).
 */
export function parseIcmp(frame: Frame): IcmpMessage | IcmpReject {
  return todo("parseIcmp", frame);
}

/**
 * Pushes the 8 bytes of a header in front of the payload that is in `frame`:
 *
 *     type 1 · code 1 · checksum 2 · rest 4 · payload …
 *
 * The frame's old bytes lie where the header goes, so write every one of the 8, the checksum last.
 */
export function writeIcmp(frame: Frame, type: number, code: number, rest: number): void {
  return todo("writeIcmp", frame, type, code, rest);
}

/**
 * Turns the echo request in `frame` into its reply, where it stands: type 8 becomes 0, and the checksum follows. Identifier,
 * sequence number and data stay, whatever they are: by them the sender knows its own question (RFC 792, "Echo or Echo Reply").
 */
export function makeEchoReply(frame: Frame): void {
  return todo("makeEchoReply", frame);
}

/**
 * Whether an error about a packet may be sent at all. Each "never" has a storm behind it that somebody once saw: one packet to
 * a broadcast address, answered by every host of a net; two hosts that answer each other's errors. RFC 1122 §3.2.2 lists them:
 *
 *     about an ICMP error message           about one sent to IP or link broadcast or multicast
 *     about a fragment other than the first about one whose source is not a single host
 *
 * The packet is in `frame` and its header, already read, in `header`; `frame.bytes[header.payload]` is an ICMP message's type.
 */
export function mayReport(frame: Frame, header: Ipv4Header, arrival: Arrival): boolean {
  return todo("mayReport", frame, header, arrival);
}

/**
 * Fills the empty frame `out` with an error about the packet in `about`, quoted from its IP header on:
 *
 *     | type code checksum rest | IP header of `about`, options too | its payload … |
 *       8 bytes                   at most 548 bytes of the packet, unchanged
 *
 * 548 = 576 − 20 − 8: the error shall fit into the smallest buffer that every host must have (RFC 1812 §4.3.2.3). RFC 792
 * asked for the header and 8 bytes; more helps whoever must find out which connection the packet belonged to.
 */
export function writeIcmpError(out: Frame, type: number, code: number, rest: number, about: Frame): void {
  return todo("writeIcmpError", out, type, code, rest, about);
}
