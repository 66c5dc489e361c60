/** A new Tcb: everything that RFC 9293 §3.3.1 names, at rest. */
import type { Tcb } from "../contract/tcb.ts";
import type { Ipv4Address } from "../wire/ipv4_address.ts";
import { seq } from "../wire/seq.ts";

/** Both ends of a connection. */
export interface Ends {
  readonly localAddress: Ipv4Address;
  readonly localPort: number;
  readonly remoteAddress: Ipv4Address;
  readonly remotePort: number;
}

/** What is known before the first segment. */
export interface TcbStart extends Ends {
  /** Bytes of text per segment that fit our link. */
  readonly mss: number;
  /** The most that the receive window will ever be, in bytes. */
  readonly receiveBuffer: number;
  /** What our SYN offers. */
  readonly offers: { readonly timestamps: boolean; readonly sack: boolean; readonly windowScaling: boolean };
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
    rcvWnd: Math.min(start.receiveBuffer, 0xffff), // what a SYN can say: nothing is scaled yet
    sndUp: zero,
    rcvUp: zero,
    finQueued: false,
    finSent: false,
    finReceived: false,
    rcvMss: start.mss,
    sndMss: start.mss,
    rcvScale: windowScaleFor(start.receiveBuffer),
    sndScale: 0,
    windowScaling: start.offers.windowScaling,
    timestamps: start.offers.timestamps,
    sackPermitted: start.offers.sack,
    tsRecent: 0,
    tsRecentAt: 0,
    lastAckSent: zero,
  };
}

/** Shift of our window field, if scaling is agreed on: 0 to 14. */
function windowScaleFor(receiveBuffer: number): number {
  let shift = 0;
  while (shift < 14 && receiveBuffer >> shift > 0xffff) shift++;
  return shift;
}

/** Whether the peer has a connection of which a RST would tell it the end. */
export function mayBeHeard({ state }: Tcb): boolean {
  return state === "ESTABLISHED" || state === "FIN-WAIT-1" || state === "FIN-WAIT-2" || state === "CLOSE-WAIT";
}
