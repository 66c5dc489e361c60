/**
 * What a filter knows of the packet before it: read once from its headers, and asked by every rule. A filter has two of these records, for the packet that
 * arrives and for the one that leaves, and writes them anew each time: nothing is made per packet.
 *
 * Of an ICMP query (an echo, say) the identifier stands for a port: it is what tells one ping from the other. The number of the request, plus
 * `QUERY`, is the port at the other end, so that a query and its reply differ in direction as a datagram and its answer do.
 */
import type { Ipv4Header } from "../contract/ip.ts";
import type { QuotedPacket } from "../packet_error.ts";
import type { Frame } from "../wire/frame.ts";
import type { Ipv4Address } from "../wire/ipv4_address.ts";
import type { Connection } from "./connections.ts";
import { type PortRange, type Rule, type Side, STATES } from "./rules.ts";

export const ICMP = 1, TCP = 6, UDP = 17;

/** Added to the type of an ICMP request, so that it is no port. */
export const QUERY = 0x1_0000;

const ANYBODY = 0 as Ipv4Address;

export class Packet {
  frame: Frame | undefined;
  /** Offsets of the IP header, of what it carries, and of the end. */
  start = 0;
  payload = 0;
  end = 0;
  protocol = 0;
  source = ANYBODY;
  destination = ANYBODY;
  /** 0 where there are none. */
  sourcePort = 0;
  destinationPort = 0;
  /** The header behind IP's is there, as far as it must be. */
  isComplete = false;
  /** -1 where it is not ICMP. */
  icmpType = -1;
  /** TCP's. */
  flags = 0;
  /** Interfaces by number; -1: it begins or ends here, or nobody knows yet. */
  in = -1;
  out = -1;
  /** One of the bits of `STATES`. */
  state: number = STATES.new;
  /** What it belongs to, and whether it goes from the one that was called to the caller. */
  connection: Connection | undefined;
  isReply = false;
  /** The packet that an ICMP error is about, where it has been looked at. */
  quoted: Packet | undefined;
  /** The same, between its uses. */
  #spare: Packet | undefined;

  /** Length of the IP packet in bytes. */
  get length(): number {
    return this.end - this.start;
  }

  /** ICMP says that something is wrong with another packet (RFC 1122 §3.2.2). */
  get isError(): boolean {
    return isIcmpError(this.icmpType);
  }

  /** Reads a whole packet, whose header begins at `frame.start`. */
  read(frame: Frame, header: Ipv4Header, on: number, out: number): void {
    this.frame = frame;
    this.start = frame.start;
    this.payload = header.payload;
    this.end = header.end;
    this.protocol = header.protocol;
    this.source = header.source;
    this.destination = header.destination;
    this.in = on;
    this.out = out;
    this.state = STATES.new;
    this.connection = undefined;
    this.isReply = false;
    this.quoted = undefined;
    this.flags = 0;
    this.#readPorts(frame.view);
    this.isComplete = this.#hasHeader(frame.view);
  }

  /** Looks at the packet that this one, an ICMP error, is about. Undefined where its ports are not quoted, or where it is a fragment without any. */
  quote(frame: Frame, { start, payload, protocol, source, destination }: QuotedPacket): Packet | undefined {
    if (this.end - payload < 8 || (frame.view.getUint16(start + 6) & 0x1fff) !== 0) return undefined;
    const quoted = this.#spare ??= new Packet();
    quoted.frame = frame;
    quoted.start = start;
    quoted.payload = payload;
    quoted.end = this.end;
    quoted.protocol = protocol;
    quoted.source = source;
    quoted.destination = destination;
    quoted.#readPorts(frame.view);
    return this.quoted = quoted;
  }

  /** Ports, and what stands for them. They are in the first eight bytes. */
  #readPorts(view: DataView): void {
    const { payload, end, protocol } = this;
    this.sourcePort = 0;
    this.destinationPort = 0;
    this.icmpType = -1;
    if (end - payload < 8) return;
    if (protocol === ICMP) {
      const type = view.getUint8(payload);
      this.icmpType = type;
      if (!isIcmpQuery(type)) return;
      const id = view.getUint16(payload + 4);
      this.sourcePort = isIcmpRequest(type) ? id : QUERY + requestOf(type);
      this.destinationPort = isIcmpRequest(type) ? QUERY + type : id;
    } else if (protocol === TCP || protocol === UDP) {
      this.sourcePort = view.getUint16(payload);
      this.destinationPort = view.getUint16(payload + 2);
    }
  }

  #hasHeader(view: DataView): boolean {
    const { payload, end, protocol } = this;
    const length = end - payload;
    if (protocol === ICMP) return length >= 8;
    if (protocol === UDP) {
      const said = length >= 8 ? view.getUint16(payload + 4) : 0;
      return said >= 8 && said <= length;
    }
    if (protocol !== TCP) return true;
    const headerLength = length >= 20 ? (view.getUint8(payload + 12) >> 4) * 4 : 0;
    if (headerLength < 20 || headerLength > length) return false;
    this.flags = view.getUint8(payload + 13);
    return true;
  }
}

/** Echo, timestamp, information and address mask: requests and replies with an identifier (RFC 792, RFC 950). */
export function isIcmpQuery(type: number): boolean {
  return type === 0 || type === 8 || type >= 13 && type <= 18;
}

/** Whether that is a request, of the queries. */
export function isIcmpRequest(type: number): boolean {
  return type === 8 || type === 13 || type === 15 || type === 17;
}

/** The request to which a reply of this type belongs; a request is its own. */
export function requestOf(type: number): number {
  return type === 0 ? 8 : isIcmpRequest(type) ? type : type - 1;
}

export function isIcmpError(type: number): boolean {
  return type === 3 || type === 4 || type === 5 || type === 11 || type === 12;
}

/** Whether all that a rule asks is true of a packet. */
export function matches(rule: Rule, packet: Packet): boolean {
  if (rule.protocol !== -1 && rule.protocol !== packet.protocol) return false;
  if (rule.states !== 0 && (rule.states & packet.state) === 0) return false;
  if (rule.in !== -1 && rule.in !== packet.in) return false;
  if (rule.out !== -1 && rule.out !== packet.out) return false;
  if (rule.icmpType !== -1 && rule.icmpType !== packet.icmpType) return false;
  if (rule.flagsMask !== 0 && (!packet.isComplete || (packet.flags & rule.flagsMask) !== rule.flags)) return false;
  return isOn(rule.from, packet.source, packet.sourcePort, packet) && isOn(rule.to, packet.destination, packet.destinationPort, packet);
}

function isOn(side: Side, address: Ipv4Address, port: number, packet: Packet): boolean {
  if (side.prefixLength > 0 && (address ^ side.network) >>> 32 - side.prefixLength !== 0) return false;
  return side.ports.length === 0 || packet.isComplete && hasPort(side.ports, port);
}

function hasPort(ports: readonly PortRange[], port: number): boolean {
  for (let i = 0; i < ports.length; i++) {
    const range = ports[i] as PortRange;
    if (port >= range.first && port <= range.last) return true;
  }
  return false;
}
