/** Commands as a shell reads them, as far as the setup of a script needs it: words, quotes, redirections. Nothing is run. */

/** One simple command: its words, and the file that its output goes to. */
export interface SimpleCommand {
  readonly words: readonly string[];
  readonly into?: string;
}

interface Word {
  readonly text: string;
  /** Whether it is an operator: what looks like one in quotes is none. */
  readonly operator: boolean;
}

/** Splits a text into simple commands, in their order, whatever joins them: line breaks, ";", "&&", "||", "|", "&". */
export function simpleCommands(text: string): SimpleCommand[] {
  const commands: SimpleCommand[] = [];
  let words: string[] = [];
  let into: string | undefined;
  const all = shellWords(text);
  for (let at = 0; at <= all.length; at++) {
    const word = all[at];
    if (word === undefined || word.operator && !/[<>]/.test(word.text)) {
      if (words.length > 0) commands.push({ words, ...(into === undefined ? {} : { into }) });
      words = [];
      into = undefined;
    } else if (word.operator) {
      // "2>&1" and "2>file" are about error messages.
      const target = word.text.endsWith("&1") ? undefined : all[++at]?.text;
      if (/^1?>/.test(word.text)) into = target;
    } else words.push(word.text);
  }
  return commands;
}

const OPERATOR = /\n|;|&&|\|\||&>>?|[12]?>&1|[12]?>>?|<|\||&/y;

/** Words and operators. */
function shellWords(text: string): Word[] {
  const words: Word[] = [];
  let at = 0;
  while (at < text.length) {
    OPERATOR.lastIndex = at;
    const operator = OPERATOR.exec(text)?.[0];
    if (operator !== undefined) {
      words.push({ text: operator, operator: true });
      at += operator.length;
    } else if (text.startsWith("\\\n", at)) at += 2;
    else if ((text[at] as string) <= " ") at++;
    else if (text[at] === "#") at = endOfLine(text, at);
    else {
      const [word, end] = takeWord(text, at);
      words.push({ text: word, operator: false });
      at = end;
    }
  }
  return words;
}

/** A word, which may be in quotes as a whole or in part, without them; and where it ends. */
function takeWord(text: string, from: number): [word: string, end: number] {
  let quote = "";
  let word = "";
  let at = from;
  for (; at < text.length; at++) {
    const c = text[at] as string;
    if (c === "\\" && quote !== "'") {
      const escaped = text[++at] ?? "";
      // Between double quotes a backslash is one, but for what would else mean something there.
      word += escaped === "\n" ? "" : quote === '"' && !'"\\$`'.includes(escaped) ? `\\${escaped}` : escaped;
    } else if (quote !== "") {
      if (c === quote) quote = "";
      else word += c;
    } else if (c === "'" || c === '"') quote = c;
    else if (c <= " " || ";&|<>".includes(c)) break;
    else word += c;
  }
  return [word, Math.min(at, text.length)];
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}
