/**
 * `deno task new-check`, `deno task new-mutant`, `deno task new-lab`: skeletons for whoever works on the suites and the labs. What they
 * write type-checks, is found by everything that lists checks, mutants and labs, and says "not written yet", with its file, until it
 * is completed. A name that is taken is refused, and then nothing is written.
 */
import { parseArgs } from "@std/cli/parse-args";
import type { CheckKind } from "./harness/suite.ts";
import { findLab, type Lab, labs } from "../labs/manifest.ts";
import { hasReference } from "./lab/run.ts";
import { UsageError } from "./lab/usage_error.ts";
import { newCheck } from "./new/check.ts";
import { newLab } from "./new/lab.ts";
import { newMutant } from "./new/mutant.ts";
import { NoPlace, type Skeleton, writeSkeleton } from "./new/skeleton.ts";

const DONE = 0, USAGE = 2, IMPOSSIBLE = 3;

const HELP: Readonly<Record<string, string>> = {
  check: `deno task new-check LAB GROUP/NAME: the skeleton of a check

  --hidden         in the hidden suite (default: in the public one)
  --kind KIND      table (default), scenario or live
  --help           this

deno task new-check 3 checksum/all-ones --hidden`,
  mutant: `deno task new-mutant LAB NAME: the skeleton of a mutant, a known fault that a check must catch

  --help           this

deno task new-mutant 3 carry-dropped`,
  lab: `deno task new-lab NAME: the skeleton of a lab, behind the last one, as a draft

  --help           this

deno task new-lab datagrams`,
};

const KINDS: readonly CheckKind[] = ["table", "scenario", "live"];

/** What the words ask for. Throws a UsageError. */
async function skeletonOf(what: string, words: readonly string[]): Promise<Skeleton | "help"> {
  const { _: names, hidden, kind, help } = parseArgs(words, {
    string: ["_", ...(what === "check" ? ["kind"] : [])],
    boolean: ["help", ...(what === "check" ? ["hidden"] : [])],
    alias: { h: "help" },
    unknown: (word: string) => {
      if (word.startsWith("-")) throw new UsageError(`There is no option ${word.split("=")[0]}. --help lists them all.`);
    },
  }) as unknown as { _: string[]; hidden?: boolean; kind?: string; help: boolean };
  if (help) return "help";
  const wanted = what === "lab" ? 1 : 2;
  if (names.length !== wanted) throw new UsageError((HELP[what] as string).split(":")[0] as string);
  if (what === "lab") return await newLab(names[0] as string);
  const [number, name] = names as [string, string];
  const lab = labOf(number);
  if (what === "mutant") return await newMutant(lab, name);
  const known = KINDS.find((each) => each === (kind ?? "table"));
  if (known === undefined) throw new UsageError(`--kind takes ${KINDS.join(", ")}, not "${kind}".`);
  return await newCheck(lab, name, { visibility: hidden ? "hidden" : "public", kind: known });
}

function labOf(word: string): Lab {
  const lab = /^\d+$/.test(word) ? findLab(Number(word)) : undefined;
  if (lab === undefined) throw new UsageError(`There is no lab ${word}: there are ${labs[0]?.number} to ${labs.at(-1)?.number}.`);
  if (!hasReference(lab)) throw new UsageError("This tree has no solutions: suites and labs are made where they are.");
  return lab;
}

/** Runs the command and returns its exit status. */
async function main([what = "", ...words]: readonly string[]): Promise<number> {
  try {
    const skeleton = await skeletonOf(what, words);
    if (skeleton === "help") console.log(HELP[what]);
    else {
      await writeSkeleton(skeleton);
      for (const path of skeleton.fresh.keys()) console.log(`made     ${path}`);
      for (const path of skeleton.changed.keys()) console.log(`changed  ${path}`);
      console.log(`\n${skeleton.next.join("\n")}`);
    }
    return DONE;
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof NoPlace)) throw error;
    console.error(error.message);
    return error instanceof UsageError ? USAGE : IMPOSSIBLE;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
