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
import { copyBytes, type Frame } from "../../stack/wire/frame.ts";
import { internetChecksum } from "./checksum.ts";
import { classifyAddress } from "./ipv4.ts";

/**
 * Reads the message between `frame.start` and `frame.end`, as far as `IcmpMessage` says. Shorter than 8 bytes is "truncated".
 * The checksum covers header and data, all that IP carried, and there is no pseudo-header (RFC 792).
 */
export function parseIcmp(frame: Frame): IcmpMessage | IcmpReject {
  // region parseIcmp
  const { view, start, end } = frame;
  if (end - start < 8) return "truncated";
  if (internetChecksum(view, start, end) !== 0) return "bad icmp checksum";
  return { type: view.getUint8(start), code: view.getUint8(start + 1), rest: view.getUint32(start + 4), payload: start + 8 };
  // endregion
}

/**
 * Pushes the 8 bytes of a header in front of the payload that is in `frame`:
 *
 *     type 1 · code 1 · checksum 2 · rest 4 · payload …
 *
 * The frame's old bytes lie where the header goes, so write every one of the 8, the checksum last.
 */
export function writeIcmp(frame: Frame, type: number, code: number, rest: number): void {
  // region writeIcmp
  const { view } = frame;
  const at = frame.push(8);
  view.setUint8(at, type);
  view.setUint8(at + 1, code);
  view.setUint32(at + 4, rest);
  seal(frame);
  // endregion
}

/**
 * Turns the echo request in `frame` into its reply, where it stands: type 8 becomes 0, and the checksum follows. Identifier,
 * sequence number and data stay, whatever they are: by them the sender knows its own question (RFC 792, "Echo or Echo Reply").
 */
export function makeEchoReply(frame: Frame): void {
  // region makeEchoReply
  frame.view.setUint8(frame.start, 0);
  // Not by updateChecksum: a message that becomes all zeros must get 0xffff, and equation 3 of RFC 1624 gives 0.
  seal(frame);
  // endregion
}

// region icmp-checksum

/** Writes the checksum of the message in `frame`. The field counts as zero while it is computed. */
function seal(frame: Frame): void {
  const { view, start, end } = frame;
  view.setUint16(start + 2, 0);
  view.setUint16(start + 2, internetChecksum(view, start, end));
}

/** The messages that ask or answer: an error may be about these, but not about an error or what nobody knows. */
function isQuery(type: number): boolean {
  return type === 0 || type === 8 || type >= 13 && type <= 18;
}
// endregion

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
  // region mayReport
  if (header.fragmentOffset !== 0 || arrival.linkBroadcast) return false;
  const destination = classifyAddress(header.destination, arrival.interfaces);
  if (destination === "broadcast" || destination === "multicast") return false;
  const source = classifyAddress(header.source, arrival.interfaces);
  if (source !== "other" && source !== "own") return false;
  if (header.protocol !== 1) return true;
  // A message without a type may be anything, an error too.
  return header.payload < header.end && isQuery(frame.view.getUint8(header.payload));
  // endregion
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
  // region writeIcmpError
  const quoted = Math.min(about.length, 548);
  copyBytes(about, about.start, out, out.append(quoted), quoted);
  writeIcmp(out, type, code, rest);
  // endregion
}
