/**
 * Packets as people read them: one line each for transcripts and traces (`describe`), what is wrong
 * with them (`describeProblems`), and one packet opened layer by layer with its bytes (`openPacket`).
 *
 * For display only: everything here is built on `dissect.ts`, allocates freely and never throws,
 * whatever the bytes. No colours, no control characters.
 */
import { dissect, type Field, fieldOf, type Layer, valueOf } from "./dissect.ts";
import { ARP_OPERATIONS, hexNumber, ICMP_CODES, ICMP_TYPES, PROTOCOLS } from "./fields.ts";

type Medium = "ethernet" | "ip";

/** How a packet is read. */
export interface DescribeOptions {
  /** The frame ends in its frame check sequence. Default: it does not. */
  readonly fcs?: boolean;
}

/** How a packet is opened. */
export interface OpenOptions extends DescribeOptions {
  /** The longest line, 60 to 200 characters. Default: 80. */
  readonly columns?: number;
  /** Lines of bytes per layer at most; what is left out is counted. Default: 4. */
  readonly lines?: number;
}

/** One line that says what a packet is: "ICMP echo request id 7 seq 1, 57 bytes". */
export function describe(packet: Uint8Array, medium: Medium, options: DescribeOptions = {}): string {
  const layers = dissect(packet, medium, options).filter((layer) => layer.name !== "FCS" && layer.name !== "padding");
  const carried = layers.filter((layer) => !layer.quoted);
  const top = carried.findLast((layer) => layer.name !== "data") ?? carried[0] as Layer;
  if (top.fields.length === 0) return `${top.name}, ${top.problems[0] ?? "empty"}`;
  const data = carried.find((layer) => layer.name === "data")?.length ?? 0;
  const ip = carried.find((layer) => layer.name === "IPv4");
  if (ip === undefined) return top.name === "ARP" ? arpLine(top) : ethernetLine(top, data);
  const text = top === ip ? ipLine(ip, data) : carriedLine(top, layers, data);
  return fragmentLine(ip, top, text, data) + remarks(ip);
}

/** What is wrong with a packet, outermost first: "checksum 0x3af1, should be 0x3aa8". Empty when nothing is. */
export function describeProblems(packet: Uint8Array, medium: Medium, options: DescribeOptions = {}): string[] {
  return dissect(packet, medium, options).flatMap((layer) =>
    layer.problems.map((problem) => layer.quoted ? `in the quote: ${problem}` : problem)
  );
}

/** The packet layer by layer: what each header says, what is wrong in it, and its bytes with their offset. Several lines, no final newline. */
export function openPacket(packet: Uint8Array, medium: Medium, options: OpenOptions = {}): string {
  const { columns = 80, lines = 4 } = options;
  return dissect(packet, medium, options).flatMap((layer) => openLayer(packet, layer, columns, lines)).join("\n");
}

function arpLine(arp: Layer): string {
  const [senderMac, senderIp, targetIp] = [text(arp, "senderMac"), text(arp, "senderIp"), text(arp, "targetIp")];
  const operation = valueOf(arp, "operation");
  if (senderIp === "" || targetIp === "") return `ARP, ${arp.problems[0] ?? "not for Ethernet and IPv4"}`;
  if (operation === 1 && senderIp === "0.0.0.0") return `ARP probe: is ${targetIp} taken?`;
  if (operation === 1 && senderIp === targetIp) return `ARP announcement: ${senderIp} is at ${senderMac}`;
  if (operation === 1) return `ARP who has ${targetIp}? tell ${senderIp}`;
  if (operation === 2) return `ARP ${senderIp} is at ${senderMac}`;
  return `ARP operation ${operation} from ${senderIp} about ${targetIp}`;
}

function ethernetLine(ethernet: Layer, data: number): string {
  const type = valueOf(ethernet, "etherType");
  if (fieldOf(ethernet, "etherType") === undefined) return `Ethernet, ${ethernet.problems[0] ?? "empty"}`;
  return type < 0x0600 ? `Ethernet 802.3 length frame, ${count(data)}` : `Ethernet type ${text(ethernet, "etherType")}, ${count(data)}`;
}

function ipLine(ip: Layer, data: number): string {
  const version = valueOf(ip, "version");
  if (version === 6) return `IPv6, ${count(ip.length + data)}`;
  if (version !== 4) return `IP version ${version}, ${count(ip.length + data)}`;
  return `IPv4 ${text(ip, "source")} → ${text(ip, "destination")} protocol ${text(ip, "protocol")}, ${count(data)}`;
}

function carriedLine(top: Layer, layers: readonly Layer[], data: number): string {
  if (top.name === "ICMP") return icmpLine(top, layers, data);
  const ports = `${top.name} ${text(top, "sourcePort")} → ${text(top, "destinationPort")}`;
  if (top.name === "UDP") return `${ports}, ${count(data)}${fieldOf(top, "checksum")?.value === 0 ? ", no checksum" : ""}`;
  const ack = valueOf(top, "flags") & 0x10 ? ` ack ${text(top, "ack")}` : "";
  const size = data > 0 ? `, ${count(data)}` : "";
  return `${ports} ${text(top, "flags")} seq ${text(top, "seq")}${ack} win ${text(top, "window")}${sackBlocks(top)}${size}`;
}

/** " sack 1001–4001 5001–6001": what the sender holds beyond a gap; "" when it tells of nothing. */
function sackBlocks(tcp: Layer): string {
  const told = /(?:^|, )sack((?: \d+ \d+)+)/.exec(text(tcp, "options"));
  return told === null ? "" : ` sack${(told[1] as string).replace(/ (\d+) (\d+)/g, " $1–$2")}`;
}

function icmpLine(icmp: Layer, layers: readonly Layer[], data: number): string {
  const name = icmpName(icmp);
  const identifier = fieldOf(icmp, "identifier");
  if (identifier !== undefined) return `ICMP ${name} id ${identifier.text} seq ${text(icmp, "sequence")}, ${count(data)}`;
  const pointer = fieldOf(icmp, "pointer");
  const detail = pointer !== undefined && valueOf(icmp, "code") === 0
    ? ` at byte ${pointer.text}`
    : name === "fragmentation needed"
    ? ` (mtu ${valueOf(icmp, "nextHopMtu")})`
    : "";
  const about = quoteLine(layers.filter((layer) => layer.quoted));
  return `ICMP ${name}${detail}${about === "" ? `, ${count(data)}` : ` about ${about}`}`;
}

/** "port unreachable", or "type 42 code 1" where there is no name. */
function icmpName(icmp: Layer): string {
  const [type, code] = [valueOf(icmp, "type"), valueOf(icmp, "code")];
  const name = ICMP_CODES[type] === undefined ? ICMP_TYPES[type] : ICMP_CODES[type][code];
  return name ?? `${ICMP_TYPES[type] ?? `type ${type}`} code ${code}`;
}

/** What an ICMP error is about: "UDP 10.44.0.1:40000 → 10.44.0.2:33434". */
function quoteLine(quote: readonly Layer[]): string {
  const ip = quote.find((layer) => layer.name === "IPv4");
  if (ip === undefined || fieldOf(ip, "destination") === undefined) return "";
  const above = quote.find((layer) => layer.name !== "IPv4");
  const [from, to] = [text(ip, "source"), text(ip, "destination")];
  if (above?.name === "UDP" || above?.name === "TCP") {
    return `${above.name} ${from}${text(above, "sourcePort")} → ${to}${text(above, "destinationPort")}`;
  }
  if (above?.name === "ICMP") return `ICMP ${icmpName(above)} ${from} → ${to}`;
  return `${PROTOCOLS[valueOf(ip, "protocol")] ?? `protocol ${valueOf(ip, "protocol")}`} ${from} → ${to}`;
}

/** Says of a fragment which part of the whole it is; anything else stays as it is. */
function fragmentLine(ip: Layer, top: Layer, text: string, data: number): string {
  const offset = valueOf(ip, "fragmentOffset");
  const more = valueOf(ip, "moreFragments") === 1;
  if (offset === 0 && !more) return text;
  const end = offset + data + (top === ip ? 0 : top.length);
  const range = end === offset ? `no bytes at ${offset}` : `bytes ${offset}–${end - 1}`;
  const place = more ? `${range}, more follow` : `${range} of ${end}, the last`;
  const begins = top === ip ? "" : ` (${text.replace(/, \d+ bytes?$/, "")})`;
  return `IPv4 fragment id ${hexNumber(valueOf(ip, "identification"), 4)}, ${place}${begins}`;
}

/** What in the IPv4 header is out of the ordinary: options, and few hops left. */
function remarks(ip: Layer): string {
  const options = text(ip, "options").split(", ").filter((option) => option !== "no operation" && option !== "end of list");
  const shown = options.join(", ");
  const hops = fieldOf(ip, "timeToLive");
  const few = hops !== undefined && hops.value < 10 && valueOf(ip, "version") === 4 ? `, ttl ${hops.text}` : "";
  return (shown === "" ? "" : `, with ${shown}`) + few;
}

/** Width of the column that holds the layers' names. */
const MARGIN = 11;

function openLayer(packet: Uint8Array, layer: Layer, columns: number, lines: number): string[] {
  const title = `${layer.quoted ? "> " : ""}${layer.name}`.padEnd(MARGIN);
  const indent = " ".repeat(MARGIN);
  const summary = wrap(SUMMARIES[layer.name](layer), columns - MARGIN);
  const problems = layer.problems.flatMap((problem) => wrap([`✘ ${problem}`], columns - MARGIN));
  const body = [...summary, ...problems, ...hexLines(packet, layer, columns - MARGIN, lines)];
  return body.map((line, index) => `${index === 0 ? title : indent}${line}`.trimEnd());
}

/** The parts of the line that opens each layer. */
const SUMMARIES: Readonly<Record<Layer["name"], (layer: Layer) => string[]>> = {
  Ethernet: (layer) => [arrow(layer), label(layer, "type", "etherType")],
  ARP: (layer) => [
    ARP_OPERATIONS[valueOf(layer, "operation")] ?? `operation ${valueOf(layer, "operation")}`,
    `sender ${text(layer, "senderMac")} ${text(layer, "senderIp")}`,
    `target ${text(layer, "targetMac")} ${text(layer, "targetIp")}`,
  ],
  IPv4: (layer) => [
    arrow(layer),
    label(layer, "ttl", "timeToLive"),
    label(layer, "protocol", "protocol"),
    label(layer, "length", "totalLength"),
    label(layer, "id", "identification"),
    valueOf(layer, "dontFragment") ? "don't fragment" : "",
    valueOf(layer, "moreFragments") ? "more fragments" : "",
    valueOf(layer, "fragmentOffset") ? label(layer, "offset", "fragmentOffset") : "",
    valueOf(layer, "typeOfService") ? label(layer, "tos", "typeOfService") : "",
    checksum(layer, "headerChecksum"),
    label(layer, "options", "options"),
  ],
  ICMP: (layer) => [
    icmpName(layer),
    `type ${valueOf(layer, "type")} code ${valueOf(layer, "code")}`,
    label(layer, "id", "identifier"),
    label(layer, "seq", "sequence"),
    valueOf(layer, "nextHopMtu") ? label(layer, "mtu", "nextHopMtu") : "",
    label(layer, "gateway", "gateway"),
    label(layer, "pointer", "pointer"),
    checksum(layer, "checksum"),
  ],
  UDP: (
    layer,
  ) => [`${text(layer, "sourcePort")} → ${text(layer, "destinationPort")}`, label(layer, "length", "length"), checksum(layer, "checksum")],
  TCP: (layer) => [
    `${text(layer, "sourcePort")} → ${text(layer, "destinationPort")}`,
    text(layer, "flags"),
    label(layer, "seq", "seq"),
    valueOf(layer, "flags") & 0x10 ? label(layer, "ack", "ack") : "",
    label(layer, "win", "window"),
    checksum(layer, "checksum"),
    label(layer, "options", "options"),
  ],
  data: (layer) => [count(layer.length)],
  padding: (layer) => [count(layer.length)],
  FCS: (layer) => [checksum(layer, "fcs")],
};

function arrow(layer: Layer): string {
  return `${text(layer, "source")} → ${text(layer, "destination")}`;
}

function label(layer: Layer, name: string, field: string): string {
  const found = fieldOf(layer, field);
  return found === undefined ? "" : `${name} ${found.text}`;
}

function checksum(layer: Layer, name: string): string {
  const field: Field | undefined = fieldOf(layer, name);
  if (field === undefined) return "";
  if (layer.name === "UDP" && field.value === 0) return "no checksum";
  // A wrong one has a line of its own, among the problems.
  if (field.ok === false) return "";
  return `${name === "fcs" ? "" : "checksum "}${field.text} ${field.ok ? "ok" : "not checked"}`;
}

/** Rows of 16 bytes (8 where the line is short), each behind its offset in the packet. */
function hexLines(packet: Uint8Array, layer: Layer, columns: number, lines: number): string[] {
  const perLine = columns >= 54 ? 16 : 8;
  const rows: string[] = [];
  const shown = Math.min(layer.length, lines * perLine);
  for (let from = 0; from < shown; from += perLine) {
    const at = layer.offset + from;
    const bytes = [...packet.subarray(at, layer.offset + Math.min(shown, from + perLine))].map((byte) =>
      byte.toString(16).padStart(2, "0")
    );
    rows.push(`${at.toString(16).padStart(4, "0")}  ${bytes.slice(0, 8).join(" ")}  ${bytes.slice(8).join(" ")}`);
  }
  if (shown < layer.length) rows.push(`      … ${count(layer.length - shown)} more`);
  return rows;
}

/** Joins parts by two spaces, and begins a new line where the next part does not fit; a part that is longer than a line is broken at spaces. */
function wrap(parts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = "";
  const add = (word: string, gap: string): void => {
    if (line !== "" && line.length + gap.length + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : line + gap + word;
  };
  for (const part of parts) {
    if (part.trim() === "") continue;
    if (part.length <= width) add(part, "  ");
    else part.split(" ").forEach((word, index) => add(word, index === 0 ? "  " : " "));
  }
  return line === "" ? lines : [...lines, line];
}

function text(layer: Layer, name: string): string {
  return fieldOf(layer, name)?.text ?? "";
}

function count(bytes: number): string {
  return bytes === 1 ? "1 byte" : `${bytes} bytes`;
}
