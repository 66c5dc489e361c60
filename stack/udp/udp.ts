/**
 * UDP of a host (RFC 768, RFC 1122 §4.1): which datagram is for which endpoint, and how one goes out. Codec, table and queues are lab 09's. Its ports are a
 * space of their own, which works like TCP's (lab 07's): 53 may belong to one program for TCP and to another for UDP.
 *
 *     in:   IP → parseDatagram → find → the endpoint's queue; nobody: port unreachable, unless it was for everybody
 *     out:  the program's bytes → writeDatagram → IP, at once: nothing waits here, and nothing is sent again
 */
import type { AcceptModule, BindReject, Ports } from "../contract/accept.ts";
import type { DatagramsModule, DatagramTable } from "../contract/datagrams.ts";
import type { AddressKind, Ipv4Header } from "../contract/ip.ts";
import type { Checksum } from "../contract/tcb.ts";
import { Counters } from "../counters.ts";
import type { SendOptions } from "../internet.ts";
import type { PacketError } from "../packet_error.ts";
import { checkedByDevice } from "../tcp/offload.ts";
import type { Frame } from "../wire/frame.ts";
import { type Ipv4Address, UNSPECIFIED } from "../wire/ipv4_address.ts";
import { Endpoint, type EndpointOptions } from "./endpoint.ts";

/** What UDP needs from its host. */
export interface UdpParts {
  readonly datagrams: DatagramsModule;
  readonly accept: AcceptModule;
  readonly checksum: Checksum;
  /** Well-known ports may be bound. */
  readonly privileged: boolean;
  random(): number;
  /** A frame with room for `length` bytes; undefined when none is free. */
  acquire(length: number): Frame | undefined;
  send(frame: Frame, destination: Ipv4Address, options: SendOptions): boolean;
  /** The host's addresses. */
  addresses(): readonly Ipv4Address[];
  /** Whose address this is. */
  kindOf(address: Ipv4Address): AddressKind;
  /** The address that packets to `destination` come from; undefined when there is no way there. */
  sourceFor(destination: Ipv4Address): Ipv4Address | undefined;
}

/** First and last ephemeral port (RFC 6335 §6). */
const FIRST_EPHEMERAL = 49_152;
const LAST_EPHEMERAL = 65_535;

export class Udp {
  readonly counters = new Counters("udp");
  readonly ports: Ports;
  readonly table: DatagramTable<Endpoint>;
  readonly #parts: UdpParts;

  constructor(parts: UdpParts) {
    this.#parts = parts;
    this.ports = parts.accept.createPorts({
      firstEphemeral: FIRST_EPHEMERAL,
      lastEphemeral: LAST_EPHEMERAL,
      privileged: parts.privileged,
      random: () => parts.random(),
    });
    this.table = parts.datagrams.createDatagramTable();
  }

  /** An endpoint at a local pair; port 0: any that is free. Or why there is none. */
  bind(address: Ipv4Address, port: number, options: EndpointOptions): Endpoint | BindReject {
    const taken = this.ports.bind(address, port, options.reuse, this.#parts.addresses());
    if (typeof taken === "string") return taken;
    const endpoint = new Endpoint(this, this.#parts, address, taken, options);
    this.table.add(address, taken, endpoint);
    return endpoint;
  }

  /** A datagram came. `frame` holds what IP carried; IP keeps it. */
  receive(frame: Frame, header: Ipv4Header): "taken" | "no port" {
    const { datagrams } = this.#parts;
    const checksum = frame.checksumByDevice ? checkedByDevice : this.#parts.checksum;
    const { source, destination } = header;
    const datagram = datagrams.parseDatagram(frame, source, destination, checksum);
    if (typeof datagram === "string") {
      this.counters.count(datagram);
      return "taken"; // RFC 1122 §4.1.3.4: dropped in silence
    }
    const { sourcePort, destinationPort, payload, length } = datagram;
    const kind = this.#parts.kindOf(destination);
    if (kind === "own") {
      const endpoint = this.table.find(destination, destinationPort, source, sourcePort);
      if (endpoint === undefined) {
        this.counters.count("no port");
        return "no port";
      }
      endpoint.take(frame, payload, length, source, sourcePort, destination);
      return "taken";
    }
    const local = this.#parts.sourceFor(source) ?? UNSPECIFIED;
    this.table.forEach(local, destinationPort, source, sourcePort, (endpoint) => {
      endpoint.take(frame, payload, length, source, sourcePort, destination);
    });
    return "taken"; // a datagram to everybody is answered with no error (RFC 1122 §3.2.2)
  }

  /** An error about a datagram of ours, which begins in `frame` behind its IP header. */
  packetError({ type, code }: PacketError, source: Ipv4Address, destination: Ipv4Address, frame: Frame): void {
    const sourcePort = frame.view.getUint16(frame.start);
    const destinationPort = frame.view.getUint16(frame.start + 2);
    const endpoint = this.table.find(source, sourcePort, destination, destinationPort);
    if (endpoint === undefined) return this.counters.count("error about a stranger");
    const failure = this.#parts.datagrams.failureOf(type, code, endpoint.peer !== undefined);
    if (failure === undefined) return this.counters.count("error ignored");
    this.counters.count("error");
    endpoint.fail(failure);
  }
}
