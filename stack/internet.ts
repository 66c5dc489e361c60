/**
 * The Internet layer of a host: what happens to an IP packet between the interfaces below and the protocols
 * above. Every decision is lab 03's (`modules.ip`); the order in which they are asked, and who owns which frame, is here.
 *
 *     in:   header → admit → options → forward, or: reassemble → ICMP | protocol handler | unreachable
 *     out:  route → identification → header (→ pieces) → interface
 *
 * RFC 791, RFC 792, RFC 1122 §3.
 */
import type { Arrival, IcmpMessage, IpModule, Ipv4Fields, Ipv4Header, Reassembly, RouteTable } from "./contract/ip.ts";
import { Counters } from "./counters.ts";
import type { EventSink } from "./events.ts";
import type { NetworkInterface } from "./network_interface.ts";
import { copyBytes, type Frame } from "./wire/frame.ts";
import { type Ipv4Address, LIMITED_BROADCAST, readIpv4 } from "./wire/ipv4_address.ts";

/** Protocol numbers (RFC 790 and its successors). */
export const PROTOCOL_ICMP = 1;
export const PROTOCOL_UDP = 17;

const ECHO_REPLY = 0, UNREACHABLE = 3, SOURCE_QUENCH = 4, REDIRECT = 5, ECHO = 8, TIME_EXCEEDED = 11, PARAMETER_PROBLEM = 12;
const NET_UNREACHABLE = 0, HOST_UNREACHABLE = 1, PROTOCOL_UNREACHABLE = 2, PORT_UNREACHABLE = 3, FRAGMENTATION_NEEDED = 4;

/** MTUs that are found in practice (RFC 1191 §7), for routers that do not say what theirs is. */
const PLATEAUS = [32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296];

/** The likely MTU of a way on which a packet of this length was too long; never below 68, which every way carries. */
function plateauBelow(length: number): number {
  return PLATEAUS.find((plateau) => plateau < length) ?? 68;
}

/**
 * A protocol above IP. `frame` holds the payload; the handler must not keep or release it.
 * "no port" makes IP answer with port unreachable.
 */
export type ProtocolHandler = (frame: Frame, header: Ipv4Header, now: number) => "taken" | "no port";

/** What is wrong with a packet of ours, in the words of ICMP, whoever found out. */
export interface PacketError {
  readonly type: number;
  readonly code: number;
  /** Of the next hop, for "fragmentation needed"; else 0. */
  readonly mtu: number;
  /** It never left this host, which knows that from its own link: no router may be wrong about it, and no stranger has forged it. */
  readonly isOurs: boolean;
}

/**
 * Hears of an error. `frame` begins behind the IP header of the packet, which was sent from `source` to `destination`; at least 8 bytes
 * are there.
 */
export type ErrorHandler = (error: PacketError, source: Ipv4Address, destination: Ipv4Address, frame: Frame, now: number) => void;

/** Nobody answers ARP for the next hop. */
const NO_NEIGHBOUR: PacketError = { type: UNREACHABLE, code: HOST_UNREACHABLE, mtu: 0, isOurs: true };

/** How a packet is to be sent. What is left out comes from the route and the host's defaults. */
export interface SendOptions {
  readonly source?: Ipv4Address;
  readonly typeOfService?: number;
  readonly timeToLive?: number;
  readonly dontFragment?: boolean;
  /** Packets that the device will make of it (`Frame.segmentSize`): each has an identification of its own. Default 1. */
  readonly packets?: number;
}

/** What the Internet layer needs from the host. */
export interface InternetParts {
  readonly ip: IpModule;
  readonly interfaces: readonly NetworkInterface[];
  readonly routes: RouteTable;
  readonly reassembly: Reassembly;
  readonly timeToLive: number;
  readonly seed: number;
  acquire(): Frame | undefined;
  release(frame: Frame): void;
  readonly emit: EventSink;
}

export class Internet {
  readonly ip = new Counters("ip");
  readonly icmp = new Counters("icmp");
  /** Handlers by protocol number. UDP has no open port until lab 09, and says so. */
  readonly protocols = new Map<number, ProtocolHandler>([[PROTOCOL_UDP, () => "no port"]]);
  /** Who hears of errors about packets of a protocol (RFC 1122 §3.2.2.1). */
  readonly errorHandlers = new Map<number, ErrorHandler>();
  readonly #parts: InternetParts;
  readonly #module: IpModule;
  readonly #identifiers: ReturnType<IpModule["createIdentifiers"]>;

  constructor(parts: InternetParts) {
    this.#parts = parts;
    this.#module = parts.ip;
    this.#identifiers = parts.ip.createIdentifiers(parts.seed);
  }

  /** Takes a packet from an interface, and the frame with it. */
  receive(frame: Frame, on: NetworkInterface, linkBroadcast: boolean, now: number): void {
    const header = this.#module.parseIpv4(frame);
    if (typeof header === "string") return this.#drop(frame, header);
    if (!on.usable) return this.#drop(frame, "address not ours yet");
    frame.end = header.end; // what lies behind the total length is the link's padding
    const arrival = linkBroadcast ? on.arrivals.everybody : on.arrivals.alone;
    const verdict = this.#module.admit(header, arrival);
    if (verdict !== "deliver" && verdict !== "forward") return this.#drop(frame, verdict);
    const optionsAt = frame.start + 20;
    if (header.payload > optionsAt) {
      const bad = this.#module.findBadOption(frame, optionsAt, header.payload);
      if (bad >= 0) {
        this.#report(PARAMETER_PROBLEM, 0, (bad - frame.start) * 0x100_0000, frame, header, arrival, on, now);
        return this.#drop(frame, "bad option");
      }
    }
    if (verdict === "forward") return this.#forward(frame, header, arrival, on, now);
    this.ip.count("received");
    if (header.moreFragments || header.fragmentOffset > 0) this.#reassemble(frame, header, arrival, on, now);
    else this.#deliver(frame, header, arrival, on, now);
  }

  /** Gives up reassemblies that are overdue; says so to the sender when fragment 0 had come (RFC 1122 §3.3.2). */
  poll(now: number): void {
    const { reassembly } = this.#parts;
    if (now < reassembly.nextDeadline()) return;
    reassembly.poll(now, (first) => {
      this.ip.count("reassembly timeout");
      if (first === undefined) return;
      const header = this.#module.parseIpv4(first);
      const on = this.#parts.interfaces[0];
      if (typeof header === "string" || on === undefined) return;
      this.#report(TIME_EXCEEDED, 1, 0, first, header, on.arrivals.alone, on, now);
    });
  }

  /**
   * Sends the payload in `frame` and takes the frame. False, and counted, when there is no way there, or when it may not
   * be cut and does not fit.
   */
  send(frame: Frame, destination: Ipv4Address, protocol: number, now: number, options: SendOptions = {}): boolean {
    const route = this.#parts.routes.lookup(destination);
    const on = this.#parts.interfaces[route?.interface ?? 0];
    if (on === undefined || route === undefined && destination !== LIMITED_BROADCAST) {
      this.#drop(frame, "no route");
      return false;
    }
    const source = options.source ?? on.address;
    const packets = options.packets ?? 1;
    const fields: Ipv4Fields = {
      typeOfService: options.typeOfService ?? 0,
      identification: this.#identifiers.next(source, destination, protocol),
      dontFragment: options.dontFragment ?? false,
      moreFragments: false,
      fragmentOffset: 0,
      timeToLive: options.timeToLive ?? this.#parts.timeToLive,
      protocol,
      source,
      destination,
    };
    for (let more = 1; more < packets; more++) this.#identifiers.next(source, destination, protocol);
    const nextHop = this.#neighbour(route?.gateway ?? destination, on);
    if (frame.length + 20 <= on.mtu || packets > 1) {
      this.#module.writeIpv4(frame, fields);
      this.ip.count("sent");
      on.sendPacket(frame, nextHop, now);
      return true;
    }
    if (fields.dontFragment === true) {
      this.#drop(frame, "too long and may not be cut");
      return false;
    }
    this.#sendPieces(frame, fields, nextHop, on, now);
    return true;
  }

  /** A neighbour did not answer ARP. Its sender is told: by ICMP where we are but a router (RFC 1812 §5.2.7.1), else one of our protocols. */
  unresolved(frame: Frame, on: NetworkInterface, now: number): void {
    const header = this.#module.parseIpv4(frame);
    if (typeof header !== "string") {
      const { source, destination, protocol } = header;
      const origin = this.#interfaceTo(source);
      if (this.#module.classifyAddress(source, this.#parts.interfaces) === "own") {
        frame.start = header.payload;
        if (header.fragmentOffset === 0) this.errorHandlers.get(protocol)?.(NO_NEIGHBOUR, source, destination, frame, now);
      } else if (origin !== undefined && origin !== on) {
        this.#report(UNREACHABLE, HOST_UNREACHABLE, 0, frame, header, origin.arrivals.alone, origin, now);
      }
    }
    this.#parts.release(frame);
  }

  /** One fragment. When it completes its packet, the whole is delivered under this fragment's header. */
  #reassemble(frame: Frame, header: Ipv4Header, arrival: Arrival, on: NetworkInterface, now: number): void {
    const whole = this.#parts.reassembly.insert(header, frame, now);
    this.#parts.release(frame);
    if (whole === "waiting") return;
    if (typeof whole === "string") return this.ip.count(whole);
    this.ip.count("reassembled");
    const payload = whole.start;
    const end = whole.end;
    const joined: Ipv4Header = { ...header, dontFragment: false, moreFragments: false, fragmentOffset: 0, payload, end };
    this.#module.writeIpv4(whole, joined); // so that an error about the whole has a header to quote
    this.#deliver(whole, joined, arrival, on, now);
  }

  /** Hands a whole packet, addressed to us, to its protocol. `frame` begins at the IP header. */
  #deliver(frame: Frame, header: Ipv4Header, arrival: Arrival, on: NetworkInterface, now: number): void {
    const start = frame.start;
    frame.pull(header.payload - start);
    if (header.protocol === PROTOCOL_ICMP) return this.#receiveIcmp(frame, header, now);
    const handler = this.protocols.get(header.protocol);
    const verdict = handler === undefined ? "no protocol" : handler(frame, header, now);
    if (verdict !== "taken") {
      frame.start = start;
      this.ip.count(verdict);
      const code = verdict === "no port" ? PORT_UNREACHABLE : PROTOCOL_UNREACHABLE;
      this.#report(UNREACHABLE, code, 0, frame, header, arrival, on, now);
    }
    this.#parts.release(frame);
  }

  #receiveIcmp(frame: Frame, header: Ipv4Header, now: number): void {
    const message = this.#module.parseIcmp(frame);
    if (typeof message === "string") return this.#dropIcmp(frame, message);
    this.icmp.count("received");
    switch (message.type) {
      case ECHO:
        if (this.#module.classifyAddress(header.destination, this.#parts.interfaces) !== "own") {
          return this.#dropIcmp(frame, "echo to many"); // RFC 1122 §3.2.2.6 allows silence, and amplifiers are no help
        }
        this.#module.makeEchoReply(frame);
        this.send(frame, header.source, PROTOCOL_ICMP, now, { source: header.destination, typeOfService: header.typeOfService });
        return;
      case ECHO_REPLY:
        this.#parts.emit({
          kind: "echo reply",
          from: header.source,
          id: message.rest >>> 16,
          seq: message.rest & 0xffff,
          data: frame.bytes.slice(message.payload, frame.end),
        });
        break;
      case UNREACHABLE:
      case TIME_EXCEEDED:
      case PARAMETER_PROBLEM:
        this.#receiveError(frame, header, message, now);
        break;
      case SOURCE_QUENCH: // RFC 6633: silently discarded
      case REDIRECT:
        this.icmp.count("ignored");
        break;
      default:
        this.icmp.count("unknown type");
    }
    this.#parts.release(frame);
  }

  /** The address that packets to `destination` come from, and the MTU of the first hop (RFC 1122 §3.3.4.3). */
  routeTo(destination: Ipv4Address): { readonly source: Ipv4Address; readonly mtu: number } | undefined {
    const route = this.#parts.routes.lookup(destination);
    const on = route && this.#parts.interfaces[route.interface];
    return on && { source: on.address, mtu: on.mtu };
  }

  /** An error about a packet of ours: its quoted header says which protocol sent it (RFC 1122 §3.2.2). */
  #receiveError(frame: Frame, header: Ipv4Header, message: IcmpMessage, now: number): void {
    const quoted = message.payload;
    const headerLength = ((frame.bytes[quoted] ?? 0) & 15) * 4;
    if (frame.end - quoted < Math.max(20, headerLength)) return this.icmp.count("quotes too little");
    const protocol = frame.bytes[quoted + 9] as number;
    this.#parts.emit({ kind: "icmp error", from: header.source, type: message.type, code: message.code, protocol });
    const handler = this.errorHandlers.get(protocol);
    if (handler === undefined || frame.end - quoted < headerLength + 8) return;
    const source = readIpv4(frame.view, quoted + 12);
    const destination = readIpv4(frame.view, quoted + 16);
    frame.start = quoted + headerLength;
    const tooLong = message.type === UNREACHABLE && message.code === FRAGMENTATION_NEEDED;
    const mtu = tooLong ? (message.rest & 0xffff) || plateauBelow(frame.view.getUint16(quoted + 2)) : 0;
    handler({ type: message.type, code: message.code, mtu, isOurs: false }, source, destination, frame, now);
  }

  /** Passes a packet on (RFC 1812 §5.2.1): we are its router, not its destination. */
  #forward(frame: Frame, header: Ipv4Header, arrival: Arrival, on: NetworkInterface, now: number): void {
    const route = this.#parts.routes.lookup(header.destination);
    const out = route && this.#parts.interfaces[route.interface];
    if (route === undefined || out === undefined) {
      this.#report(UNREACHABLE, NET_UNREACHABLE, 0, frame, header, arrival, on, now);
      return this.#drop(frame, "no route");
    }
    if (!this.#module.decrementTtl(frame)) {
      this.#report(TIME_EXCEEDED, 0, 0, frame, header, arrival, on, now);
      return this.#drop(frame, "time exceeded");
    }
    const nextHop = this.#neighbour(route.gateway ?? header.destination, out);
    if (frame.length <= out.mtu) {
      this.ip.count("forwarded");
      return out.sendPacket(frame, nextHop, now);
    }
    if (header.dontFragment) {
      this.#report(UNREACHABLE, FRAGMENTATION_NEEDED, out.mtu, frame, header, arrival, on, now);
      return this.#drop(frame, "too long and may not be cut");
    }
    this.ip.count("forwarded");
    frame.pull(header.payload - frame.start);
    this.#sendPieces(frame, { ...header, timeToLive: header.timeToLive - 1 }, nextHop, out, now);
  }

  /** Cuts the payload in `frame` and sends the pieces. Takes the frame. */
  #sendPieces(frame: Frame, fields: Ipv4Fields, nextHop: Ipv4Address, on: NetworkInterface, now: number): void {
    const pieces = this.#module.planFragments(frame.length, on.mtu, fields.fragmentOffset ?? 0, fields.moreFragments ?? false);
    for (const piece of pieces) {
      const part = this.#parts.acquire();
      if (part === undefined) {
        this.ip.count("no frame free");
        break;
      }
      const at = part.append(piece.length);
      copyBytes(frame, frame.start + piece.from, part, at, piece.length);
      this.#module.writeIpv4(part, { ...fields, fragmentOffset: piece.fragmentOffset, moreFragments: piece.moreFragments });
      this.ip.count("fragment sent");
      on.sendPacket(part, nextHop, now);
    }
    this.#parts.release(frame);
  }

  /** Sends an ICMP error about `about`, where that is allowed. The caller keeps the frame. */
  #report(
    type: number,
    code: number,
    rest: number,
    about: Frame,
    header: Ipv4Header,
    arrival: Arrival,
    on: NetworkInterface,
    now: number,
  ): void {
    if (!this.#module.mayReport(about, header, arrival)) return this.icmp.count("no error allowed");
    const out = this.#parts.acquire();
    if (out === undefined) return this.icmp.count("no frame free");
    this.#module.writeIcmpError(out, type, code, rest, about);
    this.icmp.count("error sent");
    const ours = this.#module.classifyAddress(header.destination, this.#parts.interfaces) === "own";
    this.send(out, header.source, PROTOCOL_ICMP, now, { source: ours ? header.destination : on.address });
  }

  /** A next hop that means everybody on the link becomes the one address the interface knows as that. */
  #neighbour(nextHop: Ipv4Address, on: NetworkInterface): Ipv4Address {
    if (on.device.medium === "ip") return nextHop; // which has nobody to choose from
    return this.#module.classifyAddress(nextHop, [on]) === "broadcast" ? LIMITED_BROADCAST : nextHop;
  }

  #interfaceTo(destination: Ipv4Address): NetworkInterface | undefined {
    const route = this.#parts.routes.lookup(destination);
    return route && this.#parts.interfaces[route.interface];
  }

  #drop(frame: Frame, reason: string): void {
    this.ip.count(reason);
    this.#parts.release(frame);
  }

  #dropIcmp(frame: Frame, reason: string): void {
    this.icmp.count(reason);
    this.#parts.release(frame);
  }
}
