/**
 * An endpoint of UDP in the shape of `Deno.DatagramConn`:
 *
 *     const conn = listenDatagram(host, { port: 53 });
 *     for await (const [question, from] of conn) await conn.send(answerTo(question), from);
 *
 * One `receive` gives one datagram, whole; `send` takes one. Nobody says whether it arrived.
 */
import type { Host } from "../host.ts";
import { type Endpoint, ENDPOINT_DEFAULTS } from "../udp/endpoint.ts";
import { formatIpv4Address, type Ipv4Address } from "../wire/ipv4_address.ts";
import { addressOf } from "./conn.ts";
import { bindError, sendError } from "./datagram_socket.ts";
import { forDeno } from "./errors.ts";

/** Bytes that one datagram has at most, when the program brings no memory of its own. */
const LONGEST = 65_535;

/** Where to listen. */
export interface DatagramOptions {
  /** An address of the host; default all of them. */
  readonly hostname?: string;
  /** Default: any that is free. */
  readonly port?: number;
  readonly reuseAddress?: boolean;
  /** May send to everybody on the net. */
  readonly broadcast?: boolean;
}

/** Like `Deno.listenDatagram`. Throws a `Deno.errors`. */
export function listenDatagram(host: Host, options: DatagramOptions): DatagramConn {
  if (host.udp === undefined) throw new TypeError("Cannot listen: this host has no UDP");
  const wanted = addressOf(options.hostname ?? "0.0.0.0", options.port ?? 0);
  const { reuseAddress: reuse = false, broadcast = false } = options;
  const endpoint = host.udp.bind(wanted.ip, wanted.port, { ...ENDPOINT_DEFAULTS, reuse, broadcast });
  if (typeof endpoint === "string") throw forDeno(bindError(endpoint, wanted));
  return new DatagramConn(host, endpoint);
}

function udpAddr(address: Ipv4Address, port: number): Deno.NetAddr {
  return { transport: "udp", hostname: formatIpv4Address(address), port };
}

interface Waiting {
  readonly buffer: Uint8Array;
  readonly resolve: (received: [Uint8Array, Deno.NetAddr]) => void;
  readonly reject: (error: unknown) => void;
}

export class DatagramConn {
  readonly addr: Deno.NetAddr;
  readonly #host: Host;
  readonly #endpoint: Endpoint;
  readonly #waiting: Waiting[] = [];
  #open = true;

  /** Of an endpoint that is this object's own from now on. */
  constructor(host: Host, endpoint: Endpoint) {
    this.#host = host;
    this.#endpoint = endpoint;
    this.addr = udpAddr(endpoint.localAddress, endpoint.localPort);
    endpoint.notify = () => this.#deliver();
  }

  /**
   * The next datagram, and who sent it. What does not fit into `buffer` is lost. Rejects with a BadResource when this is closed, or was.
   */
  receive(buffer: Uint8Array = new Uint8Array(LONGEST)): Promise<[Uint8Array, Deno.NetAddr]> {
    if (!this.#open) return Promise.reject(this.#closed());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ buffer, resolve, reject });
      this.#deliver();
    });
  }

  /** Sends one datagram; gives its length. Rejects with a `Deno.errors` when it could not go out. */
  send(bytes: Uint8Array, to: Deno.NetAddr): Promise<number> {
    if (!this.#open) return Promise.reject(this.#closed());
    const destination = addressOf(to.hostname, to.port);
    const result = this.#endpoint.send(bytes, 0, bytes.length, { address: destination.ip, port: destination.port });
    this.#host.wake?.();
    if (result === "sent") return Promise.resolve(bytes.length);
    return Promise.reject(forDeno(sendError(result, bytes.length, destination)));
  }

  /** Gives the port back. Throws a BadResource when it was closed before. */
  close(): void {
    if (!this.#open) throw this.#closed();
    this[Symbol.dispose]();
  }

  /** Closes it, unless it was closed before. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#endpoint.close();
    for (const { reject } of this.#waiting.splice(0)) reject(this.#closed());
  }

  /** Every datagram, until this is closed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<[Uint8Array, Deno.NetAddr]> {
    while (this.#open) {
      try {
        yield await this.receive();
      } catch (error) {
        if (this.#open) throw error;
      }
    }
  }

  #deliver(): void {
    while (this.#waiting.length > 0 && this.#endpoint.waiting > 0) {
      const { buffer, resolve } = this.#waiting.shift() as Waiting;
      const received = this.#endpoint.read(buffer, 0, buffer.length);
      if (received === undefined) return;
      const { count, address, port } = received;
      resolve([buffer.subarray(0, count), udpAddr(address, port)]);
    }
  }

  #closed(): Error {
    return new Deno.errors.BadResource(`Cannot use the endpoint at ${this.addr.hostname}:${this.addr.port}: it is closed`);
  }
}
