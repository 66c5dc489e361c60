/** How a connection behaves, and what it tells the layer above. */
import type { TcpFailure } from "../contract/tcb.ts";

/** What the application above is told. */
export type ConnectionNotice =
  | "connected"
  | "readable"
  | "writable"
  /** The peer has sent everything: its FIN came. */
  | "end"
  /** Everything that we wrote has arrived, and our FIN behind it. */
  | "delivered"
  /** Urgent data is on its way. */
  | "urgent"
  /** Retransmission has been in vain for a while (SHLD-9), or a soft ICMP error came (MUST-47). */
  | "trouble"
  /** Over, in good order. */
  | "closed"
  | TcpFailure;

/**
 * How a connection behaves. Times in milliseconds, sizes in bytes. Connections share one such record: to change something for one of them,
 * give it another.
 */
export interface ConnectionOptions {
  readonly sendBuffer: number;
  readonly receiveBuffer: number;
  readonly noDelay: boolean;
  /** How long an acknowledgment may wait; below 500. */
  readonly delayedAck: number;
  /** The shortest retransmission timeout: 1000 by RFC 6298 §2.4. */
  readonly leastTimeout: number;
  readonly r1: number;
  readonly r2: number;
  /** R2 while the connection is being opened: at least three minutes (MUST-23). */
  readonly openR2: number;
  readonly timeWait: number;
  /** Idle time before the first keep-alive probe, at least 2 hours unless the application knows better (MUST-28); 0: none are sent (MUST-25). */
  readonly keepAlive: number;
  readonly timeToLive?: number;
  readonly typeOfService?: number;
}
