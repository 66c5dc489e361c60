/**
 * TCP segments as checks see them: read from the wire by our own reader, compared field by field, shown in one line.
 * Numbers are *relative*: 0 is a side's SYN, 1 its first byte.
 */
import { formatIpv4Address, type Ipv4Address } from "../../stack/wire/ipv4_address.ts";
import { CheckFailed } from "./failure.ts";
import type { Mismatch, RightField } from "./matchers.ts";

/** What a segment from the stack must be. What is not named does not matter. */
export interface SegmentMatcher {
  /** One combination, or several legal ones: "SYN ACK", ["ACK", "FIN ACK"]. PSH never matters unless it is named. */
  readonly flags?: string | readonly string[];
  readonly seq?: number | readonly number[];
  readonly ack?: number | readonly number[];
  /** The field as it stands in the header. */
  readonly window?: number | { readonly from: number; readonly to: number };
  readonly data?: Uint8Array;
  readonly dataLength?: number;
  /** The MSS option: its value, or false for "there must be none". */
  readonly mss?: number | false;
  readonly windowScale?: number | false | "any";
  readonly sackPermitted?: boolean;
  readonly timestamps?: boolean;
  readonly tsEcr?: number;
  /** SACK blocks, relative to the peer's SYN; an empty list: none. */
  readonly sack?: readonly (readonly [number, number])[];
  readonly urgentPointer?: number;
}

/** A segment of the stack's, as the peer sees it. (In a list of both sides' segments: "the stack's" means its sender's, "the peer's" its receiver's.) */
export interface SeenSegment {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Relative to the stack's SYN. */
  readonly seq: number;
  /** Relative to the peer's SYN. */
  readonly ack: number;
  /** In the order SYN, FIN, RST, PSH, ACK, URG: "SYN ACK". */
  readonly flags: string;
  readonly window: number;
  readonly urgentPointer: number;
  readonly data: Uint8Array;
  readonly mss?: number;
  readonly windowScale?: number;
  readonly sackPermitted: boolean;
  readonly timestamps?: readonly [number, number];
  readonly sack: readonly (readonly [number, number])[];
  /** SEG.LEN. */
  readonly length: number;
  /** In a segment with relative numbers: what the header says. */
  readonly header?: { readonly seq: number; readonly ack: number };
}

const FLAG_NAMES = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"] as const;
const FLAG_ORDER = ["SYN", "FIN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];

/** The TCP segment in a frame or packet, with absolute numbers. */
export function readSegment(frame: Uint8Array, isEthernet: boolean): SeenSegment {
  const ip = frame.subarray(isEthernet ? 14 : 0);
  const header = ((ip[0] as number) & 15) * 4;
  const offset = ((ip[header + 12] ?? 0) >> 4) * 4;
  if (offset < 20 || ip.length < header + offset) {
    throw new CheckFailed("a TCP header that is whole", `a data offset of ${offset} bytes in ${Math.max(0, ip.length - header)}`, {
      symbol: "writeSegment",
    });
  }
  const total = (ip[2] as number) * 256 + (ip[3] as number);
  const addresses = new DataView(ip.buffer, ip.byteOffset, ip.byteLength);
  const bytes = ip.subarray(header, total);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bits = view.getUint8(13);
  const names = FLAG_NAMES.filter((_, bit) => (bits >> bit & 1) === 1);
  const data = bytes.slice(offset);
  return {
    source: formatIpv4Address(addresses.getUint32(12) as Ipv4Address),
    destination: formatIpv4Address(addresses.getUint32(16) as Ipv4Address),
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    seq: view.getUint32(4),
    ack: (bits & 16) === 0 ? 0 : view.getUint32(8),
    flags: FLAG_ORDER.filter((name) => (names as string[]).includes(name)).join(" "),
    window: view.getUint16(14),
    urgentPointer: view.getUint16(18),
    data,
    length: data.length + (bits & 1) + (bits >> 1 & 1),
    ...readOptions(view, offset),
  };
}

/** The same segment with numbers that count from its sender's SYN, and from its receiver's. */
export function relativeTo(segment: SeenSegment, sender: number, receiver: number): SeenSegment {
  return {
    ...segment,
    seq: relative(segment.seq, sender),
    ack: segment.flags.includes("ACK") ? relative(segment.ack, receiver) : 0,
    sack: segment.sack.map(([from, to]) => [relative(from, receiver), relative(to, receiver)] as const),
    header: { seq: segment.seq, ack: segment.ack },
  };
}

/** No check's stream goes further from its SYN than this. */
const FAR = 0x100_0000;

/** A relative number, "7"; but "0 (absolute)" where that would be nonsense: the number lies nowhere in the stream, or was never set. */
export function placeText(relative: number, absolute: number | undefined): string {
  const isNonsense = Math.abs(relative) > FAR || absolute === 0 && relative !== 0;
  return absolute !== undefined && isNonsense ? `${absolute} (absolute)` : `${relative}`;
}

function relative(absolute: number, origin: number): number {
  return absolute - origin | 0;
}

function readOptions(
  view: DataView,
  end: number,
): Pick<SeenSegment, "mss" | "windowScale" | "sackPermitted" | "timestamps" | "sack"> {
  const found: { mss?: number; windowScale?: number; sackPermitted: boolean; timestamps?: [number, number]; sack: [number, number][] } = {
    sackPermitted: false,
    sack: [],
  };
  for (let at = 20; at < end;) {
    const kind = view.getUint8(at);
    if (kind === 0) break;
    if (kind === 1) {
      at++;
      continue;
    }
    const length = at + 1 < end ? view.getUint8(at + 1) : 0;
    if (length < 2 || at + length > end) {
      throw new CheckFailed("TCP options that can be read", `a length of ${length} in option ${kind}`, { symbol: "writeSegment" });
    }
    if (kind === 2) found.mss = view.getUint16(at + 2);
    if (kind === 3) found.windowScale = view.getUint8(at + 2);
    if (kind === 4) found.sackPermitted = true;
    if (kind === 8) found.timestamps = [view.getUint32(at + 2), view.getUint32(at + 6)];
    for (let block = at + 2; kind === 5 && block + 8 <= at + length; block += 8) {
      found.sack.push([view.getUint32(block), view.getUint32(block + 4)]);
    }
    at += length;
  }
  return found;
}

/** Every field that is not as it was wanted. */
export function compare(seen: SeenSegment, wanted: SegmentMatcher, right: RightField[] = []): Mismatch[] {
  const found: Mismatch[] = [];
  const check = (field: string, fits: boolean, expected: unknown, got: unknown): void => {
    if (fits) right.push({ field: `TCP ${field}`, value: `${got}` });
    else found.push({ field: `TCP ${field}`, expected: `${expected}`, got: `${got}` });
  };
  const oneOf = <T>(value: T, legal: T | readonly T[]): boolean => Array.isArray(legal) ? legal.includes(value) : value === legal;
  const list = (legal: unknown): string => Array.isArray(legal) ? legal.join(" or ") : `${legal}`;
  if (wanted.flags !== undefined) {
    const legal = (typeof wanted.flags === "string" ? [wanted.flags] : wanted.flags).map(sorted);
    const got = legal.some((each) => each.includes("PSH")) ? seen.flags : sorted(seen.flags.replace("PSH", ""));
    check("flags", legal.includes(got), legal.join(" or "), seen.flags);
  }
  if (wanted.seq !== undefined) {
    check("seq (relative)", oneOf(seen.seq, wanted.seq), list(wanted.seq), placeText(seen.seq, seen.header?.seq));
  }
  if (wanted.ack !== undefined) {
    check("ack (relative)", oneOf(seen.ack, wanted.ack), list(wanted.ack), placeText(seen.ack, seen.header?.ack));
  }
  if (typeof wanted.window === "number") check("window", seen.window === wanted.window, wanted.window, seen.window);
  else if (wanted.window !== undefined) {
    const { from, to } = wanted.window;
    check("window", seen.window >= from && seen.window <= to, `${from} to ${to}`, seen.window);
  }
  if (wanted.mss !== undefined) {
    check("MSS option", (seen.mss ?? false) === wanted.mss, wanted.mss === false ? "none" : wanted.mss, seen.mss ?? "none");
  }
  if (wanted.windowScale === "any") check("window scale option", seen.windowScale !== undefined, "one", "none");
  else if (wanted.windowScale !== undefined) {
    check(
      "window scale option",
      (seen.windowScale ?? false) === wanted.windowScale,
      wanted.windowScale === false ? "none" : wanted.windowScale,
      seen.windowScale ?? "none",
    );
  }
  if (wanted.sackPermitted !== undefined) {
    check("SACK-permitted option", seen.sackPermitted === wanted.sackPermitted, wanted.sackPermitted, seen.sackPermitted);
  }
  if (wanted.timestamps !== undefined) {
    check("timestamps option", (seen.timestamps !== undefined) === wanted.timestamps, wanted.timestamps, seen.timestamps !== undefined);
  }
  if (wanted.tsEcr !== undefined) check("TSecr", seen.timestamps?.[1] === wanted.tsEcr, wanted.tsEcr, seen.timestamps?.[1] ?? "none");
  if (wanted.sack !== undefined) {
    check(
      "SACK blocks (relative)",
      JSON.stringify(seen.sack) === JSON.stringify(wanted.sack),
      blocksText(wanted.sack),
      blocksText(seen.sack),
    );
  }
  if (wanted.urgentPointer !== undefined) {
    check("urgent pointer", seen.urgentPointer === wanted.urgentPointer, wanted.urgentPointer, seen.urgentPointer);
  }
  const length = wanted.dataLength ?? wanted.data?.length;
  if (length !== undefined) check("length of the text", seen.data.length === length, length, seen.data.length);
  if (wanted.data !== undefined && seen.data.length === wanted.data.length) {
    const wrong = wanted.data.findIndex((byte, index) => byte !== seen.data[index]);
    if (wrong >= 0) check(`text byte ${wrong}`, false, wanted.data[wrong], seen.data[wrong]);
  }
  return found;
}

/** "2001–2201 1001–1357", as a ladder has it. */
function blocksText(blocks: SeenSegment["sack"]): string {
  return blocks.map(([from, to]) => `${from}–${to}`).join(" ") || "none";
}

function sorted(flags: string): string {
  const names = flags.split(/\s+/).filter((name) => name !== "");
  return FLAG_ORDER.filter((name) => names.includes(name)).join(" ");
}

/** "SYN ACK seq 0 ack 1, 5 bytes", in relative numbers. */
export function textOf(seen: SeenSegment): string {
  const ack = seen.flags.includes("ACK") ? ` ack ${placeText(seen.ack, seen.header?.ack)}` : "";
  const text = seen.data.length === 0 ? "" : `, ${seen.data.length} ${seen.data.length === 1 ? "byte" : "bytes"}`;
  const sack = seen.sack.length === 0 ? "" : ` sack ${blocksText(seen.sack)}`;
  return `${seen.flags} seq ${placeText(seen.seq, seen.header?.seq)}${ack} window ${seen.window}${sack}${text} (relative numbers)`;
}
