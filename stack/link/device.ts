/**
 * A device is where packets come in and go out: a TAP interface of the kernel, one end of an
 * in-memory pair, a pipe to another process, or a decorator around any of these.
 *
 * Rules: nothing here waits. `receive` and `send` return at once; a caller that has nothing to do
 * asks `wait`. The *caller* owns every frame: `receive` fills one that it is given, `send` is done
 * with the frame (written or copied) when it returns.
 */
import type { Frame } from "../wire/frame.ts";

/** What a packet on this device begins with: an Ethernet header (TAP) or an IP header (TUN). */
export type Medium = "ethernet" | "ip";

/**
 * What a device does of a host's work, so that the host does it once for many segments. With `checksum` it checks and writes TCP's
 * checksums (`Frame.checksumByDevice`). With `segmentation`, which needs `checksum`, a frame may be a TCP segment of up to 64 KB, whatever the MTU:
 * it is cut when it is sent, and put together from what came (`Frame.segmentSize`). A frame to be received into has room for that.
 */
export interface Offload {
  readonly checksum: boolean;
  readonly segmentation: boolean;
}

/** Nothing. */
export const NO_OFFLOAD: Offload = { checksum: false, segmentation: false };

export interface Device {
  /** For people: "tap0", "pair:a". */
  readonly name: string;
  readonly medium: Medium;
  /** The largest IP packet that one frame carries, in bytes (68 to 65535); link headers come on top. */
  readonly mtu: number;
  /** Whether frames end in a frame check sequence. The virtual wire's do, TAP's do not. */
  readonly fcs: boolean;
  /** The shortest frame the medium carries, without the FCS: 60 on real Ethernet, 14 on TAP. */
  readonly minimumFrame: number;
  /** What the device does itself. */
  readonly offload: Offload;
  /** Fills `frame` with the next packet and returns true, or false when none is waiting. */
  receive(frame: Frame): boolean;
  /** Sends the packet in `frame`. False: the device's queue is full (or it is closed) and the packet is lost. */
  send(frame: Frame): boolean;
  /** Resolves when a packet may be waiting, or after `milliseconds`. Virtual devices leave it out. */
  wait?(milliseconds: number): Promise<void>;
  /** Gives everything back. Safe to call twice. */
  close(): void;
}
