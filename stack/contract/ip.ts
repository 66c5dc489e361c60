/**
 * The contract of lab 03: IPv4 (RFC 791), the Internet checksum (RFC 1071, 1624), reassembly (RFC 791 §3.2,
 * RFC 815, RFC 1122 §3.3.2), routes (RFC 1122 §3.3.1) and ICMP (RFC 792, RFC 1122 §3.2.2).
 *
 * Sans-I/O as everywhere: `now` is in milliseconds from any origin, frames come and go through the host.
 */
import type { Frame } from "../wire/frame.ts";
import type { Ipv4Address } from "../wire/ipv4_address.ts";

/** A good IPv4 header. */
export interface Ipv4Header {
  /** The whole second byte: DSCP and ECN. 0 to 255. */
  readonly typeOfService: number;
  /** 0 to 65535; tells the fragments of one packet from those of another. */
  readonly identification: number;
  readonly dontFragment: boolean;
  /** Another fragment follows behind this one. */
  readonly moreFragments: boolean;
  /** Where this fragment's payload lies in the whole, in *bytes* (the wire has units of 8). 0 to 65528. */
  readonly fragmentOffset: number;
  /** Hops left. 0 to 255. */
  readonly timeToLive: number;
  /** 1 ICMP, 6 TCP, 17 UDP. */
  readonly protocol: number;
  readonly source: Ipv4Address;
  readonly destination: Ipv4Address;
  /** Offset in `frame.bytes` of the payload's first byte: behind the options. */
  readonly payload: number;
  /** Offset one past the payload's last byte, by the total length: Ethernet's padding lies beyond it. */
  readonly end: number;
}

/** Why a packet was dropped while its header was read. Checked in this order. */
export type Ipv4Reject =
  /** Fewer than 20 bytes. */
  | "truncated"
  /** Version is not 4. */
  | "bad version"
  /** IHL is below 5, or the header is longer than the packet received. */
  | "bad header length"
  /** Total length is below the header's, or above what was received. */
  | "bad total length"
  /** The header's checksum is wrong. */
  | "bad header checksum"
  /** A fragment that is empty, or that ends beyond byte 65535, or that is not the last and no multiple of 8 long. */
  | "bad fragment";

/** What a header to be written holds; what is not given is 0 or false. */
export interface Ipv4Fields {
  readonly typeOfService?: number;
  readonly identification: number;
  readonly dontFragment?: boolean;
  readonly moreFragments?: boolean;
  /** In bytes, a multiple of 8. */
  readonly fragmentOffset?: number;
  /** 1 to 255. */
  readonly timeToLive: number;
  readonly protocol: number;
  readonly source: Ipv4Address;
  readonly destination: Ipv4Address;
}

/** An interface's own address and the net it lies in. */
export interface Ipv4Interface {
  readonly address: Ipv4Address;
  /** 0 to 32. */
  readonly prefixLength: number;
}

/**
 * What an address is to a host with certain interfaces.
 * "broadcast" covers 255.255.255.255 and the directed broadcast of each of our nets (/31 and /32 have none);
 * "loopback" is 127/8, "unspecified" 0.0.0.0, "multicast" 224/4, "reserved" the rest of 240/4. The first address of a net, all host
 * bits 0 as in 10.44.0.0/24, is nothing special here: "other".
 */
export type AddressKind = "own" | "broadcast" | "multicast" | "loopback" | "unspecified" | "reserved" | "other";

/** The circumstances in which a packet arrived. */
export interface Arrival {
  /** All interfaces of this host. */
  readonly interfaces: readonly Ipv4Interface[];
  /** The link layer delivered it by broadcast or multicast. */
  readonly linkBroadcast: boolean;
  /** This host is a router: it passes on what is not for it. */
  readonly forwarding: boolean;
}

/** Why a good packet is still not taken. */
export type AdmitReject =
  /** The source is a broadcast, multicast, loopback or reserved address (RFC 1122 §3.2.1.3). 0.0.0.0 too, here. */
  | "bad source address"
  /** The source is one of our own addresses: forged, or a loop. */
  | "source is our own address"
  /** Sent to everybody on the link, but addressed to one IP host, us or another (RFC 1122 §3.3.6). */
  | "link broadcast for one host"
  /** The destination is somebody else, and we are no router; or no router may pass it on: multicast (here), loopback, unspecified, reserved. */
  | "not for us";

/** A way to a net. */
export interface Route {
  readonly network: Ipv4Address;
  /** 0 (the default route) to 32. */
  readonly prefixLength: number;
  /** The next hop. Left out: the net is on the link itself, and the next hop is the destination. */
  readonly gateway?: Ipv4Address;
  /** Index of the interface, from 0. */
  readonly interface: number;
}

/** The routing table: the longest prefix that fits wins (RFC 1812 §5.2.4.3). */
export interface RouteTable {
  /** Adds a route. A route to the same net (same network and prefix length) is replaced. Host bits in `network` are ignored. */
  add(route: Route): void;
  /** Takes the route to a net out; false when there is none. Host bits in `network` are ignored, as in `add`. */
  remove(network: Ipv4Address, prefixLength: number): boolean;
  /** The route with the longest prefix that contains `destination`, or undefined. */
  lookup(destination: Ipv4Address): Route | undefined;
  /** All routes, longest prefix first. For reading, and good until the table changes: it may be the table's own array. */
  list(): readonly Route[];
}

/** One piece of a packet that is too long for its link. */
export interface Piece {
  /** Where its payload begins, in bytes from the first byte of the payload that is cut. A multiple of 8. */
  readonly from: number;
  /** Its length in bytes; a multiple of 8 for every piece but the last. */
  readonly length: number;
  /** What goes into its header, in bytes: the offset in the *original* packet. */
  readonly fragmentOffset: number;
  readonly moreFragments: boolean;
}

/** How reassembly behaves. */
export interface ReassemblyOptions {
  /** Milliseconds from the first fragment until all is given up: fixed, 60 000 to 120 000 (RFC 1122 §3.3.2). Default of the host: 60 000. */
  readonly timeout: number;
  /** Unfinished packets at most. For one more, the oldest gives way: the one whose first fragment came first. Default of the host: 16. */
  readonly maxPackets: number;
  /** Lends a frame with room for 65 535 bytes, or nothing. */
  readonly acquire: () => Frame | undefined;
  /** Takes such a frame back. */
  readonly release: (frame: Frame) => void;
}

/** Called when a packet is overdue: `first` is fragment 0 with its header (for the ICMP error), if it ever came; of several, the one that came first. */
export type ReassemblyExpired = (first: Frame | undefined) => void;

/** Puts fragments together again. */
export interface Reassembly {
  /**
   * Takes one fragment: header `header`, its bytes in `frame` between `header.payload` and `header.end`. The caller keeps `frame`.
   * Returns the whole payload in a frame of its own when this fragment completes it (the caller releases that frame),
   * "waiting" when fragments are missing, or the reason for which the fragment was thrown away:
   * - "no buffer": it would begin a packet, and `acquire` had none. No packet is begun; one that gave way for it is gone all the same.
   * - "fragment contradicts": it is the last, and another end is known already, or bytes behind its end have come; or it is not
   *   the last, and reaches beyond the end that is known. It changes nothing, and the packet goes on waiting.
   * Fragments belong together when source, destination, protocol and identification are equal. They may come in any order,
   * twice, or overlapping; where bytes overlap, those that came *first* stay. Time is `poll`'s business alone: until it is called,
   * a packet that is overdue can still be completed.
   */
  insert(header: Ipv4Header, frame: Frame, now: number): Frame | "waiting" | "no buffer" | "fragment contradicts";
  /** Gives up what is overdue. `first`, when passed, spans header and payload of fragment 0 as it came, and is valid during the call only. */
  poll(now: number, expired: ReassemblyExpired): void;
  /** When `poll` next has something to do; Infinity for never. */
  nextDeadline(): number;
  /** Packets that are unfinished. */
  size(): number;
}

/** An ICMP message (RFC 792). */
export interface IcmpMessage {
  readonly type: number;
  readonly code: number;
  /** Bytes 4 to 7 as one number: identifier and sequence number of an echo, the pointer of a parameter problem. 0 to 2³² − 1. */
  readonly rest: number;
  /** Offset in `frame.bytes` of what follows the 8 bytes. */
  readonly payload: number;
}

/** Why an ICMP message was dropped. */
export type IcmpReject = "truncated" | "bad icmp checksum";

/** What lab 03 provides. Nothing here throws because of what a packet contains. */
export interface IpModule {
  // checksum.ts

  /**
   * The Internet checksum of the bytes from `start` up to `end` in `view` (RFC 1071): the one's complement of the one's
   * complement sum of the 16-bit big-endian words. An odd last byte counts as the *high* byte of a word. `initial`, 0 to
   * 2³¹ − 1, is added first (a pseudo-header's sum): with 65 535 bytes the sum of words then still stays below 2³². Up to 65 535 bytes,
   * from any offset, even or odd. 0 to 65535; over data that contains its own right checksum the result is 0. Every packet runs
   * through it: see the handout for speed.
   * `view` is a whole buffer's view, as `Frame.view` is.
   */
  internetChecksum(view: DataView, start: number, end: number, initial?: number): number;
  /** The new checksum field after one 16-bit word changed from `before` to `after` (RFC 1624, equation 3). */
  updateChecksum(checksum: number, before: number, after: number): number;

  // ipv4.ts

  /** Reads the header of the packet between `frame.start` and `frame.end`. Changes nothing. */
  parseIpv4(frame: Frame): Ipv4Header | Ipv4Reject;
  /**
   * Walks over the options in `frame.bytes` between `start` and `end`: 0 ends the list, 1 is one byte, any other has a length in
   * its second byte. Unknown options are stepped over. Returns -1 when all is well, or the absolute offset of the length byte that is
   * wrong (below 2, or past the end; of the option's type byte, when the list ends before the length).
   */
  findBadOption(frame: Frame, start: number, end: number): number;
  /** Pushes a 20-byte header, checksum included, in front of the payload that is in `frame`. */
  writeIpv4(frame: Frame, fields: Ipv4Fields): void;
  /** Says what an address is to a host with these interfaces. */
  classifyAddress(address: Ipv4Address, interfaces: readonly Ipv4Interface[]): AddressKind;
  /** Decides what becomes of a packet with a good header. The source is looked at first, then the destination, then how the link delivered it. */
  admit(header: Ipv4Header, arrival: Arrival): "deliver" | "forward" | AdmitReject;
  /**
   * Takes one hop off a packet that is to be forwarded: writes TTL − 1 and the checksum, updated incrementally, into the header
   * at `frame.start`. Returns false, and changes nothing, when the TTL is 0 or 1: such a packet must not travel on.
   */
  decrementTtl(frame: Frame): boolean;
  /**
   * The source of identification numbers (RFC 6864): `next` gives numbers that do not repeat for the same source, destination and
   * protocol within 65 536 calls.
   */
  createIdentifiers(seed: number): { next(source: Ipv4Address, destination: Ipv4Address, protocol: number): number };

  // routes.ts

  /** Makes an empty table. */
  createRoutes(): RouteTable;

  // fragments.ts

  /**
   * Plans how to cut a payload of `length` bytes for a link with this MTU (header of 20 bytes included). `fragmentOffset` and
   * `moreFragments` are those of the packet that is cut: 0 and false for a whole one, others when a router cuts a fragment again.
   * Every piece but the last is as long as fits and a multiple of 8. One piece when it fits.
   */
  planFragments(length: number, mtu: number, fragmentOffset: number, moreFragments: boolean): Piece[];
  /** Makes an empty reassembly table. */
  createReassembly(options: ReassemblyOptions): Reassembly;

  // icmp.ts

  /** Reads the ICMP message between `frame.start` and `frame.end`, checksum included. Changes nothing. */
  parseIcmp(frame: Frame): IcmpMessage | IcmpReject;
  /** Pushes an 8-byte ICMP header in front of the payload that is in `frame`; the checksum covers both. */
  writeIcmp(frame: Frame, type: number, code: number, rest: number): void;
  /** Turns the echo request between `frame.start` and `frame.end` into its reply, in place: type 0, and the checksum that goes with it. */
  makeEchoReply(frame: Frame): void;
  /**
   * Whether an ICMP error may be sent about the packet in `frame` (its IP header at `frame.start`, read as `header`): never about an
   * ICMP error (types 3, 4, 5, 11, 12) or an unknown ICMP type, never about a fragment other than the first, never when it came or was addressed
   * to many (link or IP broadcast, multicast), never to a source that is not one host (RFC 1122 §3.2.2).
   */
  mayReport(frame: Frame, header: Ipv4Header, arrival: Arrival): boolean;
  /**
   * Fills the empty frame `out` with an ICMP error about the packet in `about`: type, code, `rest`, then as much of the packet as it was received,
   * from its IP header on, as keeps the whole error IP packet within 576 bytes (RFC 1812 §4.3.2.3): at most 548 bytes.
   */
  writeIcmpError(out: Frame, type: number, code: number, rest: number, about: Frame): void;
}
