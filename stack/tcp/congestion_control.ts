/**
 * The place of lab 08 in the engine: how much may be in flight besides what the peer's window allows, and what to do about loss (RFC 5681). Where the lab
 * is bound, `stack/tcp/congestion.ts` stands here; else a plain window, `stack/tcp/plain_window.ts`: as much as the peer takes, and the
 * retransmission timer for everything that is lost.
 */
import type { CongestionAlgorithm, CongestionState, NextSegment } from "../contract/congestion.ts";
import type { Segment } from "../contract/tcb.ts";
import type { Frame } from "../wire/frame.ts";
import type { Seq } from "../wire/seq.ts";
import type { ConnectionOptions } from "./options.ts";

/**
 * Congestion control of one connection. Offsets are those of the send buffer, times milliseconds; `highData` is the offset behind the last byte that was sent.
 * "resend": the oldest segment goes out again at once.
 */
export interface CongestionControl {
  /** What lab 08 knows; undefined where there is none. */
  readonly state: CongestionState | undefined;
  /** Segments that the peer holds by its SACK blocks, and that are lost, of those in flight; undefined where there is no scoreboard. */
  counts?(una: number, highData: number): { readonly sacked: number; readonly lost: number } | undefined;
  /** What goes out next, old or new, is for `next` to say. Else it is whatever fits into `window`, and old text only after a timeout. */
  readonly picks: boolean;
  /** Bytes that may be in flight. */
  window(): number;
  /** Something is about to be sent, and nothing is in flight. `idle`: since when nothing was sent. */
  restart(idle: number, timeout: number): void;
  /** What could be sent was: whether a full window kept the rest back. */
  sent(una: number, highData: number, unsent: number): void;
  /** A round trip was measured. */
  measured(roundTrip: number): void;
  /** `acked` bytes more were acknowledged by `segment`, up to `una`. */
  acknowledged(una: number, acked: number, highData: number, now: number, segment: Segment): "resend" | "wait";
  /** A segment in `frame` acknowledges `number`, which is offset `una`, and something is in flight. `isNew`: `acknowledged` has heard of that. */
  heard(
    segment: Segment,
    frame: Frame,
    number: Seq,
    una: number,
    highData: number,
    sameWindow: boolean,
    isNew: boolean,
    now: number,
  ): "resend" | "wait";
  /** The retransmission timer fired; `again`: a second time in vain. */
  timedOut(una: number, highData: number, again: boolean): void;
  /** Segments are to be smaller from now on, and all that is in flight is to go out again. */
  shrink(smss: number, highData: number): void;
  /** The application has another algorithm in mind. */
  choose(algorithm: CongestionAlgorithm): void;
  /** What goes out next, if anything may. `unsent`: bytes that were never sent, and that the peer's window takes. */
  next(highData: number, unsent: number): NextSegment | undefined;
  /** Bytes up to `end` were sent again, by this rule of `NextSegment`. */
  resent(end: number, rule: NextSegment["rule"], highData: number): void;
  /** Nothing is in flight, and nothing is due: what is only of use at work goes back. */
  rest?(): void;
  /** For those who tell losses by the clock. The text from `from` up to `end` goes out, for the first time or again. */
  transmitted?(from: number, end: number, now: number): void;
  /** Something may be sent now, and all that came in this poll is known: looks what is lost. */
  look?(una: number, highData: number, now: number): void;
  /** When it wants to look though nothing comes; Infinity for never. */
  deadline?(): number;
}

/** Makes the congestion control of a connection whose handshake is over, for segments of `smss` bytes. */
export type CreateCongestionControl = (
  smss: number,
  agreed: { readonly sack: boolean; readonly synLost: boolean },
  options: ConnectionOptions,
) => CongestionControl;
