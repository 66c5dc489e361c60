/** A packet that had to come beside the packet that came. */
import { checksum } from "../harness/arithmetic.ts";
import { join } from "../harness/packets.ts";
import type { Flow } from "./flow.ts";
import { ICMP_CODES, ICMP_TYPES } from "./icmp_names.ts";
import type { IcmpPacket, IpFields, TcpOption, TcpPacket, UdpPacket } from "./script.ts";
import type { WireDatagram, WireMessage, WirePacket, WireSegment } from "./wire_packet.ts";

/** A segment of the machine's in the script's numbers. */
export function inScript(segment: WireSegment, flow: Flow): TcpPacket {
  const { flags, options, text } = segment;
  const isStray = flow.iss === undefined || flags.includes("R") && segment.seq === 0;
  const from = isStray ? segment.seq : flow.toScript(segment.seq);
  return {
    protocol: "tcp",
    flags,
    seq: { from, to: from + text.length >>> 0, length: text.length },
    ...(flags.includes(".") ? { ack: segment.ack } : {}),
    window: segment.window,
    ...(flags.includes("U") ? { urgent: segment.urgent } : {}),
    options,
  };
}

/** Whether `seen` may be the first part of what has to come: there is more text to come behind it. */
export function isPartOf(seen: TcpPacket, wanted: TcpPacket): boolean {
  const begins = seen.seq.from === wanted.seq.from && seen.seq.length > 0 && seen.seq.length < wanted.seq.length;
  return begins && !/[SFR]/.test(seen.flags);
}

/** What is left to come of `wanted` behind a part of it. */
export function restOf(wanted: TcpPacket, part: TcpPacket): TcpPacket {
  const { to, length } = wanted.seq;
  return { ...wanted, seq: { from: part.seq.to, to, length: length - part.seq.length } };
}

/** Of a first part only that is compared which all parts share: text may be pushed, and an end reached, by the last. */
export function differencesOfPart(wanted: TcpPacket, part: TcpPacket, flow: Flow): string[] {
  const flags = wanted.flags.replace(/[PF]/g, "");
  return differences({ ...wanted, flags, seq: part.seq }, { ...part, flags: part.flags.replace("P", "") }, flow);
}

/** All that differs; nothing when the packet is as it had to be. `flow` has the SYN's numbers already. */
export function differences(wanted: TcpPacket, seen: TcpPacket, flow: Flow): string[] {
  const found: string[] = [];
  const compare = (what: string, expected: unknown, got: unknown): void => {
    if (expected !== got) found.push(`${what}: ${got ?? "none"} in place of ${expected ?? "none"}`);
  };
  compare("flags", sortedFlags(wanted.flags), sortedFlags(seen.flags));
  compare("first sequence number", wanted.seq.from, seen.seq.from);
  compare("length", wanted.seq.length, seen.seq.length);
  if (wanted.ack !== undefined) compare("ack", wanted.ack, seen.ack);
  if (wanted.window !== undefined) compare("window", wanted.window, seen.window);
  if (wanted.urgent !== undefined) compare("urgent pointer", wanted.urgent, seen.urgent);
  if (wanted.options !== "any") found.push(...optionDifferences(wanted, seen, flow));
  return found;
}

/** Options as a set; what only fills up does not count, and the timestamp of the machine is whatever it says. */
function optionDifferences(wanted: TcpPacket, seen: TcpPacket, flow: Flow): string[] {
  const found: string[] = [];
  const expected = meaningful(wanted.options);
  const left = [...meaningful(seen.options)];
  for (const option of expected) {
    const at = left.findIndex((each) => isSameKind(each, option));
    const [got] = at < 0 ? [] : left.splice(at, 1);
    if (got === undefined) found.push(`option ${optionText(option)}: missing`);
    else if (!isSameOption(option, got)) found.push(`option ${optionText(got)} in place of ${optionText(option)}`);
  }
  // A scale that nobody wrote down is the machine's own choice, where the peer's SYN lets it have one.
  const maySay = (option: TcpOption): boolean => option.kind === "wscale" && wanted.flags.includes("S") && flow.peerScales !== false;
  for (const option of left) if (!maySay(option)) found.push(`option ${optionText(option)}: one too many`);
  return found;
}

function meaningful(options: TcpPacket["options"]): readonly TcpOption[] {
  return options === "any" ? [] : options.filter(({ kind }) => kind !== "nop" && kind !== "eol");
}

function isSameKind(a: TcpOption, b: TcpOption): boolean {
  return a.kind === b.kind && (a.kind !== "unknown" || b.kind !== "unknown" || a.number === b.number);
}

function isSameOption(wanted: TcpOption, got: TcpOption): boolean {
  if (wanted.kind === "TS" && got.kind === "TS") return wanted.echo === got.echo;
  return optionText(wanted) === optionText(got);
}

/** "mss 1460", "sack 1001:2001 3001:4001". */
export function optionText(option: TcpOption): string {
  switch (option.kind) {
    case "mss":
    case "wscale":
      return `${option.kind} ${option.value}`;
    case "sack":
      return `sack ${option.blocks.map(({ from, to }) => `${from}:${to}`).join(" ")}`;
    case "TS":
      return `TS val ${option.value} ecr ${option.echo}`;
    case "raw":
      return `raw 0x${option.bytes.map(hex).join("")}`;
    case "unknown":
      return `unknown ${option.number}${option.bytes.length === 0 ? "" : ` 0x${option.bytes.map(hex).join("")}`}`;
    default:
      return option.kind;
  }
}

/** "S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK>". */
export function packetText(packet: TcpPacket): string {
  const { seq, ack, window, urgent, options } = packet;
  const parts = [`${packet.flags === "" ? "-" : packet.flags} ${seq.from}:${seq.to}(${seq.length})`];
  if (ack !== undefined) parts.push(`ack ${ack}`);
  if (window !== undefined) parts.push(`win ${window}`);
  if (urgent !== undefined) parts.push(`urg ${urgent}`);
  if (options === "any") parts.push("<...>");
  else if (options.length > 0) parts.push(`<${options.map(optionText).join(",")}>`);
  return parts.join(" ");
}

/** What differs in the IP header, and whether the sums are right. */
export function ipDifferences(wanted: IpFields, packet: WirePacket, whole: Uint8Array): string[] {
  const found: string[] = [];
  const ecn = packet.typeOfService & 3;
  const legal = { noecn: [0], ect0: [2], ect1: [1], ect01: [1, 2], ce: [3] }[wanted.ecn ?? "noecn"];
  if (wanted.ecn !== undefined && !legal.includes(ecn)) {
    found.push(`ECN: ${["noecn", "ect1", "ect0", "ce"][ecn]} in place of ${wanted.ecn}`);
  }
  if (wanted.tos !== undefined && wanted.tos !== packet.typeOfService) {
    found.push(`tos: 0x${packet.typeOfService.toString(16)} in place of 0x${wanted.tos.toString(16)}`);
  }
  if (wanted.ttl !== undefined && wanted.ttl !== packet.timeToLive) found.push(`ttl: ${packet.timeToLive} in place of ${wanted.ttl}`);
  const header = whole.subarray(0, whole.length - packet.payload.length);
  if (checksum(header) !== 0) found.push("the checksum of the IP header is wrong");
  if (packet.protocol === 6) {
    const { length } = packet.payload;
    const pseudo = join(whole.subarray(12, 20), Uint8Array.of(0, 6, length >> 8, length & 255));
    if (checksum(join(pseudo, packet.payload)) !== 0) found.push("TCP's checksum is wrong");
  }
  if (packet.protocol === 1 && checksum(packet.payload) !== 0) found.push("ICMP's checksum is wrong");
  return found;
}

/** What differs in a datagram. */
export function datagramDifferences(wanted: UdpPacket, seen: WireDatagram): string[] {
  return wanted.length === seen.length ? [] : [`length: ${seen.length} in place of ${wanted.length}`];
}

/** What differs in an ICMP message. */
export function messageDifferences(wanted: IcmpPacket, seen: WireMessage): string[] {
  const found: string[] = [];
  const type = ICMP_TYPES[wanted.type];
  if (type !== seen.type) found.push(`type: ${seen.type} in place of ${wanted.type} (${type})`);
  const code = wanted.code === undefined ? undefined : ICMP_CODES[wanted.code];
  if (code !== undefined && code !== seen.code) found.push(`code: ${seen.code} in place of ${wanted.code} (${code})`);
  if (wanted.mtu !== undefined && wanted.mtu !== seen.rest) found.push(`mtu: ${seen.rest} in place of ${wanted.mtu}`);
  return found;
}

function sortedFlags(flags: string): string {
  const sorted = [..."SFRPUEWA."].filter((letter) => flags.includes(letter)).join("");
  return sorted === "" ? "-" : sorted;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
