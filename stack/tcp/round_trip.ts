/**
 * How long the way there and back takes, for lab 06's timer and for lab 08: by the timestamps that the peer echoes, or where there are none by measuring one
 * segment at a time (RFC 6298 §3, RFC 7323 §4).
 */
import type { Segment } from "../contract/tcb.ts";
import { timestampOf } from "./segment_fields.ts";

export class RoundTrip {
  /** The offset whose acknowledgment is awaited, −1 for none, and when it was sent. */
  #offset = -1;
  #at = 0;
  /** What the clock of the timestamps said when the timer last fired; 0: it never did. */
  #notBefore = 0;

  /** Text up to `offset` goes out, for the first time; it is measured, unless something else is. */
  begin(offset: number, now: number): void {
    if (this.#offset >= 0) return;
    this.#offset = offset;
    this.#at = now;
  }

  /**
   * The timer fired. An echo from before that is of the first transmission, or of something even older, when the acknowledgment that it came with was lost: what
   * it measures is our own timeout.
   */
  timedOut(now: number): void {
    this.#notBefore = timestampOf(now);
  }

  /** Karn: what was sent twice measures nothing, nor does what had to wait for it. */
  cancel(): void {
    this.#offset = -1;
  }

  /** Everything before `una` is acknowledged, by `segment`: milliseconds that it took, or −1 when that is not known. `openedAt`: nothing is older. */
  end(una: number, segment: Segment, timestamps: boolean, now: number, openedAt: number): number {
    const isTimed = this.#offset >= 0 && una >= this.#offset;
    if (isTimed) this.#offset = -1;
    if (!timestamps || !segment.timestamps || segment.tsEcr === 0) return isTimed ? now - this.#at : -1;
    const elapsed = timestampOf(now) - segment.tsEcr | 0;
    const isOld = this.#notBefore !== 0 && (segment.tsEcr - this.#notBefore | 0) < 0;
    return !isOld && elapsed <= now - openedAt + 1 ? elapsed : -1; // an echo of what we never said measures nothing
  }
}
