/**
 * A datagram socket: the object in the stack that a program's descriptor stands for, when it was made with SOCK_DGRAM. That is a *kind* of socket, one whose
 * calls move whole messages that may get lost; for IPv4 the protocol behind it is UDP.
 *
 *     fresh ──bind, connect, or the first send──▶ bound       has an `Endpoint`: an address, a port, a queue
 *
 * It never has a connection. `connect` names the one peer whom it hears and writes to; nothing is sent for that, and it can be done again with another.
 */
import type { BindReject } from "../contract/accept.ts";
import type { DatagramFailure } from "../contract/datagrams.ts";
import { type Endpoint, ENDPOINT_DEFAULTS, type EndpointOptions, type SendResult } from "../udp/endpoint.ts";
import type { Udp } from "../udp/udp.ts";
import { ANYWHERE, formatSocketAddress, type Port, type SocketAddress } from "./address.ts";
import { type ErrorCode, SocketError } from "./errors.ts";
import { checkOption } from "./socket_options.ts";
import { asItIs, Waiter } from "./waiting.ts";

/** What can be set on a datagram socket, by the names of `setsockopt`. */
export interface DatagramSocketOptions {
  /** May bind a pair that others hold who set it too. Before `bind`. */
  SO_REUSEADDR: boolean;
  /** May send to everybody. */
  SO_BROADCAST: boolean;
  /** Bytes that wait to be read at most, headers included. Before `bind`. */
  SO_RCVBUF: number;
  IP_TTL: number;
  IP_TOS: number;
}

/** What one `recvfrom` gives. */
export interface ReceivedFrom {
  /** Bytes that were copied. */
  readonly count: number;
  /** Bytes that the datagram had: more than `count` where there was no room for the rest, which is lost (MSG_TRUNC). */
  readonly length: number;
  readonly from: SocketAddress;
}

const BIND_CODES: Readonly<Record<BindReject, ErrorCode>> = {
  "address in use": "EADDRINUSE",
  "address not available": "EADDRNOTAVAIL",
  "permission denied": "EACCES",
  "no port free": "EADDRINUSE",
};
const SEND_CODES: Readonly<Record<Exclude<SendResult, "sent">, readonly [ErrorCode, why?: string]>> = {
  "too long": ["EMSGSIZE"],
  "no route": ["ENETUNREACH"],
  "no broadcast": ["EACCES", "SO_BROADCAST is not set"],
  "no frame free": ["ENOBUFS"],
};
const FAILURE_CODES: Readonly<Record<DatagramFailure, ErrorCode>> = {
  refused: "ECONNREFUSED",
  unreachable: "EHOSTUNREACH",
  "too long": "EMSGSIZE",
};

/** The error that a bind came to. */
export function bindError(reject: BindReject, address: SocketAddress): SocketError {
  return new SocketError(BIND_CODES[reject], `Cannot bind ${formatSocketAddress(address)}`);
}

/** The error that a send came to. */
export function sendError(result: Exclude<SendResult, "sent">, count: number, to: SocketAddress): SocketError {
  const [code, why] = SEND_CODES[result];
  return new SocketError(code, `Cannot send ${count} bytes to ${formatSocketAddress(to)}`, why);
}

export class DatagramSocket extends Waiter {
  readonly #udp: Udp;
  #options: DatagramSocketOptions;
  #endpoint: Endpoint | undefined;
  #references = 1;
  #isClosed = false;

  constructor(udp: Udp) {
    super();
    this.#udp = udp;
    const { receiveBuffer, timeToLive, typeOfService } = ENDPOINT_DEFAULTS;
    this.#options = { SO_REUSEADDR: false, SO_BROADCAST: false, SO_RCVBUF: receiveBuffer, IP_TTL: timeToLive, IP_TOS: typeOfService };
  }

  // ── What it is ─────────────────────────────────────────────────────────────────────────────────────────────

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Its own address: 0.0.0.0:0 while it has none. */
  get localAddress(): SocketAddress {
    const { localAddress: ip, localPort } = this.#endpoint ?? { localAddress: ANYWHERE.ip, localPort: 0 };
    return { ip, port: localPort as Port };
  }

  /** Whom it keeps to. ENOTCONN when that is nobody. */
  get remoteAddress(): SocketAddress {
    const peer = this.#endpoint?.peer;
    if (peer === undefined) throw new SocketError("ENOTCONN", `Cannot name the peer of ${this}`);
    return { ip: peer.address, port: peer.port as Port };
  }

  /** Bytes of the datagram that is read next. */
  get readable(): number {
    return this.#endpoint?.nextLength ?? 0;
  }

  /** Whether a read would not wait, and whether an error is to be told. */
  get hasDatagram(): boolean {
    return (this.#endpoint?.waiting ?? 0) > 0;
  }

  get hasFailed(): boolean {
    return this.#endpoint?.hasFailed ?? false;
  }

  toString(): string {
    const peer = this.#endpoint?.peer;
    const local = formatSocketAddress(this.localAddress);
    return peer === undefined ? local : `${local} ⇄ ${formatSocketAddress(this.remoteAddress)}`;
  }

  // ── Becoming something ─────────────────────────────────────────────────────────────────────────────────────

  bind(address: SocketAddress): void {
    if (this.#endpoint !== undefined) {
      throw new SocketError("EINVAL", `Cannot bind ${formatSocketAddress(address)}`, `the socket has an address already, ${this}`);
    }
    const endpoint = this.#udp.bind(address.ip, address.port, this.#endpointOptions());
    if (typeof endpoint === "string") throw bindError(endpoint, address);
    endpoint.notify = () => this.wake();
    this.#endpoint = endpoint;
  }

  /** Keeps to one peer; port 0 of 0.0.0.0: to nobody any more. */
  connect({ ip, port }: SocketAddress): void {
    this.#bound().connect(port === 0 ? undefined : { address: ip, port });
  }

  // ── Datagrams ──────────────────────────────────────────────────────────────────────────────────────────────

  /** Sends one datagram, to the peer when nobody else is named. That it went out does not mean that it arrives. */
  send(bytes: Uint8Array, to?: SocketAddress): number {
    const endpoint = this.#bound();
    this.#throwError("write to");
    const peer = to === undefined ? endpoint.peer : { address: to.ip, port: to.port };
    if (peer === undefined) throw new SocketError("ENOTCONN", `Cannot write to ${this}`, "nobody is named to send it to");
    const result = endpoint.send(bytes, 0, bytes.length, peer);
    if (result !== "sent") throw sendError(result, bytes.length, { ip: peer.address, port: peer.port as Port });
    return bytes.length;
  }

  /** The next datagram, or as much of it as `target` holds. An error that came since is told first, once. */
  receive(target: Uint8Array, peek: boolean, dontWait: boolean): Promise<ReceivedFrom> {
    return this.whenPossible(
      "read from",
      () => {
        this.#throwError("read from");
        const received = this.#endpoint?.read(target, 0, target.length, peek);
        return received && { count: received.count, length: received.length, from: { ip: received.address, port: received.port as Port } };
      },
      asItIs,
      dontWait,
    );
  }

  // ── Options ────────────────────────────────────────────────────────────────────────────────────────────────

  getOption<K extends keyof DatagramSocketOptions>(name: K): DatagramSocketOptions[K] {
    this.#checkName("get", name);
    return this.#options[name];
  }

  setOption<K extends keyof DatagramSocketOptions>(name: K, value: DatagramSocketOptions[K]): void {
    this.#checkName("set", name);
    checkOption(name, value);
    this.#options = { ...this.#options, [name]: value };
    if (this.#endpoint !== undefined) {
      this.#endpoint.options = { ...this.#endpointOptions(), receiveBuffer: this.#endpoint.options.receiveBuffer };
    }
  }

  /** SO_ERROR: what an ICMP error said of a datagram that went to the peer. It is told once. */
  takeError(): ErrorCode | undefined {
    const failure = this.#endpoint?.takeFailure();
    return failure && FAILURE_CODES[failure];
  }

  // ── The end ────────────────────────────────────────────────────────────────────────────────────────────────

  share(): this {
    this.#references++;
    return this;
  }

  /** One descriptor less. With the last one the port is given back, and what waits is lost. */
  release(): Promise<void> {
    if (--this.#references > 0) return Promise.resolve();
    this.#isClosed = true;
    this.#endpoint?.close();
    this.wake();
    return Promise.resolve();
  }

  // ── Inside ─────────────────────────────────────────────────────────────────────────────────────────────────

  #bound(): Endpoint {
    if (this.#endpoint === undefined) this.bind(ANYWHERE);
    return this.#endpoint as Endpoint;
  }

  #endpointOptions(): EndpointOptions {
    const { SO_REUSEADDR, SO_BROADCAST, SO_RCVBUF, IP_TTL, IP_TOS } = this.#options;
    return { reuse: SO_REUSEADDR, broadcast: SO_BROADCAST, receiveBuffer: SO_RCVBUF, timeToLive: IP_TTL, typeOfService: IP_TOS };
  }

  #checkName(doing: string, name: string): void {
    if (Object.hasOwn(this.#options, name)) return;
    throw new SocketError("ENOPROTOOPT", `Cannot ${doing} ${name}`, "a datagram socket has no such option");
  }

  #throwError(doing: string): void {
    const error = this.takeError();
    if (error !== undefined) throw new SocketError(error, `Cannot ${doing} ${this}`);
  }
}
