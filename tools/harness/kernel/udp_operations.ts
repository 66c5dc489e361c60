/**
 * UDP as a program on the kernel sees it, for operations.ts: one socket that sends, and waits for what comes.
 *
 * Rules: an error is data, by the kernel's name for it: "ECONNREFUSED" (port unreachable came, and the socket is connected), "EHOSTUNREACH",
 * "EMSGSIZE" (too long). It ends the operation. Time that ran out is none: then there are fewer datagrams than were waited for.
 */
import type { IpSettings, Patience } from "./operations.ts";

export interface UdpTalkOptions extends Patience, IpSettings {
  /** What the socket is bound to. Default: all addresses, any port. */
  localAddress?: string;
  localPort?: number;
  /** Where to the datagrams go. */
  to?: string;
  port?: number;
  /** The socket is connected to there: it hears nobody else, and it hears errors. */
  connected?: boolean;
  /** Sends without a checksum (SO_NO_CHECK). */
  noChecksum?: boolean;
  /** Datagrams to send, one after the other. */
  send?: readonly Uint8Array[];
  /** Datagrams to wait for. Default 0. */
  receive?: number;
  /** Gives each datagram that came back to whoever sent it. */
  echo?: boolean;
  /** In a live check: milliseconds without any frame in either direction after which the operation is given up. Default 200. */
  quiet?: number;
}

/** A datagram that the kernel passed to the program: its checksum was right, or there was none. */
export interface UdpReceived {
  data: Uint8Array;
  from: string;
  port: number;
}

/** What became of it. */
export interface UdpOutcome {
  error?: string;
  localPort: number;
  /** Datagrams that the kernel took to send. */
  sent: number;
  received: UdpReceived[];
}
