/**
 * A whole grading in a few lines: one for each submission, as text, as a table and as CSV.
 */
import { findLab } from "../../labs/manifest.ts";
import { cut, WIDTH } from "../lab/text.ts";
import type { MyChecks, Result, Tally } from "./result.ts";
import { creditOf } from "./score.ts";

/** What is kept of a submission. */
export interface Line {
  readonly name: string;
  /** Why it was not graded, or could not be read. */
  readonly problem?: string;
  /** Points by the lab's number. */
  readonly labs?: Readonly<Record<string, Tally>>;
  readonly public?: Tally;
  readonly hidden?: Tally;
  readonly total?: Tally;
  /** Checks that are broken themselves: a fault of ours. */
  readonly broken?: readonly string[];
  /** Wrong solutions that the student's own checks catch, of how many. */
  readonly myChecks?: { readonly killed: number; readonly of: number; readonly credit: number };
  /** Milliseconds. */
  readonly took: number;
  /** The result of an earlier run stands. */
  readonly unchanged?: boolean;
}

/** The line of a result. `points`: what a lab's own checks can earn. */
export function lineOf(result: Result, took: number, unchanged: boolean, points = 0): Line {
  const broken = result.labs.flatMap((lab) =>
    lab.checks.filter((check) => check.outcome === "broken").map((check) => `${lab.folder} ${check.id}`)
  );
  const own = result.labs.flatMap(({ myChecks }) => myChecks ?? []);
  return {
    name: result.submission.name,
    ...(result.submission.problem === undefined ? {} : { problem: result.submission.problem }),
    labs: Object.fromEntries(result.labs.map((lab) => [lab.lab, lab.total])),
    public: result.public,
    hidden: result.hidden,
    total: result.total,
    ...(broken.length === 0 ? {} : { broken }),
    ...(own.length === 0 ? {} : { myChecks: ownLine(own, points) }),
    took,
    unchanged,
  };
}

/** What a student's own checks came to in all labs. */
function ownLine(own: readonly MyChecks[], points: number): Line["myChecks"] {
  const sum = (number: (each: MyChecks) => number): number => own.reduce((all, each) => all + number(each), 0);
  const hundredths = sum((each) => Math.round(creditOf(each, points) * 100));
  return { killed: sum(({ killed }) => killed), of: sum(({ of }) => of), credit: hundredths / 100 };
}

/** " 3 of 100  alice            612.5 of 700 points  9.1 s". */
export function lineText(line: Line, done: number, of: number): string {
  const count = `${String(done).padStart(String(of).length)} of ${of}`;
  const own = line.myChecks === undefined ? "" : ` · my checks ${line.myChecks.killed}/${line.myChecks.of}`;
  const what = line.problem ?? `${line.total?.points} of ${line.total?.ofPoints} points${own}`;
  const time = line.unchanged ? "as before" : `${(line.took / 1000).toFixed(1)} s`;
  return cut(`${count}  ${line.name.padEnd(24)}  ${what}  ${time}`, WIDTH);
}

/** The table at the end: a row for each submission, a column for each lab. */
export function summaryTable(lines: readonly Line[], labs: readonly number[]): string {
  const width = Math.max(10, ...lines.map((line) => Math.min(line.name.length, 22)));
  const head = ["".padEnd(width), ...labs.map((lab) => `lab ${lab}`.padStart(6)), "total".padStart(8)];
  const rows = lines.map((line) => {
    const name = cut(line.name, width).padEnd(width);
    if (line.labs === undefined) return `${name} ${cut(line.problem ?? "", WIDTH - width - 1)}`;
    const cells = labs.map((lab) => String(line.labs?.[lab]?.points ?? "–").padStart(6));
    return [name, ...cells, String(line.total?.points).padStart(8)].join(" ");
  });
  const notes = lines.flatMap((line) => [
    ...line.problem !== undefined && line.labs !== undefined ? [cut(`${line.name}: ${line.problem}`, WIDTH)] : [],
    ...(line.broken ?? []).map((check) => cut(`${line.name}: the check ${check} is itself broken; see its result`, WIDTH)),
  ]);
  return [head.join(" "), ...rows, ...notes.length === 0 ? [] : ["", ...notes]].join("\n");
}

/** RFC 4180, with a header; numbers as they are. */
export function summaryCsv(lines: readonly Line[], labs: readonly number[]): string {
  const folder = (lab: number): string => findLab(lab)?.folder ?? String(lab);
  const own = lines.some(({ myChecks }) => myChecks !== undefined);
  const header = ["submission", ...labs.map(folder), "public", "hidden", "total", "of", ...own ? ["my checks"] : [], "problem"];
  const rows = lines.map((line) => [
    line.name,
    ...labs.map((lab) => line.labs?.[lab]?.points ?? 0),
    line.public?.points ?? 0,
    line.hidden?.points ?? 0,
    line.total?.points ?? 0,
    line.total?.ofPoints ?? "",
    ...own ? [line.myChecks?.credit ?? 0] : [],
    line.problem ?? "",
  ]);
  return [header, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

/** A cell. A text that a spreadsheet would take for a formula gets an apostrophe in front. */
function cell(value: string | number): string {
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
