/**
 * How much may be in flight: the congestion window, `cwnd` (RFC 5681).
 *
 * The peer's window says what the *peer* can take. Nobody says what the *network* can take, so it is found out: the window opens until something is
 * lost, shrinks, and opens again. That is the sawtooth.
 *
 *     cwnd │          loss
 *          │           ╱│           ╱│        slow start: as much again with each round trip,
 *          │          ╱ │    ___---  │ __--   until something is lost, or ssthresh is reached;
 * ssthresh │- - - - -╱- │---         │-       congestion avoidance: one segment more with each round trip
 *          │       _╱   ▼            ▼
 *          │ ___---     ssthresh = half of what was in flight
 *          └──────────────────────────────▶ time
 *
 * Each function changes one record, `CongestionState`, and nothing else. See `stack/contract/congestion.ts` for the whole contract. Bytes, milliseconds.
 */
import type { CongestionState } from "../../stack/contract/congestion.ts";
import { todo } from "../../stack/wire/not_implemented.ts";

/** RFC 6928 §2: the segment size at which a number of segments is a number of bytes. */
const USUAL_SMSS = 1460;

/**
 * The initial window in bytes (RFC 5681 §3.1), for segments of `smss` bytes.
 *
 *     SMSS       up to 1095   up to 2190   more     our SYN was lost
 *     segments       4            3          2             1
 *
 * With `segments` above 0 it is that many segments, as RFC 6928 has it for 10: min(10 · SMSS, max(2 · SMSS, 14 600)).
 */
export function initialWindow(smss: number, segments: number, synLost: boolean): number {
  return todo("initialWindow", smss, segments, synLost, USUAL_SMSS);
}

/**
 * Slow start: `acked` bytes were acknowledged, so as many more may go. A window that is acknowledged whole has doubled.
 *
 * One acknowledgment may open the window by L · SMSS at most, L being `state.growthLimit`: whoever acknowledges a hundred segments at once would
 * release two hundred at once. In phase "loss" L is 1: an acknowledgment may then jump over much that had arrived before (RFC 3465 §2.3).
 */
export function slowStart(state: CongestionState, acked: number): void {
  return todo("slowStart", state, acked);
}

/**
 * Congestion avoidance of Reno: one SMSS for each window that was acknowledged, whoever acknowledges how much at a time (RFC 5681 §3.1).
 *
 *     cwnd 10 000, SMSS 1000:   … 9000 acknowledged since it was last opened │ + 2000 → 11 000 ≥ 10 000: cwnd is 11 000, and 1000 are counted
 */
export function growReno(state: CongestionState, acked: number): void {
  return todo("growReno", state, acked);
}

/** A loss was noticed: ssthresh is half of what was in flight, but never less than two segments (RFC 5681 §3.1, equation 4). */
export function reduceReno(state: CongestionState, flightSize: number): void {
  return todo("reduceReno", state, flightSize);
}

/**
 * Something is about to be sent after `idle` milliseconds in which nothing was. What is left of the window is from another time: with nothing in flight there are
 * no acknowledgments that pace us, and all of it would go at once (RFC 5681 §4.1).
 */
export function restartAfterIdle(state: CongestionState, idle: number, timeout: number): void {
  return todo("restartAfterIdle", state, idle, timeout);
}

/**
 * How many bytes may be in flight: cwnd, and a little more while the first two duplicate acknowledgments wait for a third (RFC 3042).
 *
 * Each duplicate says that a segment has left the network, so a new one may enter it. In a small window that is what makes the
 * third duplicate possible: with three segments in flight and the first lost, there are only two to answer.
 */
export function sendWindow(state: CongestionState): number {
  return todo("sendWindow", state);
}
