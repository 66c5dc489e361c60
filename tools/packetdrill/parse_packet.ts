/**
 * Packets, in and out:
 *
 *     < [ect0, ttl 64] 40000 > 8080: S. 0:0(0) ack 1 win 1000 urg 5 <mss 1000,nop>
 *     > P. 1:1001(1000) ack 1
 *     < udp (100)
 *     < icmp unreachable frag_needed mtu 1200 [1:1461(1460)]
 *     < [damaged] P. 1:11(10) ack 1 win 1000
 *
 * IP header, ports and all behind the sequence numbers may be left out; the ":" behind the ports too. "1(1000)" is short for "1:1001(1000)".
 * What an ICMP error is about may stand on either side of the word "icmp". What is wrapped in something else (GRE, MPLS …) and the other
 * protocols that packetdrill has been taught are needs. "damaged" (a wrong checksum) and "offset 15" (what TCP's data offset says) are additions of
 * this kit's, for packets that are given.
 */
import { parseTcpOptions } from "./parse_tcp_options.ts";
import type { IcmpPacket, IpFields, PacketEvent, SequenceRange, TcpPacket, UdpPacket } from "./script.ts";
import { MAX_U32, type TokenReader } from "./token_reader.ts";

/** In the order in which they are printed. */
const FLAGS = "SFRPU.EWA";
/** What fits an IPv4 packet beside the headers. A stack may hand over more at once, as it does for segmentation in the device. */
const MAX_TCP_IN = 65_535 - 40;
const MAX_UDP = 65_535 - 28;

/** What a packet may begin with that is not ours; "icmp", "udp" and flags are. */
const OTHER_PROTOCOLS: ReadonlyMap<string, string> = new Map([
  ...["sctp", "dccp", "udplite", "icmpv6", "igmp"].map((word) => [word, `the protocol ${word}`] as const),
  ...["gre", "mpls", "ipip", "ipv4", "vxlan", "geneve", "eth"].map((word) => [word, `encapsulation in ${word}`] as const),
  ["ipv6", "IPv6"],
]);

type Ports = TcpPacket["ports"];
type About = NonNullable<IcmpPacket["about"]>;

/** Reads a packet, from its direction on. */
export function parsePacket(reader: TokenReader): Pick<PacketEvent, "direction" | "ip" | "packet"> {
  const direction = reader.next().raw === "<" ? "in" : "out";
  const ip = reader.sees("[") && !seesAbout(reader) ? ipFields(reader, direction) : {};
  const ports = reader.peek().kind === "integer" && reader.sees(">", 1) ? bothPorts(reader) : undefined;
  const about = reader.sees("[") ? aboutWhat(reader) : undefined;
  if (about !== undefined || reader.sees("icmp")) return { direction, ip, packet: icmpPacket(reader, about) };
  if (reader.sees("udp")) return { direction, ip, packet: udpPacket(reader, ports) };
  return { direction, ip, packet: tcpPacket(reader, direction, ports) };
}

/** "[ect0]", "[tos 0x10, ttl 64]". */
function ipFields(reader: TokenReader, direction: "in" | "out"): IpFields {
  const fields: { -readonly [key in keyof IpFields]: IpFields[key] } = {};
  reader.next();
  do {
    const word = reader.peek();
    if (/^(noecn|ect0|ect1|ect01|ce)$/.test(word.raw) && fields.ecn === undefined) {
      if (word.raw === "ect01" && direction === "in") reader.fail("one of ect0 and ect1 for a packet that is given");
      fields.ecn = reader.next().raw as NonNullable<IpFields["ecn"]>;
    } else if (word.raw === "tos" && fields.tos === undefined) fields.tos = numberBehind(reader, "a TOS", 255);
    else if (word.raw === "ttl" && fields.ttl === undefined) fields.ttl = numberBehind(reader, "a TTL", 255);
    else if (word.raw === "damaged" && direction === "in" && fields.damaged === undefined) fields.damaged = damage(reader);
    else if (word.raw === "offset" && direction === "in" && fields.offset === undefined) {
      fields.offset = numberBehind(reader, "an offset", 15);
    } else if (word.raw === "flowlabel") reader.unsupported("IPv6");
    else reader.fail("an ECN mark, tos or ttl, each once");
  } while (reader.takes(","));
  reader.expect("]", "',' or ']'");
  return fields;
}

function damage(reader: TokenReader): true {
  reader.next();
  return true;
}

/** Takes a word and the number behind it. */
function numberBehind(reader: TokenReader, what: string, most: number): number {
  reader.next();
  return reader.integer(what, most);
}

function bothPorts(reader: TokenReader): NonNullable<Ports> {
  const source = reader.integer("a port", 65_535);
  reader.next();
  const destination = reader.integer("a port", 65_535);
  reader.takes(":");
  return { source, destination };
}

function tcpPacket(reader: TokenReader, direction: "in" | "out", ports: Ports): TcpPacket {
  const flags = tcpFlags(reader);
  const begin = reader.peek();
  const seq = sequenceRange(reader);
  if (direction === "in" && seq.length > MAX_TCP_IN) reader.fail(`${MAX_TCP_IN} bytes at most in a packet that is given`, begin);
  const fields: { ack?: number; window?: number; urgent?: number } = {};
  for (;;) {
    if (reader.sees("ack") && fields.ack === undefined) fields.ack = numberBehind(reader, "an acknowledgment number", MAX_U32);
    else if (reader.sees("win") && fields.window === undefined) fields.window = numberBehind(reader, "a window", 65_535);
    else if (reader.sees("urg") && fields.urgent === undefined) fields.urgent = numberBehind(reader, "an urgent pointer", 65_535);
    else break;
  }
  const bracket = reader.peek();
  const options = reader.takes("<") ? parseTcpOptions(reader) : [];
  if (options === "any" && direction === "in") reader.fail("the options of a packet that is given", bracket);
  return { protocol: "tcp", ...(ports === undefined ? {} : { ports }), flags, seq, ...fields, options };
}

/** "S.", "FP.", "-"; in whatever order they stand, they come out in ours. */
function tcpFlags(reader: TokenReader): string {
  const expected = `flags: letters of ${FLAGS}, each once, or '-'`;
  const begin = reader.peek();
  const other = OTHER_PROTOCOLS.get(begin.raw);
  if (other !== undefined) reader.unsupported(other);
  if (reader.takes("-")) return "";
  let flags = "";
  while (reader.sees(".") || reader.peek().kind === "word" || reader.peek().kind === "integer" && reader.sees(".", 1)) {
    const token = reader.peek();
    // Digits among the flags count ECN marks, as AccECN does in these three bits.
    if (/^[SFRPU]*[0-7][SFRPU]*$/.test(token.raw)) reader.unsupported("AccECN's counter among the flags", token);
    for (const letter of token.raw.length > FLAGS.length ? "?" : token.raw) {
      if (!FLAGS.includes(letter) || flags.includes(letter)) reader.fail(expected, token);
      flags += letter;
    }
    reader.next();
  }
  if (flags === "") reader.fail(expected, begin);
  return [...FLAGS].filter((letter) => flags.includes(letter)).join("");
}

/** "1:1001(1000)", "1(1000)". */
function sequenceRange(reader: TokenReader): SequenceRange {
  const from = reader.integer("a sequence number", MAX_U32);
  const end = reader.takes(":") ? reader.peek() : undefined;
  const to = end === undefined ? undefined : reader.integer("a sequence number", MAX_U32);
  reader.expect("(", to === undefined ? "':' or '(' behind the sequence number" : "'(' and the length");
  const length = reader.integer("a length", MAX_U32);
  reader.expect(")");
  const sum = (from + length) % (MAX_U32 + 1);
  if (to !== undefined && to !== sum) reader.fail(`${sum}, as ${from} and a length of ${length} make`, end);
  return { from, to: sum, length };
}

/** "udp (1000)". */
function udpPacket(reader: TokenReader, ports: Ports): UdpPacket {
  return { protocol: "udp", ...(ports === undefined ? {} : { ports }), length: udpLength(reader) };
}

function udpLength(reader: TokenReader): number {
  reader.expect("udp");
  reader.expect("(", "'(' and a length");
  const length = reader.integer("a length", MAX_UDP);
  reader.expect(")");
  return length;
}

/** "icmp unreachable frag_needed mtu 1200 [1:1461(1460)]". */
function icmpPacket(reader: TokenReader, before: About | undefined): IcmpPacket {
  if (reader.sees("icmpv6")) reader.unsupported("the protocol icmpv6");
  reader.expect("icmp");
  if (reader.peek().kind !== "word") reader.fail("a type of ICMP, as in: icmp unreachable");
  const type = reader.next().raw;
  const code = reader.peek().kind === "word" && !reader.sees("mtu") ? reader.next().raw : undefined;
  let about = before;
  let mtu: number | undefined;
  for (;;) {
    if (mtu === undefined && reader.sees("mtu")) mtu = numberBehind(reader, "an MTU", 65_535);
    else if (about === undefined && reader.sees("[")) about = aboutWhat(reader);
    else break;
  }
  return {
    protocol: "icmp",
    type,
    ...(code === undefined ? {} : { code }),
    ...(mtu === undefined ? {} : { mtu }),
    ...(about === undefined ? {} : { about }),
  };
}

/** Whether the bracket that comes next holds what an ICMP error is about, rather than fields of the IP header. */
function seesAbout(reader: TokenReader): boolean {
  return reader.peek(1).kind === "integer" || reader.sees("udp", 1);
}

/** "[1:1461(1460)]", "[udp (100)]". */
function aboutWhat(reader: TokenReader): About {
  reader.expect("[");
  const about = reader.sees("udp") ? { udp: udpLength(reader) } : { seq: sequenceRange(reader) };
  reader.expect("]");
  return about;
}
