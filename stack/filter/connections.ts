/**
 * The table of a filter's connections: everything that two ends say to one another, found by the addresses of either direction.
 *
 * A connection has two *tuples*. One is how packets of the caller look when they arrive here, the other how those of the one who was called do. Without
 * translation they mirror each other; with it they do not, and that difference *is* the translation:
 *
 *     original   10.44.1.2:40000 > 198.51.100.7:80       as the client sends it
 *     reply      198.51.100.7:80 > 192.0.2.1:40000       as the answer comes, to the router's address
 *
 * A packet that fits one tuple leaves as the mirror of the other (stack/filter/translate.ts).
 *
 * The table is bounded. What nobody has answered, what is over, and what only asks (a ping) gives way to a newcomer, nearest to its end first; what two ends
 * agreed on never does, and when there is nothing else, the newcomer has to go without. No timer runs: what is overdue is forgotten when
 * somebody comes upon it, or when another connection begins.
 */
import type { Ipv4Address } from "../wire/ipv4_address.ts";
import type { Packet } from "./packet.ts";

/** How packets of one direction look. `protocol` and ports as in `Packet`. */
export interface Tuple {
  readonly connection: Connection;
  readonly isReply: boolean;
  readonly protocol: number;
  source: Ipv4Address;
  sourcePort: number;
  destination: Ipv4Address;
  destinationPort: number;
  /** The next with the same hash. */
  next: Tuple | undefined;
}

/** How far a connection is, as far as its time to live depends on it. */
export type Phase = "query" | "opening" | "closing" | "unanswered" | "answered" | "established";

/** Milliseconds without a packet after which a connection is forgotten, and how many there may be. */
export interface TrackingOptions {
  /** Connections at most; default 16,384. */
  readonly maxConnections: number;
  /** TCP, between handshake and FINs: at least 2 hours and 4 minutes (RFC 5382 §5 REQ-5), which is the default. */
  readonly established: number;
  /** TCP before and after that: at least 4 minutes (the same), which is the default. */
  readonly transitory: number;
  /** UDP that was answered: 5 minutes are recommended (RFC 4787 §4.3 REQ-5), and the default. All other protocols, too. */
  readonly answered: number;
  /** UDP that was not: at least 2 minutes (the same), which is the default. */
  readonly unanswered: number;
  /** ICMP queries: at least 60 seconds (RFC 5508 §3.2 REQ-2), which is the default. */
  readonly query: number;
}

export const TRACKING_DEFAULTS: TrackingOptions = {
  maxConnections: 16_384,
  established: 7_440_000,
  transitory: 240_000,
  answered: 300_000,
  unanswered: 120_000,
  query: 60_000,
};

const PHASES: readonly Phase[] = ["query", "opening", "closing", "unanswered", "answered", "established"];
/** What may be forgotten before its time. */
const WEAK: readonly Phase[] = ["query", "opening", "closing", "unanswered"];

export class Connection {
  readonly original: Tuple;
  readonly reply: Tuple;
  phase: Phase;
  /** The one that was called has said something. */
  isAnswered = false;
  /** Who has sent a FIN: 1 the caller, 2 the other. */
  fins = 0;
  /** When it is forgotten. */
  deadline = 0;
  /** It is in the table: its first packet has passed all hooks. */
  isConfirmed = false;

  /** The connection that `packet` begins, as yet without translation. */
  constructor(packet: Packet, phase: Phase) {
    const { protocol, source, sourcePort, destination, destinationPort } = packet;
    this.phase = phase;
    this.original = { connection: this, isReply: false, protocol, source, sourcePort, destination, destinationPort, next: undefined };
    this.reply = {
      connection: this,
      isReply: true,
      protocol,
      source: destination,
      sourcePort: destinationPort,
      destination: source,
      destinationPort: sourcePort,
      next: undefined,
    };
  }
}

/** A hash with a secret: strangers choose ports, and must not choose where in the table they lie. */
export type KeyedHash = (a: number, b: number, c: number, d: number) => number;

export class ConnectionTable {
  readonly #options: TrackingOptions;
  readonly #hash: KeyedHash;
  readonly #tuples = new Map<number, Tuple>();
  /** Connections by phase. In one phase all live equally long, so the one that was quiet longest is the first. */
  readonly #phases = new Map<Phase, Set<Connection>>(PHASES.map((phase) => [phase, new Set<Connection>()]));
  #size = 0;

  constructor(options: TrackingOptions, hash: KeyedHash) {
    this.#options = options;
    this.#hash = hash;
  }

  /** Connections in the table, those included that are overdue and that nobody has come upon. */
  get size(): number {
    return this.#size;
  }

  /** The tuple that packets with these addresses fit. */
  find(
    protocol: number,
    source: Ipv4Address,
    sourcePort: number,
    destination: Ipv4Address,
    destinationPort: number,
    now: number,
  ): Tuple | undefined {
    for (let tuple = this.#tuples.get(this.#key(protocol, source, sourcePort, destination, destinationPort)); tuple; tuple = tuple.next) {
      if (
        tuple.source === source && tuple.sourcePort === sourcePort && tuple.destination === destination &&
        tuple.destinationPort === destinationPort && tuple.protocol === protocol
      ) {
        if (tuple.connection.deadline > now) return tuple;
        this.#remove(tuple.connection);
        return undefined;
      }
    }
    return undefined;
  }

  /** Takes a new connection in. False, when the table is full of better ones. */
  insert(connection: Connection, now: number): boolean {
    this.#forgetOverdue(now);
    if (this.#size >= this.#options.maxConnections) {
      const weakest = this.#weakest();
      if (weakest === undefined) return false;
      this.#remove(weakest);
    }
    this.#link(connection.original);
    this.#link(connection.reply);
    connection.isConfirmed = true;
    this.#size++;
    this.touch(connection, connection.phase, now);
    return true;
  }

  /** The connection was heard of, and is in `phase` now. */
  touch(connection: Connection, phase: Phase, now: number): void {
    this.#phases.get(connection.phase)?.delete(connection);
    connection.phase = phase;
    connection.deadline = now + this.#timeout(phase);
    this.#phases.get(phase)?.add(connection);
  }

  /** All that are not overdue, those with the longest time before them last. */
  list(now: number): Connection[] {
    const all = [...this.#phases.values()].flatMap((set) => [...set]).filter(({ deadline }) => deadline > now);
    return all.sort((one, other) => one.deadline - other.deadline);
  }

  #timeout(phase: Phase): number {
    return phase === "opening" || phase === "closing" ? this.#options.transitory : this.#options[phase];
  }

  #forgetOverdue(now: number): void {
    for (const set of this.#phases.values()) {
      for (const connection of set) {
        if (connection.deadline > now) break;
        this.#remove(connection);
      }
    }
  }

  #weakest(): Connection | undefined {
    let weakest: Connection | undefined;
    for (const phase of WEAK) {
      const [oldest] = this.#phases.get(phase) ?? [];
      if (oldest !== undefined && (weakest === undefined || oldest.deadline < weakest.deadline)) weakest = oldest;
    }
    return weakest;
  }

  #remove(connection: Connection): void {
    this.#unlink(connection.original);
    this.#unlink(connection.reply);
    this.#phases.get(connection.phase)?.delete(connection);
    connection.isConfirmed = false;
    this.#size--;
  }

  #link(tuple: Tuple): void {
    const key = this.#keyOf(tuple);
    tuple.next = this.#tuples.get(key);
    this.#tuples.set(key, tuple);
  }

  #unlink(tuple: Tuple): void {
    const key = this.#keyOf(tuple);
    const first = this.#tuples.get(key);
    if (first === tuple) {
      if (tuple.next === undefined) this.#tuples.delete(key);
      else this.#tuples.set(key, tuple.next);
      return;
    }
    for (let before = first; before !== undefined; before = before.next) {
      if (before.next === tuple) before.next = tuple.next;
    }
  }

  #keyOf({ protocol, source, sourcePort, destination, destinationPort }: Tuple): number {
    return this.#key(protocol, source, sourcePort, destination, destinationPort);
  }

  #key(protocol: number, source: Ipv4Address, sourcePort: number, destination: Ipv4Address, destinationPort: number): number {
    return this.#hash(source, destination, sourcePort << 16 ^ destinationPort, protocol);
  }
}
