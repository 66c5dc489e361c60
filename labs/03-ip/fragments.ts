/**
 * Packets that are too long for a link (RFC 791 §3.2): cutting them, and putting the pieces together again.
 *
 * A fragment is a packet of its own. Its header says which whole it belongs to (source, destination, protocol and
 * identification are those of the whole), where in the whole its payload lies, and whether more follows behind it:
 *
 *     whole      |<------------------ 4008 bytes of payload ------------------>|
 *     fragment   offset 0     1480 bytes  more = 1
 *     fragment                            offset 1480  1480 bytes  more = 1
 *     fragment                                                     offset 2960  1048 bytes  more = 0
 *
 * The wire counts offsets in units of 8 bytes; here they are in bytes. Whoever receives fragments trusts nobody: they
 * come in any order, twice, overlapping, or never, and every unfinished packet costs memory until it is given up.
 *
 * See `stack/contract/ip.ts` for the whole contract.
 */
import type { Ipv4Header, Piece, Reassembly, ReassemblyOptions } from "../../stack/contract/ip.ts";
import type { Frame } from "../../stack/wire/frame.ts";
import { todo } from "../../stack/wire/not_implemented.ts";

/**
 * Plans the pieces of a payload of `length` bytes for a link whose packets have `mtu` bytes at most (68 to 65535).
 *
 *     | header 20 | piece ................. |   at most mtu bytes; a piece that has another behind it ends at a
 *                                               multiple of 8, because the next one's offset is in units of 8
 *
 * Cuts from the front, each piece as long as fits. `fragmentOffset` and `moreFragments` belong to the packet that is
 * cut: it may itself be a fragment on its way through a router. Nothing is copied here: a `Piece` says what to copy.
 * A payload that fits, an empty one too, is one piece. RFC 791 §3.2 "An Example Fragmentation Procedure".
 */
export function planFragments(length: number, mtu: number, fragmentOffset: number, moreFragments: boolean): Piece[] {
  return todo("planFragments", length, mtu, fragmentOffset, moreFragments);
}

/** Bytes of a packet that did not come yet: from `from` up to, but not including, `to` (RFC 815 §2, "hole descriptor"). */
interface Hole {
  readonly from: number;
  readonly to: number;
}

/** A packet of which something is missing. */
interface Unfinished {
  readonly source: number;
  readonly destination: number;
  readonly protocol: number;
  readonly identification: number;
  /** When it is given up. */
  readonly deadline: number;
  /** Collects the payload from `frame.headroom` on; the headroom itself takes the header of fragment 0. */
  readonly frame: Frame;
  /** What is missing, in no particular order. Nobody knows the end of a new packet: its one hole ends at Infinity. */
  readonly holes: Hole[];
  /** Length of the whole payload, when the last fragment came. */
  total: number | undefined;
  /** The highest end of any fragment so far. */
  reach: number;
  /** Bytes of fragment 0: its header (0: it did not come) and its payload. */
  firstHeader: number;
  firstPayload: number;
}

/**
 * Puts fragments together by the list of *holes* (RFC 815): a new packet is one hole from 0 to Infinity, each fragment
 * takes away what it fills, and when no hole is left the packet is whole.
 *
 *     hole 0…∞   + bytes 1480…2960      → holes 0…1480, 2960…∞
 *                + bytes 2960…4008 last → hole  0…1480
 *                + bytes 0…1480         → none: whole
 *
 * A packet lives in one frame from `options.acquire` (room for 65535 bytes, and headroom for a header of 60). Call
 * `options.release` for each that you give up; one that you return belongs to the caller. `parseIpv4` has already seen to it
 * that offset + length stay within 65535 and that no fragment is empty. The header of the fragment begins at `frame.start`, and its
 * payload ends at `header.end`: what the frame holds behind that is padding.
 * RFC 791 §3.2, RFC 815, RFC 1122 §3.3.2.
 */
export function createReassembly(options: ReassemblyOptions): Reassembly {
  /** Oldest first. The timeout is the same for all, so the first is also the first that is overdue. */
  const packets: Unfinished[] = [];
  return {
    insert(header: Ipv4Header, frame: Frame, now: number): Frame | "waiting" | "no buffer" | "fragment contradicts" {
      return todo("createReassembly.insert", header, frame, now, options, packets);
    },
    poll(now: number, expired: (first: Frame | undefined) => void): void {
      return todo("createReassembly.poll", now, expired, options, packets);
    },
    nextDeadline(): number {
      return todo("createReassembly.nextDeadline", packets);
    },
    size(): number {
      return todo("createReassembly.size", packets);
    },
  };
}
