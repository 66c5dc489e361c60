/**
 * The Internet layer of a host: what happens to an IP packet between the interfaces below and the protocols
 * above. Every decision is lab 03's (`modules.ip`); the order in which they are asked, and who owns which frame, is here.
 *
 *     in:   header → admit → options → forward, or: reassemble → ICMP | protocol handler | unreachable
 *     out:  route → identification → header (→ pieces) → interface
 *
 * Where the host has a packet filter (stack/filter/filter.ts), it is asked at five places on these ways, and packets in pieces are put together
 * before the first of them.
 *
 * RFC 791, RFC 792, RFC 1122 §3.
 */
import type { Arrival, IcmpMessage, IpModule, Ipv4Fields, Ipv4Header } from "./contract/ip.ts";
import { Counters } from "./counters.ts";
import type { Filter, Outcome } from "./filter/filter.ts";
import { writeReset } from "./filter/reset.ts";
import { REJECT_CODES } from "./filter/rules.ts";
import type { InternetParts, ProtocolHandler } from "./internet_parts.ts";
import type { NetworkInterface } from "./network_interface.ts";
import { type ErrorHandler, findQuoted, NO_NEIGHBOUR, readError } from "./packet_error.ts";
import { copyBytes, type Frame } from "./wire/frame.ts";
import { type Ipv4Address, LIMITED_BROADCAST } from "./wire/ipv4_address.ts";

/** Protocol numbers (RFC 790 and its successors). */
export const PROTOCOL_ICMP = 1;
export const PROTOCOL_UDP = 17;
const PROTOCOL_TCP = 6;

const ECHO_REPLY = 0, UNREACHABLE = 3, SOURCE_QUENCH = 4, REDIRECT = 5, ECHO = 8, TIME_EXCEEDED = 11, PARAMETER_PROBLEM = 12;
const NET_UNREACHABLE = 0, HOST_UNREACHABLE = 1, PROTOCOL_UNREACHABLE = 2, PORT_UNREACHABLE = 3, FRAGMENTATION_NEEDED = 4;

/** How a packet is to be sent. What is left out comes from the route and the host's defaults. */
export interface SendOptions {
  readonly source?: Ipv4Address;
  readonly typeOfService?: number;
  readonly timeToLive?: number;
  readonly dontFragment?: boolean;
  /** Packets that the device will make of it (`Frame.segmentSize`): each has an identification of its own. Default 1. */
  readonly packets?: number;
  /** It answers the packet that the filter is at, and belongs to the same connection. Default false. */
  readonly isAnswer?: boolean;
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
  readonly #filter: Filter | undefined;

  constructor(parts: InternetParts) {
    this.#parts = parts;
    this.#module = parts.ip;
    this.#identifiers = parts.ip.createIdentifiers(parts.seed);
    this.#filter = parts.filter;
  }

  /** Takes a packet from an interface, and the frame with it. */
  receive(frame: Frame, on: NetworkInterface, linkBroadcast: boolean, now: number): void {
    const found = this.#module.parseIpv4(frame);
    if (typeof found === "string") return this.#drop(frame, found);
    if (!on.usable) return this.#drop(frame, "address not ours yet");
    frame.end = found.end; // what lies behind the total length is the link's padding
    const arrival = linkBroadcast ? on.arrivals.everybody : on.arrivals.alone;
    const header = this.#filter === undefined ? found : this.#prerouting(this.#filter, frame, found, arrival, on, now);
    if (header === undefined) return;
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

  /**
   * The first hook. Gives the header that it left, or nothing when the packet goes no further: dropped, or a fragment, which waits for the others and comes back as
   * a whole.
   */
  #prerouting(
    filter: Filter,
    frame: Frame,
    header: Ipv4Header,
    arrival: Arrival,
    on: NetworkInterface,
    now: number,
  ): Ipv4Header | undefined {
    if (header.moreFragments || header.fragmentOffset > 0) return void this.#reassemble(frame, header, arrival, on, now);
    const changed = filter.prerouting(frame, header, on.index, now);
    return changed === "drop" ? void this.#drop(frame, "filtered") : changed;
  }

  /** Gives up reassemblies that are overdue; says so to the sender when fragment 0 had come (RFC 1122 §3.3.2). */
  poll(now: number): void {
    const { reassembly } = this.#parts;
    if (now < reassembly.nextDeadline()) return;
    reassembly.poll(now, (first) => {
      this.ip.count("reassembly timeout");
      this.#filter?.forget();
      if (first === undefined) return;
      const header = this.#module.parseIpv4(first);
      const on = this.#parts.interfaces[0];
      if (typeof header === "string" || on === undefined) return;
      // A filter has packets of others put together, too: to say that they are late is not the router's business.
      if (this.#filter !== undefined && this.#module.admit(header, on.arrivals.alone) !== "deliver") return;
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
    const fields: Required<Ipv4Fields> = {
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
    const isTooLong = frame.length + 20 > on.mtu && packets === 1;
    if (isTooLong && fields.dontFragment) {
      this.#drop(frame, "too long and may not be cut");
      return false;
    }
    const leaving = this.#filter === undefined ? fields : this.#output(this.#filter, frame, fields, on, now, options.isAnswer ?? false);
    if (leaving === "drop") {
      this.#drop(frame, "filtered");
      return false;
    }
    const nextHop = this.#neighbour(route?.gateway ?? destination, on);
    if (isTooLong) {
      this.#sendPieces(frame, leaving, nextHop, on, now);
      return true;
    }
    this.#module.writeIpv4(frame, leaving);
    this.ip.count("sent");
    on.sendPacket(frame, nextHop, now);
    return true;
  }

  /** The last two hooks, for the payload in `frame`. They look at a packet with its header, which is gone again afterwards: its fields are what counts. */
  #output(
    filter: Filter,
    frame: Frame,
    fields: Required<Ipv4Fields>,
    on: NetworkInterface,
    now: number,
    isAnswer: boolean,
  ): Ipv4Fields | "drop" {
    const header = { ...fields, payload: frame.start, end: frame.end };
    this.#module.writeIpv4(frame, fields);
    const changed = filter.output(frame, header, on.index, now, isAnswer);
    frame.pull(20);
    return changed;
  }

  /** A neighbour did not answer ARP. Its sender is told: by ICMP where we are but a router (RFC 1812 §5.2.7.1), else one of our protocols. */
  unresolved(frame: Frame, on: NetworkInterface, now: number): void {
    const found = this.#module.parseIpv4(frame);
    if (typeof found !== "string") {
      const header = this.#filter?.returned(frame, found, now) ?? found;
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
    if (this.#filter === undefined) this.#deliver(whole, joined, arrival, on, now);
    else this.receive(whole, on, arrival.linkBroadcast, now); // one that is too long for any header is bad there
  }

  /** Hands a whole packet, addressed to us, to its protocol. `frame` begins at the IP header. */
  #deliver(frame: Frame, header: Ipv4Header, arrival: Arrival, on: NetworkInterface, now: number): void {
    if (this.#filter !== undefined && !this.#passes(this.#filter.input(now), frame, header, arrival, on, now)) return;
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

  /** An error about a packet of ours (RFC 1122 §3.2.2): whoever sent that packet hears of it. */
  #receiveError(frame: Frame, header: Ipv4Header, message: IcmpMessage, now: number): void {
    const quoted = findQuoted(frame, message.payload);
    if (quoted === undefined) return this.icmp.count("quotes too little");
    const { protocol } = quoted;
    this.#parts.emit({ kind: "icmp error", from: header.source, type: message.type, code: message.code, protocol });
    const handler = this.errorHandlers.get(protocol);
    if (handler === undefined || frame.end - quoted.payload < 8) return;
    frame.start = quoted.payload;
    handler(readError(message, quoted), quoted.source, quoted.destination, frame, now);
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
    const isTooLong = frame.length > out.mtu;
    if (isTooLong && header.dontFragment) {
      this.#report(UNREACHABLE, FRAGMENTATION_NEEDED, out.mtu, frame, header, arrival, on, now);
      return this.#drop(frame, "too long and may not be cut");
    }
    const filter = this.#filter;
    if (filter !== undefined && !this.#passes(filter.forward(out.index), frame, header, arrival, on, now)) return;
    const leaving = filter === undefined ? header : filter.postrouting(header, now);
    if (leaving === "drop") return this.#drop(frame, "filtered");
    const nextHop = this.#neighbour(route.gateway ?? header.destination, out);
    this.ip.count("forwarded");
    if (!isTooLong) return out.sendPacket(frame, nextHop, now);
    frame.pull(header.payload - frame.start);
    this.#sendPieces(frame, { ...leaving, timeToLive: header.timeToLive - 1 }, nextHop, out, now);
  }

  /** Does what the filter says of a packet; false when it is gone. Its sender is told where the rule wants that. */
  #passes(outcome: Outcome, frame: Frame, header: Ipv4Header, arrival: Arrival, on: NetworkInterface, now: number): boolean {
    if (outcome === "allow") return true;
    if (outcome === "reset") this.#reset(frame, header, arrival, now);
    else if (outcome !== "drop") this.#report(UNREACHABLE, REJECT_CODES[outcome], 0, frame, header, arrival, on, now);
    this.#drop(frame, "filtered");
    return false;
  }

  /** Answers a segment as a closed port would; the one that it was for never hears of it. */
  #reset(frame: Frame, header: Ipv4Header, arrival: Arrival, now: number): void {
    const out = this.#module.mayReport(frame, header, arrival) ? this.#parts.acquire() : undefined;
    if (out === undefined) return;
    const options = { source: header.destination, isAnswer: true };
    if (writeReset(this.#module, out, frame, header)) this.send(out, header.source, PROTOCOL_TCP, now, options);
    else this.#parts.release(out);
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
    this.send(out, header.source, PROTOCOL_ICMP, now, { source: ours ? header.destination : on.address, isAnswer: true });
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
