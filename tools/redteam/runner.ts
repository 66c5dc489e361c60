/**
 * Has attacks graded by `deno task grade`, as an instructor would, all in one run beside honest work, and finds whatever is not as it
 * should be: in the points, in everything that was written and printed, and in what is left behind.
 */
import type { Result } from "../grade/result.ts";
import type { Line } from "../grade/summary.ts";
import { spawnTask } from "../testing/tasks.ts";
import { type Attack, FORGERIES, REFERENCE } from "./attack.ts";
import { foundInOutput } from "./output.ts";

/** What became of an attack. */
export interface Fate {
  readonly attack: Attack;
  /** Points: what it should have earned, and what it did. */
  readonly earns: number;
  readonly earned: number;
  /** Milliseconds. */
  readonly took: number;
  /** What is not as it should be. */
  readonly complaints: readonly string[];
}

/** What became of all of them. */
export interface Outcome {
  readonly fates: readonly Fate[];
  /** What is not as it should be with the whole: its output, the honest work beside it, processes that are left. */
  readonly complaints: readonly string[];
}

/** Seconds for the checks of one submission. */
const LIMIT = 60;
/** Milliseconds after which the whole grading is taken to hang. */
const LONGEST = 900_000;
/** Milliseconds in which whatever was started must have ended, when the grading has. */
const LINGER = 3000;
const OPTIONS = ["--jobs", "2", "--limit", `${LIMIT}`];
/** Honest work, which stands at the beginning, in the middle and at the end. */
const HONEST = REFERENCE.replace(/0xedb88320/, "0xedb88321");

/** Grades all attacks: those of lab 01 in one run, between honest work, and those of each other lab, and with live checks, in a run of their own. */
export async function tryAttacks(attacks: readonly Attack[]): Promise<Outcome> {
  const usual = attacks.filter(({ lab, live }) => lab === undefined && live === undefined);
  const others = Map.groupBy(attacks.filter((attack) => !usual.includes(attack)), ({ lab, live }) => `${lab ?? 1}${live ? " live" : ""}`);
  const outcomes = usual.length === 0 ? [] : [await tryUsual(usual)];
  for (const group of others.values()) outcomes.push(await tryElsewhere(group));
  const fates = outcomes.flatMap((outcome) => outcome.fates);
  return {
    fates: attacks.map((attack) => fates.find((fate) => fate.attack === attack) as Fate),
    complaints: outcomes.flatMap((outcome) => outcome.complaints),
  };
}

/** Attacks of one other lab, or with live checks. Each earns what its honest part earns beside it, where it has one. */
async function tryElsewhere(attacks: readonly Attack[]): Promise<Outcome> {
  const root = await Deno.makeTempDir({ prefix: "wallsocket-redteam-" });
  try {
    const paths: string[] = [];
    const place = async (name: string, write: Attack["write"]): Promise<number> => {
      const folder = `${root}/in/${name}`;
      await Deno.mkdir(folder, { recursive: true });
      return paths.push(await write(folder)) - 1;
    };
    const places: { readonly attack: Attack; readonly at: number; readonly honestAt: number | undefined }[] = [];
    for (const attack of attacks) {
      const honestAt = attack.honest === undefined ? undefined : await place(`${attack.name}-honest`, attack.honest);
      places.push({ attack, at: await place(attack.name, attack.write), honestAt });
    }
    const { lab = 1, live } = attacks[0] as Attack;
    const run = await grade(paths, `${root}/out`, lab, live);
    const lines = JSON.parse(await Deno.readTextFile(`${root}/out/summary.json`)).submissions as Line[];
    const fates = await Promise.all(places.map(({ attack, at, honestAt }) => {
      const earns = honestAt === undefined ? attack.earns : lines[honestAt]?.total?.points ?? -1;
      return fateOf({ ...attack, earns }, lines[at] as Line, `${root}/out`).then((fate) => ({ ...fate, attack, earns }));
    }));
    return { fates, complaints: [...run.complaints, ...linesComplaints(run.text, paths.length)] };
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Attacks of lab 01. */
async function tryUsual(attacks: readonly Attack[]): Promise<Outcome> {
  const root = await Deno.makeTempDir({ prefix: "wallsocket-redteam-" });
  try {
    const paths: string[] = [];
    for (const attack of attacks) {
      const folder = `${root}/in/${attack.name}`;
      await Deno.mkdir(folder, { recursive: true });
      paths.push(await attack.write(folder));
    }
    const middle = Math.ceil(paths.length / 2);
    const honest = await Promise.all([1, 2, 3].map((number) => honestWork(`${root}/in/honest-${number}`)));
    const [alone = "", ...beside] = honest as [string, string, string];
    const first = await grade([alone], `${root}/alone`);
    const all = [beside[0] as string, ...paths.slice(0, middle), alone, ...paths.slice(middle), beside[1] as string];
    const run = await grade(all, `${root}/out`);
    const lines = JSON.parse(await Deno.readTextFile(`${root}/out/summary.json`)).submissions as Line[];
    const isAttack = (index: number): boolean => index > 0 && index !== middle + 1 && index < all.length - 1;
    const attacked = lines.filter((_, index) => isAttack(index));
    const fates = await Promise.all(attacks.map((attack, index) => fateOf(attack, attacked[index] as Line, `${root}/out`)));
    const complaints = [
      ...first.complaints,
      ...run.complaints,
      ...await honestComplaints(`${root}/alone/honest-1`, lines.filter((_, index) => !isAttack(index)), `${root}/out`),
      ...linesComplaints(run.text, all.length),
      ...foundInOutput("summary.csv", await Deno.readTextFile(`${root}/out/summary.csv`)),
      ...await exists("/tmp/forged") ? ["something was written to /tmp/forged"] : [],
    ];
    return { fates, complaints };
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function honestWork(folder: string): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/framing.ts`, HONEST);
  return folder;
}

/** One run of the command. What it leaves behind of processes is a complaint. */
async function grade(paths: readonly string[], out: string, lab = 1, live?: true): Promise<{ text: string; complaints: string[] }> {
  const words = [...paths, "--out", out, "--labs", `${lab}`, ...live ? [] : ["--virtual"], ...OPTIONS];
  const child = spawnTask("grade", words, { detached: true, env: { NO_COLOR: "1" }, signal: AbortSignal.timeout(LONGEST) });
  const { stdout, stderr, code } = await child.output();
  const text = new TextDecoder().decode(stdout), said = new TextDecoder().decode(stderr);
  const left = await leftOf(child.pid);
  return {
    text,
    complaints: [
      ...code > 1 ? [`the grader ended with status ${code}: ${said.slice(0, 500)}`] : [],
      ...said === "" ? [] : [`on standard error: ${said.slice(0, 200)}`],
      ...left.map((command) => `a process is left: ${command}`),
    ],
  };
}

/** The processes of a group that are still there after a moment; those that ended and wait for their parent are not. */
async function leftOf(group: number): Promise<string[]> {
  const script =
    `cat /proc/[0-9]*/stat 2>/dev/null | awk -v group=${group} '{ line = $0; sub(/.*\\) /, ""); if ($1 != "Z" && $3 == group) print line }'`;
  let left = "";
  for (let waited = 0; waited <= LINGER; waited += 100) {
    const { stdout } = await new Deno.Command("sh", { args: ["-c", script] }).output();
    left = new TextDecoder().decode(stdout);
    if (left === "") return [];
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return left.trim().split("\n").map((line) => line.slice(0, 60));
}

/** Compares what came of an attack with what should have come of it. */
async function fateOf(attack: Attack, line: Line, out: string): Promise<Fate> {
  const earned = line.total?.points ?? 0;
  const complaints: string[] = [];
  const result = await Deno.readTextFile(`${out}/${line.name}/result.json`).then((text) => JSON.parse(text) as Result, () => undefined);
  if (result === undefined) complaints.push(`it has no result: ${line.problem}`);
  if (attack.atMost === undefined ? earned !== attack.earns : earned > attack.atMost) {
    complaints.push(`it earned ${earned}: ${passedIn(result)}`);
  }
  const reason = line.problem ?? result?.labs[0]?.reason;
  if (attack.refused === undefined && !attack.anyhow && reason !== undefined) complaints.push(`it was refused: ${reason}`);
  if (attack.refused !== undefined && !reason?.includes(attack.refused)) {
    complaints.push(`it was not refused for "${attack.refused}", but for: ${reason ?? "nothing"}`);
  }
  complaints.push(...(line.broken ?? []).map((check) => `the check ${check} is broken by it`));
  if (result !== undefined) complaints.push(...await writtenComplaints(attack, `${out}/${line.name}`));
  return { attack, earns: attack.earns, earned, took: line.took, complaints: [...new Set(complaints)].slice(0, 6) };
}

function passedIn(result: Result | undefined): string {
  const passed = result?.labs.flatMap((lab) => lab.checks.filter((check) => check.outcome === "passed")) ?? [];
  return passed.map((check) => check.id).slice(0, 5).join(", ");
}

/** What its author is shown and what its instructor is. */
async function writtenComplaints(attack: Attack, folder: string): Promise<string[]> {
  const complaints: string[] = [];
  for (const path of await filesIn(folder)) {
    const bytes = await Deno.readFile(`${folder}/${path}`);
    const text = new TextDecoder().decode(bytes);
    if (!path.endsWith(".pcapng")) complaints.push(...foundInOutput(path, text));
    const shown = path.startsWith("student/") || path === "gradescope.json";
    for (const secret of shown ? attack.secrets ?? [] : []) {
      if (text.includes(secret)) complaints.push(`${path} shows "${secret}"`);
    }
  }
  return complaints;
}

async function filesIn(folder: string, below = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(`${folder}/${below}`)) {
    if (entry.isDirectory) found.push(...await filesIn(folder, `${below}${entry.name}/`));
    else found.push(`${below}${entry.name}`);
  }
  return found;
}

/** Honest work is graded among attacks as it is graded alone. */
async function honestComplaints(alone: string, lines: readonly Line[], out: string): Promise<string[]> {
  const labsOf = async (folder: string): Promise<string> => {
    const text = await Deno.readTextFile(`${folder}/result.json`).catch(() => "{}");
    return JSON.stringify((JSON.parse(text) as Partial<Result>).labs);
  };
  const right = await labsOf(alone);
  const complaints: string[] = [];
  for (const { name, problem } of lines) {
    if (await labsOf(`${out}/${name}`) !== right) {
      complaints.push(`honest work has another result beside attacks: ${name} ${problem ?? ""}`);
    }
  }
  return complaints;
}

/** What the command prints: a line for each submission, an empty one, the table, and notes. No other line, whatever a submission is called. */
function linesComplaints(text: string, count: number): string[] {
  const lines = text.split("\n");
  const strange = lines.slice(0, count).filter((line, index) => !new RegExp(`^ *${index + 1} of ${count}  \\S`).test(line));
  return [
    ...strange.map((line) => `the grader printed: ${line}`),
    ...foundInOutput("standard output", text),
    ...lines.filter((line) => FORGERIES.some((forgery) => line.startsWith(forgery))).map((line) => `a forged line: ${line}`),
  ];
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}
