/**
 * The contract of lab 04: TCP's segment (RFC 9293 §3.1, §3.2, RFC 7323, RFC 2018) and how a connection is opened
 * (RFC 9293 §3.5, §3.10.7.1 to §3.10.7.3, RFC 6528).
 */
import type { Frame } from "../wire/frame.ts";
import type { Ipv4Address } from "../wire/ipv4_address.ts";
import type { Seq } from "../wire/seq.ts";
import type { Checksum, Segment, StepVerdict, Tcb, TcpEffects, TcpFlags } from "./tcb.ts";

/** Why a segment was dropped. Checked in this order. */
export type SegmentReject =
  /** Fewer than 20 bytes. */
  | "truncated"
  /** Data offset below 5, or beyond the segment's end. */
  | "bad data offset"
  | "bad tcp checksum"
  /** An option's length is 0 or 1, or reaches past the header; or a known option has a length that it cannot have. */
  | "bad option";

/** What a segment to be written holds. The text is in the frame already. */
export interface SegmentFields {
  sourcePort: number;
  destinationPort: number;
  seq: Seq;
  ack: Seq;
  flags: TcpFlags;
  /** As it stands in the header: 0 to 65535, already scaled. */
  window: number;
  urgentPointer: number;
  /** 0: no MSS option. */
  mss: number;
  /** −1: no window scale option. */
  windowScale: number;
  sackPermitted: boolean;
  timestamps: boolean;
  tsVal: number;
  tsEcr: number;
  /** SACK blocks: left edge, right edge, left edge, … in the order in which they are sent. At most four blocks, three with timestamps. */
  sack: readonly Seq[];
}

/** What is sent in answer to a segment that belongs to no connection. */
export interface StrayAnswer {
  readonly flags: TcpFlags;
  readonly seq: Seq;
  readonly ack: Seq;
}

/** What lab 04 provides. */
export interface HandshakeModule {
  /**
   * Reads the segment between `frame.start` and `frame.end`, with all its options, and verifies the checksum over pseudo-header, header and
   * text. Unknown options are stepped over (MUST-6); an option needs no alignment (MUST-64). Changes nothing. `checksum` is lab 03's, and is
   * called once, over the whole segment: the pseudo-header's sum goes in as its `initial`.
   */
  parseSegment(frame: Frame, source: Ipv4Address, destination: Ipv4Address, checksum: Checksum): Segment | SegmentReject;

  /**
   * Pushes header and options in front of the text in `frame`, checksum included (one call, as in `parseSegment`). Options in the
   * order MSS, SACK-permitted, timestamps, window scale, SACK, each padded in front with NOPs so that the header's length is a multiple of 4
   * (any order and padding is legal; what follows an end-of-list option is zero, MUST-69). Without ACK, TSecr is written as 0 (RFC 7323
   * §3.2).
   */
  writeSegment(frame: Frame, fields: SegmentFields, source: Ipv4Address, destination: Ipv4Address, checksum: Checksum): void;

  /**
   * The initial sequence number of a connection (RFC 6528): M + F(both address pairs, secret). M is a clock that ticks every
   * 4 microseconds; `now` is in milliseconds. `hash` is F's core, a keyed hash of four 32-bit words that nobody outside can compute.
   */
  chooseIss(
    localAddress: Ipv4Address,
    localPort: number,
    remoteAddress: Ipv4Address,
    remotePort: number,
    now: number,
    hash: (a: number, b: number, c: number, d: number) => number,
  ): Seq;

  /**
   * The application connects: our numbers begin (iss; sndUna and sndUp there, sndNxt one behind the SYN), then the event "active open" and
   * a SYN (RFC 9293 §3.10.1).
   */
  activeOpen(tcb: Tcb, iss: Seq, effects: TcpEffects): void;

  /**
   * What a listening socket does with a segment (RFC 9293 §3.10.7.2): RST: "drop"; anything with ACK: "reset"; a SYN: "open";
   * anything else: "drop". A SYN with FIN may be dropped or opened.
   */
  listenArrives(segment: Segment): "open" | "reset" | "drop";

  /**
   * A SYN came for a listening socket, and `tcb`, in LISTEN, is the new connection: our numbers begin as in `activeOpen`, and so do theirs
   * (irs; rcvNxt, rcvUp and lastAckSent one behind the SYN). Notes `passive`, what both sides can do (`agreeOptions`) and the send window
   * (sndWnd, maxSndWnd, sndWl1; sndWl2 is iss, as a SYN acknowledges nothing); then the event "syn received" and a SYN+ACK.
   */
  passiveOpen(tcb: Tcb, iss: Seq, segment: Segment, now: number, effects: TcpEffects): void;

  /**
   * Notes in `tcb` what a SYN (or SYN+ACK) settled. Options hold only when both sides sent them: window scaling (shifts above 14 count as
   * 14), timestamps (tsRecent is then the peer's TSval, tsRecentAt `now`), SACK. A scale that does not hold is 0, on both sides. Without an
   * MSS option, or with one of 0, the peer takes 536 bytes (MUST-15); less than 64 counts as 64, or a peer could make a packet of every
   * byte. sndMss is the smaller of that and our own limit, which it was before, less the 12 bytes of a timestamps option when those were
   * agreed on (MUST-16). Called once in a connection's life.
   */
  agreeOptions(tcb: Tcb, segment: Segment, now: number): void;

  /**
   * A segment in SYN-SENT (RFC 9293 §3.10.7.3), in the order ACK, RST, SYN:
   * - an ACK of anything but our SYN: a RST with that number, unless the segment is a RST itself; "drop";
   * - a RST, with an ACK of our SYN: "reset received", then fail "refused"; without ACK nothing; "drop";
   * - a SYN+ACK: notes what a SYN brings (as in `passiveOpen`, with sndWl2 and sndUna from the ACK), then "syn-ack received",
   *   `acknowledged`, acknowledge now. "continue": text or FIN may follow in the same segment, at the URG step;
   * - a SYN alone: simultaneous open (MUST-10): notes the same, then "syn received" and a SYN+ACK, with our old number; "drop";
   * - anything else: "drop".
   * A SYN's window is never scaled (RFC 7323 §2.2).
   */
  synSentArrives(tcb: Tcb, segment: Segment, now: number, effects: TcpEffects): StepVerdict;

  /**
   * The ACK step in SYN-RECEIVED (RFC 9293 §3.10.7.4): an ACK of our SYN completes the opening (send window, scaled unless the segment is a
   * SYN; "syn acknowledged"; "continue"). It does not move sndUna: the ACK step of ESTABLISHED, which follows with the same segment, does.
   * Any other ACK gets a RST with the sequence number that it acknowledged, and is dropped; without ACK: "drop".
   */
  completeOpen(tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict;

  /**
   * What a closed port answers (RFC 9293 §3.10.7.1): nothing to a RST; to a segment with ACK a RST with that number (the ack of a RST without ACK
   * means nothing: seq(0)); to any
   * other a RST+ACK that acknowledges all of it.
   */
  answerStray(segment: Segment): StrayAnswer | undefined;
}
