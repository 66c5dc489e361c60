/**
 * The words behind `deno task grade`, and a plain sentence for those that mean nothing.
 */
import { parseArgs } from "@std/cli/parse-args";
import { finished } from "../../labs/manifest.ts";
import { readLabs } from "../lab/lab_numbers.ts";
import { UsageError } from "../lab/usage_error.ts";
import { isDay } from "../harness/suite.ts";

/** What an instructor asked for. */
export interface GradeOptions {
  readonly sources: readonly string[];
  readonly out: string;
  readonly labs: readonly number[];
  readonly jobs: number;
  readonly seed: number;
  readonly virtual: boolean;
  /** Each lab runs on the submission's other labs. */
  readonly mine: boolean;
  /** Counts what the students' own checks catch. */
  readonly myChecks: boolean;
  /** Seconds for the checks of one submission. */
  readonly limit: number;
  /** What students may see; undefined: as shipped. */
  readonly policy: string | undefined;
  /** The day as of which is graded, "2026-12-01": it settles which earlier versions of checks count. */
  readonly date: string;
}

export const HELP = `deno task grade SUBMISSION… --out DIR: grades submissions against all checks

A submission is a student's kit, a folder with only the edited files, a zip or
tar.gz of either, or the path of a git repository. Suites, stack and tools come
from this checkout. A second run with the same --out goes on where the first
was interrupted, and grades again only what has changed.

  --out DIR        a folder for each submission, summary.csv and summary.json
  --labs 1-7       only these labs (default: all)
  --jobs N         so many at the same time (default 1)
  --seed N         the inputs of the checks (default 1): all submissions get the same
  --mine           each lab on the submission's own other labs, not on the
                   reference's; failures say in which lab they sit
  --my-checks      how many wrong solutions the students' own checks catch: half a
                   minute more for each lab that has some; worth no points
  --virtual        without the live checks, which then are worth nothing
  --limit S        seconds for the checks of one submission (default 180)
  --policy FILE    what students may see (docs/instructors.md)
  --date DAY       as of this day, 2026-12-01 (default: today): until when earlier
                   versions of checks count is written in the suites
  --help           this

Exit status: 0 all were graded, 1 some could not be, 2 the command was wrong,
3 this machine cannot grade.`;

const NAMES = ["out", "labs", "jobs", "seed", "limit", "policy", "date"];

/** Reads the words. Throws a UsageError. */
export function readOptions(words: readonly string[]): GradeOptions | { readonly help: true } {
  const parsed = parseArgs([...words], {
    string: NAMES,
    boolean: ["virtual", "mine", "my-checks", "help"],
    unknown: (word: string, key?: string) => {
      if (key !== undefined) throw new UsageError(`There is no option ${word.split("=", 1)[0]}. deno task grade --help names them all.`);
    },
  }) as unknown as { _: (string | number)[]; virtual: boolean; mine: boolean; help: boolean } & Record<string, string | undefined>;
  if (parsed.help) return { help: true };
  const sources = parsed._.map(String);
  if (sources.length === 0) throw new UsageError("Name at least one submission: deno task grade SUBMISSION… --out DIR");
  if (parsed.out === undefined || parsed.out === "") throw new UsageError("Say where the results go: --out DIR");
  const known = finished.map((lab) => lab.number);
  const labs = parsed.labs === undefined ? known : readLabs(parsed.labs, "--labs");
  return {
    sources,
    out: parsed.out,
    labs,
    jobs: whole(parsed.jobs, "--jobs", 1, 64, 1),
    seed: whole(parsed.seed, "--seed", 0, 0xffffffff, 1),
    virtual: parsed.virtual,
    mine: parsed.mine,
    myChecks: (parsed as unknown as { "my-checks": boolean })["my-checks"],
    limit: whole(parsed.limit, "--limit", 1, 3600, 180),
    policy: parsed.policy,
    date: day(parsed.date),
  };
}

/** A day of the calendar. Today is today where the grader stands. */
function day(text: string | undefined): string {
  if (text === undefined) return Temporal.Now.plainDateISO().toString();
  if (!isDay(text)) throw new UsageError(`--date takes a day like 2026-12-01, not "${text}".`);
  return text;
}

function whole(text: string | undefined, name: string, least: number, most: number, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(value >= least && value <= most)) throw new UsageError(`${name} takes a whole number from ${least} to ${most}, not "${text}".`);
  return value;
}
