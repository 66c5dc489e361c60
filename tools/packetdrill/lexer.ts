/**
 * The words of the packetdrill language: a text becomes tokens, one at a time, so that a file that goes wrong early costs nothing more.
 *
 *     +0 < S. 0:0(0) <mss 1000>      marks, words, integers
 *     +.1 read(3, ..., 1e3)          a float; "..." is one token
 *     `sysctl -q …`   %{ … }%        a command, a code block: one token each, over as many lines as they like
 *     --tolerance_usecs=75000        an option, with its value
 *     // # and C's comments          nothing
 *     #ifdef NAME  #else  #endif     decided here, on lines of their own: what is left out is never looked at
 *
 * Loops go character by character rather than by regular expressions, whose stack a text of 10 MB could exhaust.
 */
import { NotInTheLanguage, quote } from "./malformed.ts";
import type { Need, Place } from "./script.ts";
import { closedBy, type Conditional, enterConditional, isDirective, lineEnd, openSource, placeAt, type Source } from "./source.ts";

/** What a token is; marks are single characters. */
export type TokenKind = "word" | "integer" | "hex" | "float" | "string" | "command" | "code" | "option" | "ellipsis" | "mark" | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly place: Place;
  /** As it is written. */
  readonly raw: string;
  /** What it means: a string without its quotes and escapes, the inside of a command or a code block, the name of an option. */
  readonly text: string;
  /** Of an option: undefined when it has none. */
  readonly value?: string;
  /** Whether it is the first on its line. */
  readonly first: boolean;
}

/** What a lexer may know of the world. */
export interface LexerOptions {
  /** Reads a file that the script includes. */
  readonly read?: (path: string) => string | undefined;
  /** Names for #ifdef. */
  readonly defines: ReadonlySet<string>;
}

/** Files that a script may include, counted one by one however often. */
const MAX_INCLUDES = 100;

export class Lexer {
  /** What it saw that this interpreter does not have. */
  readonly needs: Need[] = [];
  readonly #options: LexerOptions;
  readonly #outer: Source[] = [];
  #source: Source;
  #includes = 0;
  readonly #ahead: Token[] = [];

  constructor(file: string, text: string, options: LexerOptions) {
    this.#options = options;
    this.#source = openSource(file, text);
  }

  /** The token that comes next, or the one that many behind it; it stays. */
  peek(behind = 0): Token {
    while (this.#ahead.length <= behind) this.#ahead.push(this.#read());
    return this.#ahead[behind] as Token;
  }

  /** Takes the next token. */
  next(): Token {
    return this.#ahead.shift() ?? this.#read();
  }

  /**
   * Takes the text up to a closing mark on this line, and the mark, behind the token that was taken last. Only where nothing was peeked at.
   * Undefined when the line ends first.
   */
  textUpTo(mark: string): string | undefined {
    if (this.#ahead.length > 0) throw new Error("A token was peeked at");
    const { text, at } = this.#source;
    for (let end = at; end < text.length && text[end] !== "\n"; end++) {
      if (text[end] !== mark) continue;
      this.#source.at = end + 1;
      return text.slice(at, end);
    }
    return undefined;
  }

  #read(): Token {
    for (;;) {
      const source = this.#source;
      this.#skipBlanks();
      if (this.#source !== source) continue; // an #include
      if (source.at < source.text.length) return this.#token();
      this.#closeConditionals();
      const outer = this.#outer.pop();
      if (outer === undefined) return { kind: "end", place: placeAt(source, source.at), raw: "", text: "", first: source.fresh };
      this.#source = outer;
    }
  }

  /** Goes over white space, comments and directives. */
  #skipBlanks(): void {
    const source = this.#source;
    const { text } = source;
    while (source.at < text.length) {
      const c = text.charCodeAt(source.at);
      if (c === 10) {
        source.fresh = true;
        source.at++;
      } else if (c === 32 || c >= 9 && c <= 13 || c === 0xfeff) source.at++;
      else if (c === 35 && source.fresh && isDirective(source)) {
        this.#directive();
        if (this.#source !== source) return;
      } else if (c === 35 || c === 47 && text[source.at + 1] === "/") source.at = lineEnd(text, source.at);
      else if (c === 47 && text[source.at + 1] === "*") this.#skipComment();
      else return;
    }
  }

  #skipComment(): void {
    const source = this.#source;
    const end = source.text.indexOf("*/", source.at + 2);
    if (end < 0) throw new NotInTheLanguage(placeAt(source, source.at), "a */ at the end of this comment", "the end of the file");
    source.at = end + 2;
  }

  #directive(): void {
    const source = this.#source;
    const place = placeAt(source, source.at);
    const end = lineEnd(source.text, source.at);
    const line = source.text.slice(source.at, end).replace(/\/\/.*$/, "").trim();
    source.at = end;
    const [, word = "", rest = ""] = /^#(\w+)\s*([^]*)$/.exec(line) ?? [];
    if (word === "include") this.#include(place, rest);
    else if (word === "ifdef" || word === "ifndef") {
      if (!/^\w+$/.test(rest)) {
        throw new NotInTheLanguage(place, `a name behind #${word}`, rest === "" ? "the end of the line" : quote(rest));
      }
      const holds = this.#options.defines.has(rest) === (word === "ifdef");
      enterConditional(source, { place, word, inElse: false }, holds);
    } else if (word === "else" || word === "endif") closedBy(source, place, word);
    else this.needs.push({ place, what: `the directive #${word}` });
  }

  #include(place: Place, rest: string): void {
    const name = /^"([^"]+)"$|^<([^>]+)>$/.exec(rest);
    const path = name?.[1] ?? name?.[2];
    if (path === undefined) throw new NotInTheLanguage(place, 'a file behind #include, as in #include "name"', quote(rest));
    if (++this.#includes > MAX_INCLUDES) throw new NotInTheLanguage(place, `at most ${MAX_INCLUDES} files to include`, "one more");
    const full = path.startsWith("/") ? path : `${place.file.slice(0, place.file.lastIndexOf("/") + 1)}${path}`;
    const text = this.#options.read?.(full);
    if (text === undefined) throw new NotInTheLanguage(place, "a file that can be read", quote(path));
    this.#outer.push(this.#source);
    this.#source = openSource(full, text);
  }

  #closeConditionals(): void {
    const open: Conditional | undefined = this.#source.conditionals.at(-1);
    if (open !== undefined) throw new NotInTheLanguage(open.place, `an #endif for this #${open.word}`, "the end of the file");
  }

  #token(): Token {
    const source = this.#source;
    const start = source.at;
    const place = placeAt(source, start);
    const first = source.fresh;
    source.fresh = false;
    const make = (kind: TokenKind, text?: string): Token => {
      const raw = source.text.slice(start, source.at);
      return { kind, place, raw, text: text ?? raw, first };
    };
    const { text } = source;
    const c = text.charCodeAt(start);
    if (c === 34) return make("string", unescape(this.#quoted(place, '"', "a closing quote")));
    if (c === 96) return make("command", this.#quoted(place, "`", "a closing backtick").replaceAll("\\`", "`"));
    if (text.startsWith("%{", start)) return make("code", this.#code(place));
    if (text.startsWith("...", start)) return source.at += 3, make("ellipsis");
    if (text.startsWith("--", start) && isWord(text.charCodeAt(start + 2))) return this.#option(place, first);
    const number = this.#number();
    if (number !== undefined) return make(number);
    if (isWord(c)) {
      source.at = wordEnd(text, start);
      return make(kindOfWord(text.slice(start, Math.min(source.at, start + 20)), source.at - start));
    }
    source.at += (text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1;
    return make("mark");
  }

  /** A number that begins with a sign or has a point in it; takes it. */
  #number(): "integer" | "float" | undefined {
    const source = this.#source;
    const { text } = source;
    let at = source.at;
    if (text[at] === "-") at++;
    const digits = at;
    while (isDigit(text.charCodeAt(at))) at++;
    const point = text[at] === "." && isDigit(text.charCodeAt(at + 1));
    if (point) { for (at++; isDigit(text.charCodeAt(at)); at++); }
    else if (at === digits || digits === source.at) return undefined;
    source.at = at;
    return point ? "float" : "integer";
  }

  #quoted(place: Place, mark: string, expected: string): string {
    const source = this.#source;
    const { text } = source;
    const start = source.at + 1;
    let at = start;
    while (at < text.length && text[at] !== mark) at += text[at] === "\\" ? 2 : 1;
    if (at >= text.length) throw new NotInTheLanguage(place, `${expected} for this one`, "the end of the file");
    source.at = at + 1;
    return text.slice(start, at);
  }

  #code(place: Place): string {
    const source = this.#source;
    const start = source.at + 2;
    const end = source.text.indexOf("}%", start);
    if (end < 0) throw new NotInTheLanguage(place, "a }% at the end of this code", "the end of the file");
    source.at = end + 2;
    return source.text.slice(start, end);
  }

  /** "--name", "--name=value", `--name = "a value"`. */
  #option(place: Place, first: boolean): Token {
    const source = this.#source;
    const { text } = source;
    const start = source.at;
    const nameEnd = wordEnd(text, start + 2);
    source.at = nameEnd;
    const name = text.slice(start + 2, nameEnd);
    const token = (value?: string): Token => {
      const raw = text.slice(start, source.at);
      return { kind: "option", place, raw, text: name, first, ...(value === undefined ? {} : { value }) };
    };
    let at = skipSpaces(text, nameEnd);
    if (text[at] !== "=") return token();
    at = skipSpaces(text, at + 1);
    source.at = at;
    const valuePlace = placeAt(source, at);
    if (text[at] === '"') return token(unescape(this.#quoted(valuePlace, '"', "a closing quote")));
    while (at < text.length && !endsValue(text, at)) at++;
    if (at === source.at) {
      throw new NotInTheLanguage(valuePlace, `a value for --${name}`, at < text.length ? "the end of the line" : "the end of the file");
    }
    const value = text.slice(source.at, at);
    source.at = at;
    return token(value);
  }
}

function skipSpaces(text: string, from: number): number {
  let at = from;
  while (text[at] === " " || text[at] === "\t") at++;
  return at;
}

function wordEnd(text: string, from: number): number {
  let at = from;
  while (isWord(text.charCodeAt(at))) at++;
  return at;
}

/** Whether the value of an option ends here: at white space, a comment or a command. */
function endsValue(text: string, at: number): boolean {
  const c = text[at] as string;
  return c <= " " || c === "`" || c === "#" || c === "/" && (text[at + 1] === "/" || text[at + 1] === "*");
}

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

function isWord(c: number): boolean {
  return isDigit(c) || c >= 97 && c <= 122 || c >= 65 && c <= 90 || c === 95;
}

/** Words of digits are numbers; `beginning` is enough of the word to tell, as long as numbers are that short. */
function kindOfWord(beginning: string, length: number): TokenKind {
  if (/^0[xX][0-9a-fA-F]+$/.test(beginning)) return "hex";
  return /^\d+$/.test(beginning) && length <= 20 ? "integer" : "word";
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", v: "\v", f: "\f", b: "\b", a: "\x07" };

/** Undoes the escapes of a string, which are C's. */
function unescape(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replaceAll(/\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|[^])/g, (_, escape: string) => {
    if (/^x./.test(escape)) return String.fromCharCode(parseInt(escape.slice(1), 16));
    if (/^[0-7]/.test(escape)) return String.fromCharCode(parseInt(escape, 8) & 0xff);
    return ESCAPES[escape] ?? escape;
  });
}
