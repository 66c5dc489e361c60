/**
 * The rows of the screen: a line that says where the learner is, one that shows the progress over all labs, what there is to read, and below it what happens
 * now and which keys there are. Pure functions of what is to be shown and of the window's size.
 */
import type { Lab } from "../../labs/manifest.ts";
import { paint } from "../lab/text.ts";
import type { DocumentLine } from "./handout.ts";
import type { Widths } from "./packages.ts";
import type { LabProgress } from "./progress.ts";

/** A window. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What the screen shows. */
export interface Picture {
  /** On the left and on the right of the first row; the right gives way. */
  readonly title: readonly [string, string];
  /** The progress over all labs; undefined: not shown. */
  readonly labs: string | undefined;
  readonly body: readonly DocumentLine[];
  /** How many lines of the body are above the window. */
  readonly top: number;
  readonly status: string;
  /** The keys, those first that must be seen. */
  readonly keys: readonly (readonly [key: string, name: string])[];
}

/** A row of the body, the line that it is of, and that line's item. */
export interface BodyRow {
  readonly text: string;
  readonly line: number;
  readonly item: number | undefined;
}

/** With fewer rows there is no room for the progress, and for rules between the parts. */
const ROOMY = 16;
/** Letters of a lab's bar. */
const BAR = 3;

/** How many rows there are for the body. */
export function roomOf({ rows }: Size, withLabs: boolean): number {
  return Math.max(1, rows - (rows < ROOMY ? 3 : withLabs ? 6 : 5));
}

/** The body's lines, those that are too long broken. Each row knows its line. */
export function bodyRows(
  body: readonly DocumentLine[],
  columns: number,
  widths: Widths,
): BodyRow[] {
  return body.flatMap(({ text, item }, line) => {
    const clean = withoutControls(text);
    const width = widths.width(clean);
    if (width <= columns) return [{ text: clean, line, item }];
    return Array.from(
      { length: Math.ceil(width / columns) },
      (_, part) => ({ text: widths.slice(clean, part * columns, (part + 1) * columns), line, item }),
    );
  });
}

/** How many rows are to be above the window so that an item of a list is in it, with what stands over it where there is room; `top`: how many are. */
export function topFor(rows: readonly BodyRow[], item: number, top: number, room: number): number {
  const first = rows.findIndex((row) => row.item === item);
  const last = rows.findLastIndex((row) => row.item === item);
  if (first < 0) return top;
  const over = rows.findLastIndex((row, index) => index < first && row.item !== undefined) + 1;
  return Math.min(first, Math.max(Math.min(top, over), last - room + 1));
}

/** All rows of the screen. `rows`: of the body, from the first one that is shown. */
export function layOut(picture: Picture, rows: readonly string[], size: Size, widths: Widths): string[] {
  const { columns } = size;
  const fit = (text: string): string => widths.width(text) <= columns ? text : widths.slice(text, 0, columns);
  const room = roomOf(size, picture.labs !== undefined);
  const roomy = size.rows >= ROOMY;
  const rule = paint("dim", "─".repeat(columns));
  const body = Array.from({ length: room }, (_, index) => fit(rows[index] ?? ""));
  return [
    paint("bold", fit(sides(picture.title, columns, widths))),
    ...(roomy && picture.labs !== undefined ? [fit(picture.labs)] : []),
    ...(roomy ? [rule] : []),
    ...body,
    ...(roomy ? [rule] : []),
    fit(picture.status),
    ...(roomy ? ["", fit(keyLine(picture.keys, columns))].slice(1) : [fit(keyLine(picture.keys, columns))]),
  ].slice(0, size.rows);
}

/** Left and right; where there is no room for both, the left alone. */
function sides([left, right]: readonly [string, string], columns: number, { width }: Widths): string {
  const gap = columns - width(left) - width(right);
  return gap < 2 ? left : `${left}${" ".repeat(gap)}${right}`;
}

/** As many keys as there is room for, with their names; in a narrow window letters alone. */
function keyLine(keys: Picture["keys"], columns: number): string {
  const named = keys.map(([key, name]) => ({ length: key.length + 1 + name.length, text: `${paint("bold", key)} ${name}` }));
  const bare = keys.map(([key]) => ({ length: key.length, text: paint("bold", key) }));
  const [parts, gap] = columns < 40 ? [bare, " "] : [named, "  "];
  let used = 0;
  const shown = parts.filter(({ length }) => {
    if (used + length > columns) return false;
    used += length + gap.length;
    return true;
  });
  return shown.map(({ text }) => text).join(gap);
}

/** "01 ██░ 02 ░░░ …": the labs, each with a bar; in a narrow window those around the one that is open. */
export function labsLine(labs: readonly Lab[], at: Lab, progress: Readonly<Record<string, LabProgress>>, columns: number): string {
  const each = 3 + BAR + 1;
  const count = Math.max(1, Math.min(labs.length, Math.floor((columns + 1) / each)));
  const first = Math.max(0, Math.min(labs.length - count, labs.indexOf(at) - Math.floor(count / 2)));
  return labs.slice(first, first + count).map((lab) => {
    const known = progress[lab.folder];
    const part = known === undefined || known.checks === 0 ? 0 : known.passed.length / known.checks;
    const full = part === 1 ? BAR : Math.min(BAR - 1, Math.ceil(part * BAR));
    const bar = "█".repeat(full) + "░".repeat(BAR - full);
    const number = String(lab.number).padStart(2, "0");
    return `${lab === at ? paint("bold", number) : paint("dim", number)} ${
      paint(part === 1 ? "green" : lab === at ? "yellow" : "dim", bar)
    }`;
  }).join(" ");
}

/** What a student's code printed may hold anything: nothing but colours gets to the terminal. */
function withoutControls(text: string): string {
  // deno-lint-ignore no-control-regex -- that is what it is about
  return text.replaceAll("\t", "    ").replaceAll(/\u001b(?!\[\d*m)|[\u0000-\u001a\u001c-\u001f\u007f-\u009f]/g, "�");
}
