/** Whether the congestion window is what holds a sender back: one that nobody uses up proves nothing by being acknowledged, and does not grow. */
import type { CongestionState } from "../contract/congestion.ts";

export class WindowUse {
  /** The most that was in flight in the window that ends at `#windowEnd`, and whether cwnd held anything back then. */
  #mostInFlight = 0;
  #windowEnd = 0;
  #wasFull = false;

  /**
   * All that could be sent was, and `unsent` bytes were not. A window counts as used when it was full; and in slow start when half of it was, because it has just been
   * opened twice as wide.
   */
  limits(state: CongestionState, una: number, highData: number, unsent: number): boolean {
    const inFlight = highData - una;
    const isFull = state.phase === "loss" || unsent > 0 && state.cwnd - inFlight < state.smss;
    if (isFull || una >= this.#windowEnd || !this.#wasFull && inFlight > this.#mostInFlight) {
      this.#wasFull = isFull;
      this.#mostInFlight = inFlight;
      this.#windowEnd = highData;
    }
    return this.#wasFull || state.cwnd < state.ssthresh && state.cwnd < 2 * this.#mostInFlight;
  }
}
