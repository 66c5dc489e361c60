/**
 * `deno task bench`: what the reference stack costs. TCP with the kernel, in bytes, echoes, connections, memory and
 * processor time, beside the kernel by itself and lwIP; frames per second through the virtual wire and through TAP, a ping's round trip, and what is made and
 * thrown away per packet. Never a figure alone: stack and yardstick are measured in
 * turns in the same run, and the share of the two is what may be compared from machine to machine.
 */
import { parseArgs } from "@std/cli/parse-args";
import type { Modules } from "../stack/contract/modules.ts";
import { NoLiveWire } from "../stack/link/no_live_wire.ts";
import { countConstructions, heapBytes } from "./bench/allocations.ts";
import { bulkRig, SEGMENT } from "./bench/bulk.ts";
import { contest, type ContestOptions, spreadOf } from "./bench/contest.ts";
import { BATCH, echo, virtualRig } from "./bench/echo.ts";
import { profile as profiled, type ProfileName, PROFILES } from "./bench/profiling.ts";
import { inNamespace, inProcess } from "./bench/apart.ts";
import { measureLwip } from "./bench/beside_lwip.ts";
import { type EchoFigures, type Figures, type FrameFigures, type Made, reportLines, type SegmentFigures } from "./bench/report.ts";
import type { CrowdResult, CrowdSize } from "./bench/connections.ts";
import type { CrowdCost } from "./bench/crowd.ts";
import { crowdPicture } from "./bench/crowd_picture.ts";
import { type CrowdFigures, crowdLines } from "./bench/crowd_report.ts";
import type { IdleResult } from "./bench/idle.ts";
import type { TapResult } from "./bench/tap.ts";
import type { TcpOrder, TcpResult } from "./bench/tcp.ts";
import type { TcpSize } from "./bench/turns.ts";
import { UsageError } from "./lab/usage_error.ts";
import { loadReference, NoReference } from "./reference.ts";

/** Where pictures go when nobody says where. */
const FOLDER = ".wallsocket";
const DONE = 0, USAGE = 2, IMPOSSIBLE = 3;
const OPTIONS: ContestOptions = { rounds: 15, sample: 25 };

const CROWD_SIZE: Omit<CrowdSize, "connections"> = { echoes: 20_000, turns: 3, calling: 1000, flood: 5_000_000 };
/** With --connections at most: clients that can be asked for, connections whose cost is measured on the virtual wire, and idle ones. */
const MOST_CLIENTS = 1_000_000, MOST_COSTS = 10_000, MOST_IDLE = 100_000;
const TCP_SIZE: TcpSize = { rounds: 7, bytes: 64_000_000, echoes: 2000, connections: 1000 };
const LWIP_SIZE = { rounds: 5, bytes: 20_000_000 };
/** What can be measured by itself, with --only. */
const PARTS = ["tcp", "offload", "lwip", "wire", "memory", "frames", "tap"] as const;
type Part = typeof PARTS[number];
/** Connections that are idle, and bytes of a sample on the virtual wire. */
const IDLE = 10_000;
const VIRTUAL_BYTES = 4_000_000;

const HELP = `deno task bench: what the reference stack costs, in a minute

  --connections N  many connections instead, in a minute: N clients of the kernel at
                   once, costs with 1 to N of them (10 000 at most), 10 N idle ones
                   (100 000 at most), and a flood of SYNs
  --profile WHAT   where the stack's thread is meanwhile: in, out (bytes), or echo
  --offload        with --profile: the device puts segments together, and cuts them
  --svg FILE       the picture: of --connections the costs, of --profile the flame graph
  --grading        what deno task grade costs instead, in a minute or two
  --only PARTS     some of tcp, offload, lwip, wire, memory, frames, tap: --only tcp,wire
  --virtual        leave out what needs TAP or TUN
  --json           one JSON object in place of the report
  --help           this

Exit status: 0 done, 2 the command was wrong, 3 it could not be done.`;

/** The frames that are measured on the virtual wire, by their length without FCS. */
const VIRTUAL = [
  { what: "64 bytes", length: 60, withFcs: true },
  { what: "1518 bytes", length: 1514, withFcs: true },
  { what: "1514 bytes, no FCS", length: 1514, withFcs: false },
] as const;

/** The virtual wire. */
export function measureVirtual(modules: Modules, options: ContestOptions): EchoFigures[] {
  return VIRTUAL.map(({ what, length, withFcs }) => {
    const stack = virtualRig(modules, length, withFcs);
    const bare = virtualRig(undefined, length, withFcs);
    return { what, ...contest({ stack: (count) => echo(stack, count), yardstick: (count) => echo(bare, count) }, options) };
  });
}

/** What is made per packet. Comes last: counting takes the constructors' place, and what was compiled before is thrown away. */
export function measureMade(modules: Modules): { made: Made; heap: FrameFigures["heap"] } {
  const rigs = VIRTUAL.map(({ what, length, withFcs }) => ({ what, rig: virtualRig(modules, length, withFcs) }));
  for (const { rig } of rigs) echo(rig, 100 * BATCH);
  const heap = rigs.map(({ what, rig }) => ({ what, bytes: heapBytes((count) => void echo(rig, count)) / 2 }));
  const constructions = countConstructions(() => rigs.forEach(({ rig }) => echo(rig, BATCH)));
  return { made: { packets: rigs.length * BATCH * 2, constructions }, heap };
}

/** TAP. Throws a NoLiveWire. */
export function measureTap(options: ContestOptions): Promise<TapResult> {
  return inNamespace("tap.ts", options);
}

/** TCP with the kernel. Throws a NoLiveWire. */
export function measureTcp(size: TcpOrder): Promise<TcpResult> {
  return inNamespace("tcp.ts", size);
}

/** TCP on the virtual wire: samples of so many bytes. What is made is counted last, as in `measureMade`. */
export function measureSegments(modules: Modules, samples: number, bytes: number): SegmentFigures {
  const bulk = bulkRig(modules);
  const fast = bulkRig(modules, true);
  const [times, rates, fastRates] = [[], [], []] as [number[], number[], number[]];
  for (let sample = 0; sample < samples; sample++) {
    const [before, began] = [bulk.segments(), performance.now()];
    bulk.carry(bytes);
    const between = performance.now();
    fast.carry(bytes);
    times.push((between - began) * 1e6 / (bulk.segments() - before));
    rates.push(bytes * 8 / (between - began) / 1e6);
    fastRates.push(bytes * 8 / (performance.now() - between) / 1e6);
  }
  const heap = heapBytes((count) => bulk.carry(count * SEGMENT));
  const before = bulk.segments();
  const constructions = countConstructions(() => bulk.carry(bytes));
  const counted = { segments: bulk.segments() - before, constructions, heap };
  return { time: spreadOf(times), gigabits: spreadOf(rates), fastGigabits: spreadOf(fastRates), ...counted };
}

/** Memory of idle connections, in a process that has nothing else to remember. */
export function measureIdle(connections: number): Promise<IdleResult> {
  return inProcess("idle.ts", ["--v8-flags=--expose-gc"], [connections]);
}

/** What a connection, an echo and a segment cost with 1 to `most` connections open; `work`: how many of each make a sample. */
export function measureCosts(most: number, work: number): Promise<CrowdCost[]> {
  return inProcess("crowd.ts", ["--allow-ffi"], [most, work]);
}

/** Many clients of the kernel. Throws a NoLiveWire. */
export function measureConnections(size: CrowdSize): Promise<CrowdResult> {
  return inNamespace("connections.ts", size, ["--v8-flags=--expose-gc"]);
}

/** What it gives; or why there is no live wire. */
async function live<T>(virtualOnly: boolean, measuring: () => Promise<T>): Promise<T | string> {
  if (virtualOnly) return "Left out, as asked.";
  return await measuring().catch((error) => {
    if (error instanceof NoLiveWire) return error.message;
    throw error;
  });
}

/** `deno task bench --connections`. */
async function measureMany(asked: number, virtualOnly: boolean): Promise<CrowdFigures> {
  await loadReference();
  const crowd = await live(virtualOnly, () => measureConnections({ ...CROWD_SIZE, connections: asked }));
  const costs = await measureCosts(Math.min(asked, MOST_COSTS), CROWD_SIZE.echoes / 2);
  return { machine: machine(), asked, live: crowd, costs, idle: await measureIdle(Math.min(10 * asked, MOST_IDLE)) };
}

function machine(): string {
  return `Deno ${Deno.version.deno} · ${Deno.build.os} ${Deno.build.arch} · ${navigator.hardwareConcurrency} processors`;
}

/** These parts. */
async function measure(parts: readonly Part[], virtualOnly: boolean): Promise<Figures> {
  const modules = await loadReference();
  const on = async <T>(part: Part, measuring: () => T | Promise<T>): Promise<T | undefined> =>
    parts.includes(part) ? await measuring() : undefined;
  const plainly = ([["tcp", "plain"], ["offload", "offload"]] as const).flatMap(([part, name]) => parts.includes(part) ? [name] : []);
  const overTun = plainly.length === 0 ? undefined : await live(virtualOnly, () => measureTcp({ ...TCP_SIZE, parts: plainly }));
  const lwip = await on("lwip", () => live(virtualOnly, () => measureLwip(LWIP_SIZE)));
  const tap = await on("tap", () => live(virtualOnly, () => measureTap(OPTIONS)));
  const memory = await on("memory", () => measureIdle(IDLE));
  const echo = await on("frames", () => measureVirtual(modules, OPTIONS));
  const wire = await on("wire", () => measureSegments(modules, OPTIONS.rounds, VIRTUAL_BYTES));
  const frames = echo && { echo, ...measureMade(modules) };
  return { machine: machine(), tcp: overTun, lwip, wire, memory, frames, tap };
}

/** Has grading measured, by a process with the permissions of `deno task grade`, and returns its exit status. */
async function measureGrading(json: boolean): Promise<number> {
  await loadReference();
  const permissions = ["--allow-read", "--allow-write", "--allow-run", "--allow-env", "--allow-sys=uid"];
  const program = new URL("bench/grading.ts", import.meta.url).href;
  const args = ["run", "--quiet", "--no-prompt", ...permissions, program, ...json ? ["--json"] : []];
  return (await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).spawn().status).success ? DONE : IMPOSSIBLE;
}

/** What the command line says. */
interface BenchOptions extends Record<"grading" | "virtual" | "offload" | "json" | "help", boolean> {
  readonly connections: number | undefined;
  readonly profile: ProfileName | undefined;
  readonly svg: string | undefined;
  readonly parts: readonly Part[];
}

/** Reads the command line. Throws a UsageError. */
function readOptions(words: readonly string[]): BenchOptions {
  const { grading, virtual, offload, json, help, connections, profile, svg, only } = parseArgs(words, {
    boolean: ["grading", "virtual", "offload", "json", "help"],
    string: ["connections", "profile", "svg", "only"],
    alias: { h: "help" },
    unknown: (word: string) => {
      throw new UsageError(`Cannot make sense of "${word}". --help lists the options.`);
    },
  });
  const clients = connections === undefined ? undefined : readClients(`${connections}`);
  if (svg !== undefined && clients === undefined && profile === undefined) {
    throw new UsageError("--svg draws what --connections or --profile measures: say which, as in --connections 1000.");
  }
  if (profile !== undefined && !Object.hasOwn(PROFILES, `${profile}`)) {
    throw new UsageError(`Cannot profile "${profile}": there are ${Object.keys(PROFILES).join(", ")}.`);
  }
  if (svg === "") throw new UsageError("--svg wants a file, as in --svg connections.svg.");
  return {
    grading: grading === true,
    virtual: virtual === true,
    offload: offload === true,
    json: json === true,
    help: help === true,
    connections: clients,
    profile: profile as ProfileName | undefined,
    svg: svg === undefined ? undefined : `${svg}`,
    parts: only === undefined ? PARTS : readParts(`${only}`),
  };
}

function readParts(word: string): Part[] {
  return word.split(",").map((name) => {
    const part = PARTS.find((part) => part === name);
    if (part === undefined) throw new UsageError(`Cannot measure "${name}": there are ${PARTS.join(", ")}.`);
    return part;
  });
}

function readClients(word: string): number {
  const clients = /^\d{1,7}$/.test(word) ? Number(word) : 0;
  if (clients >= 1 && clients <= MOST_CLIENTS) return clients;
  throw new UsageError(`Cannot measure "${word}" connections: 1 to ${MOST_CLIENTS} are possible, as in --connections 10000.`);
}

/** Runs the command and returns its exit status. */
async function main(words: readonly string[]): Promise<number> {
  try {
    const { grading, virtual, offload, json, help, connections, profile, svg, parts } = readOptions(words);
    if (help) console.log(HELP);
    else if (grading) return await measureGrading(json);
    else if (profile !== undefined) {
      await loadReference();
      console.log((await profiled(profile, offload, svg ?? `${FOLDER}/profile-${profile}.svg`)).join("\n"));
    } else if (connections !== undefined) {
      const figures = await measureMany(connections, virtual);
      console.log(json ? JSON.stringify(figures, undefined, 2) : crowdLines(figures).join("\n"));
      if (svg !== undefined) await Deno.writeTextFile(svg, crowdPicture(figures.costs, figures.machine));
    } else {
      const figures = await measure(parts, virtual);
      console.log(json ? JSON.stringify(figures, undefined, 2) : reportLines(figures).join("\n"));
    }
    return DONE;
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof NoReference) && !(error instanceof NoLiveWire)) throw error;
    console.error(error.message);
    return error instanceof UsageError ? USAGE : IMPOSSIBLE;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
