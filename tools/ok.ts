/**
 * `deno task ok`: everything that CI runs, one line a step, in the order in which mistakes are cheapest to hear of.
 * A step that fails shows its output; the others run all the same.
 *
 *     deno task ok                    all steps
 *     deno task ok fmt lint           these only
 *     deno task ok --except tests     all but these
 */
import { parseArgs } from "@std/cli/parse-args";

/** One step: its name, and what Deno is told to do. */
export interface Step {
  readonly name: string;
  readonly args: readonly string[];
}

/** All steps. */
export const steps: readonly Step[] = [
  { name: "fmt", args: ["fmt", "--check"] },
  { name: "lint", args: ["lint"] },
  { name: "check", args: ["task", "--quiet", "check"] },
  { name: "layers", args: ["task", "--quiet", "layers"] },
  { name: "stubs", args: ["task", "--quiet", "stubs", "--check"] },
  { name: "rfc-map", args: ["task", "--quiet", "rfc-map", "--check"] },
  { name: "states", args: ["task", "--quiet", "states", "--check"] },
  { name: "docs", args: ["task", "--quiet", "docs"] },
  { name: "tests", args: ["task", "--quiet", "test"] },
  { name: "mutants", args: ["task", "--quiet", "mutants"] },
];

/** The steps that the words on the command line ask for. Throws a TypeError for a word that is no step. */
export function chooseSteps(words: readonly string[]): Step[] {
  const { _: only, except } = parseArgs(words, {
    collect: ["except"],
    string: ["except"],
    unknown: (word) => {
      if (word.startsWith("-")) throw new TypeError(`deno task ok does not know ${word}`);
    },
  });
  const without = except as string[];
  for (const name of [...only, ...without]) {
    if (!steps.some((step) => step.name === name)) {
      throw new TypeError(`There is no step "${name}"; there are ${steps.map((step) => step.name).join(", ")}`);
    }
  }
  return steps.filter((step) => (only.length === 0 || only.includes(step.name)) && !without.includes(step.name));
}

/** Runs one step and prints its line. */
async function run(step: Step): Promise<boolean> {
  const started = performance.now();
  const env: Record<string, string> = Deno.noColor || !Deno.stdout.isTerminal() ? { NO_COLOR: "1" } : {};
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: [...step.args], stdin: "null", env }).output();
  const milliseconds = Math.round(performance.now() - started);
  console.log(`${success ? "✓" : "✗"} ${step.name.padEnd(9)} ${String(milliseconds).padStart(7)} ms`);
  if (!success) {
    const decoder = new TextDecoder();
    const shown = (decoder.decode(stderr) + decoder.decode(stdout)).trim();
    console.log(shown.split("\n").map((line) => `    ${line}`).join("\n"));
  }
  return success;
}

if (import.meta.main) {
  let chosen: Step[] = [];
  try {
    chosen = chooseSteps(Deno.args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(2);
  }
  let failed = 0;
  for (const step of chosen) failed += await run(step) ? 0 : 1;
  Deno.exit(failed === 0 ? 0 : 1);
}
