/**
 * `deno task rfc-map` writes docs/rfc-map.md: what the RFCs ask for (`requirements.ts`), and which checks show that the
 * reference stack does it. `--check` only compares, and fails when the file is not in step, or when a check covers
 * something that is not in the list.
 */
import { allChecks, allScripts } from "./all_checks.ts";
import type { Check } from "./harness/suite.ts";
import { anchorOf } from "./docs/markdown.ts";
import { type Chapter, chapters, type Requirement } from "./requirements.ts";

/** What shows a requirement: a check, or a script. */
export type Covering = Pick<Check, "id" | "lab" | "visibility" | "covers">;

const MAP = "docs/rfc-map.md";
/** So many checks are named for one requirement; the rest is counted. */
const NAMED = 5;

/** What may have become of a requirement. */
export const STATES = ["tested", "left out", "open"] as const;
export type State = typeof STATES[number];

/** Ids that a check covers and the list has not, or that the list excuses although a check covers them. */
export function mapFaults(chapters: readonly Chapter[], checks: readonly Covering[]): string[] {
  const known = new Map(chapters.flatMap((chapter) => chapter.requirements.map((requirement) => [requirement.id, requirement])));
  return checks.flatMap((check) =>
    check.covers.flatMap((id) => {
      const requirement = known.get(id);
      if (requirement === undefined) return [`lab ${check.lab}: ${check.id} covers ${id}, which tools/requirements.ts does not list`];
      if (requirement.testedBy === undefined && requirement.leftOut === undefined) return [];
      return [`lab ${check.lab}: ${check.id} covers ${id}, which tools/requirements.ts excuses: take the excuse out`];
    })
  );
}

/** All checks, and the scripts of the labs. */
export async function allCovering(): Promise<Covering[]> {
  return [...await allChecks(), ...await allScripts()];
}

/** What became of a requirement. */
export function stateOf(requirement: Requirement, covering: readonly Covering[]): State {
  if (covering.length > 0 || requirement.testedBy !== undefined) return "tested";
  return requirement.leftOut !== undefined ? "left out" : "open";
}

/** The same in words: which checks, or why there are none. Hidden checks are counted and not named. */
export function wordsFor(requirement: Requirement, covering: readonly Covering[]): string {
  const state = stateOf(requirement, covering);
  if (state !== "tested") return requirement.leftOut === undefined ? state : `${state}: ${requirement.leftOut}`;
  if (requirement.testedBy !== undefined) return `tested: \`${requirement.testedBy}\``;
  const open = covering.filter((check) => check.visibility === "public");
  const hidden = covering.length - open.length;
  const names = open.slice(0, NAMED).map((check) => `\`${check.id}\``);
  if (open.length > NAMED) names.push(`${open.length - NAMED} more`);
  if (hidden > 0) names.push(hidden === 1 ? "1 hidden check" : `${hidden} hidden checks`);
  const last = names.pop();
  return `tested: ${names.length === 0 ? last : `${names.join(", ")} and ${last}`}`;
}

/** The whole page. */
export function renderMap(chapters: readonly Chapter[], checks: readonly Covering[]): string {
  const covering = (requirement: Requirement): Covering[] => checks.filter((check) => check.covers.includes(requirement.id));
  const count = (requirements: readonly Requirement[]): string =>
    STATES.map((state) => requirements.filter((requirement) => stateOf(requirement, covering(requirement)) === state).length || "·").join(
      " | ",
    );
  const row = (requirement: Requirement): string => {
    const cells = [
      requirement.id,
      requirement.text,
      String(requirement.lab).padStart(2, "0"),
      wordsFor(requirement, covering(requirement)),
    ];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  };
  return [
    "# What the RFCs ask for",
    "",
    "One line for each requirement, in our words; the RFC's text decides. *Tested* names the checks of the lab in the third column (or of a",
    "neighbour) that show it, and the scripts (`labs/*/scripts`); or a test of the stack. *Open* is what the kit does not do yet: some labs are still to come.",
    "",
    "This page is written by `deno task rfc-map`, from `tools/requirements.ts` and what the checks say they cover.",
    "",
    `| | ${STATES.join(" | ")} |`,
    `|---|${"--:|".repeat(STATES.length)}`,
    ...chapters.map(({ title, requirements }) => `| [${title}](#${anchorOf(title)}) | ${count(requirements)} |`),
    `| **all** | ${count(chapters.flatMap((chapter) => chapter.requirements))} |`,
    ...chapters.flatMap((
      { title, requirements },
    ) => ["", `## ${title}`, "", "| id | what | lab | state |", "|---|---|---|---|", ...requirements.map(row)]),
    "",
  ].join("\n");
}

if (import.meta.main) {
  const unknown = Deno.args.filter((argument) => argument !== "--check");
  if (unknown.length > 0) {
    console.error(`deno task rfc-map knows only --check, not ${unknown.join(" ")}`);
    Deno.exit(2);
  }
  const checks = await allCovering();
  const faults = mapFaults(chapters, checks);
  const map = renderMap(chapters, checks);
  const old = await Deno.readTextFile(MAP).catch(() => "");
  if (old !== map) {
    if (Deno.args.includes("--check")) faults.push(`${MAP} is not what the checks give: run  deno task rfc-map`);
    else {
      await Deno.writeTextFile(MAP, map);
      console.log(`wrote ${MAP}`);
    }
  }
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) Deno.exit(1);
}
