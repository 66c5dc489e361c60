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
import { copyBytes, type Frame } from "../../stack/wire/frame.ts";

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
  // region planFragments
  const room = mtu - 20;
  const stride = room - room % 8;
  const pieces: Piece[] = [];
  let from = 0;
  for (; length - from > room; from += stride) {
    pieces.push({ from, length: stride, fragmentOffset: fragmentOffset + from, moreFragments: true });
  }
  // Only the last piece may be the end of the whole, and only if what is cut was the end itself.
  pieces.push({ from, length: length - from, fragmentOffset: fragmentOffset + from, moreFragments });
  return pieces;
  // endregion
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

// region reassembly-steps

/** Begins a packet with the fragment `header`; undefined when there is no frame to collect it in. */
function begin(header: Ipv4Header, now: number, options: ReassemblyOptions): Unfinished | undefined {
  const frame = options.acquire();
  if (frame === undefined) return undefined;
  const { source, destination, protocol, identification } = header;
  return {
    source,
    destination,
    protocol,
    identification,
    deadline: now + options.timeout,
    frame,
    holes: [{ from: 0, to: Infinity }],
    total: undefined,
    reach: 0,
    firstHeader: 0,
    firstPayload: 0,
  };
}

/** The packet that this fragment is part of. All four must be equal: an identification is only unique within the other three. */
function find(packets: readonly Unfinished[], header: Ipv4Header): Unfinished | undefined {
  for (const packet of packets) {
    if (
      packet.identification === header.identification && packet.source === header.source &&
      packet.destination === header.destination && packet.protocol === header.protocol
    ) return packet;
  }
  return undefined;
}

/** The fragment ends at `end`. Can that be, after what the others said about the packet's end? */
function contradicts(packet: Unfinished, header: Ipv4Header, end: number): boolean {
  if (header.moreFragments) return packet.total !== undefined && end > packet.total;
  return packet.total === undefined ? end < packet.reach : end !== packet.total;
}

/** Takes the bytes that fall into holes, and only those: what came first stays, whatever an overlapping fragment says. */
function fill(packet: Unfinished, header: Ipv4Header, frame: Frame, end: number): void {
  const from = header.fragmentOffset;
  // Behind the last fragment nothing is missing, so it also closes the hole that goes on for ever.
  const to = header.moreFragments ? end : Infinity;
  const { holes } = packet;
  // Backwards: what is added at the end of the list is not looked at again.
  for (let i = holes.length - 1; i >= 0; i--) {
    const hole = holes[i] as Hole;
    if (hole.to <= from || to <= hole.from) continue;
    const first = Math.max(hole.from, from);
    const length = Math.min(hole.to, end) - first;
    if (length > 0) copyBytes(frame, header.payload + first - from, packet.frame, packet.frame.headroom + first, length);
    // RFC 815 §3, steps 4 to 6: the hole goes, and what the fragment left of it on either side comes back.
    holes.splice(i, 1);
    if (hole.from < from) holes.push({ from: hole.from, to: from });
    if (to < hole.to) holes.push({ from: to, to: hole.to });
  }
  packet.reach = Math.max(packet.reach, end);
  if (!header.moreFragments) packet.total = end;
}

/** Keeps fragment 0's header in front of the payload: an ICMP error must quote it (RFC 792, "Time Exceeded"). */
function keepHeader(packet: Unfinished, header: Ipv4Header, frame: Frame): void {
  packet.firstHeader = header.payload - frame.start;
  packet.firstPayload = header.end - header.payload;
  copyBytes(frame, frame.start, packet.frame, packet.frame.headroom - packet.firstHeader, packet.firstHeader);
}
// endregion

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
      // region createReassembly.insert
      let packet = find(packets, header);
      if (packet === undefined) {
        if (packets.length >= options.maxPackets) options.release((packets.shift() as Unfinished).frame);
        packet = begin(header, now, options);
        if (packet === undefined) return "no buffer";
        packets.push(packet);
      }
      const end = header.fragmentOffset + header.end - header.payload;
      if (contradicts(packet, header, end)) return "fragment contradicts";
      if (header.fragmentOffset === 0 && packet.firstHeader === 0) keepHeader(packet, header, frame);
      fill(packet, header, frame, end);
      if (packet.holes.length > 0) return "waiting";
      packets.splice(packets.indexOf(packet), 1);
      packet.frame.end = packet.frame.start + (packet.total as number);
      return packet.frame;
      // endregion
    },
    poll(now: number, expired: (first: Frame | undefined) => void): void {
      // region createReassembly.poll
      for (let oldest = packets[0]; oldest !== undefined && oldest.deadline <= now; oldest = packets[0]) {
        packets.shift();
        const { frame, firstHeader, firstPayload } = oldest;
        frame.start = frame.headroom - firstHeader;
        frame.end = frame.headroom + firstPayload;
        expired(firstHeader === 0 ? undefined : frame);
        options.release(frame);
      }
      // endregion
    },
    nextDeadline(): number {
      // region createReassembly.nextDeadline
      return packets[0]?.deadline ?? Infinity;
      // endregion
    },
    size(): number {
      // region createReassembly.size
      return packets.length;
      // endregion
    },
  };
}
