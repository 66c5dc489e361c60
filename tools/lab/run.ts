/**
 * Runs the checks of one lab against a selection of code: tables and scenarios in one subject, live checks in a second
 * one beside it; or, where several labs are run and none of them is waited for, in one subject and two lanes, which takes less
 * of the machine. Used by the student's command, by the grader, by the tests and by the mutants.
 */
import { type Lab, labs } from "../../labs/manifest.ts";
import type { ModuleName } from "../../stack/contract/modules.ts";
import { NoLiveWire } from "../../stack/link/no_live_wire.ts";
import type { Driver, KernelPeer } from "../harness/kernel/kernel_peer.ts";
import { Subject } from "../harness/subject.ts";
import { SubjectDied } from "../harness/subject_process.ts";
import type { Check, Suite } from "../harness/suite.ts";
import { type CheckResult, runCheck } from "../harness/trial.ts";
import { Transcript } from "../harness/transcript.ts";
import { type Origin, PEER, type Selection, WorkspaceError } from "../harness/workspace.ts";
import { readKit } from "./kit.ts";

/** The project's root, without a slash at its end. */
export const ROOT = decodeURIComponent(new URL("../..", import.meta.url).pathname).replace(/\/$/, "");

/** The kit that this tree is; undefined in an instructor's. */
export const KIT = readKit();

/** A run of one lab. */
export interface RunOptions {
  readonly lab: Lab;
  readonly selection: Selection;
  readonly checks: readonly Check[];
  /** Seed of the whole run; each check derives its own from it. */
  readonly seed: number;
  /** No live wire is opened. */
  readonly virtual: boolean;
  readonly driver: Driver;
  /** The port on which the run waits for a debugger; false: it does not. */
  readonly inspect: number | false;
  /** A wire that outlives this run; without it the run has one of its own. */
  readonly wire?: LiveWire;
  /** Given where other runs go on at the same time. */
  readonly lanes?: Lanes;
  /** Called once it is known whether there is a live wire, if one is wanted: with the reason why not. */
  readonly wired?: (refused: NoLiveWire | undefined) => void;
  /** Called as soon as a check has its verdict. */
  readonly done?: (result: CheckResult) => void;
  /** Ends the run at once: its subjects die, and nothing that it returns means anything. */
  readonly signal?: AbortSignal;
}

/**
 * What several runs share that go on at once. One subject at a time works, and one has the live wire, which mostly waits; each
 * goes from the first lane to the second.
 */
export interface Lanes {
  readonly still: Lane;
  readonly live: Lane;
}

/** Does one thing after the other, in the order in which they came. */
export class Lane {
  #last: Promise<unknown> = Promise.resolve();

  /** Does `work` when everything before it is done, well or badly. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => {});
    return mine;
  }
}

/** What came of a run. Results are in the order of the checks. */
export interface RunResult {
  readonly results: readonly CheckResult[];
  /** Why there was no live wire, if one was wanted and could not be had. */
  readonly noWire: NoLiveWire | undefined;
  /** Milliseconds from the start of the run to the first check. */
  readonly firstCheck: number;
}

/**
 * The checks of a lab, group by group as the handout has them: the public ones, and the hidden ones where there are solutions, or
 * where `suiteKey` opens the sealed ones.
 */
export async function loadChecks(lab: Lab, hidden: boolean, suiteKey?: string): Promise<Check[]> {
  const suites: Promise<{ default: Suite }>[] = [import(`../../labs/${lab.folder}/suite.ts`)];
  if (KIT === undefined && hidden) suites.push(import(`../../solutions/${lab.folder}/hidden.ts`));
  const loaded = (await Promise.all(suites)).map((module) => module.default);
  if (KIT !== undefined && suiteKey !== undefined) {
    const { openSuite } = await import("../seal/open_suite.ts");
    const sealed = await openSuite(ROOT, lab.folder, KIT.hash, suiteKey);
    if (sealed !== undefined) loaded.push(sealed);
  }
  const checks = loaded.flatMap((suite) => suite.checks);
  const groups = [...new Set(checks.map(({ group }) => group))];
  return checks.toSorted((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group));
}

/** Whether a check's words are nobody's to read: hidden ones in a student's kit. */
export function isSealed(check: Check): boolean {
  return KIT !== undefined && check.visibility === "hidden";
}

/** Whether the reference of a lab is here: an instructor's checkout has it, a student's has not. */
export function hasReference(lab: Lab): boolean {
  return isFile(`solutions/${lab.folder}/mod.ts`);
}

/** What can stand in for a student's module: the reference, or in a kit the peer bundle; undefined when there is neither. */
export function standInFor(lab: Lab): "reference" | "peer" | undefined {
  if (hasReference(lab)) return "reference";
  return isFile(PEER) ? "peer" : undefined;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(`${ROOT}/${path}`).isFile;
  } catch {
    return false;
  }
}

/**
 * Whose code runs in lab `number`: the lab itself is yours unless `reference` names it. In an instructor's tree the other labs come
 * from the reference, unless `mine` is set. In a kit earlier labs are yours, and later ones come from the peer bundle: they may not be
 * written yet.
 */
export function selectOrigins(number: number, options: { reference?: ReadonlySet<number>; mine?: boolean }): Record<ModuleName, Origin> {
  const origins = labs.map((lab): [ModuleName, Origin] => {
    const standIn = standInFor(lab);
    if (options.reference?.has(lab.number)) return [lab.module, standIn ?? "reference"];
    if (KIT !== undefined && !KIT.labs.includes(lab.number)) return [lab.module, standIn ?? "yours"];
    const isYours = lab.number === number || options.mine || KIT !== undefined && lab.number < number;
    return [lab.module, isYours ? "yours" : standIn ?? "yours"];
  });
  return Object.fromEntries(origins) as Record<ModuleName, Origin>;
}

/** Runs all checks. Throws a WorkspaceError or SubjectDied when the code cannot even be loaded. */
export async function runLab(options: RunOptions): Promise<RunResult> {
  const began = performance.now();
  const wire = options.wire ?? new LiveWire(options.driver);
  const lanes = options.lanes ?? { still: new Lane(), live: new Lane() };
  const results = new Map<string, CheckResult>();
  const finish = (result: CheckResult): void => {
    if (options.signal?.aborted) return;
    results.set(result.check.id, result);
    options.done?.(result);
  };
  let firstCheck = 0;
  const whyNotLive = options.checks.some(isLive) ? liveWire() : undefined;
  try {
    await Promise.all(shares().map(inSubject));
  } finally {
    if (options.wire === undefined) wire.close();
  }
  return { results: options.checks.map((check) => results.get(check.id) as CheckResult), noWire: wire.refused, firstCheck };

  /**
   * The checks that a subject has. Hidden ones have one of their own: what the student's code saw in them it cannot print in a public
   * one. Live ones have, unless somebody else uses the time in which they wait.
   */
  function shares(): Check[][] {
    if (options.inspect !== false) return [[...options.checks]]; // one debugger, one process
    const keyOf = (check: Check): string => `${check.visibility} ${options.lanes === undefined && isLive(check) ? "live" : ""}`;
    return [...Map.groupBy(options.checks, keyOf).values()];
  }

  async function inSubject(checks: readonly Check[]): Promise<void> {
    const still = checks.filter((check) => !isLive(check)), live = checks.filter(isLive);
    const subject = new Subject({ lab: options.lab.number, ...options.selection }, { inspect: options.inspect });
    const end = (): void => subject.close();
    options.signal?.addEventListener("abort", end);
    try {
      if (still.length > 0) {
        await subject.start();
        await lanes.still.take(() => inTurn(still, subject));
      }
      const reason = live.length > 0 ? await whyNotLive : undefined;
      if (reason !== undefined) return live.forEach((check) => finish(skip(check, reason)));
      if (live.length > 0) {
        await subject.start();
        await lanes.live.take(() => inTurn(live, subject));
      }
    } finally {
      options.signal?.removeEventListener("abort", end);
      subject.close();
    }
  }

  async function inTurn(checks: readonly Check[], subject: Subject): Promise<void> {
    for (const check of checks) {
      if (options.signal?.aborted) return;
      firstCheck ||= performance.now() - began;
      finish(
        await runCheck(check, seedOf(options.seed, check.id), { subject, kernel: () => wire.kernel(), patient: options.inspect !== false }),
      );
    }
  }

  /** Why live checks are skipped; undefined when there is a wire. */
  async function liveWire(): Promise<string | undefined> {
    if (options.virtual) return options.inspect !== false ? "a debugger has no hold on the kernel's clocks" : "--virtual was given";
    const kernel = await wire.kernel();
    options.wired?.(wire.refused);
    return typeof kernel === "string" ? kernel : undefined;
  }
}

function isLive(check: Check): boolean {
  return check.kind === "live";
}

function skip(check: Check, reason: string): CheckResult {
  return { check, seed: 0, verdict: { outcome: "skipped", reason }, milliseconds: 0, transcript: new Transcript() };
}

/** Each check has a seed of its own, so that it draws the same whether it runs alone or among others. */
export function seedOf(seed: number, id: string): number {
  let hash = seed >>> 0;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

/** The kernel peer of a run, or of several, started at most once. */
export class LiveWire {
  refused: NoLiveWire | undefined;
  readonly #driver: Driver;
  #starting: Promise<KernelPeer | string> | undefined;

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  begin(): void {
    this.#starting ??= this.#start();
  }

  kernel(): Promise<KernelPeer | string> {
    this.begin();
    return this.#starting as Promise<KernelPeer | string>;
  }

  /** Ends the peer, also one that is still starting. */
  close(): void {
    this.#starting?.then((peer) => typeof peer === "string" ? undefined : peer.close()).catch(() => {});
  }

  async #start(): Promise<KernelPeer | string> {
    try {
      const { KernelPeer } = await import("../harness/kernel/kernel_peer.ts");
      return await KernelPeer.start({ driver: this.#driver });
    } catch (error) {
      if (!(error instanceof NoLiveWire)) throw error;
      this.refused = error;
      return error.what;
    }
  }
}

/** Whether an error means that the student's code cannot be loaded at all. */
export function isLoadError(error: unknown): error is WorkspaceError | SubjectDied {
  return error instanceof WorkspaceError || error instanceof SubjectDied;
}
