/**
 * The loop in lines: nothing is ever moved or overwritten, each piece of news is a sentence that begins with what it is about. For screen readers, for
 * pipes, and for terminals that can do no more. A command is a letter and Enter.
 */
import { loadErrorText } from "../lab/load_error.ts";
import { wrapAround } from "../lab/text.ts";
import { Commands, type Key, KEYS, type Page, type Question, type Shown } from "./commands.ts";
import { LABS, type News, type Session } from "./session.ts";
import { checkStory, doneStory, obstacleStory, OUTCOMES, two } from "./story.ts";

/** The keys that need a screen are left out. */
const LETTERS = KEYS.filter(({ key }) => key !== "e");
const NUMBER: Key = { key: "12", name: "number", says: "goes to check 12; a lists them all" };
const STAY = "The verdicts from before stay.";

export class PlainView {
  readonly #session: Session;
  readonly #commands: Commands;
  readonly #print: (text: string) => void;
  #asked: Question | undefined;
  /** The page that was printed last, with the key that did. */
  #last: { readonly key: string; readonly page: Page } | undefined;
  #shown = "";
  #welcomed = false;

  constructor(session: Session, print: (text: string) => void) {
    this.#session = session;
    this.#commands = new Commands(session, [...LETTERS, NUMBER], true);
    this.#print = (text) => print(wrapAround(inWords(text)));
  }

  hear(news: News): void {
    const session = this.#session;
    switch (news.kind) {
      case "begin":
        return this.#begin(news.saved);
      case "verdict": {
        if (!news.first) return;
        const { outcome } = news.result.verdict;
        if (session.waited !== undefined && outcome === "passed") this.#print(`${news.result.check.id} passes.`);
        else this.#tellCheck();
        return;
      }
      case "moved":
        return this.#tellCheck();
      case "end":
        return this.#end();
      case "obstacle":
        return this.#print(`\n${obstacleStory(session, loadErrorText).join("\n")}${session.results.size === 0 ? "" : `\n\n${STAY}`}\n`);
      case "blame":
      case "trouble":
        return this.#print(news.text);
      case "round":
        return;
    }
  }

  /** A line that was typed. True: it is over. */
  async type(line: string): Promise<boolean> {
    const words = line.trim();
    if (this.#asked !== undefined) {
      const { answer } = this.#asked;
      this.#asked = undefined;
      this.#show("", await answer(words));
      return false;
    }
    const key = words.toLowerCase();
    if (key === "") return false;
    if (/^\d+$/.test(key)) {
      this.#shown = "";
      this.#show("", this.#commands.choose(Number(key) - 1));
      return false;
    }
    const { key: known } = LETTERS.find(({ key: letter, name }) => letter === key || name === key) ?? { key };
    if (known === "q") return true;
    const again = this.#last?.key === known ? this.#last.page.again : undefined;
    this.#show(known, await (again?.() ?? this.#commands.press(known)));
    return false;
  }

  #begin(saved: readonly string[]): void {
    const { lab } = this.#session;
    this.#shown = "";
    if (saved.length > 0) return this.#print(`\nSaved: ${saved.join(", ")}`);
    this.#print(`\nLab ${two(lab)}, ${lab.name}. Handout: labs/${lab.folder}/README.md`);
    if (this.#welcomed) return;
    this.#welcomed = true;
    const done = LABS.filter(({ folder }) => this.#session.progress.labs[folder]?.done).length;
    this.#print(
      `${done} of ${LABS.length} labs are done. Save a file, and its checks run again. A letter and Enter: ${
        LETTERS.map(({ key, name }) => `${key} ${name}`).join(", ")
      }.`,
    );
  }

  /** The check that the learner is at, unless it was just told. */
  #tellCheck(): void {
    const { at, results } = this.#session;
    const result = at === undefined ? undefined : results.get(at.id);
    if (at === undefined || result === undefined) return;
    const text = checkStory(this.#session, at).join("\n");
    const head = `${at.id} ${OUTCOMES[result.verdict.outcome].word}: ${at.title}`;
    if (this.#shown === `${head}${text}`) return;
    this.#shown = `${head}${text}`;
    this.#print(`\n${head}\n\n${text}\n`);
  }

  #end(): void {
    const session = this.#session;
    const { score: { passed, points }, kept } = session;
    const broken = session.broken.map(({ id }) => id);
    if (broken.length > 0) this.#print(`Passed before, and not now: ${broken.slice(0, 8).join(", ")}${broken.length > 8 ? " …" : ""}`);
    if (kept.back > 0) this.#print(`Failures that you kept: ${kept.back} of ${kept.count} ${kept.back === 1 ? "is" : "are"} back.`);
    if (session.isDone) this.#print(`\n${doneStory(session).join("\n")}`);
    this.#print(`${passed} of ${session.size} checks, ${points} of ${session.lab.points} points. Seed ${session.seed}. ? lists the keys.`);
  }

  #show(key: string, shown: Shown): void {
    this.#last = undefined;
    if (shown === undefined) return;
    if (typeof shown === "string") return this.#print(shown);
    if ("question" in shown) {
      this.#asked = shown;
      return this.#print(`\n${[...shown.choices, shown.question].join("\n")}`);
    }
    this.#last = { key, page: shown };
    const lines = shown.lines();
    this.#print(`\n${shown.title}\n\n${sectionOf(lines, shown.top?.() ?? 0).map(({ text }) => text).join("\n")}\n`);
  }
}

/** What is read aloud has no marks. */
function inWords(text: string): string {
  return text.replaceAll("──▶", "to").replaceAll("◀──", "from").replaceAll("✘ ", "wrong: ").replaceAll("✔ ", "").replaceAll(
    "▸ ",
    "folded: ",
  );
}

/** A document is printed from where it was opened to the end of that section. */
function sectionOf<T extends { readonly anchor?: string }>(lines: readonly T[], top: number): readonly T[] {
  if (lines[top]?.anchor === undefined || top === 0) return lines;
  const end = lines.findIndex(({ anchor }, index) => index > top && anchor !== undefined);
  return lines.slice(top, end < 0 ? undefined : end);
}
