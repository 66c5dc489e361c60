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
import { todo } from "../../stack/wire/not_implemented.ts";

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
  return todo(
    "parseSegment",
    frame,
    source,
    destination,
    checksum,
    HEADER_LENGTH,
    PROTOCOL,
    END_OF_LIST,
    NO_OPERATION,
    MSS,
    WINDOW_SCALE,
    SACK_PERMITTED,
    SACK,
    TIMESTAMPS,
  );
}

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
  return todo("writeSegment", frame, fields, source, destination, checksum, HEADER_LENGTH, PROTOCOL);
}
