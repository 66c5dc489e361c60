/**
 * The packet filter of a host, and its address translation. The Internet layer shows it every packet at five places, the *hooks*, and it says what
 * becomes of the packet:
 *
 *          arrives                                                     leaves
 *             │                                                           ▲
 *       ┌─────▼──────┐      is it for us?         ┌─────────┐       ┌─────┴───────┐
 *       │ prerouting ├───▶ the route says ───no──▶│ forward ├──────▶│ postrouting │
 *       └────────────┘           │                └─────────┘       └─────▲───────┘
 *                               yes                                       │
 *                            ┌───▼───┐                               ┌────┴───┐
 *                            │ input │                               │ output │
 *                            └───┬───┘                               └────▲───┘
 *                                ▼            TCP, UDP, ICMP              │
 *
 * Where a hook stands decides what it can do. A destination is changed in prerouting, for behind it nothing but the route is left; a source in
 * postrouting, when it is known which way the packet goes. Rules in between see the addresses as they are at that place.
 *
 * Rules are text (stack/filter/rules.ts), and part of a host's configuration:
 *
 *     const host = Host.bind(modules, {
 *       interfaces: [{ address: "10.44.0.2" }],
 *       filter: `
 *         chain input policy drop
 *           tcp to port 80 allow
 *           icmp echo-request count "pings" allow`,
 *     }, [device]);
 *     host.filter?.list();      // the rules, and what each has counted
 *     host.counters();          // { "filter: pings": 3, "filter: input dropped": 1, … }
 *
 * A router that lets those inside share its one address outside, and leads calls to port 8080 to a server inside:
 *
 *     interfaces: [{ address: "10.44.1.1" }, { address: "192.0.2.1" }],
 *     forwarding: true,
 *     filter: `
 *       chain prerouting
 *         in 1 tcp to 192.0.2.1 port 8080 dnat to 10.44.1.2:80
 *       chain forward policy drop
 *         state established,related allow
 *         in 0 out 1 allow
 *         in 1 tcp to 10.44.1.2 port 80 allow
 *       chain postrouting
 *         out 1 from 10.44.1.0/24 masquerade`
 *
 * Only the first packet of a connection asks `dnat` and `snat` what is to become of it; the others, and the answers, are translated as it was, and in
 * their chain such a rule is then an `allow`. `listConnections(host.filter.connections(now), now)` prints what is remembered.
 *
 * Rules are tried from top to bottom, and the first verdict counts; then the chain's policy. A hook without a chain lets everything pass.
 *
 * A filter sees whole packets only: what arrives in fragments is put together first, for only the first of them has ports. Netfilter does the same.
 */
import type { IpModule, Ipv4Header } from "../contract/ip.ts";
import { Counters } from "../counters.ts";
import type { Frame } from "../wire/frame.ts";
import type { Ipv4Address } from "../wire/ipv4_address.ts";
import { type Connection, ConnectionTable, type KeyedHash, TRACKING_DEFAULTS, type TrackingOptions } from "./connections.ts";
import { matches, Packet } from "./packet.ts";
import { formatRules, type Hook, type PortRange, type RejectReason, type Rule, type RuleSet, type Verdict } from "./rules.ts";
import { advance, isSound, recognize, recognizeAnswer } from "./tracking.ts";
import { bindDestination, bindSource, restoreSource, translateDestination, translateSource } from "./translate.ts";

/** What becomes of a packet, in one word. */
export type Outcome = "allow" | "drop" | RejectReason;

const ALLOW: Verdict = { kind: "allow" };
const DROP: Verdict = { kind: "drop" };
/** Names of counters, so that none is joined per packet. */
const DROPPED: Readonly<Record<Hook, string>> = {
  prerouting: "prerouting dropped",
  input: "input dropped",
  forward: "forward dropped",
  output: "output dropped",
  postrouting: "postrouting dropped",
};

/** What a filter needs from the host. */
export interface FilterParts {
  readonly rules: RuleSet;
  readonly ip: IpModule;
  /** The address of an interface, for masquerade. */
  readonly interfaces: readonly { readonly address: Ipv4Address }[];
  readonly tracking: Partial<TrackingOptions>;
  readonly hash: KeyedHash;
  random(): number;
}

export class Filter {
  readonly counters = new Counters("filter");
  readonly #parts: FilterParts;
  readonly #rules: RuleSet;
  readonly #ip: IpModule;
  readonly #table: ConnectionTable;
  /** Only a filter that asks for states or translates needs to remember anything. */
  readonly #tracks: boolean;
  readonly #arriving = new Packet();
  readonly #leaving = new Packet();

  constructor(parts: FilterParts) {
    this.#parts = parts;
    this.#rules = parts.rules;
    this.#ip = parts.ip;
    this.#table = new ConnectionTable({ ...TRACKING_DEFAULTS, ...parts.tracking }, parts.hash);
    this.#tracks = Object.values(parts.rules).some(({ rules }) => rules.some(remembers));
  }

  /** A packet that has arrived on interface `on`, before anybody asks where it is to go. Gives its header as it is from now on. */
  prerouting(frame: Frame, header: Ipv4Header, on: number, now: number): Ipv4Header | "drop" {
    const packet = this.#arriving;
    packet.read(frame, header, on, -1);
    if (this.#tracks) recognize(packet, this.#table, this.#ip, now);
    const verdict = this.#judge("prerouting", packet);
    if (verdict.kind === "drop") return "drop";
    const { connection } = packet;
    if (verdict.kind === "dnat") {
      if (connection === undefined) return this.#refuse("cannot be translated");
      if (isBeginning(packet, connection)) bindDestination(connection, verdict.address, verdict.port);
    }
    if (connection === undefined || !translateDestination(packet, connection, this.#ip)) return header;
    return { ...header, destination: packet.destination };
  }

  /** The packet that prerouting was shown last is for this host. */
  input(now: number): Outcome {
    const outcome = this.#outcome("input");
    return outcome === "allow" && this.#confirm(this.#arriving, now) === "drop" ? "drop" : outcome;
  }

  /** The packet that prerouting was shown last is to be passed on, by interface `out`. */
  forward(out: number): Outcome {
    this.#arriving.out = out;
    return this.#outcome("forward");
  }

  /** It leaves, having passed `forward`. Gives its header as it is from now on. */
  postrouting(header: Ipv4Header, now: number): Ipv4Header | "drop" {
    return this.#leave(this.#arriving, header, now);
  }

  /**
   * A packet of this host leaves by interface `out`: output, and postrouting right behind it. Gives its header as it is from now on. `isAnswer`: it is about the
   * packet that prerouting was shown last.
   */
  output(frame: Frame, header: Ipv4Header, out: number, now: number, isAnswer: boolean): Ipv4Header | "drop" {
    const packet = this.#leaving;
    packet.read(frame, header, -1, out);
    if (isAnswer && this.#arriving.connection !== undefined) recognizeAnswer(packet, this.#arriving);
    else if (this.#tracks) recognize(packet, this.#table, this.#ip, now);
    return this.#judge("output", packet).kind === "drop" ? "drop" : this.#leave(packet, header, now);
  }

  /** A packet that had left comes back, because nobody took it. Gives its header as it was before it was translated. */
  returned(frame: Frame, header: Ipv4Header, now: number): Ipv4Header {
    const packet = this.#arriving;
    packet.read(frame, header, -1, -1);
    const { protocol, source, sourcePort, destination, destinationPort } = packet;
    const answers = this.#table.find(protocol, destination, destinationPort, source, sourcePort, now);
    if (answers === undefined || packet.isError || header.fragmentOffset > 0) return header;
    packet.connection = answers.connection;
    packet.isReply = !answers.isReply;
    restoreSource(packet, answers, this.#ip);
    return { ...header, source: packet.source };
  }

  /** What this host says next is not about any packet that arrived. */
  forget(): void {
    this.#arriving.connection = undefined;
  }

  /** The rules as they were written, each with the packets and bytes that it has matched. */
  list(): string {
    return formatRules(this.#rules);
  }

  /** The connections that are remembered, as stack/filter/list_connections.ts prints them. */
  connections(now: number): readonly Connection[] {
    return this.#table.list(now);
  }

  #leave(packet: Packet, header: Ipv4Header, now: number): Ipv4Header | "drop" {
    const verdict = this.#judge("postrouting", packet);
    if (verdict.kind === "drop") return "drop";
    const { connection } = packet;
    if (verdict.kind === "snat" || verdict.kind === "masquerade") {
      // A packet of no connection must not get out with an address that nobody out there can answer.
      if (connection === undefined) return this.#refuse("cannot be translated");
      const address = verdict.kind === "snat" ? verdict.address : this.#parts.interfaces[packet.out]?.address ?? packet.source;
      const ports = verdict.kind === "snat" ? verdict.ports : undefined;
      if (isBeginning(packet, connection) && !this.#bindSource(connection, address, ports, now)) return this.#refuse("no port free");
    }
    if (this.#confirm(packet, now) === "drop") return "drop";
    if (connection === undefined || !translateSource(packet, connection, this.#ip)) return header;
    return { ...header, source: packet.source };
  }

  /** The packet has passed all hooks: its connection is remembered. Drops it where that cannot be. */
  #confirm(packet: Packet, now: number): "allow" | "drop" {
    const { connection } = packet;
    if (connection === undefined) return "allow";
    if (connection.isConfirmed) advance(packet, connection, this.#table, now);
    else if (isBeginning(packet, connection)) {
      // Two callers must not look alike to the one who is called: then the second one gets another port, whether a rule says so or not.
      const { protocol, source, sourcePort, destination, destinationPort } = connection.reply;
      const isTaken = this.#table.find(protocol, source, sourcePort, destination, destinationPort, now) !== undefined;
      const mayMove = packet.out !== -1;
      if (isTaken && !(mayMove && this.#bindSource(connection, destination, undefined, now))) return this.#refuse("no port free");
      if (!this.#table.insert(connection, now)) return this.#refuse("too many connections");
    }
    return "allow";
  }

  #bindSource(connection: Connection, address: Ipv4Address, ports: PortRange | undefined, now: number): boolean {
    return bindSource(connection, address, ports, this.#table, this.#parts.random, now);
  }

  /** Asks the rules of a hook, one after the other, and the policy at last. */
  #judge(hook: Hook, packet: Packet): Verdict {
    const chain = this.#rules[hook];
    if (chain === undefined) return ALLOW;
    const { rules } = chain;
    for (let i = 0; i < rules.length; i++) {
      const rule = rules[i] as Rule;
      if (!matches(rule, packet)) continue;
      rule.packets++;
      rule.bytes += packet.length;
      if (rule.counter !== undefined) this.counters.count(rule.counter);
      if (rule.verdict !== undefined) return this.#counted(hook, rule.verdict);
    }
    chain.packets++;
    chain.bytes += packet.length;
    return this.#counted(hook, chain.policy === "allow" ? ALLOW : DROP);
  }

  #outcome(hook: "input" | "forward"): Outcome {
    const verdict = this.#judge(hook, this.#arriving);
    if (verdict.kind !== "reject") return verdict.kind === "drop" ? "drop" : "allow";
    // A closed port would not answer what is no segment, or a damaged one.
    return verdict.reason === "reset" && !isSound(this.#arriving, this.#ip) ? "drop" : verdict.reason;
  }

  #counted(hook: Hook, verdict: Verdict): Verdict {
    if (verdict.kind === "drop" || verdict.kind === "reject") this.counters.count(DROPPED[hook]);
    return verdict;
  }

  #refuse(reason: string): "drop" {
    this.counters.count(reason);
    return "drop";
  }
}

/** A rule that asks for a connection, or makes something of one. */
function remembers({ states, verdict }: Rule): boolean {
  return states !== 0 || verdict?.kind === "dnat" || verdict?.kind === "snat" || verdict?.kind === "masquerade";
}

/** It is the packet with which its connection begins. */
function isBeginning(packet: Packet, connection: Connection): boolean {
  return !connection.isConfirmed && !packet.isReply && !packet.isError;
}
