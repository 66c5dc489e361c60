/**
 * What the checks of this lab are fed with: stations with random addresses, packets about them, and frames in
 * buffers that were used before. All of it is drawn from a check's own random numbers, so the seed that a failure
 * prints gives the same packets again.
 *
 * What the student's code does is turned into text before it is compared: whatever it was, it can be shown.
 */
import type { ArpPacket } from "../../../stack/contract/arp.ts";
import { Frame } from "../../../stack/wire/frame.ts";
import { formatIpv4Address, type Ipv4Address } from "../../../stack/wire/ipv4_address.ts";
import { BROADCAST_MAC, formatMac, type MacAddress, ZERO_MAC } from "../../../stack/wire/mac_address.ts";
import type { Random } from "../../../stack/wire/random.ts";

export const REQUEST = 1;
export const REPLY = 2;
/** What a probe says in place of its sender's address. */
export const UNSPECIFIED_TEXT = "0.0.0.0";

/** A station on the link. */
export interface Neighbour {
  readonly mac: MacAddress;
  readonly ip: Ipv4Address;
}

/** Stations that share a link; at least six of them. */
export type Neighbours = readonly [Neighbour, Neighbour, Neighbour, Neighbour, Neighbour, Neighbour, ...Neighbour[]];

/** Thirteen stations with different addresses, all of one network 10.44.N.0/24; any bit of a MAC address may be set. */
export function neighbours(random: Random): Neighbours {
  const network = 0x0a2c_0000 + random.int(0, 255) * 256;
  const hosts = random.shuffle(Array.from({ length: 254 }, (_, i) => i + 1)).slice(0, 13);
  const prefix = random.int(0, 127) * 2 ** 41 + random.int(0, 2 ** 32 - 1) * 2 ** 8;
  return hosts.map((host) => ({
    // The last byte keeps them apart; a single station's address has an even first byte.
    mac: prefix + host * 7 % 256,
    ip: network + host,
  })) as unknown as Neighbours;
}

/** A station's request: who has `target`? */
export function requestFrom(from: Neighbour, target: Ipv4Address): ArpPacket {
  return { operation: REQUEST, senderMac: from.mac, senderIp: from.ip, targetMac: ZERO_MAC, targetIp: target };
}

/** A station's reply to another. */
export function replyFrom(from: Neighbour, to: Neighbour): ArpPacket {
  return { operation: REPLY, senderMac: from.mac, senderIp: from.ip, targetMac: to.mac, targetIp: to.ip };
}

/** A frame with this packet in it, somewhere in its buffer; in front of it and behind it lies what an earlier packet left there. */
export function usedFrame(random: Random, packet: Uint8Array, room = random.int(20, 60)): Frame {
  const headroom = random.int(28, 90);
  const frame = new Frame(headroom + packet.length + room, headroom);
  frame.bytes.set(random.bytes(frame.bytes.length));
  frame.bytes.set(packet, frame.append(packet.length));
  return frame;
}

/** "00 01 08 00": bytes as people read them. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** "one byte", "28 bytes". */
export function bytesText(count: number): string {
  return count === 1 ? "one byte" : `${count} bytes`;
}

/** An ARP packet that was sent, as text: what the student's code gave may be anything. */
export interface SentPacket {
  /** "request", "reply", or what else it is. */
  readonly operation: string;
  readonly senderMac: string;
  readonly senderIp: string;
  /** Undefined where it does not matter: in a request to one station it means nothing (RFC 826), zero or what is known. */
  readonly targetMac: string | undefined;
  readonly targetIp: string;
  /** The frame's destination. */
  readonly destination: string;
}

/** Describes a packet that was to be sent in a frame for `destination`. */
export function sentPacket(packet: unknown, destination: unknown): SentPacket {
  const { operation, senderMac, senderIp, targetMac, targetIp } = Object(packet) as Record<keyof ArpPacket, unknown>;
  return {
    operation: operation === REQUEST ? "request" : operation === REPLY ? "reply" : `operation ${operation}`,
    senderMac: macText(senderMac),
    senderIp: ipText(senderIp),
    targetMac: operation === REQUEST && destination !== BROADCAST_MAC ? undefined : macText(targetMac),
    targetIp: ipText(targetIp),
    destination: macText(destination),
  };
}

/** A packet in one line. */
export function lineOf({ operation, senderMac, senderIp, targetMac, targetIp, destination }: SentPacket): string {
  const target = targetMac === undefined ? targetIp : `${targetIp} (${targetMac})`;
  return `${operation} from ${senderIp} (${senderMac}) for ${target}, sent to ${destination}`;
}

/** What a step of the transcript says of a packet that was sent: "sent request 10.44.0.1 → everybody". */
export function sentLine({ operation, senderIp, targetIp, destination }: SentPacket): string {
  const whom = destination === formatMac(BROADCAST_MAC) ? "everybody" : destination;
  const kind = operation !== "request" ? operation : senderIp === UNSPECIFIED_TEXT ? "probe" : "request";
  const what = kind === "reply" ? "reply to" : kind === "request" && senderIp === targetIp ? "announcement of" : kind;
  return `sent ${what} ${targetIp} → ${whom}`;
}

/** Our request for `target`: to everybody, or to one station. */
export function asking(own: Neighbour, target: Ipv4Address, to: MacAddress = BROADCAST_MAC): SentPacket {
  return sentPacket(requestFrom(own, target), to);
}

/** Our reply to `asker`. */
export function answering(own: Neighbour, asker: Neighbour): SentPacket {
  return sentPacket(replyFrom(own, asker), asker.mac);
}

/** What a step of the transcript says of a packet that is received. */
export function heard({ operation, senderMac, senderIp, targetIp }: ArpPacket): string {
  return `received ${operation === REQUEST ? "request" : "reply"} from ${ipText(senderIp)} (${macText(senderMac)}) for ${ipText(targetIp)}`;
}

/** An Ethernet address as text, or whatever else it is. */
export function macText(value: unknown): string {
  const is = typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 48;
  return is ? formatMac(value as MacAddress) : `(no MAC address: ${value})`;
}

/** An IPv4 address as text, or whatever else it is. */
export function ipText(value: unknown): string {
  const is = typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
  return is ? formatIpv4Address(value as Ipv4Address) : `(no IPv4 address: ${value})`;
}
