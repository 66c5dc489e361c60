/**
 * What the labs 04 to 07 share: a segment, the record of one connection, and the effects through which labs act on it.
 *
 * One connection is split like this. The *engine* (`stack/tcp/connection.ts`, given) owns the loop, the timers, the frames
 * and the arithmetic between sequence numbers and stream offsets. The labs own the decisions:
 * - 04 opens: `iss irs passive` and everything that a SYN negotiates;
 * - 05 moves: `state`, `sndUna sndWnd sndWl1 sndWl2 rcvNxt`, resets, both FINs;
 * - 06 holds the bytes, by offset from the stream's first byte, and never sees a state;
 * - 07 finds the connection that a segment belongs to.
 *
 * RFC 9293 §3.3.1 names the variables; they have the same names here.
 */
import type { Ipv4Address } from "../wire/ipv4_address.ts";
import type { Seq } from "../wire/seq.ts";

/**
 * The control bits, as they lie in the header (RFC 9293 §3.1). A segment's `flags` are some of them, added; `stack/wire/tcp_flags.ts` names
 * them. A segment that arrived has all eight, ECE and CWR too: ask for a bit with `&`, never for equality.
 */
export type TcpFlags = number;

/**
 * The Internet checksum: `internetChecksum` of lab 03, which the engine hands to lab 04. The checksum of the bytes from `start` up to `end`
 * in `view`, to whose sum `initial` (0 to 2³¹ − 1) is added first; 0 over data that contains its own right checksum.
 */
export type Checksum = (view: DataView, start: number, end: number, initial?: number) => number;

/** The states of RFC 9293 §3.3.2. */
export type TcpState =
  | "CLOSED"
  | "LISTEN"
  | "SYN-SENT"
  | "SYN-RECEIVED"
  | "ESTABLISHED"
  | "FIN-WAIT-1"
  | "FIN-WAIT-2"
  | "CLOSE-WAIT"
  | "CLOSING"
  | "LAST-ACK"
  | "TIME-WAIT";

/** What can happen to a connection: each arrow of RFC 9293 figure 5, by one name. */
export type TcpEvent =
  /** The application opens, to wait (LISTEN) or to connect (a SYN goes out). */
  | "passive open"
  | "active open"
  /** A SYN came, without an acknowledgment of ours. */
  | "syn received"
  /** A SYN came that also acknowledges ours. */
  | "syn-ack received"
  /** Our SYN was acknowledged, in SYN-RECEIVED. */
  | "syn acknowledged"
  /** The application has nothing more to send. */
  | "close"
  /** The peer's FIN came, and everything before it. */
  | "fin received"
  /** Our FIN was acknowledged. */
  | "fin acknowledged"
  /** A valid RST came. */
  | "reset received"
  /** The application, or we, gave the connection up. */
  | "abort"
  /** Retransmission gave up (R2), or the application's time is over. */
  | "timeout"
  /** Two maximum segment lifetimes have passed in TIME-WAIT. */
  | "time-wait over";

/** A segment that arrived, flat. Offsets are absolute in the frame that it came in. */
export interface Segment {
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** SEG.SEQ */
  readonly seq: Seq;
  /** SEG.ACK; 0 when the ACK bit is not set. */
  readonly ack: Seq;
  readonly flags: TcpFlags;
  /** SEG.WND as it stands in the header: 0 to 65535, not scaled. */
  readonly window: number;
  /** SEG.UP; only meaningful with the URG bit. */
  readonly urgentPointer: number;
  /** Where the text begins in the frame, and how many bytes it has. */
  readonly text: number;
  readonly textLength: number;
  /** SEG.LEN: the text, and one each for SYN and FIN. */
  readonly length: number;
  /** The MSS option; 0 when there is none. */
  readonly mss: number;
  /** The window scale option, 0 to 255 as received; −1 when there is none. */
  readonly windowScale: number;
  readonly sackPermitted: boolean;
  /** Whether there is a timestamps option. */
  readonly timestamps: boolean;
  readonly tsVal: number;
  /** 0 when the ACK bit is not set (RFC 7323 §3.2). */
  readonly tsEcr: number;
  /** Where the first SACK block lies in the frame, and how many blocks of 8 bytes there are. */
  readonly sackBlocks: number;
  readonly sackCount: number;
}

/** One connection. Flat, and one object per connection for its whole life. */
export interface Tcb {
  readonly localAddress: Ipv4Address;
  readonly localPort: number;
  readonly remoteAddress: Ipv4Address;
  readonly remotePort: number;

  /** Where the connection is. Only the engine assigns it, by way of `effects.event`. */
  state: TcpState;
  /** It began with a SYN from the other side. */
  passive: boolean;

  /** Our initial sequence number, and theirs. */
  iss: Seq;
  irs: Seq;
  /** Oldest byte sent and not acknowledged. */
  sndUna: Seq;
  /** Next byte to send. */
  sndNxt: Seq;
  /** Send window, in bytes (scaled already); the largest it ever was. */
  sndWnd: number;
  maxSndWnd: number;
  /** Segment sequence and acknowledgment number of the last window update. */
  sndWl1: Seq;
  sndWl2: Seq;
  /** Next byte expected. */
  rcvNxt: Seq;
  /** Receive window, in bytes, as last announced. The right edge, rcvNxt + rcvWnd, never moves left. */
  rcvWnd: number;
  /** Urgent pointers: first byte behind the urgent data, ours and theirs; equal to sndUna and rcvNxt when there is none. */
  sndUp: Seq;
  rcvUp: Seq;

  /** The application closed: a FIN goes out behind the last byte. */
  finQueued: boolean;
  /** Our FIN was sent; its number is sndNxt − 1 until more is known. */
  finSent: boolean;
  /** The peer's FIN came. */
  finReceived: boolean;

  /** What we announce: the largest text per segment that we take; 0: no option is sent. */
  rcvMss: number;
  /**
   * The largest text per segment that we may send, options already taken off (RFC 9293 §3.7.1). Before the handshake: the most that our own
   * link takes, its MTU less 40.
   */
  sndMss: number;
  /** By how many bits the window fields are shifted: ours when sending, theirs when receiving. 0 to 14. */
  rcvScale: number;
  sndScale: number;
  /** Whether these were agreed on. Before the handshake is over: whether we offer them. */
  windowScaling: boolean;
  timestamps: boolean;
  sackPermitted: boolean;
  /** RFC 7323: the timestamp to echo, when it was noted (ms), and the last acknowledgment sent. */
  tsRecent: number;
  tsRecentAt: number;
  lastAckSent: Seq;
}

/** Why a connection ended badly. The application sees it as an error of that name. */
export type TcpFailure = "refused" | "reset" | "timed out" | "unreachable" | "aborted";

/**
 * How labs 04 and 05 act. In a running stack the engine does what is said here; in a test it is written down. None of these
 * returns anything, and none calls back into the lab.
 */
export interface TcpEffects {
  /** Sends a segment without text: SYN, SYN+ACK, RST. Window, options and checksum are seen to. */
  send(flags: TcpFlags, seq: Seq, ack: Seq): void;
  /** An acknowledgment (sndNxt, rcvNxt) must go out: at once, or when it is due. */
  acknowledge(when: "now" | "later"): void;
  /** A challenge ACK (RFC 5961): like `acknowledge("now")`, but the host sends only so many a second. */
  challenge(): void;
  /** `count` bytes of text, the first of which has sequence number `seq` and lies at `at` in the segment's frame, are for the receive buffer. */
  deliver(seq: Seq, at: number, count: number): void;
  /** Everything before `ack` was received by the peer. */
  acknowledged(ack: Seq): void;
  /** The state changes, by this event. */
  event(event: TcpEvent): void;
  /** Starts the TIME-WAIT timer, or starts it again. */
  startTimeWait(): void;
  /** The connection is over, for this reason: the application is told, and everything is given back. */
  fail(reason: TcpFailure): void;
  /** There is urgent data up to `up`. */
  urgent(up: Seq): void;
}

/** What a step of RFC 9293 §3.10.7.4 says of a segment. */
export type StepVerdict = "continue" | "drop";
