/**
 * The retransmission timer: how long to wait for an acknowledgment before sending again (RFC 6298).
 *
 * Too short, and every segment goes twice. Too long, and a lost one stops the connection for seconds. Nobody knows how far away
 * the peer is, so the round trips are measured: a smoothed mean (SRTT), and how much they vary (RTTVAR). The timeout is the mean and four
 * times the variation: far enough out that an acknowledgment which is only late is seldom taken for lost.
 *
 *     round trips  ──▶  SRTT, RTTVAR  ──▶  RTO = SRTT + max(G, 4 · RTTVAR), at least `least`, at most `most`
 *                                           │ fired: twice as long         ▲
 *                                           └──────────────────────────────┘ until a round trip is measured again
 *
 * A timer that fires in vain doubles the timeout, and what doubled it is taken back only by a *measurement*: the acknowledgment of a
 * segment that went twice measures nothing, because it may be for either (Karn's algorithm, RFC 9293 §3.8.2).
 *
 * Nothing here reads a clock or sends. `now` is in milliseconds; whoever owns the timer asks for `deadline()` and calls `fired(now)`.
 */
import type { Retransmission, RetransmissionOptions } from "../../stack/contract/buffers.ts";

/** RFC 6298 §2: the weights of a new measurement in SRTT and in RTTVAR, and the variations that are waited for. */
const ALPHA = 1 / 8;
const BETA = 1 / 4;
const K = 4;
/** RFC 6298 §5.7: the timeout after a handshake that needed its timer, in milliseconds. */
const AFTER_LOST_SYN = 3000;

/** Makes a timer that is stopped and has measured nothing. */
export function createRetransmission(options: RetransmissionOptions): Retransmission {
  return new RetransmissionTimer(options);
}

/** A class, because a host holds one for each connection: objects of a class share their methods, and so weigh little. All times in milliseconds. */
class RetransmissionTimer implements Retransmission {
  readonly #options: RetransmissionOptions;
  /** SRTT, the smoothed round-trip time; undefined until the first measurement. */
  #srtt: number | undefined;
  /** RTTVAR, its variation. */
  #rttvar = 0;
  /** RTO, the timeout now, backed off if the timer fired. */
  #rto: number;
  /** When it fires; Infinity while it is stopped. */
  #deadline = Infinity;
  /** When the wait for the next acknowledgment began, and how often it has fired since then. */
  #since = 0;
  #fired = 0;
  /** It fired before anything was measured: the handshake's own round trip may be longer than the timeout. */
  #firedUnmeasured = false;

  constructor(options: RetransmissionOptions) {
    this.#options = options;
    this.#rto = options.initial;
  }

  timeout(): number {
    return this.#rto;
  }

  deadline(): number {
    return this.#deadline;
  }

  // RFC 6298 §2.2 the first time, §2.3 every other time: RTTVAR before SRTT, because it is the distance from the *old* mean. Then §2.4, §2.5.
  sample(roundTrip: number): void {
    // region createRetransmission.sample
    if (this.#srtt === undefined) {
      this.#srtt = roundTrip;
      this.#rttvar = roundTrip / 2;
    } else {
      this.#rttvar = (1 - BETA) * this.#rttvar + BETA * Math.abs(this.#srtt - roundTrip);
      this.#srtt = (1 - ALPHA) * this.#srtt + ALPHA * roundTrip;
    }
    const { granularity, least, most } = this.#options;
    const computed = this.#srtt + Math.max(granularity, K * this.#rttvar);
    this.#rto = Math.min(Math.max(computed, least), most);
    // endregion
  }

  // RFC 6298 §5.7.
  opened(): void {
    // region createRetransmission.opened
    const unmeasured = this.#firedUnmeasured && this.#srtt === undefined;
    if (unmeasured && this.#options.initial < AFTER_LOST_SYN) this.#rto = AFTER_LOST_SYN;
    // endregion
  }

  // RFC 6298 §5.1.
  sent(now: number): void {
    // region createRetransmission.sent
    if (this.#deadline === Infinity) this.#start(now);
    // endregion
  }

  // RFC 6298 §5.2 and §5.3. The timeout stays as it is, backed off or not.
  acknowledged(now: number, inFlight: boolean): void {
    // region createRetransmission.acknowledged
    if (inFlight) this.#start(now);
    else this.#deadline = Infinity;
    // endregion
  }

  // RFC 6298 §5.5 and §5.6, and the two thresholds of RFC 9293 §3.8.3.
  fired(now: number): "resend" | "resend and advise" | "give up" {
    // region createRetransmission.fired
    if (this.#srtt === undefined) this.#firedUnmeasured = true;
    this.#rto = Math.min(this.#rto * 2, this.#options.most);
    this.#deadline = now + this.#rto;
    const inVain = this.#fired++;
    if (now - this.#since >= this.#options.r2) return "give up";
    return inVain < this.#options.r1 ? "resend" : "resend and advise";
    // endregion
  }

  stop(): void {
    // region createRetransmission.stop
    this.#deadline = Infinity;
    // endregion
  }

  // region starting
  /** A new wait for an acknowledgment begins. */
  #start(now: number): void {
    this.#since = now;
    this.#fired = 0;
    this.#deadline = now + this.#rto;
  }
  // endregion
}

/**
 * How long to wait before zero-window probe number `count`, from 0 (RFC 9293 §3.8.6.1).
 *
 *     count     0         1           2           3             …   at most `most`
 *     wait      timeout   2·timeout   4·timeout   8·timeout
 *
 * The peer's window is closed, and the segment that opens it again may be lost: acknowledgments are not acknowledged. So somebody must
 * ask, for ever if need be, and less and less often. All times in milliseconds.
 */
export function probeDelay(count: number, timeout: number, most: number): number {
  // region probeDelay
  return Math.min(timeout * 2 ** count, most);
  // endregion
}
