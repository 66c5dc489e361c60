/**
 * CUBIC: a window that remembers where it was (RFC 9438).
 *
 * Reno opens its window by one segment per round trip: over a long fat pipe, where thousands fit, that takes minutes after each loss. CUBIC's window is a function of
 * *time*, and not of round trips. The window at which something was lost is W_max, and the way back there is a cubic curve: fast at
 * first, slow near W_max, where it hurt the last time, and then, if nothing happens, faster and faster away from it.
 *
 *     W_max │             ______⌒______╱
 *           │         _--´            K
 *           │      ╱
 *  β·W_max  │_____╱                         W_cubic(t) = C · (t − K)³ + W_max
 *           └──────────────────────────▶ t
 *
 * On short paths Reno would be faster than that; then CUBIC does what Reno would do (W_est). The RFC counts windows in segments and time in seconds,
 * and so do W_max, W_est and K here; cwnd is in bytes, as everywhere. See `stack/contract/congestion.ts`.
 */
import type { CongestionState } from "../../stack/contract/congestion.ts";
import { todo } from "../../stack/wire/not_implemented.ts";

/** RFC 9438 §4.1 and §4.6: how steep the curve is, in segments per second³, and what is left of a window after a loss. */
const C = 0.4;
const BETA = 0.7;
/** §4.3: how fast W_est grows, so that on average it is as large as Reno's window, which halves and grows by 1. */
const ALPHA = 3 * (1 - BETA) / (1 + BETA);

/**
 * Congestion avoidance: `acked` bytes were acknowledged.
 *
 * The first time after a loss a stage begins: its beginning is t = 0, and K, the time until the curve is back at W_max, follows from where we are now:
 *
 *     W_cubic(0) = cwnd   ⇒   K = ∛((W_max − cwnd) / C)
 *
 * The window then heads for where the curve will be one round trip from now, in as many steps as acknowledgments come in one round trip (§4.2 to §4.5).
 */
export function growCubic(state: CongestionState, acked: number, now: number): void {
  return todo("growCubic", state, acked, now, C, ALPHA);
}

/**
 * A loss was noticed: ssthresh is β of what was in flight, but two segments at least (§4.6).
 *
 * The window at which it happened is the new W_max. If that is less than the last time, somebody else wants a share: then W_max is set a little lower still, and the
 * room is left to them (fast convergence, §4.7).
 */
export function reduceCubic(state: CongestionState, flightSize: number): void {
  return todo("reduceCubic", state, flightSize);
}
