/**
 * TCP as the kernel does it, for operations.ts: a client, a server, and the table of sockets. Both ends of a
 * conversation are told what to say by the same few words (`TcpTalk`).
 *
 * Rules: sizes are bytes, times milliseconds. An error is data, by the kernel's name for it: "ECONNREFUSED" (a RST for our
 * SYN), "ECONNRESET" (a RST later), "EPIPE" (we wrote after that), "ETIMEDOUT" (the kernel gave up, or time ran out here).
 */
import type { TcpState } from "../../../stack/contract/tcb.ts";
import type { Patience } from "./operations.ts";

/** One exchange over a connection: sending and receiving go on side by side. */
export interface TcpTalk {
  /** Sends these bytes, or so many of the pattern (stream_pattern.ts). */
  send?: Uint8Array | { size: number };
  /** When everything is sent: a FIN, and only that (`shutdown(SHUT_WR)`). */
  shutdown?: boolean;
  /** Reads so many bytes, or until the other side's FIN. Default: reads nothing. What was never read turns a close into a RST. */
  receive?: { count: number } | { untilEnd: true };
  /** Sends back all that it reads, until the other side's FIN. */
  echo?: boolean;
  /** Reads nothing for so long: the receive window fills. */
  pauseBeforeReading?: number;
  /** Waits for so long before anything else. */
  pause?: number;
}

/** How the socket is set. */
export interface TcpSocketOptions extends Patience {
  /** Ends by a RST instead of a FIN (SO_LINGER with time 0). */
  abort?: boolean;
  /** Switches Nagle's algorithm off. */
  noDelay?: boolean;
  /** SO_RCVBUF: the kernel doubles it. The least is about 2300. */
  receiveBuffer?: number;
  /** TCP_MAXSEG: the MSS that our SYN says, and the largest segment that is sent. */
  mss?: number;
  /**
   * In a live check: milliseconds without any frame in either direction after which the operation is given up. Default 400, and the pauses that
   * were asked for on top.
   */
  quiet?: number;
}

export interface TcpClientOptions extends TcpTalk, TcpSocketOptions {
  to: string;
  port: number;
  localPort?: number;
  /** Further exchanges, one after the other. */
  then?: readonly TcpTalk[];
}

export interface TcpServerOptions extends TcpSocketOptions {
  /** Default: all addresses. */
  address?: string;
  port: number;
  /**
   * What is said on each connection:
   * "echo": everything back, until the other side's FIN; "sink": reads until that FIN; "source": sends `size` bytes of the pattern and a FIN, and
   * reads until the other side's; or exchanges one after the other. In the end the socket is closed.
   */
  mode: "echo" | "sink" | "source" | readonly TcpTalk[];
  /** For "source". Default 1000. */
  size?: number;
  /** For "echo", "sink" and "source". */
  pauseBeforeReading?: number;
  /** Default 16. */
  backlog?: number;
  /** Connections to serve. Default 1. */
  count?: number;
}

/** What became of a connection of the kernel's. */
export interface TcpOutcome {
  /** Whether it was ever established. */
  connected: boolean;
  /** What went wrong; not there when everything was done. */
  error?: string;
  /** Bytes that the kernel took to send. */
  sent: number;
  /** What was read: all of it up to 1 MiB, the beginning of more. */
  received: Uint8Array;
  receivedLength: number;
  /** Whether everything that was read is the pattern, from its first byte. */
  patternEqual: boolean;
  /** Whether the other side's FIN came. */
  end: boolean;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
}

/** A socket in the kernel's table. */
export interface TcpRow {
  localAddress: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
  state: TcpState;
  /** Bytes that were sent and are not acknowledged, or wait to be sent. */
  sendQueue: number;
  /** Bytes that nobody has read; of a listening socket: connections that wait to be accepted. */
  receiveQueue: number;
}
