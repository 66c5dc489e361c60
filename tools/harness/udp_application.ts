/**
 * An application above the student's UDP, as a check moves it: it binds sockets, sends and receives. The same on the virtual wire and on
 * a live one; what differs is how an act reaches the subject.
 *
 *     const station = await t.udp();
 *     const socket = await station.bind(53);
 *     await station.send(...);                      // a datagram to port 53
 *     const arrived = await socket.receive();       // { bytes, address: "10.44.0.1", port: 40000, … }
 *     await socket.send(answer, arrived.port);
 */
import type { BindReject } from "../../stack/contract/accept.ts";
import type { DatagramFailure } from "../../stack/contract/datagrams.ts";
import type { EndpointOptions, SendResult } from "../../stack/udp/endpoint.ts";
import { dropsText } from "./drops.ts";
import { CheckFailed } from "./failure.ts";
import type { UdpAct } from "./subject/protocol.ts";

/** A datagram as an application got it. */
export interface Arrived {
  /** What was copied: up to so many bytes as were asked for. */
  readonly bytes: Uint8Array;
  readonly count: number;
  /** Bytes of the datagram. */
  readonly length: number;
  readonly address: string;
  readonly port: number;
  /** The address that it was sent to. */
  readonly localAddress: string;
}

/** What a socket is like from above. */
export interface SocketView {
  /** Datagrams that wait, and the bytes of the oldest. */
  readonly waiting: number;
  readonly nextLength: number;
  /** Datagrams that found no room. */
  readonly lost: number;
  readonly localPort: number;
}

/** A socket as the application holds it. */
export interface StackSocket {
  readonly port: number;
  /** Sends one datagram to a port of `address` (default: the peer's); without a port to whom it is connected to. Fails the check when it does not go out. */
  send(bytes: Uint8Array, port?: number, address?: string): Promise<void>;
  trySend(bytes: Uint8Array, port?: number, address?: string): Promise<SendResult | "nobody to send to">;
  /** The oldest datagram, or undefined. `count`: bytes that fit, default 65,535. `peek`: it stays. */
  receive(options?: { readonly count?: number; readonly peek?: boolean }): Promise<Arrived | undefined>;
  /** For a failure: "nothing to read", and what the stack has counted that may be why. */
  nothing(): Promise<string>;
  /** From now on it hears only this port of `address` (default: the peer's). */
  connect(port: number, address?: string): Promise<void>;
  /** It hears everybody again. */
  disconnect(): Promise<void>;
  /** What an ICMP error said; told once. */
  failure(): Promise<DatagramFailure | undefined>;
  look(): Promise<SocketView>;
  close(): Promise<void>;
}

/** `address`: default every address of the host. */
export interface BindOptions extends Partial<EndpointOptions> {
  readonly address?: string;
}

/** What an application does. */
export interface UdpActs {
  /** Binds a socket; port 0: any that is free. Fails the check when the stack refuses. */
  bind(port: number, options?: BindOptions): Promise<StackSocket>;
  tryBind(port: number, options?: BindOptions): Promise<StackSocket | { readonly error: BindReject }>;
}

/** How acts reach the subject. */
export interface UdpActingStation {
  actUdp(act: UdpAct, args: readonly unknown[]): Promise<unknown>;
  note(text: string): void;
  counters(): Promise<Readonly<Record<string, number>>>;
}

/** The most that a datagram holds, and more. */
const WHOLE = 65_535;

/** The implementation. */
export class UdpApplication<S extends StackSocket = StackSocket> implements UdpActs {
  readonly #station: UdpActingStation;
  readonly #peerAddress: string;

  constructor(station: UdpActingStation, peerAddress: string) {
    this.#station = station;
    this.#peerAddress = peerAddress;
  }

  async tryBind(port: number, { address = "0.0.0.0", ...options }: BindOptions = {}): Promise<S | { readonly error: BindReject }> {
    this.#station.note(`an application of yours binds ${address}:${port === 0 ? "any port" : port}`);
    const bound = await this.#station.actUdp("bind", [address, port, options]) as
      | { readonly socket: number; readonly port: number }
      | { readonly error: BindReject };
    return "error" in bound ? bound : this.held(bound.socket, bound.port);
  }

  async bind(port: number, options?: BindOptions): Promise<S> {
    const socket = await this.tryBind(port, options);
    if ("error" in socket) throw new CheckFailed(`an application that binds port ${port}`, socket.error);
    return socket;
  }

  /** The socket with this number, as the subject gave it. */
  held(number: number, port: number): S {
    const station = this.#station;
    const peer = (port: number, address = this.#peerAddress): [string, number] => [address, port];
    const socket: StackSocket = {
      port,
      trySend: async (bytes, to, address) => {
        const whom = to === undefined ? "" : ` to ${peer(to, address).join(":")}`;
        station.note(`it sends ${countText(bytes.length)}${whom}, from port ${port}`);
        return await station.actUdp("send", [number, bytes, to === undefined ? undefined : peer(to, address)]) as SendResult;
      },
      send: async (bytes, to, address) => {
        const result = await socket.trySend(bytes, to, address);
        if (result !== "sent") throw new CheckFailed(`an application that sends ${countText(bytes.length)}`, `${result}`);
      },
      receive: async ({ count = WHOLE, peek = false } = {}) =>
        await station.actUdp("receive", [number, count, peek]) as Arrived | undefined,
      nothing: async () => `nothing to read${dropsText(await station.counters())}`,
      connect: async (to, address) => {
        station.note(`it connects port ${port} to ${peer(to, address).join(":")}`);
        await station.actUdp("connect", [number, peer(to, address)]);
      },
      disconnect: async () => {
        station.note(`it disconnects port ${port}`);
        await station.actUdp("connect", [number, undefined]);
      },
      failure: async () => await station.actUdp("failure", [number]) as DatagramFailure | undefined,
      look: async () => await station.actUdp("socket", [number]) as SocketView,
      close: async () => {
        station.note(`it closes port ${port}`);
        await station.actUdp("close", [number]);
      },
    };
    return this.complete(socket);
  }

  /** What else such a socket can do. */
  protected complete(socket: StackSocket): S {
    return socket as S;
  }
}

function countText(count: number): string {
  return `${count} ${count === 1 ? "byte" : "bytes"}`;
}
