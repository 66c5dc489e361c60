/** Scripts as tests of themselves: a mutant of a lab has a known fault, and some script has to fail on it. */
import type { Lab } from "../../labs/manifest.ts";
import type { Mutant } from "../harness/mutant.ts";
import { Subject } from "../harness/subject.ts";
import { loadMutants, selectMutant } from "../mutants/fate.ts";
import { judge, type JudgeOptions } from "./judge.ts";
import { createStackMachine } from "./stack_machine.ts";
import type { Verdict } from "./verdict.ts";

/** A script with its text. */
export interface NamedScript {
  readonly file: string;
  readonly text: string;
}

/** What became of a mutant. */
export interface ScriptFate {
  readonly lab: Lab;
  readonly mutant: Mutant;
  /** The script that failed on it, and where; undefined: it survived all. */
  readonly killer: (Verdict & { verdict: "failed" }) | undefined;
}

/** Runs the scripts on each mutant of these labs that is `chosen`, until one fails. Scripts of the mutant's own lab come first. */
export async function* tryMutants(
  labs: readonly Lab[],
  scripts: readonly NamedScript[],
  judging: Omit<JudgeOptions, "makeMachine">,
  chosen: (mutant: Mutant, index: number) => boolean = () => true,
): AsyncGenerator<ScriptFate> {
  const all = (await Promise.all(labs.map(async (lab) => (await loadMutants(lab)).map((mutant) => ({ lab, mutant }))))).flat();
  const work = all.filter(({ mutant }, index) => chosen(mutant, index));
  const begun: Promise<ScriptFate>[] = [];
  for (const index of work.keys()) {
    while (begun.length < Math.min(work.length, index + navigator.hardwareConcurrency)) {
      const { lab, mutant } = work[begun.length] as { lab: Lab; mutant: Mutant };
      begun.push(tryMutant(lab, mutant, scripts, judging));
    }
    yield await (begun[index] as Promise<ScriptFate>);
  }
}

async function tryMutant(
  lab: Lab,
  mutant: Mutant,
  scripts: readonly NamedScript[],
  judging: Omit<JudgeOptions, "makeMachine">,
): Promise<ScriptFate> {
  const subject = new Subject(await selectMutant(lab, mutant));
  const isNear = ({ file }: NamedScript): boolean => file.includes(`/${lab.folder}/`);
  try {
    for (const { file, text } of [...scripts.filter(isNear), ...scripts.filter((script) => !isNear(script))]) {
      const verdict = await judge(file, text, {
        ...judging,
        makeMachine: async (settings) => {
          await subject.reset();
          return await createStackMachine((request) => subject.ask(request), settings);
        },
      });
      if (verdict.verdict === "failed") return { lab, mutant, killer: verdict };
    }
    return { lab, mutant, killer: undefined };
  } finally {
    subject.close();
  }
}
