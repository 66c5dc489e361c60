/**
 * What the checks of this lab are fed with: addresses, and frames in buffers that were used before. All of it is
 * drawn from a check's own random numbers, so the seed that a failure prints gives the same frames again.
 */
import type { FrameLimits } from "../../../stack/contract/framing.ts";
import { Frame } from "../../../stack/wire/frame.ts";
import type { MacAddress } from "../../../stack/wire/mac_address.ts";
import type { Random } from "../../../stack/wire/random.ts";

/** The limits of real Ethernet, as the virtual wire has them. */
export const WIRE: FrameLimits = { minimum: 60, maximum: 1514 };

/** EtherType for local experiments (IEEE 802 clause 9.2.4). */
export const EXPERIMENT = 0x88b5;

/** Any 48 bits. Drawn in two parts: one draw has only 32. */
export function anyAddress(random: Random): MacAddress {
  return (random.int(0, 0xffff) * 2 ** 32 + random.int(0, 0xffff_ffff)) as MacAddress;
}

/** The address of one station: any 48 bits but for the group bit. */
export function anyStation(random: Random): MacAddress {
  const address = anyAddress(random);
  return isGroup(address) ? address - GROUP_BIT as MacAddress : address;
}

/** The address of a group: any 48 bits with the group bit. */
export function anyGroup(random: Random): MacAddress {
  const address = anyAddress(random);
  return isGroup(address) ? address : address + GROUP_BIT as MacAddress;
}

const GROUP_BIT = 2 ** 40;

/** "one byte", "28 bytes". */
export function bytesText(count: number): string {
  return count === 1 ? "one byte" : `${count} bytes`;
}

/** What stands behind the addresses, as this lab writes it: "0x0806". */
export function typeText(etherType: number): string {
  return `0x${etherType.toString(16).padStart(4, "0")}`;
}

function isGroup(address: MacAddress): boolean {
  return Math.floor(address / GROUP_BIT) % 2 === 1;
}

/**
 * A frame with this packet in it, somewhere in its buffer. In front of it and behind it lie random bytes, as they do in
 * a buffer that was used before; `room` of them behind.
 */
export function usedFrame(random: Random, packet: Uint8Array, room = random.int(64, 100)): Frame {
  const headroom = random.int(14, 200);
  const frame = new Frame(headroom + packet.length + room, headroom);
  frame.bytes.set(random.bytes(frame.bytes.length));
  frame.bytes.set(packet, frame.append(packet.length));
  return frame;
}
