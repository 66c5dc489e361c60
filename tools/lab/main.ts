/**
 * `deno task lab3`: the student's whole interface. Runs the checks of a lab against the student's code and tells what
 * came of it.
 */
import { type Lab, labs } from "../../labs/manifest.ts";
import { NoDebugger } from "../harness/subject_process.ts";
import type { Check } from "../harness/suite.ts";
import type { KernelPeer } from "../harness/kernel/kernel_peer.ts";
import type { CheckResult } from "../harness/trial.ts";
import { takeSuiteKey } from "../seal/term_key.ts";
import { Blamer } from "./blame.ts";
import { tellFailures, type Telling, tellRegressions } from "./failures_told.ts";
import { hintText } from "./hints.ts";
import { loadErrorText } from "./load_error.ts";
import { runMine } from "./my_checks/command.ts";
import { loadOptional } from "./optional.ts";
import { helpText, type LabOptions, readOptions } from "./options.ts";
import { loadRegression, loadRegressions, MINE, runRegressions } from "./regressions.ts";
import { groupText, headerText, jsonReport, summaryText } from "./report.ts";
import {
  hasReference,
  isLoadError,
  isSealed,
  KIT,
  LiveWire,
  loadChecks,
  ROOT,
  runLab,
  type RunResult,
  selectOrigins,
  standInFor,
} from "./run.ts";
import { RunFileError } from "./run_file.ts";
import { sealedText } from "./sealed_report.ts";
import { cut, paint, titled, WIDTH, wrap, wrapAround } from "./text.ts";
import { UsageError } from "./usage_error.ts";
import { watchLab } from "./watch.ts";

const PASSED = 0, FAILED = 1, USAGE = 2, IMPOSSIBLE = 3;

/** How to attach. What Deno says when it waits comes behind it. */
function inspectText({ lab, inspect }: LabOptions): string {
  return `The run waits for a debugger on port ${inspect} of this machine; all clocks are off.

  VS Code         Run and Debug, "Attach to a lab run"
  Chrome          chrome://inspect, "inspect" below Remote Target
  other editors   attach to Node.js, at 127.0.0.1:${inspect}

It stands before the first line: set breakpoints in labs/${lab.folder}, then go
on (F8 in Chrome). The verdict comes when the debugger lets it. docs/editor.md
`;
}

/** Runs the command and returns its exit status. */
export async function main(words: readonly string[]): Promise<number> {
  const suiteKey = takeSuiteKey(); // before anything is started that could inherit it
  try {
    if (words.includes("--watch")) return await watchLab(words);
    const options = readOptions(words);
    if ("help" in options) {
      console.log(helpText(options.help));
      return PASSED;
    }
    return await run(options, suiteKey);
  } catch (error) {
    if (error instanceof UsageError || error instanceof RunFileError) {
      console.error(wrapAround(error.message));
      return USAGE;
    }
    throw error;
  }
}

async function run(options: LabOptions, suiteKey: string | undefined): Promise<number> {
  const { lab } = options;
  for (const number of options.reference) {
    const wanted = labs.find((each) => each.number === number) as Lab;
    if (standInFor(wanted) === undefined) {
      throw new UsageError(`Cannot take lab ${number} from the reference: solutions/${wanted.folder} is not here.`);
    }
  }
  if (KIT !== undefined && !KIT.labs.includes(lab.number)) throw new UsageError(`Lab ${lab.number} is not in this kit.`);
  if (options.myChecks) return await runMine(lab, options.seed ?? 1, options.json);
  const all = await openChecks(lab, suiteKey);
  const optional = await loadOptional(lab);
  const { own, others } = Object.groupBy(options.only, (name) => isOwn(name) ? "own" : "others");
  const checks = own !== undefined && others === undefined ? [] : choose(all, others ?? [], lab, optional);
  if (options.list) {
    const open = checks.filter((each) => !isSealed(each));
    const column = Math.max(...open.map((check) => check.id.length));
    for (const check of open) console.log(titled(check.id, check.title, column).join("\n"));
    if (options.only.length === 0) {
      for (const group of new Set(optional.map((each) => each.group))) console.log(`optional: --only ${group}`);
    }
    return PASSED;
  }
  if (options.hint !== undefined) {
    console.log(await hintText(options.hint, [...all.filter((each) => !isSealed(each)), ...optional]));
    return PASSED;
  }
  if (options.pcap !== undefined) await makeFolder(options.pcap);
  return await runAndReport(options, checks, all.length);
}

/** The checks, with the hidden ones where they are: in the open, or sealed with the key at hand. */
async function openChecks(lab: Lab, suiteKey: string | undefined): Promise<Check[]> {
  try {
    return await loadChecks(lab, hasReference(lab), suiteKey);
  } catch (error) {
    if (error instanceof Error && error.name === "SealError") throw new ImpossibleError(error.message);
    throw error;
  }
}

async function runAndReport(options: LabOptions, checks: readonly Check[], all: number): Promise<number> {
  const origins = selectOrigins(options.lab.number, { reference: options.reference, mine: options.mine });
  const wire = new LiveWire(options.driver);
  const blamer = new Blamer({ selection: { root: ROOT, origins }, standIn: standInFor, kernel: () => wire.kernel() });
  try {
    const means = { wire, blamer };
    return options.replay === undefined ? await runWith(options, checks, all, means) : await replay(options, options.replay, means);
  } finally {
    blamer.close();
    wire.close();
  }
}

/** Plays a failure that was kept. */
async function replay(options: LabOptions, path: string, { wire, blamer }: Means): Promise<number> {
  const { lab } = options;
  const regression = await loadRegression(path);
  const { run } = regression;
  if (run.lab !== lab.number && run.check.lab !== lab.number) {
    throw new UsageError(`${path} is a failure of lab ${run.lab}. This plays it:\ndeno task lab${run.lab} --replay ${path}`);
  }
  const selection = blamer.swapped([]);
  console.log(headerText(lab, selection.origins, ""));
  const [result] = await runRegressions([regression], selection, kernelFor(options, wire)) as [CheckResult];
  if (result.verdict.outcome === "failed") tellRegressions([result], lab, () => path);
  else if (result.verdict.outcome === "passed") console.log(`${paint("green", "✔")} ${result.check.title}`);
  else console.log(`– ${result.check.title}\n  ${result.verdict.outcome}${"reason" in result.verdict ? `: ${result.verdict.reason}` : ""}`);
  return result.verdict.outcome === "failed" ? FAILED : PASSED;
}

/** The kernel, if it is wanted. */
function kernelFor(options: LabOptions, wire: LiveWire): () => Promise<KernelPeer | string> {
  return options.virtual ? () => Promise.resolve("--virtual was given") : () => wire.kernel();
}

/** The student's own checks, if they are wanted. */
async function runOwn(options: LabOptions, { wire, blamer }: Means): Promise<readonly [CheckResult[], (id: string) => string]> {
  const { lab, only, inspect } = options;
  const names = only.filter(isOwn);
  const all = inspect !== false || only.length > 0 && names.length === 0 ? [] : await loadRegressions(lab);
  const wanted = all.filter(({ id }) => names.every((name) => name === MINE) || names.includes(id));
  const results = await runRegressions(wanted, blamer.swapped([]), kernelFor(options, wire));
  return [results, (id) => all.find((each) => each.id === id)?.path ?? ""];
}

/** Whether a name is that of the student's own checks, or of one of them. */
function isOwn(name: string): boolean {
  return name === MINE || name.startsWith(`${MINE}/`);
}

/** What outlives the run itself: why a check failed is found out on the same wire. */
interface Means {
  readonly wire: LiveWire;
  readonly blamer: Blamer;
}

async function runWith(options: LabOptions, checks: readonly Check[], all: number, means: Means): Promise<number> {
  const { wire, blamer } = means;
  const { lab } = options;
  const seed = options.seed ?? crypto.getRandomValues(new Uint16Array(1))[0] as number;
  const selection = blamer.swapped([]);
  const { origins } = selection;
  const began = performance.now();
  const printer = new GroupPrinter(lab, checks, options.json);
  const live = !options.virtual && checks.some((check) => check.kind === "live");
  const header = (wire: string): void => printer.begin(headerText(lab, origins, wire));
  if (!live) header("virtual wire");
  if (options.inspect !== false) console.error(inspectText(options));
  let result: RunResult;
  try {
    const wired = (refused: unknown): void => header(refused === undefined ? "virtual wire and live" : "virtual wire, no live one");
    result = await runLab({ ...options, checks, selection, seed, wire, wired, done: (each) => printer.done(each) });
  } catch (error) {
    if (error instanceof NoDebugger) throw new ImpossibleError(error.message);
    if (!isLoadError(error)) throw error;
    header("");
    console.log(
      options.json ? JSON.stringify({ version: 1, lab: lab.number, origins, seed, error: error.message }) : loadErrorText(error.message),
    );
    return FAILED;
  }
  const { results, noWire } = result;
  const took = performance.now() - began;
  const captures = await writeCaptures(results, options);
  const [own, pathOf] = await runOwn(options, means);
  if (options.json) console.log(JSON.stringify(jsonReport(lab, origins, results, noWire, seed), undefined, 2));
  else {
    if (own.length > 0) console.log(groupText(MINE, own, lab));
    printer.finish();
    tellRegressions(own, lab, pathOf);
    const elsewhere = await printFailures(results, { options, seed, captures, blamer });
    const facts = { noWire, seed, took, whole: checks.length === all, mine: options.mine, reference: options.reference, elsewhere };
    if (results.length > 0) console.log(summaryText(lab, results, facts));
  }
  if (options.requireLive && results.some((each) => each.verdict.outcome === "skipped")) {
    console.error(`\n--require-live: the live checks could not be run.`);
    return IMPOSSIBLE;
  }
  if (results.some((each) => each.verdict.outcome === "broken")) return IMPOSSIBLE;
  return [...results, ...own].every((each) => each.verdict.outcome === "passed" || each.verdict.outcome === "skipped") ? PASSED : FAILED;
}

/** Prints the header, then each group as soon as all of its checks have a verdict, in the order of the suite. */
class GroupPrinter {
  readonly #lab: Lab;
  readonly #silent: boolean;
  readonly #groups: Map<string, Check[]> = new Map();
  readonly #results = new Map<string, CheckResult>();
  #begun = false;

  constructor(lab: Lab, checks: readonly Check[], silent: boolean) {
    this.#lab = lab;
    this.#silent = silent;
    for (const check of checks) {
      this.#groups.set(check.group, [...this.#groups.get(check.group) ?? [], check]);
    }
  }

  /** Prints the header, once. What had its verdict before follows. */
  begin(header: string): void {
    if (this.#begun) return;
    this.#begun = true;
    if (!this.#silent) console.log(header);
    this.#print(false);
  }

  done(result: CheckResult): void {
    this.#results.set(result.check.id, result);
    if (this.#begun) this.#print(false);
  }

  finish(): void {
    this.#print(true);
    console.log();
  }

  #print(rest: boolean): void {
    for (const [name, checks] of this.#groups) {
      const results = checks.flatMap((check) => this.#results.get(check.id) ?? []);
      if (results.length < checks.length && !rest) return;
      if (!this.#silent) console.log(groupText(name, results, this.#lab));
      this.#groups.delete(name);
    }
  }
}

/** Prints what failed. Returns the check of another lab that is to be mended first, if there is one. */
async function printFailures(results: readonly CheckResult[], telling: Telling): Promise<Check | undefined> {
  const { options } = telling;
  const { more, own } = await tellFailures(results, telling);
  if (more.length > 0) {
    console.log(`${more.length} more failed; --all shows ${more.length === 1 ? "it" : "them"} in full:`);
    for (const { check } of more) console.log(paint("red", cut(`✘ ${check.id.padEnd(30)} ${check.title}`, WIDTH)));
    console.log();
  }
  const sealed = sealedText(options.lab, results.filter(({ check }) => isSealed(check)));
  if (sealed !== "") console.log(`${sealed}\n`);
  for (const { check, verdict } of results) {
    if (verdict.outcome === "broken" && !isSealed(check)) {
      console.log(`! ${check.id}: this check itself is broken, which is our fault and not yours.\n${verdict.error}\n`);
    }
  }
  return own;
}

/** Keeps captures: of failed checks always, of all with --pcap. Names the files by check. */
async function writeCaptures(results: readonly CheckResult[], options: LabOptions): Promise<Map<string, string>> {
  const folder = options.pcap ?? `.wallsocket/lab${options.lab.number}`;
  const written = new Map<string, string>();
  const wanted = results.filter((result) => !isSealed(result.check)).filter((result) =>
    result.transcript.steps.some((step) => step.kind === "packet") && (options.pcap !== undefined || result.verdict.outcome === "failed")
  );
  if (wanted.length === 0) return written;
  if (options.pcap === undefined) await makeFolder(`${ROOT}/${folder}`);
  for (const { check, transcript } of wanted) {
    const path = `${folder}/${check.id.replaceAll("/", "-")}.pcapng`;
    const full = options.pcap === undefined ? `${ROOT}/${path}` : path;
    try {
      await Deno.writeFile(full, transcript.toPcapng());
    } catch (error) {
      throw new ImpossibleError(`Cannot write the capture ${path}: ${reasonOf(error)}`);
    }
    written.set(check.id, path);
  }
  return written;
}

/** The run cannot be done, for a reason outside it. Exit status 3. */
class ImpossibleError extends Error {}

async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (error) {
    throw new ImpossibleError(`Cannot make the folder ${path}: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) return "this process has no permission to write there";
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/ ?\(os error.*/s, "").replace(/^./, (letter) => letter.toLowerCase());
}

/** The checks that were asked for: all but the optional ones, or those whose id or group is named. Throws a UsageError for a name that fits none. */
function choose(all: readonly Check[], only: readonly string[], lab: Lab, optional: readonly Check[]): Check[] {
  const named = [...all, ...optional];
  for (const name of only) {
    if (!named.some((check) => fits(check, name))) {
      throw new UsageError(
        `There is no check and no group "${name}" in lab ${lab.number}. deno task lab${lab.number} --list names them all.`,
      );
    }
  }
  return only.length === 0 ? [...all] : named.filter((check) => only.some((name) => fits(check, name)));
}

function fits(check: Check, name: string): boolean {
  return check.id === name && !isSealed(check) || check.group === name.replace(/\/$/, "");
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof ImpossibleError)) throw error;
    console.error(wrap(error.message, 80).join("\n"));
    Deno.exit(IMPOSSIBLE);
  }
}
