/**
 * A scripted TCP peer. It has no TCP of its own: it sends what the check says and compares what comes back, in
 * relative sequence numbers. What is not said has a default: `seq` is where the peer's stream goes on, `ack` acknowledges all
 * that was seen of the stack's.
 */
import { CheckFailed } from "./failure.ts";
import type { RightField } from "./matchers.ts";
import { ethernet, ipv4, tcp as buildTcp } from "./packets.ts";
import { compare, readSegment, relativeTo, type SeenSegment, type SegmentMatcher, textOf } from "./tcp_segment.ts";
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

export type { SeenSegment, SegmentMatcher } from "./tcp_segment.ts";

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

  /** The stack's port of the connection; `port` is what it was meant to be. */
  get stackPort(): number {
    return this.#stackPort;
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
    const frame = this.#station.isEthernet ? ethernet({}, packet) : packet;
    this.#station.declareStream(frame, this.#iss);
    await this.#station.send(frame, note);
  }

  /** The next packet from the stack must be this segment. `instead`: the function to look at when a segment with these flags comes instead. */
  async expect(
    matcher: SegmentMatcher,
    why: string,
    within = 0,
    instead: Readonly<Record<string, string>> = {},
  ): Promise<SeenSegment> {
    const frame = await this.#station.expect({ ipv4: { protocol: 6 } }, why, within);
    const seen = this.#read(frame);
    const right: RightField[] = [];
    const mismatches = compare(seen, matcher, right);
    if (seen.destinationPort !== this.peerPort) {
      mismatches.unshift({ field: "TCP destinationPort", expected: `${this.peerPort}`, got: `${seen.destinationPort}` });
    }
    const symbol = instead[seen.flags];
    if (mismatches.length > 0) throw new CheckFailed(why, textOf(seen), { mismatches, right, ...(symbol === undefined ? {} : { symbol }) });
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
    const raw = readSegment(frame, this.#station.isEthernet);
    if (raw.flags.includes("SYN")) this.#stackIss ??= raw.seq;
    const seen = relativeTo(raw, this.#stackIss ?? 0, this.#iss);
    const end = seen.seq + seen.length;
    if (!seen.flags.includes("RST")) this.#stackNext = Math.max(this.#stackNext, end);
    return seen;
  }
}
