/**
 * Cuts the marked regions out of a solution, which leaves the stub that a student fills in.
 *
 * A region is what lies between a line `// region NAME` and the next line `// endregion`:
 * - inside a function or method it runs to the end of its block, and becomes `return todo("NAME", …)` with the
 *   function's parameters, and with those given names (fields like `this.#ring` too) that it used and nothing else does, so that
 *   none is "unused";
 * - anywhere else (at the top level, in a class, in an object) it disappears: helpers that a student
 *   invents for himself.
 *
 * Everything outside is *given*: imports that nothing uses any more are dropped, the rest stays as it is, JSDoc included.
 * Relies on the layout of `deno fmt`: a block's first and last line have the same indentation.
 */
import { blankLiterals, countUses } from "./source_text.ts";

/** One region of a solution. */
export interface Region {
  readonly name: string;
  /** Line of the mark, from 1. */
  readonly line: number;
  /** What lies between the marks. */
  readonly body: readonly string[];
  /** Became a `todo`; otherwise it disappeared. */
  readonly todo: boolean;
}

/** What became of a solution. */
export interface Cut {
  /** The stub, not yet formatted. */
  readonly stub: string;
  readonly regions: readonly Region[];
  /** The lines outside all regions. */
  readonly given: readonly string[];
}

const TODO_IMPORT = 'import { todo } from "../../stack/wire/not_implemented.ts";';

/** Cuts `source`. Throws an Error that names `path` and the line when a mark is wrong. */
export function cutRegions(source: string, path: string): Cut {
  const lines = source.split("\n");
  const code = blankLiterals(source).split("\n");
  const regions: Region[] = [];
  const kept: string[] = [];
  const calls: { region: Region; at: number; depth: number }[] = [];
  let next = 0;
  for (const { name, from, to } of findSpans(lines, path)) {
    kept.push(...lines.slice(next, from));
    const depth = indentOf(lines[from]).length;
    const region = { name, line: from + 1, body: lines.slice(from + 1, to), todo: functionsAround(code, from, depth).length > 0 };
    regions.push(region);
    if (region.todo) {
      if (!code[to + 1]?.trim().startsWith("}")) throw new Error(`${path}:${to + 1}: region "${name}" must run to the end of its block`);
      calls.push({ region, at: kept.length, depth });
      kept.push("");
    }
    next = to + 1;
  }
  kept.push(...lines.slice(next));
  const stub = [...kept];
  const keptCode = blankLiterals(kept.join("\n")).split("\n");
  for (const { region, at, depth } of calls) {
    const words = [JSON.stringify(region.name), ...argumentsOf(region, keptCode, at, depth, regions)];
    stub[at] = `${" ".repeat(depth)}return todo(${words.join(", ")});`;
  }
  return { stub: tidyImports(stub, calls.length > 0), regions, given: kept };
}

/**
 * What `todo` is given: the parameters of the function, and of what is declared further out, whatever the region used and
 * nothing else does.
 */
function argumentsOf(region: Region, code: readonly string[], at: number, depth: number, regions: readonly Region[]): string[] {
  const [own, ...outer] = functionsAround(code, at, depth);
  const used = reachOf(region, regions);
  const names = new Set(own?.parameters);
  const file: Scope = { parameters: [], from: 0, to: code.length, depth: 0 };
  for (const scope of [file, ...outer.reverse(), ...own === undefined ? [] : [{ ...own, parameters: [] }]]) {
    const text = code.slice(scope.from, scope.to).join("\n");
    for (const name of [...scope.parameters, ...declaredNames(text, scope.depth)]) {
      if (countUses(text, name) === 1 && countUses(used, name) > 0) names.add(name);
    }
  }
  for (const field of declaredFields(code.join("\n"))) {
    if (readsField(used, field) && !readsField(code.join("\n"), field)) names.add(`this.${field}`);
  }
  return [...names];
}

/** The code of a region and of the helpers it calls, of those that they call, and so on. */
function reachOf(region: Region, regions: readonly Region[]): string {
  let code = blankLiterals(region.body.join("\n"));
  const helpers = regions.filter((other) => !other.todo).map((other) => blankLiterals(other.body.join("\n")));
  for (let i = 0; i < helpers.length; i++) {
    const helper = helpers[i] as string;
    const called = declaredNames(helper, 0).some((name) => countUses(code, name) > 0) ||
      declaredMethods(helper).some((name) => readsField(code, name));
    if (!called) continue;
    code += helper;
    helpers.splice(i, 1);
    i = -1; // what was passed over may be wanted by this one
  }
  return code;
}

/** Finds the marks and checks that they pair. Lines from 0. */
function findSpans(lines: readonly string[], path: string): { name: string; from: number; to: number }[] {
  const spans: { name: string; from: number; to: number }[] = [];
  let open: { name: string; from: number } | undefined;
  for (const [i, line] of lines.entries()) {
    const [, mark, rest = ""] = /^\s*\/\/\s*(region|endregion)\b(.*)$/.exec(line) ?? [];
    const name = rest.trim();
    const here = `${path}:${i + 1}`;
    if (mark === "region") {
      if (open !== undefined) throw new Error(`${here}: region "${name}" begins inside region "${open.name}" of line ${open.from + 1}`);
      if (!/^[\w$]+([.-][\w$]+)*$/.test(name)) throw new Error(`${here}: a region needs a name, like "parseIpv4" or "createRoutes.lookup"`);
      if (spans.some((span) => span.name === name)) throw new Error(`${here}: a second region "${name}"`);
      open = { name, from: i };
    } else if (mark === "endregion") {
      if (open === undefined) throw new Error(`${here}: "endregion" without a region`);
      spans.push({ ...open, to: i });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${path}:${open.from + 1}: region "${open.name}" is never closed`);
  return spans;
}

function indentOf(line: string | undefined): string {
  return /^\s*/.exec(line ?? "")?.[0] ?? "";
}

/** A function around a region: its parameters, and its lines. */
interface Scope {
  readonly parameters: readonly string[];
  readonly from: number;
  readonly to: number;
  /** The indentation of its statements. */
  readonly depth: number;
}

/** The functions around line `at`, which is indented by `depth`, from the inside; none when the nearest block is no statement of a function. */
function functionsAround(code: readonly string[], at: number, depth: number): Scope[] {
  const found: Scope[] = [];
  let indent = depth;
  for (let i = at - 1; i >= 0 && indent > 0; i--) {
    const line = code[i] as string;
    if (line.trim() === "" || indentOf(line).length >= indent) continue;
    indent = indentOf(line).length;
    const first = headerStart(code, i);
    const header = code.slice(first, i + 1).map((part) => part.trim()).join(" ");
    if (/^(\} )?(if|else|for|while|do|switch|case|default|try|catch|finally)\b/.test(header)) continue;
    const parameters = parametersOf(header);
    if (parameters !== undefined) {
      const end = code.findIndex((line, j) => j > at && line.trim() !== "" && indentOf(line).length <= indent);
      found.push({ parameters, from: first, to: end < 0 ? code.length : end, depth: indent + 2 });
    } else if (found.length === 0) return [];
  }
  return found;
}

/** The first line of the header that ends in line `i`: the same line, or one above with the same indentation. */
function headerStart(code: readonly string[], i: number): number {
  const indent = indentOf(code[i]).length;
  let first = i;
  while (/^\s*[)}>\]]/.test(code[first] as string) && !/^\s*\} (else|catch|finally)\b/.test(code[first] as string) && first > 0) {
    first--;
    while (first > 0 && ((code[first] as string).trim() === "" || indentOf(code[first]).length > indent)) first--;
  }
  return first;
}

/** The names of the parameters in a function's or method's header, or undefined when it is none: a class, an object, a call. */
function parametersOf(header: string): string[] | undefined {
  if (!header.endsWith("{") || /^(export )?(default )?(abstract )?(class|interface|enum|namespace)\b/.test(header)) return undefined;
  const body = header.slice(0, -1).trimEnd();
  const isArrow = body.endsWith("=>");
  const groups = parenthesised(body);
  const group = isArrow
    ? groups.findLast((g) => /^\s*(:[^=]*)?=>/.test(body.slice(g.to + 1)))
    : groups.find((g) => /(\bfunction\b[^(]*|^[^(=]*[\w$\]>])$/.test(body.slice(0, g.from)) && /^(\s*:.*)?$/.test(body.slice(g.to + 1)));
  if (group === undefined) return undefined;
  return splitParameters(body.slice(group.from + 1, group.to)).flatMap(boundNames);
}

/** All pairs of parentheses, outer ones before inner ones. */
function parenthesised(text: string): { from: number; to: number }[] {
  const open: number[] = [];
  const pairs: { from: number; to: number }[] = [];
  for (const [i, c] of text.split("").entries()) {
    if (c === "(") open.push(i);
    else if (c === ")") pairs.push({ from: open.pop() ?? 0, to: i });
  }
  return pairs.sort((a, b) => a.from - b.from);
}

/** Splits at the commas that stand in no bracket. */
function splitParameters(list: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < list.length; i++) {
    const c = list[i] as string;
    if ("([{<".includes(c)) depth++;
    else if (")]}".includes(c) || c === ">" && list[i - 1] !== "=") depth--;
    else if (c === "," && depth === 0) {
      parts.push(list.slice(from, i));
      from = i + 1;
    }
  }
  return [...parts, list.slice(from)].map((part) => part.trim()).filter((part) => part !== "");
}

/** The names that one parameter binds: `a`, `...rest`, `{ b, c: d }`; not `this`, and not what is named `_…`: meant to be unused. */
function boundNames(parameter: string): string[] {
  const pattern = /^(?:\.\.\.)?([{[])(.*?)[}\]]\s*(:.*|=.*)?$/.exec(parameter);
  if (pattern !== null) return splitParameters(pattern[2] ?? "").flatMap((part) => boundNames(part.replace(/^[\w$]+\s*:\s*/, "")));
  const name = /^(?:\.\.\.)?(?:(?:public|private|protected|readonly|override) )*([\w$]+)/.exec(parameter)?.[1];
  return name === undefined || name === "this" || name.startsWith("_") ? [] : [name];
}

/** Names that `const`, `let` and `function` declare at this depth, without `export`. */
function declaredNames(code: string, depth: number): string[] {
  const declaration = new RegExp(`^ {${depth}}(?:const|let|function) ([\\w$]+)`, "gm");
  return [...code.matchAll(declaration)].map((match) => match[1] as string);
}

/** The private fields that are declared in a line of their own: `readonly #ring: Ring;`. */
function declaredFields(code: string): string[] {
  return [...code.matchAll(/^ +(?:readonly )?(#[\w$]+)\s*(?:[?!]?:|=|;)/gm)].map((match) => match[1] as string);
}

/** The private methods that are declared: `#start(now: number): void {`. */
function declaredMethods(code: string): string[] {
  return [...code.matchAll(/^ +(#[\w$]+)\(/gm)].map((match) => match[1] as string);
}

/** Whether a private member is read or called. To assign it is no use, says the compiler. */
function readsField(code: string, name: string): boolean {
  return new RegExp(`\\.${RegExp.escape(name)}(?![\\w$])(?! = )`).test(code);
}

/** Drops imported names that nothing uses any more, and adds the import of `todo` in its place in the alphabet. */
function tidyImports(lines: readonly string[], needsTodo: boolean): string {
  const source = lines.join("\n");
  const code = blankLiterals(source).replace(/^import\b[^;]*;/gm, "");
  const tidied = source.replace(
    /^import (type )?(\*[^;"]*|[\w$]+|\{[^}]*\}) from ("[^"]+");\n/gm,
    (whole, type = "", what: string, from) => {
      if (!what.startsWith("{")) return countUses(code, what.split(" ").at(-1) as string) > 0 ? whole : "";
      const names = what.slice(1, -1).split(",").map((name) => name.trim()).filter((name) => name !== "");
      const used = names.filter((name) => countUses(code, name.split(" ").at(-1) as string) > 0);
      if (used.length === 0) return "";
      if (!used.every((name) => name.startsWith("type "))) return `import ${type}{ ${used.join(", ")} } from ${from};\n`;
      return `import type { ${used.map((name) => name.slice("type ".length)).join(", ")} } from ${from};\n`;
    },
  );
  return needsTodo ? insertTodoImport(tidied) : tidied;
}

function insertTodoImport(source: string): string {
  const imports = [...source.matchAll(/^import\b[^;]*?"([^"]+)";\n/gm)];
  const later = imports.find((match) => (match[1] as string) > "../../stack/wire/not_implemented.ts");
  const last = imports.at(-1);
  const at = later?.index ?? (last !== undefined ? last.index + last[0].length : endOfEssay(source));
  return `${source.slice(0, at)}${TODO_IMPORT}\n${source.slice(at)}`;
}

function endOfEssay(source: string): number {
  return /^\s*\/\*\*[\s\S]*?\*\/\n/.exec(source)?.[0].length ?? 0;
}
