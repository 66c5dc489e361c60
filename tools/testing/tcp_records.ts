/** Connections, segments and effects as plain data, for tests of what labs 04 and 05 decide. */
import type { Segment, Tcb, TcpEffects } from "../../stack/contract/tcb.ts";
import type { Ipv4Address } from "../../stack/wire/ipv4_address.ts";
import { seq, seqAdd } from "../../stack/wire/seq.ts";
import { ACK } from "../../stack/wire/tcp_flags.ts";

/** Where our numbers and theirs begin: both just below the wrap, so that every test crosses it. */
export const ISS = seq(0xffff_ff00);
export const IRS = seq(0xffff_fff0);

/** An established connection without options: 100 bytes of ours are in flight, we take 1000, the peer takes 500. */
export function newTcb(fields: Partial<Tcb> = {}): Tcb {
  const rcvNxt = seqAdd(IRS, 1);
  return {
    localAddress: 0x0a2c_0002 as Ipv4Address,
    localPort: 80,
    remoteAddress: 0x0a2c_0001 as Ipv4Address,
    remotePort: 40000,
    state: "ESTABLISHED",
    passive: true,
    iss: ISS,
    irs: IRS,
    sndUna: seqAdd(ISS, 1),
    sndNxt: seqAdd(ISS, 101),
    sndWnd: 500,
    maxSndWnd: 500,
    sndWl1: rcvNxt,
    sndWl2: seqAdd(ISS, 1),
    rcvNxt,
    rcvWnd: 1000,
    sndUp: seqAdd(ISS, 1),
    rcvUp: rcvNxt,
    finQueued: false,
    finSent: false,
    finReceived: false,
    rcvMss: 1460,
    sndMss: 1460,
    rcvScale: 0,
    sndScale: 0,
    windowScaling: false,
    timestamps: false,
    sackPermitted: false,
    tsRecent: 0,
    tsRecentAt: 0,
    lastAckSent: rcvNxt,
    ...fields,
  };
}

/** A segment of `textLength` bytes that begins `from` bytes behind rcvNxt and acknowledges nothing new; its text lies at offset 54. */
export function newSegment(from: number, textLength: number, fields: Partial<Segment> = {}): Segment {
  const flags = fields.flags ?? ACK;
  return {
    sourcePort: 40000,
    destinationPort: 80,
    seq: seqAdd(IRS, 1 + from),
    ack: seqAdd(ISS, 1),
    flags,
    window: 500,
    urgentPointer: 0,
    text: 54,
    textLength,
    length: textLength + (flags & 1) + (flags >> 1 & 1),
    mss: 0,
    windowScale: -1,
    sackPermitted: false,
    timestamps: false,
    tsVal: 0,
    tsEcr: 0,
    sackBlocks: 0,
    sackCount: 0,
    ...fields,
  };
}

/** Effects that are written down, each as its name and what it was given; `take` empties the list. */
export function recordEffects(): { effects: TcpEffects; take: () => unknown[][] } {
  const log: unknown[][] = [];
  const note = (name: string) => (...given: unknown[]): void => void log.push([name, ...given]);
  const names = ["send", "acknowledge", "challenge", "deliver", "acknowledged", "event", "startTimeWait", "fail", "urgent"];
  const effects = Object.fromEntries(names.map((name) => [name, note(name)])) as unknown as TcpEffects;
  return { effects, take: () => log.splice(0) };
}
