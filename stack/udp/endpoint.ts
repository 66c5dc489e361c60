/**
 * One end of UDP: a local address and port, a queue of what came, and perhaps one peer to whom it keeps. What a program's socket stands for once it is bound.
 * It is no connection: it has no state, no timer, and nobody else knows of it.
 */
import type { DatagramFailure, DatagramQueue, Received } from "../contract/datagrams.ts";
import type { Frame } from "../wire/frame.ts";
import { type Ipv4Address, UNSPECIFIED } from "../wire/ipv4_address.ts";
import type { Udp, UdpParts } from "./udp.ts";

/** The longest payload: what IP's length field allows, less both headers. */
export const LONGEST_DATAGRAM = 65_507;

/** How an endpoint is. All may change while it is open, but `reuse`. */
export interface EndpointOptions {
  /** Others may bind the same pair who set it too. */
  readonly reuse: boolean;
  /** May send to everybody. */
  readonly broadcast: boolean;
  /** Bytes that wait to be read at most, each datagram's headers included. */
  readonly receiveBuffer: number;
  readonly timeToLive: number;
  readonly typeOfService: number;
}

export const ENDPOINT_DEFAULTS: EndpointOptions = {
  reuse: false,
  broadcast: false,
  receiveBuffer: 212_992,
  timeToLive: 64,
  typeOfService: 0,
};

/** An address and port. */
export interface Peer {
  readonly address: Ipv4Address;
  readonly port: number;
}

/** What became of a datagram: it went out, or why not. That it went out says nothing of whether it arrives. */
export type SendResult = "sent" | "too long" | "no route" | "no broadcast" | "no frame free";

export class Endpoint {
  readonly localAddress: Ipv4Address;
  readonly localPort: number;
  options: EndpointOptions;
  /** Called when there is something to read, or to hear of. */
  notify: (() => void) | undefined;
  /** Datagrams that found no room. */
  lost = 0;
  readonly #udp: Udp;
  readonly #parts: UdpParts;
  readonly #queue: DatagramQueue;
  #peer: Peer | undefined;
  #failure: DatagramFailure | undefined;
  #isOpen = true;

  /** For `Udp.bind`. */
  constructor(udp: Udp, parts: UdpParts, localAddress: Ipv4Address, localPort: number, options: EndpointOptions) {
    this.#udp = udp;
    this.#parts = parts;
    this.localAddress = localAddress;
    this.localPort = localPort;
    this.options = options;
    this.#queue = parts.datagrams.createDatagramQueue(options.receiveBuffer);
  }

  /** Whom alone it hears, and whom it writes to when nobody else is named. */
  get peer(): Peer | undefined {
    return this.#peer;
  }

  /** Keeps to `peer` from now on; undefined: to nobody. Sends nothing. What waits already stays, whoever sent it. */
  connect(peer: Peer | undefined): void {
    this.#peer = peer;
    this.#failure = undefined;
    this.#udp.table.connect(this.localAddress, this.localPort, this, peer?.address ?? UNSPECIFIED, peer?.port ?? 0);
  }

  /** Sends `count` bytes that lie at `at` in `bytes`, as one datagram. */
  send(bytes: Uint8Array, at: number, count: number, to: Peer): SendResult {
    if (count > LONGEST_DATAGRAM) return "too long";
    const isForAll = this.#parts.kindOf(to.address) === "broadcast";
    if (isForAll && !this.options.broadcast) return "no broadcast";
    const source = this.localAddress === UNSPECIFIED ? this.#parts.sourceFor(to.address) : this.localAddress;
    if (source === undefined) return "no route";
    const frame = this.#parts.acquire(count);
    if (frame === undefined) return "no frame free";
    const start = frame.append(count);
    for (let i = 0; i < count; i++) frame.bytes[start + i] = bytes[at + i] as number;
    this.#parts.datagrams.writeDatagram(frame, this.localPort, to.port, source, to.address, this.#parts.checksum);
    const { timeToLive, typeOfService } = this.options;
    if (!this.#parts.send(frame, to.address, { source, timeToLive, typeOfService })) return "no route";
    this.#udp.counters.count("sent");
    return "sent";
  }

  /** Takes out the oldest datagram; see `DatagramQueue.read`. */
  read(target: Uint8Array, at: number, count: number, peek = false): Received | undefined {
    return this.#queue.read(target, at, count, peek);
  }

  /** Datagrams that wait. */
  get waiting(): number {
    return this.#queue.size();
  }

  /** Bytes of the oldest datagram. */
  get nextLength(): number {
    return this.#queue.nextLength();
  }

  /** What an ICMP error said, told once. */
  takeFailure(): DatagramFailure | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  /** Whether there is a failure that nobody was told of. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** Gives its port back. What waits is lost. Safe to call twice. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#udp.table.remove(this.localAddress, this.localPort, this);
    this.#udp.ports.release(this.localAddress, this.localPort, false);
  }

  // ── For `Udp` ──────────────────────────────────────────────────────────────────────────────────────────────

  /** A datagram for it came. */
  take(frame: Frame, at: number, length: number, address: Ipv4Address, port: number, localAddress: Ipv4Address): void {
    if (!this.#queue.push(frame, at, length, address, port, localAddress)) {
      this.lost++;
      return this.#udp.counters.count("no room");
    }
    this.#udp.counters.count("received");
    this.notify?.();
  }

  /** A datagram of it did not get there. */
  fail(failure: DatagramFailure): void {
    this.#failure = failure;
    this.notify?.();
  }
}
