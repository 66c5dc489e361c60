/**
 * The learner's loop without a terminal: which lab is open, what is known of its checks, which of them the learner is at, and what happens when a
 * file is saved. A view (`screen_view.ts`, `plain_view.ts`) shows it, and is told when there is something new.
 *
 * The check that the learner is at stays while it fails. When it passes, the next one is chosen as soon as all public checks of the virtual wire have
 * their verdicts, and until then nothing jumps about: what is red comes first, then what is not written, in the order in which the handout has the functions.
 * So it is, too, when it only waits for another function by now, or when it waits and something else has broken. A check that the learner chose
 * stays also while it passes.
 */
import { type Lab, labs } from "../../labs/manifest.ts";
import type { Check } from "../harness/suite.ts";
import type { CheckResult } from "../harness/trial.ts";
import { isFailure } from "../lab/failure_report.ts";
import { inReadingOrder } from "../lab/failures.ts";
import { placeOf } from "../lab/places.ts";
import { checkOf, MINE, type Regression } from "../lab/regressions.ts";
import { hasReference, isLoadError, isSealed, KIT, loadChecks, ROOT, selectOrigins } from "../lab/run.ts";
import { scoreOf } from "../lab/report.ts";
import type { Selection } from "../harness/workspace.ts";
import { type Blamed, blameOf } from "./blaming.ts";
import { readKept } from "./kept.ts";
import type { LearnOptions } from "./options.ts";
import { type LabProgress, NO_PROGRESS, type Progress, readProgress, reasonOf, writeProgress } from "./progress.ts";
import { Rerun, type Round } from "./rerun.ts";

/** What a view is told. */
export type News =
  /** Files were saved (none: a lab was opened), and a run begins. */
  | { readonly kind: "begin"; readonly saved: readonly string[] }
  | { readonly kind: "round"; readonly round: Round }
  /** A verdict. `first`: of the check that the learner is at. */
  | { readonly kind: "verdict"; readonly result: CheckResult; readonly first: boolean }
  /** The learner is at another check now, or at none. */
  | { readonly kind: "moved" }
  /** The run is over. */
  | { readonly kind: "end" }
  /** The code cannot be loaded, or the run cannot be done: `session.obstacle` says why. */
  | { readonly kind: "obstacle" }
  /** It was found out whose fault it is that the check fails at which the learner is. */
  | { readonly kind: "blame"; readonly text: string }
  /** Something went wrong beside the run, in a sentence. */
  | { readonly kind: "trouble"; readonly text: string };

/** Where progress is kept. */
export const PROGRESS_FILE = `${ROOT}/.wallsocket/progress.json`;

/** The labs that can be opened here. */
export const LABS: readonly Lab[] = labs.filter(({ number }) => KIT?.labs.includes(number) ?? true);

export class Session {
  readonly options: LearnOptions;
  readonly seed: number;
  lab: Lab = LABS[0] as Lab;
  /** In the handout's order, without those whose words are nobody's to read; behind them the failures that the learner has kept. */
  checks: readonly Check[] = [];
  /** The last verdict of each check of this lab. Those that are not in `fresh` are from before the last save. */
  readonly results: Map<string, CheckResult> = new Map();
  readonly fresh: Set<string> = new Set();
  /** Checks that passed before the last save. */
  #passedBefore: ReadonlySet<string> = new Set();
  /** Checks that were red before the last save. */
  #redBefore: ReadonlySet<string> = new Set();
  /** The check that the learner is at. */
  at: Check | undefined;
  /** The check that the learner chose though it does not fail: it stays. */
  #chosen: Check | undefined;
  /** What is being run; undefined when nothing is. */
  round: Round | undefined;
  /** Why nothing can be run: the code cannot be loaded, a folder is missing. */
  obstacle: { readonly text: string; readonly own: boolean } | undefined;
  progress: Progress = NO_PROGRESS;
  /** How long the check that the learner is at waited for its verdict since the save, in milliseconds. */
  waited: number | undefined;
  /** Whose fault it is that a check fails, as far as that was found out since the last save. */
  readonly blames: Map<Check, Blamed> = new Map();
  readonly #rerun = new Rerun();
  #blaming = new AbortController();
  readonly #tell: (news: News) => void;
  #all: readonly Check[] = [];
  #kept: readonly Regression[] = [];
  #keptTrouble = "";
  #begun = 0;
  #saved: readonly string[] = [];
  #runs = 0;

  constructor(options: LearnOptions, tell: (news: News) => void) {
    this.options = options;
    this.#tell = tell;
    this.seed = options.seed ?? crypto.getRandomValues(new Uint16Array(1))[0] as number;
  }

  /** Reads what was kept, and opens the lab at which the learner was. */
  async start(): Promise<void> {
    const { progress, trouble } = await readProgress(PROGRESS_FILE);
    this.progress = progress;
    if (trouble !== undefined) this.#tell({ kind: "trouble", text: trouble });
    const { lab = LABS.find(({ number }) => number === progress.at?.lab) ?? this.#firstUndone() } = this.options;
    await this.open(lab, lab.number === progress.at?.lab ? progress.at.check : undefined);
  }

  /** Opens a lab, and runs it. */
  async open(lab: Lab, check?: string): Promise<void> {
    const mine = ++this.#runs;
    this.#rerun.stop();
    this.lab = lab;
    this.results.clear();
    this.at = this.#chosen = this.obstacle = undefined;
    this.#all = this.checks = this.#kept = [];
    let checks: readonly Check[];
    try {
      checks = await loadChecks(lab, hasReference(lab));
    } catch (error) {
      if (mine !== this.#runs) return;
      const missing = error instanceof Error && /module not found|no such file/i.test(error.message);
      const text = missing
        ? `A file of labs/${lab.folder} is missing.\nGit brings the folder back (git checkout -- labs/${lab.folder}); then start this again.`
        : `The checks of lab ${lab.number} cannot be loaded: ${reasonOf(error)}`;
      return this.#hinder(text, false);
    }
    if (mine !== this.#runs) return; // another lab was opened meanwhile
    this.#all = checks;
    await this.#readKept();
    if (mine !== this.#runs) return;
    this.at = this.checks.find(({ id }) => id === check);
    await this.run([]);
  }

  /** Runs all checks of the lab that is open. */
  async run(saved: readonly string[]): Promise<void> {
    if (this.#all.length === 0) return; // they are being loaded, or cannot be
    const mine = ++this.#runs;
    this.#begun = performance.now();
    this.#rerun.stop();
    await this.#readKept();
    if (mine !== this.#runs) return;
    this.#saved = saved;
    this.waited = undefined;
    this.fresh.clear();
    this.blames.clear();
    this.#blaming.abort();
    this.#passedBefore = new Set(this.checks.filter((check) => this.isPassed(check)).map(({ id }) => id));
    this.#redBefore = new Set(this.results.values().filter(isFailure).map(({ check }) => check.id));
    this.#tell({ kind: "begin", saved });
    try {
      const { lab, seed, options: { virtual }, selection } = this;
      const whole = await this.#rerun.run({
        ...{ lab, selection, seed, virtual, checks: this.#all, kept: this.#kept, at: this.at ?? this.checks[0] },
        begins: (round) => this.#begin(round),
        done: (result) => this.#done(result),
      });
      if (!whole) return;
    } catch (error) {
      if (mine !== this.#runs) return;
      return isLoadError(error) ? this.#hinder(error.message, true) : this.#hinder(`Cannot run: ${reasonOf(error)}.`, false);
    }
    this.obstacle = undefined;
    this.round = undefined;
    this.#settle();
    this.#tell({ kind: "end" });
    this.#blame();
    await this.keep();
  }

  /** Time has passed and nothing has happened: what was under way may have taken that for a hang, so it begins again. */
  resume(): void {
    if (this.round !== undefined) this.run(this.#saved);
  }

  /** A file was saved: of this lab, or of another, which is opened then if any may be. */
  async saved(files: readonly string[]): Promise<void> {
    const isOf = (lab: Lab): boolean => files.some((file) => file.startsWith(`labs/${lab.folder}/`));
    const other = LABS.find(isOf);
    if (other !== undefined && !isOf(this.lab) && !this.options.alone && !this.#uses(other)) return await this.open(other);
    await this.run(files);
  }

  /** The labs whose files this session watches. */
  get watched(): readonly string[] {
    return LABS.flatMap(({ folder, files }) => ["mod.ts", ...files].map((file) => `labs/${folder}/${file}`));
  }

  isPassed(check: Check): boolean {
    return this.results.get(check.id)?.verdict.outcome === "passed";
  }

  /** Whether a check is to be mended: skipped ones are not, and neither are those that nothing is known of. */
  isOpen(check: Check): boolean {
    const outcome = this.results.get(check.id)?.verdict.outcome;
    return outcome !== undefined && outcome !== "passed" && outcome !== "skipped";
  }

  /** All checks have passed that could be run, and no failure that was kept is back. */
  get isDone(): boolean {
    const all = [...this.#all, ...this.checks];
    return this.obstacle === undefined && this.round === undefined && this.#all.length > 0 &&
      all.every((check) => this.results.has(check.id) && !this.isOpen(check));
  }

  /** How many of the lab's checks were run since the last save. */
  get ran(): number {
    return this.#all.filter(({ id }) => this.fresh.has(id)).length;
  }

  /** How many failures the learner has kept, and how many of them are back. */
  get kept(): { readonly count: number; readonly back: number } {
    const kept = this.checks.filter(({ group }) => group === MINE);
    return { count: kept.length, back: kept.filter((check) => this.isOpen(check)).length };
  }

  /** The checks that passed before the last save, and do not now. */
  get broken(): readonly Check[] {
    return this.checks.filter((check) => this.#passedBefore.has(check.id) && this.fresh.has(check.id) && this.isOpen(check));
  }

  get score(): ReturnType<typeof scoreOf> {
    return scoreOf(this.lab, this.#all.flatMap((check) => this.results.get(check.id) ?? []));
  }

  /** How many checks the lab has, the sealed ones too. */
  get size(): number {
    return this.#all.length;
  }

  /** Why live checks are skipped. */
  get noWire(): Rerun["refused"] {
    return this.#rerun.refused;
  }

  /** Goes to the next check that fails, or to the one before. */
  step(by: 1 | -1): void {
    const open = this.checks.filter((check) => this.isOpen(check));
    if (open.length === 0) return;
    const here = this.at === undefined ? -1 : this.checks.indexOf(this.at);
    const next = by === 1
      ? open.find((check) => this.checks.indexOf(check) > here) ?? open[0]
      : open.findLast((check) => this.checks.indexOf(check) < here) ?? open.at(-1);
    this.goTo(next as Check);
  }

  /** Goes to any check, and stays there: until it fails and is mended, until another breaks that passed, or until `leave`. */
  choose(check: Check): void {
    this.goTo(check);
    if (!this.isOpen(check)) this.#chosen = check;
  }

  /** Goes from a check that was chosen to where the learner would be. */
  leave(): void {
    if (this.#chosen === undefined || this.at !== this.#chosen) return;
    this.#chosen = undefined;
    if (this.round === undefined) this.#settle();
  }

  goTo(check: Check): void {
    this.#chosen = undefined;
    this.at = check;
    this.#tell({ kind: "moved" });
    if (this.round === undefined) this.#blame();
  }

  /** Whose code runs. */
  get selection(): Selection {
    const { reference, mine } = this.options;
    return { root: ROOT, origins: selectOrigins(this.lab.number, { reference, mine }), lab: this.lab.number, lasting: true };
  }

  /** What a check is about: the function that is missing, or the first that it is meant to look at. */
  symbolOf(check: Check): string | undefined {
    const verdict = this.results.get(check.id)?.verdict;
    return verdict !== undefined && "symbol" in verdict && verdict.symbol !== undefined ? verdict.symbol : check.look[0];
  }

  /** Where the handout explains what a check is about: "labs/01-framing/README.md#pad". */
  placeOf(check: Check | undefined): string {
    const symbol = check === undefined ? undefined : this.symbolOf(check);
    const place = symbol === undefined ? undefined : placeOf(symbol, this.lab);
    return place?.handout ?? `labs/${this.lab.folder}/README.md`;
  }

  /** The lab behind this one, if there is one. */
  get following(): Lab | undefined {
    return this.options.alone ? undefined : LABS.find(({ number }) => number > this.lab.number);
  }

  /** Writes progress down. */
  async keep(): Promise<void> {
    const { passed, points } = this.score;
    const { folder, number } = this.lab;
    const ids = this.#all.filter((check) => !isSealed(check) && this.isPassed(check)).map(({ id }) => id);
    const sealed = passed - ids.length;
    const skipped = this.#all.filter(({ id }) => this.results.get(id)?.verdict.outcome === "skipped").length;
    const entry: LabProgress = {
      passed: ids,
      checks: this.#all.length - skipped - sealed,
      points,
      done: this.isDone || (this.progress.labs[folder]?.done ?? false),
    };
    const labs = this.results.size === 0 ? this.progress.labs : { ...this.progress.labs, [folder]: entry };
    this.progress = { ...this.progress, labs, at: { lab: number, ...(this.at === undefined ? {} : { check: this.at.id }) } };
    const trouble = await writeProgress(PROGRESS_FILE, this.progress);
    if (trouble !== undefined) this.#tell({ kind: "trouble", text: trouble });
  }

  close(): void {
    this.#runs++;
    this.#blaming.abort();
    this.#rerun.close();
  }

  /** Finds out, in the time that is left until the next save, whose fault it is. */
  async #blame(): Promise<void> {
    this.#blaming.abort();
    const { signal } = this.#blaming = new AbortController();
    const { at } = this;
    const result = at === undefined ? undefined : this.results.get(at.id);
    if (at === undefined || result === undefined || !isFailure(result) || this.blames.has(at)) return;
    const blamed = await blameOf(result, this.selection, this.seed, signal).catch(() => undefined);
    if (blamed === undefined || signal.aborted) return;
    this.blames.set(at, blamed);
    this.#tell({ kind: "blame", text: blamed.text });
  }

  #firstUndone(): Lab {
    return LABS.find(({ folder }) => !this.progress.labs[folder]?.done) ?? LABS[0] as Lab;
  }

  /** Whether the code of another lab, as the learner has it, runs in the checks of this one. */
  #uses({ module, number }: Lab): boolean {
    return this.selection.origins[module] === "yours" && number !== this.lab.number;
  }

  #begin(round: Round): void {
    if (this.round === "checks" && this.#mostWanted() !== undefined) this.#settle();
    this.round = round;
    this.#tell({ kind: "round", round });
  }

  /** They may have changed since the last run. */
  async #readKept(): Promise<void> {
    const { lab } = this;
    const { kept, trouble = "" } = await readKept(lab);
    if (lab !== this.lab) return; // another was opened meanwhile
    this.#kept = kept;
    this.checks = [...this.#all.filter((each) => !isSealed(each)), ...this.#kept.map(checkOf)];
    this.at = this.checks.find(({ id }) => id === this.at?.id);
    if (trouble !== "" && trouble !== this.#keptTrouble) this.#tell({ kind: "trouble", text: trouble });
    this.#keptTrouble = trouble;
  }

  #done(found: CheckResult): void {
    const { id, group } = found.check;
    const check = group === MINE ? this.checks.find((each) => each.id === id) : undefined; // it was made anew for this run
    const result = check === undefined ? found : { ...found, check };
    this.results.set(id, result);
    this.fresh.add(id);
    this.obstacle = undefined;
    const first = result.check === (this.at ?? this.checks[0]);
    if (first) this.waited ??= performance.now() - this.#begun;
    this.#tell({ kind: "verdict", result, first });
    if (this.at === undefined && first && this.isOpen(result.check)) this.goTo(result.check);
  }

  #hinder(text: string, own: boolean): void {
    this.#rerun.stop();
    this.round = undefined;
    this.obstacle = { text, own };
    this.#tell({ kind: "obstacle" });
  }

  /** Chooses the check that the learner is at, if nothing is to be done about the one so far. */
  #settle(): void {
    const isOpen = this.at !== undefined && this.isOpen(this.at);
    if (isOpen) this.#chosen = undefined; // it is one that fails, as any other
    else if (this.at !== undefined && this.at === this.#chosen && this.broken.length === 0) return;
    if (this.at !== undefined && isOpen && !this.#onlyWaits(this.at)) return;
    const next = this.#mostWanted();
    if (this.at === next) return;
    this.at = next;
    this.#tell({ kind: "moved" });
  }

  /** Whether a check waits for a function to be written, and there is something to mend that the last save has brought to light. */
  #onlyWaits({ id }: Check): boolean {
    return this.results.get(id)?.verdict.outcome === "not written" && (this.#redBefore.has(id) || this.broken.length > 0);
  }

  /** Of the verdicts since the last save: one from before may name what is mended by now. */
  #mostWanted(): Check | undefined {
    const known = this.checks.flatMap((check) => this.fresh.has(check.id) ? this.results.get(check.id) ?? [] : []);
    const [red] = inReadingOrder(known.filter(isFailure));
    if (red !== undefined) return red.check;
    const functions = Object.keys(this.lab.functions);
    const rank = ({ verdict }: CheckResult): number => "symbol" in verdict ? functions.indexOf(verdict.symbol?.split(".")[0] ?? "") : -1;
    const unwritten = known.filter(({ verdict }) => verdict.outcome === "not written").toSorted((a, b) => rank(a) - rank(b));
    return unwritten[0]?.check ?? known.find(({ check }) => this.isOpen(check))?.check;
  }
}
