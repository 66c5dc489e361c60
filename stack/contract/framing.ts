/**
 * The contract of lab 01: Ethernet II framing (IEEE 802.3-2018 clause 3, RFC 894).
 *
 * A frame on the wire:  destination 6 · source 6 · EtherType 2 · payload 46–1500 · FCS 4.
 * Lengths here never count the FCS unless they say so.
 */
import type { Frame } from "../wire/frame.ts";
import type { MacAddress } from "../wire/mac_address.ts";

/** The header of a good frame. */
export interface EthernetHeader {
  readonly destination: MacAddress;
  readonly source: MacAddress;
  /** 0x0600 to 0xffff. */
  readonly etherType: number;
  /** Offset in `frame.bytes` of the payload's first byte. */
  readonly payload: number;
}

/** Why a frame was dropped. Each is counted under this name. */
export type FramingReject =
  /** Shorter than the medium's minimum, or than a header. */
  | "runt"
  /** Longer than the medium's maximum. */
  | "giant"
  /** The field behind the source is 0 to 1500: an IEEE 802.3 *length*, not a type. */
  | "length frame (802.3)"
  /** The field is 1501 to 1535: neither a length nor a type. */
  | "undefined type"
  /** The source is a group address; only destinations may be. */
  | "group source";

/** The shortest and longest frames a medium carries: header and payload, without the FCS. */
export interface FrameLimits {
  /** 60 on real Ethernet, 14 on a TAP interface, which does not pad. */
  readonly minimum: number;
  /** 14 + MTU. */
  readonly maximum: number;
}

/** Which frames a station takes. */
export interface MacFilter {
  readonly own: MacAddress;
  /** Multicast groups that were joined. */
  readonly groups: readonly MacAddress[];
  /** Take everything, as a packet sniffer does. */
  readonly promiscuous: boolean;
}

/** Whom a frame was for, or that it was for somebody else. */
export type MacMatch = "unicast" | "broadcast" | "multicast" | "promiscuous" | "not for us";

/** The protocols that this stack knows by EtherType. */
export type EtherProtocol = "ipv4" | "arp" | "unknown type";

/** What lab 01 provides. Nothing here throws because of what a packet contains. */
export interface FramingModule {
  /**
   * Reads the header of the Ethernet II frame between `frame.start` and `frame.end` (the FCS is
   * already gone). Checks in this order: runt, giant, group source, then the type field.
   * Changes nothing in `frame`.
   */
  parseEthernet(frame: Frame, limits: FrameLimits): EthernetHeader | FramingReject;

  /** Pushes a 14-byte header in front of the packet. */
  writeEthernet(frame: Frame, destination: MacAddress, source: MacAddress, etherType: number): void;

  /** Appends zero bytes until the frame is `minimum` bytes long (0 to 60); a frame that is long enough stays as it is. */
  pad(frame: Frame, minimum: number): void;

  /**
   * The CRC-32 of `bytes[start … end)`: polynomial 0x04c11db7 taken bit-reflected (0xedb88320), initial
   * value and final inversion all-ones (IEEE 802.3 clause 3.2.9, RFC 1952 §8). 0 to 2³² − 1.
   * "123456789" gives 0xcbf43926; no bytes give 0.
   */
  crc32(bytes: Uint8Array, start: number, end: number): number;

  /** Appends the frame check sequence: the CRC-32 of the whole frame, least significant byte first. */
  appendFcs(frame: Frame): void;

  /**
   * Checks the FCS in the frame's last four bytes. When it is right, cuts it off and returns true;
   * when it is wrong, or the frame is shorter than an FCS, leaves the frame alone and returns false.
   */
  removeFcs(frame: Frame): boolean;

  /**
   * Decides whether a station with this filter takes a frame for `destination`. Ours is "unicast",
   * ff:ff:ff:ff:ff:ff "broadcast", a joined group "multicast". Anything else is "promiscuous" when the
   * filter is, else "not for us". A group address has the lowest bit of its *first* byte set.
   */
  filterMac(destination: MacAddress, filter: MacFilter): MacMatch;

  /** Names the protocol of an EtherType: 0x0800 "ipv4", 0x0806 "arp", all others "unknown type". */
  demultiplex(etherType: number): EtherProtocol;
}
