/**
 * What an error about one of our segments means to its connection (RFC 9293 §3.9.2.2, RFC 1191, RFC 5927). Whoever can send us a packet can
 * send us an ICMP error, so it is believed as little as possible: it must quote what is in flight now, and it never ends a connection that
 * both sides know of.
 *
 * That nobody answers ARP for the next hop is an error that our own host found. Once there is a connection it is as soft as the others:
 * neighbours come back. But a call is ended by it, as Linux ends it: there is nothing yet that could be lost, and whoever calls
 * an address where nobody is need not wait three minutes to hear so.
 */
import type { Tcb } from "../contract/tcb.ts";
import type { PacketError } from "../packet_error.ts";
import { type Seq, seqDiff, seqInWindow } from "../wire/seq.ts";

const UNREACHABLE = 3;
const PROTOCOL_UNREACHABLE = 2, PORT_UNREACHABLE = 3, FRAGMENTATION_NEEDED = 4;
/** Headers of IP and TCP, and a timestamps option with its padding. */
const HEADERS = 40;
const TIMESTAMPS_LENGTH = 12;
/** Every way carries packets of this length (RFC 791 §3.2). */
const LEAST_MTU = 68;

/**
 * What to do about an error that concerns our segment `number`: nothing; send smaller segments; give up, because nobody listens there or nobody
 * is there; or only tell the application, that the peer cannot be reached now or that there is some other trouble (MUST-56, SHLD-25).
 */
export function judgePacketError(
  tcb: Tcb,
  { type, code, isOurs }: PacketError,
  number: Seq,
): "ignore" | "narrower" | "refused" | "unreachable" | "unreachable now" | "trouble" {
  if (!seqInWindow(number, tcb.sndUna, seqDiff(tcb.sndNxt, tcb.sndUna))) return "ignore"; // RFC 5927 §4.1
  if (type !== UNREACHABLE) return "trouble";
  if (code === FRAGMENTATION_NEEDED) return "narrower";
  if (isOurs && tcb.state === "SYN-SENT") return "unreachable";
  const isOpening = tcb.state === "SYN-SENT" || tcb.state === "SYN-RECEIVED";
  return isOpening && (code === PROTOCOL_UNREACHABLE || code === PORT_UNREACHABLE) ? "refused" : "unreachable now"; // RFC 5927 §5.2
}

/** Text that one segment carries over a way of this MTU, options taken off. */
export function segmentSize(mtu: number, timestamps: boolean): number {
  return Math.max(mtu, LEAST_MTU) - HEADERS - (timestamps ? TIMESTAMPS_LENGTH : 0);
}
