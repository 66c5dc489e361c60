/**
 * How a connection ends by our own will: in good order (RFC 9293 §3.10.4) or at once (§3.10.5). And how many guesses of strangers we answer
 * (RFC 5961 §7).
 */
import type { Tcb, TcpEffects } from "../../stack/contract/tcb.ts";
import { todo } from "../../stack/wire/not_implemented.ts";

/**
 * The application has nothing more to send; it may go on reading (RFC 9293 §3.10.4).
 *
 *     LISTEN, SYN-SENT                        "close": nobody is there who could wait for a FIN
 *     SYN-RECEIVED, ESTABLISHED, CLOSE-WAIT   finQueued, and "close"; the engine sends the FIN behind the last byte
 *     any other                               nothing: we have closed before
 */
export function close(tcb: Tcb, effects: TcpEffects): void {
  return todo("close", tcb, effects);
}

/**
 * The application gives the connection up (RFC 9293 §3.10.5): in SYN-RECEIVED, ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2 and CLOSE-WAIT the peer is told, by a
 * RST (with ACK) at the one number that he will believe, sndNxt. Then, in every state but CLOSED: "abort", and fail "aborted".
 */
export function abort(tcb: Tcb, effects: TcpEffects): void {
  return todo("abort", tcb, effects);
}

/**
 * A bound on challenge ACKs for the whole host (RFC 5961 §7): `allow(now)` is true at most `limit` times in each `interval` milliseconds. The first
 * interval begins with the first call, each later one with the first call after the one before has passed.
 */
export function createChallengeLimit(limit: number, interval: number): { allow(now: number): boolean } {
  /** The interval that is being counted: when it began, and the challenges in it. */
  const current = { began: -Infinity, count: 0 };
  return {
    allow(now: number): boolean {
      return todo("createChallengeLimit.allow", now, limit, interval, current);
    },
  };
}
