/**
 * `deno task docs`: what the documentation says is still true. Looked at are README.md, everything below `docs/` and the
 * labs' handouts:
 *
 * - every link leads somewhere, and every `path` and `path#symbol` between backquotes exists;
 * - every check that is named exists, and a handout names all public checks of its lab, and has a heading for every
 *   function of its contract (the student's command points there);
 * - every `deno task …` is a task, RFCs are cited in one form and are those we know (in the sources too);
 * - every block marked `ts` compiles, and every one marked `ts run` runs.
 *
 * The handout of a lab that is a draft is not looked at yet.
 */
import { finished, type Lab, labs } from "../labs/manifest.ts";
import { allChecks } from "./all_checks.ts";
import { type Document, type Found, readMarkdown } from "./docs/markdown.ts";
import { citationFaults } from "./docs/rfcs.ts";
import { type Fault, snippetFaults } from "./docs/snippets.ts";
import { exportedSymbols } from "./docs/symbols.ts";
import type { Check } from "./harness/suite.ts";

/** What documents are compared with. */
export interface Facts {
  /** Every file and folder of the tree, as paths from its top; folders without a slash at the end. */
  readonly paths: ReadonlySet<string>;
  readonly documents: ReadonlyMap<string, Document>;
  readonly symbols: ReadonlyMap<string, ReadonlySet<string>>;
  readonly tasks: ReadonlySet<string>;
  readonly checks: readonly Pick<Check, "id" | "group" | "lab" | "visibility">[];
}

const PATH = /^((?:labs|solutions|stack|tools|docs)\/[\w./-]*|README\.md|deno\.json)(?:#(.+))?$/;

/** Links that lead nowhere. */
export function linkFaults(document: Document, facts: Facts): Found[] {
  return document.links.flatMap(({ text, line }) => {
    if (/^[a-z][a-z+.-]*:/i.test(text)) return [];
    const [target = "", anchor] = text.split("#", 2);
    const path = target === "" ? document.path : new URL(target, `file:///${document.path}`).pathname.slice(1).replace(/\/$/, "");
    const why = pathFault(path, anchor, facts);
    return why === undefined ? [] : [{ line, text: `the link to ${text} leads nowhere: ${why}` }];
  });
}

/** Code spans that name a file, a symbol or an anchor that is not there. */
export function pathFaults(document: Document, facts: Facts): Found[] {
  return document.spans.flatMap(({ text, line }) => {
    const [whole, path, fragment] = PATH.exec(text) ?? [];
    if (whole === undefined) return [];
    const why = pathFault((path as string).replace(/\/$/, ""), fragment, facts);
    return why === undefined ? [] : [{ line, text: `\`${text}\`: ${why}` }];
  });
}

function pathFault(path: string, fragment: string | undefined, facts: Facts): string | undefined {
  if (!facts.paths.has(path)) return `there is no ${path}`;
  if (fragment === undefined) return undefined;
  if (path.endsWith(".ts")) return facts.symbols.get(path)?.has(fragment) ? undefined : `${path} exports no ${fragment}`;
  return facts.documents.get(path)?.anchors.has(fragment) ? undefined : `${path} has no heading #${fragment}`;
}

/** Names of checks that do not exist; in a handout, also the mention of hidden ones, and public ones that are missing. */
export function checkFaults(document: Document, facts: Facts): Found[] {
  const faults: Found[] = [];
  const lab = labs.find(({ folder }) => document.path === `labs/${folder}/README.md`);
  const groups = new Set(facts.checks.map((check) => check.group));
  for (const { text, line } of document.spans) {
    if (!/^[a-z0-9-]+\/[a-z0-9-]+$/.test(text) || facts.paths.has(text)) continue;
    const named = facts.checks.filter((check) => check.id === text && (lab === undefined || check.lab === lab.number));
    if (named.length === 0 && (lab !== undefined || groups.has(text.split("/", 1)[0] as string))) {
      faults.push({ line, text: `there is no check ${text}` });
    } else if (lab !== undefined && named.some((check) => check.visibility === "hidden")) {
      faults.push({ line, text: `the check ${text} is hidden: a handout must not name it` });
    }
  }
  for (const { text, line } of everyLine(document)) {
    for (const [, number, , id] of text.matchAll(/\btask lab(\d+)[^`\n]*? --(only|hint) ([\w/-]+)/g)) {
      if (facts.checks.some((check) => check.lab === Number(number) && (check.id === id || check.group === id))) continue;
      faults.push({ line, text: `lab ${number} has no check and no group ${id}` });
    }
  }
  return lab === undefined ? faults : [...faults, ...missingChecks(document, lab, facts)];
}

/** A check is named by its id, or by its name in a row of a table that begins with its group: "| `checksum` | `odd-lengths` … |". */
function namedChecks(document: Document, groups: ReadonlySet<string>): { ids: Set<string>; rows: Found[] } {
  const ids = new Set(document.spans.map(({ text }) => text));
  const rows: Found[] = [];
  for (const { text, line } of document.prose) {
    const group = /^\|\s*`([a-z0-9-]+)\/?`\s*\|/.exec(text)?.[1];
    if (group === undefined || !groups.has(group)) continue;
    const names = document.spans.filter((span) => span.line === line && span.text !== group && /^[a-z0-9-]+$/.test(span.text));
    for (const name of names) {
      ids.add(`${group}/${name.text}`);
      rows.push({ text: `${group}/${name.text}`, line });
    }
  }
  return { ids, rows };
}

function missingChecks(document: Document, lab: Lab, facts: Facts): Found[] {
  const checks = facts.checks.filter((check) => check.lab === lab.number && check.visibility === "public");
  const { ids, rows } = namedChecks(document, new Set(checks.map((check) => check.group)));
  const missing = checks.filter((check) => !ids.has(check.id)).map((check) => check.id);
  const wrong = rows.filter(({ text }) => !checks.some((check) => check.id === text));
  return [
    ...wrong.map(({ text, line }) => ({ line, text: `there is no public check ${text}` })),
    ...missing.length > 0 ? [{ line: 1, text: `the handout does not name these checks: ${missing.join(", ")}` }] : [],
  ];
}

/** Functions of the contract that the lab's handout has no heading for: "### `internetChecksum`". */
export function headingFaults(document: Document, lab: Lab): Found[] {
  const headings = new Set(document.headings.map(({ text }) => text.replaceAll("`", "")));
  const missing = Object.keys(lab.functions).filter((name) => !headings.has(name));
  return missing.length === 0 ? [] : [{ line: 1, text: `the handout has no heading for ${missing.join(", ")}` }];
}

/** Tasks that do not exist, in the text as in the blocks. */
export function taskFaults(document: Document, facts: Facts): Found[] {
  return everyLine(document).flatMap(({ text, line }) =>
    [...text.matchAll(/\bdeno(?:@[\d.]+)? task ([a-z][\w:-]*)/g)].filter(([, task]) => !facts.tasks.has(task as string))
      .map(([, task]) => ({ line, text: `there is no task "${task}"` }))
  );
}

function everyLine(document: Document): Found[] {
  const fenced = document.fences.flatMap(({ text, line }) => text.split("\n").map((row, i) => ({ text: row, line: line + i })));
  return [...document.prose, ...fenced];
}

async function* treePaths(folder = "."): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (folder === "." && /^(\.git|\.wallsocket|node_modules|coverage)$/.test(name)) continue;
    const path = folder === "." ? name : `${folder}/${name}`;
    yield path;
    if (isDirectory) yield* treePaths(path);
  }
}

async function gatherFacts(): Promise<Facts> {
  const paths = new Set(await Array.fromAsync(treePaths()));
  const documents = new Map<string, Document>();
  for (const path of paths) {
    if (path.endsWith(".md")) documents.set(path, readMarkdown(path, await Deno.readTextFile(path)));
  }
  const named = [...documents.values()].flatMap((document) => document.spans.map((span) => PATH.exec(span.text)))
    .flatMap((match) => match?.[2] !== undefined && match[1]?.endsWith(".ts") && paths.has(match[1]) ? [match[1]] : []);
  const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
  return {
    paths,
    documents,
    symbols: await exportedSymbols([...new Set(named)]),
    tasks: new Set(Object.keys(tasks)),
    checks: await allChecks(),
  };
}

/** Citations in the sources, where an RFC is named as often as in the documents. */
async function sourceFaults(facts: Facts): Promise<Fault[]> {
  const faults: Fault[] = [];
  for (const path of facts.paths) {
    if (!path.endsWith(".ts") || path.startsWith("tools/docs")) continue;
    const lines = (await Deno.readTextFile(path)).split("\n").map((text, i) => ({ text, line: i + 1 }));
    faults.push(...citationFaults(lines).map((fault) => ({ ...fault, path })));
  }
  return faults;
}

async function allFaults(): Promise<Fault[]> {
  const facts = await gatherFacts();
  const drafts = labs.filter(({ draft }) => draft).map(({ folder }) => `labs/${folder}/README.md`);
  const documents = [...facts.documents.values()].filter(({ path }) =>
    /^(README\.md|docs\/.*|labs\/[^/]+\/README\.md)$/.test(path) && !drafts.includes(path)
  );
  const faults = await sourceFaults(facts);
  for (const document of documents) {
    const found = [linkFaults, pathFaults, checkFaults, taskFaults].flatMap((look) => look(document, facts));
    faults.push(...[...found, ...citationFaults(document.prose)].map((fault) => ({ ...fault, path: document.path })));
  }
  for (const lab of finished) {
    const path = `labs/${lab.folder}/README.md`;
    const handout = facts.documents.get(path);
    const missing = handout === undefined ? [{ line: 1, text: "there is no handout" }] : headingFaults(handout, lab);
    faults.push(...missing.map((fault) => ({ ...fault, path })));
  }
  return [...faults, ...await snippetFaults(documents, new URL("../", import.meta.url))];
}

if (import.meta.main) {
  const faults = await allFaults();
  for (const { path, line, text } of faults) console.error(`${path}:${line}: ${text}`);
  if (faults.length > 0) Deno.exit(1);
}
