/**
 * `deno task conformance`: the scoreboard of docs/rfc-map.md in the terminal: what of each RFC is tested, and by what; and the marks that the
 * kit sets itself. A requirement's id in full tells which checks and scripts show it.
 */
import { parseArgs } from "@std/cli/parse-args";
import { cut, WIDTH, wrap } from "./lab/text.ts";
import { UsageError } from "./lab/usage_error.ts";
import { type Chapter, chapters, type Requirement } from "./requirements.ts";
import { allCovering, type Covering, type State, stateOf, STATES, wordsFor } from "./rfc_map.ts";

const HELP = `deno task conformance [ID…]: what the RFCs ask for, and what shows that it is done

  ID         only these: MUST-14, 5681-3.1c, or the beginning of several: R5961
  --open     only what is not tested, each with the reason
  --marks    exit status 1 unless the marks at the end are met
  --json     one JSON object in place of the table
  --help     this

Exit status: 0, 1 a mark is not met (with --marks), 2 the command was wrong.`;

/** A share of requirements that has to be tested. */
interface Mark {
  readonly what: string;
  readonly tested: number;
  readonly of: number;
  /** In percent. */
  readonly mark: number;
}

/** All MUSTs of RFC 9293 but those about source routes; of everything else 95 in a hundred. */
export function marksOf(chapters: readonly Chapter[], checks: readonly Covering[]): readonly Mark[] {
  const all = chapters.flatMap(({ requirements }) => requirements);
  const isMust = ({ id }: Requirement): boolean => id.startsWith("MUST-");
  const tested = (list: readonly Requirement[]): number =>
    list.filter((each) => stateOf(each, coveringOf(each, checks)) === "tested").length;
  const musts = all.filter((each) => isMust(each) && each.leftOut === undefined);
  const others = all.filter((each) => !isMust(each));
  return [
    { what: "MUSTs of RFC 9293, source routes left out", tested: tested(musts), of: musts.length, mark: 100 },
    { what: "everything else", tested: tested(others), of: others.length, mark: 95 },
  ];
}

function coveringOf({ id }: Requirement, checks: readonly Covering[]): Covering[] {
  return checks.filter((check) => check.covers.includes(id));
}

/** A line for each chapter. */
export function tableText(chapters: readonly Chapter[], checks: readonly Covering[]): string {
  const width = WIDTH - 36;
  const count = (requirements: readonly Requirement[], state: State): string =>
    `${requirements.filter((each) => stateOf(each, coveringOf(each, checks)) === state).length || "·"}`;
  const row = (title: string, cells: readonly string[]): string =>
    `${cut(title, width).padEnd(width)}${cells.map((cell) => cell.padStart(9)).join("")}`;
  const all = chapters.flatMap(({ requirements }) => requirements);
  return [
    row("", ["tested", "left out", "open"]),
    ...chapters.map(({ title, requirements }) => row(title, STATES.map((state) => count(requirements, state)))),
    row("all", STATES.map((state) => count(all, state))),
  ].join("\n");
}

/** One requirement: what it asks for, and what shows it. */
export function requirementText(requirement: Requirement, checks: readonly Covering[]): string {
  const said = wordsFor(requirement, coveringOf(requirement, checks)).replaceAll("`", "");
  const beside = (text: string): string[] => wrap(text, WIDTH - 14).map((line) => `${" ".repeat(14)}${line}`);
  const [first = "", ...rest] = wrap(requirement.text, WIDTH - 14);
  return [`${requirement.id.padEnd(14)}${first}`, ...rest.map((line) => `${" ".repeat(14)}${line}`), ...beside(said)].join("\n");
}

/** "65 of 66 MUSTs …: 98 %, mark 100 %". */
export function markText({ what, tested, of, mark }: Mark): string {
  return `${isMet({ what, tested, of, mark }) ? "✔" : "✘"} ${what}: ${tested} of ${of} tested, ${
    Math.floor(tested / of * 1000) / 10
  } % (mark: ${mark} %)`;
}

function isMet({ tested, of, mark }: Mark): boolean {
  return tested * 100 >= of * mark;
}

async function main(words: readonly string[]): Promise<number> {
  const args = parseArgs([...words], {
    boolean: ["open", "marks", "json", "help"],
    string: ["_"],
    unknown: (word: string, key?: string) => {
      if (key !== undefined) throw new UsageError(`There is no option ${word}. --help names them all.`);
    },
  }) as unknown as { _: string[]; open: boolean; marks: boolean; json: boolean; help: boolean };
  if (args.help) {
    console.log(HELP);
    return 0;
  }
  const checks = await allCovering();
  const all = chapters.flatMap(({ requirements }) => requirements);
  const marks = marksOf(chapters, checks);
  const chosen = all.filter((each) => args._.length === 0 || args._.some((id) => each.id.toLowerCase().startsWith(id.toLowerCase())))
    .filter((each) => !args.open || stateOf(each, coveringOf(each, checks)) !== "tested");
  if (args._.length > 0 && chosen.length === 0 && !args.open) throw new UsageError(`There is no requirement ${args._.join(", ")}.`);
  if (args.json) {
    const requirements = chosen.map((each) => ({
      ...each,
      state: stateOf(each, coveringOf(each, checks)),
      coveredBy: coveringOf(each, checks).filter(({ visibility }) => visibility === "public").map(({ id }) => id),
    }));
    console.log(JSON.stringify({ version: 1, marks, requirements }, undefined, 2));
  } else if (args._.length > 0 || args.open) console.log(chosen.map((each) => requirementText(each, checks)).join("\n\n"));
  else console.log([tableText(chapters, checks), "", ...marks.map(markText)].join("\n"));
  return args.marks && !marks.every(isMet) ? 1 : 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
