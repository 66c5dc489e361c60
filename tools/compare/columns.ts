/** Rows of several machines as a ladder of 80 columns: what the script did goes across, what the machines did stands side by side. */
import { timeText } from "../packetdrill/event_text.ts";
import { cut, paint, WIDTH, wrap } from "../lab/text.ts";
import { head, type Row } from "./align.ts";
import type { Recorded } from "./record.ts";

const TIME = 9;
const GAP = " │ ";

/** Titles of the columns. */
export function titlesText(titles: readonly string[]): string[] {
  const width = columnWidth(titles.length);
  const line = `${"".padEnd(TIME)}  ${titles.map((title) => cut(title, width).padEnd(width)).join(GAP)}`;
  return [paint("bold", line.trimEnd()), `${"─".repeat(TIME + 1)}${titles.map(() => "─".repeat(width + 2)).join("┼")}`.slice(0, WIDTH)];
}

/** A row. `mark`: it differs. */
export function rowText(row: Row, mark: boolean): string[] {
  const first = head(row);
  const time = timeText(Math.min(...row.flatMap((cell) => cell === undefined ? [] : [cell.time]))).padStart(TIME);
  if (first.kind === "in" || (!mark && first.kind === "call")) {
    const right = first.line === undefined ? "" : `  line ${first.line}`;
    const left = `${time}  ${first.kind === "in" ? "→" : " "} `;
    const room = WIDTH - left.length - right.length;
    return [`${left}${cut(first.text, room).padEnd(room)}${right}`.trimEnd()];
  }
  const width = columnWidth(row.length);
  const cells = row.map((cell) => cellText(cell, first, width));
  const height = Math.max(...cells.map(({ length }) => length));
  return Array.from({ length: height }, (_, at) => {
    const line = cells.map((lines) => (lines[at] ?? "").padEnd(width)).join(GAP);
    const left = at === 0 ? `${time}${mark ? " ≠" : "  "}`.slice(0, TIME + 2) : "".padEnd(TIME + 2);
    return `${left}${line}`.trimEnd();
  });
}

function cellText(cell: Recorded | undefined, first: Recorded, width: number): string[] {
  if (cell === undefined) return ["·"];
  const arrow = cell.kind === "out" ? "← " : "";
  const lines = wrap(`${arrow}${cell.text}`, width);
  const isLater = Math.abs(cell.time - first.time) > 50_000;
  return isLater ? [...lines, `  at ${timeText(cell.time)}`] : lines;
}

function columnWidth(columns: number): number {
  return Math.floor((WIDTH - TIME - 2 - (columns - 1) * GAP.length) / columns);
}
