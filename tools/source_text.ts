/**
 * Reading TypeScript source as text, for tools that only need to know where code ends and a comment or a
 * string begins. `deno fmt` lays our sources out, so that lines and indentation can be trusted; what a
 * string or a comment says cannot, and is blanked here before anything is searched for.
 */

/**
 * Replaces comments and the contents of strings, templates and regular expressions by spaces. Line breaks and all
 * offsets stay as they are; the code inside a template's `${…}` stays visible.
 */
export function blankLiterals(source: string): string {
  const out = source.split("");
  const templates: number[] = []; // depth of braces at which each open `${` was entered
  let depth = 0;
  let at = 0;
  while (at < source.length) {
    const c = source[at] as string;
    if (c === "/" && source[at + 1] === "/") at = blank(out, at, endOf(source, "\n", at) - 1);
    else if (c === "/" && source[at + 1] === "*") at = blank(out, at, endOf(source, "*/", at + 2));
    else if (c === '"' || c === "'") at = blank(out, at + 1, closing(source, at + 1, c)) + 1;
    else if (c === "/" && startsRegExp(source, at)) at = blank(out, at + 1, closing(source, at + 1, "/")) + 1;
    else if (c === "`" || c === "}" && templates.at(-1) === depth) {
      if (c === "}") templates.pop();
      const [end, opened] = templatePart(source, at + 1);
      blank(out, at + 1, end);
      if (opened) templates.push(depth);
      at = end + (opened ? 2 : 1);
    } else {
      if (c === "{") depth++;
      else if (c === "}") depth--;
      at++;
    }
  }
  return out.join("");
}

/** How often `name` occurs as an identifier of its own, not as a member `.name`, in blanked code. */
export function countUses(blanked: string, name: string): number {
  const loose = "(?<![\\w$#])(?<!(?<!\\.\\.)\\.)"; // `...name` is a use, `a.name` is none
  return [...blanked.matchAll(new RegExp(`${loose}${RegExp.escape(name)}(?![\\w$])`, "g"))].length;
}

function blank(out: string[], from: number, to: number): number {
  for (let i = from; i < to; i++) if (out[i] !== "\n") out[i] = " ";
  return to;
}

function endOf(source: string, mark: string, from: number): number {
  const found = source.indexOf(mark, from);
  return found < 0 ? source.length + 1 : found + mark.length;
}

/** Offset of the quote (or slash) that closes a literal; a slash inside `[…]` closes nothing. */
function closing(source: string, from: number, mark: string): number {
  let inClass = false;
  for (let i = from; i < source.length; i++) {
    const c = source[i];
    if (c === "\\") i++;
    else if (mark === "/" && c === "[") inClass = true;
    else if (mark === "/" && c === "]") inClass = false;
    else if (c === mark && !inClass || c === "\n") return i;
  }
  return source.length;
}

/** The end of a template's text, and whether it ends in `${` rather than a backtick. */
function templatePart(source: string, from: number): [end: number, opened: boolean] {
  for (let i = from; i < source.length; i++) {
    if (source[i] === "\\") i++;
    else if (source[i] === "`") return [i, false];
    else if (source[i] === "$" && source[i + 1] === "{") return [i, true];
  }
  return [source.length, false];
}

/** A slash divides behind a value, and begins a regular expression everywhere else. */
function startsRegExp(source: string, at: number): boolean {
  const before = source.slice(Math.max(0, at - 40), at).trimEnd();
  return before === "" || /[(,=:[!&|?{};+\-*%<>~^]$|\b(return|typeof|case|in|of|void|throw|await|yield)$/.test(before);
}
