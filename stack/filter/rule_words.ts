/**
 * One line of rules as words: what is between blanks, commas by themselves, and what is in quotes; "#" begins a comment. Words are taken one by one, and
 * there is no way back, so the time it takes to read a text grows with its length and no faster. Every complaint says where: `RuleWords.fail`.
 */
import { RuleError } from "./rules.ts";

/** A word, and the column where it begins, from 1. */
export interface Word {
  readonly text: string;
  readonly column: number;
}

export class RuleWords {
  /** From 1. */
  readonly line: number;
  readonly #file: string;
  readonly #words: Word[] = [];
  readonly #end: number;
  #at = 0;

  constructor(file: string, line: number, content: string) {
    this.#file = file;
    this.line = line;
    this.#end = content.trimEnd().length + 1;
    for (const { 0: text, index } of content.matchAll(/"[^"]*"?|#.*|,|[^\s",#]+/g)) {
      if (!text.startsWith("#")) this.#words.push({ text, column: index + 1 });
    }
  }

  /** The whole line, as it is printed. */
  get text(): string {
    const isTight = (index: number): boolean => index === 0 || this.#words[index]?.text === "," || this.#words[index - 1]?.text === ",";
    return this.#words.map(({ text }, index) => isTight(index) ? text : ` ${text}`).join("");
  }

  /** The next word, which stays where it is. */
  peek(): Word | undefined {
    return this.#words[this.#at];
  }

  /** Takes the next word. `wanted` is what is missing when there is none. */
  next(wanted: string): Word {
    return this.#words[this.#at++] ?? this.fail(`The line ends, and ${wanted} is missing`);
  }

  /** Takes the next word, if it is this one. */
  takes(text: string): boolean {
    const isThis = this.peek()?.text === text;
    if (isThis) this.#at++;
    return isThis;
  }

  /** Takes one of these names. */
  oneOf<Name extends string>(names: readonly Name[], what: string): Name {
    const word = this.next(`${what} (${names.join(", ")})`);
    return names.find((name) => name === word.text) ?? this.fail(`${quote(word.text)} is not ${what}: ${names.join(", ")}`, word);
  }

  /** Takes a whole number from 0 to `most`. */
  number(most: number, what: string): number {
    const word = this.next(what);
    return numberIn(word.text, most) ?? this.fail(`${quote(word.text)} is not ${what}: 0 to ${most}`, word);
  }

  /** Takes several things with commas between them. */
  list<Thing>(take: () => Thing): Thing[] {
    const all = [take()];
    while (this.takes(",")) all.push(take());
    return all;
  }

  /** Complains of `word`, or of the end of the line. */
  fail(sentence: string, word?: Word): never {
    throw new RuleError(this.#file, this.line, word?.column ?? this.#end, `${sentence}.`);
  }
}

/** The whole number from 0 to `most` that is written there. */
export function numberIn(text: string, most: number): number | undefined {
  return /^\d{1,9}$/.test(text) && Number(text) <= most ? Number(text) : undefined;
}

/** A word as a sentence names it: not more of it than helps, and nothing that a terminal would obey. */
export function quote(text: string): string {
  const short = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return JSON.stringify(short).replaceAll(/[^ -~…]/g, "?");
}
