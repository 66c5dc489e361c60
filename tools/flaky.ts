/**
 * `deno task flaky`: every solution against its own suite, again and again. A check that once refuses a right answer is wrong itself: with
 * hundreds of students it will, and the one whom it meets learns to distrust all the others.
 *
 *     deno task flaky                   all labs: 1,000 seeds, 50 repetitions of what draws nothing and of live checks
 *     deno task flaky --labs 5 --seeds 0 --repeat 200
 */
import { parseArgs } from "@std/cli/parse-args";
import { finished, type Lab, labs } from "../labs/manifest.ts";
import { type Count, type Flake, repeatLab, type Report } from "./flaky/repetition.ts";
import { failureText, isFailure } from "./lab/failure_report.ts";
import { readLabs } from "./lab/lab_numbers.ts";
import { ROOT, selectOrigins } from "./lab/run.ts";
import { UsageError } from "./lab/usage_error.ts";

const HELP = `deno task flaky: every solution against its own suite, again and again

  --labs 1-7     only these labs (default: all)
  --seeds N      so many seeds for each check that draws its inputs (default 1000)
  --from N       the first seed (default 1)
  --repeat N     so many runs of each other check, live ones too (default 50)
  --json         one JSON object in place of the lines
  --help         this

Exit status: 0 all passed always, 1 one did not, 2 the command was wrong.`;

/** Failures that are told in full. */
const TOLD = 3;

interface Options {
  readonly labs: readonly Lab[];
  readonly seeds: number;
  readonly from: number;
  readonly repeat: number;
  readonly json: boolean;
}

/** Reads the words. Throws a UsageError. */
export function readOptions(words: readonly string[]): Options | "help" {
  const args = parseArgs([...words], {
    boolean: ["json", "help"],
    string: ["labs", "seeds", "from", "repeat"],
    unknown: (word: string) => {
      throw new UsageError(`Cannot make sense of ${word}. --help names the options.`);
    },
  }) as Record<string, unknown> & { labs?: string };
  if (args.help === true) return "help";
  const count = (name: string, otherwise: number): number => {
    const text = args[name] as string | undefined;
    if (text === undefined) return otherwise;
    if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--${name} ${text}: a whole number.`);
    return Number(text);
  };
  const numbers = args.labs === undefined ? undefined : readLabs(args.labs, "--labs");
  return {
    labs: finished.filter(({ number }) => numbers === undefined || numbers.includes(number)),
    seeds: count("seeds", 1000),
    from: count("from", 1),
    repeat: count("repeat", 50),
    json: args.json === true,
  };
}

async function run(options: Options): Promise<boolean> {
  const every = new Set(labs.map(({ number }) => number));
  const parts: unknown[] = [];
  let flaky = 0;
  for (const lab of options.labs) {
    const began = performance.now();
    const selection = { root: ROOT, origins: selectOrigins(lab.number, { reference: every }) };
    const flaked = (flake: Flake): void => options.json ? undefined : console.log(flakeText(lab, flake, flaky++ < TOLD));
    const report = await repeatLab(lab, { ...options, selection, flaked });
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    if (options.json) flaky += report.flakes.length;
    else console.log(labLine(lab, report, seconds));
    parts.push(partOf(lab, report, seconds));
  }
  if (options.json) console.log(JSON.stringify({ version: 1, from: options.from, flakes: flaky, labs: parts }, undefined, 2));
  return flaky === 0;
}

function labLine(lab: Lab, { randomised, fixed, live, noWire, flakes }: Report, seconds: number): string {
  const text = ({ checks, times }: Count, what: string): string => `${checks} ${what} × ${times}`;
  const wire = noWire === undefined ? text(live, "live") : `${live.checks} live skipped (${noWire})`;
  const verdict = flakes.length === 0 ? "all passed" : `${flakes.length} runs failed`;
  return `${flakes.length === 0 ? "✔" : "✘"} ${lab.folder.slice(0, 2)} ${text(randomised, "with seeds")}, ${
    text(fixed, "without")
  }, ${wire}: ` +
    `${verdict} (${seconds} s)`;
}

function flakeText(lab: Lab, { check, seed, result }: Flake, full: boolean): string {
  const again = `✘ ${againText(lab, { check, seed })}`;
  if (!full) return again;
  if (isFailure(result)) return `${again}\n\n${failureText(result, { lab, seed, capture: undefined, blame: undefined })}\n`;
  return `${again}: ${JSON.stringify(result.verdict)}`;
}

/** How a run that went wrong is repeated. */
function againText(lab: Lab, { check, seed }: Pick<Flake, "check" | "seed">): string {
  return `deno task lab${lab.number} --reference ${lab.number} --only ${check.id} --seed ${seed}`;
}

function partOf(lab: Lab, { flakes, ...rest }: Report, seconds: number): unknown {
  const told = flakes.map((flake) => ({
    check: flake.check.id,
    kind: flake.check.kind,
    seed: flake.seed,
    again: againText(lab, flake),
    verdict: flake.result.verdict,
  }));
  return { lab: lab.number, seconds, ...rest, flakes: told };
}

if (import.meta.main) {
  try {
    const options = readOptions(Deno.args);
    if (options === "help") console.log(HELP);
    else Deno.exit(await run(options) ? 0 : 1);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
