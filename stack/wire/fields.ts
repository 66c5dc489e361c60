/**
 * The fields of every header we know, as data: where each begins, how wide it is, and how people
 * read its value. `dissect.ts` walks these tables; to learn what a header looks like, look here and
 * at the picture in the RFC that each table names.
 *
 * Bit offsets count from the header's first bit, as the RFCs draw them. The wire gives some lengths
 * in words of 4 or 8 bytes; their rows carry that scale, so every value that is a length is in bytes.
 */
import { formatIpv4Address, type Ipv4Address } from "./ipv4_address.ts";
import { formatMac, type MacAddress } from "./mac_address.ts";

/** One field: its name, first bit, width in bits, how it prints, and what its value is multiplied by. */
export type FieldRow = readonly [name: string, bit: number, bits: number, format: Format, scale?: number];
type Format = (value: number) => string;

const plain: Format = (value) => `${value}`;
const bytes: Format = (value) => value === 1 ? "1 byte" : `${value} bytes`;
const yesNo: Format = (value) => value === 1 ? "yes" : "no";
const mac: Format = (value) => formatMac(value as MacAddress);
const ip: Format = (value) => formatIpv4Address(value as Ipv4Address);
const port: Format = (value) => `:${value}`;
const hex = (digits: number): Format => (value) => hexNumber(value, digits);
const named = (names: Names, print: Format = plain): Format => (value) => {
  const name = names[value];
  return name === undefined ? print(value) : `${print(value)} ${name}`;
};

/** What some numbers are called. */
export type Names = Readonly<Record<number, string>>;

/** "0x0800": a number in hexadecimal, with at least `digits` digits. */
export function hexNumber(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}

export const ETHER_TYPES: Names = { 0x0800: "IPv4", 0x0806: "ARP", 0x8100: "VLAN tag", 0x86dd: "IPv6", 0x88cc: "LLDP" };
export const PROTOCOLS: Names = { 1: "ICMP", 2: "IGMP", 6: "TCP", 17: "UDP" };
export const ARP_OPERATIONS: Names = { 1: "request", 2: "reply" };

/** ICMP types (RFC 792; 9 and 10 from RFC 1256). */
export const ICMP_TYPES: Names = {
  0: "echo reply",
  3: "destination unreachable",
  4: "source quench",
  5: "redirect",
  8: "echo request",
  9: "router advertisement",
  10: "router solicitation",
  11: "time exceeded",
  12: "parameter problem",
  13: "timestamp request",
  14: "timestamp reply",
};

/** What the codes of an ICMP type say (RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1). */
export const ICMP_CODES: Readonly<Record<number, Names>> = {
  3: {
    0: "net unreachable",
    1: "host unreachable",
    2: "protocol unreachable",
    3: "port unreachable",
    4: "fragmentation needed",
    5: "source route failed",
    9: "net prohibited",
    10: "host prohibited",
    13: "communication prohibited",
  },
  5: { 0: "redirect for the net", 1: "redirect for the host" },
  11: { 0: "time exceeded in transit", 1: "time exceeded in reassembly" },
  12: { 0: "parameter problem", 1: "required option missing", 2: "bad length" },
};

/** IEEE 802.3 clause 3; RFC 894. */
export const ETHERNET: readonly FieldRow[] = [
  ["destination", 0, 48, mac],
  ["source", 48, 48, mac],
  ["etherType", 96, 16, (value) => value < 0x0600 ? `${value} (802.3 length)` : named(ETHER_TYPES, hex(4))(value)],
];

/** The frame check sequence, least significant byte first: the one field that is not big-endian. */
export const FCS: readonly FieldRow[] = [["fcs", 0, 32, hex(8)]];

/** RFC 826 "Packet format": what every ARP packet begins with. */
export const ARP: readonly FieldRow[] = [
  ["hardwareType", 0, 16, named({ 1: "Ethernet" })],
  ["protocolType", 16, 16, named(ETHER_TYPES, hex(4))],
  ["hardwareLength", 32, 8, bytes],
  ["protocolLength", 40, 8, bytes],
  ["operation", 48, 16, named(ARP_OPERATIONS)],
];

/** The rest of it when the addresses are Ethernet's and IPv4's. */
export const ARP_ADDRESSES: readonly FieldRow[] = [
  ["senderMac", 64, 48, mac],
  ["senderIp", 112, 32, ip],
  ["targetMac", 144, 48, mac],
  ["targetIp", 192, 32, ip],
];

/** RFC 791 §3.1. */
export const IPV4: readonly FieldRow[] = [
  ["version", 0, 4, plain],
  ["headerLength", 4, 4, bytes, 4],
  ["typeOfService", 8, 8, hex(2)],
  ["totalLength", 16, 16, bytes],
  ["identification", 32, 16, hex(4)],
  ["reservedFlag", 48, 1, yesNo],
  ["dontFragment", 49, 1, yesNo],
  ["moreFragments", 50, 1, yesNo],
  ["fragmentOffset", 51, 13, plain, 8],
  ["timeToLive", 64, 8, plain],
  ["protocol", 72, 8, named(PROTOCOLS)],
  ["headerChecksum", 80, 16, hex(4)],
  ["source", 96, 32, ip],
  ["destination", 128, 32, ip],
];

/** RFC 792: what every message begins with. */
export const ICMP: readonly FieldRow[] = [
  ["type", 0, 8, named(ICMP_TYPES)],
  ["code", 8, 8, plain],
  ["checksum", 16, 16, hex(4)],
  ["rest", 32, 32, hex(8)],
];

const ECHO: readonly FieldRow[] = [["identifier", 32, 16, plain], ["sequence", 48, 16, plain]];

/** What `rest` is made of, by message type. */
export const ICMP_REST: Readonly<Record<number, readonly FieldRow[]>> = {
  0: ECHO,
  3: [["nextHopMtu", 48, 16, bytes]],
  5: [["gateway", 32, 32, ip]],
  8: ECHO,
  12: [["pointer", 32, 8, plain]],
  13: ECHO,
  14: ECHO,
};

/** RFC 768. */
export const UDP: readonly FieldRow[] = [
  ["sourcePort", 0, 16, port],
  ["destinationPort", 16, 16, port],
  ["length", 32, 16, bytes],
  ["checksum", 48, 16, hex(4)],
];

const TCP_FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];

/** RFC 9293 §3.1. */
export const TCP: readonly FieldRow[] = [
  ["sourcePort", 0, 16, port],
  ["destinationPort", 16, 16, port],
  ["seq", 32, 32, plain],
  ["ack", 64, 32, plain],
  ["dataOffset", 96, 4, bytes, 4],
  ["flags", 104, 8, (value) => TCP_FLAGS.filter((_, bit) => value >> bit & 1).join(" ") || "none"],
  ["window", 112, 16, plain],
  ["checksum", 128, 16, hex(4)],
  ["urgent", 144, 16, plain],
];

/**
 * An option: its name, how many bytes each number in it has, and how such a number prints. `route` options begin with a
 * pointer that says how far they are filled.
 */
export type OptionRow = readonly [name: string, width: number, format: Format, route?: "route"];
export type Options = Readonly<Record<number, OptionRow>>;

/** IPv4 options by type (RFC 791 §3.1, RFC 2113). */
export const IPV4_OPTIONS: Options = {
  0: ["end of list", 1, plain],
  1: ["no operation", 1, plain],
  7: ["record route", 4, ip, "route"],
  68: ["timestamp", 1, hex(2)],
  131: ["loose source route", 4, ip, "route"],
  137: ["strict source route", 4, ip, "route"],
  148: ["router alert", 2, plain],
};

/** TCP options by kind (RFC 9293 §3.2, RFC 7323, RFC 2018). */
export const TCP_OPTIONS: Options = {
  0: ["end of list", 1, plain],
  1: ["no operation", 1, plain],
  2: ["mss", 2, plain],
  3: ["window scale", 1, plain],
  4: ["sack permitted", 1, plain],
  5: ["sack", 4, plain],
  8: ["timestamps", 4, plain],
};

/** How an option prints that no table names. */
export const UNKNOWN_OPTION: OptionRow = ["option", 1, hex(2)];
