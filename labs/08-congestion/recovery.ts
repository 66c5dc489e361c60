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
import { todo } from "../../stack/wire/not_implemented.ts";
import type { Seq } from "../../stack/wire/seq.ts";

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
  return todo("isDuplicateAck", state, segment, una, inFlight, sameWindow, newlySacked);
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
  return todo("duplicateAck", state, una, highData, lost, DUP_THRESH);
}

/**
 * `acked` bytes more are acknowledged, everything before `una` now. Outside recovery the window grows; in recovery a whole acknowledgment ends it, and a partial one tells of
 * the next hole: the segment at `una` was in flight with the one that was lost, and has not arrived either (RFC 6582 §3.2, step 3).
 */
export function newAck(state: CongestionState, una: number, acked: number, highData: number, now: number): "resend" | "wait" {
  return todo("newAck", state, una, acked, highData, now);
}

/**
 * The retransmission timer fired: nobody has acknowledged anything for a long time, so nobody paces us any more. One segment goes, and slow start finds out
 * again what the way takes. The same segment's second timeout says nothing new about that: ssthresh stays (RFC 5681 §3.1).
 */
export function timedOut(state: CongestionState, una: number, highData: number, again: boolean): void {
  return todo("timedOut", state, una, highData, again);
}
