/**
 * `deno task echo-loop`: an echo server in one loop, lab 10's, beside one with a task for each connection, on the same stack, with as many clients
 * of the kernel: how many echoes a second, and what one costs. Both are measured in turns in the same run; their share is what may be
 * compared from machine to machine.
 */
import { parseArgs } from "@std/cli/parse-args";
import type { EchoLoopResult, EchoLoopSize, ServerFigures } from "./echo_loop/measure.ts";
import { NoLiveWire, type NoLiveWireReason } from "../stack/link/no_live_wire.ts";
import { refusalOf, spawnInNamespace } from "./harness/namespace.ts";
import { UsageError } from "./lab/usage_error.ts";

const DONE = 0, USAGE = 2, IMPOSSIBLE = 3;
const SIZE: EchoLoopSize = { clients: 1000, echoes: 20_000, turns: 5 };
const MOST_CLIENTS = 30_000;

const HELP = `deno task echo-loop: an echo server in one loop, beside one with a task for each
connection, with clients of the kernel; some ten seconds. All labs are finished
ones, none is yours.

  --clients N   clients of each of the two (default 1000)
  --json        one JSON object in place of the report
  --help        this

Exit status: 0 done, 2 the command was wrong, 3 it could not be done.`;

/** Measures, in a network namespace of its own. Throws a NoLiveWire. */
export async function measureEchoLoop(size: EchoLoopSize): Promise<EchoLoopResult> {
  const program = [new URL("echo_loop/measure.ts", import.meta.url).href, JSON.stringify(size)];
  const root = decodeURIComponent(new URL("..", import.meta.url).pathname);
  const options = ["--quiet", "--no-config", "--no-prompt", "--no-check", "--cached-only", `--allow-read=${root}`, "--allow-ffi"];
  const child = spawnInNamespace([Deno.execPath(), "run", ...options, ...program], { stdin: "null", stdout: "piped", stderr: "piped" });
  const { success, stdout, stderr } = await child.output();
  const [said, complaint] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw refusalOf(complaint ?? "") ?? new Error(`The measurement in the namespace failed:\n${complaint}`);
  const result = JSON.parse(said ?? "") as EchoLoopResult & { refused?: { reason: NoLiveWireReason; detail: string } };
  if (result.refused !== undefined) throw new NoLiveWire(result.refused.reason, result.refused.detail);
  return result;
}

/** The report: what the two servers did. */
export function echoLoopLines({ clients, loop, tasks }: EchoLoopResult): string[] {
  const line = (...[name, rate, turns, cost]: readonly [string, string, string, string]): string =>
    `  ${name.padEnd(26)}${rate.padStart(10)}${turns.padStart(20)}${cost.padStart(12)}`;
  const row = (name: string, { echoesPerSecond, turns, processorPerEcho }: ServerFigures): string =>
    line(name, count(echoesPerSecond), turns.map(count).join("–"), (processorPerEcho / 1000).toFixed(1));
  const [faster, slower] = loop.echoesPerSecond > tasks.echoesPerSecond ? [loop, tasks] : [tasks, loop];
  const times = (faster.echoesPerSecond / slower.echoesPerSecond).toFixed(2);
  return [
    `${count(clients)} clients of the kernel for each server, one stack, TUN, MTU 1500`,
    "",
    line("", "echoes/s", "in its turns", "µs each"),
    row("one loop over a selector", loop),
    row("one task per connection", tasks),
    "",
    faster.turns[0] > slower.turns[1]
      ? `The ${faster === loop ? "loop does" : "tasks do"} ${times} times as many.`
      : "Neither is faster: turns of one are among those of the other.",
    "",
    "Echoes of 64 bytes, 64 on their way at a time, by all clients; every byte is",
    "compared. The two take turns. echoes/s also depends on who else is at work on",
    "this machine; µs less so: it is processor time of the stack's thread, for",
    "device, TCP and server together. Both servers, and all labs, are finished ones.",
  ];
}

/** "20 481". */
function count(number: number): string {
  return Math.round(number).toString().replace(/\B(?=(\d{3})+$)/g, " ");
}

/** Reads the command line. Throws a UsageError. */
function readOptions(words: readonly string[]): { clients: number; json: boolean; help: boolean } {
  const { clients = `${SIZE.clients}`, json, help } = parseArgs(words, {
    boolean: ["json", "help"],
    string: ["clients"],
    alias: { h: "help" },
    unknown: (word: string) => {
      throw new UsageError(`Cannot make sense of "${word}". --help lists the options.`);
    },
  });
  const number = /^\d{1,5}$/.test(`${clients}`) ? Number(clients) : 0;
  if (number < 1 || number > MOST_CLIENTS) throw new UsageError(`Cannot measure "${clients}" clients: 1 to ${MOST_CLIENTS} are possible.`);
  return { clients: number, json: json === true, help: help === true };
}

/** Runs the command and returns its exit status. */
async function main(words: readonly string[]): Promise<number> {
  try {
    const { clients, json, help } = readOptions(words);
    if (help) console.log(HELP);
    else {
      const result = await measureEchoLoop({ ...SIZE, clients });
      console.log(json ? JSON.stringify(result, undefined, 2) : echoLoopLines(result).join("\n"));
    }
    return DONE;
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof NoLiveWire)) throw error;
    console.error(error.message);
    return error instanceof UsageError ? USAGE : IMPOSSIBLE;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
