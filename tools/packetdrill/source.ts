/** A file on its way through the lexer, and the lines in it that decide what is looked at: #ifdef, #ifndef, #else, #endif. */
import { NotInTheLanguage } from "./malformed.ts";
import type { Place } from "./script.ts";

export interface Source {
  readonly file: string;
  readonly text: string;
  /** Offset of what comes next. */
  at: number;
  /** The line that places were last asked for, and where it begins and ends. */
  line: number;
  lineStart: number;
  lineEnd: number;
  /** Whether nothing but white space and comments stands on this line so far. */
  fresh: boolean;
  /** Those that are open and hold. */
  readonly conditionals: Conditional[];
}

export interface Conditional {
  readonly place: Place;
  readonly word: string;
  /** Whether its #else has come. */
  readonly inElse: boolean;
}

const DIRECTIVE = /#(ifdef|ifndef|else|endif|include|define|undef)(?!\w)/y;

export function openSource(file: string, text: string): Source {
  return { file, text, at: 0, line: 1, lineStart: 0, lineEnd: lineEnd(text, 0), fresh: true, conditionals: [] };
}

/** Where an offset is. Offsets have to come in their order, so that all of them together cost one walk through the text. */
export function placeAt(source: Source, offset: number): Place {
  while (source.lineEnd < offset) {
    source.line++;
    source.lineStart = source.lineEnd + 1;
    source.lineEnd = lineEnd(source.text, source.lineStart);
  }
  return { file: source.file, line: source.line, column: offset - source.lineStart + 1 };
}

/** Offset of the line break that comes next, or of the end. */
export function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

/** Whether the "#" that comes next begins a directive; else it begins a comment. */
export function isDirective(source: Source): boolean {
  DIRECTIVE.lastIndex = source.at;
  return DIRECTIVE.test(source.text);
}

/** Begins to look, or not, behind an #ifdef. */
export function enterConditional(source: Source, conditional: Conditional, holds: boolean): void {
  if (holds || skipTo(source, conditional, true) === "else") source.conditionals.push({ ...conditional, inElse: !holds });
}

/** An #else or #endif behind lines that were looked at. */
export function closedBy(source: Source, place: Place, word: "else" | "endif"): void {
  const open = source.conditionals.pop();
  if (open === undefined) throw new NotInTheLanguage(place, `an #ifdef before this`, `'#${word}'`);
  if (word === "endif") return;
  if (open.inElse) throw new NotInTheLanguage(place, `the #endif of line ${open.place.line}`, "a second '#else'");
  skipTo(source, open, false);
}

/** Goes over lines to the #endif that closes a conditional, or to its #else where that counts. */
function skipTo(source: Source, conditional: Conditional, elseCounts: boolean): "else" | "endif" {
  const { text } = source;
  let depth = 0;
  let seenElse = !elseCounts;
  for (let end = source.at; end >= 0 && end < text.length; end = text.indexOf("\n", end + 1)) {
    const start = end + 1;
    const word = directiveOf(text, start);
    if (word === "ifdef" || word === "ifndef") depth++;
    if (word === "else" && depth === 0) {
      if (seenElse) throw new NotInTheLanguage(placeAt(source, start), `the #endif of line ${conditional.place.line}`, "a second '#else'");
      seenElse = true;
    }
    if (word === "endif" && depth-- === 0 || word === "else" && depth === 0 && elseCounts) {
      source.at = lineEnd(text, start);
      return word === "else" ? "else" : "endif";
    }
  }
  throw new NotInTheLanguage(conditional.place, `an #endif for this #${conditional.word}`, "the end of the file");
}

/** The word of the directive on a line, "" when it is another line. */
function directiveOf(text: string, lineStart: number): string {
  let at = lineStart;
  while (text[at] === " " || text[at] === "\t") at++;
  return text[at] === "#" ? /^#(ifdef|ifndef|else|endif)(?!\w)/.exec(text.slice(at, at + 8))?.[1] ?? "" : "";
}
