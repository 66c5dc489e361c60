/**
 * The grader's own packets. Everything a scenario sends is built here, apart from the labs and from
 * `stack/`, so that a fault in one of them can't hide itself by being in both.
 *
 * Each builder takes a plain object. What is not given has a default: addresses are those of the
 * kernel (sender) and of the student's stack (receiver), lengths and checksums are right. What is
 * given is written as it is, right or wrong: that is how packets are forged. All builders return
 * bytes of their own and change nothing that they are given.
 */
import { checksum, crc32 } from "./arithmetic.ts";

/** An address as text ("10.44.0.2", "02:00:00:00:00:02") or as the number it is. */
export type Address = string | number;

export const KERNEL_MAC = "02:00:00:00:00:01";
export const KERNEL_IP = "10.44.0.1";
export const STACK_MAC = "02:00:00:00:00:02";
export const STACK_IP = "10.44.0.2";

/** An Ethernet header. Defaults: from the kernel to the stack, 0x0800. */
export interface EthernetFields {
  readonly destination?: Address;
  readonly source?: Address;
  readonly etherType?: number;
}

/** An ARP packet. Defaults: the kernel asks for the stack. `targetMac` is zero in a request, the stack's in others. */
export interface ArpFields {
  readonly operation?: number;
  readonly senderMac?: Address;
  readonly senderIp?: Address;
  readonly targetMac?: Address;
  readonly targetIp?: Address;
  readonly hardwareType?: number;
  readonly protocolType?: number;
  readonly hardwareLength?: number;
  readonly protocolLength?: number;
}

/** An IPv4 header. Lengths and offsets in bytes. Defaults: from the kernel to the stack, TTL 64, ICMP, identification 0. */
export interface Ipv4Fields {
  readonly source?: Address;
  readonly destination?: Address;
  readonly protocol?: number;
  readonly ttl?: number;
  readonly identification?: number;
  readonly typeOfService?: number;
  readonly dontFragment?: boolean;
  readonly moreFragments?: boolean;
  /** The third flag, which must be zero. */
  readonly reservedFlag?: boolean;
  readonly fragmentOffset?: number;
  /** Padded with zero bytes to a multiple of 4. */
  readonly options?: Uint8Array;
  readonly version?: number;
  readonly headerLength?: number;
  readonly totalLength?: number;
  readonly headerChecksum?: number;
}

/** The 8 bytes of an ICMP header. Defaults: an echo request, `rest` 0. */
export interface IcmpFields {
  readonly type?: number;
  readonly code?: number;
  readonly rest?: number;
  readonly checksum?: number;
}

/** A UDP header, and the addresses that its checksum covers. Defaults: port 40000 of the kernel to port 9 of the stack. */
export interface UdpFields {
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly source?: Address;
  readonly destination?: Address;
  readonly length?: number;
  /** 0 sends the datagram without a checksum. */
  readonly checksum?: number;
}

/** TCP's options by name, written one behind the other in this order, without padding between them. */
export interface TcpOptions {
  readonly mss?: number;
  readonly sackPermitted?: boolean;
  /** TSval and TSecr. */
  readonly timestamps?: readonly [val: number, ecr: number];
  readonly windowScale?: number;
  /** Blocks from, to. */
  readonly sack?: readonly (readonly [from: number, to: number])[];
}

/** A TCP header, and the addresses that its checksum covers. Defaults: port 40000 of the kernel to port 80 of the stack, a bare ACK, window 65535, other numbers 0. */
export interface TcpFields {
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly seq?: number;
  readonly ack?: number;
  /** Names, as in "SYN ACK", or the bits themselves: up to 12, of which the upper four are reserved. */
  readonly flags?: string | number;
  readonly window?: number;
  readonly urgentPointer?: number;
  /** By name, or as bytes for any other order, padding or kind. Padded with zero bytes (end of list) to a multiple of 4. */
  readonly options?: TcpOptions | Uint8Array;
  readonly source?: Address;
  readonly destination?: Address;
  /** In bytes. */
  readonly dataOffset?: number;
  readonly checksum?: number;
}

const NOTHING = new Uint8Array();
const TCP_FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];

/** An Ethernet II frame, without padding and without FCS. */
export function ethernet(fields: EthernetFields = {}, payload: Uint8Array = NOTHING): Uint8Array<ArrayBuffer> {
  const { destination = STACK_MAC, source = KERNEL_MAC, etherType = 0x0800 } = fields;
  return join(mac(destination), mac(source), number(etherType, 2), payload);
}

/** An ARP packet of 28 bytes. */
export function arp(fields: ArpFields = {}): Uint8Array<ArrayBuffer> {
  const { operation = 1, senderMac = KERNEL_MAC, senderIp = KERNEL_IP, targetIp = STACK_IP } = fields;
  const { targetMac = operation === 1 ? 0 : STACK_MAC, hardwareType = 1, protocolType = 0x0800 } = fields;
  const lengths = [fields.hardwareLength ?? 6, fields.protocolLength ?? 4];
  return join(
    number(hardwareType, 2),
    number(protocolType, 2),
    Uint8Array.from(lengths),
    number(operation, 2),
    mac(senderMac),
    ip(senderIp),
    mac(targetMac),
    ip(targetIp),
  );
}

/** An IPv4 packet. */
export function ipv4(fields: Ipv4Fields = {}, payload: Uint8Array = NOTHING): Uint8Array<ArrayBuffer> {
  const options = pad(fields.options ?? NOTHING, Math.ceil((fields.options?.length ?? 0) / 4) * 4);
  const real = 20 + options.length;
  const { version = 4, headerLength = real, totalLength = real + payload.length } = fields;
  const flags = (fields.reservedFlag ? 4 : 0) + (fields.dontFragment ? 2 : 0) + (fields.moreFragments ? 1 : 0);
  const header = join(
    Uint8Array.of(version * 16 + headerLength / 4, fields.typeOfService ?? 0),
    number(totalLength, 2),
    number(fields.identification ?? 0, 2),
    number(flags * 0x2000 + (fields.fragmentOffset ?? 0) / 8, 2),
    Uint8Array.of(fields.ttl ?? 64, fields.protocol ?? 1, 0, 0),
    ip(fields.source ?? KERNEL_IP),
    ip(fields.destination ?? STACK_IP),
    options,
  );
  return join(withChecksum(header, 10, fields.headerChecksum ?? checksum(header)), payload);
}

/** An ICMP message. */
export function icmp(fields: IcmpFields = {}, payload: Uint8Array = NOTHING): Uint8Array<ArrayBuffer> {
  const message = join(Uint8Array.of(fields.type ?? 8, fields.code ?? 0, 0, 0), number(fields.rest ?? 0, 4), payload);
  return withChecksum(message, 2, fields.checksum ?? checksum(message));
}

/** An ICMP echo request, or its reply. */
export function icmpEcho(
  fields: { readonly reply?: boolean; readonly id?: number; readonly seq?: number } = {},
  data: Uint8Array = NOTHING,
): Uint8Array<ArrayBuffer> {
  return icmp({ type: fields.reply ? 0 : 8, rest: (fields.id ?? 1) * 0x1_0000 + (fields.seq ?? 1) }, data);
}

/** A UDP datagram. */
export function udp(fields: UdpFields = {}, payload: Uint8Array = NOTHING): Uint8Array<ArrayBuffer> {
  const { sourcePort = 40000, destinationPort = 9, length = 8 + payload.length } = fields;
  const datagram = join(number(sourcePort, 2), number(destinationPort, 2), number(length, 2), number(0, 2), payload);
  const pseudo = join(ip(fields.source ?? KERNEL_IP), ip(fields.destination ?? STACK_IP), number(17, 2), number(length, 2));
  return withChecksum(datagram, 6, fields.checksum ?? (checksum(join(pseudo, datagram)) || 0xffff));
}

/** A TCP segment. Throws a TypeError for a flag that there is not. */
export function tcp(fields: TcpFields = {}, payload: Uint8Array = NOTHING): Uint8Array<ArrayBuffer> {
  const given = fields.options instanceof Uint8Array ? fields.options : tcpOptions(fields.options ?? {});
  const options = pad(given, Math.ceil(given.length / 4) * 4);
  const { sourcePort = 40000, destinationPort = 80, flags = "ACK", dataOffset = 20 + options.length } = fields;
  const segment = join(
    number(sourcePort, 2),
    number(destinationPort, 2),
    number(fields.seq ?? 0, 4),
    number(fields.ack ?? 0, 4),
    number(dataOffset / 4 * 0x1000 + (typeof flags === "number" ? flags : flagBits(flags)), 2),
    number(fields.window ?? 0xffff, 2),
    number(0, 2),
    number(fields.urgentPointer ?? 0, 2),
    options,
    payload,
  );
  const pseudo = join(ip(fields.source ?? KERNEL_IP), ip(fields.destination ?? STACK_IP), number(6, 2), number(segment.length, 2));
  return withChecksum(segment, 16, fields.checksum ?? checksum(join(pseudo, segment)));
}

/** Each option: its kind, its length, and what it says. */
function tcpOptions({ mss, sackPermitted, timestamps, windowScale, sack }: TcpOptions): Uint8Array<ArrayBuffer> {
  const option = (kind: number, ...data: Uint8Array[]): Uint8Array => {
    const said = join(...data);
    return join(Uint8Array.of(kind, 2 + said.length), said);
  };
  return join(
    mss === undefined ? NOTHING : option(2, number(mss, 2)),
    sackPermitted ? option(4) : NOTHING,
    timestamps === undefined ? NOTHING : option(8, ...timestamps.map((value) => number(value, 4))),
    windowScale === undefined ? NOTHING : option(3, number(windowScale, 1)),
    sack === undefined ? NOTHING : option(5, ...sack.flat().map((edge) => number(edge, 4))),
  );
}

/** "SYN ACK" as bits; the empty text is none. */
function flagBits(names: string): number {
  return names.split(" ").filter((name) => name !== "").reduce((bits, name) => {
    const bit = TCP_FLAGS.indexOf(name);
    if (bit < 0) throw new TypeError(`Not a TCP flag: "${name}"`);
    return bits | 1 << bit;
  }, 0);
}

/** The frame with its CRC-32 behind it, or with `value` in its place. */
export function fcs(frame: Uint8Array, value: number = crc32(frame)): Uint8Array<ArrayBuffer> {
  return join(frame, number(value, 4).reverse());
}

/** The frame with `filler` bytes behind it, up to `minimum` bytes in all. */
export function pad(frame: Uint8Array, minimum: number, filler = 0): Uint8Array<ArrayBuffer> {
  return join(frame, new Uint8Array(Math.max(0, minimum - frame.length)).fill(filler));
}

/** `count` bytes 0, 1, 2, … 255, 0, …: data whose every byte tells where it belongs. */
export function pattern(count: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: count }, (_, at) => at);
}

/**
 * Cuts an IPv4 packet before the payload bytes `cuts`: rising multiples of 8. [8, 1480] gives three fragments. Options
 * that are marked to be copied are in every fragment, the others in the first only (RFC 791 §3.2). A fragment can be cut again.
 * Throws a RangeError for a cut that is no place to cut.
 */
export function fragmentPacket(packet: Uint8Array, cuts: readonly number[]): Uint8Array<ArrayBuffer>[] {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const headerLength = (view.getUint8(0) & 15) * 4;
  const payload = packet.subarray(headerLength, view.getUint16(2));
  const flags = view.getUint16(6);
  const edges = [0, ...cuts, payload.length];
  return edges.slice(1).map((end, index) => {
    const from = edges[index] as number;
    if (from % 8 !== 0 || end <= from) throw new RangeError(`Cannot cut ${payload.length} bytes at ${cuts.join(", ")}`);
    const options = packet.subarray(20, headerLength);
    return ipv4({
      source: view.getUint32(12),
      destination: view.getUint32(16),
      protocol: view.getUint8(9),
      ttl: view.getUint8(8),
      identification: view.getUint16(4),
      typeOfService: view.getUint8(1),
      dontFragment: (flags & 0x4000) !== 0,
      moreFragments: end < payload.length || (flags & 0x2000) !== 0,
      fragmentOffset: (flags & 0x1fff) * 8 + from,
      options: from === 0 ? options : copiedOptions(options),
    }, payload.subarray(from, end));
  });
}

/** The options whose first bit says "copy me into every fragment". */
function copiedOptions(options: Uint8Array): Uint8Array<ArrayBuffer> {
  const copied: Uint8Array[] = [];
  for (let at = 0; at < options.length && options[at] !== 0;) {
    const length = options[at] === 1 ? 1 : Math.max(2, options[at + 1] ?? 2);
    if ((options[at] as number) >= 0x80) copied.push(options.subarray(at, at + length));
    at += length;
  }
  return join(...copied);
}

/** Several arrays as one. */
export function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function withChecksum(bytes: Uint8Array<ArrayBuffer>, at: number, value: number): Uint8Array<ArrayBuffer> {
  bytes.set(number(value, 2), at);
  return bytes;
}

/** A number as `size` bytes, the most significant first; what does not fit is cut off. */
function number(value: number, size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, at) => Math.floor(value / 256 ** (size - 1 - at)) % 256);
}

function mac(address: Address): Uint8Array<ArrayBuffer> {
  if (typeof address === "number") return number(address, 6);
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(address)) throw new TypeError(`Not an Ethernet address: "${address}"`);
  return Uint8Array.from(address.split(":"), (byte) => Number.parseInt(byte, 16));
}

function ip(address: Address): Uint8Array<ArrayBuffer> {
  if (typeof address === "number") return number(address, 4);
  const bytes = address.split(".").map(Number);
  if (bytes.length !== 4 || bytes.some((byte) => !Number.isInteger(byte) || byte < 0 || byte > 255)) {
    throw new TypeError(`Not an IPv4 address: "${address}"`);
  }
  return Uint8Array.from(bytes);
}
