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

/** What the timer knows. Milliseconds. */
interface Timer {
  /** Smoothed round-trip time; undefined until the first measurement. */
  srtt: number | undefined;
  /** Its variation. */
  rttvar: number;
  /** The timeout now, backed off if the timer fired. */
  rto: number;
  /** When it fires; Infinity while it is stopped. */
  deadline: number;
  /** When the wait for the next acknowledgment began. */
  since: number;
  /** How often it has fired since then. */
  fired: number;
  /** It fired before anything was measured: the handshake's own round trip may be longer than the timeout. */
  firedUnmeasured: boolean;
}

/** Makes a timer that is stopped and has measured nothing. */
export function createRetransmission(options: RetransmissionOptions): Retransmission {
  const timer: Timer = {
    srtt: undefined,
    rttvar: 0,
    rto: options.initial,
    deadline: Infinity,
    since: 0,
    fired: 0,
    firedUnmeasured: false,
  };

  return {
    timeout: (): number => timer.rto,
    deadline: (): number => timer.deadline,

    // RFC 6298 §2.2 the first time, §2.3 every other time: RTTVAR before SRTT, because it is the distance from the *old* mean. Then §2.4, §2.5.
    sample(roundTrip: number): void {
      // region createRetransmission.sample
      if (timer.srtt === undefined) {
        timer.srtt = roundTrip;
        timer.rttvar = roundTrip / 2;
      } else {
        timer.rttvar = (1 - BETA) * timer.rttvar + BETA * Math.abs(timer.srtt - roundTrip);
        timer.srtt = (1 - ALPHA) * timer.srtt + ALPHA * roundTrip;
      }
      const computed = timer.srtt + Math.max(options.granularity, K * timer.rttvar);
      timer.rto = Math.min(Math.max(computed, options.least), options.most);
      // endregion
    },

    // RFC 6298 §5.7.
    opened(): void {
      // region createRetransmission.opened
      if (timer.firedUnmeasured && timer.srtt === undefined && options.initial < AFTER_LOST_SYN) timer.rto = AFTER_LOST_SYN;
      // endregion
    },

    // RFC 6298 §5.1.
    sent(now: number): void {
      // region createRetransmission.sent
      if (timer.deadline === Infinity) start(timer, now);
      // endregion
    },

    // RFC 6298 §5.2 and §5.3. The timeout stays as it is, backed off or not.
    acknowledged(now: number, inFlight: boolean): void {
      // region createRetransmission.acknowledged
      if (inFlight) start(timer, now);
      else timer.deadline = Infinity;
      // endregion
    },

    // RFC 6298 §5.5 and §5.6, and the two thresholds of RFC 9293 §3.8.3.
    fired(now: number): "resend" | "resend and advise" | "give up" {
      // region createRetransmission.fired
      if (timer.srtt === undefined) timer.firedUnmeasured = true;
      timer.rto = Math.min(timer.rto * 2, options.most);
      timer.deadline = now + timer.rto;
      const inVain = timer.fired++;
      if (now - timer.since >= options.r2) return "give up";
      return inVain < options.r1 ? "resend" : "resend and advise";
      // endregion
    },

    stop(): void {
      // region createRetransmission.stop
      timer.deadline = Infinity;
      // endregion
    },
  };
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

// region starting

/** A new wait for an acknowledgment begins. */
function start(timer: Timer, now: number): void {
  timer.since = now;
  timer.fired = 0;
  timer.deadline = now + timer.rto;
}
// endregion
