/**
 * The student's host on the virtual wire. The peer at the other end is the check itself; time is a number that only
 * this file moves, straight to the next deadline, so a minute of waiting costs nothing.
 *
 * The virtual wire is stricter than TAP: frames end in an FCS and are padded to 60 bytes, as on a real cable.
 */
import { dissect, valueOf } from "../../stack/wire/dissect.ts";
import { describe } from "../../stack/wire/describe.ts";
import { formatIpv4Address, type Ipv4Address } from "../../stack/wire/ipv4_address.ts";
import type { HostConfig, InterfaceConfig } from "../../stack/host_config.ts";
import type { PipeOptions } from "../../stack/link/pipe.ts";
import { milliseconds as timeText } from "../lab/text.ts";
import { dropsText } from "./drops.ts";
import { CheckFailed } from "./failure.ts";
import { matchPacket, type PacketMatcher, type RightField } from "./matchers.ts";
import { arp, ethernet, fcs, pad, pattern } from "./packets.ts";
import type { Conversation } from "./remote.ts";
import { ANSWERS_BY_ITSELF } from "./transcript.ts";
import type { Reply, TcpAct, UdpAct } from "./subject/protocol.ts";
import type { HostEvent, Station, StationConfig } from "./suite.ts";

const PEER_MAC = "02:00:00:00:00:01";
const MAX_POLLS = 20_000;
/** The most polls in a row after which what was due is still due. */
export const MAX_AT_ONCE = 100;

/** What of a configuration is for the host, beside its interfaces. */
const HOST_SETTINGS = [
  ...["routes", "forwarding", "layers", "echoFrames", "timeToLive", "seed"] as const,
  ...["arp", "reassembly", "filter", "tracking", "tcp"] as const,
];

/** The parts of a configuration that the host itself is given, with the defaults that checks rely on. */
export function hostConfig(config: Partial<HostConfig>, layers: 1 | 2 | 3 | 4 | 5): Partial<HostConfig> {
  const { interfaces, ...rest } = config;
  const own: Record<string, unknown> = {};
  for (const key of HOST_SETTINGS) {
    if (rest[key] !== undefined) own[key] = rest[key];
  }
  return { layers, ...own, interfaces: interfaces ?? [{ mac: "02:00:00:00:00:02", address: "10.44.0.2" }] };
}

/** The wire that fits an interface. */
export function wireFor(settings: InterfaceConfig, index: number, kind: "virtual" | "live"): PipeOptions {
  const medium = settings.medium ?? "ethernet";
  const cable = kind === "virtual" && medium === "ethernet";
  return {
    name: `wire${index}`,
    medium,
    mtu: settings.mtu ?? 1500,
    fcs: cable,
    minimumFrame: medium === "ip" ? 20 : cable ? 60 : 14,
  };
}

/** When the host wants to be polled next. Throws a CheckFailed when that is no time: the host's answer is the labs' own. */
export function deadlineOf(reply: Reply): number {
  const deadline = reply.deadline ?? Infinity;
  if (typeof deadline === "number" && !Number.isNaN(deadline)) return deadline;
  throw new CheckFailed("every nextDeadline() to return a time in milliseconds, or Infinity", "one that returned no number");
}

/** What is due stays due, however often the host is polled. */
export function sameDeadline(deadline: number, now: number): CheckFailed {
  const got = `the same deadline again and again (${deadline} at ${now} ms)`;
  return new CheckFailed("nextDeadline() to move on once poll() has done what was due", got);
}

/** Starts the host in the subject. */
export async function startStation(
  conversation: Conversation,
  config: StationConfig,
  layers: 1 | 2 | 3 | 4 | 5,
): Promise<VirtualStation> {
  const settings = hostConfig(config, layers);
  const interfaces = settings.interfaces ?? [];
  const wires = interfaces.map((each, index) => wireFor(each, index, "virtual"));
  const reply = await conversation.ask({ op: "host", config: settings, wires, now: 0 });
  if (reply.threw !== undefined) throw conversation.exception(reply.threw);
  conversation.transcript.streams.forget();
  const station = new VirtualStation(conversation, settings, wires, reply, config);
  await station.begin(reply);
  return station;
}

export class VirtualStation implements Station {
  readonly #conversation: Conversation;
  readonly #host: number;
  readonly #wires: readonly PipeOptions[];
  readonly #answerArp: boolean;
  readonly #peerAddresses: ReadonlySet<string>;
  #now = 0;
  #deadline: number;
  #queue: { on: number; bytes: Uint8Array }[] = [];
  #events: HostEvent[] = [];

  constructor(
    conversation: Conversation,
    settings: Partial<HostConfig>,
    wires: readonly PipeOptions[],
    reply: Reply,
    config: StationConfig,
  ) {
    this.#conversation = conversation;
    this.#host = reply.returned?.t === "value" ? Number(reply.returned.value) : 0;
    this.#wires = wires;
    this.#deadline = deadlineOf(reply);
    this.#answerArp = config.answerArp ?? (settings.layers ?? 3) >= 3;
    const neighbours = (settings.interfaces ?? []).map((each) => each.address.replace(/\d+$/, "1"));
    this.#peerAddresses = new Set([...neighbours, ...(config.peerAddresses ?? [])]);
    conversation.now = () => this.#now;
  }

  get now(): number {
    return this.#now;
  }

  /** Takes what the host said as it came up. */
  async begin(reply: Reply): Promise<void> {
    await this.#take(reply);
  }

  async send(packet: Uint8Array, note = "", on = 0): Promise<void> {
    const wire = this.#wires[on];
    if (wire === undefined) throw new TypeError(`Cannot send on interface ${on}: the host has ${this.#wires.length}`);
    const padded = wire.medium === "ethernet" ? pad(packet, wire.minimumFrame) : packet;
    await this.sendRaw(wire.fcs ? fcs(padded) : padded, note, on);
  }

  async sendRaw(frame: Uint8Array, note = "", on = 0): Promise<void> {
    const wire = this.#wires[on] as PipeOptions;
    this.#conversation.transcript.packet({
      time: this.#now,
      direction: "to you",
      other: "peer",
      bytes: frame,
      medium: wire.medium,
      fcs: wire.fcs,
      note,
      on,
    });
    await this.#step([{ on, bytes: frame }]);
  }

  async expect(matcher: PacketMatcher, why: string, within = 0): Promise<Uint8Array> {
    await this.#until(this.#now + within, () => this.#queue.length > 0);
    const next = this.#queue.shift();
    if (next === undefined) {
      const waited = within > 0 ? ` within ${within} ms` : "";
      throw new CheckFailed(why, `nothing${waited}${dropsText(await this.counters())}`);
    }
    const medium = this.#wires[next.on]?.medium ?? "ethernet";
    const right: RightField[] = [];
    const mismatches = matchPacket(next.bytes, medium, matcher, right);
    const details = { mismatches, right };
    if (mismatches.length > 0) throw new CheckFailed(why, this.#conversation.transcript.describe(next.bytes, medium), details);
    return next.bytes;
  }

  async expectSilence(milliseconds: number, why: string): Promise<void> {
    await this.#until(this.#now + milliseconds, () => this.#queue.length > 0);
    const next = this.#queue[0];
    if (next === undefined) {
      const long = milliseconds > 0 ? ` for ${timeText(milliseconds)}` : "";
      return this.#conversation.transcript.note(this.#now, `silence${long}, as it should be`);
    }
    const medium = this.#wires[next.on]?.medium ?? "ethernet";
    throw new CheckFailed(why, `a packet: ${this.#conversation.transcript.describe(next.bytes, medium)}`);
  }

  async wait(milliseconds: number): Promise<void> {
    await this.#until(this.#now + milliseconds, () => false);
    this.#conversation.transcript.note(this.#now, `${timeText(milliseconds)} have passed`);
  }

  take(): Uint8Array[] {
    return this.#queue.splice(0).map(({ bytes }) => bytes);
  }

  async counters(): Promise<Readonly<Record<string, number>>> {
    const value = await this.#look("counters", 0);
    return typeof value === "object" && value !== null ? value as Record<string, number> : {};
  }

  async arpTable(on = 0): Promise<{ address: string; mac?: string; state: string; waiting: number }[]> {
    const value = await this.#look("arpTable", on);
    return Array.isArray(value) ? value : [];
  }

  async ping(to: string, options: { id?: number; seq?: number; size?: number } = {}): Promise<void> {
    this.#conversation.transcript.note(this.#now, `an application of yours pings ${to}`);
    await this.#act("ping", [to, options.id ?? 7, options.seq ?? 1, pattern(options.size ?? 56)]);
  }

  async output(to: string, protocol: number, payload: Uint8Array): Promise<void> {
    this.#conversation.transcript.note(this.#now, `the layer above sends ${payload.length} bytes of protocol ${protocol} to ${to}`);
    await this.#act("output", [to, protocol, payload]);
  }

  async outputLink(nextHop: string, payload: Uint8Array, on = 0): Promise<void> {
    this.#conversation.transcript.note(this.#now, `the layer above sends ${payload.length} bytes to the neighbour ${nextHop}`);
    await this.#act("outputLink", [nextHop, payload, on]);
  }

  // deno-lint-ignore require-await -- the interface is shared with live stations
  async events(): Promise<readonly HostEvent[]> {
    return this.#events.splice(0);
  }

  /** Lets time pass up to `end`, from deadline to deadline, until `enough` says so. */
  async #until(end: number, enough: () => boolean): Promise<void> {
    for (let polls = 0, atOnce = 0; !enough(); polls++) {
      if (this.#deadline > end) {
        this.#now = Math.max(this.#now, end);
        return;
      }
      atOnce = this.#deadline > this.#now ? 0 : atOnce + 1;
      if (polls > MAX_POLLS || atOnce > MAX_AT_ONCE) throw sameDeadline(this.#deadline, this.#now);
      this.#now = Math.max(this.#now, this.#deadline);
      await this.#step([]);
    }
  }

  async #step(frames: { on: number; bytes: Uint8Array }[]): Promise<void> {
    await this.#take(await this.#conversation.ask({ op: "step", host: this.#host, now: this.#now, frames }));
  }

  /** An application above TCP acts; what the stack sends for it is queued. Returns what the act gave. */
  async act(act: TcpAct, args: readonly unknown[]): Promise<unknown> {
    return await this.#given(await this.#conversation.ask({ op: "tcp", host: this.#host, now: this.#now, act, args }));
  }

  /** The same for an application above UDP. */
  async actUdp(act: UdpAct, args: readonly unknown[]): Promise<unknown> {
    return await this.#given(await this.#conversation.ask({ op: "udp", host: this.#host, now: this.#now, act, args }));
  }

  async #given(reply: Reply): Promise<unknown> {
    await this.#take(reply);
    return reply.returned?.t === "value" ? reply.returned.value : undefined;
  }

  /** Whether frames on the first wire begin with an Ethernet header. */
  get isEthernet(): boolean {
    return this.#wires[0]?.medium === "ethernet";
  }

  /** Puts frames that were taken back in front of the queue. */
  putBack(packets: readonly Uint8Array[]): void {
    this.#queue.unshift(...packets.map((bytes) => ({ on: 0, bytes })));
  }

  /** Writes a step into the transcript; `since`: it sums up those from there on. */
  note(text: string, since?: number): void {
    this.#conversation.transcript.note(this.#now, text, since);
  }

  /** Numbered steps in the transcript so far. */
  get steps(): number {
    return this.#conversation.transcript.numbered;
  }

  /** The sender of this packet begins its stream at `number`. */
  declareStream(packet: Uint8Array, number: number): void {
    this.#conversation.transcript.streams.declare(packet, this.isEthernet ? "ethernet" : "ip", number);
  }

  async #act(act: "ping" | "output" | "outputLink", args: readonly unknown[]): Promise<void> {
    await this.#take(await this.#conversation.ask({ op: "act", host: this.#host, now: this.#now, act, args }));
  }

  async #look(what: "counters" | "arpTable", on: number): Promise<unknown> {
    const reply = await this.#conversation.ask({ op: "look", host: this.#host, now: this.#now, what, on });
    if (reply.threw !== undefined) throw this.#conversation.exception(reply.threw);
    return reply.returned?.t === "value" ? reply.returned.value : undefined;
  }

  /** Files what the host sent and said. */
  async #take(reply: Reply): Promise<void> {
    if (reply.threw !== undefined) throw this.#conversation.exception(reply.threw);
    this.#deadline = deadlineOf(reply);
    if (Array.isArray(reply.events)) this.#events.push(...reply.events as HostEvent[]);
    for (const { on, bytes } of reply.out ?? []) {
      const wire = this.#wires[on] ?? this.#wires[0] as PipeOptions;
      this.#conversation.transcript.packet({
        time: this.#now,
        direction: "from you",
        other: "peer",
        bytes,
        medium: wire.medium,
        fcs: wire.fcs,
        note: "",
        on,
      });
      const packet = this.#unwrap(bytes, wire);
      const answer = this.#answerArp && wire.medium === "ethernet" ? this.#arpAnswer(packet) : undefined;
      if (answer !== undefined) await this.send(answer, ANSWERS_BY_ITSELF, on);
      else this.#queue.push({ on, bytes: packet });
    }
  }

  /** Takes padding rules and FCS into account: what the wire demands of every frame. */
  #unwrap(bytes: Uint8Array, wire: PipeOptions): Uint8Array {
    if (!wire.fcs) return bytes;
    const packet = bytes.subarray(0, Math.max(0, bytes.length - 4));
    const right = fcs(packet);
    if (bytes.length < wire.minimumFrame + 4) {
      throw new CheckFailed(`frames of at least ${wire.minimumFrame} bytes and an FCS`, `a frame of ${packet.length} bytes and an FCS`, {
        symbol: "pad",
      });
    }
    if (!right.every((byte, index) => byte === bytes[index])) {
      throw new CheckFailed("a frame whose FCS is right", `${describe(packet, wire.medium)}, with a wrong FCS`, { symbol: "appendFcs" });
    }
    return packet;
  }

  #arpAnswer(packet: Uint8Array): Uint8Array | undefined {
    const layer = dissect(packet, "ethernet").find((each) => each.name === "ARP");
    if (layer === undefined || valueOf(layer, "operation") !== 1) return undefined;
    const target = formatIpv4Address(valueOf(layer, "targetIp") as Ipv4Address);
    const sender = valueOf(layer, "senderIp");
    if (!this.#peerAddresses.has(target) || sender === 0) return undefined;
    const senderMac = valueOf(layer, "senderMac");
    const reply = arp({ operation: 2, senderMac: PEER_MAC, senderIp: target, targetMac: senderMac, targetIp: sender });
    return ethernet({ destination: senderMac, source: PEER_MAC, etherType: 0x0806 }, reply);
  }
}
