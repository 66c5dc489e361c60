/** The stack beside the kernel, over the same path: starts the measurement (inside.ts) in a namespace, and makes a table of it. */
import { NoLiveWire, type NoLiveWireReason } from "../../stack/link/no_live_wire.ts";
import { spreadOf } from "../bench/contest.ts";
import { refusalOf, spawnInNamespace } from "../harness/namespace.ts";
import { FAULTS, pathOf, SETUPS } from "./figures.ts";
import type { LiveOrder, LiveSample } from "./inside.ts";

/** What happens on the paths over which both send: 100 Mbit/s, 20 ms, a queue of one bandwidth-delay product. */
const FAULTS_LIVE = ["nothing", "0.1 % lost", "1 % lost", "3 % lost", "1 % overtaken by 1", "1 % overtaken by 10"] as const;

/** Medians in Mbit/s, and the median of the ratios of each round. */
export interface Beside {
  readonly path: string;
  readonly stack: number;
  readonly kernel: number;
  readonly share: number;
}

const ROOT = decodeURIComponent(new URL("../..", import.meta.url).pathname);
const CHILD = ["--quiet", "--no-config", "--no-prompt", "--no-check", "--cached-only", `--allow-read=${ROOT},/proc`, "--allow-write=/proc"];

/** So many rounds of transfers that take so many seconds. Throws a NoLiveWire. */
export async function measureLive(rounds: number, seconds: number): Promise<Beside[]> {
  const paths = Object.fromEntries(FAULTS_LIVE.map((name) => [name, pathOf(100, 20, 1, FAULTS[name])]));
  const order: LiveOrder = { paths, rounds, milliseconds: seconds * 1000, tcp: SETUPS.clock };
  const program = [new URL("inside.ts", import.meta.url).href, JSON.stringify(order)];
  const child = spawnInNamespace([Deno.execPath(), "run", ...CHILD, "--allow-ffi", "--allow-net", ...program], {
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { success, stdout, stderr } = await child.output();
  const [said = "", complaint = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw refusalOf(complaint) ?? new Error(`The measurement in the namespace failed:\n${complaint}`);
  const result = JSON.parse(said) as LiveSample[] | { refused: { reason: NoLiveWireReason; detail: string } };
  if ("refused" in result) throw new NoLiveWire(result.refused.reason, result.refused.detail);
  return Object.keys(paths).map((path) => beside(path, result.filter((sample) => sample.path === path)));
}

function beside(path: string, samples: readonly LiveSample[]): Beside {
  const of = (sender: LiveSample["sender"]): number[] =>
    samples.filter((each) => each.sender === sender).map(({ goodput }) => goodput / 1e6);
  const [stack, kernel] = [of("stack"), of("kernel")];
  const shares = stack.map((goodput, round) => goodput / (kernel[round] as number));
  return { path, stack: spreadOf(stack).median, kernel: spreadOf(kernel).median, share: spreadOf(shares).median };
}

/** The table, for a terminal and for docs/goodput.md. */
export function liveTable(rows: readonly Beside[]): string {
  const line = ({ path, stack, kernel, share }: Beside): string =>
    `| ${path} | ${stack.toFixed(1)} | ${kernel.toFixed(1)} | ${(share * 100).toFixed(0)} % |`;
  return ["| of the packets | stack | kernel | share |", "|---|---|---|---|", ...rows.map(line)].join("\n");
}
