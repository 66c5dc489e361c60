/**
 * What every segment of a connection says of us: how far we have received and how much more we take, timestamps, SACK blocks, urgent data.
 * One record is filled in again and again, so that none is made per segment: it is read before the next one is filled in.
 */
import type { SegmentFields } from "../contract/handshake.ts";
import type { Tcb, TcpFlags } from "../contract/tcb.ts";
import { type Seq, seq, seqBefore, seqDiff } from "../wire/seq.ts";
import { ACK, RST, SYN, URG } from "../wire/tcp_flags.ts";
import type { Receiver } from "./receiver.ts";

const NO_BLOCKS: readonly Seq[] = [];
const fields = blankFields();

/** No options, no flags, all zero. */
export function blankFields(): SegmentFields {
  return {
    sourcePort: 0,
    destinationPort: 0,
    seq: seq(0),
    ack: seq(0),
    flags: 0,
    window: 0,
    urgentPointer: 0,
    mss: 0,
    windowScale: -1,
    sackPermitted: false,
    timestamps: false,
    tsVal: 0,
    tsEcr: 0,
    sack: NO_BLOCKS,
  };
}

/**
 * A segment with these flags and this number, and `textLength` bytes of text, that is sent now: `tsVal`. The record is good until the next call. The
 * window that it announces is promised.
 */
export function fillFields(tcb: Tcb, receiver: Receiver, flags: TcpFlags, number: Seq, textLength: number, tsVal: number): SegmentFields {
  const syn = (flags & SYN) !== 0;
  const acknowledges = (flags & ACK) !== 0;
  const plain = (flags & (SYN | RST)) === 0;
  const urgent = plain && seqBefore(tcb.sndUna, tcb.sndUp) && seqBefore(number, tcb.sndUp);
  fields.sourcePort = tcb.localPort;
  fields.destinationPort = tcb.remotePort;
  fields.seq = number;
  fields.ack = acknowledges ? tcb.rcvNxt : seq(0);
  fields.flags = urgent ? flags | URG : flags;
  fields.window = syn ? Math.min(tcb.rcvWnd, 0xffff) : receiver.announce(); // a SYN's is never scaled (RFC 7323 §2.2)
  fields.urgentPointer = urgent ? Math.min(seqDiff(tcb.sndUp, number), 0xffff) : 0;
  fields.mss = syn ? tcb.rcvMss : 0;
  fields.windowScale = syn && tcb.windowScaling ? tcb.rcvScale : -1;
  fields.sackPermitted = syn && tcb.sackPermitted;
  fields.timestamps = tcb.timestamps && (syn || tcb.state !== "SYN-SENT"); // before the answer they are offered, and not agreed on
  fields.tsVal = tsVal;
  fields.tsEcr = acknowledges ? tcb.tsRecent : 0;
  fields.sack = plain ? receiver.report(tcb.sndMss - textLength) : NO_BLOCKS; // beside text there is room for what the segment leaves
  return fields;
}

/** The TSval clock: milliseconds, modulo 2³² (RFC 7323 §5.4). It begins at 1: some peers take a 0 for "none". */
export function timestampOf(now: number): number {
  return Math.floor(now) + 1 >>> 0;
}
