/** How TCP and its connections behave, and what a connection tells the layer above. */
import type { CongestionAlgorithm } from "../contract/congestion.ts";
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

/** Whoever is above a connection: hears what happens to it, and may call anything there. */
export interface Application {
  hear(notice: ConnectionNotice): void;
}

/** All of them, in the order in which they are told when several things happened at once. */
export const NOTICES: readonly ConnectionNotice[] = [
  "connected",
  "readable",
  "urgent",
  "writable",
  "end",
  "delivered",
  "trouble",
  "refused",
  "reset",
  "timed out",
  "unreachable",
  "aborted",
  "closed",
];

/**
 * How a connection behaves. Times in milliseconds, sizes in bytes. Connections share one such record: to change something for one of them,
 * give it another.
 */
export interface ConnectionOptions {
  /** A connection that exists can be given less than it was made with, and that much again, but not more. */
  readonly sendBuffer: number;
  readonly receiveBuffer: number;
  /** What our MSS option says at most, and the largest text that we send; 0: as much as the link takes. Of use before the handshake. */
  readonly maxSegment: number;
  readonly noDelay: boolean;
  /** Only full segments go out, for as long as this is so; less than one waits for more, 200 ms at most (TCP_CORK). */
  readonly cork: boolean;
  /** How long an acknowledgment may wait; below 500. 0: it never waits. */
  readonly delayedAck: number;
  /** No acknowledgment waits, whatever `delayedAck` says. It may be set and taken back while the connection is open. */
  readonly quickAck: boolean;
  /** Text that came twice is reported in a SACK block (RFC 2883). */
  readonly dSack: boolean;
  /** How the congestion window grows and shrinks, where lab 08 is bound. It may be changed while the connection is open. */
  readonly congestion: CongestionAlgorithm;
  /** Segments that may be in flight before anything is acknowledged; 0: as many as RFC 5681 §3.1 says. */
  readonly initialWindow: number;
  /** Whether slow start counts acknowledged bytes (RFC 3465) or acknowledgments. */
  readonly byteCounting: boolean;
  /** Whether a pause of more than a retransmission timeout takes the window back to the initial one (RFC 5681 §4.1, which is a SHOULD). */
  readonly idleRestart: boolean;
  /** Losses are noticed by the clock (RACK-TLP, RFC 8985), where lab 08 is bound and the peer has SACK; else by lab 08, which counts. */
  readonly rack: boolean;
  /** PSH also where the window ends, so that a peer which heeds it does not wait for what cannot come before it has answered. */
  readonly pushAtEdge: boolean;
  /** The shortest retransmission timeout: 1000 by RFC 6298 §2.4, which is a SHOULD. Less is for ways that are known to be short. */
  readonly leastTimeout: number;
  readonly r1: number;
  readonly r2: number;
  /** R2 while the connection is being opened: at least three minutes (MUST-23). */
  readonly openR2: number;
  /** How often a SYN is sent again before the connection is given up, in place of `openR2`; 0: `openR2` counts. */
  readonly synRetries: number;
  /** How long anything may be unacknowledged before the connection is given up, in place of `r2` and `openR2` (RFC 5482); 0: they count. */
  readonly userTimeout: number;
  readonly timeWait: number;
  /** How long FIN-WAIT-2 lasts at most when the application has closed: the peer's FIN may never come. */
  readonly orphanTime: number;
  /** Idle time before the first keep-alive probe, at least 2 hours unless the application knows better (MUST-28); 0: none are sent (MUST-25). */
  readonly keepAlive: number;
  /** Time between probes that nobody answers, and how many of them there are: one is never proof (MUST-29). */
  readonly keepAliveInterval: number;
  readonly keepAliveProbes: number;
  /** Whether the application hears of "trouble" (SHLD-20). */
  readonly reportTrouble: boolean;
  readonly timeToLive?: number;
  readonly typeOfService?: number;
}

/** How the host's TCP behaves; what connections inherit is in `connection`. */
export interface TcpOptions {
  readonly connection: ConnectionOptions;
  /** Ports below 1024 may be bound. */
  readonly privileged: boolean;
  readonly timestamps: boolean;
  readonly sack: boolean;
  readonly windowScaling: boolean;
  /** Challenge ACKs in each interval (RFC 5961 §7). */
  readonly challengeLimit: number;
  readonly challengeInterval: number;
  /** The ports of those who ask for none, first and last: RFC 6335 §6 keeps 49152 to 65535 for this, Linux uses 32768 to 60999. */
  readonly firstEphemeral: number;
  readonly lastEphemeral: number;
  /** Connections at most, in every state. */
  readonly maxConnections: number;
  /** Connections in TIME-WAIT at most. One more, and the oldest is forgotten: its port is of more use than its memory. */
  readonly maxTimeWait: number;
  /**
   * How long a half-open connection may count on its place. When the queue is full, and the oldest has waited longer than this for an answer to its
   * SYN+ACK, it gives way to a newcomer: a flood of SYNs shuts a listening socket for this long at most.
   */
  readonly halfOpenGrace: number;
  /** Where the half-open queue is full, a SYN is answered with a cookie in place of silence (stack/tcp/syn_cookies.ts). */
  readonly synCookies: boolean;
}

/** The defaults. */
export const TCP_DEFAULTS: TcpOptions = {
  connection: {
    sendBuffer: 512 * 1024,
    receiveBuffer: 512 * 1024,
    maxSegment: 0,
    noDelay: false,
    cork: false,
    delayedAck: 40,
    quickAck: false,
    dSack: true,
    congestion: "reno",
    initialWindow: 0,
    byteCounting: true,
    idleRestart: true,
    rack: false,
    pushAtEdge: false,
    leastTimeout: 1000,
    r1: 3,
    r2: 100_000,
    openR2: 180_000,
    synRetries: 0,
    userTimeout: 0,
    timeWait: 60_000,
    orphanTime: 60_000,
    keepAlive: 0,
    keepAliveInterval: 75_000,
    keepAliveProbes: 9,
    reportTrouble: true,
  },
  privileged: true,
  timestamps: true,
  sack: true,
  windowScaling: true,
  challengeLimit: 10,
  challengeInterval: 5000,
  firstEphemeral: 49_152,
  lastEphemeral: 65_535,
  maxConnections: 65_536,
  maxTimeWait: 8192,
  halfOpenGrace: 3000,
  synCookies: false,
};
