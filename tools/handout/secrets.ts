/**
 * What must not be in a kit, and the search for it. Looked for are: the lines of every region of a solution that was not released, the
 * names and words of every hidden check and the lines of its suite, and everything that a mutant says. The search reads every file as
 * text, minified and sealed ones too.
 */
import { type Lab, labs } from "../../labs/manifest.ts";
import { exists } from "../harness/made_folders.ts";
import type { Mutant } from "../harness/mutant.ts";
import type { Suite } from "../harness/suite.ts";
import { SUMS } from "./bundle.ts";
import { ROOT } from "../lab/run.ts";
import { chapters } from "../requirements.ts";
import { type Cut, cutRegions } from "../stub_cutter.ts";
import { secretLines } from "../stubs.ts";

/** A text that a kit must not have, and what it is. */
export interface Secret {
  readonly text: string;
  readonly what: string;
  /** Found only as a whole line: as a part of one it may come from anywhere. */
  readonly line?: true;
}

/** A longer line was written by a program. */
const LONG = 500;
/** Shorter lines are in every program. */
const LINE = 20;
/** Lines that say nothing, however long their names are. */
const TRIVIAL = [/^[\w.]+ = [\w.]+;$/, /^\w+: [\w.]+,$/, /^return "[\w ]+";$/, /^[\w.#]+\(\);$/];
/** By so many first characters a secret is found; a shorter one cannot be told from chance. */
const START = 8;

/** Everything that must not be in a kit in which these labs' solutions are released. */
export async function secretsOf(released: readonly number[]): Promise<Secret[]> {
  const given = await publicLines();
  const cuts = new Map<string, Cut>();
  for (const { number, folder, files } of labs) {
    for (const path of files.map((file) => `solutions/${folder}/${file}`)) {
      const source = await Deno.readTextFile(`${ROOT}/${path}`);
      const cut = cutRegions(source, path);
      for (const line of released.includes(number) ? source.split("\n") : cut.given) given.add(line.trim());
      if (!released.includes(number)) cuts.set(path, cut);
    }
  }
  const secrets: Secret[] = [];
  for (const lab of labs) {
    const base = `solutions/${lab.folder}`;
    secrets.push(...await hiddenWords(lab), ...await hiddenLines(base, given), ...await mutantWords(base, given));
  }
  for (const [text, what] of secretLines(cuts)) {
    if (text.length >= LINE && !given.has(text) && !TRIVIAL.some((form) => form.test(text))) secrets.push({ text, what });
  }
  return secrets;
}

/** What a hidden check says, and neither a public one nor a page that every student has. */
async function hiddenWords({ folder, draft }: Lab): Promise<Secret[]> {
  const { default: hidden } = await import(`../../solutions/${folder}/hidden.ts`) as { default: Suite };
  const { default: open } = await import(`../../labs/${folder}/suite.ts`) as { default: Suite };
  const pages = [
    draft === true ? "" : await Deno.readTextFile(`${ROOT}/labs/${folder}/README.md`), // a draft may have none yet
    ...open.checks.flatMap(({ title, why, hints }) => [title, why, ...hints]),
    ...chapters.flatMap(({ requirements }) => requirements.map(({ text }) => text)),
  ].join("\n");
  return hidden.checks.flatMap(({ id, title, why, hints }) => {
    const words = [title, why, ...hints].filter((text) => text.length >= LINE && !pages.includes(text));
    return [id, ...words].map((text) => ({ text, what: `the hidden check ${id} of ${folder}` }));
  });
}

/** The lines of a hidden suite that stand in no public one. */
async function hiddenLines(base: string, given: ReadonlySet<string>): Promise<Secret[]> {
  const secrets: Secret[] = [];
  const parts = await exists(`${ROOT}/${base}/hidden`) ? await filesIn(`${base}/hidden`) : []; // a small suite is one file
  for (const path of [`${base}/hidden.ts`, ...parts]) {
    for (const text of linesOf(await Deno.readTextFile(`${ROOT}/${path}`))) {
      const isPlain = text.length < 2 * LINE || /^(import|export|\} from|\*|\/\*\*)/.test(text);
      if (!isPlain && !given.has(text)) secrets.push({ text, what: path, line: true });
    }
  }
  return secrets;
}

async function mutantWords(base: string, given: ReadonlySet<string>): Promise<Secret[]> {
  const { default: mutants } = await import(`../../${base}/mutants/mutants.ts`) as { default: readonly Mutant[] };
  return mutants.flatMap(({ name, fault, by }) => {
    const what = `the mutant ${name} (${base})`;
    const lines = linesOf(by).filter((text) => text.length >= LINE && !given.has(text));
    return [{ text: fault, what }, ...lines.map((text) => ({ text, what, line: true as const }))];
  });
}

/** Lines that students have anyway: those of public suites and of the stack. What students edit may be edited here too. */
async function publicLines(): Promise<Set<string>> {
  const edited = labs.flatMap(({ folder, files }) => files.map((file) => `labs/${folder}/${file}`));
  const lines = new Set<string>();
  for (const folder of ["labs", "stack", "tools/harness"]) {
    for (const path of await filesIn(folder)) {
      if (edited.includes(path) || SUMS.includes(path)) continue;
      for (const line of linesOf(await Deno.readTextFile(`${ROOT}/${path}`))) lines.add(line);
    }
  }
  return lines;
}

async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${ROOT}/${folder}`)) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await filesIn(path));
    else if (name.endsWith(".ts")) found.push(path);
  }
  return found.sort();
}

function linesOf(text: string): string[] {
  return text.split("\n").map((line) => line.trim());
}

/** Looks for secrets in texts that may be large: made once, asked often. */
export class Search {
  readonly #byStart: Map<string, Secret[]>;

  constructor(secrets: readonly Secret[]) {
    this.#byStart = Map.groupBy(secrets.filter(({ text }) => text.length >= START), ({ text }) => text.slice(0, START));
  }

  /** The secrets that stand in `text`: lines as lines, words not as a part of a longer one. */
  in(text: string): Secret[] {
    const found = new Set<Secret>();
    for (let at = 0; at + START <= text.length; at++) {
      for (const secret of this.#byStart.get(text.slice(at, at + START)) ?? []) {
        const end = at + secret.text.length;
        if (!text.startsWith(secret.text, at) || !isWhole(text, at, end)) continue;
        if (secret.line !== true || isLine(text, at, end)) found.add(secret);
      }
    }
    return [...found];
  }
}

/** Nothing but white space around it in its line; and in a text of one long line, which is minified, wherever it stands. */
function isLine(text: string, from: number, to: number): boolean {
  const start = text.lastIndexOf("\n", from - 1) + 1;
  const end = text.indexOf("\n", to);
  const line = text.slice(start, end < 0 ? text.length : end);
  return line.length > LONG || line.trim().length === to - from;
}

function isWhole(text: string, from: number, to: number): boolean {
  const joins = (at: number, inside: number): boolean => /[\w-]/.test(text[at] ?? " ") && /[\w-]/.test(text[inside] as string);
  return !joins(from - 1, from) && !joins(to, to - 1);
}
