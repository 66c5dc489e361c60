/**
 * The contract of lab 06: the bytes of a connection between the application and the wire (RFC 9293 §3.8, RFC 6298, RFC 1122 §4.2.3).
 *
 * No sequence numbers here. Every position is an *offset* from the stream's first byte, which is 0; it is an ordinary number, never wraps, and compares with `<`.
 * The engine converts. No states either: a buffer does not know whether its connection is open.
 */
import type { Frame } from "../wire/frame.ts";

/** What may be sent now. */
export interface SendPiece {
  /** Offset of the first byte. */
  readonly from: number;
  /** Bytes; 0 never. */
  readonly length: number;
  /** These are the last bytes that the application has written: PSH (MUST-61). */
  readonly push: boolean;
}

/** What limits the next piece. */
export interface SendLimits {
  /** Offset up to which the peer (and the congestion window) lets us send: the usable window's right edge. */
  readonly edge: number;
  /** Largest text of one segment. */
  readonly mss: number;
  /**
   * The largest window that the peer ever announced, for silly-window avoidance. With 0 whatever may go goes, if nothing is in flight:
   * the override timeout (RFC 9293 §3.8.6.2.1, step 4), and the zero-window probe with `edge` one byte behind `next()`.
   */
  readonly maxWindow: number;
  /** Nagle's algorithm is off (TCP_NODELAY). */
  readonly noDelay: boolean;
  /** The application has closed: what there is need not wait for more. */
  readonly closing: boolean;
}

/** The bytes that the application wrote and the peer has not acknowledged. */
export interface SendBuffer {
  /** Takes what fits of `bytes[at … at + count)` behind what was written before; returns how many bytes. */
  write(bytes: Uint8Array, at: number, count: number): number;
  /** Offset of the oldest byte held: everything before it is acknowledged. */
  start(): number;
  /** Offset of the next byte that was never sent. */
  next(): number;
  /** Offset one past the last byte written. */
  end(): number;
  /** Bytes that `write` would still take. */
  room(): number;
  /**
   * The piece to send now, beginning at `next()`, or undefined when none should go. Sender's silly-window avoidance and Nagle
   * (RFC 9293 §3.8.6.2.1, §3.7.4): a full segment goes. Less than that goes only when nothing is in flight, or Nagle is off, or we are
   * closing; and then if it is everything that there is, or at least half of `maxWindow`. A usable window that shrank below zero is
   * none (MUST-34).
   */
  pieceToSend(limits: SendLimits): SendPiece | undefined;
  /** The piece was handed to IP: `next()` moves behind it (never back). */
  sent(upTo: number): void;
  /**
   * A piece to send again: from `from`, or from `start()` when that lies further on, at most `mss` long and not beyond what was ever sent; undefined
   * when nothing there is left unacknowledged.
   */
  pieceToResend(from: number, mss: number): SendPiece | undefined;
  /** Appends `length` bytes from offset `from` to the packet in `frame`. Throws a RangeError when they are not held. */
  copyInto(frame: Frame, from: number, length: number): void;
  /**
   * Everything before `offset` was received: gives its room back. Less than `start()`, or more than `next()`, changes nothing. A buffer that
   * holds nothing keeps no memory.
   */
  acknowledge(offset: number): void;
}

/** The bytes that came from the peer and the application has not read. */
export interface ReceiveBuffer {
  /**
   * Puts `count` bytes, which lie at `at` in `frame`, at stream offset `offset`. Bytes that were there first stay; what lies before
   * `next()` or beyond `edge()` is cut off. At most 64 separate blocks are kept beyond the gap: what would make one more is dropped, as
   * if it had been lost on the way.
   * Returns how many bytes `next()` moved on.
   */
  insert(offset: number, frame: Frame, at: number, count: number): number;
  /** Offset of the first byte that is missing. */
  next(): number;
  /** Bytes that can be read now. */
  readable(): number;
  /** Copies up to `count` readable bytes into `target` at `at` and gives their room back; returns how many. A buffer that holds nothing keeps no memory. */
  read(target: Uint8Array, at: number, count: number): number;
  /** Offset one past the last byte that may be taken: the window's right edge, if it were announced now in full. */
  edge(): number;
  /**
   * The edge to announce, given the one announced last. Receiver's silly-window avoidance (RFC 9293 §3.8.6.2.2): it moves only when it can move by at least
   * min(half the capacity, `mss`), and never back (SHLD-14).
   */
  announce(announced: number, mss: number): number;
  /**
   * What was received beyond a gap, for SACK (RFC 2018 §4): offsets from, to, from, to, …, at most `blocks` pairs (Infinity: all). First the block that
   * the latest segment beyond the gap fell into, even if it brought nothing new; then the others, in the same way the latest first.
   * Empty when there is no gap.
   */
  beyond(blocks: number): readonly number[];
}

/** How retransmission behaves. Milliseconds. */
export interface RetransmissionOptions {
  /** Before any measurement: 1000 (RFC 6298 §2.1). */
  readonly initial: number;
  /** Least and most: 1000 by RFC 6298 §2.4 (the host uses 200 on request), and at least 60 000. */
  readonly least: number;
  readonly most: number;
  /** The clock's granularity G. */
  readonly granularity: number;
  /** Retransmissions in vain after which IP is advised (R1), and milliseconds without an acknowledgment after which the connection is given up (R2). */
  readonly r1: number;
  readonly r2: number;
}

/** The retransmission timer of one connection (RFC 6298). */
export interface Retransmission {
  /** The timeout now, in milliseconds; it may be rounded to whole ones. */
  timeout(): number;
  /**
   * A measured round trip, 0 or more milliseconds (§2.2 to §2.5). Karn: never one of a segment that was sent twice, unless timestamps tell which.
   * This is what ends back-off: the timeout is computed anew.
   */
  sample(roundTrip: number): void;
  /** The handshake is over. If the timer fired for it, nothing was measured, and `initial` is below 3000: the timeout is 3000 from now on (§5.7). */
  opened(): void;
  /** Something that needs an acknowledgment was sent: the timer starts unless it runs (§5.1). */
  sent(now: number): void;
  /**
   * New bytes were acknowledged: the timer starts anew (§5.3) with the timeout as it is, backed off or not (RFC 9293 §3.8.2); or it stops when
   * nothing is in flight (§5.2).
   */
  acknowledged(now: number, inFlight: boolean): void;
  /** When the timer fires; Infinity while it is stopped. */
  deadline(): number;
  /**
   * The timer fired: backs off (§5.5), starts again (§5.6), and says what to do: "resend"; "resend and advise" when `r1` retransmissions or more were in vain;
   * "give up" when `r2` milliseconds have passed since `sent` or `acknowledged` started the timer.
   */
  fired(now: number): "resend" | "resend and advise" | "give up";
  /** Stops the timer. */
  stop(): void;
}

/** When a received segment is acknowledged (RFC 9293 §3.8.6.3, RFC 5681 §4.2). */
export interface Acknowledger {
  /**
   * Text arrived. `when` is "now" if it must not wait; true when an acknowledgment must go out now.
   * Every second full-sized segment is acknowledged at once: `2 * mss` bytes, where `mss` is the largest text that the peer can put into one segment
   * (with timestamps 12 bytes less than our MSS). Once due, it stays due until `sent`.
   */
  received(when: "now" | "later", length: number, mss: number, now: number): boolean;
  /** An acknowledgment went out, alone or with text. */
  sent(): void;
  /** When a delayed acknowledgment is due; Infinity for never. Less than 500 ms after the segment. */
  deadline(): number;
}

/** What lab 06 provides. */
export interface BuffersModule {
  /** A send buffer of `capacity` bytes. */
  createSendBuffer(capacity: number): SendBuffer;
  /** A receive buffer of `capacity` bytes. */
  createReceiveBuffer(capacity: number): ReceiveBuffer;
  createRetransmission(options: RetransmissionOptions): Retransmission;
  /** `delay`: how long an acknowledgment may wait, in milliseconds, 0 or more. Throws a RangeError for 500 and above (MUST-40). */
  createAcknowledger(delay: number): Acknowledger;
  /** How long to wait before zero-window probe number `count` (from 0): the retransmission timeout first, then twice as long each time, at most `most` (RFC 9293 §3.8.6.1). */
  probeDelay(count: number, timeout: number, most: number): number;
}
