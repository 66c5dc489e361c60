/**
 * `deno task packetdrill FILE-OR-FOLDER…`: scripts in the packetdrill language, run against a stack on the virtual wire in virtual time. They
 * were written by people who never saw this stack; so it is judged by strangers.
 */
import { parseArgs } from "@std/cli/parse-args";
import { findLab, labs } from "../labs/manifest.ts";
import { NoLiveWire } from "../stack/link/no_live_wire.ts";
import { Subject } from "./harness/subject.ts";
import type { Selection } from "./harness/workspace.ts";
import { hasStubs } from "./lab/places.ts";
import { hasReference, ROOT, selectOrigins, standInFor } from "./lab/run.ts";
import { readLabs } from "./lab/lab_numbers.ts";
import { UsageError } from "./lab/usage_error.ts";
import { loadMutants, selectMutant } from "./mutants/fate.ts";
import { findScripts } from "./packetdrill/find_scripts.ts";
import { besideText, isSameVerdict, judgeBeside } from "./packetdrill/beside.ts";
import { judge, type JudgeOptions } from "./packetdrill/judge.ts";
import { LIVE_TOLERANCE, LONGEST } from "./packetdrill/kernel_machine.ts";
import { linuxJudging, stackJudging, withKernel } from "./packetdrill/machines.ts";
import { tryMutants } from "./packetdrill/mutants.ts";
import { summaryText, verdictsJson, verdictsJunit, verdictText } from "./packetdrill/report.ts";
import { parseOptionWords } from "./packetdrill/sysctls.ts";
import type { Verdict } from "./packetdrill/verdict.ts";

const HELP = `deno task packetdrill FILE-OR-FOLDER…: scripts in the packetdrill language,
run against the reference stack, in virtual time

  --live             against the Linux kernel, in real time
  --beside           against the stack and Linux: where they differ, both
  --longest SECONDS  so much real time a script may take (default 30)
  --mine             against your own labs
  --reference 1-7    against your labs, these from the reference solutions
  --mutant LAB/NAME  against the reference with this fault in it
  --mutants 4-6      against every mutant of these labs: which survive all?
  --plain            without congestion control, as before lab 08
  --tolerance MS     by so much anything may be early or late (1; Linux 20)
  --strict           an expected packet comes as one, not in parts
  --define NAME      for #ifdef (STANDARD is defined; may be repeated)
  --all              name the scripts that passed, too
  --json             one JSON object in place of the report
  --junit FILE       write JUnit XML there
  --help             this

PACKETDRILL_OPTIONS in the environment holds options as scripts have them:
--tolerance_usecs=75000 --mtu=1460.

Exit status: 0 no script failed (but some may need what is not here), 1 some
failed or are no scripts, 2 the command was wrong, 3 there is no Linux here.`;

/** What was asked for. */
export interface Options {
  readonly paths: readonly string[];
  readonly mine: boolean;
  /** The labs that something stands in for; all others are the student's. */
  readonly reference: ReadonlySet<number>;
  readonly mutant: string | undefined;
  /** The labs whose mutants are tried. */
  readonly mutants: ReadonlySet<number> | undefined;
  /** Milliseconds: what was said, or what is usual in virtual time; and for Linux. */
  readonly tolerance: number;
  readonly liveTolerance: number;
  readonly live: boolean;
  readonly beside: boolean;
  /** Seconds. */
  readonly longest: number;
  readonly strict: boolean;
  /** Without lab 08. */
  readonly plain: boolean;
  readonly defines: readonly string[];
  readonly all: boolean;
  readonly json: boolean;
  readonly junit: string | undefined;
}

/** Reads the words. Throws a UsageError. */
export function readOptions(words: readonly string[]): Options | "help" {
  const args = parseArgs([...words], {
    boolean: ["live", "beside", "mine", "plain", "strict", "all", "json", "help"],
    string: ["mutant", "mutants", "reference", "tolerance", "longest", "define", "junit", "_"],
    collect: ["define"],
    unknown: (word: string, key?: string) => {
      if (key !== undefined) throw new UsageError(`There is no option ${word}. --help names them all.`);
    },
  }) as unknown as
    & {
      _: string[];
      live: boolean;
      beside: boolean;
      mine: boolean;
      plain: boolean;
      strict: boolean;
      all: boolean;
      json: boolean;
      help: boolean;
    }
    & {
      readonly [name in "mutant" | "mutants" | "reference" | "tolerance" | "longest" | "junit"]: string | undefined;
    }
    & { readonly define?: readonly string[] };
  if (args.help) return "help";
  const tolerance = Number(args.tolerance ?? 1);
  if (!(tolerance >= 0 && tolerance < 1e6)) throw new UsageError(`--tolerance ${args.tolerance}: milliseconds, 0 or more.`);
  const longest = Number(args.longest ?? LONGEST);
  if (!(longest > 0 && longest <= 3600)) throw new UsageError(`--longest ${args.longest}: seconds, more than 0 and at most 3600.`);
  if (args.live && args.beside) throw new UsageError("--live judges Linux alone, --beside the stack and Linux: one at a time.");
  if ((args.live || args.beside) && args.mutants !== undefined) throw new UsageError("--mutants is about the stack, not about Linux.");
  const reference = new Set(args.reference === undefined ? [] : readLabs(args.reference, "--reference"));
  const mine = args.mine || reference.size > 0;
  if (args.live && (mine || args.mutant !== undefined)) throw new UsageError("--live judges Linux; --beside judges the stack, too.");
  if (args.plain && (args.live || args.mutants !== undefined)) throw new UsageError("--plain is about the stack that is judged alone.");
  if (mine && args.mutant !== undefined) throw new UsageError("Your labs and --mutant are two stacks: one at a time.");
  if (args._.length === 0) throw new UsageError("Which scripts? Name files or folders. --help says more.");
  return {
    paths: args._,
    mine,
    reference,
    mutant: args.mutant,
    mutants: args.mutants === undefined ? undefined : new Set(readLabs(args.mutants, "--mutants")),
    tolerance,
    liveTolerance: args.tolerance === undefined ? LIVE_TOLERANCE / 1000 : tolerance,
    live: args.live,
    beside: args.beside,
    longest,
    strict: args.strict,
    plain: args.plain,
    defines: args.define ?? [],
    all: args.all,
    json: args.json,
    junit: args.junit,
  };
}

/** The code that is judged. */
export async function selectionOf(
  { mine, reference = new Set(), mutant }: Pick<Options, "mine" | "mutant"> & Partial<Pick<Options, "reference">>,
): Promise<Selection> {
  const everyLab = new Set(labs.map(({ number }) => number));
  const isKit = !hasReference(labs[0] as typeof labs[number]);
  const missing = labs.find((lab) => reference.has(lab.number) && standInFor(lab) === undefined);
  if (missing !== undefined) {
    throw new UsageError(`Nothing here stands in for lab ${missing.number}: solutions/${missing.folder} is not here.`);
  }
  const asked = mine || isKit ? { mine: true, reference } : { reference: everyLab };
  const selection: Selection = { root: ROOT, origins: selectOrigins(8, asked) };
  if (mutant === undefined) return selection;
  if (isKit) throw new UsageError("There are no mutants in a kit: they stay with those who grade.");
  const [number, name] = mutant.split("/");
  const lab = findLab(Number(number));
  const found = lab === undefined ? undefined : (await loadMutants(lab)).find((each) => each.name === name);
  if (lab === undefined || found === undefined) {
    throw new UsageError(`There is no mutant ${mutant}: "4/NAME"; deno task mutants 4 names them.`);
  }
  return await selectMutant(lab, found);
}

/** Judges all scripts, one after the other. */
export async function* judgeAll(scripts: readonly string[], judging: JudgeOptions): AsyncGenerator<Verdict> {
  for (const file of scripts) {
    const text = await readScript(file);
    yield typeof text === "string" ? await judge(file, text, judging) : text;
  }
}

async function readScript(file: string): Promise<string | Verdict> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const place = { file, line: 1, column: 1 };
    return { script: file, verdict: "malformed", malformed: { place, expected: "a file of text", found: error.message } };
  }
}

/** What goes for all scripts of a run. */
function judgingOf({ tolerance, strict, defines }: Options): Omit<JudgeOptions, "makeMachine"> {
  return {
    options: parseOptionWords(Deno.env.get("PACKETDRILL_OPTIONS") ?? ""),
    tolerance: tolerance * 1000,
    strict,
    defines: new Set(["STANDARD", ...defines]),
  };
}

/** The scripts that pass without a mutant, too: one that fails anyway would catch them all. Those that fail are named. */
async function soundScripts(options: Options, files: readonly string[]): Promise<string[]> {
  const subject = new Subject(await selectionOf(options));
  const sound: string[] = [];
  try {
    for await (const { script, verdict } of judgeAll(files, stackJudging(subject, judgingOf(options)))) {
      if (verdict === "passed") sound.push(script);
      else if (verdict !== "needs") console.log(`✘ ${script}  left out: ${verdict} without a mutant, too`);
    }
  } finally {
    subject.close();
  }
  return sound;
}

/** The mutants' table: each with the script that caught it. True when each was caught that can be. */
async function catchMutants(options: Options, all: readonly string[]): Promise<boolean> {
  const files = await soundScripts(options, all);
  const scripts = await Promise.all(files.map(async (file) => ({ file, text: await Deno.readTextFile(file) })));
  const count = { caught: 0, unseen: 0, survives: 0 };
  const chosen = labs.filter(({ number }) => options.mutants?.has(number));
  for await (const { lab, mutant, killer } of tryMutants(chosen, scripts, judgingOf(options))) {
    const fate = killer !== undefined ? "caught" : mutant.unseen === undefined ? "survives" : "unseen";
    count[fate]++;
    const said = {
      caught: () => `${killer?.script}:${killer?.failure.place.line}`,
      unseen: () => `no script can see it: ${mutant.unseen}`,
      survives: () => `survives (${mutant.file}: ${mutant.fault})`,
    }[fate]();
    if (options.all || fate === "survives") {
      console.log(`${{ caught: "✔", unseen: "○", survives: "✘" }[fate]} ${lab.number}/${mutant.name}  ${said}`);
    }
  }
  const mutants = count.caught + count.unseen + count.survives;
  const unseen = count.unseen === 0 ? "" : `, ${count.unseen} are such that none can`;
  console.log(`${count.caught} of ${mutants} mutants are caught by a script${unseen}`);
  return count.survives === 0;
}

async function main(options: Options): Promise<number> {
  const { scripts, others } = await findScripts(options.paths);
  if (options.mutants !== undefined) return await catchMutants(options, scripts) ? 0 : 1;
  if (options.live) {
    return await withKernel((kernel) =>
      tell(options, others, judgeAll(scripts, linuxJudging(kernel, liveOptions(options), options.longest)))
    );
  }
  const subject = new Subject(await selectionOf(options));
  const judging = stackJudging(subject, judgingOf(options), options.plain ? 4 : 5);
  try {
    if (!options.beside) return await tell(options, others, judgeAll(scripts, judging));
    return await withKernel((kernel) => tellBeside(options, scripts, judging, linuxJudging(kernel, liveOptions(options), options.longest)));
  } finally {
    subject.close();
  }
}

function liveOptions(options: Options): Omit<JudgeOptions, "makeMachine"> {
  return { ...judgingOf(options), tolerance: options.liveTolerance * 1000 };
}

/** Tells verdicts as they come. Gives the exit status. */
async function tell(options: Options, others: number, all: AsyncIterable<Verdict>): Promise<number> {
  const verdicts: Verdict[] = [];
  for await (const verdict of all) {
    verdicts.push(verdict);
    if (!options.json && (options.all || verdict.verdict !== "passed")) console.log(`${verdictText(verdict)}\n`);
  }
  const advice = options.json ? "" : standInText(options, verdicts);
  console.log(options.json ? verdictsJson(verdicts) : `${summaryText(verdicts, others)}${advice}`);
  if (options.junit !== undefined) await Deno.writeTextFile(options.junit, verdictsJunit(verdicts));
  return verdicts.some(({ verdict }) => verdict === "failed" || verdict === "malformed") ? 1 : 0;
}

/** Where a lab below the last is not written, and something may stand in for it: how that is asked for. "" where it is not so. */
function standInText({ paths, live }: Options, verdicts: readonly Verdict[]): string {
  const isUnwritten = verdicts.some((each) => each.verdict === "failed" && each.failure.got.startsWith("NotImplemented: "));
  const below = labs.filter((lab) => lab.number < 8 && hasStubs(lab) && standInFor(lab) !== undefined);
  const [first, last] = [below[0], below.at(-1)];
  if (live || !isUnwritten || first === undefined || last === undefined) return "";
  const isRange = last.number - first.number === below.length - 1 && below.length > 1;
  const numbers = isRange ? `${first.number}-${last.number}` : below.map(({ number }) => number).join(",");
  const command = `deno task packetdrill --reference ${numbers} ${paths.join(" ")}`;
  return `\n\nNot all of your labs are written. The ${standInFor(first)} can stand in for some:\n${command}`;
}

/** Tells where the stack and Linux are judged differently, with both ladders. Gives the exit status. */
async function tellBeside(options: Options, scripts: readonly string[], stack: JudgeOptions, linux: JudgeOptions): Promise<number> {
  let differ = 0;
  const alike = new Map<Verdict["verdict"], number>();
  for (const file of scripts) {
    const text = await readScript(file);
    const pair = typeof text === "string" ? await judgeBeside(file, text, stack, linux) : { stack: text, linux: text };
    const isAlike = isSameVerdict(pair.stack, pair.linux);
    if (isAlike) alike.set(pair.stack.verdict, (alike.get(pair.stack.verdict) ?? 0) + 1);
    else differ++;
    if (!isAlike || options.all) console.log(`${await besideText(pair, typeof text === "string" ? text : "", stack, linux)}\n`);
  }
  const kinds = [...alike].map(([kind, count]) => `${count} ${kind}`).join(", ");
  console.log(`${differ} of ${scripts.length} scripts are judged differently${kinds === "" ? "" : `; the same: ${kinds}`}`);
  return differ > 0 || alike.has("failed") || alike.has("malformed") ? 1 : 0;
}

if (import.meta.main) {
  try {
    const options = readOptions(Deno.args);
    if (options === "help") console.log(HELP);
    else Deno.exit(await main(options));
  } catch (error) {
    if (error instanceof NoLiveWire) {
      console.error(error.message);
      Deno.exit(3);
    }
    if (error instanceof UsageError || error instanceof Deno.errors.NotFound) {
      console.error(error.message);
      Deno.exit(2);
    }
    throw error;
  }
}
