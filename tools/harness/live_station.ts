/**
 * The student's host across a real device. The kernel sends frames, they are handed to the subject, what the subject's
 * host answers goes back to the kernel; all of it is written down on the way. The clock is the real one.
 *
 * A check never sits out a timeout for a stack that says nothing: when no frame has moved in either direction for a
 * while, and the kernel peer has confirmed that it holds none, the operation under way is ended early. TCP is given longer:
 * both sides wait with acknowledgments, and the kernel sends again after 200 ms.
 */
import type { HostConfig, InterfaceConfig } from "../../stack/host_config.ts";
import type { PipeOptions } from "../../stack/link/pipe.ts";
import { CheckFailed } from "./failure.ts";
import { complaintsBetween } from "./kernel/complaints.ts";
import type { KernelPeer, Wire } from "./kernel/kernel_peer.ts";
import type { KernelOperations, SnmpCounters } from "./kernel/operations.ts";
import { matchPacket, type Mismatch, type PacketMatcher, type RightField } from "./matchers.ts";
import { heard, LiveApplication, type MovingStation } from "./live_tcp.ts";
import { LiveDatagrams } from "./live_udp.ts";
import { pattern } from "./packets.ts";
import { isLook, quietFor, TCP_QUIET } from "./quiet.ts";
import type { Conversation } from "./remote.ts";
import type { Reply, Request, TcpAct, UdpAct } from "./subject/protocol.ts";
import type { HostEvent, LiveConfig, LiveStation, SeenFrame } from "./suite.ts";
import { deadlineOf, hostConfig, MAX_AT_ONCE, sameDeadline, wireFor } from "./virtual_station.ts";

const FOREVER = 10_000;
/** What the host wants to do within so many milliseconds belongs to what is going on: a delayed acknowledgment. */
const SOON = 60;
let numbers = 0;

/** Opens a wire to the kernel and starts the host at our end of it. */
export async function startLiveStation(
  conversation: Conversation,
  kernel: KernelPeer,
  config: LiveConfig,
  layers: 1 | 2 | 3 | 4 | 5,
): Promise<RealStation> {
  const number = ++numbers % 250;
  const kind = config.kind ?? "tap";
  const net = { kernel: `10.44.${number}.1`, stack: `10.44.${number}.2` };
  const lan = `02:00:00:00:${number.toString(16).padStart(2, "0")}`;
  const macs = { kernel: `${lan}:01`, stack: `${lan}:02` };
  const first = config.interfaces?.[0];
  const settings = hostConfig({ ...config, interfaces: [] }, layers);
  const interfaces: InterfaceConfig[] = (config.interfaces ?? [{}]).map((each, index) => ({
    ...each,
    medium: index === 0 ? kind === "tap" ? "ethernet" : "ip" : each.medium ?? "ethernet",
    mac: each.mac ?? macs.stack,
    address: each.address ?? net.stack,
  }));
  const wires = interfaces.map((each, index) => wireFor(each, index, "live"));
  const wire = await kernel.openWire({
    kind,
    mtu: first?.mtu ?? 1500,
    address: net.kernel,
    prefixLength: first?.prefixLength ?? 24,
    ...(kind === "tap" ? { mac: macs.kernel } : {}),
  });
  const station = new RealStation(conversation, kernel, wire, wires, {
    address: interfaces[0]?.address ?? net.stack,
    mac: interfaces[0]?.mac ?? macs.stack,
    kernelAddress: net.kernel,
    kernelMac: macs.kernel,
    loses: config.loses,
  });
  await station.begin({ ...settings, interfaces });
  return station;
}

interface Ends {
  readonly address: string;
  readonly mac: string;
  readonly kernelAddress: string;
  readonly kernelMac: string;
  readonly loses: LiveConfig["loses"];
}

export class RealStation implements LiveStation, MovingStation {
  readonly address: string;
  readonly mac: string;
  readonly kernelAddress: string;
  readonly kernelMac: string;
  readonly device: string;
  readonly kernel: KernelOperations;
  readonly tcp: LiveApplication;
  readonly udp: LiveDatagrams;
  readonly frames: SeenFrame[] = [];
  steps = 0;
  readonly #conversation: Conversation;
  readonly #peer: KernelPeer;
  readonly #wire: Wire;
  readonly #wires: readonly PipeOptions[];
  readonly #loses: (bytes: Uint8Array) => boolean;
  readonly #start = performance.now();
  #host = 0;
  #deadline = Infinity;
  /** Polls in a row after which what was due is still due. */
  #overdue = 0;
  #events: HostEvent[] = [];
  #incoming: { bytes: Uint8Array; time: number }[] = [];
  #activity = performance.now();
  /** The time of the last packet in the transcript. */
  #filed = 0;
  #turn: Promise<unknown> = Promise.resolve();
  /** Questions to the subject that have no answer yet. On a busy machine one may take longer than quiet is waited for. */
  #asked = 0;
  #pumping = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #problem: Error | undefined;
  #before: SnmpCounters = {};
  #closed = false;
  #stepped: PromiseWithResolvers<void> | undefined;

  constructor(conversation: Conversation, peer: KernelPeer, wire: Wire, wires: readonly PipeOptions[], ends: Ends) {
    this.address = ends.address;
    this.mac = ends.mac;
    this.kernelAddress = ends.kernelAddress;
    this.kernelMac = ends.kernelMac;
    this.device = wire.device;
    this.#conversation = conversation;
    this.#peer = peer;
    this.#wire = wire;
    this.#wires = wires;
    this.#loses = ends.loses ?? (() => false);
    conversation.now = () => this.#now();
    this.kernel = this.#operations();
    this.tcp = new LiveApplication(this, ends.kernelAddress);
    this.udp = new LiveDatagrams(this, ends.kernelAddress);
  }

  async begin(config: Partial<HostConfig>): Promise<void> {
    this.#before = await this.#peer.snmp();
    const now = this.#now();
    const reply = await this.#conversation.ask({ op: "host", config, wires: this.#wires, now });
    this.#host = reply.returned?.t === "value" ? Number(reply.returned.value) : 0;
    this.#take(reply, now);
    this.#wire.onFrame((bytes, time) => {
      this.#activity = performance.now();
      this.#incoming.push({ bytes, time: Math.max(0, time - this.#start) });
      this.#pump();
    });
    this.#rethrow();
  }

  /** Takes the interface away. When this resolves nothing is asked of the subject any more, whoever was still waiting for it. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#wire.close();
    await this.#turn;
  }

  async settle(milliseconds = 4): Promise<void> {
    const end = performance.now() + FOREVER;
    while (performance.now() < end && this.#problem === undefined) {
      const idle = performance.now() - this.#activity;
      const due = this.#deadline - this.#now() < SOON;
      if (idle >= milliseconds && !due && !this.#busy) {
        const before = this.#activity;
        await this.#peer.sync();
        if (this.#activity === before) break;
      } else await sleep(Math.max(1, milliseconds - idle));
    }
    this.#rethrow();
  }

  expectSeen(direction: SeenFrame["direction"], matcher: PacketMatcher, why: string): Uint8Array {
    const medium = this.#wire.kind === "tap" ? "ethernet" : "ip";
    let nearest: { mismatches: Mismatch[]; right: RightField[]; text: string } | undefined;
    for (const frame of this.frames) {
      if (frame.direction !== direction) continue;
      const right: RightField[] = [], mismatches = matchPacket(frame.bytes, medium, matcher, right);
      if (mismatches.length === 0) return frame.bytes;
      if (nearest === undefined || mismatches.length < nearest.mismatches.length) {
        nearest = { mismatches, right, text: this.#conversation.transcript.describe(frame.bytes, medium) };
      }
    }
    const who = direction === "from stack" ? "your stack" : "the kernel";
    if (!nearest) throw new CheckFailed(why, `no packet at all from ${who}`);
    throw new CheckFailed(why, `the nearest packet from ${who}: ${nearest.text}`, nearest);
  }

  async counters(): Promise<Readonly<Record<string, number>>> {
    const value = await this.#look("counters");
    return typeof value === "object" && value !== null ? value as Record<string, number> : {};
  }

  async arpTable(): Promise<{ address: string; mac?: string; state: string; waiting: number }[]> {
    const value = await this.#look("arpTable");
    return Array.isArray(value) ? value : [];
  }

  async ping(to: string, options: { id?: number; seq?: number; size?: number } = {}): Promise<void> {
    this.note(`an application of yours pings ${to}`);
    await this.#act("ping", [to, options.id ?? 7, options.seq ?? 1, pattern(options.size ?? 56)]);
  }

  async output(to: string, protocol: number, payload: Uint8Array): Promise<void> {
    this.note(`the layer above sends ${payload.length} bytes of protocol ${protocol} to ${to}`);
    await this.#act("output", [to, protocol, payload]);
  }

  async outputLink(nextHop: string, payload: Uint8Array): Promise<void> {
    this.note(`the layer above sends ${payload.length} bytes to the neighbour ${nextHop}`);
    await this.#act("outputLink", [nextHop, payload, 0]);
  }

  async events(): Promise<readonly HostEvent[]> {
    await this.#ask({ op: "step", host: this.#host, now: this.#now(), frames: [] });
    return this.#events.splice(0);
  }

  /** Counters of the kernel that tell of bad packets, and that rose since the check began: "Icmp InCsumErrors 0 → 1". */
  async kernelComplaints(): Promise<string[]> {
    return complaintsBetween(this.#before, await this.#peer.snmp());
  }

  get isEthernet(): boolean {
    return this.#wire.kind === "tap";
  }

  /** An application above TCP acts; returns what the act gave. */
  act(act: TcpAct, args: readonly unknown[]): Promise<unknown> {
    return this.#perform({ op: "tcp", act, args });
  }

  actUdp(act: UdpAct, args: readonly unknown[]): Promise<unknown> {
    return this.#perform({ op: "udp", act, args });
  }

  async #perform(
    request: { op: "tcp"; act: TcpAct; args: readonly unknown[] } | { op: "udp"; act: UdpAct; args: readonly unknown[] },
  ): Promise<unknown> {
    if (!isLook(request.act)) this.#activity = performance.now();
    const reply = await this.#ask({ ...request, host: this.#host, now: this.#now() });
    this.#rethrow();
    return reply.returned?.t === "value" ? reply.returned.value : undefined;
  }

  async moved(since: number): Promise<boolean> {
    while (this.#problem === undefined) {
      if (await this.#isQuiet(TCP_QUIET)) return false;
      if (this.steps !== since) return true;
      this.#stepped ??= Promise.withResolvers();
      const timer = setTimeout(this.#stepped.resolve, 20);
      await this.#stepped.promise;
      clearTimeout(timer);
      this.#stepped = undefined;
    }
    this.#rethrow();
    return false;
  }

  note(text: string): void {
    this.#conversation.transcript.note(this.#now(), text);
  }

  #now(): number {
    return performance.now() - this.#start;
  }

  /** The kernel's operations, each watched so that it ends when nothing moves any more. */
  #operations(): KernelOperations {
    return new Proxy({}, {
      get: (_, name) => {
        if (typeof name !== "string" || name === "then") return undefined;
        return (options: Record<string, unknown> = {}) => heard(this.#operate(name as keyof KernelOperations, options));
      },
    }) as KernelOperations;
  }

  async #operate(name: keyof KernelOperations, options: Record<string, unknown>): Promise<unknown> {
    const abort = new AbortController();
    const run = this.#peer[name] as (options: unknown) => Promise<unknown>;
    this.#activity = performance.now();
    // A check's own timeout would count the time in which a busy machine let nobody run; quiet is the better measure.
    const pending = run({ ...options, timeout: Math.max(Number(options.timeout ?? 0), FOREVER), signal: abort.signal });
    const watch = this.#abortWhenQuiet(abort, quietFor(name, options)).catch(() => {}); // a peer that is gone fails the operation itself
    try {
      return await pending;
    } finally {
      abort.abort();
      await watch;
      this.#rethrow();
    }
  }

  async #abortWhenQuiet(abort: AbortController, quiet: number): Promise<void> {
    while (!abort.signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 20);
        abort.signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
      });
      if (abort.signal.aborted) return;
      if (this.#problem !== undefined || await this.#isQuiet(quiet)) return abort.abort();
    }
  }

  /** Whether nothing has moved for so long, and nothing is on its way. */
  async #isQuiet(milliseconds: number): Promise<boolean> {
    if (performance.now() - this.#activity < milliseconds || this.#busy) return false;
    const before = this.#activity;
    await this.#peer.sync();
    return this.#activity === before && !this.#busy;
  }

  /** Whether the subject is at work, or there is work for it. */
  get #busy(): boolean {
    return this.#pumping || this.#asked > 0 || this.#incoming.length > 0;
  }

  /** Hands frames to the host, one batch after the other, as long as there are any. */
  #pump(): void {
    if (this.#pumping || this.#closed || this.#problem !== undefined) return;
    this.#pumping = true;
    this.#work().finally(() => {
      this.#pumping = false;
      if (this.#incoming.length > 0) this.#pump();
    });
  }

  async #work(): Promise<void> {
    try {
      do {
        const batch = this.#incoming.splice(0);
        for (const { bytes, time } of batch) this.#file("to you", time, bytes, 0);
        await this.#ask({ op: "step", host: this.#host, now: this.#now(), frames: batch.map(({ bytes }) => ({ on: 0, bytes })) });
        this.steps++;
        this.#stepped?.resolve();
      } while (this.#incoming.length > 0 && this.#problem === undefined);
    } catch (error) {
      this.#problem ??= error as Error;
      this.#stepped?.resolve();
    }
  }

  /** Asks in turn: the subject does one thing at a time. */
  async #ask(request: Request): Promise<Reply> {
    const mine = this.#turn.then(() => {
      if (this.#closed) throw new Error("The check is over");
      return this.#conversation.ask(request);
    });
    this.#turn = mine.catch(() => {});
    this.#asked++;
    try {
      const reply = await mine;
      if (request.op !== "look") this.#take(reply, "now" in request ? request.now : 0);
      return reply;
    } finally {
      this.#asked--;
    }
  }

  async #act(act: "ping" | "output" | "outputLink", args: readonly unknown[]): Promise<void> {
    this.#activity = performance.now();
    await this.#ask({ op: "act", host: this.#host, now: this.#now(), act, args });
    this.#rethrow();
  }

  async #look(what: "counters" | "arpTable"): Promise<unknown> {
    const reply = await this.#ask({ op: "look", host: this.#host, now: this.#now(), what, on: 0 });
    if (reply.threw !== undefined) throw this.#conversation.exception(reply.threw);
    return reply.returned?.t === "value" ? reply.returned.value : undefined;
  }

  /** Sends on what the host sent when it was polled at `now`, and sees to its next deadline. */
  #take(reply: Reply, now: number): void {
    if (reply.threw !== undefined) this.#problem ??= this.#conversation.exception(reply.threw);
    if (Array.isArray(reply.events)) this.#events.push(...reply.events as HostEvent[]);
    for (const { on, bytes } of reply.out ?? []) {
      this.#activity = performance.now();
      this.#file("from you", this.#now(), bytes, on);
      if (on === 0 && this.#loses(bytes)) this.note("the wire loses this packet");
      else if (on === 0) this.#wire.send(bytes);
    }
    this.#deadline = deadlineOf(reply);
    this.#overdue = this.#deadline > now ? 0 : this.#overdue + 1;
    if (this.#overdue > MAX_AT_ONCE) this.#problem ??= sameDeadline(Math.round(this.#deadline), Math.round(now));
    clearTimeout(this.#timer);
    if (this.#deadline === Infinity || this.#closed || this.#problem !== undefined) return;
    const wait = Math.max(1, Math.min(this.#deadline - this.#now(), FOREVER));
    this.#timer = setTimeout(() => this.#pump(), wait);
  }

  #file(direction: "to you" | "from you", time: number, bytes: Uint8Array, on: number): void {
    const medium = this.#wires[on]?.medium ?? "ethernet";
    if (on === 0) this.frames.push({ direction: direction === "to you" ? "from kernel" : "from stack", time, bytes });
    // What came while the host was at work has waited: in the transcript it comes when the host was given it.
    this.#filed = Math.max(this.#filed, time);
    const other = on === 0 ? "kernel" : "wire";
    this.#conversation.transcript.packet({ time: this.#filed, direction, other, bytes, medium, fcs: false, note: "", on });
  }

  #rethrow(): void {
    if (this.#problem !== undefined) throw this.#problem;
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
