/**
 * `deno task soak`: the stack, left alone for hours. Two machines on virtual time, or the stack and the kernel on real time; a wire that is never good for long,
 * programs that come and go in every way there is, machines that break down. Every byte is checked, and in the end nothing may be left.
 */
import { parseArgs } from "@std/cli/parse-args";
import { NoLiveWire } from "../stack/link/no_live_wire.ts";
import { runInNamespace } from "./harness/namespace_program.ts";
import { UsageError } from "./lab/usage_error.ts";
import { loadReference, NoReference } from "./reference.ts";
import type { LiveResult } from "./soak/live.ts";
import { soak, type SoakResult } from "./soak/soak.ts";

const DONE = 0, FAULTS = 1, USAGE = 2, IMPOSSIBLE = 3;
/** Seconds of the live soak when nothing is said. */
const LIVE = 60;
const HOUR = 3_600_000;

const HELP = `deno task soak: the stack, left alone for hours with a bad wire

  --hours 1        virtual hours: two machines of ours, in some seconds of real time (as is: 1)
  --for SECONDS    as many such runs, each with a seed of its own, as fit into so many real
                   seconds
  --live           the stack and the kernel instead, on real time; --hours or --for say how
                   long (as is: ${LIVE} seconds)
  --seed N         what chance follows from (as is: another one every time; it is printed)
  --json           one JSON object for each run in place of the report
  --help           this

A run over night:  deno task soak --live --hours 8

Exit status: 0 nothing wrong, 1 something wrong, 2 the command was wrong, 3 it could not be done.`;

interface Options {
  readonly hours: number | undefined;
  readonly seconds: number | undefined;
  readonly live: boolean;
  readonly seed: number;
  readonly json: boolean;
}

/** Reads the command line; "help" when that is what is wanted. Throws a UsageError. */
export function readOptions(words: readonly string[]): Options | "help" {
  const given = parseArgs(words, {
    boolean: ["live", "json", "help"],
    string: ["hours", "for", "seed"],
    alias: { h: "help" },
    unknown: (word: string) => {
      throw new UsageError(`Cannot make sense of "${word}". --help lists the options.`);
    },
  });
  if (given.help === true) return "help";
  const number = (name: "hours" | "for" | "seed", good: (value: number) => boolean, what: string): number | undefined => {
    const text = given[name];
    if (text === undefined) return undefined;
    const value = Number(text);
    if (text === "" || !good(value)) throw new UsageError(`--${name} is ${what}, not "${text}".`);
    return value;
  };
  return {
    hours: number("hours", (value) => value > 0 && value <= 1000, "a number of hours, up to 1000"),
    seconds: number("for", (value) => value > 0 && value <= 3_600_000, "a number of seconds, up to 3600000"),
    live: given.live === true,
    seed: number("seed", (value) => Number.isSafeInteger(value) && value >= 0, "a whole number, 0 or more") ?? Date.now() % 1_000_000,
    json: given.json === true,
  };
}

/** What a run on virtual time came to, in a few lines. */
export function soakText(result: SoakResult): string {
  const { seed, time, frames, bytes, errands, broken, boots, cuts, weathers, faults } = result;
  const count = Object.values(errands).reduce((sum, each) => sum + each, 0);
  return [
    `${faults.length === 0 ? "✔" : "✘"} seed ${seed}: ${(time / HOUR).toFixed(1)} hours, ${count} connections, ${
      Math.round(bytes / 1e6)
    } MB`,
    `  every byte was checked, in ${frames} frames`,
    `  the wire changed ${weathers} times and was out ${cuts} times; break-downs: ${boots - 2}`,
    `  ${broken} connections broke${faults.length === 0 ? ", each for a reason" : ""}`,
    ...faults.slice(0, 10).map((fault) => `  ✘ ${fault}`),
    ...faults.length === 0 ? ["  nothing is left: no connection, port, frame, timer or descriptor"] : [again(seed)],
  ].join("\n");
}

function again(seed: number): string {
  return `  once more: deno task soak --seed ${seed}`;
}

function liveText({ seed, seconds, stack, kernel, bytes, memory, faults }: LiveResult): string {
  return [
    `${faults.length === 0 ? "✔" : "✘"} seed ${seed}: ${seconds} seconds with the kernel`,
    `  ${stack.errands} connections made by the stack and ${kernel.errands} by the kernel`,
    `  ${Math.round(bytes / 1e6)} MB read by the stack's programs, every byte checked`,
    `  heap ${memory[0]} MiB early, ${memory[1]} MiB in the end`,
    ...faults.slice(0, 10).map((fault) => `  ✘ ${fault}`),
    ...faults.length === 0 ? ["  nothing is left: no connection, port, frame or descriptor"] : [],
  ].join("\n");
}

async function soakVirtual({ hours, seconds, seed, json }: Options): Promise<number> {
  const modules = await loadReference();
  const began = performance.now();
  let status = DONE;
  let next = seed;
  do {
    const result = await soak(modules, next++, (hours ?? 1) * HOUR);
    console.log(json ? JSON.stringify(result) : soakText(result));
    if (result.faults.length > 0) status = FAULTS;
  } while (performance.now() - began < (seconds ?? 0) * 1000);
  return status;
}

async function soakLive({ hours, seconds, seed, json }: Options): Promise<number> {
  await loadReference();
  const order = { seconds: hours === undefined ? seconds ?? LIVE : hours * 3600, seed };
  const result = await runInNamespace<LiveResult>(new URL("soak/live.ts", import.meta.url), order, {
    hear: (text) => Deno.stderr.writeSync(new TextEncoder().encode(text)),
  });
  console.log(json ? JSON.stringify(result) : liveText(result));
  return result.faults.length > 0 ? FAULTS : DONE;
}

/** Runs the command and returns its exit status. */
async function main(words: readonly string[]): Promise<number> {
  try {
    const options = readOptions(words);
    if (options === "help") console.log(HELP);
    else return await (options.live ? soakLive(options) : soakVirtual(options));
    return DONE;
  } catch (error) {
    const isUsage = error instanceof UsageError;
    if (!isUsage && !(error instanceof NoReference) && !(error instanceof NoLiveWire)) throw error;
    console.error(error.message);
    return isUsage ? USAGE : IMPOSSIBLE;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
