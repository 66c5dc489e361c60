/**
 * The header by which a TUN device and the kernel tell each other what is left to do about a packet (struct virtio_net_hdr of linux/virtio_net.h; Virtual I/O
 * Device specification §5.1.6). It lies in front of the packet, in the frame's headroom:
 *
 *     0        1          2          4          6              8
 *     | flags  | gso type | header   | segment  | where the    | which word of that |
 *     |        |          | length   | size     | sum begins   | the checksum is    |     numbers in the machine's order
 */
import type { Frame } from "../wire/frame.ts";

/** Bytes of the header. */
export const VIRTIO_HEADER = 10;

/** Flags: the checksum is yet to be written; it was found to be right. */
const NEEDS_CSUM = 1;
const DATA_VALID = 2;
/** It is several TCP segments over IPv4. The highest bit of the type is ECN's. */
const GSO_TCPV4 = 1;
const ECN = 0x80;

const TCP_CHECKSUM = 16;

/** Notes in `frame` what the header in front of it says. A checksum that the kernel has yet to write is of a packet that never left it: nothing can be wrong with it. */
export function readVirtioHeader(frame: Frame): void {
  const { view, start } = frame;
  const at = start - VIRTIO_HEADER;
  frame.checksumByDevice = (view.getUint8(at) & (NEEDS_CSUM | DATA_VALID)) !== 0;
  frame.segmentSize = (view.getUint8(at + 1) & ~ECN) === GSO_TCPV4 ? view.getUint16(at + 4, true) : 0;
}

/** Writes the header in front of the packet in `frame`, which begins at its IP header. */
export function writeVirtioHeader({ view, start, checksumByDevice, segmentSize }: Frame): void {
  const at = start - VIRTIO_HEADER;
  const ipHeader = (view.getUint8(start) & 15) * 4;
  const isLarge = segmentSize > 0;
  view.setUint8(at, checksumByDevice ? NEEDS_CSUM : 0);
  view.setUint8(at + 1, isLarge ? GSO_TCPV4 : 0);
  view.setUint16(at + 2, isLarge ? ipHeader + (view.getUint8(start + ipHeader + 12) >>> 4) * 4 : 0, true);
  view.setUint16(at + 4, segmentSize, true);
  view.setUint16(at + 6, checksumByDevice ? ipHeader : 0, true);
  view.setUint16(at + 8, checksumByDevice ? TCP_CHECKSUM : 0, true);
}
