/**
 * `deno task grade SUBMISSION… --out DIR`: grades submissions, each in a process of its own (`grade/one.ts`).
 *
 * Rules: the folder of a submission appears when it was graded to the end, whole, by one rename; so an interruption at any
 * moment loses the submissions that were being graded and no other, and the next run takes up there. What this
 * process keeps of a submission is a line of the summary. Its memory doesn't grow with what strangers wrote.
 */
import { finished } from "../labs/manifest.ts";
import { type Job, NO_WIRE, UNCHANGED } from "./grade/one.ts";
import { hashOfFolders, hashOfText } from "./grade/hashes.ts";
import { type GradeOptions, HELP, readOptions } from "./grade/options.ts";
import { defaultPolicy, type Policy, PolicyError, readPolicy } from "./grade/policy.ts";
import type { Result } from "./grade/result.ts";
import { printable } from "./grade/submission.ts";
import { type Line, lineOf, lineText, summaryCsv, summaryTable } from "./grade/summary.ts";
import { type InForce, inForceOn } from "./grade/versions.ts";
import { layersOn } from "./harness/sandbox.ts";
import { loadChecks, ROOT } from "./lab/run.ts";
import { UsageError } from "./lab/usage_error.ts";

const DONE = 0, INCOMPLETE = 1, USAGE = 2, IMPOSSIBLE = 3;
/** Milliseconds that a grading may take beyond its limit before its process is ended. */
const GRACE = 60_000;
/** Bytes of the name of a submission's folder. A file system allows 255; a number and ".partial" may come behind. */
const LONGEST_NAME = 150;

/** This machine cannot grade. */
class ImpossibleError extends Error {}

/** Runs the command and returns its exit status. */
export async function main(words: readonly string[]): Promise<number> {
  try {
    const options = readOptions(words);
    if ("help" in options) {
      console.log(HELP);
      return DONE;
    }
    return await grade(options);
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof PolicyError) && !(error instanceof ImpossibleError)) throw error;
    console.error(error.message);
    return error instanceof ImpossibleError ? IMPOSSIBLE : USAGE;
  }
}

async function grade(options: GradeOptions): Promise<number> {
  const policy = options.policy === undefined ? defaultPolicy : await readPolicy(options.policy);
  await makeFolder(options.out);
  const grader = await graderOf(options, policy);
  const names = namesOf(options.sources);
  const lines = new Array<Line>(names.length);
  let next = 0, done = 0;
  const work = async (): Promise<void> => {
    while (next < names.length) {
      const index = next++;
      const name = names[index] as string;
      const line = await gradeOrSay(name, options.sources[index] as string, { grader, policy }, options);
      lines[index] = line;
      console.log(lineText(line, ++done, names.length));
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.jobs, names.length) }, work));
  await Deno.writeTextFile(`${options.out}/summary.csv`, summaryCsv(lines, options.labs));
  await Deno.writeTextFile(`${options.out}/summary.json`, `${JSON.stringify({ grader, submissions: lines }, undefined, 2)}\n`);
  console.log(`\n${summaryTable(lines, options.labs)}`);
  return lines.every((line) => line.problem === undefined) ? DONE : INCOMPLETE;
}

async function graderOf(options: GradeOptions, policy: Policy): Promise<Result["grader"]> {
  const graded = finished.filter((lab) => options.labs.includes(lab.number));
  const suites = graded.map(async ({ folder }) => [folder, await hashOfFolders(ROOT, [`labs/${folder}`, `solutions/${folder}`])]);
  const inForce = await Promise.all(graded.map(async (lab) => inForceOn(options.date, lab, await loadChecks(lab, true))));
  const earlier: InForce = Object.assign({}, ...inForce);
  return {
    deno: Deno.version.deno,
    kit: await hashOfFolders(ROOT, ["stack", "tools/harness", "tools/grade", "tools/lab"]),
    suites: Object.fromEntries(await Promise.all(suites)),
    policy: await hashOfText(JSON.stringify(policy)),
    seed: options.seed,
    ...(options.mine ? { mine: true as const } : {}),
    ...(options.myChecks ? { myChecks: true as const } : {}),
    ...(Object.keys(earlier).length === 0 ? {} : { earlier }),
    wire: options.virtual ? "virtual" : "live",
    sandbox: await layersOn(ROOT),
  };
}

/** As `gradeSubmission`. What goes wrong with one submission, whatever it is, costs the others nothing. */
async function gradeOrSay(
  name: string,
  source: string,
  by: Pick<Job, "grader" | "policy">,
  options: GradeOptions,
): Promise<Line> {
  const began = performance.now();
  try {
    return await gradeSubmission(name, source, by, options);
  } catch (error) {
    if (error instanceof ImpossibleError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return { name, problem: printable(`it could not be graded: ${reason}`), took: performance.now() - began };
  }
}

/** Grades one submission into `out/name`. */
async function gradeSubmission(
  name: string,
  source: string,
  by: Pick<Job, "grader" | "policy">,
  options: GradeOptions,
): Promise<Line> {
  const began = performance.now();
  const folder = `${options.out}/${name}`;
  const to = `${options.out}/.${name}.partial`;
  await Deno.remove(to, { recursive: true }).catch(() => {});
  await Deno.mkdir(to);
  const job: Job = { name, source, to, labs: options.labs, ...by, limit: options.limit * 1000, previous: `${folder}/result.json` };
  const { code, said } = await runJob(job);
  if (code === NO_WIRE) throw new ImpossibleError(`${said}\nWith --virtual the live checks are left out, and are worth nothing.`);
  const took = performance.now() - began;
  if (code === UNCHANGED) await Deno.remove(to);
  else if (code === 0) {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
    await Deno.rename(to, folder);
  } else {
    await Deno.remove(to, { recursive: true });
    return { name, problem: printable(`the grading ended early (${code}): ${said.split("\n", 1)[0]}`), took };
  }
  return lineOf(JSON.parse(await Deno.readTextFile(`${folder}/result.json`)) as Result, took, code === UNCHANGED, by.policy.myChecks);
}

/** Runs the process of one submission, and ends it when it takes far too long. */
async function runJob(job: Job): Promise<{ code: number; said: string }> {
  const args = [
    "run",
    "--quiet",
    "--no-prompt",
    "--cached-only",
    "--allow-read",
    "--allow-write",
    "--allow-run",
    "--allow-env",
    "--allow-sys=uid",
  ];
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args, `${ROOT}/tools/grade/one.ts`],
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  const overdue = setTimeout(() => child.kill("SIGKILL"), job.limit + GRACE);
  const writer = child.stdin.getWriter();
  // The pipe stays open until the result is there: should this process end before, the other one ends too.
  writer.write(new TextEncoder().encode(`${JSON.stringify(job)}\n`)).catch(() => {});
  const [{ code }, stderr] = await Promise.all([child.status, new Response(child.stderr).bytes()]);
  clearTimeout(overdue);
  writer.abort().catch(() => {});
  return { code, said: new TextDecoder().decode(stderr).slice(0, 4000).trim() };
}

/** A folder name for each submission: its own name, without what archives end with; a second one of the same name gets a number. */
function namesOf(sources: readonly string[]): string[] {
  const used = new Set<string>();
  return sources.map((source) => {
    const last = source.replace(/\/+$/, "").split("/").at(-1) ?? "";
    const plain = last.replace(/\.(zip|tar\.gz|tgz|git)$/i, "").replaceAll(/[^\p{L}\p{N}._@+ -]/gu, "_").replace(
      /^([.-]+|(?=summary\.))/,
      "_",
    );
    const base = firstBytes(plain, LONGEST_NAME) || "submission";
    let name = base;
    for (let number = 2; used.has(name); number++) name = `${base}-${number}`;
    used.add(name);
    return name;
  });
}

/** As many of the text's characters as fit in so many bytes of UTF-8: folders' names are bounded by their bytes. */
function firstBytes(text: string, most: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(most));
  return text.slice(0, read);
}

async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (error) {
    throw new ImpossibleError(`Cannot make the folder ${path}: ${error instanceof Error ? error.message : error}`);
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
