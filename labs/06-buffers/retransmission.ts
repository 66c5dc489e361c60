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
import { todo } from "../../stack/wire/not_implemented.ts";

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
    return todo("createRetransmission.sample", roundTrip, ALPHA, BETA, K, this.#options, this.#srtt, this.#rttvar);
  }

  // RFC 6298 §5.7.
  opened(): void {
    return todo("createRetransmission.opened", AFTER_LOST_SYN, this.#options, this.#srtt, this.#firedUnmeasured);
  }

  // RFC 6298 §5.1.
  sent(now: number): void {
    return todo("createRetransmission.sent", now);
  }

  // RFC 6298 §5.2 and §5.3. The timeout stays as it is, backed off or not.
  acknowledged(now: number, inFlight: boolean): void {
    return todo("createRetransmission.acknowledged", now, inFlight);
  }

  // RFC 6298 §5.5 and §5.6, and the two thresholds of RFC 9293 §3.8.3.
  fired(now: number): "resend" | "resend and advise" | "give up" {
    return todo("createRetransmission.fired", now, this.#options, this.#srtt, this.#since, this.#fired);
  }

  stop(): void {
    return todo("createRetransmission.stop");
  }
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
  return todo("probeDelay", count, timeout, most);
}
