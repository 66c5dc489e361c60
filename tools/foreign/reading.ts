/**
 * What a frame says, read by the reference labs 01 to 04, in the words of tshark: each field under the name that it has there. So our reading can be
 * laid beside another program's, field by field.
 */
import reference from "../../solutions/reference.ts";
import type { FrameLimits } from "../../stack/contract/framing.ts";
import type { Ipv4Header } from "../../stack/contract/ip.ts";
import type { Segment } from "../../stack/contract/tcb.ts";
import type { Medium } from "../../stack/link/device.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { formatIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { formatMac } from "../../stack/wire/mac_address.ts";
import { ACK, URG } from "../../stack/wire/tcp_flags.ts";

/** Fields by name. Numbers, or addresses as text; "data" is what the innermost header carries, in hexadecimal. */
export type Fields = Record<string, number | string>;

/** What was read, and why no more of it was: a reject of the layer that refused it. */
export interface Reading {
  readonly fields: Fields;
  readonly reject?: string;
}

const { framing, arp, ip, handshake } = reference;
const ANY_LENGTH: FrameLimits = { minimum: 14, maximum: 65_535 + 14 };
const ICMP = 1, TCP = 6;

/** Reads a packet as it was on a wire of this kind. Never throws, whatever it is. */
export function readPacket(packet: Uint8Array, medium: Medium = "ethernet"): Reading {
  // The packet ends where its buffer does: what reads on does not get away with it.
  const frame = new Frame(packet.length, 0);
  frame.bytes.set(packet);
  frame.end = packet.length;
  const fields: Fields = {};
  const reject = medium === "ethernet" ? readEthernet(frame, fields) : readIpv4(frame, fields);
  return reject === undefined ? { fields } : { fields, reject };
}

function readEthernet(frame: Frame, fields: Fields): string | undefined {
  const header = framing.parseEthernet(frame, ANY_LENGTH);
  if (typeof header === "string") return header;
  Object.assign(fields, { "eth.dst": formatMac(header.destination), "eth.src": formatMac(header.source), "eth.type": header.etherType });
  frame.start = header.payload;
  const protocol = framing.demultiplex(header.etherType);
  if (protocol === "unknown type") return protocol;
  return protocol === "arp" ? readArp(frame, fields) : readIpv4(frame, fields);
}

function readArp(frame: Frame, fields: Fields): string | undefined {
  const packet = arp.parseArp(frame);
  if (typeof packet === "string") return packet;
  Object.assign(fields, {
    "arp.opcode": packet.operation,
    "arp.src.hw_mac": formatMac(packet.senderMac),
    "arp.src.proto_ipv4": formatIpv4Address(packet.senderIp),
    "arp.dst.hw_mac": formatMac(packet.targetMac),
    "arp.dst.proto_ipv4": formatIpv4Address(packet.targetIp),
  });
  return undefined;
}

function readIpv4(frame: Frame, fields: Fields): string | undefined {
  const header = ip.parseIpv4(frame);
  if (typeof header === "string") return header;
  Object.assign(fields, {
    "ip.dsfield": header.typeOfService,
    "ip.id": header.identification,
    "ip.flags.df": Number(header.dontFragment),
    "ip.flags.mf": Number(header.moreFragments),
    "ip.frag_offset": header.fragmentOffset,
    "ip.ttl": header.timeToLive,
    "ip.proto": header.protocol,
    "ip.src": formatIpv4Address(header.source),
    "ip.dst": formatIpv4Address(header.destination),
  });
  [frame.start, frame.end] = [header.payload, header.end];
  const fragment = header.moreFragments || header.fragmentOffset > 0;
  if (!fragment && header.protocol === ICMP) return readIcmp(frame, fields);
  if (!fragment && header.protocol === TCP) return readTcp(frame, fields, header);
  fields.data = frame.toBytes().toHex();
  return undefined;
}

function readIcmp(frame: Frame, fields: Fields): string | undefined {
  const message = ip.parseIcmp(frame);
  if (typeof message === "string") return message;
  frame.start = message.payload;
  Object.assign(fields, { "icmp.type": message.type, "icmp.code": message.code, rest: message.rest, data: frame.toBytes().toHex() });
  return undefined;
}

function readTcp(frame: Frame, fields: Fields, { source, destination }: Ipv4Header): string | undefined {
  const segment = handshake.parseSegment(frame, source, destination, ip.internetChecksum);
  if (typeof segment === "string") return segment;
  Object.assign(fields, {
    "tcp.srcport": segment.sourcePort,
    "tcp.dstport": segment.destinationPort,
    "tcp.seq_raw": segment.seq,
    "tcp.flags": segment.flags,
    "tcp.window_size_value": segment.window,
    data: frame.bytes.slice(segment.text, segment.text + segment.textLength).toHex(),
  });
  if ((segment.flags & ACK) !== 0) fields["tcp.ack_raw"] = segment.ack;
  if ((segment.flags & URG) !== 0) fields["tcp.urgent_pointer"] = segment.urgentPointer;
  if (segment.mss > 0) fields["tcp.options.mss_val"] = segment.mss;
  if (segment.windowScale >= 0) fields["tcp.options.wscale.shift"] = segment.windowScale;
  if (segment.sackPermitted) fields["tcp.options.sack_perm"] = 1;
  if (segment.timestamps) fields["tcp.options.timestamp.tsval"] = segment.tsVal;
  if (segment.timestamps && (segment.flags & ACK) !== 0) fields["tcp.options.timestamp.tsecr"] = segment.tsEcr;
  if (segment.sackCount > 0) fields["tcp.options.sack"] = sackEdges(frame, segment).join(" ");
  return undefined;
}

/** From, to, from, to. */
function sackEdges(frame: Frame, { sackBlocks, sackCount }: Segment): number[] {
  return Array.from({ length: sackCount * 2 }, (_, index) => frame.view.getUint32(sackBlocks + index * 4));
}
