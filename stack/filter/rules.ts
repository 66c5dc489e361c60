/**
 * The rules of a packet filter, as data. A student who has seen nftables will know most of it: a chain for each of the five places where a
 * packet can be looked at, in it rules that are tried from top to bottom, and a policy for what no rule decides.
 *
 *     # What may come in.
 *     chain input policy drop
 *       state established,related allow
 *       icmp echo-request count "pings" allow
 *       tcp to port 80,8000-8080 allow
 *       from 10.44.0.0/24 tcp to port 22 reject with reset
 *
 *     chain prerouting
 *       in 0 tcp to 192.0.2.1 port 8080 dnat to 10.44.1.2:80
 *
 *     chain postrouting
 *       out 0 from 10.44.1.0/24 masquerade
 *
 * One rule a line. First what it matches, in any order, and all of it must be true:
 *
 *     tcp | udp | icmp [TYPE] | protocol N       the type by name (echo-request) or number
 *     from | to  ADDRESS[/LENGTH] [port PORTS]   where it comes from, where it goes; "from port 53", too
 *     in N | out N                               the interface, by its place in the configuration
 *     flags syn,!ack                             TCP: these are set, those with "!" are not
 *     state new,established,related,invalid      what the filter remembers of it: stack/filter/tracking.ts
 *
 * Then what is done. `count`, with a name if you like, goes on with the next rule unless one of the others stands behind it:
 *
 *     allow                                      it passes this chain
 *     drop                                       it is gone, and nobody is told
 *     reject [with REASON]                       its sender is told (input and forward). port-unreachable, unless another is named:
 *                                                net-unreachable, host-unreachable, admin-prohibited, or reset, for TCP
 *     dnat to ADDRESS[:PORT]                     from now on it is for somebody else (prerouting)
 *     snat to ADDRESS[:PORT[-PORT]]              from now on it is from somebody else (postrouting)
 *     masquerade                                 the same, with the address of the interface on which it leaves
 *
 * Every rule counts the packets and bytes that came to it and matched.
 */
import type { Ipv4Address } from "../wire/ipv4_address.ts";

/** The places where a packet is looked at: stack/filter/filter.ts has the picture. */
export type Hook = "prerouting" | "input" | "forward" | "output" | "postrouting";

export const HOOKS: readonly Hook[] = ["prerouting", "input", "forward", "output", "postrouting"];

/** What the filter remembers of a packet's connection, as bits, so that a rule can ask for several at once. */
export const STATES = { new: 1, established: 2, related: 4, invalid: 8 } as const;

/** How a sender is told: the codes of ICMP's "destination unreachable" (RFC 792, RFC 1812 §5.2.7.1). */
export const REJECT_CODES = { "net-unreachable": 0, "host-unreachable": 1, "port-unreachable": 3, "admin-prohibited": 13 } as const;

/** One of these, or TCP's own way. */
export type RejectReason = keyof typeof REJECT_CODES | "reset";

/** Ports from `first` to `last`, both included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** One side of a packet: any address of a net, any of these ports. Length 0 is every address, an empty list every port. */
export interface Side {
  readonly network: Ipv4Address;
  readonly prefixLength: number;
  readonly ports: readonly PortRange[];
}

/** What is done with a packet. No port, no ports: as it was. */
export type Verdict =
  | { readonly kind: "allow" | "drop" | "masquerade" }
  | { readonly kind: "reject"; readonly reason: RejectReason }
  | { readonly kind: "dnat"; readonly address: Ipv4Address; readonly port: number | undefined }
  | { readonly kind: "snat"; readonly address: Ipv4Address; readonly ports: PortRange | undefined };

/** One rule. -1, or no bits: it does not ask. */
export interface Rule {
  /** Its words, with one blank between them. */
  readonly text: string;
  readonly line: number;
  readonly protocol: number;
  readonly icmpType: number;
  readonly from: Side;
  readonly to: Side;
  readonly in: number;
  readonly out: number;
  /** Of the bits in `flagsMask` those in `flags` are set, and no others. */
  readonly flags: number;
  readonly flagsMask: number;
  /** Any of these bits of `STATES`. */
  readonly states: number;
  /** The name that `count` gave it. */
  readonly counter: string | undefined;
  /** Left out: the next rule decides. */
  readonly verdict: Verdict | undefined;
  /** What has matched so far. */
  packets: number;
  bytes: number;
}

/** The rules of one hook. */
export interface Chain {
  readonly hook: Hook;
  readonly policy: "allow" | "drop";
  readonly rules: readonly Rule[];
  /** What no rule decided, so far. */
  packets: number;
  bytes: number;
}

/** All rules of a host. A hook without a chain lets everything pass. */
export type RuleSet = { readonly [hook in Hook]?: Chain };

/** A rule that is none. The message is "FILE:LINE:COLUMN: a sentence"; lines and columns count from 1. */
export class RuleError extends Error {
  override readonly name = "RuleError";
  readonly line: number;
  readonly column: number;

  constructor(file: string, line: number, column: number, sentence: string) {
    super(`${file}:${line}:${column}: ${sentence}`);
    this.line = line;
    this.column = column;
  }
}

/** The rules as they were written, each with what it has counted. It can be read again: the counts are comments. */
export function formatRules(rules: RuleSet): string {
  const lines: (readonly [text: string, count: string])[] = [];
  for (const hook of HOOKS) {
    const chain = rules[hook];
    if (chain === undefined) continue;
    lines.push([`chain ${hook} policy ${chain.policy}`, amount(chain.packets, chain.bytes)]);
    for (const { text, packets, bytes } of chain.rules) lines.push([`  ${text}`, amount(packets, bytes)]);
  }
  const width = lines.reduce((most, [text]) => Math.max(most, text.length), 0);
  return lines.map(([text, count]) => `${text.padEnd(width)}  # ${count}\n`).join("");
}

function amount(packets: number, bytes: number): string {
  return `${packets} ${packets === 1 ? "packet" : "packets"}, ${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
}
