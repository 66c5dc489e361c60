/**
 * How long a peer has been silent, and when it is asked whether it is still there: keep-alive (RFC 9293 §3.8.4). Nobody is asked unless the
 * application wants it (MUST-25): an idle connection may lie still for a year.
 */
import type { TcpState } from "../contract/tcb.ts";
import type { ConnectionOptions } from "./options.ts";

export class Silence {
  /** When the peer last said anything. */
  lastHeard: number;
  /** Segments that it ever sent. */
  segments = 0;
  /** Our probes since it last said anything. */
  #probes = 0;

  constructor(now: number) {
    this.lastHeard = now;
  }

  /** The peer said something, in so many segments. */
  heard(now: number, segments: number): void {
    this.lastHeard = now;
    this.segments += segments;
    this.#probes = 0;
  }

  /** When the next probe is due; Infinity when none are wanted. Only where a peer may still send. */
  deadline({ keepAlive, keepAliveInterval }: ConnectionOptions, state: TcpState): number {
    if (keepAlive === 0 || state !== "ESTABLISHED" && state !== "CLOSE-WAIT" && state !== "FIN-WAIT-2") return Infinity;
    return this.lastHeard + keepAlive + this.#probes * keepAliveInterval;
  }

  /** A probe is due. False: there were enough, or with a user timeout, the silence has lasted that long; but there was one. */
  probe({ keepAliveProbes, userTimeout }: ConnectionOptions, now: number): boolean {
    const probes = this.#probes++;
    return probes === 0 || (userTimeout > 0 ? now - this.lastHeard < userTimeout : probes < keepAliveProbes);
  }
}
