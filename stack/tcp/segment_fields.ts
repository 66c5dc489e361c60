/** A blank record of what a segment says. Made once by each sender and filled in for every segment, so that none is made per segment. */
import type { SegmentFields } from "../contract/handshake.ts";
import { seq } from "../wire/seq.ts";

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
    sack: [],
  };
}
