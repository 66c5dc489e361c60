/**
 * A scripted TCP peer. It has no TCP of its own: it sends what the check says and compares what comes back, in
 * relative sequence numbers. What is not said has a default: `seq` is where the peer's stream goes on, `ack` acknowledges all
 * that was seen of the stack's.
 */
import { CheckFailed } from "./failure.ts";
import type { Mismatch } from "./matchers.ts";
import { ethernet, ipv4, tcp as buildTcp } from "./packets.ts";
import type { VirtualStation } from "./virtual_station.ts";

/** Who the peer is. */
export interface PeerOptions {
  /** The stack's port: default 80. */
  readonly port?: number;
  readonly peerPort?: number;
  /** The peer's initial sequence number. Default: just below 2³². */
  readonly iss?: number;
  /** The peer's address; default 10.44.0.1. */
  readonly address?: string;
  /** For `inState`: the stack connects instead of being connected to. */
  readonly active?: boolean;
  /** For `inState`: what the peer's SYN says. Defaults: MSS 1460, window 65535, no other option. */
  readonly mss?: number;
  readonly window?: number;
  readonly windowScale?: number;
  readonly sackPermitted?: boolean;
  readonly timestamps?: readonly [number, number];
}

/** A segment from the peer. Numbers are relative: `seq` and `sack`… see each. */
export interface PeerSegment {
  /** "SYN", "SYN ACK", "ACK", "FIN ACK", "RST", "ACK PSH", … */
  readonly flags: string;
  /** Relative to the peer's SYN, which is 0. */
  readonly seq?: number;
  /** Relative to the stack's SYN. */
  readonly ack?: number;
  /** The field as it stands in the header; default 65535. */
  readonly window?: number;
  readonly urgentPointer?: number;
  readonly data?: Uint8Array;
  readonly mss?: number;
  readonly windowScale?: number;
  readonly sackPermitted?: boolean;
  readonly timestamps?: readonly [number, number];
  /** Blocks of the stack's stream that the peer has: [from, to), relative to the stack's SYN. */
  readonly sack?: readonly (readonly [number, number])[];
  /** Option bytes as they are, instead of the above. */
  readonly options?: Uint8Array;
  readonly checksum?: number;
  readonly dataOffset?: number;
}

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

/** A segment of the stack's, as the peer sees it. */
export interface SeenSegment {
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
}

const FLAG_NAMES = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"] as const;
const FLAG_ORDER = ["SYN", "FIN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];

export class TcpPeer {
  readonly port: number;
  readonly address: string;
  /** The peer's port; that of the stack's SYN, once the stack has connected. */
  peerPort: number;
  readonly #station: VirtualStation;
  readonly #iss: number;
  #stackPort: number;
  #stackIss: number | undefined;
  /** Relative: where each side's stream goes on. */
  #next = 0;
  #stackNext = 0;

  constructor(station: VirtualStation, options: PeerOptions & { readonly peerPort: number; readonly iss: number }) {
    this.#station = station;
    this.port = options.port ?? 80;
    this.#stackPort = this.port;
    this.peerPort = options.peerPort;
    this.address = options.address ?? "10.44.0.1";
    this.#iss = options.iss >>> 0;
  }

  /** Relative: the next number of the peer's stream, and of the stack's as far as it was seen. */
  get next(): number {
    return this.#next;
  }

  get stackNext(): number {
    return this.#stackNext;
  }

  /** Sends a segment. */
  async send(segment: PeerSegment, note = ""): Promise<void> {
    const { flags, data = new Uint8Array() } = segment;
    const from = segment.seq ?? this.#next; // relative, so it may be compared
    const ack = segment.ack ?? this.#stackNext;
    const { mss, windowScale, sackPermitted, timestamps } = segment;
    const options = segment.options ?? {
      ...(mss === undefined ? {} : { mss }),
      ...(windowScale === undefined ? {} : { windowScale }),
      ...(sackPermitted ? { sackPermitted } : {}),
      ...(timestamps === undefined ? {} : { timestamps }),
      ...(segment.sack === undefined
        ? {}
        : { sack: segment.sack.map(([from, to]) => [this.#absolute(from), this.#absolute(to)] as const) }),
    };
    const bytes = buildTcp({
      sourcePort: this.peerPort,
      destinationPort: this.#stackPort,
      source: this.address,
      seq: (this.#iss + from) >>> 0,
      ack: flags.includes("ACK") ? this.#absolute(ack) : 0,
      flags,
      window: segment.window ?? 0xffff,
      urgentPointer: segment.urgentPointer ?? 0,
      options: options as never,
      ...(segment.checksum === undefined ? {} : { checksum: segment.checksum }),
      ...(segment.dataOffset === undefined ? {} : { dataOffset: segment.dataOffset }),
    }, data);
    const length = data.length + (flags.includes("SYN") ? 1 : 0) + (flags.includes("FIN") ? 1 : 0);
    if (!flags.includes("RST")) this.#next = Math.max(this.#next, from + length);
    const packet = ipv4({ source: this.address, protocol: 6, identification: 1, dontFragment: true }, bytes);
    const said = note === "" ? `relative: seq ${from}${flags.includes("ACK") ? ` ack ${ack}` : ""}` : note;
    await this.#station.send(this.#station.isEthernet ? ethernet({}, packet) : packet, said);
  }

  /** The next packet from the stack must be this segment. */
  async expect(matcher: SegmentMatcher, why: string, within = 0): Promise<SeenSegment> {
    const frame = await this.#station.expect({ ipv4: { protocol: 6 } }, why, within);
    const seen = this.#read(frame);
    const mismatches = compare(seen, matcher);
    if (seen.destinationPort !== this.peerPort) {
      mismatches.unshift({ field: "TCP destinationPort", expected: `${this.peerPort}`, got: `${seen.destinationPort}` });
    }
    if (mismatches.length > 0) throw new CheckFailed(why, textOf(seen), { mismatches });
    return seen;
  }

  /** The next packet from the stack, whatever it is; undefined when none comes. */
  async seen(within = 0): Promise<SeenSegment | undefined> {
    const [frame, ...rest] = this.#station.take();
    if (frame === undefined) {
      if (within <= 0) return undefined;
      await this.#station.wait(within);
      return await this.seen(0);
    }
    this.#station.putBack(rest);
    return this.#read(frame);
  }

  async expectSilence(milliseconds: number, why: string): Promise<void> {
    await this.#station.expectSilence(milliseconds, why);
  }

  /** The peer answers a connection that the stack opened: from now on it is that SYN's destination. */
  learn(seen: SeenSegment): void {
    this.#stackPort = seen.sourcePort;
    this.peerPort = seen.destinationPort;
  }

  #absolute(relative: number): number {
    return ((this.#stackIss ?? 0) + relative) >>> 0;
  }

  #read(frame: Uint8Array): SeenSegment {
    const ip = frame.subarray(this.#station.isEthernet ? 14 : 0);
    const total = (ip[2] as number) * 256 + (ip[3] as number);
    const bytes = ip.subarray(((ip[0] as number) & 15) * 4, total);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const bits = view.getUint8(13);
    const names = FLAG_NAMES.filter((_, bit) => (bits >> bit & 1) === 1);
    const flags = FLAG_ORDER.filter((name) => (names as string[]).includes(name)).join(" ");
    const header = (view.getUint8(12) >> 4) * 4;
    const data = bytes.slice(header);
    const length = data.length + (bits & 1) + (bits >> 1 & 1);
    const absolute = view.getUint32(0 + 4);
    if ((bits & 2) !== 0) this.#stackIss ??= absolute;
    const from = relative(absolute, this.#stackIss ?? 0);
    if ((bits & 4) === 0) this.#stackNext = Math.max(this.#stackNext, from + length);
    return {
      sourcePort: view.getUint16(0),
      destinationPort: view.getUint16(2),
      seq: from,
      ack: (bits & 16) === 0 ? 0 : relative(view.getUint32(8), this.#iss),
      flags,
      window: view.getUint16(14),
      urgentPointer: view.getUint16(18),
      data,
      length,
      ...readOptions(view, header, this.#iss),
    };
  }
}

function relative(absolute: number, origin: number): number {
  return absolute - origin | 0;
}

function readOptions(
  view: DataView,
  end: number,
  iss: number,
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
      found.sack.push([relative(view.getUint32(block), iss), relative(view.getUint32(block + 4), iss)]);
    }
    at += length;
  }
  return found;
}

function compare(seen: SeenSegment, wanted: SegmentMatcher): Mismatch[] {
  const found: Mismatch[] = [];
  const check = (field: string, fits: boolean, expected: unknown, got: unknown): void => {
    if (!fits) found.push({ field: `TCP ${field}`, expected: `${expected}`, got: `${got}` });
  };
  const oneOf = <T>(value: T, legal: T | readonly T[]): boolean => Array.isArray(legal) ? legal.includes(value) : value === legal;
  const list = (legal: unknown): string => Array.isArray(legal) ? legal.join(" or ") : `${legal}`;
  if (wanted.flags !== undefined) {
    const legal = (typeof wanted.flags === "string" ? [wanted.flags] : wanted.flags).map(sorted);
    const got = legal.some((each) => each.includes("PSH")) ? seen.flags : sorted(seen.flags.replace("PSH", ""));
    check("flags", legal.includes(got), legal.join(" or "), seen.flags);
  }
  if (wanted.seq !== undefined) check("seq (relative)", oneOf(seen.seq, wanted.seq), list(wanted.seq), seen.seq);
  if (wanted.ack !== undefined) check("ack (relative)", oneOf(seen.ack, wanted.ack), list(wanted.ack), seen.ack);
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
      JSON.stringify(wanted.sack),
      JSON.stringify(seen.sack),
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

function sorted(flags: string): string {
  const names = flags.split(/\s+/).filter((name) => name !== "");
  return FLAG_ORDER.filter((name) => names.includes(name)).join(" ");
}

/** "SYN ACK seq 0 ack 1, 5 bytes", in relative numbers. */
function textOf(seen: SeenSegment): string {
  const ack = seen.flags.includes("ACK") ? ` ack ${seen.ack}` : "";
  const text = seen.data.length === 0 ? "" : `, ${seen.data.length} ${seen.data.length === 1 ? "byte" : "bytes"}`;
  return `${seen.flags} seq ${seen.seq}${ack} window ${seen.window}${text} (relative numbers)`;
}
