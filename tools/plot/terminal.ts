/** The picture in letters: 80 columns, readable without colour. A column of letters is a span of time, and shows all that was true in it. */
import { paint, WIDTH } from "../lab/text.ts";
import type { Panel, Picture, Point, Series, SeriesName } from "./picture.ts";
import type { Scale } from "./scale.ts";

/** Columns beside the axis: for its numbers, and for what is drawn. */
const MARGIN = 6, COLUMNS = WIDTH - MARGIN - 2;

/** The letter and the colour of each series. What comes later in a panel is drawn over what came before. */
const LETTERS: Readonly<Record<SeriesName, readonly [letter: string, colour: Parameters<typeof paint>[0]]>> = {
  "cwnd": ["*", "cyan"],
  "ssthresh": ["-", "yellow"],
  "in flight": ["·", "dim"],
  "round trip": ["*", "cyan"],
  "acknowledged": ["*", "cyan"],
  "bottleneck": ["·", "dim"],
};
const MARKS = { "lost": ["×", "red"], "sent again": ["r", "yellow"] } as const;

/** The whole picture. */
export function terminalText({ subtitle, columns, time, windows, roundTrips, numbers }: Picture): string {
  const names = columns.map(({ name }) => name);
  return [
    subtitle,
    "",
    ...panelLines(windows, names, time, 12),
    ...panelLines(roundTrips, names, time, 4),
    ...panelLines(numbers, names, time, 4),
  ].join("\n");
}

function panelLines(panel: Panel, names: readonly string[], time: Scale, rows: number): string[] {
  const [first] = panel.columns;
  const series = first?.series.toReversed().map(({ name }) => legend(LETTERS[name], name)) ?? [];
  const marks = rows > 5 ? first?.marks.toReversed().map(({ name }) => legend(MARKS[name], name)) ?? [] : [];
  const title = `${paint("bold", panel.title)}   ${series.length + marks.length > 1 ? [...series, ...marks].join("   ") : ""}`.trimEnd();
  const charts = panel.columns.flatMap((column, index) => [
    ...chartLines(column.series, panel.scale, time.top, rows, names[index] ?? ""),
    axisLine(),
    ...(rows > 5 ? column.marks.toReversed().map(({ name, points }) => marksLine(name, points, time.top)) : []),
  ]);
  return [title, ...charts, timesLine(time), ""];
}

function legend([letter, colour]: readonly [string, Parameters<typeof paint>[0]], name: string): string {
  return `${paint(colour, letter)} ${name}`;
}

/** The name of the transfer stands in the upper right corner. */
function chartLines(series: readonly Series[], { top, ticks }: Scale, end: number, rows: number, name: string): string[] {
  const grid: string[][] = Array.from({ length: rows + 1 }, () => Array.from({ length: COLUMNS }, () => " "));
  for (const { name, kind, points } of series) {
    const [letter, colour] = LETTERS[name];
    const spans = kind === "steps" ? spansOf(points, end) : lineSpans(points, end);
    for (const [column, span] of spans.entries()) {
      if (span === undefined) continue;
      const row = (value: number): number => Math.round(Math.min(1, value / top) * rows);
      for (let at = row(span[0]); at <= row(span[1]); at++) (grid[at] as string[])[column] = paint(colour, letter);
    }
  }
  const labels = new Map(ticks.map((tick) => [Math.round(tick / top * rows), `${tick}`]));
  return grid.map((letters, row) => {
    const drawn = row === rows ? withName(letters, name) : letters.join("").trimEnd();
    return `${(labels.get(row) ?? "").padStart(MARGIN)} ${labels.has(row) ? "┤" : "│"}${drawn}`;
  }).toReversed();
}

function withName(letters: readonly string[], name: string): string {
  return `${letters.slice(0, COLUMNS - name.length - 1).join("")} ${paint("bold", name)}`;
}

/** The least and the most that was true in each column; undefined: nothing is known. */
function spansOf(points: readonly Point[], end: number): ([least: number, most: number] | undefined)[] {
  const spans: ([number, number] | undefined)[] = Array.from({ length: COLUMNS }, () => undefined);
  for (const [index, [from, value]] of points.entries()) {
    if (value === undefined) continue;
    const until = points[index + 1]?.[0] ?? end;
    for (let column = columnOf(from, end); column <= columnOf(until, end); column++) {
      const [least, most] = spans[column] ?? [value, value];
      spans[column] = [Math.min(least, value), Math.max(most, value)];
    }
  }
  return spans;
}

function lineSpans(points: readonly Point[], end: number): [number, number][] {
  const last = points.at(-1)?.[1] ?? 0;
  return Array.from({ length: COLUMNS }, (_, column) => [last, last].map((value) => value * (column + 0.5) / COLUMNS) as [number, number])
    .slice(0, columnOf(points.at(-1)?.[0] ?? 0, end) + 1);
}

function columnOf(time: number, end: number): number {
  return Math.min(COLUMNS - 1, Math.max(0, Math.floor(time / end * COLUMNS)));
}

function axisLine(): string {
  return `${" ".repeat(MARGIN)} └${"─".repeat(COLUMNS)}`;
}

function marksLine(name: "lost" | "sent again", points: readonly (readonly [number, number])[], end: number): string {
  const [letter, colour] = MARKS[name];
  const columns = new Set(points.map(([time]) => columnOf(time, end)));
  const drawn = Array.from({ length: COLUMNS }, (_, column) => columns.has(column) ? paint(colour, letter) : " ").join("").trimEnd();
  return `${" ".repeat(MARGIN + 2)}${drawn}`;
}

/** The time below the axis; the last number says what it is. */
function timesLine({ top, ticks }: Scale): string {
  const letters = Array.from({ length: WIDTH }, () => " ");
  for (const tick of ticks) {
    const text = tick === ticks.at(-1) ? `${tick} s` : `${tick}`;
    const middle = MARGIN + 2 + Math.round(tick / top * COLUMNS) - 1;
    const at = Math.min(WIDTH - text.length, Math.max(MARGIN + 2, middle - Math.floor(text.length / 2) + (tick === 0 ? 1 : 0)));
    for (const [index, letter] of [...text].entries()) letters[at + index] = letter;
  }
  return letters.join("").trimEnd();
}
