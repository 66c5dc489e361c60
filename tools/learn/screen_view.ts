/**
 * The loop on a whole screen. Its middle shows the check that the learner is at, or a page over it: a hint, the ladder, a handout. It is drawn at most
 * every few milliseconds, and only what has changed.
 */
import { loadErrorText } from "../lab/load_error.ts";
import { groupText } from "../lab/report.ts";
import { coloured, paint, setPage, WIDTH, wrap } from "../lab/text.ts";
import { Commands, type Key, KEYS, type List, type Page, plain, type Question, type Shown } from "./commands.ts";
import { editorFor } from "./editor.ts";
import type { DocumentLine } from "./handout.ts";
import { bodyRows, labsLine, layOut, type Picture, roomOf, topFor } from "./layout.ts";
import type { Widths } from "./packages.ts";
import type { Round } from "./rerun.ts";
import { LABS, type News, type Session } from "./session.ts";
import { checkLine, checkStory, doneStory, obstacleStory, OUTCOMES, two } from "./story.ts";
import type { KeyPress, Terminal } from "./terminal.ts";

/** Milliseconds between two pictures while verdicts come in. */
const FRAME = 60;
/** Milliseconds for which a sentence outlives a save: it may be about that. */
const STAYS = 2000;
/** Wider text is no pleasure to read. */
const WIDEST = 100;
/** With fewer rows the marks of the group are left out. */
const ROWS_FOR_GROUP = 20;

const ARROWS: Key = { key: "↑↓", name: "move", says: "scroll, as j and k do; in a list they move, Enter goes there, Esc back" };

const ROUNDS: Readonly<Record<Round, string>> = {
  checks: "running",
  mine: "failures that you kept, beside",
  hidden: "hidden checks",
  live: "live checks",
};

export class ScreenView {
  readonly #session: Session;
  readonly #commands: Commands;
  readonly #widths: Widths;
  readonly #quit: () => void;
  #terminal: Terminal | undefined;
  /** What lies over the check, and the line of it that is on top. */
  #page: { readonly page: Page; readonly key: string } | undefined;
  #asked: { readonly question: Question; typed: string } | undefined;
  #top = 0;
  /** In a list, the item that is chosen. */
  #item = 0;
  #saved: readonly string[] = [];
  /** A sentence that stays until the next key, or the next save. */
  #sentence = "";
  #saidAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(session: Session, widths: Widths, quit: () => void) {
    this.#session = session;
    this.#commands = new Commands(session, [...KEYS, ARROWS], false);
    this.#widths = widths;
    this.#quit = quit;
  }

  /** Begins to draw. */
  show(terminal: Terminal): void {
    this.#terminal = terminal;
    this.redraw();
  }

  hear(news: News): void {
    if (news.kind === "begin") this.#saved = news.saved;
    if (news.kind === "begin" && this.#page !== undefined && this.#page.page.path === undefined) this.#close(); // what it shows was before the save
    if (news.kind === "begin" && performance.now() - this.#saidAt > STAYS) this.#sentence = "";
    if (news.kind === "trouble") this.#say(news.text);
    if (news.kind === "moved" && this.#page === undefined) this.#top = 0;
    if (news.kind === "verdict" && news.first || news.kind === "obstacle") return this.redraw();
    this.#timer ??= setTimeout(() => this.redraw(), FRAME);
  }

  async press({ name, text }: KeyPress): Promise<void> {
    this.#sentence = "";
    if (this.#asked !== undefined) await this.#type(this.#asked, name, text);
    else if (!this.#scroll(name)) await this.#command(text === "" ? name : text);
    this.redraw();
  }

  /** Draws the screen for the size that the window has now. */
  redraw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#terminal === undefined) return;
    const { size } = this.#terminal;
    setPage({ columns: Math.max(16, Math.min(size.columns, WIDEST)), coloured });
    const picture = this.#picture(size.rows);
    const room = roomOf(size, picture.labs !== undefined);
    const rows = bodyRows(picture.body, size.columns, this.#widths);
    const wanted = this.#list === undefined ? picture.top : topFor(rows, this.#item, picture.top, room);
    const top = this.#top = Math.max(0, Math.min(wanted, rows.length - room));
    const more = rows.length - top > room;
    const status = more || top > 0 ? `${more ? "↓" : " "}${top > 0 ? "↑" : " "} ${picture.status}` : picture.status;
    const shown = rows.slice(top, top + room).map(({ text }) => text);
    const drawn = layOut({ ...picture, status }, shown, size, this.#widths);
    const cursor = this.#asked === undefined
      ? undefined
      : [Math.min(this.#widths.width(status), size.columns - 1), drawn.length - 2] as const;
    this.#terminal.draw(drawn, cursor);
  }

  /** What is walked through, if that is what is shown. */
  get #list(): List | undefined {
    return this.#asked === undefined ? this.#page?.page.list : undefined;
  }

  #picture(rows: number): Picture {
    const { lab, score, size, progress } = this.#session;
    const name = `Lab ${two(lab)} · ${lab.name}`;
    const { columns } = (this.#terminal as Terminal).size;
    const page = this.#asked === undefined ? this.#page?.page : undefined;
    return {
      title: page === undefined
        ? [name, size === 0 ? "" : `${score.passed} of ${size} checks · ${score.points} of ${lab.points} points`]
        : [page.title, name],
      labs: page === undefined ? labsLine(this.#session.options.alone ? [lab] : LABS, lab, progress.labs, columns) : undefined,
      body: this.#body(rows),
      top: this.#top,
      status: this.#status(),
      keys: this.#keys(),
    };
  }

  #body(rows: number): readonly DocumentLine[] {
    if (this.#asked !== undefined) return plain(this.#asked.question.choices);
    if (this.#page !== undefined) return this.#page.page.lines(this.#item);
    const session = this.#session;
    const { at, lab } = session;
    if (session.obstacle !== undefined) {
      const before = at === undefined
        ? []
        : ["", ...wrap("The verdicts from before stay. You were at:", WIDTH), "", ...checkLine(at, session.results.get(at.id))];
      return plain([...obstacleStory(session, loadErrorText), ...before]);
    }
    if (session.isDone && at === undefined) return plain(["", ...doneStory(session)]);
    if (at === undefined) {
      return plain([
        "",
        ...wrap(session.size === 0 ? `Opening lab ${session.lab.number} …` : "Looking for the next check that fails …", WIDTH),
      ]);
    }
    const results = session.checks.filter(({ group }) => group === at.group).flatMap(({ id }) => session.results.get(id) ?? []);
    const group = rows < ROWS_FOR_GROUP || WIDTH < 60
      ? []
      : [...groupText(at.group, results, lab).split("\n").filter((line) => !line.includes("not written yet")), ""];
    return plain([...group, ...checkLine(at, session.results.get(at.id)), "", ...checkStory(session, at)]);
  }

  /** What happens now, and what came of the last save. */
  #status(): string {
    if (this.#asked !== undefined) return `${this.#asked.question.question} ${this.#asked.typed}`;
    if (this.#sentence !== "") return this.#sentence;
    const session = this.#session;
    const { round, obstacle, ran, size, broken, at, waited } = session;
    const result = at === undefined ? undefined : session.results.get(at.id);
    const file = this.#saved.map((path) => path.slice(path.lastIndexOf("/") + 1)).join(", ");
    const seen = this.#page === undefined || result === undefined ? undefined : OUTCOMES[result.verdict.outcome];
    const parts = [
      ...(seen === undefined || obstacle !== undefined ? [] : [paint(seen.colour, `${seen.mark} ${at?.id}`)]),
      ...(file === "" ? [] : [`saved ${file}`]),
      ...(obstacle === undefined ? [] : [paint("red", obstacle.own ? "it cannot be loaded" : "it cannot be run")]),
      ...(round !== undefined ? [`${ROUNDS[round]} ${ran} of ${size}`] : []),
      ...(broken.length === 0 ? [] : [paint("red", `${broken.length} that passed ${broken.length === 1 ? "fails" : "fail"} now`)]),
      ...(file === "" || waited === undefined || result === undefined ? [] : [`${(waited / 1000).toFixed(2)} s to the verdict`]),
      ...(round === undefined && obstacle === undefined && file === "" ? ["Save a file, and its checks run again"] : []),
    ];
    return parts.join(" · ");
  }

  #keys(): Picture["keys"] {
    if (this.#asked !== undefined) return [["Enter", "take it"], ["Esc", "back"]];
    const page = this.#page?.page;
    if (page === undefined) {
      return KEYS.filter(({ key }) => !"persl".includes(key) || key === "l" || key === "r").map(({ key, name }) => [key, name]);
    }
    return [
      ["Esc", "back"],
      ...(page.list === undefined ? [["↑↓", "scroll"] as const] : [["↑↓", "move"], ["Enter", "go there"]] as const),
      ...(page.again === undefined ? [] : [[this.#page?.key ?? "", "more"] as const]),
      ...(page.unfold === undefined || !page.path?.endsWith(".md") ? [] : [["x", "unfold"] as const]),
      ...(page.path === undefined ? [] : [["e", "editor"] as const]),
      ["q", "quit"],
    ];
  }

  /** True: it was a key that scrolls, or moves in a list, and it did. */
  #scroll(name: string): boolean {
    const size = (this.#terminal as Terminal).size;
    const window = roomOf(size, this.#page === undefined) - 1;
    const by: Readonly<Record<string, number>> = {
      "up": -1,
      "down": 1,
      "k": -1,
      "j": 1,
      "pageup": -window,
      "pagedown": window,
      "space": window,
      "home": -Infinity,
      "end": 1e9,
    };
    if (!Object.hasOwn(by, name)) return false;
    const rows = by[name] as number;
    if (this.#list === undefined) this.#top = Math.max(0, this.#top + rows);
    else this.#item = Math.max(0, Math.min(this.#item + rows, this.#list.count - 1));
    return true;
  }

  async #command(key: string): Promise<void> {
    const page = this.#page;
    if (["escape", "backspace", "left"].includes(key)) return page === undefined ? this.#session.leave() : this.#close();
    if (key === "return" && page?.page.list !== undefined) return this.#choose(page.page.list);
    if (key === "q") return this.#quit();
    if (key === "e") return await this.#edit();
    if (key === "x" && page?.page.unfold !== undefined) return this.#unfold(page.page);
    if (page?.key === key && page.page.again === undefined) return this.#close();
    this.#take(key, await (page?.key === key ? page.page.again?.() : this.#commands.press(key === "return" ? "n" : key)));
  }

  #choose(list: List): void {
    this.#close();
    this.#take("", list.choose(this.#item));
  }

  #take(key: string, shown: Shown): void {
    if (typeof shown === "string") this.#say(shown);
    else if (shown === undefined) this.#close();
    else if ("question" in shown) this.#asked = { question: shown, typed: "" };
    else {
      this.#page = { page: shown, key };
      this.#item = shown.list?.first ?? 0;
      const line = shown.top?.() ?? 0;
      const rows = bodyRows(shown.lines(), (this.#terminal as Terminal).size.columns, this.#widths);
      this.#top = Math.max(0, rows.findIndex((row) => row.line === line));
    }
  }

  async #type(asked: { readonly question: Question; typed: string }, name: string, text: string): Promise<void> {
    if (name === "return") {
      this.#asked = undefined;
      const shown = await asked.question.answer(asked.typed.trim());
      if (asked.typed.trim() !== "" || shown !== undefined) this.#take("", shown); // else nothing was wanted
    } else if (name === "escape") this.#asked = undefined;
    else if (name === "backspace") asked.typed = asked.typed.slice(0, -1);
    else asked.typed += text;
  }

  #unfold(page: Page): void {
    const { size } = this.#terminal as Terminal;
    const lines = page.lines();
    const rows = bodyRows(lines, size.columns, this.#widths).slice(this.#top, this.#top + roomOf(size, false));
    const shown = [...new Set(rows.map(({ line }) => lines[line] as DocumentLine))];
    if (shown.some(({ fold }) => fold !== undefined)) page.unfold?.(shown);
    else this.#say("Nothing is folded here: go to a line with ▸.");
  }

  async #edit(): Promise<void> {
    const editor = editorFor(this.#session, this.#page?.page.path);
    if (typeof editor === "string") this.#say(editor);
    else if (await this.#terminal?.lend(...editor) === undefined) this.#say(`${editor[0]} cannot be started.`);
  }

  #say(sentence: string): void {
    [this.#sentence, this.#saidAt] = [sentence, performance.now()];
  }

  #close(): void {
    if (this.#page !== undefined) this.#top = 0;
    this.#page = undefined;
    this.#asked = undefined;
  }
}
