/**
 * One run of one check: the `Trial` that its body is given, and the verdict that comes out of it.
 */
import type { ModuleName } from "../../stack/contract/modules.ts";
import { createRandom, type Random } from "../../stack/wire/random.ts";
import { equal } from "@std/assert";
import { dropsText } from "./drops.ts";
import { about, CheckFailed, CheckSkipped, type FailureDetails, NotWritten, type Topic } from "./failure.ts";
import type { KernelPeer } from "./kernel/kernel_peer.ts";
import { type RealStation, startLiveStation } from "./live_station.ts";
import { InOut, Marker } from "./marker.ts";
import { Conversation } from "./remote.ts";
import type { RemoteChannels } from "./remote_channels.ts";
import type { Mismatch, RightField } from "./matchers.ts";
import { keyOf, showBoth, showValue } from "./show.ts";
import type { Subject } from "./subject.ts";
import { SubjectDied } from "./subject_process.ts";
import type { Check, LiveConfig, LiveStation, Outcome, Recorder, Station, StationConfig, Trial } from "./suite.ts";
import { Transcript } from "./transcript.ts";
import { ScriptedTcp, type TcpStation } from "./tcp_station.ts";
import { ScriptedUdp, type UdpStation } from "./udp_station.ts";
import { startStation } from "./virtual_station.ts";
import { WorkspaceError } from "./workspace.ts";

/** What became of a check. */
export type Verdict =
  | { readonly outcome: "passed" }
  | {
    readonly outcome: "failed";
    readonly expected: string;
    readonly got: string;
    readonly mismatches: CheckFailed["mismatches"];
    /** Fields that were as expected, where others were not. */
    readonly right?: CheckFailed["right"];
    /** Where an exception left the student's code. */
    readonly at?: string;
    readonly symbol?: string;
    /** What the part of the check was about in which it failed. */
    readonly topic?: Topic;
    readonly complaints: readonly string[];
  }
  | { readonly outcome: "not written"; readonly symbol: string }
  | { readonly outcome: "skipped"; readonly reason: string }
  /** The check itself is broken: a fault of ours, never the student's. */
  | { readonly outcome: "broken"; readonly error: string };

/** A check with its verdict. */
export interface CheckResult {
  readonly check: Check;
  readonly seed: number;
  readonly verdict: Verdict;
  readonly milliseconds: number;
  readonly transcript: Transcript;
}

/** What a check needs from the run. */
export interface TrialMeans {
  readonly subject: Subject;
  /** The kernel, or why there is none. */
  readonly kernel: () => Promise<KernelPeer | string>;
  /** Runs without a limit on the whole check: while a debugger is attached. */
  readonly patient?: boolean;
}

/** The longest a whole check may take, in milliseconds. Each single answer of the subject has its own, shorter limit. */
const CHECK_LIMIT = 20_000;

/** The longest text of what came instead of a record. */
const LINES = 160;
/** Columns beside "Expected" on its first line (tools/lab/failure_report.ts). */
const FIRST_LINE = 66;

/** Runs a check. Never throws. */
export async function runCheck(check: Check, seed: number, means: TrialMeans): Promise<CheckResult> {
  const began = performance.now();
  const transcript = new Transcript();
  const trial = new RunningTrial(check, seed, means, transcript);
  let verdict: Verdict;
  try {
    await means.subject.reset();
    await withLimit(check.run(trial), means.patient ? Infinity : CHECK_LIMIT);
    verdict = { outcome: "passed" };
  } catch (error) {
    verdict = await trial.verdictOf(error);
  }
  await trial.close();
  return { check, seed, verdict, milliseconds: performance.now() - began, transcript };
}

async function withLimit(work: Promise<void>, limit: number): Promise<void> {
  if (limit === Infinity) return await work;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const overdue = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new CheckFailed("the check to come to an end", `none within ${limit / 1000} s`)), limit);
  });
  try {
    await Promise.race([work, overdue]);
  } finally {
    clearTimeout(timer);
  }
}

class RunningTrial implements Trial {
  readonly seed: number;
  readonly random: Random;
  readonly framing: Trial["framing"];
  readonly arp: Trial["arp"];
  readonly ip: Trial["ip"];
  readonly handshake: Trial["handshake"];
  readonly states: Trial["states"];
  readonly buffers: Trial["buffers"];
  readonly accept: Trial["accept"];
  readonly datagrams: Trial["datagrams"];
  readonly congestion: Trial["congestion"];
  readonly selector: Trial["selector"];
  readonly http: Trial["http"];
  readonly #check: Check;
  readonly #means: TrialMeans;
  readonly #transcript: Transcript;
  readonly #conversation: Conversation;
  #live: RealStation | undefined;

  constructor(check: Check, seed: number, means: TrialMeans, transcript: Transcript) {
    this.seed = seed;
    this.random = createRandom(seed);
    this.#check = check;
    this.#means = means;
    this.#transcript = transcript;
    this.#conversation = new Conversation(means.subject, transcript);
    const module = (name: ModuleName): never => this.#conversation.module(name) as never;
    this.framing = module("framing");
    this.arp = module("arp");
    this.ip = module("ip");
    this.handshake = module("handshake");
    this.states = module("states");
    this.buffers = module("buffers");
    this.accept = module("accept");
    this.datagrams = module("datagrams");
    this.congestion = module("congestion");
    this.selector = module("selector");
    this.http = module("http");
  }

  // deno-lint-ignore no-explicit-any -- as in the interface
  many(module: ModuleName, name: string, argumentLists: readonly (readonly unknown[])[]): Promise<Outcome<any>[]> {
    return this.#conversation.many(module, name, argumentLists);
  }

  // deno-lint-ignore no-explicit-any -- as in the interface
  manyOn(object: object, name: string, argumentLists: readonly (readonly unknown[])[]): Promise<Outcome<any>[]> {
    return this.#conversation.manyOn(object, name, argumentLists);
  }

  recorder<T>(options: Parameters<Trial["recorder"]>[0] = {}): Recorder<T> {
    return this.#conversation.recorder<T>(options);
  }

  pool(options: { capacity?: number; limit?: number }): ReturnType<Trial["pool"]> {
    return this.#conversation.pool(options.capacity ?? 65535 + 320, options.limit ?? 64);
  }

  channels(): RemoteChannels {
    return this.#conversation.channels();
  }

  ringMemory(): Promise<number> {
    return this.#conversation.ringMemory();
  }

  inout<T extends object>(value: T): T {
    return new InOut(value) as never;
  }

  randomSource(seed: number): () => number {
    return new Marker({ t: "random", seed }) as never;
  }

  step(text: string): void {
    this.#transcript.note(this.#conversation.now(), text);
  }

  tellAnew(): void {
    this.#transcript.restart();
  }

  equal<T>(actual: T, expected: T, what: string): void {
    if (equal(actual, expected)) return this.#right(what);
    if (actual instanceof Uint8Array && expected instanceof Uint8Array) throw differentBytes(actual, expected, what);
    const shown = showBoth(actual, expected, what);
    // What a function returned is what it is; where a wire is between, undefined means that something did not come.
    const isWire = this.#check.kind !== "table";
    const text = (value: unknown, each: string): string => isWire && value === undefined ? "nothing" : each;
    throw new CheckFailed(wanted(what, text(expected, shown.expected)), text(actual, shown.actual), bothMembers(actual, expected));
  }

  fields(actual: unknown, expected: Readonly<Record<string, unknown>>, what: string): void {
    if (actual === undefined) throw new CheckFailed(wanted(what, showValue(expected)), "nothing");
    if (typeof actual !== "object" || actual === null) throw new CheckFailed(wanted(what, showValue(expected)), showValue(actual));
    const details = differentMembers(actual as Record<string, unknown>, expected);
    const wrong = details.mismatches.map(({ field }) => field);
    if (wrong.length > 0) throw new CheckFailed(what, gotText(actual, wrong), details);
    this.#right(what);
  }

  oneOf<T>(actual: T, legal: readonly T[], what: string): void {
    if (legal.some((each) => equal(actual, each))) return this.#right(what);
    const key = keyOf(what);
    throw new CheckFailed(wanted(what, legal.map((each) => showValue(each, key)).join(" or ")), showValue(actual, key));
  }

  async counter(station: Pick<Station, "counters">, name: string, count: number, when = ""): Promise<void> {
    const counters = await station.counters();
    const [what, got] = [`the counter "${name}"${when}`, counters[name] ?? 0];
    if (got !== count) throw new CheckFailed(`${what}: ${count}`, `${got}${dropsText(counters)}`);
    this.#right(what);
  }

  ok(condition: boolean, expected: string, got: string): asserts condition {
    if (!condition) throw new CheckFailed(expected, got);
  }

  about<T>(topic: Topic, part: () => T | Promise<T>): Promise<T> {
    return about(topic, part);
  }

  async host(config: StationConfig = {}): Promise<Station> {
    return await startStation(this.#conversation, config, this.#layers);
  }

  async tcp(config: StationConfig = {}): Promise<TcpStation> {
    return new ScriptedTcp(await startStation(this.#conversation, config, this.#layers === 5 ? 5 : 4), this.random);
  }

  async udp(config: StationConfig = {}): Promise<UdpStation> {
    return new ScriptedUdp(await startStation(this.#conversation, config, this.#layers === 5 ? 5 : 4));
  }

  async live(config: LiveConfig = {}): Promise<LiveStation> {
    const kernel = await this.#means.kernel();
    if (typeof kernel === "string") throw new CheckSkipped(kernel);
    await this.#live?.close();
    this.#live = await startLiveStation(this.#conversation, kernel, config, this.#layers);
    return this.#live;
  }

  async script(file: string, text: string): Promise<void> {
    const { runCheckScript } = await import("../packetdrill/check_script.ts");
    await runCheckScript(file, text, this.#conversation, this.#layers === 5 ? 5 : 4);
  }

  /** Gives back what the check had open. */
  async close(): Promise<void> {
    await this.#live?.close();
  }

  /** What an exception out of the body means. */
  async verdictOf(error: unknown): Promise<Verdict> {
    if (error instanceof NotWritten) return { outcome: "not written", symbol: error.symbol };
    if (error instanceof CheckSkipped) return { outcome: "skipped", reason: error.message };
    if (error instanceof SubjectDied) return failed("an answer", error.message, error.symbol);
    if (error instanceof WorkspaceError) return failed("code that can be loaded", error.message, undefined);
    if (error instanceof CheckFailed) {
      const complaints = await this.#live?.kernelComplaints().catch(() => []) ?? [];
      const topic = error.topic === undefined ? {} : { topic: error.topic };
      const { mismatches, right, at } = error;
      const where = at === undefined ? {} : { at };
      return { ...failed(error.expected, error.got, error.symbol), ...topic, ...where, mismatches, right, complaints };
    }
    if (error instanceof TypeError && this.#conversation.answered) {
      return this.#unusable(error);
    }
    return { outcome: "broken", error: error instanceof Error ? `${error.stack ?? error.message}` : String(error) };
  }

  /** What a function returned is so far from its contract that the check itself broke on it. */
  #unusable({ message }: TypeError): Verdict {
    const last = this.#transcript.steps.findLast((step) => step.kind === "call");
    if (last === undefined) {
      return failed("what the contract says", `something that this check could not even look at (${message})`, undefined);
    }
    const came = last.outcome.replace(/^ (→|of .* →) /, "") || "nothing";
    return failed(`${last.name} to return what its contract says`, `${came}: this check could not even look at it (${message})`, last.name);
  }

  get #layers(): 1 | 2 | 3 | 4 | 5 {
    const { lab } = this.#check;
    return (lab >= 8 ? 5 : Math.min(lab, 4)) as 1 | 2 | 3 | 4 | 5;
  }

  #right(what: string): void {
    this.#transcript.right(this.#conversation.now(), what);
  }
}

function failed(expected: string, got: string, symbol: string | undefined): Verdict & { outcome: "failed" } {
  return { outcome: "failed", expected, got, mismatches: [], complaints: [], ...(symbol === undefined ? {} : { symbol }) };
}

/** What was expected, and of what. A value that would not stand on the first line comes first: what came stands right below it then. */
function wanted(what: string, value: string): string {
  return what.length + 2 + value.length > FIRST_LINE ? `${value}: ${what}` : `${what}: ${value}`;
}

/** A record of which some members are wrong; when it is too long for a line, those. */
function gotText(actual: object, wrong: readonly string[]): string {
  if (Object.keys(actual).length === 0) return "nothing";
  const text = showValue(actual, "", LINES);
  if (text.length < LINES) return text;
  return showValue(Object.fromEntries(Object.entries(actual).filter(([key]) => wrong.includes(key))), "", LINES);
}

/** Two records beside each other; nothing when one of the two is none. */
function bothMembers(actual: unknown, expected: unknown): FailureDetails {
  if (!isPlain(actual) || !isPlain(expected)) return {};
  const beside = Object.keys(actual).filter((key) => !Object.hasOwn(expected, key));
  return differentMembers(actual, { ...expected, ...Object.fromEntries(beside.map((key) => [key, undefined])) });
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Whether an address has more than 32 bits. */
function isLong(address: unknown): boolean {
  return typeof address === "number" && address > 0xffff_ffff && address <= 0xffff_ffff_ffff;
}

/** The members of a record beside what was expected of them: first those that differ. */
function differentMembers(
  actual: Readonly<Record<string, unknown>>,
  expected: Readonly<Record<string, unknown>>,
): { readonly mismatches: Mismatch[]; readonly right: RightField[] } {
  const mismatches: Mismatch[] = [], right: RightField[] = [];
  for (const [field, value] of Object.entries(expected)) {
    // A source is an address of 48 bits in lab 01 and of 32 elsewhere: where one of the two has more than 32, both have.
    const key = /^(source|destination)$/.test(field) && [value, actual[field]].some(isLong) ? "mac" : field;
    const [wanted, got] = [showValue(value, key), showValue(actual[field], key)];
    if (equal(actual[field], value)) right.push({ field, value: got });
    else mismatches.push({ field, expected: wanted, got });
  }
  return { mismatches, right };
}

/** Two arrays of bytes that differ: how long each is, and where the first difference lies. */
function differentBytes(actual: Uint8Array, expected: Uint8Array, what: string): CheckFailed {
  let at = 0;
  while (at < actual.length && actual[at] === expected[at]) at++;
  const around = (bytes: Uint8Array): string => {
    const from = Math.max(0, at - 4);
    const hex = (byte: number, index: number): string =>
      `${bytes === actual && from + index === at ? "✘" : ""}${byte.toString(16).padStart(2, "0")}`;
    const shown = [...bytes.subarray(from, at + 12)].map(hex).join(" ");
    return `${bytes.length} bytes${bytes.length === 0 ? "" : at >= bytes.length ? ", which end there" : `, from byte ${from}: ${shown}`}`;
  };
  const where = actual.length === 0 ? "" : ` (the first difference is at byte ${at})`;
  return new CheckFailed(`${what}: ${around(expected)}`, `${around(actual)}${where}`);
}
