/** Packets that a script gives to the machine, as bytes. */
import { icmp, ipv4, join, tcp, udp } from "../harness/packets.ts";
import { type Flow, textAt } from "./flow.ts";
import { ICMP_CODES, ICMP_TYPES } from "./icmp_names.ts";
import type { IcmpPacket, IpFields, TcpOption, TcpPacket, UdpPacket } from "./script.ts";
import { FLAGS } from "./wire_packet.ts";

/** From whom to whom. */
export interface Ends {
  readonly remoteAddress: string;
  readonly localAddress: string;
}

const ECN = { noecn: 0, ect0: 2, ect1: 1, ect01: 2, ce: 3 } as const;

/** A segment of the peer's. */
export function buildSegment(packet: TcpPacket, flow: Flow, ip: IpFields, ends: Ends): Uint8Array<ArrayBuffer> {
  const { seq, flags } = packet;
  const addresses = { source: ends.remoteAddress, destination: ends.localAddress };
  const options = packet.options === "any" ? [] : packet.options;
  const segment = tcp({
    ...addresses,
    ...(ip.offset === undefined ? {} : { dataOffset: 4 * ip.offset }),
    sourcePort: flow.ports.remote,
    destinationPort: flow.ports.local,
    seq: seq.from,
    ack: packet.ack === undefined ? 0 : flow.toWire(packet.ack),
    flags: FLAGS.reduce((bits, [letter, bit]) => flags.includes(letter) ? bits | bit : bits, 0),
    window: packet.window ?? 0,
    urgentPointer: packet.urgent ?? 0,
    options: join(...options.map((option) => optionBytes(option, flow))),
  }, textAt(flags.includes("S") ? seq.from + 1 : seq.from, seq.length));
  return ipv4({ ...addresses, ...ipFields(ip), protocol: 6, dontFragment: true }, spoilt(segment, 16, ip));
}

/** A datagram of the peer's. */
export function buildDatagram(packet: UdpPacket, ports: Flow["ports"], ip: IpFields, ends: Ends): Uint8Array<ArrayBuffer> {
  const addresses = { source: ends.remoteAddress, destination: ends.localAddress };
  const datagram = udp({ ...addresses, sourcePort: ports.remote, destinationPort: ports.local }, textAt(0, packet.length));
  return ipv4({ ...addresses, ...ipFields(ip), protocol: 17 }, spoilt(datagram, 6, ip));
}

/** An error about a packet that the machine sent, as a router on the way would send it; or an echo. */
export function buildMessage(packet: IcmpPacket, about: Uint8Array, ip: IpFields, ends: Ends): Uint8Array<ArrayBuffer> {
  const type = ICMP_TYPES[packet.type] ?? 3;
  const code = packet.code === undefined ? 0 : ICMP_CODES[packet.code] ?? 0;
  const message = icmp({ type, code, rest: packet.mtu ?? 0 }, about);
  return ipv4({ source: ends.remoteAddress, destination: ends.localAddress, ...ipFields(ip), protocol: 1 }, spoilt(message, 2, ip));
}

/** The head of a segment of the machine's, as an ICMP error quotes it: the IP header and eight bytes (RFC 792). */
export function quoteSegment(seq: number, length: number, flow: Flow, ends: Ends): Uint8Array<ArrayBuffer> {
  const addresses = { source: ends.localAddress, destination: ends.remoteAddress };
  const segment = tcp({
    ...addresses,
    sourcePort: flow.ports.local,
    destinationPort: flow.ports.remote,
    seq: flow.toWire(seq),
    flags: "ACK",
  }, new Uint8Array(length));
  return ipv4({ ...addresses, protocol: 6, dontFragment: true }, segment).slice(0, 28);
}

/** With another checksum at `at`, if that is wanted. */
function spoilt(bytes: Uint8Array<ArrayBuffer>, at: number, { damaged }: IpFields): Uint8Array<ArrayBuffer> {
  if (damaged === true) bytes[at + 1] = (bytes[at + 1] as number) ^ 4;
  return bytes;
}

function ipFields({ ecn, tos, ttl }: IpFields): { typeOfService: number; ttl: number } {
  return { typeOfService: (tos ?? 0) | (ecn === undefined ? 0 : ECN[ecn]), ttl: ttl ?? 64 };
}

function optionBytes(option: TcpOption, flow: Flow): Uint8Array<ArrayBuffer> {
  switch (option.kind) {
    case "eol":
      return Uint8Array.of(0);
    case "nop":
      return Uint8Array.of(1);
    case "mss":
      return Uint8Array.of(2, 4, ...word(option.value, 2));
    case "wscale":
      return Uint8Array.of(3, 3, option.value);
    case "sackOK":
      return Uint8Array.of(4, 2);
    case "sack": {
      const edges = option.blocks.flatMap(({ from, to }) => [from, to]).flatMap((edge) => word(flow.toWire(edge), 4));
      return Uint8Array.of(5, 2 + edges.length, ...edges);
    }
    case "TS":
      return Uint8Array.of(8, 10, ...word(option.value, 4), ...word(flow.echoOnWire(option.echo), 4));
    case "raw":
      return Uint8Array.from(option.bytes);
    case "unknown":
      return Uint8Array.of(option.number, 2 + option.bytes.length, ...option.bytes);
  }
}

function word(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, at) => Math.floor(value / 256 ** (size - 1 - at)) % 256);
}
