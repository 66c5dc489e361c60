/** Packets on the wire, read for comparison. What cannot be read is said, never thrown. */
import { formatIpv4Address, type Ipv4Address } from "../../stack/wire/ipv4_address.ts";
import type { TcpOption } from "./script.ts";

/** The IP header, and what it carries. */
export interface WirePacket {
  readonly source: string;
  readonly destination: string;
  readonly typeOfService: number;
  readonly timeToLive: number;
  readonly protocol: number;
  /** What is behind the header. */
  readonly payload: Uint8Array;
  readonly body: WireSegment | WireDatagram | WireMessage | { readonly protocol: "other" } | {
    readonly protocol: "unreadable";
    readonly why: string;
  };
}

export interface WireSegment {
  readonly protocol: "tcp";
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly seq: number;
  readonly ack: number;
  /** In the order of `FLAGS`. */
  readonly flags: string;
  readonly window: number;
  readonly urgent: number;
  readonly options: readonly TcpOption[];
  readonly text: Uint8Array;
}

export interface WireDatagram {
  readonly protocol: "udp";
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly length: number;
}

export interface WireMessage {
  readonly protocol: "icmp";
  readonly type: number;
  readonly code: number;
  readonly rest: number;
  /** What is behind the eight bytes: of an error, the packet that it is about. */
  readonly data: Uint8Array;
}

/** The letters of flags and their bits, in the order in which they are written. */
export const FLAGS: readonly (readonly [letter: string, bit: number])[] = [
  ["S", 0x02],
  ["F", 0x01],
  ["R", 0x04],
  ["P", 0x08],
  ["U", 0x20],
  ["E", 0x40],
  ["W", 0x80],
  ["A", 0x100],
  [".", 0x10],
];

/** Reads an IP packet. */
export function readPacket(packet: Uint8Array): WirePacket {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const header = packet.length < 20 ? 0 : (view.getUint8(0) & 15) * 4;
  if (packet.length < 20 || view.getUint8(0) >> 4 !== 4 || header < 20 || header > packet.length) {
    const body = { protocol: "unreadable", why: "not an IPv4 packet" } as const;
    return { source: "", destination: "", typeOfService: 0, timeToLive: 0, protocol: 0, payload: packet, body };
  }
  const payload = packet.subarray(header, Math.max(header, view.getUint16(2)));
  const protocol = view.getUint8(9);
  return {
    source: formatIpv4Address(view.getUint32(12) as Ipv4Address),
    destination: formatIpv4Address(view.getUint32(16) as Ipv4Address),
    typeOfService: view.getUint8(1),
    timeToLive: view.getUint8(8),
    protocol,
    payload,
    body: readBody(protocol, payload),
  };
}

function readBody(protocol: number, bytes: Uint8Array): WirePacket["body"] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (protocol === 6) return readSegment(bytes, view);
  if (protocol !== 17 && protocol !== 1) return { protocol: "other" };
  if (bytes.length < 8) return { protocol: "unreadable", why: `a header cut to ${bytes.length} bytes` };
  if (protocol === 1) {
    const [type, code] = [view.getUint8(0), view.getUint8(1)];
    return { protocol: "icmp", type, code, rest: view.getUint32(4), data: bytes.subarray(8) };
  }
  const [sourcePort, destinationPort] = [view.getUint16(0), view.getUint16(2)];
  return { protocol: "udp", sourcePort, destinationPort, length: view.getUint16(4) - 8 };
}

function readSegment(bytes: Uint8Array, view: DataView): WirePacket["body"] {
  if (bytes.length < 20) return { protocol: "unreadable", why: `a TCP header cut to ${bytes.length} bytes` };
  const end = (view.getUint8(12) >> 4) * 4;
  if (end < 20 || end > bytes.length) return { protocol: "unreadable", why: `a TCP header of ${end} bytes in ${bytes.length}` };
  const options = readOptions(bytes, end);
  if (typeof options === "string") return { protocol: "unreadable", why: options };
  return {
    protocol: "tcp",
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    seq: view.getUint32(4),
    ack: view.getUint32(8),
    flags: flagLetters(view.getUint16(12)),
    window: view.getUint16(14),
    urgent: view.getUint16(18),
    options,
    text: bytes.subarray(end),
  };
}

/** "S." for the bits of SYN and ACK. */
export function flagLetters(bits: number): string {
  return FLAGS.filter(([, bit]) => (bits & bit) !== 0).map(([letter]) => letter).join("");
}

function readOptions(bytes: Uint8Array, end: number): TcpOption[] | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const options: TcpOption[] = [];
  for (let at = 20; at < end;) {
    const kind = view.getUint8(at);
    if (kind === 0) {
      options.push({ kind: "eol" });
      break;
    }
    if (kind === 1) {
      options.push({ kind: "nop" });
      at++;
      continue;
    }
    const length = at + 1 < end ? view.getUint8(at + 1) : 0;
    if (length < 2 || at + length > end) return `an option ${kind} of ${length} bytes where ${end - at} are left`;
    options.push(readOption(view, kind, at, length));
    at += length;
  }
  return options;
}

function readOption(view: DataView, kind: number, at: number, length: number): TcpOption {
  if (kind === 2 && length === 4) return { kind: "mss", value: view.getUint16(at + 2) };
  if (kind === 3 && length === 3) return { kind: "wscale", value: view.getUint8(at + 2) };
  if (kind === 4 && length === 2) return { kind: "sackOK" };
  if (kind === 8 && length === 10) return { kind: "TS", value: view.getUint32(at + 2), echo: view.getUint32(at + 6) };
  if (kind === 5 && length % 8 === 2) {
    const blocks = Array.from({ length: (length - 2) / 8 }, (_, index) => at + 2 + index * 8)
      .map((place) => ({ from: view.getUint32(place), to: view.getUint32(place + 4) }));
    return { kind: "sack", blocks };
  }
  return { kind: "unknown", number: kind, bytes: Array.from({ length: length - 2 }, (_, index) => view.getUint8(at + 2 + index)) };
}
