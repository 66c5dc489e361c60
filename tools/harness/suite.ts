/**
 * What a suite is made of. A suite is a module whose default export is `suite({...})`: data that names the
 * checks of one lab, each with a body that is given a `Trial`.
 *
 * Three kinds of check share one set of matchers:
 * - a *table* calls the student's functions (`t.ip.parseIpv4(frame)`) and compares what comes back;
 * - a *scenario* runs the student's host on the virtual wire and the virtual clock (`await t.host()`);
 * - a *live* check runs it across a real TAP or TUN device with the Linux kernel as its peer (`await t.live()`).
 *
 * A body runs in the grader, never beside the student's code. It throws nothing itself: the matchers do,
 * and one failure hides no other check. Inputs come from `t.random`, so that a printed seed repeats them.
 */
import type { AcceptModule } from "../../stack/contract/accept.ts";
import type { ArpModule } from "../../stack/contract/arp.ts";
import type { BuffersModule } from "../../stack/contract/buffers.ts";
import type { CongestionModule } from "../../stack/contract/congestion.ts";
import type { DatagramsModule } from "../../stack/contract/datagrams.ts";
import type { FramingModule } from "../../stack/contract/framing.ts";
import type { HandshakeModule } from "../../stack/contract/handshake.ts";
import type { HttpModule } from "../../stack/contract/http.ts";
import type { IpModule } from "../../stack/contract/ip.ts";
import type { ModuleName, Modules } from "../../stack/contract/modules.ts";
import type { SelectorModule } from "../../stack/contract/selector.ts";
import type { StatesModule } from "../../stack/contract/states.ts";
import type { HostConfig, InterfaceConfig } from "../../stack/host_config.ts";
import type { Random } from "../../stack/wire/random.ts";
import type { Topic } from "./failure.ts";
import type { KernelOperations } from "./kernel/operations.ts";
import type { LiveTcp } from "./live_tcp.ts";
import type { LiveUdp } from "./live_udp.ts";
import type { PacketMatcher } from "./matchers.ts";
import type { RemoteChannels } from "./remote_channels.ts";
import type { Reaction, RecordedCall } from "./subject/protocol.ts";
import type { TcpStation } from "./tcp_station.ts";
import type { UdpStation } from "./udp_station.ts";

export type { Reaction, RecordedCall } from "./subject/protocol.ts";

export type Visibility = "public" | "hidden";
export type CheckKind = "table" | "scenario" | "live";

/** One check, as a suite writes it. */
export interface CheckSpec {
  /** Completes the sentence "the lab is right when …": "the kernel pings you with 57 bytes of data". */
  readonly title: string;
  readonly kind: CheckKind;
  /** Relative weight; the lab's points are shared out in proportion. Default 1. */
  readonly weight?: number;
  /** Requirement ids (docs/rfc-map.md) that this check covers, such as "1071-1". */
  readonly covers: readonly string[];
  /** The contract functions to look at when it fails; the first is the likeliest. */
  readonly look: readonly string[];
  /** Why it matters, in a sentence or two that teach, with the RFC section. */
  readonly why: string;
  /** Three grades: a nudge, the idea, nearly the code. */
  readonly hints: readonly [string, string, string];
  /** For a live check: the id of the check on the virtual wire that tests the same. */
  readonly twin?: string;
  readonly run: (t: Trial) => Promise<void>;
  /** The check as it was, when it was changed in the middle of a term. */
  readonly was?: EarlierCheck;
}

/** How a check was in an earlier version of its suite. Until the day that it names, the better of the two counts in grading. */
export interface EarlierCheck {
  /** The version of the suite that it comes from. */
  readonly version: number;
  /** The last day on which it counts: "2026-12-01". */
  readonly until: string;
  readonly run: (t: Trial) => Promise<void>;
}

/** One check, as the tools see it. */
export interface Check extends CheckSpec {
  /** "checksum/odd-length": group and name. */
  readonly id: string;
  readonly group: string;
  readonly lab: number;
  readonly visibility: Visibility;
  /** The version of its suite. */
  readonly version: number;
}

/** The checks of one lab that share a visibility. */
export interface Suite {
  readonly lab: number;
  readonly version: number;
  readonly checks: readonly Check[];
}

/** What a suite is made of. */
export interface SuiteSpec {
  readonly lab: number;
  readonly visibility: Visibility;
  /** From 1, the default. It grows when a check is changed in the middle of a term. */
  readonly version?: number;
  readonly groups: Readonly<Record<string, Readonly<Record<string, CheckSpec>>>>;
}

/**
 * Makes a suite out of its groups: `suite({ lab: 3, visibility: "public", groups: { checksum: { "odd-length": {...} } } })`.
 * Throws a TypeError when an earlier check is not earlier, or ends on no day of the calendar.
 */
export function suite({ lab, visibility, version = 1, groups }: SuiteSpec): Suite {
  const checks: Check[] = [];
  for (const [group, members] of Object.entries(groups)) {
    for (const [name, check] of Object.entries(members)) {
      const id = `${group}/${name}`;
      if (check.was !== undefined) refuseEarlier(check.was, id, version);
      checks.push({ ...check, id, group, lab, visibility, version });
    }
  }
  return { lab, version, checks };
}

function refuseEarlier({ version, until }: EarlierCheck, id: string, now: number): void {
  if (!(version < now)) throw new TypeError(`${id} was in version ${version}, which is not before the suite's version ${now}`);
  if (!isDay(until)) throw new TypeError(`${id} counts until ${JSON.stringify(until)}: a day is written like "2026-12-01"`);
}

/** Whether a text is a day of the calendar: "2026-12-01". Days in this form are in order when the texts are. */
export function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text);
}

/** The functions of a contract as the grader calls them: each answers with a promise; objects it returns are remote too. */
export type Remote<T> = T extends (...args: infer A) => infer R ? (...args: A) => Promise<RemoteResult<R>>
  : { readonly [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<RemoteResult<R>> : T[K] };
type RemoteResult<R> = R extends { readonly [K in keyof R]: (...args: never[]) => unknown } ? Remote<R> : R;

/** Stands for an object whose calls are recorded. `calls` grows as the student's code calls; `take()` empties it. */
export interface Recorder<T> {
  /** Pass this where the contract wants the object or the callback. */
  readonly object: T;
  readonly calls: readonly RecordedCall[];
  take(): RecordedCall[];
}

/** What one call of many came to. */
export interface Outcome<R> {
  /** What it returned; undefined when it threw. */
  readonly value: R;
  /** "TypeError: …" when it threw. */
  readonly threw?: string;
}

/** The means a check's body works with. */
export interface Trial {
  /** The seed of this run of this check. */
  readonly seed: number;
  readonly random: Random;
  /** The student's modules. A Frame that is passed is *changed in place* as the student's code changed it. Exceptions fail the check. */
  readonly framing: Remote<FramingModule>;
  readonly arp: Remote<ArpModule>;
  readonly ip: Remote<IpModule>;
  readonly handshake: Remote<HandshakeModule>;
  readonly states: Remote<StatesModule>;
  readonly buffers: Remote<BuffersModule>;
  readonly accept: Remote<AcceptModule>;
  readonly datagrams: Remote<DatagramsModule>;
  readonly congestion: Remote<CongestionModule>;
  readonly selector: Remote<SelectorModule>;
  readonly http: Remote<HttpModule>;
  /** Calls one function many times in one message (for tables of hundreds). Exceptions are outcomes here, but "not written yet" still ends the check. */
  many<M extends ModuleName, F extends keyof Modules[M] & string>(
    module: M,
    name: F,
    argumentLists: readonly (readonly unknown[])[],
    // deno-lint-ignore no-explicit-any -- the result type depends on the function's name; callers state it
  ): Promise<Outcome<any>[]>;
  /** As `many`, for a method of an object that a factory of the student's returned. */
  // deno-lint-ignore no-explicit-any -- as above
  manyOn(object: object, name: string, argumentLists: readonly (readonly unknown[])[]): Promise<Outcome<any>[]>;
  /**
   * Something to pass as `ArpActions`, or (with `callback: true`) as a plain callback, that records its calls; each call of the callback
   * returns `returns`. With `beside` each recorded call holds the objects that went through `inout` in front of the recorder, as they were at
   * that moment: `call.beside[0]`. The first of these objects may change when something is called:
   * `reactions: [{ name: "event", arg: "close", set: { state: "LAST-ACK" } }]`.
   */
  recorder<T>(options?: { callback?: boolean; returns?: unknown; beside?: boolean; reactions?: readonly Reaction[] }): Recorder<T>;
  /** A pool of big frames in the student's process, for `ReassemblyOptions`. `lent()` says how many are out. */
  pool(options: { capacity?: number; limit?: number }): {
    acquire: () => never;
    release: (frame: never) => void;
    lent(): Promise<number>;
  };
  /** Channels that do exactly what the check says, and remember what was asked of them (lab 10). */
  channels(): RemoteChannels;
  /** Bytes of memory in all rings (`stack/wire/ring.ts`) of the student's process. Other checks may have left some: compare. */
  ringMemory(): Promise<number>;
  /**
   * Pass an object (or a Uint8Array) through this when the student's function changes it: afterwards `value` is as the function left it.
   * `await t.states.close(t.inout(tcb), effects.object)`.
   */
  inout<T extends object>(value: T): T;
  /** A seeded source of numbers in [0, 1) in the student's process, for `ClaimOptions.random`. */
  randomSource(seed: number): () => number;

  /** Writes a step into the transcript: what was done or seen, in words. Shown when the check fails. */
  step(text: string): void;
  /** Forgets all steps so far: for a check that has tried many stories, and now tells the one that goes wrong. */
  tellAnew(): void;
  /** Fails unless deeply equal. `what` names the thing: "the checksum". */
  equal<T>(actual: T, expected: T, what: string): void;
  /** Fails unless `actual` is an object whose named members are equal; lists every wrong one. A string (a reject) in place of the object is named. */
  fields(actual: unknown, expected: Readonly<Record<string, unknown>>, what: string): void;
  /** Fails unless `actual` is one of several legal values. */
  oneOf<T>(actual: T, legal: readonly T[], what: string): void;
  /** Fails unless the stack has counted this so often; a failure says what it counted besides. `when`: ", after a datagram with TTL 2". */
  counter(station: Pick<Station, "counters">, name: string, count: number, when?: string): Promise<void>;
  /** Fails unless true. `got` says what came instead. */
  ok(condition: boolean, expected: string, got: string): asserts condition;
  /**
   * Does a part of the check that is about something else than the whole: the way to where it begins, the proof in the end that a connection still
   * works, the opposite case. A failure in it has this Why, and these functions are the first to look at.
   */
  about<T>(topic: Topic, part: () => T | Promise<T>): Promise<T>;

  /** The student's host on the virtual wire, with a virtual clock that starts at 0. */
  host(config?: StationConfig): Promise<Station>;
  /** As `host`, with TCP on it and a scripted TCP peer at the other end (labs 04 to 07). */
  tcp(config?: StationConfig): Promise<TcpStation>;
  /** As `host`, with UDP on it, and an application above that binds, sends and receives (lab 09). */
  udp(config?: StationConfig): Promise<UdpStation>;
  /** The student's host across a real device, with the kernel on the other side. */
  live(config?: LiveConfig): Promise<LiveStation>;
  /** Runs a script in the packetdrill language against the student's host; `file` is its name in messages (labs 04 to 07). */
  script(file: string, text: string): Promise<void>;
}

/** How a station is set up. Unset: Ethernet, MTU 1500, stack 02:00:00:00:00:02 and 10.44.0.2/24, peer 02:00:00:00:00:01 and 10.44.0.1. */
export interface StationConfig extends Partial<HostConfig> {
  /** Whether the peer answers ARP requests for its addresses by itself. Default: from lab 03 on. Those frames don't count in `expect`. */
  readonly answerArp?: boolean;
  /** Further addresses that the peer answers ARP for. */
  readonly peerAddresses?: readonly string[];
}

/** The student's host on the virtual wire. What it sends is queued here in order until `expect` takes it. */
export interface Station {
  /**
   * The peer sends an Ethernet frame (or an IP packet, on medium "ip"), padded to 60 bytes and with a right FCS where the medium has one.
   * `on` is the interface, from 0.
   */
  send(packet: Uint8Array, note?: string, on?: number): Promise<void>;
  /** The peer sends exactly these bytes: FCS and padding are the caller's. */
  sendRaw(frame: Uint8Array, note?: string, on?: number): Promise<void>;
  /**
   * The next frame from the stack must match. Waits up to `within` virtual milliseconds for it (default 0: at once). `why` is what the student reads.
   * Returns its bytes without FCS. The FCS itself is always verified.
   */
  expect(matcher: PacketMatcher, why: string, within?: number): Promise<Uint8Array>;
  /** Nothing may come for so many virtual milliseconds (default 0: nothing is queued now). */
  expectSilence(milliseconds: number, why: string): Promise<void>;
  /** Lets virtual time pass; what the stack sends is queued. */
  wait(milliseconds: number): Promise<void>;
  /** Takes everything that is queued, without FCS, oldest first. */
  take(): Uint8Array[];
  /** Virtual milliseconds since the start. */
  readonly now: number;
  /** What the stack counted: drops by their reject's name, and more (see `stack/counters.ts`). */
  counters(): Promise<Readonly<Record<string, number>>>;
  /** Asks the stack to send an ICMP echo request from above, as an application would. */
  ping(to: string, options?: { id?: number; seq?: number; size?: number }): Promise<void>;
  /** Asks the stack to send a payload of its own: as IP protocol `protocol`. */
  output(to: string, protocol: number, payload: Uint8Array): Promise<void>;
  /** Asks the link layer below IP to send a bare payload to a next hop (for lab 02, where IP does not exist yet). EtherType 0x88b5. */
  outputLink(nextHop: string, payload: Uint8Array, on?: number): Promise<void>;
  /** What the host passed up: echo replies, ICMP errors, EtherType 0x88b5 payloads, address conflicts. Emptied by reading. */
  events(): Promise<readonly HostEvent[]>;
  /** The ARP table as the stack shows it. */
  arpTable(on?: number): Promise<readonly { address: string; mac?: string; state: string; waiting: number }[]>;
}

/** Something the host tells the layer above. */
export interface HostEvent {
  readonly kind: "echo reply" | "icmp error" | "payload" | "address conflict" | "address claimed";
  readonly from: string;
  readonly type?: number;
  readonly code?: number;
  readonly id?: number;
  readonly seq?: number;
  readonly protocol?: number;
  readonly data?: Uint8Array;
}

/** How a live station is set up: as a station, but across "tap" (the default) or "tun". */
export interface LiveConfig extends Omit<Partial<HostConfig>, "interfaces"> {
  readonly kind?: "tap" | "tun";
  /** The first is the live one; what it leaves out is chosen for it. Others have nobody at their end. */
  readonly interfaces?: readonly Partial<InterfaceConfig>[];
  /** Which of the stack's frames the wire loses: the kernel never gets them. Asked once for each, in their order. */
  readonly loses?: (frame: Uint8Array) => boolean;
}

/** The student's host across a real device. Frames flow by themselves while an operation of the kernel is awaited. */
export interface LiveStation {
  /** Makes the kernel act. An operation ends early when both sides have gone quiet, so a silent stack costs little time. */
  readonly kernel: KernelOperations;
  /** An application above the stack's TCP (labs 04 to 07): what it does, and what crossed the wire, in relative numbers. */
  readonly tcp: LiveTcp;
  /** An application above the stack's UDP (lab 09). */
  readonly udp: LiveUdp;
  /** Lets frames flow until both sides have been quiet for `milliseconds` (default 4). */
  settle(milliseconds?: number): Promise<void>;
  /** All frames so far, oldest first. */
  readonly frames: readonly SeenFrame[];
  /** Some frame in this direction must match; fails with the nearest one and its wrong fields. */
  expectSeen(direction: "from kernel" | "from stack", matcher: PacketMatcher, why: string): Uint8Array;
  counters(): Promise<Readonly<Record<string, number>>>;
  ping(to: string, options?: { id?: number; seq?: number; size?: number }): Promise<void>;
  output(to: string, protocol: number, payload: Uint8Array): Promise<void>;
  outputLink(nextHop: string, payload: Uint8Array): Promise<void>;
  events(): Promise<readonly HostEvent[]>;
  arpTable(): Promise<readonly { address: string; mac?: string; state: string; waiting: number }[]>;
  /** This station's addresses, which differ from check to check so that live checks can run side by side. */
  readonly address: string;
  readonly mac: string;
  readonly kernelAddress: string;
  readonly kernelMac: string;
  /** The kernel's interface. */
  readonly device: string;
}

/** A frame that crossed the live wire. */
export interface SeenFrame {
  readonly direction: "from kernel" | "from stack";
  /** Milliseconds since the check began. */
  readonly time: number;
  readonly bytes: Uint8Array;
}
