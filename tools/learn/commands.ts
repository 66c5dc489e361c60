/**
 * The keys of the loop, and what each shows: a page to read, a question to answer, or a sentence. Both views have the same keys; a page is
 * read in a window of its own, or is printed.
 */
import type { Lab } from "../../labs/manifest.ts";
import { openPacket } from "../../stack/wire/describe.ts";
import type { Check } from "../harness/suite.ts";
import type { PacketStep } from "../harness/transcript.ts";
import { hintsGiven, noteHint } from "../lab/hints.ts";
import { ladder } from "../lab/ladder.ts";
import { MINE } from "../lab/regressions.ts";
import { groupText } from "../lab/report.ts";
import { hasReference } from "../lab/run.ts";
import { labelled, paint, WIDTH, wrap } from "../lab/text.ts";
import { type DocumentLine, lineOfAnchor, readDocument, renderDocument } from "./handout.ts";
import { reasonOf } from "./progress.ts";
import { resetFile } from "./reset.ts";
import { LABS, type Session } from "./session.ts";
import { checkLine, OUTCOMES } from "./story.ts";

/** Something to read. */
export interface Page {
  readonly title: string;
  /** The lines, for the width that is set at the time. Of a list, `item` is marked. */
  readonly lines: (item?: number) => readonly DocumentLine[];
  /** The line that is on top at first. */
  readonly top?: () => number;
  /** What the key that opened the page does when it is pressed again. */
  readonly again?: () => Promise<Shown> | Shown;
  /** Unfolds what begins in these lines. */
  readonly unfold?: (lines: readonly DocumentLine[]) => void;
  /** The file that is shown. */
  readonly path?: string;
  readonly list?: List;
}

/** What can be walked through: so many items, the one at which that begins, and what it shows when one is chosen. */
export interface List {
  readonly count: number;
  readonly first: number;
  readonly choose: (item: number) => Shown;
}

/** Something to answer, in a line. */
export interface Question {
  readonly question: string;
  /** What there is to choose from. */
  readonly choices: readonly string[];
  readonly answer: (words: string) => Promise<Shown> | Shown;
}

/** What a key shows: a sentence, or nothing where the check that the learner is at says it all. */
export type Shown = Page | Question | string | undefined;

/** A key, and what it does. */
export interface Key {
  readonly key: string;
  readonly name: string;
  readonly says: string;
}

/** The keys of both views, those that are used most first. */
export const KEYS: readonly Key[] = [
  { key: "h", name: "hint", says: "a hint for this check; again: a better one, and a third" },
  { key: "l", name: "ladder", says: "what happened, step by step: calls and packets" },
  { key: "b", name: "bytes", says: "a packet opened; again: the one before it" },
  { key: "o", name: "handout", says: "the handout, where it explains this" },
  { key: "n", name: "next", says: "the next check that fails; when all pass, the next lab" },
  { key: "p", name: "previous", says: "the check that fails before this one" },
  { key: "a", name: "all", says: "all checks of this lab, to go to one" },
  { key: "g", name: "labs", says: "the labs, to go to one" },
  { key: "e", name: "edit", says: "this file, or this page, in $VISUAL, $EDITOR or $PAGER" },
  { key: "r", name: "reset", says: "one file as it was shipped; what you wrote is kept" },
  { key: "s", name: "solution", says: "the reference, when a lab has passed and it is here" },
  { key: "?", name: "keys", says: "this list" },
  { key: "q", name: "quit", says: "ends it; your progress is kept" },
];

/** In the list, titles of checks with longer ids stand further right. */
const LONGEST_ID = 24;
/** Below the list that is read aloud. */
const GO = "A number and Enter: that check.";

export class Commands {
  readonly #session: Session;
  readonly #hints = new Map<Check, number>();

  readonly #keys: readonly Key[];
  readonly #spoken: boolean;

  /** `keys`: those that the view has; `spoken`: what it shows may be read aloud, so that marks and columns say nothing. */
  constructor(session: Session, keys: readonly Key[], spoken: boolean) {
    this.#session = session;
    this.#keys = keys;
    this.#spoken = spoken;
  }

  /** What a key shows. The keys q and e are the view's own. */
  async press(key: string): Promise<Shown> {
    try {
      return await this.#press(key);
    } catch (error) {
      return `That did not work: ${reasonOf(error)}`;
    }
  }

  /** The section of a document. */
  document(path: string, anchor: string): Page | string {
    const markdown = readDocument(path);
    if (markdown === undefined) return `${path} is not there.`;
    const open = new Set<number>();
    const lines = (): DocumentLine[] => path.endsWith(".md") ? renderDocument(markdown, open) : codeLines(markdown);
    return {
      title: path,
      path,
      lines,
      top: () => lineOfAnchor(lines(), anchor),
      unfold: (shown) => shown.forEach(({ fold }) => fold !== undefined && (open.has(fold) ? open.delete(fold) : open.add(fold))),
    };
  }

  #press(key: string): Promise<Shown> | Shown {
    const session = this.#session;
    switch (key) {
      case "h":
        return this.#hint();
      case "l":
        return this.#ladder();
      case "b":
        return this.#bytes(0);
      case "o": {
        const [path = "", anchor = ""] = session.placeOf(session.at).split("#");
        return this.document(path, anchor);
      }
      case "n":
        return session.isDone ? this.#nextLab() : this.#step(1);
      case "p":
        return this.#step(-1);
      case "a":
        return this.#checks();
      case "g":
        return this.#labs();
      case "r":
        return this.#reset();
      case "s":
        return this.#solution();
      case "?":
        return { title: "Keys", lines: () => plain(this.#keys.flatMap(({ key, says }) => labelled(key, says, 2, 4).split("\n"))) };
      default:
        return `There is no key "${key}". ? lists them.`;
    }
  }

  #step(by: 1 | -1): string | undefined {
    if (!this.#session.checks.some((check) => this.#session.isOpen(check))) return "No check fails.";
    this.#session.step(by);
    return undefined;
  }

  async #nextLab(): Promise<string | undefined> {
    const { following, options } = this.#session;
    if (following === undefined) return options.alone ? "This is the only lab that is open." : "That was the last lab.";
    await this.#open(following);
    return undefined;
  }

  /** The loop goes on behind it. */
  #open(lab: Lab): Promise<void> {
    this.#session.open(lab);
    return Promise.resolve();
  }

  async #hint(): Promise<Shown> {
    const check = this.#session.at;
    if (check === undefined) return "No check fails: there is nothing to hint at.";
    if (check.group === MINE) return "A failure that you kept has no hints of its own.";
    const before = this.#hints.get(check);
    const grade = before === undefined ? Math.max(1, await hintsGiven(check)) : Math.min(before + 1, check.hints.length);
    this.#hints.set(check, grade);
    await noteHint(check, grade).catch(() => {}); // a full disk forgets it, and that is all
    const hints = (): string[] =>
      check.hints.slice(0, grade).flatMap((hint, index) => ["", `Hint ${index + 1} of ${check.hints.length}`, "", ...wrap(hint, WIDTH)]);
    const rest = grade < check.hints.length ? "h gives a better one." : "That was the last.";
    return { title: `Hints for ${check.id}`, lines: () => plain([...hints(), "", paint("dim", rest)]), again: () => this.#hint() };
  }

  #ladder(): Shown {
    const { at, results } = this.#session;
    const result = at === undefined ? undefined : results.get(at.id);
    if (at === undefined || result === undefined) return "There is nothing to show: no check that failed has run.";
    if (result.transcript.steps.length === 0) return `${at.id} took no step.`;
    return { title: `${at.id}, step by step`, lines: () => plain(ladder(result.transcript.steps)) };
  }

  /** `back`: so many packets before the one that matters most. */
  #bytes(back: number): Shown {
    const { at, results } = this.#session;
    const steps = at === undefined ? [] : results.get(at.id)?.transcript.steps ?? [];
    const packets = steps.filter((step): step is PacketStep => step.kind === "packet");
    if (at === undefined || packets.length === 0) return at === undefined ? "No check fails." : `No packet crossed a wire in ${at.id}.`;
    const wrong = packets.findLastIndex(({ problems }) => problems.length > 0);
    const first = wrong < 0 ? packets.length - 1 : wrong;
    const index = ((first - back) % packets.length + packets.length) % packets.length;
    const packet = packets[index] as PacketStep;
    const columns = (): number => Math.max(60, Math.min(200, WIDTH));
    const text = (): string => openPacket(packet.bytes, packet.medium, { fcs: packet.fcs, columns: columns(), lines: 200 });
    const arrow = packet.direction === "to you" ? `${packet.other} to you` : `you to ${packet.other}`;
    return {
      title: `Packet ${index + 1} of ${packets.length}, ${arrow}`,
      lines: () =>
        plain([...wrap(packet.text, WIDTH), ...packet.problems.map((problem) => paint("red", `✘ ${problem}`)), "", ...text().split("\n")]),
      again: () => this.#bytes(back + 1),
    };
  }

  #checks(): Page {
    const { checks, at } = this.#session;
    return {
      title: "All checks",
      lines: (item) => this.#list(item),
      list: { count: checks.length, first: at === undefined ? 0 : checks.indexOf(at), choose: (item) => this.choose(item) },
    };
  }

  /** Goes to a check by its place in the list, from 0. */
  choose(item: number): Shown {
    const { checks, results } = this.#session;
    const check = checks[item];
    if (check === undefined) return `There is no check ${item + 1} here: a lists them.`;
    this.#session.choose(check);
    return results.has(check.id) ? undefined : `${check.id} has not been run yet.`;
  }

  #list(item: number | undefined): DocumentLine[] {
    const { checks, results, lab } = this.#session;
    const groups = Map.groupBy(checks, ({ group }) => group);
    if (this.#spoken) return plain([...[...groups].flatMap(([name, members]) => this.#spokenGroup(name, members)), GO]);
    const column = Math.min(LONGEST_ID, Math.max(...checks.map(({ id }) => id.length))) + 4;
    return [...groups].flatMap(([name, members]) => [
      ...plain(groupText(name, members.flatMap((check) => results.get(check.id) ?? []), lab).split("\n").slice(0, 1)),
      ...members.flatMap((check) => {
        const place = checks.indexOf(check);
        return checkLine(check, results.get(check.id), place === item ? "▶ " : "  ", column).map((text) => ({ text, item: place }));
      }),
      { text: "" },
    ]);
  }

  #spokenGroup(name: string, members: readonly Check[]): string[] {
    const { checks, results, at } = this.#session;
    const passed = members.filter((check) => this.#session.isPassed(check)).length;
    const lines = members.map((check) => {
      const result = results.get(check.id);
      const state = result === undefined ? "not run yet" : OUTCOMES[result.verdict.outcome].word;
      return `${checks.indexOf(check) + 1}, ${check.id}${check === at ? ", where you are," : ""} ${state}: ${check.title}`;
    });
    return [`${name}: ${passed} of ${members.length} pass`, ...lines, ""];
  }

  #labs(): Question | string {
    const { options, lab } = this.#session;
    if (options.alone) return `Only lab ${lab.number} is open here: deno task learn opens all.`;
    return {
      question: "Which lab? Its number, or nothing to stay:",
      choices: LABS.map((each) => this.labLine(each)),
      answer: (words) => {
        if (words === "") return undefined;
        const chosen = LABS.find(({ number }) => number === Number(words));
        if (chosen === undefined) return `There is no lab ${words} here.`;
        return this.#open(chosen).then(() => undefined);
      },
    };
  }

  /** "▶  3 IP           12 of 46 checks". */
  labLine(lab: Lab): string {
    const { progress, lab: here } = this.#session;
    const known = progress.labs[lab.folder];
    const state = known === undefined
      ? "not begun"
      : known.done && known.passed.length === known.checks
      ? "done"
      : `${known.passed.length} of ${known.checks} checks`;
    if (this.#spoken) return `Lab ${lab.number}, ${lab.name}${lab === here ? ", where you are" : ""}: ${state}`;
    return `${lab === here ? "▶" : " "} ${String(lab.number).padStart(2)} ${lab.name.padEnd(12)} ${state}`;
  }

  #reset(): Question {
    const { lab } = this.#session;
    const one = lab.files.length === 1;
    return {
      question: one ? `Reset ${lab.files[0]} to the stub? yes, or nothing:` : "Which file goes back to its stub? Its number, or nothing:",
      choices: [
        `What you wrote is kept beside it, as .orig.`,
        ...lab.files.map((file, index) => `  ${index + 1} labs/${lab.folder}/${file}`),
      ],
      answer: async (words) => {
        const number = one ? (/^y(es)?$/i.test(words) ? 1 : 0) : Number(words);
        const file = lab.files[number - 1];
        if (words === "" || file === undefined) return "Nothing was changed.";
        const backup = await resetFile(lab, file);
        return backup === undefined ? `${file} is as it was shipped.` : `${file} is as it was shipped; what you wrote is in ${backup}.`;
      },
    };
  }

  #solution(): Shown {
    const session = this.#session;
    const { lab } = session;
    if (!(session.progress.labs[lab.folder]?.done ?? false)) {
      return `The reference of lab ${lab.number} can be read when the lab has passed.`;
    }
    if (!hasReference(lab)) return `The reference of lab ${lab.number} is not here.`;
    const [only] = lab.files;
    if (lab.files.length === 1) return this.document(`solutions/${lab.folder}/${only}`, "");
    return {
      question: "Which file? Its number, or nothing:",
      choices: lab.files.map((file, index) => `  ${index + 1} ${file}`),
      answer: (words) => {
        const file = lab.files[Number(words) - 1];
        return file === undefined ? undefined : this.document(`solutions/${lab.folder}/${file}`, "");
      },
    };
  }
}

/** Lines without anchors. */
export function plain(lines: readonly string[]): DocumentLine[] {
  return lines.map((text) => ({ text }));
}

function codeLines(text: string): DocumentLine[] {
  return plain(text.trimEnd().split("\n"));
}
