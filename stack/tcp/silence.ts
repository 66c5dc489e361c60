/**
 * How long a peer has been silent, and when it is asked whether it is still there: keep-alive (RFC 9293 §3.8.4). Nobody is asked unless the
 * application wants it (MUST-25): an idle connection may lie still for a year.
 */
import type { TcpState } from "../contract/tcb.ts";

/** Milliseconds between probes that nobody answers, and how many there are: one is never proof (MUST-29). */
const INTERVAL = 75_000;
const PROBES = 9;

export class Silence {
  /** When the peer last said anything. */
  lastHeard: number;
  /** Probes since then. */
  #probes = 0;

  constructor(now: number) {
    this.lastHeard = now;
  }

  /** The peer said something. */
  heard(now: number): void {
    this.lastHeard = now;
    this.#probes = 0;
  }

  /** When the next probe is due. `keepAlive`: idle milliseconds before the first; 0: there is none. Only where a peer may still send. */
  deadline(keepAlive: number, state: TcpState): number {
    if (keepAlive === 0 || state !== "ESTABLISHED" && state !== "CLOSE-WAIT" && state !== "FIN-WAIT-2") return Infinity;
    return this.lastHeard + keepAlive + this.#probes * INTERVAL;
  }

  /** A probe is due. False: there were enough. */
  probe(): boolean {
    return this.#probes++ < PROBES;
  }
}
