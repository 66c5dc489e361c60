/** A script judged on two machines, the stack and Linux: whether they fare alike, and where not, what both did. */
import { compare, comparisonText } from "../compare/comparison.ts";
import { paint, wrap } from "../lab/text.ts";
import { judge, type JudgeOptions } from "./judge.ts";
import { parseScript } from "./parse.ts";
import { verdictText } from "./report.ts";
import type { Verdict } from "./verdict.ts";

/** What became of a script on both. */
export interface Pair {
  readonly stack: Verdict;
  readonly linux: Verdict;
}

/** Judges it on both, one after the other. */
export async function judgeBeside(file: string, text: string, stack: JudgeOptions, linux: JudgeOptions): Promise<Pair> {
  return { stack: await judge(file, text, stack), linux: await judge(file, text, linux) };
}

/** Two verdicts are the same when they are of a kind; two failures, when they are of one line and one thing. */
export function isSameVerdict(a: Verdict, b: Verdict): boolean {
  if (a.verdict !== "failed" || b.verdict !== "failed") return a.verdict === b.verdict;
  return a.failure.place.line === b.failure.place.line && a.failure.got === b.failure.got;
}

/** Both verdicts; where they are not the same, and both machines could run the script, both ladders. */
export async function besideText({ stack, linux }: Pair, text: string, onStack: JudgeOptions, onLinux: JudgeOptions): Promise<string> {
  if (isSameVerdict(stack, linux)) return verdictText(stack);
  const lines = [`${paint("red", "≠")} ${stack.script}`, ...verdictLines("stack", stack), ...verdictLines("linux", linux)];
  const script = parseScript(stack.script, text, { defines: onStack.defines });
  const ran = [stack, linux].every(({ verdict }) => verdict === "passed" || verdict === "failed");
  if (!ran || !("events" in script)) return lines.join("\n");
  const comparison = await compare(script, [
    { title: "stack", make: onStack.makeMachine, live: false },
    { title: "linux", make: onLinux.makeMachine, live: true },
  ]);
  return [...lines, "", comparisonText(comparison)].join("\n");
}

function verdictLines(name: string, verdict: Verdict): string[] {
  const head = `    ${name.padEnd(8)}`;
  const said = (text: string): string[] => wrap(text, 68).map((line, index) => `${index === 0 ? head : "".padEnd(12)}${line}`);
  switch (verdict.verdict) {
    case "passed":
      return said("passes");
    case "needs":
      return said(`needs ${verdict.needs[0]?.what}`);
    case "malformed":
      return said("is no script");
    case "failed": {
      const { place, expected, got, differences } = verdict.failure;
      return [
        ...said(`fails at line ${place.line}: expected ${expected}, got ${got}`),
        ...differences.map((each) => `${"".padEnd(14)}${each}`),
      ];
    }
  }
}
