/** What people and machines read of a run: verdicts with their ladders, a summary by folder, JSON, JUnit XML. */
import { type JunitCase, junitDocument } from "../junit_xml.ts";
import { cut, paint, WIDTH, wrap } from "../lab/text.ts";
import { timeText } from "./event_text.ts";
import { formatMalformed } from "./parse.ts";
import type { Failure, Happening, Verdict } from "./verdict.ts";

/** So much of a story is shown: what led to the failure is at its end. */
const SHOWN = 14;

const MARKS = { passed: "✔", failed: "✘", needs: "○", malformed: "✘" } as const;
const COLOURS = { passed: "green", failed: "red", needs: "yellow", malformed: "red" } as const;

/** One verdict, in full. */
export function verdictText(verdict: Verdict): string {
  const mark = paint(COLOURS[verdict.verdict], MARKS[verdict.verdict]);
  switch (verdict.verdict) {
    case "passed":
      return `${mark} ${verdict.script}`;
    case "needs":
      return [`${mark} ${verdict.script}`, ...unique(verdict.needs.map(({ what }) => what)).flatMap((what) => indented(`needs ${what}`))]
        .join("\n");
    case "malformed":
      return malformedText(formatMalformed(verdict.malformed), mark);
    case "failed":
      return failureText(verdict.failure, mark);
  }
}

/** On one line, or the place on one and the rest below. */
function malformedText(text: string, mark: string): string {
  if (text.length <= WIDTH - 2) return `${mark} ${text}`;
  const [, place = "", rest = ""] = /^(.*?:\d+:\d+: )(.*)$/s.exec(text) ?? [];
  return [`${mark} ${place.trimEnd()}`, ...indented(rest)].join("\n");
}

function failureText({ place, expected, got, differences, story }: Failure, mark: string): string {
  const { file, line } = place;
  return [
    `${mark} ${file}:${line}`,
    ...beside("Expected", expected),
    ...beside("Got", got),
    ...differences.flatMap((difference) => beside("", difference)),
    "",
    ...(story.length > SHOWN ? [paint("dim", `    … ${story.length - SHOWN} earlier`)] : []),
    ...story.slice(-SHOWN).map(happeningText),
  ].join("\n");
}

/** "  0.200  < S 0:0(0) win 1000          line 5", as scripts have it: `<` is given to the machine, `>` comes from it. */
export function happeningText(happening: Happening): string {
  const { time, text, line } = happening;
  const sign = happening.kind !== "packet" ? " " : happening.direction === "in" ? "<" : ">";
  const left = `${timeText(time).padStart(12)}  ${sign} `;
  const right = line === undefined ? "" : `  line ${line}`;
  return `${left}${cut(text, WIDTH - left.length - right.length).padEnd(right === "" ? 0 : WIDTH - left.length - right.length)}${right}`;
}

function beside(label: string, text: string): string[] {
  return wrap(text, WIDTH - 14).map((line, index) => `    ${(index === 0 ? label : "").padEnd(10)}${line}`);
}

function indented(text: string): string[] {
  return wrap(text, WIDTH - 4).map((line) => `    ${line}`);
}

/** The summary by folder, and what was missing, most wanted first. */
export function summaryText(verdicts: readonly Verdict[], notScripts: number): string {
  const folders = Map.groupBy(verdicts, ({ script }) => script.slice(0, Math.max(0, script.lastIndexOf("/"))) || ".");
  const width = Math.min(40, Math.max(6, ...[...folders.keys()].map((folder) => folder.length)));
  const row = (name: string, of: readonly Verdict[]): string =>
    [name.length > width ? `…${name.slice(1 - width)}` : name.padEnd(width), ...KINDS.map((kind) => `${count(of, kind)}`.padStart(9))].join(
      " ",
    );
  const lines = [
    paint("bold", ["folder".padEnd(width), ...KINDS.map((kind) => kind.padStart(9))].join(" ")),
    ...[...folders].toSorted(([a], [b]) => a < b ? -1 : 1).map(([folder, of]) => row(folder, of)),
    ...(folders.size > 1 ? [row("in all", verdicts)] : []),
  ];
  const needs = neededMost(verdicts);
  if (needs.length > 0) lines.push("", "Needed, and not here:");
  for (const [what, scripts] of needs.slice(0, 20)) {
    lines.push(...indented(`${what}  (${scripts} ${scripts === 1 ? "script" : "scripts"})`));
  }
  if (needs.length > 20) lines.push(`    … and ${needs.length - 20} more`);
  if (notScripts > 0) lines.push("", `${notScripts} other ${notScripts === 1 ? "file" : "files"} passed over: scripts end in .pkt`);
  return lines.join("\n");
}

const KINDS = ["passed", "failed", "needs", "malformed"] as const;

function count(verdicts: readonly Verdict[], kind: Verdict["verdict"]): number {
  return verdicts.filter(({ verdict }) => verdict === kind).length;
}

function neededMost(verdicts: readonly Verdict[]): [string, number][] {
  const wanted = new Map<string, number>();
  for (const verdict of verdicts) {
    if (verdict.verdict !== "needs") continue;
    for (const what of unique(verdict.needs.map((need) => need.what))) wanted.set(what, (wanted.get(what) ?? 0) + 1);
  }
  return [...wanted].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)];
}

/** For other programs. */
export function verdictsJson(verdicts: readonly Verdict[]): string {
  const totals = Object.fromEntries(KINDS.map((kind) => [kind, count(verdicts, kind)]));
  return JSON.stringify({ version: 1, totals, scripts: verdicts }, undefined, 2);
}

/** JUnit XML: what is needed and not here is skipped, a file that is no script is an error. */
export function verdictsJunit(verdicts: readonly Verdict[]): string {
  return junitDocument(
    "packetdrill",
    verdicts.map((verdict): JunitCase => {
      const cut = verdict.script.lastIndexOf("/");
      const named = { suite: verdict.script.slice(0, Math.max(0, cut)) || ".", name: verdict.script.slice(cut + 1) };
      switch (verdict.verdict) {
        case "passed":
          return { ...named, outcome: "passed", seconds: verdict.took / 1e6 };
        case "needs":
          return { ...named, outcome: "skipped", message: `needs ${unique(verdict.needs.map(({ what }) => what)).join(", ")}` };
        case "malformed":
          return { ...named, outcome: "error", message: formatMalformed(verdict.malformed), text: "" };
        case "failed": {
          const { place, expected, got } = verdict.failure;
          return {
            ...named,
            outcome: "failure",
            message: `line ${place.line}: expected ${expected}, got ${got}`,
            text: verdictText(verdict),
          };
        }
      }
    }),
  );
}
