/** Lab 05, how a connection ends by our own will (RFC 9293 §3.10.4, §3.10.5), and how often we answer a challenge (RFC 5961 §7). */
import type { Tcb, TcpEffects } from "../../stack/contract/tcb.ts";
import { ACK, RST } from "../../stack/wire/tcp_flags.ts";

/** The application has nothing more to send; it may go on reading. The FIN goes out behind the last byte. */
export function close(tcb: Tcb, effects: TcpEffects): void {
  // region close
  switch (tcb.state) {
    case "LISTEN":
    case "SYN-SENT":
      return effects.event("close");
    case "SYN-RECEIVED":
    case "ESTABLISHED":
    case "CLOSE-WAIT":
      tcb.finQueued = true;
      return effects.event("close");
    default: // closed already
  }
  // endregion
}

/** The application gives the connection up: the peer is told by a RST where that can still matter. */
export function abort(tcb: Tcb, effects: TcpEffects): void {
  // region abort
  switch (tcb.state) {
    case "CLOSED":
      return;
    case "SYN-RECEIVED":
    case "ESTABLISHED":
    case "FIN-WAIT-1":
    case "FIN-WAIT-2":
    case "CLOSE-WAIT":
      effects.send(RST | ACK, tcb.sndNxt, tcb.rcvNxt);
      break;
    default: // nobody there yet, or both sides are done
  }
  effects.event("abort");
  effects.fail("aborted");
  // endregion
}

/** A bound on challenge ACKs: at most `limit` in each `interval` milliseconds. */
export function createChallengeLimit(limit: number, interval: number): { allow(now: number): boolean } {
  /** The interval that is being counted: when it began, and the challenges in it. */
  const current = { began: -Infinity, count: 0 };
  return {
    allow(now: number): boolean {
      // region createChallengeLimit.allow
      if (now - current.began >= interval) {
        current.began = now;
        current.count = 0;
      }
      current.count++;
      return current.count <= limit;
      // endregion
    },
  };
}
