/** Segments that no connection sends: answers to strays, and SYN cookies. One record is filled in again and again. */
import type { HandshakeModule, StrayAnswer } from "../contract/handshake.ts";
import type { Ipv4Header } from "../contract/ip.ts";
import type { Checksum, Segment } from "../contract/tcb.ts";
import type { Frame } from "../wire/frame.ts";
import { blankFields } from "./segment_fields.ts";

const fields = blankFields();

/** Writes the answer to `segment` into `frame`. A SYN says a window, and what fits into a packet on the way there: both 0 in any other. */
export function writeAnswer(
  frame: Frame,
  segment: Segment,
  header: Ipv4Header,
  { flags, seq, ack }: StrayAnswer,
  syn: { readonly mss: number; readonly window: number },
  { writeSegment }: HandshakeModule,
  checksum: Checksum,
): void {
  fields.sourcePort = segment.destinationPort;
  fields.destinationPort = segment.sourcePort;
  fields.seq = seq;
  fields.ack = ack;
  fields.flags = flags;
  fields.window = syn.window;
  fields.mss = syn.mss;
  writeSegment(frame, fields, header.destination, header.source, checksum);
}
