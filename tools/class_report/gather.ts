/**
 * What a whole class did: the results of a grading, `OUT/<name>/result.json`, put together by check.
 *
 * A failure counts once for each submission in which a check failed. What is not written yet is no bug, and neither is a check
 * that was skipped or is itself broken. Where a bug sits is known when the grading was done with `--mine`; without it every lab ran on the
 * reference's other labs, so that what fails sits in the lab that was graded.
 */
import { labs } from "../../labs/manifest.ts";
import { FORMAT, type GradedCheck, type GradedLab, type Outcome, type Result } from "../grade/result.ts";

/** One check, over all submissions. */
export interface CheckLine {
  readonly id: string;
  readonly title: string;
  readonly visibility: GradedCheck["visibility"];
  readonly kind: GradedCheck["kind"];
  /** By the number of the submission; undefined when its result lacks the check. */
  readonly outcomes: readonly (Outcome | undefined)[];
  readonly failed: number;
  readonly passed: number;
  readonly broken: number;
  /** In how many submissions no other check of its lab failed: without it the bug would have gone unseen. */
  readonly alone: number;
  /** How often its failures sat in each lab, by folder. A failure that sits in one of several counts for each; "?" when none makes it pass. */
  readonly sits: ReadonlyMap<string, number>;
}

/** One lab, over all submissions. */
export interface LabLines {
  readonly number: number;
  readonly folder: string;
  readonly name: string;
  /** How many submissions had begun it, and in how many everything passed. */
  readonly begun: number;
  readonly whole: number;
  /** The mean of the points of those that had begun it; 0 when nobody had. */
  readonly mean: number;
  readonly ofPoints: number;
  readonly checks: readonly CheckLine[];
}

/** A whole class. */
export interface ClassReport {
  readonly students: readonly { readonly name: string; readonly points: number; readonly ofPoints: number }[];
  readonly labs: readonly LabLines[];
  /** Submissions that could not be read, and results that are none. */
  readonly problems: readonly { readonly name: string; readonly problem: string }[];
  readonly mine: boolean;
  readonly wires: readonly string[];
  readonly seeds: readonly number[];
  /** Whether all were graded with the same suites and the same kit. */
  readonly alike: boolean;
  readonly anonymous: boolean;
}

/** The folder holds no grading. */
export class NoGrading extends Error {
  override readonly name = "NoGrading";
}

/** Reads the folder of a grading. Throws NoGrading. */
export async function gather(out: string, anonymous = false): Promise<ClassReport> {
  const results: Result[] = [];
  const problems: { name: string; problem: string }[] = [];
  for (const name of await foldersIn(out)) {
    try {
      const result = JSON.parse(await Deno.readTextFile(`${out}/${name}/result.json`)) as Result;
      if (result.format !== FORMAT) problems.push({ name, problem: `its result.json is not ${FORMAT}` });
      else if (result.submission.problem !== undefined) problems.push({ name, problem: result.submission.problem });
      else results.push(result);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) problems.push({ name, problem: "its result.json cannot be read" });
    }
  }
  if (results.length + problems.length === 0) {
    throw new NoGrading(`${out} holds no grading: deno task grade SUBMISSION… --out ${out} makes one.`);
  }
  return report(results, problems, anonymous);
}

async function foldersIn(out: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(out)) if (isDirectory && !name.startsWith(".")) names.push(name);
  } catch (error) {
    throw new NoGrading(
      `Cannot read ${out}: ${error instanceof Deno.errors.NotFound ? "there is no such folder" : (error as Error).message}.`,
    );
  }
  return names.sort();
}

/** Puts results together. `anonymous`: numbers for names, in an order that has nothing to do with them. */
export function report(
  unordered: readonly Result[],
  problems: readonly { readonly name: string; readonly problem: string }[],
  anonymous: boolean,
): ClassReport {
  const results = anonymous ? unordered.toSorted((a, b) => compare(a.submission.hash, b.submission.hash)) : unordered;
  const graders = results.map(({ grader }) => grader);
  const students = results.map(({ submission, total }, index) => ({
    name: anonymous ? `student ${String(index + 1).padStart(String(results.length).length, "0")}` : submission.name,
    points: total.points,
    ofPoints: total.ofPoints,
  }));
  return {
    students,
    labs: labs.flatMap(({ number }) => labLines(number, results)),
    problems: anonymous ? problems.map((_, index) => ({ name: `submission ${index + 1}`, problem: "could not be graded" })) : problems,
    mine: graders.some(({ mine }) => mine === true),
    wires: distinct(graders.map(({ wire }) => wire)),
    seeds: distinct(graders.map(({ seed }) => seed)),
    alike: distinct(graders.map(({ kit, suites, mine }) => JSON.stringify([kit, suites, mine ?? false]))).length < 2,
    anonymous,
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

function labLines(number: number, results: readonly Result[]): LabLines[] {
  const graded = results.map((result) => result.labs.find(({ lab }) => lab === number));
  const some = graded.find((lab) => lab !== undefined);
  if (some === undefined) return [];
  const begun = graded.filter((lab): lab is GradedLab => lab !== undefined && lab.status !== "not begun");
  const ids = distinct(graded.flatMap((lab) => lab?.checks.map(({ id }) => id) ?? []));
  const points = begun.reduce((sum, { total }) => sum + total.points, 0);
  return [{
    number,
    folder: some.folder,
    name: some.name,
    begun: begun.length,
    whole: begun.filter(({ total }) => total.passed === total.of).length,
    mean: begun.length === 0 ? 0 : points / begun.length,
    ofPoints: some.total.ofPoints,
    checks: ids.map((id) => checkLine(id, graded)),
  }];
}

function checkLine(id: string, graded: readonly (GradedLab | undefined)[]): CheckLine {
  const checks = graded.map((lab) => lab?.checks.find((check) => check.id === id));
  const { title, visibility, kind } = checks.find((check) => check !== undefined) as GradedCheck;
  const count = (outcome: Outcome): number => checks.filter((check) => check?.outcome === outcome).length;
  const sits = new Map<string, number>();
  let alone = 0;
  for (const [index, check] of checks.entries()) {
    if (check?.outcome !== "failed") continue;
    const lab = graded[index] as GradedLab;
    if (lab.checks.filter(({ outcome }) => outcome === "failed").length === 1) alone++;
    for (const folder of foldersOf(check, lab)) sits.set(folder, (sits.get(folder) ?? 0) + 1);
  }
  const outcomes = checks.map((check) => check?.outcome);
  return { id, title, visibility, kind, outcomes, failed: count("failed"), passed: count("passed"), broken: count("broken"), alone, sits };
}

/** The labs in which a failure sits. One that ran on the reference's other labs sits in its own. */
function foldersOf({ blame }: GradedCheck, lab: GradedLab): readonly string[] {
  if (blame === undefined) return Object.values(lab.origins).filter((origin) => origin === "yours").length > 1 ? ["?"] : [lab.folder];
  const found = blame.sits.length > 0 ? blame.sits : blame.together ?? [];
  return found.length > 0 ? found : ["?"];
}

/** A check together with its lab. */
export interface Placed {
  readonly lab: LabLines;
  readonly check: CheckLine;
}

/** The checks that failed, those that find most first. */
export function mostFound({ labs }: ClassReport): Placed[] {
  const all = labs.flatMap((lab) => lab.checks.map((check) => ({ lab, check }))).filter(({ check }) => check.failed > 0);
  return all.toSorted((a, b) => b.check.failed - a.check.failed || b.check.alone - a.check.alone);
}

/** Checks that nobody passed, though at least two submissions had begun their lab: the class, or the check, missed something. */
export function neverPassed({ labs }: ClassReport): Placed[] {
  return labs.flatMap((lab) => lab.checks.map((check) => ({ lab, check }))).filter(({ lab, check }) =>
    lab.begun > 1 && check.passed === 0 && check.failed > 1
  );
}

/** How many failures of each lab sit in each: rows where they show, columns where they sit, both by folder. */
export function whereTheySit(
  { labs }: ClassReport,
): { readonly columns: readonly string[]; readonly rows: ReadonlyMap<string, ReadonlyMap<string, number>> } {
  const rows = new Map<string, Map<string, number>>();
  for (const { folder, checks } of labs) {
    const row = new Map<string, number>();
    for (const { sits } of checks) for (const [where, count] of sits) row.set(where, (row.get(where) ?? 0) + count);
    rows.set(folder, row);
  }
  const used = new Set([...rows.values()].flatMap((row) => [...row.keys()]));
  return { columns: [...labs.map(({ folder }) => folder), "?"].filter((folder) => folder !== "?" || used.has("?")), rows };
}
