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
 * Rules are tried from top to bottom, and the first verdict counts; then the chain's policy. A hook without a chain lets everything pass.
 *
 * A filter sees whole packets only: what arrives in fragments is put together first, for only the first of them has ports. Netfilter does the same.
 */
import type { Ipv4Header } from "../contract/ip.ts";
import { Counters } from "../counters.ts";
import type { Frame } from "../wire/frame.ts";
import { matches, Packet } from "./packet.ts";
import { formatRules, type Hook, type RejectReason, type Rule, type RuleSet, type Verdict } from "./rules.ts";

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

export class Filter {
  readonly counters = new Counters("filter");
  readonly #rules: RuleSet;
  readonly #arriving = new Packet();
  readonly #leaving = new Packet();

  constructor(rules: RuleSet) {
    this.#rules = rules;
  }

  /** A packet that has arrived on interface `on`, before anybody asks where it is to go. Gives its header as it is from now on. */
  prerouting(frame: Frame, header: Ipv4Header, on: number, _now: number): Ipv4Header | "drop" {
    const packet = this.#arriving;
    packet.read(frame, header, on, -1);
    return this.#judge("prerouting", packet).kind === "drop" ? "drop" : header;
  }

  /** The packet that prerouting was shown last is for this host. */
  input(_now: number): Outcome {
    return this.#outcome("input");
  }

  /** The packet that prerouting was shown last is to be passed on, by interface `out`. */
  forward(out: number, _now: number): Outcome {
    this.#arriving.out = out;
    return this.#outcome("forward");
  }

  /** It leaves, having passed `forward`. Gives its header as it is from now on. */
  postrouting(header: Ipv4Header, _now: number): Ipv4Header | "drop" {
    return this.#judge("postrouting", this.#arriving).kind === "drop" ? "drop" : header;
  }

  /** A packet of this host leaves by interface `out`: output, and postrouting right behind it. Gives its header as it is from now on. */
  output(frame: Frame, header: Ipv4Header, out: number, _now: number, _isAnswer: boolean): Ipv4Header | "drop" {
    const packet = this.#leaving;
    packet.read(frame, header, -1, out);
    if (this.#judge("output", packet).kind === "drop") return "drop";
    return this.#judge("postrouting", packet).kind === "drop" ? "drop" : header;
  }

  /** The rules as they were written, each with the packets and bytes that it has matched. */
  list(): string {
    return formatRules(this.#rules);
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
    // There is nothing to answer in a segment without a whole header.
    return verdict.reason === "reset" && !this.#arriving.isComplete ? "drop" : verdict.reason;
  }

  #counted(hook: Hook, verdict: Verdict): Verdict {
    if (verdict.kind === "drop" || verdict.kind === "reject") this.counters.count(DROPPED[hook]);
    return verdict;
  }
}
