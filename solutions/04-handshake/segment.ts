/**
 * TCP's segment (RFC 9293 §3.1): reading it, and writing it.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------------------------------+-------------------------------+
 *   0 |          source port          |       destination port        |
 *     +-------------------------------+-------------------------------+
 *   4 |                        sequence number                        |
 *     +---------------------------------------------------------------+
 *   8 |                    acknowledgment number                      |
 *     +-------+-------+-+-+-+-+-+-+-+-+-------------------------------+
 *  12 | data  |       |C|E|U|A|P|R|S|F|                               |
 *     | offset|   0   |W|C|R|C|S|S|Y|I|            window             |
 *     |       |       |R|E|G|K|H|T|N|N|                               |
 *     +-------+-------+-+-+-+-+-+-+-+-+-------------------------------+
 *  16 |           checksum            |        urgent pointer         |
 *     +-------------------------------+-------------------------------+
 *  20 |       options, up to the data offset (in words of 4 bytes)    |
 *     +---------------------------------------------------------------+
 *
 * The header says where the text begins, and nothing says where it ends: that is where IP's payload ends. Neither does it
 * hold the addresses, though the checksum covers them, by way of the pseudo-header.
 *
 * A segment is read and written for every packet of every connection: nothing here makes an array, a view or a string.
 */
import type { SegmentFields, SegmentReject } from "../../stack/contract/handshake.ts";
import type { Checksum, Segment } from "../../stack/contract/tcb.ts";
import type { Frame } from "../../stack/wire/frame.ts";
import type { Ipv4Address } from "../../stack/wire/ipv4_address.ts";
import { type Seq, seq } from "../../stack/wire/seq.ts";
import { ACK, FIN, SYN } from "../../stack/wire/tcp_flags.ts";

/** Bytes of a header without options. */
const HEADER_LENGTH = 20;
/** TCP's number in IP's header (RFC 9293 §3.1), which the pseudo-header repeats. */
const PROTOCOL = 6;

// The kinds of options: RFC 9293 §3.2, RFC 7323 §2.2 and §3.2, RFC 2018 §2 and §3.
const END_OF_LIST = 0;
const NO_OPERATION = 1;
const MSS = 2;
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const SACK = 5;
const TIMESTAMPS = 8;

// region first-words
// Each option as it begins, with no-operations in front so that it fills whole words: NOP NOP kind length.
const MSS_WORD = 0x0204_0000;
const SACK_PERMITTED_WORD = 0x0101_0402;
const TIMESTAMPS_WORD = 0x0101_080a;
const WINDOW_SCALE_WORD = 0x0103_0300;
const SACK_WORD = 0x0101_0502;
// endregion

/**
 * Reads the segment that lies between `frame.start` and `frame.end` (all that IP carried), and changes nothing. `source` and
 * `destination` are IP's.
 *
 * The checks come in the order of `SegmentReject`: no byte is looked at before it is known to be there, and no option is
 * believed before the checksum. `checksum(view, start, end, initial)` is what you wrote in lab 03; `initial` is the
 * pseudo-header's sum, as 16-bit words:
 *
 *     | source address 4 | destination address 4 | 0 | 6 | length of header and text 2 |
 *
 * See stack/contract/handshake.ts, and `Segment` in stack/contract/tcb.ts.
 */
export function parseSegment(
  frame: Frame,
  source: Ipv4Address,
  destination: Ipv4Address,
  checksum: Checksum,
): Segment | SegmentReject {
  // region parseSegment
  const { view, start, end } = frame;
  const received = end - start;
  if (received < HEADER_LENGTH) return "truncated";
  const headerLength = (view.getUint8(start + 12) >>> 4) * 4;
  if (headerLength < HEADER_LENGTH || headerLength > received) return "bad data offset";
  if (checksum(view, start, end, pseudoHeaderSum(source, destination, received)) !== 0) return "bad tcp checksum";

  const flags = view.getUint8(start + 13);
  const textLength = received - headerLength;
  const segment: Unread = {
    sourcePort: view.getUint16(start),
    destinationPort: view.getUint16(start + 2),
    seq: seq(view.getUint32(start + 4)),
    ack: seq(flags & ACK ? view.getUint32(start + 8) : 0),
    flags,
    window: view.getUint16(start + 14),
    urgentPointer: view.getUint16(start + 18),
    text: start + headerLength,
    textLength,
    length: textLength + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0),
    mss: 0,
    windowScale: -1,
    sackPermitted: false,
    timestamps: false,
    tsVal: 0,
    tsEcr: 0,
    sackBlocks: 0,
    sackCount: 0,
  };
  return readOptions(segment, view, start + HEADER_LENGTH, segment.text) ? segment : "bad option";
  // endregion
}

// region pseudo-header
/** The sum of the words that the checksum covers and the segment does not hold. */
function pseudoHeaderSum(source: Ipv4Address, destination: Ipv4Address, length: number): number {
  return (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + PROTOCOL + length;
}
// endregion

// region options
/** A segment whose options are still being read. */
type Unread = { -readonly [Name in keyof Segment]: Segment[Name] };

/** Notes the options between `at` and `end` in `segment`. False when one of them cannot be. */
function readOptions(segment: Unread, view: DataView, at: number, end: number): boolean {
  // The header of nearly every segment of a connection that uses timestamps (RFC 7323 appendix A): one comparison instead of a walk.
  if (end - at === 12 && view.getUint32(at) === TIMESTAMPS_WORD) return readOption(segment, view, TIMESTAMPS, at + 2, 10);
  while (at < end) {
    const kind = view.getUint8(at);
    if (kind === END_OF_LIST) return true;
    if (kind === NO_OPERATION) {
      at += 1;
      continue;
    }
    if (at + 1 === end) return false;
    const length = view.getUint8(at + 1);
    // MUST-7. A length below 2 would not move us on: the loop that never ended in many a stack.
    if (length < 2 || at + length > end) return false;
    if (!readOption(segment, view, kind, at, length)) return false;
    at += length;
  }
  return true;
}

/** One option of `length` bytes, which are all there. False when an option of that kind has another length. */
function readOption(segment: Unread, view: DataView, kind: number, at: number, length: number): boolean {
  switch (kind) {
    case MSS:
      if (length !== 4) return false;
      segment.mss = view.getUint16(at + 2);
      return true;
    case WINDOW_SCALE:
      if (length !== 3) return false;
      segment.windowScale = view.getUint8(at + 2);
      return true;
    case SACK_PERMITTED:
      if (length !== 2) return false;
      segment.sackPermitted = true;
      return true;
    case TIMESTAMPS:
      if (length !== 10) return false;
      segment.timestamps = true;
      segment.tsVal = view.getUint32(at + 2);
      // RFC 7323 §3.2: without an acknowledgment there is nothing to echo.
      if (segment.flags & ACK) segment.tsEcr = view.getUint32(at + 6);
      return true;
    case SACK:
      if (length < 10 || length % 8 !== 2) return false;
      segment.sackBlocks = at + 2;
      segment.sackCount = (length - 2) / 8;
      return true;
    default:
      // MUST-6: what we don't know has a length all the same, and is stepped over.
      return true;
  }
}
// endregion

/**
 * Pushes a header with options in front of the text that is in `frame`; afterwards the frame holds the whole segment. The
 * order is MSS, SACK-permitted, timestamps, window scale, SACK, each with as many NOPs in front as make it whole words:
 *
 *     02 04 mss mss · 01 01 04 02 · 01 01 08 0a val×4 ecr×4 · 01 03 03 shift · 01 01 05 len blocks…
 *
 * The frame's old bytes lie where the header goes, so write every one of them; the checksum last.
 * See stack/contract/handshake.ts.
 */
export function writeSegment(
  frame: Frame,
  fields: SegmentFields,
  source: Ipv4Address,
  destination: Ipv4Address,
  checksum: Checksum,
): void {
  // region writeSegment
  const { view } = frame;
  const headerLength = HEADER_LENGTH + optionsLength(fields);
  const at = frame.push(headerLength);
  view.setUint16(at, fields.sourcePort);
  view.setUint16(at + 2, fields.destinationPort);
  view.setUint32(at + 4, fields.seq);
  view.setUint32(at + 8, fields.ack);
  view.setUint8(at + 12, headerLength / 4 << 4);
  view.setUint8(at + 13, fields.flags);
  view.setUint16(at + 14, fields.window);
  view.setUint16(at + 16, 0);
  view.setUint16(at + 18, fields.urgentPointer);
  writeOptions(view, at + HEADER_LENGTH, fields);
  view.setUint16(at + 16, checksum(view, at, frame.end, pseudoHeaderSum(source, destination, frame.length)));
  // endregion
}

// region writing-options
/** How many bytes the options take. */
function optionsLength(fields: SegmentFields): number {
  return (fields.mss > 0 ? 4 : 0) + (fields.sackPermitted ? 4 : 0) + (fields.timestamps ? 12 : 0) + (fields.windowScale >= 0 ? 4 : 0) +
    (fields.sack.length > 0 ? 4 + 4 * fields.sack.length : 0);
}

/** Writes them from `at` on. */
function writeOptions(view: DataView, at: number, fields: SegmentFields): void {
  if (fields.mss > 0) {
    view.setUint32(at, MSS_WORD | fields.mss);
    at += 4;
  }
  if (fields.sackPermitted) {
    view.setUint32(at, SACK_PERMITTED_WORD);
    at += 4;
  }
  if (fields.timestamps) {
    view.setUint32(at, TIMESTAMPS_WORD);
    view.setUint32(at + 4, fields.tsVal);
    view.setUint32(at + 8, fields.flags & ACK ? fields.tsEcr : 0);
    at += 12;
  }
  if (fields.windowScale >= 0) {
    view.setUint32(at, WINDOW_SCALE_WORD | fields.windowScale);
    at += 4;
  }
  if (fields.sack.length > 0) {
    view.setUint32(at, SACK_WORD + 4 * fields.sack.length);
    for (let i = 0; i < fields.sack.length; i++) view.setUint32(at + 4 + 4 * i, fields.sack[i] as Seq);
  }
}
// endregion
