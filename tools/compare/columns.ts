/** Rows of several machines as a ladder of 80 columns: what the script did goes across, what the machines did stands side by side. */
import { cut, paint, WIDTH, wrap } from "../lab/text.ts";
import { head, type Row } from "./align.ts";
import type { Recorded } from "./record.ts";

const TIME = 7;
/** Behind the time: a mark where something differs. */
const MARK = 3;
const GAP = " │ ";

/** Seconds, to the millisecond: more is chance where one of the machines is real. */
export function clockText(microseconds: number): string {
  return (microseconds / 1e6).toFixed(3);
}

/** Titles of the columns. */
export function titlesText(titles: readonly string[]): string[] {
  const width = columnWidth(titles.length);
  const line = `${"".padEnd(TIME + MARK)}${titles.map((title) => cut(title, width).padEnd(width)).join(GAP)}`;
  return [
    paint("bold", line.trimEnd()),
    `${"─".repeat(TIME + MARK - 1)}${titles.map(() => "─".repeat(width + 2)).join("┼")}`.slice(0, WIDTH),
  ];
}

/** A row. `mark`: it differs. */
export function rowText(row: Row, mark: boolean): string[] {
  const first = head(row);
  const time = clockText(Math.min(...row.flatMap((cell) => cell === undefined ? [] : [cell.time]))).padStart(TIME);
  if (first.kind === "in" || (!mark && first.kind === "call")) {
    const right = first.line === undefined ? "" : `  line ${first.line}`;
    const left = `${time}${"".padEnd(MARK)}${first.kind === "in" ? "<" : " "} `;
    const room = WIDTH - left.length - right.length;
    return [`${left}${cut(first.text, room).padEnd(room)}${right}`.trimEnd()];
  }
  const width = columnWidth(row.length);
  const cells = row.map((cell) => cellText(cell, first, width));
  const height = Math.max(...cells.map(({ length }) => length));
  return Array.from({ length: height }, (_, at) => {
    const line = cells.map((lines) => (lines[at] ?? "").padEnd(width)).join(GAP);
    const left = at === 0 ? `${time}${mark ? " ≠ " : "   "}` : "".padEnd(TIME + MARK);
    return `${left}${line}`.trimEnd();
  });
}

function cellText(cell: Recorded | undefined, first: Recorded, width: number): string[] {
  if (cell === undefined) return ["·"];
  const sign = cell.kind === "out" ? "> " : "  ";
  const lines = wrap(cell.text, width - 2).map((line, index) => `${index === 0 ? sign : "  "}${line}`);
  const isLater = Math.abs(cell.time - first.time) > 50_000;
  return isLater ? [...lines, `  at ${clockText(cell.time)}`] : lines;
}

function columnWidth(columns: number): number {
  return Math.floor((WIDTH - TIME - MARK - (columns - 1) * GAP.length) / columns);
}
