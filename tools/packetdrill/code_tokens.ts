/** The words of a code block: Python's, as far as `expression.ts` has to tell them apart. */
import type { Place } from "./script.ts";

export interface CodeToken {
  /** "line" ends a statement: a line break outside brackets, or ";". */
  readonly kind: "number" | "name" | "string" | "operator" | "line" | "end";
  readonly text: string;
  /** Where it stands in the block. */
  readonly start: number;
  readonly end: number;
}

const OPERATORS = /\*\*|\/\/|<<|>>|==|!=|<=|>=|[^]/uy;
const NUMBER = /0[xX][0-9a-fA-F]{1,20}(?!\w)|(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,3})?(?![\w.])/y;
/** Longer words than that are none. */
const WORD = /\w{1,200}/y;

/** All tokens of a block, "end" last. Brackets are not checked here: line breaks inside them are white space, whether they match or not. */
export function codeTokens(text: string): readonly CodeToken[] {
  const tokens: CodeToken[] = [];
  let depth = 0;
  let at = 0;
  const take = (kind: CodeToken["kind"], end: number): void => {
    tokens.push({ kind, text: text.slice(at, end), start: at, end });
    at = end;
  };
  while (at < text.length) {
    const c = text[at] as string;
    if (c === "\n" && depth === 0 || c === ";") take("line", at + 1);
    else if (c <= " ") at++;
    else if (c === "\\" && /^\r?\n/.test(text.slice(at + 1, at + 3))) at = text.indexOf("\n", at) + 1;
    else if (c === "#") at = comment(text, at);
    else if (c === '"' || c === "'") take("string", stringEnd(text, at, c));
    else {
      const number = matchEnd(NUMBER, text, at);
      const word = number === undefined ? matchEnd(WORD, text, at) : undefined;
      if (number !== undefined) take("number", number);
      else if (word !== undefined) take("name", word);
      else {
        if ("([{".includes(c)) depth++;
        if (")]}".includes(c)) depth = Math.max(0, depth - 1);
        take("operator", matchEnd(OPERATORS, text, at) ?? at + 1);
      }
    }
  }
  take("end", at);
  return tokens;
}

/** Line and column of an offset in a block that begins at `place`. */
export function placeInside(text: string, place: Place, offset: number): Place {
  const before = text.slice(0, offset).split("\n");
  const line = before.length - 1;
  const column = (before[line] as string).length + (line === 0 ? place.column : 1);
  return { file: place.file, line: place.line + line, column };
}

function matchEnd(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function comment(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

/** Behind the closing quote, one or three of them; where there is none, at the end of the line or the text. */
function stringEnd(text: string, from: number, quote: string): number {
  const long = quote.repeat(3);
  if (text.startsWith(long, from)) {
    const end = text.indexOf(long, from + 3);
    return end < 0 ? text.length : end + 3;
  }
  let at = from + 1;
  while (at < text.length && text[at] !== quote && text[at] !== "\n") at += text[at] === "\\" ? 2 : 1;
  return text[at] === quote ? at + 1 : Math.min(at, text.length);
}
