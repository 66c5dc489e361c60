/**
 * The report of a run: whose code ran and across which wire, the checks by group with a mark each, the failures, the
 * score, and what to do next. Also the same as one JSON object.
 */
import { finished, type Lab, labs } from "../../labs/manifest.ts";
import type { ModuleName } from "../../stack/contract/modules.ts";
import type { NoLiveWire } from "../../stack/link/no_live_wire.ts";
import type { Check } from "../harness/suite.ts";
import type { CheckResult } from "../harness/trial.ts";
import type { Origin } from "../harness/workspace.ts";
import { hasStubs, placeOf } from "./places.ts";
import { isFailure } from "./failure_report.ts";
import { inReadingOrder } from "./failures.ts";
import { wayText } from "./lab_numbers.ts";
import { isSealed, KIT, standInFor } from "./run.ts";
import { labelled, labelledCommand, milliseconds, paint, sides, WIDTH, wrap } from "./text.ts";

/** The last lab that carries packets without TCP: up to here each lab runs on those below it, from here on all run together. */
const BELOW_TCP = 3;

/** "01–02 reference · 03 yours": the labs that run in the checks of a lab. */
export function originsText(of: Lab, origins: Readonly<Record<ModuleName, Origin>>): string {
  const runs: { origin: Origin; first: number; last: number }[] = [];
  for (const lab of labs) {
    if (of.number <= BELOW_TCP && lab.number > of.number) break;
    const origin = origins[lab.module];
    const last = runs.at(-1);
    if (last?.origin === origin) last.last = lab.number;
    else runs.push({ origin, first: lab.number, last: lab.number });
  }
  return runs.map(({ origin, first, last }) => `${two(first)}${first === last ? "" : `–${two(last)}`} ${origin}`).join(" · ");
}

/** The first lines: which lab, whose code, which wire ("" while that is not known). */
export function headerText(lab: Lab, origins: Readonly<Record<ModuleName, Origin>>, wire: string): string {
  const title = `Lab ${two(lab.number)} · ${lab.name}`;
  const left = `${title.padEnd(24)}${originsText(lab, origins)}`;
  return `${paint("bold", wire === "" ? left : sides(left, wire))}\n`;
}

const MARKS = {
  "passed": ["✔", "green"],
  "failed": ["✘", "red"],
  "not written": ["○", "yellow"],
  "skipped": ["–", "dim"],
  "broken": ["!", "red"],
} as const;

/** Columns for the group's name, and marks in one line. */
const NAME = 16;
const MARKS_PER_LINE = 25;

/** One group of checks: its marks (those behind a bar are hidden checks), its time, and which functions are missing. */
export function groupText(group: string, results: readonly CheckResult[], lab: Lab): string {
  const time = results.reduce((sum, result) => sum + result.milliseconds, 0);
  const marks = results.map((result, index) => {
    const [mark, colour] = MARKS[result.verdict.outcome];
    const bar = result.check.visibility === "hidden" && results[index - 1]?.check.visibility !== "hidden";
    return { text: paint(colour, mark), bar };
  });
  const lines: string[] = [];
  for (let at = 0; at < marks.length; at += MARKS_PER_LINE) {
    const part = marks.slice(at, at + MARKS_PER_LINE);
    const columns = part.reduce((sum, mark) => sum + (mark.bar ? 4 : 2), 0);
    const shown = part.map((mark) => `${mark.bar ? "| " : ""}${mark.text}`).join(" ");
    const right = at === 0 ? milliseconds(time).padStart(WIDTH - 2 - NAME - columns) : "";
    lines.push(`  ${(at === 0 ? group : "").padEnd(NAME)}${shown}${paint("dim", ` ${right}`)}`.trimEnd());
  }
  const missing = missingIn(results);
  if (missing[0] !== undefined) {
    const place = placeOf(missing[0], lab);
    const more = missing.length > 1 ? ` and ${missing.length - 1} more` : "";
    const text = `not written yet: ${missing[0]}${more}${place === undefined ? "" : `, ${place.file}`}`;
    lines.push(...wrap(text, WIDTH - 2 - NAME).map((line) => paint("yellow", `  ${"".padEnd(NAME)}${line}`)));
  }
  return lines.join("\n");
}

/** What a summary says beside the results. */
export interface RunFacts {
  readonly noWire: NoLiveWire | undefined;
  readonly seed: number;
  /** Milliseconds. */
  readonly took: number;
  /** All checks of the lab ran, so the points are the lab's. */
  readonly whole: boolean;
  /** All code was the student's, or these labs were not: what is to be run next is run in the same way. */
  readonly mine?: boolean;
  readonly reference?: ReadonlySet<number>;
  /** The check of another lab, in which the first failure sits. */
  readonly elsewhere?: Check;
}

/** The lines below the failures: score, skipped checks, the next step. */
export function summaryText(lab: Lab, results: readonly CheckResult[], facts: RunFacts): string {
  const { noWire, seed, took, whole } = facts;
  const { passed, points, ran } = scoreOf(lab, results);
  const of = whole ? ` · ${points} of ${lab.points} points` : "";
  const lines = [paint("bold", sides(`${passed} of ${results.length} checks${of}`, `seed ${seed} · ${milliseconds(took)}`))];
  const skipped = results.filter((result) => result.verdict.outcome === "skipped");
  if (skipped.length > 0) {
    const reason = skipped[0]?.verdict.outcome === "skipped" ? skipped[0].verdict.reason : "";
    lines.push("");
    lines.push(...(noWire === undefined ? wrap(`${skipped.length} live checks skipped: ${reason}.`, WIDTH) : wrap(noWire.message, WIDTH)));
    if (noWire !== undefined) {
      lines.push(
        ...wrap(`${skipped.length} live checks skipped; their virtual twins ran. A skipped check earns no points in grading.`, WIDTH),
      );
    }
  }
  const next = whole && passed === results.length ? doneText(lab) : nextStep(lab, results, ran === passed, facts);
  if (next !== "") lines.push("", next);
  return lines.join("\n");
}

/** How many checks passed, and what they are worth. */
export function scoreOf(lab: Lab, results: readonly CheckResult[]): { passed: number; ran: number; points: number } {
  const weight = (check: Check): number => check.weight ?? 1;
  const total = results.reduce((sum, result) => sum + weight(result.check), 0);
  const good = results.filter((result) => result.verdict.outcome === "passed");
  const earned = good.reduce((sum, result) => sum + weight(result.check), 0);
  const ran = results.filter((result) => result.verdict.outcome !== "skipped").length;
  return { passed: good.length, ran, points: total === 0 ? 0 : Math.floor(lab.points * earned / total) };
}

/** All checks of a lab passed: says so, and where to go on. */
function doneText(lab: Lab): string {
  const next = finished.find(({ number }) => number > lab.number && (KIT?.labs.includes(number) ?? true));
  const done = labelled("Done", `all checks of lab ${two(lab.number)} passed`, 0);
  if (next === undefined) return done;
  return [done, labelled("Next", `labs/${next.folder}/README.md`, 0), labelledCommand("", `deno task lab${next.number}`, 0)].join("\n");
}

/** What is red comes first; then the next function to write. */
function nextStep(lab: Lab, results: readonly CheckResult[], allPassed: boolean, facts: RunFacts): string {
  const { seed, elsewhere } = facts;
  if (allPassed) return "";
  const [red] = inReadingOrder(results.filter(isFailure).filter(({ check }) => !isSealed(check)));
  const mend = elsewhere !== undefined
    ? [mendText(elsewhere, `deno task lab${elsewhere.lab}`, ` --seed ${seed}`)]
    : red === undefined
    ? []
    : [mendText(red.check, `deno task lab${lab.number}${wayText(facts)}`)];
  return [...mend, ...writeText(lab, results, red !== undefined, facts)].join("\n");
}

function mendText({ id, title }: Check, command: string, more = ""): string {
  return [labelled("Next", `mend ${id}: ${title}`, 0), labelledCommand("", `${command} --only ${id}${more}`, 0)].join("\n");
}

/** Of an object with methods the one that the checks met first. What is missing in this lab comes before what is missing in another. */
function writeText(lab: Lab, results: readonly CheckResult[], second: boolean, facts: RunFacts): string[] {
  const missing = missingIn(results);
  const name = Object.keys(lab.functions).find((each) => missing.some((symbol) => baseOf(symbol) === each)) ?? baseOf(missing[0] ?? "");
  const first = missing.find((symbol) => baseOf(symbol) === name);
  if (first === undefined) return [];
  const place = placeOf(first, lab);
  const blocked = results.filter(({ verdict }) => verdict.outcome === "not written" && baseOf(verdict.symbol) === name);
  const waiting = blocked.length === 1 ? "1 check waits for it" : `${blocked.length} checks wait for it`;
  const owner = labs.find((each) => Object.hasOwn(each.functions, name)) ?? lab;
  const waits = blocked.find(({ verdict }) => "symbol" in verdict && verdict.symbol === first);
  const here = `deno task lab${lab.number}${wayText(facts)}`;
  const then = owner === lab ? `${here} --only ${waits?.check.group}` : `deno task lab${owner.number}, and again ${here}`;
  return [
    labelled(second ? "Then" : "Next", `write ${first}  ${place?.file ?? ""}`, 0),
    labelled("", `${place?.handout ?? ""} · ${waiting}`, 0),
    labelled("", `then  ${then}`, 0),
    ...earlierText(lab, missing, facts),
  ];
}

/** Checks wait for a lab below this one: that one comes first, or something stands in for it as long as it is not written. */
function earlierText(lab: Lab, missing: readonly string[], { mine, reference = new Set() }: RunFacts): string[] {
  const below = labs.filter(({ number }) => number < lab.number);
  const waited = below.filter(({ functions }) => missing.some((symbol) => Object.hasOwn(functions, baseOf(symbol))));
  if (waited.length === 0) return [];
  const unwritten = below.filter((each) => waited.includes(each) || hasStubs(each)).map(({ number }) => number);
  const isIn = standInFor(waited[0] as Lab);
  const text = `some checks run on lab ${waited.map(({ number }) => two(number)).join(" and ")}, which is not written. Write that first`;
  if (isIn === undefined) return [labelled("Below", `${text}.`, 0)];
  return [
    labelled("Below", `${text}, or let the ${isIn} stand in for it:`, 0),
    labelledCommand("", `deno task lab${lab.number}${wayText({ mine, reference: reference.union(new Set(unwritten)) })}`, 0),
  ];
}

/** "createPorts" of "createPorts.bind". */
function baseOf(symbol: string): string {
  return symbol.split(".")[0] as string;
}

/** Functions that are not written yet, in the order in which the checks met them. */
function missingIn(results: readonly CheckResult[]): string[] {
  const symbols = results.flatMap((result) => result.verdict.outcome === "not written" ? [result.verdict.symbol] : []);
  return [...new Set(symbols)];
}

/** The run as data, for other programs. */
export function jsonReport(
  lab: Lab,
  origins: Readonly<Record<ModuleName, Origin>>,
  results: readonly CheckResult[],
  noWire: NoLiveWire | undefined,
  seed: number,
): unknown {
  const { passed, points } = scoreOf(lab, results);
  return {
    version: 1,
    lab: lab.number,
    origins,
    seed,
    passed,
    checks: results.length,
    points,
    ofPoints: lab.points,
    noLiveWire: noWire === undefined ? null : { reason: noWire.reason, message: noWire.message },
    results: results.map(({ check, verdict, milliseconds: time }) =>
      isSealed(check) ? { group: check.group, visibility: check.visibility, outcome: verdict.outcome } : ({
        id: check.id,
        title: check.title,
        kind: check.kind,
        visibility: check.visibility,
        weight: check.weight ?? 1,
        milliseconds: Math.round(time * 10) / 10,
        ...verdict,
      })
    ),
  };
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
