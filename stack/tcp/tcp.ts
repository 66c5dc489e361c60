/**
 * TCP of a host: which connection a segment belongs to, how connections are made, and when they are called again. What a connection
 * does with a segment is `connection.ts`; every decision is a lab's.
 *
 *     segment → parse (04) → table (07) → connection | listening socket | answer to a stray
 */
import type { ConnectionTable, Ports } from "../contract/accept.ts";
import type { BuffersModule } from "../contract/buffers.ts";
import type { CongestionModule } from "../contract/congestion.ts";
import type { HandshakeModule, SegmentFields } from "../contract/handshake.ts";
import type { AddressKind, IpModule, Ipv4Header } from "../contract/ip.ts";
import type { TcpLabs } from "../contract/modules.ts";
import type { StatesModule } from "../contract/states.ts";
import type { Segment, Tcb, TcpEvent, TcpState } from "../contract/tcb.ts";
import { Counters } from "../counters.ts";
import type { PacketError, SendOptions } from "../internet.ts";
import type { Offload } from "../link/device.ts";
import type { Frame } from "../wire/frame.ts";
import { seq, seqAdd, seqUpTo } from "../wire/seq.ts";
import { formatIpv4Address, type Ipv4Address, UNSPECIFIED } from "../wire/ipv4_address.ts";
import { createKeyedHash } from "../wire/siphash.ts";
import type { CreateCongestionControl } from "./congestion_control.ts";
import { bindError } from "./bind_error.ts";
import { Connection } from "./connection.ts";
import type { ConnectionContext } from "./context.ts";
import { checkedByDevice, countSegmentsIn, isTakenWhole, leftToDevice, MOST_TEXT, takeApart } from "./offload.ts";
import type { ConnectionOptions, TcpOptions } from "./options.ts";
import { Listener, MAX_BACKLOG } from "./listener.ts";
import { blankFields } from "./segment_fields.ts";
import { bindCongestion } from "./congestion.ts";
import { createPlainWindow } from "./plain_window.ts";
import { createTcb } from "./tcb.ts";
import { type Timed, TimerHeap } from "./timer_heap.ts";

/** Protocol number of TCP. */
export const PROTOCOL_TCP = 6;

/** The labs that TCP is made of: its own, and IP for the checksum. */
export interface TcpModules extends TcpLabs {
  readonly ip: IpModule;
  readonly congestion: CongestionModule | undefined;
}

/** What TCP needs from the host below. */
export interface TcpParts {
  readonly modules: TcpModules;
  readonly options: TcpOptions;
  readonly random: () => number;
  /** What every device of the host does itself. */
  readonly offload: Offload;
  acquire(text: number): Frame | undefined;
  release(frame: Frame): void;
  /** Sends the segment in `frame`, and takes it. */
  send(frame: Frame, destination: Ipv4Address, now: number, options: SendOptions): boolean;
  /** What an address is to this host. */
  kindOf(address: Ipv4Address): AddressKind;
  /** Our addresses; the one from which `destination` is reached, and the MTU on the way there. */
  addresses(): readonly Ipv4Address[];
  routeTo(destination: Ipv4Address): { readonly source: Ipv4Address; readonly mtu: number } | undefined;
  /** Hears every change of state. */
  readonly trace?: (connection: Connection, from: TcpState, event: TcpEvent) => void;
  /** Hears that an application has given it work, to be done at the next poll. */
  readonly wake?: () => void;
}

export class Tcp implements ConnectionContext {
  readonly handshake: HandshakeModule;
  readonly states: StatesModule;
  readonly buffers: BuffersModule;
  readonly counters = new Counters("tcp");
  readonly ports: Ports;
  readonly table: ConnectionTable<Connection, Listener>;
  /** All listening sockets, for those who look. */
  readonly listeners = new Set<Listener>();
  /** What connections are like unless they are told otherwise. */
  readonly connectionDefaults: ConnectionOptions;
  readonly #parts: TcpParts;
  readonly #modules: TcpModules;
  readonly #timers = new TimerHeap<Timed>();
  readonly #challenges: { allow(now: number): boolean };
  readonly #hash: (a: number, b: number, c: number, d: number) => number;
  readonly createCongestion: CreateCongestionControl;
  readonly #marked: Connection[] = [];
  readonly #ended: Connection[] = [];
  /** The oldest first. */
  readonly #timeWaits = new Set<Connection>();
  #now = 0;

  constructor(parts: TcpParts) {
    const { modules, options, random } = parts;
    this.#parts = parts;
    this.#modules = modules;
    this.connectionDefaults = options.connection;
    this.handshake = modules.handshake;
    this.states = modules.states;
    this.buffers = modules.buffers;
    this.createCongestion = modules.congestion === undefined ? createPlainWindow : bindCongestion(modules.congestion);
    this.ports = modules.accept.createPorts({ firstEphemeral: 49152, lastEphemeral: 65535, privileged: options.privileged, random });
    this.table = modules.accept.createConnectionTable();
    this.#challenges = modules.states.createChallengeLimit(options.challengeLimit, options.challengeInterval);
    const word = (): number => Math.floor(random() * 0x1_0000_0000);
    this.#hash = createKeyedHash([word(), word(), word(), word()]);
  }

  // ── From below ─────────────────────────────────────────────────────────────────────────────────────────────

  /** Takes the segment in `frame`, which stays the caller's. */
  receive(frame: Frame, header: Ipv4Header, now: number): "taken" {
    this.#now = now;
    const checksum = frame.checksumByDevice ? checkedByDevice : this.#modules.ip.internetChecksum;
    const segment = this.handshake.parseSegment(frame, header.source, header.destination, checksum);
    if (typeof segment === "string") this.counters.count(segment);
    else this.#find(segment, header, frame, now);
    return "taken";
  }

  /** Hands the segment in `frame` to whom it is for. */
  #find(segment: Segment, header: Ipv4Header, frame: Frame, now: number): void {
    const { destinationPort, sourcePort } = segment;
    const connection = this.table.find(header.destination, destinationPort, header.source, sourcePort);
    const size = frame.segmentSize;
    if (size > 0 && (connection === undefined || !isTakenWhole(connection.tcb, segment, connection.orphaned, connection.hasGap))) {
      frame.segmentSize = 0;
      for (const each of takeApart(segment, size)) this.#find(each, header, frame, now);
      return;
    }
    const isItsOwn = connection !== undefined && !this.states.mayReopen(connection.tcb, segment);
    const listener = isItsOwn ? undefined : this.table.findListener(header.destination, destinationPort);
    if (connection !== undefined && listener === undefined) {
      const waits = connection.owner instanceof Listener && connection.owner.mustWait(connection.tcb, segment);
      this.counters.count(waits ? "accept queue full" : "received");
      if (!waits) connection.arrives(segment, frame, now);
      return;
    }
    const verdict = listener === undefined ? "reset" : this.handshake.listenArrives(segment);
    if (verdict === "open" && listener !== undefined) this.#openFor(listener, segment, header, connection);
    else if (verdict === "reset") this.#answerStray(segment, header);
    else this.counters.count("not for a listener");
  }

  /**
   * There is an error about a segment of ours, whose header `frame` begins with: its ports and its number are there, and perhaps no more. It is for
   * the connection that the segment was from (MUST-54).
   */
  packetError(error: PacketError, source: Ipv4Address, destination: Ipv4Address, { view, start }: Frame, now: number): void {
    this.#now = now;
    const connection = this.table.find(source, view.getUint16(start), destination, view.getUint16(start + 2));
    connection?.packetError(error, seq(view.getUint32(start + 4)));
  }

  /** Does what time demands, and sends what the last segments and calls have left to send. */
  poll(now: number): void {
    this.#now = now;
    this.flush(now);
    // Each once at most: whoever is due again at once waits for the next poll.
    for (let left = this.#timers.size; left > 0; left--) {
      const due = this.#timers.takeDue(now);
      if (due === undefined) break;
      due.fire(now);
      if (due.heapPlace < 0) due.rest?.();
    }
    this.#finishEnded();
  }

  /** Sends what marked connections have to send. */
  flush(now: number): void {
    this.#now = now;
    for (let connection = this.#marked.pop(); connection !== undefined; connection = this.#marked.pop()) {
      connection.marked = false;
      connection.flush(now);
    }
    this.#finishEnded();
  }

  nextDeadline(): number {
    return this.#marked.length > 0 ? this.#now : this.#timers.next();
  }

  // ── From above ─────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Begins to connect; what comes of it is told to its `application`. `local` may be left out, in part or whole: address by route, port ephemeral; `isBound`:
   * the caller has bound it, and goes on holding it. Throws `Deno.errors` for misuse and for addresses that cannot be had.
   */
  connect(
    remote: { address: Ipv4Address; port: number },
    now: number,
    local: { address?: Ipv4Address; port?: number; reuse?: boolean; isBound?: boolean } = {},
    options?: Partial<ConnectionOptions>,
  ): Connection {
    this.#now = now;
    const name = `${formatIpv4Address(remote.address)}:${remote.port}`;
    const kind = this.#parts.kindOf(remote.address);
    const route = this.#parts.routeTo(remote.address);
    if (kind !== "other" && kind !== "own" || remote.port < 1 || remote.port > 65535) {
      throw new TypeError(`Cannot connect to ${name}: that is no address of one host`); // MUST-46
    }
    if (route === undefined) throw new Deno.errors.NetworkUnreachable(`Cannot connect to ${name}: there is no route`);
    if (this.table.size() >= this.#parts.options.maxConnections) {
      throw new Deno.errors.Busy(`Cannot connect to ${name}: there are ${this.table.size()} connections, and no more are allowed`);
    }
    const address = local.address === undefined || local.address === UNSPECIFIED ? route.source : local.address;
    const { port: wanted = 0, reuse = true } = local;
    const port = local.isBound === true ? wanted : this.bind(address, wanted, reuse);
    if (local.isBound === true) this.ports.share(address, port, reuse);
    const defaults = this.connectionDefaults;
    const all = options === undefined || options === defaults ? defaults : { ...defaults, ...options };
    const connection = this.#create(address, port, remote.address, remote.port, route.mtu, all);
    if (!this.table.add(address, port, remote.address, remote.port, connection)) {
      this.ports.release(address, port, false);
      throw new Deno.errors.AddrInUse(`Cannot connect to ${name}: the same connection exists already`);
    }
    connection.open(this.#chooseIss(connection.tcb));
    return connection;
  }

  /** Takes a port, 0 for any that is free, and returns it; `ports.release` gives it back. Throws `Deno.errors` when it cannot be had. */
  bind(address: Ipv4Address, port: number, reuse: boolean): number {
    const bound = this.ports.bind(address, port, reuse, this.#parts.addresses());
    if (typeof bound === "string") throw bindError(address, port, bound);
    return bound;
  }

  /**
   * Begins to listen, with a backlog of `MAX_BACKLOG` at most. `isBound`: the caller has bound this port, and it is the listener's from now on. Throws
   * `Deno.errors` when the port cannot be had.
   */
  listen(address: Ipv4Address, port: number, backlog: number, reuse = false, isBound = false): Listener {
    const bound = isBound ? port : this.bind(address, port, reuse);
    const most = Math.max(1, Math.min(backlog, MAX_BACKLOG));
    const listener = new Listener(address, bound, reuse, most, this.#modules.accept.createAcceptQueue(most));
    if (!this.ports.listen(address, bound) || !this.table.addListener(address, bound, listener)) {
      if (!isBound) this.ports.release(address, bound, false);
      throw bindError(address, port, "address in use");
    }
    this.listeners.add(listener);
    return listener;
  }

  /** Stops listening. Connections that nobody has accepted are reset. */
  closeListener(listener: Listener): void {
    this.listeners.delete(listener);
    this.table.removeListener(listener.address, listener.port);
    for (const connection of listener.queue.all()) connection.abort();
    this.ports.release(listener.address, listener.port, true);
  }

  /** All connections, for those who look. */
  connections(): Connection[] {
    const all: Connection[] = [];
    this.table.forEach((connection) => all.push(connection));
    return all;
  }

  // ── What connections ask for ───────────────────────────────────────────────────────────────────────────────

  now(): number {
    return this.#now;
  }

  get mostText(): number {
    return this.#parts.offload.segmentation ? MOST_TEXT : 0;
  }

  acquire(text = 0): Frame | undefined {
    return this.#parts.acquire(text);
  }

  release(frame: Frame): void {
    this.#parts.release(frame);
  }

  transmit(frame: Frame, fields: SegmentFields, tcb: Tcb, options: ConnectionOptions): void {
    ipOptions.packets = countSegmentsIn(frame, frame.length);
    frame.checksumByDevice = this.#parts.offload.checksum;
    const checksum = frame.checksumByDevice ? leftToDevice : this.#modules.ip.internetChecksum;
    this.handshake.writeSegment(frame, fields, tcb.localAddress, tcb.remoteAddress, checksum);
    this.counters.count("sent");
    ipOptions.source = tcb.localAddress;
    ipOptions.timeToLive = options.timeToLive;
    ipOptions.typeOfService = options.typeOfService;
    this.#parts.send(frame, tcb.remoteAddress, this.#now, ipOptions);
  }

  challengeAllowed(): boolean {
    const allowed = this.#challenges.allow(this.#now);
    this.counters.count(allowed ? "challenge sent" : "challenge held back");
    return allowed;
  }

  mark(connection: Connection): void {
    if (connection.marked) return;
    connection.marked = true;
    if (this.#marked.length === 0) this.#parts.wake?.();
    this.#marked.push(connection);
  }

  schedule(timed: Timed): void {
    this.#timers.schedule(timed);
  }

  changed(connection: Connection, from: TcpState, event: TcpEvent): void {
    this.#parts.trace?.(connection, from, event);
    if (connection.tcb.state !== "TIME-WAIT" || from === "TIME-WAIT") return;
    this.#timeWaits.add(connection);
    if (this.#timeWaits.size <= this.#parts.options.maxTimeWait) return;
    const [oldest] = this.#timeWaits;
    oldest?.event("time-wait over");
  }

  connected(connection: Connection): void {
    const listener = connection.owner;
    if (listener instanceof Listener && listener.queue.established(connection)) listener.ready();
  }

  ended(connection: Connection): void {
    const { localAddress, localPort, remoteAddress, remotePort } = connection.tcb;
    this.table.remove(localAddress, localPort, remoteAddress, remotePort);
    if (connection.owner instanceof Listener) connection.owner.queue.drop(connection);
    this.ports.release(localAddress, localPort, false);
    this.#timeWaits.delete(connection);
    this.#timers.remove(connection);
    this.#ended.push(connection);
  }

  // ── Inside ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** A SYN for a listening socket: a new connection, if there is room for one. It takes the place of `previous`, which is in TIME-WAIT. */
  #openFor(listener: Listener, segment: Segment, header: Ipv4Header, previous: Connection | undefined): void {
    const route = this.#parts.routeTo(header.source);
    if (route === undefined || !this.#admits(listener)) return this.counters.count("listen queue full");
    previous?.event("time-wait over");
    const { destinationPort, sourcePort } = segment;
    const options = listener.options ?? this.connectionDefaults;
    const connection = this.#create(header.destination, destinationPort, header.source, sourcePort, route.mtu, options);
    connection.owner = listener;
    this.ports.share(header.destination, destinationPort, listener.reuse);
    connection.tcb.passive = true;
    connection.event("passive open");
    this.table.add(header.destination, destinationPort, header.source, sourcePort, connection);
    listener.queue.halfOpen(connection);
    let iss = this.#chooseIss(connection.tcb);
    // RFC 9293 §3.6.1: beyond all that the connection before it has used.
    if (previous !== undefined && seqUpTo(iss, previous.tcb.sndNxt)) iss = seqAdd(previous.tcb.sndNxt, 1);
    connection.open(iss, segment);
  }

  /** Whether one more connection may be half-open: in a full queue, in the place of one that has been so for long. */
  #admits(listener: Listener): boolean {
    if (this.table.size() >= this.#parts.options.maxConnections) return false;
    if (listener.queue.admits()) return true;
    const givesWay = listener.findGivesWay(this.#now, this.#parts.options.halfOpenGrace);
    if (givesWay === undefined) return false;
    this.counters.count("half-open given up");
    givesWay.event("timeout"); // without a RST: most likely nobody ever called from there (RFC 4987 §3.4)
    return listener.queue.admits();
  }

  #create(
    localAddress: Ipv4Address,
    localPort: number,
    remoteAddress: Ipv4Address,
    remotePort: number,
    mtu: number,
    options: ConnectionOptions,
  ): Connection {
    const { receiveBuffer } = options;
    const mss = Math.min(mtu - 40, options.maxSegment || Infinity);
    const tcb = createTcb({ localAddress, localPort, remoteAddress, remotePort, mss, receiveBuffer, offers: this.#parts.options });
    return new Connection(tcb, this, options);
  }

  #chooseIss(tcb: Tcb): ReturnType<HandshakeModule["chooseIss"]> {
    return this.handshake.chooseIss(tcb.localAddress, tcb.localPort, tcb.remoteAddress, tcb.remotePort, this.#now, this.#hash);
  }

  /** A segment that belongs to nobody: its sender learns that there is no connection (RFC 9293 §3.10.7.1). */
  #answerStray(segment: Segment, header: Ipv4Header): void {
    const answer = this.handshake.answerStray(segment);
    this.counters.count(answer === undefined ? "stray reset" : "stray");
    const frame = answer === undefined ? undefined : this.acquire();
    if (answer === undefined || frame === undefined) return;
    strayFields.sourcePort = segment.destinationPort;
    strayFields.destinationPort = segment.sourcePort;
    strayFields.seq = answer.seq;
    strayFields.ack = answer.ack;
    strayFields.flags = answer.flags;
    this.handshake.writeSegment(frame, strayFields, header.destination, header.source, this.#modules.ip.internetChecksum);
    this.counters.count("sent");
    this.#parts.send(frame, header.source, this.#now, { source: header.destination, dontFragment: true });
  }

  #finishEnded(): void {
    while (this.#ended.length > 0) this.#ended.pop()?.finish();
  }
}

const strayFields = blankFields();
/** What IP is told with each segment: one record, read before it is filled in again. Never cut (RFC 1191). */
const ipOptions: { -readonly [Name in keyof SendOptions]: SendOptions[Name] } = { dontFragment: true };
