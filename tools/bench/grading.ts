/**
 * `deno task bench --grading`: what grading costs. The submission is the reference, with all labs and live checks, so that every check
 * runs to its end. `deno task grade` is measured as it is used, from outside: by the clock, by the processor time of all its processes as
 * the shell's `times` has it, and by its memory in /proc. Nothing here is asserted anywhere.
 */
import { labs } from "../../labs/manifest.ts";
import { Subject } from "../harness/subject.ts";
import type { SandboxKind } from "../harness/sandbox.ts";
import { labelled, paint, WIDTH, wrap } from "../lab/text.ts";
import { ROOT, selectOrigins } from "../lab/run.ts";
import { layersOn } from "../harness/sandbox.ts";
import { type Spread, spreadOf } from "./contest.ts";

/** How much is measured. */
export interface GradingSize {
  /** Gradings of one submission. */
  readonly rounds: number;
  /** Submissions that are graded together, two at a time. */
  readonly submissions: number;
  /** Starts of a subject, with and without the sandbox. */
  readonly starts: number;
}

/** What came of it. Times in seconds, memory in MiB, starts in milliseconds. */
export interface GradingFigures {
  readonly wall: Spread;
  readonly processor: Spread;
  readonly perMinute: number;
  /** Of the process that keeps the list: when two were graded, when all were, and at the most. Undefined where there is no /proc. */
  readonly memory: { readonly first: number; readonly last: number; readonly peak: number } | undefined;
  readonly starts: Readonly<Record<SandboxKind, Spread>>;
  readonly layers: readonly string[];
}

/** The seven core labs: what a "full submission" is. */
const CORE = 7;
const GRADE = ["run", "--quiet", "--no-prompt", "--allow-read", "--allow-write", "--allow-run", "--allow-env", "--allow-sys=uid"];

/** Measures. Throws an Error with what `deno task grade` said when it ends badly. */
export async function measureGrading({ rounds, submissions, starts }: GradingSize): Promise<GradingFigures> {
  const root = await Deno.makeTempDir();
  try {
    const sources = await Promise.all(
      Array.from({ length: rounds + submissions }, (_, index) => submission(`${root}/submission-${index + 1}`)),
    );
    const one: { wall: number; processor: number }[] = [];
    for (const [round, source] of sources.splice(0, rounds).entries()) one.push(await gradeOnce(source, `${root}/one-${round}`));
    const many = await gradeMany(sources, `${root}/many`);
    return {
      wall: spreadOf(one.map(({ wall }) => wall)),
      processor: spreadOf(one.map(({ processor }) => processor)),
      ...many,
      starts: await measureStarts(starts),
      layers: await layersOn(ROOT),
    };
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** A folder with the reference as somebody's submission: no two are the same, so nothing is found that was made for an earlier one. */
async function submission(folder: string): Promise<string> {
  for (const lab of labs.filter(({ number }) => number <= CORE)) {
    await Deno.mkdir(`${folder}/${lab.folder}`, { recursive: true });
    for (const file of lab.files) {
      const text = await Deno.readTextFile(`${ROOT}/solutions/${lab.folder}/${file}`);
      await Deno.writeTextFile(`${folder}/${lab.folder}/${file}`, `${text}// ${crypto.randomUUID()}\n`);
    }
  }
  return folder;
}

async function gradeOnce(source: string, out: string): Promise<{ wall: number; processor: number }> {
  const began = performance.now();
  const command = [Deno.execPath(), ...GRADE, `${ROOT}/tools/grade.ts`, source, "--labs", `1-${CORE}`, "--out", out];
  const script = '"$@" >&2; status=$?; times; exit $status';
  const { success, stdout, stderr } = await new Deno.Command("sh", { args: ["-c", script, "sh", ...command], stdin: "null" }).output();
  const wall = (performance.now() - began) / 1000;
  if (!success) throw new Error(`The grading failed:\n${new TextDecoder().decode(stderr)}`);
  const children = new TextDecoder().decode(stdout).trim().split("\n").at(-1) as string;
  const times = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(([, minutes, seconds]) => 60 * Number(minutes) + Number(seconds));
  return { wall, processor: times.reduce((sum, each) => sum + each, 0) };
}

async function gradeMany(sources: readonly string[], out: string): Promise<Pick<GradingFigures, "perMinute" | "memory">> {
  const began = performance.now();
  const args = [...GRADE, `${ROOT}/tools/grade.ts`, ...sources, "--labs", `1-${CORE}`, "--out", out, "--jobs", "2"];
  const child = new Deno.Command(Deno.execPath(), { args, stdin: "null", stdout: "piped", stderr: "inherit" }).spawn();
  const seen: { now: number; peak: number }[] = [];
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const memory = /^ *\d+ of \d+ /m.test(text) ? await memoryOf(child.pid) : undefined;
    if (memory !== undefined) seen.push(memory);
  }
  if (!(await child.status).success) throw new Error("The grading of many submissions failed.");
  const [first, last] = [seen[Math.min(1, seen.length - 1)], seen.at(-1)];
  return {
    perMinute: sources.length / (performance.now() - began) * 60_000,
    memory: first === undefined || last === undefined ? undefined : { first: first.now, last: last.now, peak: last.peak },
  };
}

/** MiB of a process, now and at the most so far. */
async function memoryOf(pid: number): Promise<{ now: number; peak: number } | undefined> {
  // Deno lets nobody read /proc who has not every permission.
  const read = await new Deno.Command("cat", { args: [`/proc/${pid}/status`], stderr: "null" }).output().catch(() => undefined);
  const status = new TextDecoder().decode(read?.stdout);
  const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? NaN) / 1024;
  const memory = { now: of("VmRSS"), peak: of("VmHWM") };
  return Number.isNaN(memory.now) ? undefined : memory;
}

/** From the wish for a subject to its first word, in turns. The first of each kind is not counted: it fills the caches. */
async function measureStarts(rounds: number): Promise<Record<SandboxKind, Spread>> {
  const kinds: readonly SandboxKind[] = ["process", "full"];
  const samples: Record<SandboxKind, number[]> = { process: [], full: [] };
  const origins = selectOrigins(7, { reference: new Set([7]) });
  for (let round = 0; round <= rounds; round++) {
    for (const kind of round % 2 === 0 ? kinds : kinds.toReversed()) {
      const subject = new Subject({ root: ROOT, lab: 7, origins, sandbox: kind });
      const began = performance.now();
      await subject.start();
      if (round > 0) samples[kind].push(performance.now() - began);
      subject.close();
    }
  }
  return { process: spreadOf(samples.process), full: spreadOf(samples.full) };
}

/** The report. */
export function gradingLines({ wall, processor, perMinute, memory, starts, layers }: GradingFigures, size: GradingSize): string[] {
  const line = (what: string, figure: string): string => labelled(what, figure, 2, 40);
  const spread = ({ median, low, high }: Spread, digits: number, unit: string): string =>
    `${median.toFixed(digits)} ${unit} [${low.toFixed(digits)}–${high.toFixed(digits)}]`;
  const mib = (value: number): string => `${value.toFixed(0)} MiB`;
  return [
    paint("bold", `Grading, measured on ${navigator.hardwareConcurrency} processors`),
    "",
    line(`one submission, ${size.rounds} times: clock`, spread(wall, 1, "s")),
    line("processor time of all processes", spread(processor, 1, "s")),
    line(`${size.submissions} submissions, --jobs 2`, `${perMinute.toFixed(1)} a minute`),
    ...memory === undefined
      ? []
      : [line("memory of the process with the list", `${mib(memory.first)}, in the end ${mib(memory.last)}, peak ${mib(memory.peak)}`)],
    line("a subject starts, without sandbox", spread(starts.process, 0, "ms")),
    line("in the sandbox", spread(starts.full, 0, "ms")),
    line("the sandbox adds", `${(starts.full.median - starts.process.median).toFixed(0)} ms`),
    "",
    ...wrap(`Walls: ${layers.join(", ")}. Medians; half of all samples lie in the brackets.`, WIDTH),
  ];
}

if (import.meta.main) {
  const size: GradingSize = { rounds: 3, submissions: 6, starts: 9 };
  const figures = await measureGrading(size);
  console.log(Deno.args.includes("--json") ? JSON.stringify(figures, undefined, 2) : gradingLines(figures, size).join("\n"));
}
