/** What all parts of the parser do with tokens: take this one or say what was expected, and read numbers that fit their field. */
import { Lexer, type LexerOptions, type Token } from "./lexer.ts";
import { NotInTheLanguage, NotSupported, quote } from "./malformed.ts";
import type { Need } from "./script.ts";

/** The largest sequence number, timestamp and the like. */
export const MAX_U32 = 0xffff_ffff;

export class TokenReader {
  readonly #lexer: Lexer;

  constructor(file: string, text: string, options: LexerOptions) {
    this.#lexer = new Lexer(file, text, options);
  }

  /** What the lexer saw that this interpreter does not have. */
  get needs(): readonly Need[] {
    return this.#lexer.needs;
  }

  peek(behind = 0): Token {
    return this.#lexer.peek(behind);
  }

  next(): Token {
    return this.#lexer.next();
  }

  textUpTo(mark: string): string | undefined {
    return this.#lexer.textUpTo(mark);
  }

  /** Whether this is what comes next: a mark or a word. */
  sees(text: string, behind = 0): boolean {
    const token = this.peek(behind);
    return token.raw === text && (token.kind === "mark" || token.kind === "word" || token.kind === "ellipsis");
  }

  /** Takes this mark or word, if it comes next. */
  takes(text: string): boolean {
    const seen = this.sees(text);
    if (seen) this.next();
    return seen;
  }

  /** Takes this mark or word; nothing else may stand here. */
  expect(text: string, expected = `'${text}'`): Token {
    return this.sees(text) ? this.next() : this.fail(expected);
  }

  /** Takes a whole number in decimal or hexadecimal, from `least` to `most`; `what` it is completes "expected …". */
  integer(what: string, most: number, least = 0): number {
    const token = this.peek();
    const { kind, raw } = token;
    const value = kind === "integer" || kind === "hex" ? Number(raw) : NaN;
    if (!(value >= least && value <= most)) return this.fail(`${what} from ${least} to ${most}`);
    this.next();
    return value + 0; // no −0
  }

  /** Ends the parsing: something else was expected where `at` stands. */
  fail(expected: string, at: Token = this.peek()): never {
    throw new NotInTheLanguage(at.place, expected, found(at));
  }

  /** Ends the event: it needs what we do not have. */
  unsupported(what: string, at: Token = this.peek()): never {
    throw new NotSupported(at.place, what);
  }
}

function found(token: Token): string {
  return token.kind === "end" ? "the end of the file" : quote(token.raw.split("\n", 1)[0] as string);
}
