/** A new Tcb: everything that RFC 9293 §3.3.1 names, at rest. */
import type { Tcb } from "../contract/tcb.ts";
import type { Ipv4Address } from "../wire/ipv4_address.ts";
import { seq } from "../wire/seq.ts";

/** What is known before the first segment. */
export interface TcbStart {
  readonly localAddress: Ipv4Address;
  readonly localPort: number;
  readonly remoteAddress: Ipv4Address;
  readonly remotePort: number;
  /** Bytes of text per segment that fit our link. */
  readonly mss: number;
  /** Shift of our window field, if scaling is agreed on: 0 to 14. */
  readonly windowScale: number;
  /** The receive window to begin with, in bytes: what a SYN can say, as nothing is scaled yet. */
  readonly window: number;
  readonly timestamps: boolean;
  readonly sackPermitted: boolean;
  readonly windowScaling: boolean;
}

/** Makes a Tcb in state CLOSED. */
export function createTcb(start: TcbStart): Tcb {
  const zero = seq(0);
  return {
    localAddress: start.localAddress,
    localPort: start.localPort,
    remoteAddress: start.remoteAddress,
    remotePort: start.remotePort,
    state: "CLOSED",
    passive: false,
    iss: zero,
    irs: zero,
    sndUna: zero,
    sndNxt: zero,
    sndWnd: 0,
    maxSndWnd: 0,
    sndWl1: zero,
    sndWl2: zero,
    rcvNxt: zero,
    rcvWnd: start.window,
    sndUp: zero,
    rcvUp: zero,
    finQueued: false,
    finSent: false,
    finReceived: false,
    rcvMss: start.mss,
    sndMss: start.mss,
    rcvScale: start.windowScale,
    sndScale: 0,
    windowScaling: start.windowScaling,
    timestamps: start.timestamps,
    sackPermitted: start.sackPermitted,
    tsRecent: 0,
    tsRecentAt: 0,
    lastAckSent: zero,
  };
}

/** Whether the peer has a connection of which a RST would tell it the end. */
export function mayBeHeard({ state }: Tcb): boolean {
  return state === "ESTABLISHED" || state === "FIN-WAIT-1" || state === "FIN-WAIT-2" || state === "CLOSE-WAIT";
}
