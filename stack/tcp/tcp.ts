/**
 * TCP of a host: which connection a segment belongs to, how connections are made, and when they are called again. What a connection
 * does with a segment is `connection.ts`; every decision is a lab's.
 *
 *     segment → parse (04) → table (07) → connection | listening socket | answer to a stray
 */
import type { ConnectionTable, Ports } from "../contract/accept.ts";
import type { BuffersModule } from "../contract/buffers.ts";
import type { HandshakeModule, SegmentFields, StrayAnswer } from "../contract/handshake.ts";
import type { Ipv4Header } from "../contract/ip.ts";
import type { StatesModule } from "../contract/states.ts";
import type { Segment, Tcb, TcpEvent, TcpState } from "../contract/tcb.ts";
import { Counters } from "../counters.ts";
import type { SendOptions } from "../internet.ts";
import type { PacketError } from "../packet_error.ts";
import type { Frame } from "../wire/frame.ts";
import { type Seq, seq, seqAdd, seqUpTo } from "../wire/seq.ts";
import { formatIpv4Address, type Ipv4Address, UNSPECIFIED } from "../wire/ipv4_address.ts";
import { createKeyedHash } from "../wire/siphash.ts";
import type { CreateCongestionControl } from "./congestion_control.ts";
import { bindError } from "./bind_error.ts";
import { Connection } from "./connection.ts";
import type { ConnectionContext } from "./context.ts";
import { checkedByDevice, countSegmentsIn, isTakenWhole, leftToDevice, MOST_TEXT, takeApart } from "./offload.ts";
import type { ConnectionOptions } from "./options.ts";
import type { TcpModules, TcpParts } from "./parts.ts";
import { Listener, MAX_BACKLOG } from "./listener.ts";
import { writeAnswer } from "./answer.ts";
import { SynCookies } from "./syn_cookies.ts";
import { bindCongestion } from "./congestion.ts";
import { createPlainWindow } from "./plain_window.ts";
import { ACK, SYN } from "../wire/tcp_flags.ts";
import { createTcb, type Ends } from "./tcb.ts";
import { portFor } from "./shared_port.ts";
import { type Timed, TimerHeap } from "./timer_heap.ts";

/** Protocol number of TCP. */
export const PROTOCOL_TCP = 6;

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
  readonly #cookies: SynCookies | undefined;
  /** What is being said now was said already, by a cookie. */
  #isMute = false;
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
    this.ports = modules.accept.createPorts({ ...options, random });
    this.table = modules.accept.createConnectionTable();
    this.#challenges = modules.states.createChallengeLimit(options.challengeLimit, options.challengeInterval);
    const word = (): number => Math.floor(random() * 0x1_0000_0000);
    this.#hash = createKeyedHash([word(), word(), word(), word()]);
    if (options.synCookies) this.#cookies = new SynCookies(createKeyedHash([word(), word(), word(), word()]));
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
      return waits ? undefined : connection.arrives(segment, frame, now);
    }
    const verdict = listener === undefined ? "reset" : this.handshake.listenArrives(segment);
    if (verdict === "open" && listener !== undefined) this.#openFor(listener, segment, header, connection);
    else if (verdict === "reset" && !this.#openByCookie(listener, segment, header, frame)) this.#answerStray(segment, header);
    else this.counters.count("not for a listener");
  }

  /** There is an error about a segment of ours, of whose header `frame` has ports and number, at least: it is for the connection it was from (MUST-54). */
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
    const names = { localAddress: address, remoteAddress: remote.address, remotePort: remote.port };
    const port = local.isBound === true ? wanted : portFor(names, wanted, reuse, this, this.#parts);
    if (local.isBound === true) this.ports.share(address, port, reuse);
    const defaults = this.connectionDefaults;
    const all = options === undefined || options === defaults ? defaults : { ...defaults, ...options };
    const connection = this.#create({ ...names, localPort: port }, route.mtu, all);
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
    if (typeof bound !== "number") throw bindError(address, port, bound);
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
    return this.#isMute ? undefined : this.#parts.acquire(text);
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
    if (route === undefined || !this.#admits(listener)) {
      const getsCookie = this.#cookies !== undefined && previous === undefined && this.#hasRoom(listener);
      this.counters.count(getsCookie ? "cookie sent" : "listen queue full");
      return route === undefined || !getsCookie ? undefined : this.#sendCookie(segment, header, route.mtu);
    }
    const connection = this.#createFor(listener, segment, header, route.mtu, previous);
    let iss = this.#chooseIss(connection.tcb);
    // RFC 9293 §3.6.1: beyond all that the connection before it has used.
    if (previous !== undefined && seqUpTo(iss, previous.tcb.sndNxt)) iss = seqAdd(previous.tcb.sndNxt, 1);
    connection.open(iss, segment);
  }

  #sendCookie(segment: Segment, header: Ipv4Header, mtu: number): void {
    const seq = this.#cookies?.make(segment, header, this.#now) as Seq;
    const syn = { mss: mtu - 40, window: Math.min(this.connectionDefaults.receiveBuffer, 0xffff) };
    this.#answer(segment, header, { flags: SYN | ACK, seq, ack: seqAdd(segment.seq, segment.length) }, syn);
  }

  /** An ACK for a listening socket: of a cookie, perhaps. False: it was none. While there is no room, it is not heard. */
  #openByCookie(listener: Listener | undefined, segment: Segment, header: Ipv4Header, frame: Frame): boolean {
    const syn = listener === undefined ? undefined : this.#cookies?.recognize(segment, header, this.#now);
    if (syn === undefined || listener === undefined) return false;
    const route = this.#hasRoom(listener) ? this.#parts.routeTo(header.source) : undefined;
    this.counters.count(route === undefined ? "accept queue full" : "cookie came back");
    if (route === undefined) return true;
    const connection = this.#createFor(listener, syn, header, route.mtu);
    this.#isMute = true;
    connection.open(seqAdd(segment.ack, -1), syn);
    this.#isMute = false;
    connection.arrives(segment, frame, this.#now);
    return true;
  }

  /** A connection for `syn`, in LISTEN. */
  #createFor(listener: Listener, syn: Segment, header: Ipv4Header, mtu: number, previous?: Connection): Connection {
    previous?.event("time-wait over");
    const { source, destination } = header, { sourcePort, destinationPort } = syn;
    const ends = { localAddress: destination, localPort: destinationPort, remoteAddress: source, remotePort: sourcePort };
    const connection = this.#create(ends, mtu, listener.options ?? this.connectionDefaults);
    connection.owner = listener;
    this.ports.share(destination, destinationPort, listener.reuse);
    connection.tcb.passive = true;
    connection.event("passive open");
    this.table.add(destination, destinationPort, source, sourcePort, connection);
    listener.queue.halfOpen(connection);
    return connection;
  }

  /** Whether one more connection may be made, and accepted. */
  #hasRoom(listener: Listener): boolean {
    return this.table.size() < this.#parts.options.maxConnections && listener.queue.acceptCount() < listener.backlog;
  }

  /** Whether one more connection may be half-open: in a full queue, in the place of one that has been so for long. */
  #admits(listener: Listener): boolean {
    if (this.table.size() >= this.#parts.options.maxConnections) return false;
    if (listener.queue.admits()) return true;
    const givesWay = listener.findGivesWay(this.#now, this.#parts.options.halfOpenGrace);
    if (givesWay !== undefined) this.counters.count("half-open given up");
    givesWay?.event("timeout"); // without a RST: most likely nobody ever called from there (RFC 4987 §3.4)
    return listener.queue.admits();
  }

  #create(ends: Ends, mtu: number, options: ConnectionOptions): Connection {
    const { receiveBuffer, maxSegment } = options;
    const start = { ...ends, mss: Math.min(mtu - 40, maxSegment || Infinity), receiveBuffer, offers: this.#parts.options };
    return new Connection(createTcb(start), this, options);
  }

  #chooseIss(tcb: Tcb): ReturnType<HandshakeModule["chooseIss"]> {
    return this.handshake.chooseIss(tcb.localAddress, tcb.localPort, tcb.remoteAddress, tcb.remotePort, this.#now, this.#hash);
  }

  /** A segment that belongs to nobody: its sender learns that there is no connection (RFC 9293 §3.10.7.1). */
  #answerStray(segment: Segment, header: Ipv4Header): void {
    const answer = this.handshake.answerStray(segment);
    this.counters.count(answer === undefined ? "stray reset" : "stray");
    if (answer !== undefined) this.#answer(segment, header, answer);
  }

  #answer(segment: Segment, header: Ipv4Header, answer: StrayAnswer, syn = { mss: 0, window: 0 }): void {
    const frame = this.acquire();
    if (frame === undefined) return;
    writeAnswer(frame, segment, header, answer, syn, this.handshake, this.#modules.ip.internetChecksum);
    this.counters.count("sent");
    this.#parts.send(frame, header.source, this.#now, { source: header.destination, dontFragment: true });
  }

  #finishEnded(): void {
    while (this.#ended.length > 0) this.#ended.pop()?.finish();
  }
}

/** What IP is told with each segment: one record, read before it is filled in again. Never cut (RFC 1191). */
const ipOptions: { -readonly [Name in keyof SendOptions]: SendOptions[Name] } = { dontFragment: true };
