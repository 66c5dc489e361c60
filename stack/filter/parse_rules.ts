/**
 * Reads the rules of stack/filter/rules.ts. What is no rule is a RuleError that says where, in one sentence; nothing else is ever thrown.
 */
import { formatIpv4Address, type Ipv4Address, networkOf, parseIpv4Address } from "../wire/ipv4_address.ts";
import { ACK, FIN, PSH, RST, SYN, URG } from "../wire/tcp_flags.ts";
import { numberIn, quote, RuleWords, type Word } from "./rule_words.ts";
import { type Chain, type Hook, HOOKS, type PortRange, REJECT_CODES, type Rule, type RuleSet, type Side, STATES } from "./rules.ts";
import type { Verdict } from "./rules.ts";

/** Where rules come from, and what they may speak of. */
export interface RuleSource {
  /** What errors call it; default "rules". */
  readonly file?: string;
  /** Interfaces of the host; default 256. */
  readonly interfaces?: number;
}

/** The most rules of one host. */
export const MOST_RULES = 1000;

const ICMP = 1, TCP = 6, UDP = 17;
const FLAGS: Readonly<Record<string, number>> = { fin: FIN, syn: SYN, rst: RST, psh: PSH, ack: ACK, urg: URG };
const ICMP_TYPES: Readonly<Record<string, number>> = {
  "echo-reply": 0,
  "destination-unreachable": 3,
  "redirect": 5,
  "echo-request": 8,
  "time-exceeded": 11,
  "parameter-problem": 12,
  "timestamp-request": 13,
  "timestamp-reply": 14,
};
const REASONS = [...Object.keys(REJECT_CODES) as (keyof typeof REJECT_CODES)[], "reset"] as const;

/** Words of other filters, and what they are called here. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ["accept", "allow"],
  ["deny", "drop"],
  ["counter", "count"],
  ["saddr", "from"],
  ["daddr", "to"],
  ["sport", "from port"],
  ["dport", "to port"],
  ["iif", "in"],
  ["oif", "out"],
  ["port", "from port, or to port"],
  ["syn", "flags syn"],
]);

/** Words that only make sense in some chains, and why. */
const PLACES: ReadonlyMap<string, readonly [hooks: readonly Hook[], why: string]> = new Map([
  ["in", [["prerouting", "input", "forward"], "in the others a packet may come from this host itself"]],
  ["out", [["forward", "output", "postrouting"], "in the others nobody knows yet where a packet goes"]],
  ["reject", [["input", "forward"], "in the others a packet can only be dropped"]],
  ["dnat", [["prerouting"], "a destination is changed before its route is looked up"]],
  ["snat", [["postrouting"], "a source is changed when the route is known"]],
  ["masquerade", [["postrouting"], "a source is changed when the route is known"]],
]);

const ANYWHERE: Side = { network: 0 as Ipv4Address, prefixLength: 0, ports: [] };

/** A chain that is being read. */
type OpenChain = Chain & { readonly rules: Rule[] };

/** Reads a text. Throws a RuleError. */
export function parseRules(text: string, source: RuleSource = {}): RuleSet {
  const { file = "rules", interfaces = 256 } = source;
  const chains: { [hook in Hook]?: Chain } = {};
  let chain: OpenChain | undefined;
  let count = 0;
  for (const [index, content] of text.split("\n").entries()) {
    const words: RuleWords = new RuleWords(file, index + 1, content); // its type, so that `fail` is known to end it
    const first = words.peek();
    if (first === undefined) continue;
    if (first.text === "chain") {
      chain = readChain(words);
      if (chains[chain.hook] !== undefined) words.fail(`The chain ${chain.hook} has been there already: it can be written once`, first);
      chains[chain.hook] = chain;
    } else {
      if (chain === undefined) words.fail('A rule belongs to a chain: begin with one, as in "chain input policy drop"', first);
      if (++count > MOST_RULES) words.fail(`A host has ${MOST_RULES} rules at most, and this is one more`, first);
      chain.rules.push(new RuleReader(words, chain.hook, interfaces).read());
    }
  }
  return chains;
}

function readChain(words: RuleWords): OpenChain {
  words.takes("chain");
  const hook = words.oneOf(HOOKS, "a chain");
  const hasPolicy = words.peek() !== undefined;
  if (hasPolicy) words.oneOf(["policy"] as const, "what may follow");
  const policy = hasPolicy ? words.oneOf(["allow", "drop"] as const, "a policy") : "allow";
  const more = words.peek();
  if (more !== undefined) words.fail(`A rule has a line of its own, and ${quote(more.text)} stands behind the chain`, more);
  return { hook, policy, rules: [], packets: 0, bytes: 0 };
}

/** Reads one rule. What is found so far is in its fields. */
class RuleReader {
  readonly #words: RuleWords;
  readonly #hook: Hook;
  readonly #interfaces: number;
  readonly #seen = new Set<string>();
  /** The first word that asks for a port, or for something of TCP alone. */
  #needsPorts: Word | undefined;
  #needsTcp: Word | undefined;
  #protocol = -1;
  #icmpType = -1;
  #from = ANYWHERE;
  #to = ANYWHERE;
  #in = -1;
  #out = -1;
  #flags = 0;
  #flagsMask = 0;
  #states = 0;
  #counter: string | undefined;
  #verdict: Verdict | undefined;

  constructor(words: RuleWords, hook: Hook, interfaces: number) {
    this.#words = words;
    this.#hook = hook;
    this.#interfaces = interfaces;
  }

  read(): Rule {
    const words = this.#words;
    for (let word = words.peek(); word !== undefined; word = words.peek()) {
      if (this.#verdict !== undefined) words.fail(`The rule is decided, and ${quote(word.text)} stands behind it`, word);
      if (this.#seen.has("count") && !VERDICTS.has(word.text)) {
        words.fail(`${quote(word.text)} stands behind count: only a verdict does`, word);
      }
      this.#take(words.next(""));
    }
    if (this.#verdict === undefined && !this.#seen.has("count")) {
      words.fail(`The rule does nothing: end it with ${[...VERDICTS].join(", ")} or count`);
    }
    if (this.#needsPorts !== undefined && this.#protocol !== TCP && this.#protocol !== UDP) {
      words.fail("Only tcp and udp have ports: name one of them in this rule", this.#needsPorts);
    }
    if (this.#needsTcp !== undefined && this.#protocol !== TCP) {
      words.fail(`Only tcp has that: name it in this rule, which says ${quote(this.#needsTcp.text)}`, this.#needsTcp);
    }
    return {
      text: words.text,
      line: words.line,
      protocol: this.#protocol,
      icmpType: this.#icmpType,
      from: this.#from,
      to: this.#to,
      in: this.#in,
      out: this.#out,
      flags: this.#flags,
      flagsMask: this.#flagsMask,
      states: this.#states,
      counter: this.#counter,
      verdict: this.#verdict,
      packets: 0,
      bytes: 0,
    };
  }

  /** One match or verdict, of which `word` is the first word. */
  #take(word: Word): void {
    const words = this.#words;
    const kind = PROTOCOL_WORDS.has(word.text) ? "protocol" : word.text;
    if (this.#seen.has(kind)) words.fail(`The rule says ${quote(kind)} twice`, word);
    this.#seen.add(kind);
    const [hooks, why] = PLACES.get(kind) ?? [HOOKS, ""];
    if (!hooks.includes(this.#hook)) words.fail(`${quote(kind)} is for ${hooks.join(", ")}, and this is ${this.#hook}: ${why}`, word);
    switch (kind) {
      case "protocol":
        return this.#takeProtocol(word);
      case "from":
        return void (this.#from = this.#side(word));
      case "to":
        return void (this.#to = this.#side(word));
      case "in":
        return void (this.#in = words.number(this.#interfaces - 1, "the number of an interface"));
      case "out":
        return void (this.#out = words.number(this.#interfaces - 1, "the number of an interface"));
      case "flags":
        this.#needsTcp ??= word;
        return void words.list(() => this.#takeFlag());
      case "state":
        return void words.list(() => this.#states |= STATES[words.oneOf(Object.keys(STATES) as (keyof typeof STATES)[], "a state")]);
      case "count":
        if (words.peek()?.text.startsWith('"')) this.#counter = this.#name(words.next(""));
        return;
      default:
        return void (this.#verdict = this.#verdictOf(word));
    }
  }

  #takeProtocol(word: Word): void {
    const words = this.#words;
    this.#protocol = word.text === "protocol"
      ? words.number(255, "a protocol's number")
      : { icmp: ICMP, tcp: TCP, udp: UDP }[word.text] as number;
    const type = words.peek()?.text;
    if (word.text !== "icmp" || type === undefined) return;
    const number = Object.hasOwn(ICMP_TYPES, type) ? ICMP_TYPES[type] : numberIn(type, 255);
    if (number === undefined) return; // the next word is something else
    words.next("");
    this.#icmpType = number;
  }

  /** What stands behind "from" or "to": an address, a net, ports, or both. */
  #side(word: Word): Side {
    const words = this.#words;
    const first = words.peek();
    const net = first !== undefined && first.text !== "port" ? this.#net(words.next("")) : ANYWHERE;
    if (first === undefined) words.fail(`The line ends, and behind ${word.text} an address or a port is missing`);
    const port = words.peek();
    if (!words.takes("port")) return net;
    this.#needsPorts ??= port;
    return { ...net, ports: words.list(() => this.#ports(words.next("a port"))) };
  }

  #net(word: Word): Side {
    const [text = "", lengthText = "32", ...more] = word.text.split("/");
    const prefixLength = numberIn(lengthText, 32);
    if (prefixLength === undefined || more.length > 0) this.#words.fail(`${quote(word.text)} is not a net: its length is 0 to 32`, word);
    const address = this.#address(text, word);
    const network = networkOf(address, prefixLength);
    if (network !== address) {
      this.#words.fail(`${word.text} is an address in the net ${formatIpv4Address(network)}/${prefixLength}: write the net`, word);
    }
    return { network, prefixLength, ports: [] };
  }

  #address(text: string, word: Word): Ipv4Address {
    try {
      return parseIpv4Address(text);
    } catch {
      this.#words.fail(`${quote(text)} is not an address, as 10.44.0.2 is one`, word);
    }
  }

  /** "80", or "8000-8080". */
  #ports(word: Word): PortRange {
    return rangeIn(word.text) ?? this.#words.fail(`${quote(word.text)} is not a port: 0 to 65535, or two with "-" between them`, word);
  }

  #takeFlag(): void {
    const word = this.#words.next("a flag");
    const name = word.text.replace(/^!/, "");
    const bit = Object.hasOwn(FLAGS, name) ? FLAGS[name] as number : 0;
    if (bit === 0) this.#words.fail(`${quote(name)} is not a flag: ${Object.keys(FLAGS).join(", ")}`, word);
    if (this.#flagsMask & bit) this.#words.fail(`The rule says ${quote(name)} twice`, word);
    this.#flagsMask |= bit;
    if (name === word.text) this.#flags |= bit;
  }

  #name(word: Word): string {
    const [, name] = /^"([ -~]{1,40})"$/.exec(word.text) ?? [];
    return name ?? this.#words.fail("A counter's name is 1 to 40 letters, digits and signs between two quotation marks", word);
  }

  #verdictOf(word: Word): Verdict {
    const words = this.#words;
    switch (word.text) {
      case "allow":
      case "drop":
      case "masquerade":
        return { kind: word.text };
      case "reject": {
        if (!words.takes("with")) return { kind: "reject", reason: "port-unreachable" };
        const at = words.peek();
        const reason = words.oneOf(REASONS, "a reason");
        if (reason === "reset") this.#needsTcp ??= at;
        return { kind: "reject", reason };
      }
      case "dnat": {
        const { address, ports } = this.#target(word);
        if (ports !== undefined && ports.first !== ports.last) words.fail("dnat goes to one port, and not to several", word);
        return { kind: "dnat", address, port: ports?.first };
      }
      case "snat":
        return { kind: "snat", ...this.#target(word) };
      default: {
        const ours = ELSEWHERE.get(word.text);
        return words.fail(`${quote(word.text)} means nothing here${ours === undefined ? "" : `: say ${ours}`}`, word);
      }
    }
  }

  /** "to 10.44.1.2:80". */
  #target(word: Word): { readonly address: Ipv4Address; readonly ports: PortRange | undefined } {
    const words = this.#words;
    if (!words.takes("to")) words.fail(`An address is missing: ${word.text} to 10.44.1.2:80, for instance`, words.peek());
    const target = words.next("an address");
    const [text = "", portText, ...more] = target.text.split(":");
    const address = this.#address(text, target);
    if (portText === undefined) return { address, ports: undefined };
    const ports = more.length > 0 ? undefined : rangeIn(portText);
    if (ports === undefined || ports.first === 0) words.fail(`${quote(target.text)} has no port behind the colon: 1 to 65535`, target);
    this.#needsPorts ??= target;
    return { address, ports };
  }
}

const PROTOCOL_WORDS: ReadonlySet<string> = new Set(["tcp", "udp", "icmp", "protocol"]);
const VERDICTS: ReadonlySet<string> = new Set(["allow", "drop", "reject", "dnat", "snat", "masquerade"]);

function rangeIn(text: string): PortRange | undefined {
  const [firstText = "", lastText = firstText, ...more] = text.split("-");
  const [first, last] = [numberIn(firstText, 65535), numberIn(lastText, 65535)];
  return more.length === 0 && first !== undefined && last !== undefined && first <= last ? { first, last } : undefined;
}
