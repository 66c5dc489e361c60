/** The same stimulus to several machines, and a report: where they first differ, both ladders around that, and which RFC allows it. */
import { settingsOf } from "../packetdrill/sysctls.ts";
import type { Machine, MachineSettings } from "../packetdrill/machine.ts";
import { runSettingsOf } from "../packetdrill/judge.ts";
import type { Script } from "../packetdrill/script.ts";
import { labelled, paint, WIDTH, wrap } from "../lab/text.ts";
import { align, head, type Row } from "./align.ts";
import { clockText, rowText, titlesText } from "./columns.ts";
import { type Judged, judgeDifferences } from "./differences.ts";
import { record, type Recorded, type Recording } from "./record.ts";

/** Who is compared. The first leads: the others differ from it. */
export interface Contender {
  /** "reference", "yours", "linux". */
  readonly title: string;
  readonly make: (settings: MachineSettings) => Promise<Machine>;
  /** In real time, which is never exact. */
  readonly live: boolean;
}

export interface Comparison {
  readonly titles: readonly string[];
  readonly recordings: readonly Recording[];
  readonly rows: readonly Row[];
  readonly differences: readonly Judged[];
}

/** Microseconds between two times that count as one. */
const TOLERANCE = 1000;
const LIVE_TOLERANCE = 30_000;
/** Rows that are shown before and behind the one that matters. */
const BEFORE = 8;
const BEHIND = 3;

/** Plays a script to each, one after the other. `tcp`: settings of our stack besides the script's own. */
export async function compare(script: Script, contenders: readonly Contender[], extra: MachineSettings["tcp"] = {}): Promise<Comparison> {
  const { tcp: own, sysctls, other } = settingsOf(script.setup, script.options);
  const settings = runSettingsOf(other, { tolerance: 0, strict: false });
  const { localAddress, remoteAddress } = settings;
  const tcp = { ...extra, ...own };
  const recordings: Recording[] = [];
  for (const { make } of contenders) {
    recordings.push(await record(script, () => make({ localAddress, remoteAddress, mtu: other.mtu ?? 1500, tcp, sysctls }), settings));
  }
  const rows = align(recordings.map(({ happenings }) => happenings));
  const tolerance = contenders.some(({ live }) => live) ? LIVE_TOLERANCE : TOLERANCE;
  return {
    titles: contenders.map(({ title }) => title),
    recordings,
    rows,
    differences: judgeDifferences(rows, recordings, tolerance),
  };
}

/** Whether nothing differs but what an RFC leaves open. */
export function isAlike({ differences, recordings }: Comparison): boolean {
  return differences.every(({ allowed }) => allowed !== undefined) && recordings.every(({ stopped }) => stopped === undefined);
}

/** The whole report. */
export function comparisonText(comparison: Comparison): string {
  const { titles, recordings, rows, differences } = comparison;
  const serious = differences.find(({ allowed }) => allowed === undefined);
  const first = serious ?? differences[0];
  const allRan = recordings.every(({ stopped }) => stopped === undefined);
  const lines: string[] = [];
  if (first !== undefined) {
    const mark = serious !== undefined ? paint("red", "✘") : allRan ? paint("green", "✔") : "○";
    lines.push(...wrap(`${mark} ${headline(comparison, first)}`, WIDTH));
  } else if (allRan) lines.push(`${paint("green", "✔")} ${listed(titles)} do the same: ${rows.length} steps.`);
  for (const [index, { stopped }] of recordings.entries()) {
    if (stopped !== undefined) lines.push(...wrap(`○ ${titles[index]} stopped: ${stopped}`, WIDTH));
  }
  if (rows.length > 0) lines.push("", ...ladder(comparison, first?.row ?? 0));
  if (differences.length > 0) lines.push("", ...differencesText(comparison));
  return lines.join("\n");
}

function headline({ titles }: Comparison, { base, own, machine, text, allowed }: Judged): string {
  const { time, line } = (base ?? own) as Recorded;
  const what = allowed === undefined
    ? "The first difference that is not known to be allowed"
    : "Only differences that an RFC allows; the first";
  return `${what}: at ${clockText(time)} s${line === undefined ? "" : `, line ${line}`}, ${titles[machine]}: ${text}`;
}

/** The rows around one of them. */
function ladder({ titles, rows, differences }: Comparison, at: number): string[] {
  const marked = new Set(differences.map(({ row }) => row));
  const from = Math.max(0, Math.min(at - BEFORE, rows.length - BEFORE - BEHIND - 1));
  const to = Math.min(rows.length, Math.max(at + BEHIND + 1, from + BEFORE + BEHIND + 1));
  return [
    ...titlesText(titles),
    ...from === 0 ? [] : [paint("dim", `          … ${from} earlier`)],
    ...rows.slice(from, to).flatMap((row, index) => rowText(row, marked.has(from + index))),
    ...to === rows.length ? [] : [paint("dim", `          … ${rows.length - to} later`)],
  ];
}

/** So many differences are told one by one. */
const TOLD = 12;

/** Each difference with what the RFCs say; those of one kind once. */
function differencesText({ titles, rows, differences }: Comparison): string[] {
  const kinds = Map.groupBy(
    differences,
    ({ machine, aspect, allowed }) => allowed === undefined ? `${Math.random()}` : `${machine} ${aspect} ${allowed}`,
  );
  const told = [...kinds.values()].map((all) => ({ first: all[0] as Judged, more: all.length - 1 }))
    .toSorted((a, b) => Number(a.first.allowed !== undefined) - Number(b.first.allowed !== undefined));
  const lines = told.slice(0, TOLD).map(({ first, more }) => {
    const { machine, text, allowed, row } = first;
    const again = more === 0 ? "" : `, and ${more} more like it`;
    const what = `${clockText(head(rows[row] as Row).time)} ${titles[machine]}: ${text}${again}`;
    const why = allowed === undefined ? "not known to be allowed" : `allowed: ${allowed}`;
    return `${wrap(what, WIDTH).join("\n")}\n${labelled("", why, 2, 4)}`;
  });
  return told.length > TOLD ? [...lines, `… and ${told.length - TOLD} more`] : lines;
}

function listed(titles: readonly string[]): string {
  return titles.length < 2 ? titles.join() : `${titles.slice(0, -1).join(", ")} and ${titles.at(-1)}`;
}
