/**
 * What to do about loss (RFC 5681 §3.2, RFC 6582; with SACK RFC 6675 §5).
 *
 * A receiver that gets something beyond a gap acknowledges the gap again, at once: a duplicate acknowledgment. One may be because two packets changed places. Three are
 * taken for a loss, and the segment goes again without waiting for the timer.
 *
 *     phase     open ──── third duplicate ────▶ recovery ── all of it acknowledged ──▶ open
 *                 │                                │
 *                 └────── the timer fires ─────────┴──────▶ loss ── all of it acknowledged ──▶ open
 *
 * "All of it" is everything up to `recoveryPoint`, the end of what was sent when the loss was noticed. Until that is acknowledged, whatever else is found missing belongs to
 * the same loss: one window, one reduction.
 *
 * Without SACK we do not know what the peer holds, but each duplicate says that *something* has arrived: so in recovery the window is inflated by a segment for each,
 * and deflated when recovery ends. With SACK the scoreboard counts what is on its way, and cwnd need not pretend.
 */
import type { CongestionState } from "../../stack/contract/congestion.ts";
import type { Segment } from "../../stack/contract/tcb.ts";
import type { Seq } from "../../stack/wire/seq.ts";
import { FIN, SYN } from "../../stack/wire/tcp_flags.ts";
import { growCubic, reduceCubic } from "./cubic.ts";
import { growReno, reduceReno, slowStart } from "./window.ts";

/** DupThresh: so many duplicates are a loss (RFC 5681 §3.2, RFC 6675 §2). */
const DUP_THRESH = 3;

/**
 * Whether a segment is a duplicate acknowledgment: one that is sent because something came beyond a gap (RFC 5681 §2). Segments that merely happen to acknowledge the
 * same number (text, a FIN, an opened window) are none.
 *
 * A peer with SACK says why it acknowledges again: if it tells of nothing new, nothing new has arrived (RFC 6675 §2, RFC 3042 §2).
 */
export function isDuplicateAck(
  state: CongestionState,
  segment: Segment,
  una: Seq,
  inFlight: number,
  sameWindow: boolean,
  newlySacked: number,
): boolean {
  // region isDuplicateAck
  if (state.sack) return newlySacked > 0;
  return inFlight > 0 && segment.textLength === 0 && (segment.flags & (SYN | FIN)) === 0 && segment.ack === una && sameWindow;
  // endregion
}

/**
 * A duplicate acknowledgment came. The third begins recovery, and in RFC 6675 also the first that makes the scoreboard take the byte at `una` for `lost`.
 *
 *     SMSS 1000, cwnd 10 000, 10 000 in flight        dupAcks   cwnd                phase      answer
 *     first duplicate                                 1         10 000              open       "wait"
 *     second                                          2         10 000              open       "wait"
 *     third                                           3         8000 (5000 + 3000)  recovery   "resend"
 *     fourth                                          3         9000                recovery   "wait"
 */
export function duplicateAck(state: CongestionState, una: number, highData: number, lost: boolean): "resend" | "wait" {
  // region duplicateAck
  const { smss, sack } = state;
  if (state.phase === "recovery") {
    if (!sack) state.cwnd += smss;
    return "wait";
  }
  state.dupAcks++;
  if (state.dupAcks < DUP_THRESH && !lost) return "wait";
  if (sack ? una < state.recoveryPoint : una <= state.recoveryPoint) return "wait"; // it belongs to the loss before
  reduce(state, Math.min(highData - una, state.cwnd)); // beyond cwnd there is only what limited transmit added
  state.phase = "recovery";
  state.recoveryPoint = highData;
  state.cwnd = sack ? state.ssthresh : state.ssthresh + DUP_THRESH * smss;
  return "resend";
  // endregion
}

/**
 * `acked` bytes more are acknowledged, everything before `una` now. Outside recovery the window grows; in recovery a whole acknowledgment ends it, and a partial one tells of
 * the next hole: the segment at `una` was in flight with the one that was lost, and has not arrived either (RFC 6582 §3.2, step 3).
 */
export function newAck(state: CongestionState, una: number, acked: number, highData: number, now: number): "resend" | "wait" {
  // region newAck
  const { smss, sack, phase } = state;
  state.dupAcks = 0;
  if (phase !== "recovery" && state.limited) grow(state, acked, now); // before "loss" ends: L is 1 for this one, too
  const isOver = una >= state.recoveryPoint;
  if (isOver) state.phase = "open";
  if (phase !== "recovery" || sack) return "wait";
  if (isOver) {
    state.cwnd = Math.min(state.ssthresh, Math.max(highData - una, smss) + smss);
    return "wait";
  }
  state.cwnd = Math.max(state.cwnd - acked + (acked >= smss ? smss : 0), smss);
  return "resend";
  // endregion
}

/**
 * The retransmission timer fired: nobody has acknowledged anything for a long time, so nobody paces us any more. One segment goes, and slow start finds out
 * again what the way takes. The same segment's second timeout says nothing new about that: ssthresh stays (RFC 5681 §3.1).
 */
export function timedOut(state: CongestionState, una: number, highData: number, again: boolean): void {
  // region timedOut
  if (!again) reduce(state, highData - una);
  state.phase = "loss";
  state.recoveryPoint = highData;
  state.dupAcks = 0;
  state.bytesAcked = 0;
  state.cwnd = state.smss;
  state.wMax = 0; // RFC 9438 §4.8: the stage that follows begins at its W_max
  state.epochStart = -1;
  // endregion
}

// region growing
/** The window grows: by slow start below ssthresh, and from there by the algorithm. */
function grow(state: CongestionState, acked: number, now: number): void {
  if (state.cwnd < state.ssthresh) slowStart(state, acked);
  else if (state.algorithm === "cubic") growCubic(state, acked, now);
  else growReno(state, acked);
}

/** ssthresh after a loss, by the algorithm. */
function reduce(state: CongestionState, flightSize: number): void {
  if (state.algorithm === "cubic") reduceCubic(state, flightSize);
  else reduceReno(state, flightSize);
}
// endregion
