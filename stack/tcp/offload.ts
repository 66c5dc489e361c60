/**
 * What TCP leaves to a device that has offload (`stack/link/device.ts#Offload`): checksums, and the cutting of text into segments. The decisions stay where they
 * are. Lab 06 says how much may go, and the headers say what they would say; only the frame is larger. And a large frame that came is taken as one segment
 * only where that makes no difference: else it is taken apart again first.
 */
import type { Segment, Tcb } from "../contract/tcb.ts";
import type { Frame } from "../wire/frame.ts";
import { seqAdd, seqBefore, seqUpTo } from "../wire/seq.ts";

/** Bytes of text that a frame holds at most: beside the longest headers it fits an IP packet. */
export const MOST_TEXT = 65_000;
/** Smaller segments are not left to the device to cut: it must find room for a header in front of each. */
const LEAST_SEGMENT = 256;

/** In place of lab 03's, when a segment came that the device has checked. */
export function checkedByDevice(): number {
  return 0;
}

/** In place of lab 03's, when the device will write the checksum: it wants to find the sum of the pseudo-header there, in 16 bits. */
export function leftToDevice(_view: DataView, _start: number, _end: number, initial = 0): number {
  return initial % 0xffff;
}

/** Segments that `frame` stands for, while it holds nothing but `text` bytes of text. */
export function countSegmentsIn({ segmentSize }: Frame, text: number): number {
  return segmentSize === 0 ? 1 : Math.ceil(text / segmentSize);
}

/**
 * Bytes of the full segments that go in one frame, out of `available` bytes that were written and fit into the window: one segment, or as many as there are
 * if frames may hold `mostText` bytes. What lab 06 says of the first of them holds for all: a full segment goes as long as the window takes it.
 */
export function fullSegments({ sndMss, sndUna, sndUp }: Tcb, available: number, mostText: number): number {
  const isUrgent = seqBefore(sndUna, sndUp); // each segment says how far away that is
  if (mostText === 0 || isUrgent || sndMss < LEAST_SEGMENT) return sndMss;
  const text = Math.min(available, mostText);
  return text - text % sndMss;
}

/** Whether a segment that is many may be taken as one: text in order, all of it in the window, from a peer that knows what we sent, and somebody reads. */
export function isTakenWhole(tcb: Tcb, { seq, ack, textLength }: Segment, orphaned: boolean, hasGap: boolean): boolean {
  const { state, rcvNxt, rcvWnd, sndUna, sndNxt } = tcb;
  const isInOrder = seq === rcvNxt && textLength <= rcvWnd && !hasGap;
  return state === "ESTABLISHED" && isInOrder && seqUpTo(sndUna, ack) && seqUpTo(ack, sndNxt) && !orphaned;
}

/** The segments that `segment` is made of, which was put together from pieces of `size` bytes. */
export function* takeApart(segment: Segment, size: number): Generator<Segment> {
  for (let done = 0; done < segment.textLength; done += size) {
    const textLength = Math.min(size, segment.textLength - done);
    yield { ...segment, seq: seqAdd(segment.seq, done), text: segment.text + done, textLength, length: textLength };
  }
}
