/**
 * The code between %{ and }%. The language leaves it to Python; what scripts use of it is this, and this is all there is here:
 *
 *     assert tcpi_snd_cwnd == 10, "the initial window"
 *     assert 2 <= tcpi_unacked < 5; print(tcpi_rto)
 *
 * An assertion is an expression over the fields of `struct tcp_info`, its constants and numbers, with Python's operators, in Python's order of
 * binding; what `print` says is not said. Everything else needs Python, and is a need. A block is read as a whole before anything is asserted.
 * Nothing is ever handed to JavaScript to be run.
 */
import { type CodeToken, codeTokens, placeInside } from "./code_tokens.ts";
import { NotInTheLanguage, NotSupported, quote } from "./malformed.ts";
import { both, CannotReckon, compare, FUNCTIONS, unary } from "./reckon.ts";
import type { Malformed, Need, Place } from "./script.ts";
import { TCP_INFO_CONSTANTS, tcpInfoText } from "./tcp_info.ts";

/** What came of a code block. */
export type Evaluation =
  | { readonly kind: "passed" }
  /** `expected`: the expression; `got`: what its names are. "tcpi_snd_cwnd == 10", "tcpi_snd_cwnd is 8". */
  | { readonly kind: "failed"; readonly place: Place; readonly expected: string; readonly got: string }
  | { readonly kind: "needs"; readonly need: Need }
  | { readonly kind: "malformed"; readonly malformed: Malformed };

type Names = Readonly<Record<string, number>>;
type Reckon = (names: Names) => number;

interface Assertion {
  readonly start: number;
  readonly text: string;
  readonly reckon: Reckon;
  readonly names: readonly string[];
  readonly message: string;
}

/** Characters that a block may have. */
const MAX_LENGTH = 100_000;

/** Asks a block. `place` is where its text begins; `names` are what TCP_INFO says. */
export function evaluate(text: string, place: Place, names: Names): Evaluation {
  if (text.length > MAX_LENGTH) {
    return {
      kind: "malformed",
      malformed: { place, expected: `code of ${MAX_LENGTH} characters at most`, found: `${text.length} of them` },
    };
  }
  try {
    for (const assertion of new CodeParser(text, place, names).assertions()) {
      const got = contradiction(assertion, names);
      if (got !== undefined) return { kind: "failed", place: placeInside(text, place, assertion.start), expected: assertion.text, got };
    }
    return { kind: "passed" };
  } catch (error) {
    if (error instanceof NotInTheLanguage) return { kind: "malformed", malformed: error.malformed };
    if (error instanceof NotSupported) return { kind: "needs", need: error.need };
    throw error;
  }
}

/** What an assertion has against it; undefined when it holds. */
function contradiction({ reckon, names: used, message }: Assertion, names: Names): string | undefined {
  const values = used.map((name) => `${name} is ${tcpInfoText(name, names[name])}`).join(", ");
  const behind = message === "" ? "" : ` (${message})`;
  try {
    return reckon(names) === 0 ? `${values === "" ? "it does not hold" : values}${behind}` : undefined;
  } catch (error) {
    if (!(error instanceof CannotReckon)) throw error;
    return `${error.message}${values === "" ? "" : `, where ${values}`}${behind}`;
  }
}

const MAX_NESTING = 64;

/** From the loosest operators to the tightest, between comparisons and signs. */
const LEVELS: readonly (readonly string[])[] = [["|"], ["^"], ["&"], ["<<", ">>"], ["+", "-"], ["*", "/", "//", "%"]];
const COMPARISONS = ["==", "!=", "<", "<=", ">", ">="];

class CodeParser {
  readonly #text: string;
  readonly #place: Place;
  readonly #known: Names;
  readonly #tokens: readonly CodeToken[];
  #at = 0;
  #depth = 0;
  /** Names in the assertion that is being read. */
  #used: Set<string> = new Set();

  constructor(text: string, place: Place, known: Names) {
    this.#text = text;
    this.#place = place;
    this.#known = known;
    this.#tokens = codeTokens(text);
  }

  assertions(): readonly Assertion[] {
    const assertions: Assertion[] = [];
    for (; this.#token.kind !== "end"; this.#at++) {
      if (this.#token.kind !== "line") this.#statement(assertions);
    }
    return assertions;
  }

  /** Reads a statement, up to what ends it. */
  #statement(assertions: Assertion[]): void {
    const { kind, text } = this.#token;
    if (kind !== "name") this.#unexpected("a statement");
    if (text === "assert") assertions.push(this.#assertion());
    else if (text === "print") this.#skipStatement();
    else if (text === "pass") this.#at++;
    else this.#python();
    if (this.#token.kind !== "line" && this.#token.kind !== "end") this.#unexpected("the end of the statement");
  }

  #assertion(): Assertion {
    this.#at++;
    this.#used = new Set();
    const { start } = this.#token;
    const reckon = this.#or();
    const text = this.#text.slice(start, this.#tokens[this.#at - 1]?.end).replaceAll(/(\\?\s)+/g, " ");
    return { start, text, reckon, names: [...this.#used], message: this.#takes(",") ? this.#message() : "" };
  }

  /** What is said when it fails: anything Python can reckon; only a plain text is kept. */
  #message(): string {
    const { kind, text } = this.#token;
    const begin = this.#at;
    this.#skipStatement();
    return kind === "string" && this.#at === begin + 1 ? text.slice(1, -1) : "";
  }

  #skipStatement(): void {
    while (this.#token.kind !== "line" && this.#token.kind !== "end") this.#at++;
  }

  #or(): Reckon {
    if (++this.#depth > MAX_NESTING) this.#fail(`at most ${MAX_NESTING} brackets in each other`);
    const any = this.#several("or", () => this.#and());
    this.#depth--;
    // As in Python, what is left undecided by all before is the last one's value.
    return any.length === 1 ? any[0] as Reckon : (names) => {
      let value = 0;
      for (const one of any) if ((value = one(names)) !== 0) break;
      return value;
    };
  }

  #and(): Reckon {
    const all = this.#several("and", () => this.#not());
    return all.length === 1 ? all[0] as Reckon : (names) => {
      let value = 1;
      for (const one of all) if ((value = one(names)) === 0) break;
      return value;
    };
  }

  #not(): Reckon {
    let times = 0;
    while (this.#takes("not")) times++;
    const inner = this.#comparison();
    if (times === 0) return inner;
    return (names) => Number((inner(names) === 0) === (times % 2 === 1));
  }

  #comparison(): Reckon {
    const first = this.#binary(0);
    const rest: (readonly [operator: string, operand: Reckon])[] = [];
    while (COMPARISONS.includes(this.#token.text)) rest.push([this.#take(), this.#binary(0)]);
    if (rest.length === 0) return first;
    return (names) => {
      let left = first(names);
      for (const [operator, operand] of rest) {
        const right = operand(names);
        if (!compare(operator, left, right)) return 0;
        left = right;
      }
      return 1;
    };
  }

  #binary(level: number): Reckon {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#signed();
    const first = this.#binary(level + 1);
    const rest: (readonly [operator: string, operand: Reckon])[] = [];
    while (this.#token.kind === "operator" && operators.includes(this.#token.text)) rest.push([this.#take(), this.#binary(level + 1)]);
    if (rest.length === 0) return first;
    return (names) => rest.reduce((left, [operator, operand]) => both(operator, left, operand(names)), first(names));
  }

  #signed(): Reckon {
    const signs: string[] = [];
    while (["+", "-", "~"].includes(this.#token.text)) signs.push(this.#take());
    const operand = this.#operand();
    if (this.#token.text === "**" || this.#token.text === "[" || this.#token.text === ".") this.#python();
    return signs.length === 0 ? operand : (names) => signs.reduceRight((value, sign) => unary(sign, value), operand(names));
  }

  #operand(): Reckon {
    const token = this.#token;
    const { kind, text } = token;
    if (kind === "number") {
      const value = Number(this.#take());
      return Number.isFinite(value) ? () => value : this.#fail("a number that is not that large", token);
    }
    if (kind === "name" && !/^\d/.test(text)) return this.#named();
    if (this.#takes("(")) {
      const inner = this.#or();
      if (this.#token.text === ",") this.#python();
      if (!this.#takes(")")) this.#unexpected("')'");
      return inner;
    }
    return this.#unexpected("a number, a name or '('");
  }

  #named(): Reckon {
    const token = this.#token;
    const name = this.#take();
    if (name === "True" || name === "False") return () => Number(name === "True");
    if (this.#takes("(")) return this.#function(name, token);
    const constant = Object.hasOwn(TCP_INFO_CONSTANTS, name) ? TCP_INFO_CONSTANTS[name] : undefined;
    if (constant !== undefined) return () => constant;
    if (/^(lambda|if|else|in|is|None|await|yield|assert|and|or|not)$/.test(name)) this.#unexpected("a number, a name or '('", token);
    if (!Object.hasOwn(this.#known, name)) {
      throw new NotSupported(
        placeInside(this.#text, this.#place, token.start),
        name.startsWith("tcpi_") ? name : `the name ${quote(name)}`,
      );
    }
    this.#used.add(name);
    return (names) => names[name] as number;
  }

  #function(name: string, token: CodeToken): Reckon {
    const reckon = FUNCTIONS.get(name);
    if (reckon === undefined) return this.#python(token);
    const args: Reckon[] = [];
    if (!this.#takes(")")) {
      do args.push(this.#or()); while (this.#takes(","));
      if (!this.#takes(")")) this.#unexpected("',' or ')'");
    }
    if (args.length < reckon.least || args.length > reckon.most) this.#fail(`${name}() with ${reckon.takes}`, token);
    return (names) => reckon.reckon(args.map((arg) => arg(names)));
  }

  /** Operands with a word between them. */
  #several(word: string, operand: () => Reckon): Reckon[] {
    const all = [operand()];
    while (this.#takes(word)) all.push(operand());
    return all;
  }

  get #token(): CodeToken {
    return this.#tokens[Math.min(this.#at, this.#tokens.length - 1)] as CodeToken;
  }

  #take(): string {
    const { text } = this.#token;
    this.#at++;
    return text;
  }

  #takes(text: string): boolean {
    const taken = this.#token.text === text;
    if (taken) this.#at++;
    return taken;
  }

  /** What is Python, but not of what we know, is a need; what is neither is malformed. */
  #unexpected(expected: string, token: CodeToken = this.#token): never {
    const python = token.kind === "string" || /^(lambda|if|else|in|is|None|await|yield|for|[\[\]{}.:@=])$/.test(token.text);
    return python ? this.#python(token) : this.#fail(expected, token);
  }

  #python(token: CodeToken = this.#token): never {
    throw new NotSupported(placeInside(this.#text, this.#place, token.start), "Python");
  }

  #fail(expected: string, token: CodeToken = this.#token): never {
    const found = token.kind === "end" ? "the end of the code" : token.text === "\n" ? "the end of the line" : quote(token.text);
    throw new NotInTheLanguage(placeInside(this.#text, this.#place, token.start), expected, found);
  }
}
