/**
 * The packets of an experiment, as lines: when, who to whom, what. A TCP segment has its numbers counted from its side's SYN, and at the end of the
 * line the state in which its sender then was. State, window and ports are said only where they are news: they are what they were in the last line of
 * the same sender; a SYN names its ports, and from the second connection on every segment does.
 *
 *          0 ms  client ──▶ server  50317 → 80 SYN seq 0, win 65535        SYN-SENT
 *         10 ms  client ◀── server  SYN ACK seq 0 ack 1, win 65535     SYN-RECEIVED
 *         20 ms  client ──▶ server  ACK seq 1 ack 1, win 524288         ESTABLISHED
 *         30 ms  client ──✘ server  PSH ACK seq 1 ack 1, 11 bytes
 *
 * An arrow that ends in ✘ is a packet that the wire has lost.
 */
import type { Host } from "../../stack/host.ts";
import type { Connection } from "../../stack/tcp/connection.ts";
import { fieldOf } from "../../stack/wire/dissect.ts";
import { seq, seqDiff } from "../../stack/wire/seq.ts";
import { SYN } from "../../stack/wire/tcp_flags.ts";
import { WIDTH, wrap } from "../lab/text.ts";
import type { Packet } from "./packet.ts";

/** A packet as the picture has it. */
export interface Sighting {
  readonly packet: Packet;
  /** When it arrives; undefined: it is lost. */
  readonly arrives: number | undefined;
  /** What it is, without ports, window and state that are no news. */
  readonly words: string;
  /** The state of its sender's connection, where that is news. */
  readonly state: string;
}

export class Ladder {
  /** Names from left to right. */
  readonly #names: readonly string[];
  readonly #hosts: () => Readonly<Record<string, Host>>;
  readonly #firsts = new Map<string, number>();
  readonly #windows = new Map<string, number>();
  readonly #states = new Map<string, string>();
  readonly #connections = new Set<string>();

  /** `names`: everybody, from left to right. `hosts`: those whose connections can be looked into. */
  constructor(names: readonly string[], hosts: () => Readonly<Record<string, Host>>) {
    this.#names = names;
    this.#hosts = hosts;
  }

  /** Takes note of a packet that is not shown: later numbers count from its SYN. Called for thousands of them, so only a SYN is taken apart. */
  note(packet: Packet): void {
    if (isSyn(packet)) this.#learn(packet);
  }

  #learn(packet: Packet): void {
    if (packet.layer("TCP") === undefined) return;
    const [from, to] = flowOf(packet);
    if (packet.has("SYN") || !this.#firsts.has(from)) this.#firsts.set(from, packet.field("TCP", "seq"));
    const [name, reverse] = [from, to].map((flow) => flow.slice(packet.wire.length)) as [string, string];
    if (!this.#connections.has(reverse)) this.#connections.add(name);
  }

  /** What there is to say of a packet at the moment when it is sent. */
  see(packet: Packet, arrives: number | undefined): Sighting {
    this.#learn(packet);
    if (packet.layer("TCP") === undefined || isLaterFragment(packet)) return { packet, arrives, words: packet.toString(), state: "" };
    return { packet, arrives, words: this.#segment(packet), state: this.#news(packet) };
  }

  /** The lines of a sighting, at most 77 columns each; times have so many decimals. */
  lines({ packet, arrives, words, state }: Sighting, decimals = 0): string[] {
    const width = Math.max(...this.#names.map((name) => name.length));
    const isBackwards = this.#names.indexOf(packet.to) >= 0 && this.#names.indexOf(packet.to) < this.#names.indexOf(packet.from);
    const arrow = arrives === undefined ? (isBackwards ? "✘──" : "──✘") : isBackwards ? "◀──" : "──▶";
    const [left, right] = isBackwards ? [packet.to, packet.from] : [packet.from, packet.to];
    const front = `${packet.time.toFixed(decimals).padStart(8)} ms  ${left.padStart(width)} ${arrow} ${right.padEnd(width)}  `;
    const room = WIDTH - 3 - front.length;
    const [first = "", ...rest] = wrap(words, room);
    const texts = [first, ...rest];
    if (state !== "" && room - (texts.at(-1) ?? "").length < state.length + 2) texts.push("");
    if (state !== "") texts.push((texts.pop() ?? "").padEnd(room - state.length) + state);
    return texts.map((text, index) => (index === 0 ? front : " ".repeat(front.length)) + text);
  }

  #segment(packet: Packet): string {
    const [from, to] = flowOf(packet);
    const number = packet.field("TCP", "seq");
    const names = packet.text("TCP", "flags").replace("none", "no flags");
    const length = packet.data.length;
    const isNews = this.#connections.size > 1 || (packet.has("SYN") && !packet.has("ACK"));
    const ports = isNews ? `${packet.field("TCP", "sourcePort")} → ${packet.field("TCP", "destinationPort")} ` : "";
    const ack = packet.has("ACK") ? ` ack ${this.#relative(packet.field("TCP", "ack"), to)}` : "";
    const bytes = length === 0 ? "" : `, ${length} ${length === 1 ? "byte" : "bytes"}`;
    return `${ports}${names} seq ${this.#relative(number, from)}${ack}${this.#sack(packet, to)}${bytes}${this.#window(packet, from)}`;
  }

  /** The window in bytes, where it is news. */
  #window(packet: Packet, from: string): string {
    if (packet.has("RST")) return "";
    const scale = packet.has("SYN") ? 0 : this.#scaleOf(packet);
    if (scale === undefined) return "";
    const window = packet.field("TCP", "window") * 2 ** scale;
    if (this.#windows.get(from) === window) return "";
    this.#windows.set(from, window);
    return `, win ${window}`;
  }

  /** The sender's scale; of one that is no host of ours, as its peer was told; undefined where neither is known. */
  #scaleOf(packet: Packet): number | undefined {
    return this.#connectionOf(packet)?.tcb.rcvScale ?? this.#connection(packet, "destination", "source")?.tcb.sndScale;
  }

  #sack(packet: Packet, to: string): string {
    const tcp = packet.layer("TCP");
    const told = /(?:^|, )sack((?: \d+ \d+)+)/.exec(tcp === undefined ? "" : fieldOf(tcp, "options")?.text ?? "");
    const edges = (told?.[1] ?? "").trim().split(" ").filter((word) => word !== "").map((word) => this.#relative(Number(word), to));
    return edges.length === 0 ? "" : ` sack ${edges.map((edge, at) => at % 2 === 0 ? `${edge}–` : `${edge} `).join("").trimEnd()}`;
  }

  #news(packet: Packet): string {
    const [flow] = flowOf(packet);
    if (!hasAddress(this.#hosts()[packet.from], packet.field("IPv4", "source"))) return ""; // passed on
    const state = this.#connectionOf(packet)?.tcb.state;
    if (state === undefined || this.#states.get(flow) === state) return "";
    this.#states.set(flow, state);
    return state;
  }

  #relative(number: number, flow: string): number {
    return seqDiff(seq(number), seq(this.#firsts.get(flow) ?? number));
  }

  /** The connection of the one who has made the packet, be it passed on by others. */
  #connectionOf(packet: Packet): Connection | undefined {
    return this.#connection(packet, "source", "destination");
  }

  /** The connection whose own end is named by one side of the packet, and its peer by the other. */
  #connection(packet: Packet, own: "source" | "destination", peer: "source" | "destination"): Connection | undefined {
    const address = packet.field("IPv4", own);
    const [localPort, remotePort] = [packet.field("TCP", `${own}Port`), packet.field("TCP", `${peer}Port`)];
    for (const host of Object.values(this.#hosts())) {
      if (!hasAddress(host, address)) continue;
      return host.tcp?.connections().find(({ tcb }) => tcb.localPort === localPort && tcb.remotePort === remotePort);
    }
    return undefined;
  }
}

function hasAddress(host: Host | undefined, address: number): boolean {
  return host?.interfaces.some((each) => each.address === address) === true;
}

/** The connection as its sender names it, and as the other end does; on another wire it may have other names. */
function flowOf(packet: Packet): readonly [from: string, to: string] {
  const end = (address: string, port: string): string => packet.text("IPv4", address) + packet.text("TCP", port);
  const [source, destination] = [end("source", "sourcePort"), end("destination", "destinationPort")];
  return [`${packet.wire} ${source} ${destination}`, `${packet.wire} ${destination} ${source}`];
}

/** Whether it is a TCP segment with SYN, from its bytes alone (RFC 791 §3.1, RFC 9293 §3.1). */
function isSyn({ bytes, medium }: Packet): boolean {
  const ip = medium === "ethernet" ? 14 : 0;
  const tcp = ip + ((bytes[ip] ?? 0) & 15) * 4;
  return (bytes[ip] ?? 0) >> 4 === 4 && bytes[ip + 9] === 6 && ((bytes[tcp + 13] ?? 0) & SYN) !== 0;
}

function isLaterFragment(packet: Packet): boolean {
  return packet.field("IPv4", "fragmentOffset") > 0 || packet.field("IPv4", "moreFragments") === 1;
}
