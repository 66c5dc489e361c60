/**
 * Takes a packet apart for people and for matchers: every layer with its fields, where each lies,
 * and what is wrong with it.
 *
 * This is *not* the packet path: it allocates as it likes and reads bit by bit, driven by the tables
 * in `fields.ts`. It never throws, whatever the bytes: what is missing or contradicts itself becomes
 * a `problem` of its layer, and what cannot be read further becomes a layer of plain data.
 *
 * Checksums are verified where all the bytes they cover are here: not in a fragment. What an ICMP
 * error quotes (RFC 1122 §3.2.2) is somebody else's: of it, only the IPv4 header is verified.
 */
import { frameCheckSequence, isRightSum, missingWord, sumWords } from "./arithmetic.ts";
import {
  ARP,
  ARP_ADDRESSES,
  ETHERNET,
  FCS,
  type FieldRow,
  hexNumber,
  ICMP,
  ICMP_CODES,
  ICMP_REST,
  IPV4,
  IPV4_OPTIONS,
  type OptionRow,
  type Options,
  TCP,
  TCP_OPTIONS,
  UDP,
  UNKNOWN_OPTION,
} from "./fields.ts";

/** What a layer may be. */
export type LayerName = "Ethernet" | "ARP" | "IPv4" | "ICMP" | "UDP" | "TCP" | "data" | "FCS" | "padding";

/** One field of a header. */
export interface Field {
  /** The contract's name for it, as in "timeToLive". */
  readonly name: string;
  /** The value as a number; lengths and offsets are in bytes. For options: how many bytes they are. */
  readonly value: number;
  /** The value as people read it. */
  readonly text: string;
  /** Where it lies: offset in the packet of the first byte that it touches, and how many bytes it touches. */
  readonly offset: number;
  readonly length: number;
  /** Its width, when it is not whole bytes. */
  readonly bits?: number;
  /** For checksums that can be verified: whether it is right. */
  readonly ok?: boolean;
  /** For checksums that can be verified: what belongs here. */
  readonly expected?: number;
}

/** One layer of a packet: a header, or bytes that have none. */
export interface Layer {
  readonly name: LayerName;
  /** Offset in the packet. */
  readonly offset: number;
  /** Bytes of this header with its options, without what it carries. */
  readonly length: number;
  readonly fields: readonly Field[];
  /** What is wrong, each in a few words: "checksum 0x3af1, should be 0x3aa8". */
  readonly problems: readonly string[];
  /** It belongs to the packet that an ICMP error quotes. */
  readonly quoted: boolean;
}

/** A layer while it is read, and where it may look: from `offset` up to `end`. */
interface Open extends Layer {
  readonly fields: Field[];
  readonly problems: string[];
  length: number;
}

/** All that the steps share: the packet's bytes, and the layers found so far. */
interface Walk {
  readonly bytes: Uint8Array;
  readonly layers: Layer[];
  readonly quoted: boolean;
}

/** What the layer above IPv4 needs of it. */
interface Carrier {
  /** Sum of the addresses and the protocol number: most of a pseudo-header (RFC 768, RFC 9293 §3.1). */
  readonly pseudoSum: number;
  /** The whole payload is here, and it is the sender's own: lengths and checksums must be right. */
  readonly complete: boolean;
}

/** The layers of a packet, outermost first. `fcs`: an Ethernet frame that ends in its frame check sequence. */
export function dissect(packet: Uint8Array, medium: "ethernet" | "ip", options: { readonly fcs?: boolean } = {}): Layer[] {
  const walk: Walk = { bytes: packet, layers: [], quoted: false };
  if (medium === "ip") {
    ipv4(walk, 0, packet.length);
  } else if (options.fcs !== true) {
    ethernet(walk, 0, packet.length);
  } else {
    const end = Math.max(0, packet.length - 4);
    ethernet(walk, 0, end);
    frameCheck(walk, end);
  }
  return walk.layers;
}

/** The field of that name, or undefined. */
export function fieldOf(layer: Layer, name: string): Field | undefined {
  return layer.fields.find((field) => field.name === name);
}

/** The value of the field of that name; 0 when the layer ends before it. */
export function valueOf(layer: Layer, name: string): number {
  return fieldOf(layer, name)?.value ?? 0;
}

function ethernet(walk: Walk, at: number, end: number): void {
  const layer = open(walk, "Ethernet", at, end, 14, ETHERNET);
  if (layer.length < 14) return;
  if ((walk.bytes[at + 6] as number) & 1) layer.problems.push("the source is a group address");
  const etherType = valueOf(layer, "etherType");
  if (etherType === 0x0800) ipv4(walk, at + 14, end);
  else if (etherType === 0x0806) arp(walk, at + 14, end);
  else rest(walk, "data", at + 14, end);
}

function frameCheck(walk: Walk, at: number): void {
  const layer = open(walk, "FCS", at, walk.bytes.length, 4, []);
  if (layer.length < 4) return;
  const value = [3, 2, 1, 0].reduce((sum, byte) => sum * 256 + (walk.bytes[at + byte] as number), 0);
  const expected = frameCheckSequence(walk.bytes, at);
  const [name, , , format] = FCS[0] as FieldRow;
  layer.fields.push({ name, value, text: format(value), offset: at, length: 4, ok: value === expected, expected });
  if (value !== expected) layer.problems.push(`FCS ${format(value)}, should be ${format(expected)}`);
}

function arp(walk: Walk, at: number, end: number): void {
  const layer = open(walk, "ARP", at, end, 28, ARP);
  const wanted: [string, number][] = [["hardwareType", 1], ["protocolType", 0x0800], ["hardwareLength", 6], ["protocolLength", 4]];
  for (const [name, value] of wanted) expectValue(layer, name, value);
  const lengths = valueOf(layer, "hardwareLength") === 6 && valueOf(layer, "protocolLength") === 4;
  if (lengths || layer.length < 8) read(walk, layer, ARP_ADDRESSES);
  else layer.length = 8;
  const operation = valueOf(layer, "operation");
  if (layer.length >= 8 && operation !== 1 && operation !== 2) {
    layer.problems.push(`operation ${operation}, neither request (1) nor reply (2)`);
  }
  rest(walk, lengths ? "padding" : "data", at + layer.length, end);
}

function ipv4(walk: Walk, at: number, end: number): void {
  const layer = open(walk, "IPv4", at, end, 20, IPV4);
  if (layer.length < 20) return;
  expectValue(layer, "version", 4);
  const claimed = valueOf(layer, "headerLength");
  if (claimed < 20) layer.problems.push(`header length ${claimed}, should be at least 20`);
  else extend(walk, layer, claimed, end, IPV4_OPTIONS);
  if (claimed >= 20 && layer.length === claimed) verify(walk, layer, "headerChecksum", at, at + claimed, 0);
  const total = valueOf(layer, "totalLength");
  const here = end - at;
  if (total < claimed) layer.problems.push(`total length ${total} is below the header's ${claimed}`);
  else if (total > here && !walk.quoted) layer.problems.push(`total length ${total}, but ${here} bytes are here`);
  const payloadEnd = total < layer.length || total > here ? end : at + total;
  const offset = valueOf(layer, "fragmentOffset");
  const more = valueOf(layer, "moreFragments") === 1;
  const size = payloadEnd - at - layer.length;
  if (offset + size > 0xffff) layer.problems.push(`fragment ends at byte ${offset + size}, beyond 65535`);
  if (more && size % 8 !== 0 && !walk.quoted) layer.problems.push(`fragment of ${size} bytes, no multiple of 8, but more follow`);
  const protocol = valueOf(layer, "version") === 4 && offset === 0 ? valueOf(layer, "protocol") : -1;
  const complete = !more && total <= here && !walk.quoted;
  const carrier = { pseudoSum: sumWords(walk.bytes, at + 12, at + 20) + protocol, complete };
  if (protocol === 1) icmp(walk, at + layer.length, payloadEnd, carrier);
  else if (protocol === 6) tcp(walk, at + layer.length, payloadEnd, carrier);
  else if (protocol === 17) udp(walk, at + layer.length, payloadEnd, carrier);
  else rest(walk, "data", at + layer.length, payloadEnd);
  rest(walk, "padding", payloadEnd, end);
}

function icmp(walk: Walk, at: number, end: number, carrier: Carrier): void {
  const layer = open(walk, "ICMP", at, end, 8, ICMP);
  if (layer.length < 8) return;
  const type = valueOf(layer, "type");
  read(walk, layer, ICMP_REST[type] ?? []);
  nameCode(layer, type);
  if (carrier.complete) verify(walk, layer, "checksum", at, end, 0);
  const isError = [3, 4, 5, 11, 12].includes(type);
  // One level is enough: an error about an error is not allowed, and bytes that claim a thousand levels must not be followed.
  if (isError && !walk.quoted) ipv4({ ...walk, quoted: true }, at + 8, end);
  else rest(walk, "data", at + 8, end);
}

/** Puts the code's name, which depends on the type, into its text. */
function nameCode(layer: Open, type: number): void {
  const index = layer.fields.findIndex((field) => field.name === "code");
  const code = layer.fields[index] as Field;
  const name = ICMP_CODES[type]?.[code.value];
  if (name !== undefined) layer.fields[index] = { ...code, text: `${code.value} ${name}` };
}

function udp(walk: Walk, at: number, end: number, carrier: Carrier): void {
  const layer = open(walk, "UDP", at, end, 8, UDP);
  if (layer.length < 8) return;
  const length = valueOf(layer, "length");
  const here = end - at;
  if (length < 8) layer.problems.push(`length ${length}, should be at least 8`);
  else if (length > here && carrier.complete) layer.problems.push(`length ${length}, but ${here} bytes are here`);
  const fits = length >= 8 && length <= here;
  const dataEnd = fits ? at + length : end;
  // A checksum of zero says that there is none (RFC 768).
  if (fits && carrier.complete && valueOf(layer, "checksum") !== 0) {
    verify(walk, layer, "checksum", at, dataEnd, carrier.pseudoSum + length, 0xffff);
  }
  rest(walk, "data", at + 8, dataEnd);
  rest(walk, "padding", dataEnd, end);
}

function tcp(walk: Walk, at: number, end: number, carrier: Carrier): void {
  const layer = open(walk, "TCP", at, end, 20, TCP);
  if (layer.length < 20) return;
  const claimed = valueOf(layer, "dataOffset");
  if (claimed < 20) layer.problems.push(`data offset ${claimed}, should be at least 20`);
  else extend(walk, layer, claimed, end, TCP_OPTIONS);
  if (carrier.complete) verify(walk, layer, "checksum", at, end, carrier.pseudoSum + end - at);
  rest(walk, "data", at + layer.length, end);
}

/** Begins a layer that has `size` bytes when nothing is missing, and reads the fields of `rows`. */
function open(walk: Walk, name: LayerName, at: number, end: number, size: number, rows: readonly FieldRow[]): Open {
  const length = Math.max(0, Math.min(size, end - at));
  const layer: Open = { name, offset: at, length, fields: [], problems: [], quoted: walk.quoted };
  // A quote may end behind the first 8 bytes of what IP carried (RFC 792).
  if (length < size && !(walk.quoted && length >= 8)) layer.problems.push(`cut off after ${length} of ${size} bytes`);
  walk.layers.push(layer);
  read(walk, layer, rows);
  return layer;
}

/** Reads those fields of `rows` that lie inside the layer. */
function read(walk: Walk, layer: Open, rows: readonly FieldRow[]): void {
  for (const [name, bit, bits, format, scale = 1] of rows) {
    if (bit + bits > layer.length * 8) continue;
    const value = readBits(walk.bytes, layer.offset * 8 + bit, bits) * scale;
    const first = bit >> 3;
    const length = (bit + bits + 7 >> 3) - first;
    const field = { name, value, text: format(value), offset: layer.offset + first, length };
    layer.fields.push(bits % 8 === 0 ? field : { ...field, bits });
  }
}

/** `count` bits as an unsigned number, the first the most significant. */
function readBits(bytes: Uint8Array, from: number, count: number): number {
  let value = 0;
  for (let bit = from; bit < from + count; bit++) value = value * 2 + ((bytes[bit >> 3] as number) >> (7 - bit % 8) & 1);
  return value;
}

/** Bytes without a header of their own, when there are any. */
function rest(walk: Walk, name: "data" | "padding", at: number, end: number): void {
  if (end > at) walk.layers.push({ name, offset: at, length: end - at, fields: [], problems: [], quoted: walk.quoted });
}

/** Complains of a field that has only one legal value, in the notation that its text begins with. */
function expectValue(layer: Open, name: string, wanted: number): void {
  const field = fieldOf(layer, name);
  if (field === undefined || field.value === wanted) return;
  const print = (value: number): string => field.text.startsWith("0x") ? hexNumber(value, 4) : `${value}`;
  layer.problems.push(`${spell(name)} ${print(field.value)}, should be ${print(wanted)}`);
}

/** Grows a header to the length that it claims, and reads the options in it. */
function extend(walk: Walk, layer: Open, claimed: number, end: number, known: Options): void {
  const fixed = layer.length;
  layer.length = Math.min(claimed, end - layer.offset);
  if (layer.length < claimed && !walk.quoted) layer.problems.push(`cut off after ${layer.length} of ${claimed} bytes`);
  if (layer.length === fixed) return;
  const offset = layer.offset + fixed;
  const length = layer.length - fixed;
  const text = readOptions(walk.bytes, layer, offset, known);
  layer.fields.push({ name: "options", value: length, text, offset, length });
}

/** Options one after the other: 0 ends the list, 1 is a single byte, all others carry their length. */
function readOptions(bytes: Uint8Array, layer: Open, from: number, known: Options): string {
  const end = layer.offset + layer.length;
  const texts: string[] = [];
  for (let at = from; at < end;) {
    const kind = bytes[at] as number;
    const row = known[kind] ?? [`${UNKNOWN_OPTION[0]} ${kind}`, UNKNOWN_OPTION[1], UNKNOWN_OPTION[2]];
    const single = kind <= 1;
    const length = single ? 1 : at + 1 < end ? bytes[at + 1] as number : 0;
    if (length < (single ? 1 : 2) || at + length > end) {
      layer.problems.push(`${row[0]} at byte ${at - layer.offset} has a wrong length`);
      break;
    }
    texts.push(optionText(bytes.subarray(at, at + length), row));
    if (kind === 0) break;
    at += length;
  }
  return texts.join(", ");
}

/** "mss 1460"; of a route, the addresses in front of its pointer: "record route 1 of 9 10.44.0.2". */
function optionText(option: Uint8Array, [name, width, format, route]: OptionRow): string {
  const first = route === undefined ? 2 : 3;
  const numbers: string[] = [];
  for (let at = first; at + width <= option.length; at += width) numbers.push(format(readBits(option, at * 8, width * 8)));
  if (route === undefined) return [name, ...numbers].join(" ");
  const filled = Math.max(0, Math.min(numbers.length, Math.floor(((option[2] ?? 4) - 4) / width)));
  return [name, `${filled} of ${numbers.length}`, ...numbers.slice(0, filled)].join(" ");
}

/**
 * Marks the checksum field `name`, which makes bytes [at, end) right. `zero` is what a sender writes
 * when the sum comes to zero.
 */
function verify(walk: Walk, layer: Open, name: string, at: number, end: number, pseudoSum: number, zero = 0): void {
  const index = layer.fields.findIndex((field) => field.name === name);
  const field = layer.fields[index] as Field;
  const sum = pseudoSum + sumWords(walk.bytes, at, end);
  const expected = missingWord(sum - field.value) || zero;
  const ok = isRightSum(sum);
  layer.fields[index] = { ...field, ok, expected };
  if (!ok) layer.problems.push(`${spell(name)} ${hexNumber(field.value, 4)}, should be ${hexNumber(expected, 4)}`);
}

/** "headerChecksum" as people write it: "header checksum". */
function spell(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
