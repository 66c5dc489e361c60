/** Lab 05, how a connection ends by our own will (RFC 9293 §3.10.4, §3.10.5), and how often we answer a challenge (RFC 5961 §7). */
import type { Tcb, TcpEffects } from "../../stack/contract/tcb.ts";
import { todo } from "../../stack/wire/not_implemented.ts";

/** The application has nothing more to send; it may go on reading. The FIN goes out behind the last byte. */
export function close(tcb: Tcb, effects: TcpEffects): void {
  return todo("close", tcb, effects);
}

/** The application gives the connection up: the peer is told by a RST where that can still matter. */
export function abort(tcb: Tcb, effects: TcpEffects): void {
  return todo("abort", tcb, effects);
}

/** A bound on challenge ACKs: at most `limit` in each `interval` milliseconds. */
export function createChallengeLimit(limit: number, interval: number): { allow(now: number): boolean } {
  /** The interval that is being counted: when it began, and the challenges in it. */
  const current = { began: -Infinity, count: 0 };
  return {
    allow(now: number): boolean {
      return todo("createChallengeLimit.allow", now, limit, interval, current);
    },
  };
}
