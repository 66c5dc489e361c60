/**
 * The place of lab 08 in the engine: how much may be in flight besides what the peer's window allows, and what to do about loss (RFC 5681). Until then the
 * host uses a plain window: as much as the peer takes, and the retransmission timer for everything that is lost.
 */

/** Congestion control of one connection. Offsets are those of the send buffer, times milliseconds. */
export interface CongestionControl {
  /** Bytes that may be in flight. */
  window(): number;
  /** Bytes before `offset` were acknowledged; `inFlight` bytes still are not. */
  acknowledged(offset: number, inFlight: number, now: number): void;
  /** The same acknowledgment came again while bytes are in flight: "resend" when the segment at `offset` should go out again at once. */
  duplicate(offset: number, inFlight: number, now: number): "resend" | "wait";
  /**
   * The peer says that it holds the bytes from `from` up to `to`, beyond a gap (RFC 2018): told for each block of an acknowledgment, before
   * `acknowledged` or `duplicate`. Both are in flight. They must not be forgotten for that: the peer may still throw them away.
   */
  selectivelyAcknowledged(from: number, to: number): void;
  /** The retransmission timer fired. */
  timedOut(inFlight: number, now: number): void;
}

/** What the host wants of it. */
export interface CongestionSettings {
  /** Segments that may be in flight before anything is acknowledged; 0: as many as RFC 5681 §3.1 says. */
  readonly initialWindow: number;
  /** Whether slow start counts acknowledged bytes (RFC 3465) or acknowledgments. */
  readonly byteCounting: boolean;
}

/** Makes the congestion control of a connection whose handshake is over, for segments of `mss` bytes. */
export type CreateCongestionControl = (mss: number, settings: CongestionSettings) => CongestionControl;
