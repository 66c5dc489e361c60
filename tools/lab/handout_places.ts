/**
 * Where a handout explains what a transcript names: a method of an object, which may have a heading of its own below its factory's, and the words of the
 * lab: rejects, effects, states. No list of them is kept here: a word is one that the lab's contract has in quotes, and it is explained below the heading of the
 * function that is looked at, if it stands there in quotes too, or else below the first of the functions' headings where it does.
 */
import { handoutAnchor, type Lab } from "../../labs/manifest.ts";
import { readMarkdown } from "../docs/markdown.ts";
import { ROOT } from "./run.ts";

/** A word of a transcript, and where it is explained. */
export interface Word {
  /** As a transcript has it: `"runt"`, `challenge()`, `FIN-WAIT-1`. */
  readonly word: string;
  /** "labs/01-framing/README.md#parseethernet". */
  readonly anchor: string;
  /** The function below whose heading that is. */
  readonly symbol?: string;
}

/** A heading with what stands below it, up to the next heading. */
interface Section {
  readonly anchor: string;
  /** 3 for "###". */
  readonly level: number;
  /** The words of the heading, without backquotes. */
  readonly heading: string;
  readonly text: string;
}

const STATES = /\b(?:CLOSED|LISTEN|SYN-SENT|SYN-RECEIVED|ESTABLISHED|FIN-WAIT-[12]|CLOSE-WAIT|CLOSING|LAST-ACK|TIME-WAIT)\b/g;
/** What a lab's function asks for through the object that it was given: `stack/contract/tcb.ts#TcpEffects`, `stack/contract/arp.ts#ArpActions`. */
const EFFECTS = /(?<![.\w])(?:send|acknowledge|challenge|deliver|acknowledged|event|startTimeWait|fail|urgent|transmit|drop)\(/g;
/** The labs whose functions are given such an object. */
const EFFECT_LABS: ReadonlySet<number> = new Set([2, 4, 5]);
/** The lab that has the states in its handout; the others point to the page with all of them. */
const STATES_LAB = 5, DIAGRAM = "the-diagram", STATES_PAGE = "docs/states.md#the-table";

/** Words of a contract that need no explaining wherever they stand. */
const PLAIN: ReadonlySet<string> = new Set(['"continue"', '"drop"', '"now"', '"later"', '"listening"', '"connecting"', '"connected"']);

const read = new Map<string, readonly Section[]>();
const contracts = new Map<string, string>();

/** The anchor of a function or a method: "labs/06-buffers/README.md#piecetosend". */
export function symbolAnchor(lab: Lab, symbol: string): string {
  const [factory, method] = symbol.split(".");
  const sections = sectionsOf(lab);
  const [made, ...behind] = sections.slice(sections.findIndex(({ heading }) => heading === factory));
  // Topics that stand between two methods may be on the factory's level: only another function's heading ends what is told of this one.
  const next = behind.findIndex(({ level, heading }) => level <= (made?.level ?? 0) && Object.hasOwn(lab.functions, heading));
  const methods = behind.slice(0, next < 0 ? behind.length : next);
  const own = method === undefined ? undefined : methods.find(({ heading }) => heading.split(/[\s,]+/).includes(method));
  return own === undefined ? handoutAnchor(lab, symbol) : `${pathOf(lab)}#${own.anchor}`;
}

/** The rejects, effects and states that a text names, in their order, with where they are explained. `symbol`: the function that is looked at. */
export function wordsIn(text: string, lab: Lab, symbol = ""): Word[] {
  const flat = text.replaceAll(/\s+/g, " ");
  const quoted = [...flat.matchAll(/"[a-z][^"]{1,40}"/g)].map(([word]) => word.replace(/^"[a-z]+: /, '"'));
  const counted = [...flat.matchAll(/(?<=in all: |, |counted: )(?:[a-z]+: )?([a-z][a-z ().0-9]+?) ×\d/g)].map(([, word]) => `"${word}"`);
  const effects = EFFECT_LABS.has(lab.number) ? [...flat.matchAll(EFFECTS)].map(([word]) => word) : [];
  const explained = [...quoted, ...counted, ...effects].flatMap((word) => {
    const place = wordPlace(lab, word, symbol);
    return place === undefined ? [] : [{ word: word.replace(/\($/, "()"), ...place }];
  });
  const states = [...flat.matchAll(STATES)].map(([word]) => ({
    word,
    anchor: lab.number === STATES_LAB ? `${pathOf(lab)}#${DIAGRAM}` : STATES_PAGE,
  }));
  return [...new Map([...explained, ...states].map((each) => [each.word, each])).values()];
}

function wordPlace(lab: Lab, word: string, symbol: string): Omit<Word, "word"> | undefined {
  if (word.startsWith('"') && (PLAIN.has(word) || !contractOf(lab).includes(word))) return undefined;
  const sections = sectionsOf(lab);
  const first = Math.max(0, sections.findIndex(({ heading }) => Object.hasOwn(lab.functions, heading)));
  const looked = [...partOf(lab, symbol), ...sections.slice(first), ...sections.slice(0, first)].filter(({ level }) => level > 1);
  const quoted = word.startsWith('"') ? word : `\`${word}`;
  const found = (quoted === word ? undefined : looked.find(({ text }) => text.includes(`\n| ${quoted}`))) ?? // an effect: in the table of them
    looked.find(({ text }) => text.includes(quoted));
  if (found === undefined) return undefined;
  const above = sections.slice(0, sections.indexOf(found) + 1).findLast(({ level, heading }) => level <= 3 && heading !== "");
  const owner = above !== undefined && Object.hasOwn(lab.functions, above.heading) ? { symbol: above.heading } : {};
  return { anchor: `${pathOf(lab)}#${found.anchor}`, ...owner };
}

/** The sections of a function, its own heading first. */
function partOf(lab: Lab, symbol: string): readonly Section[] {
  const sections = sectionsOf(lab);
  const at = sections.findIndex(({ heading }) => heading === symbol.split(".")[0]);
  const [own, ...others] = at < 0 ? [] : sections.slice(at);
  if (own === undefined) return [];
  const end = others.findIndex(({ level }) => level <= own.level);
  return [own, ...others.slice(0, end < 0 ? others.length : end)];
}

/** The text of a lab's contract, and of the record of a connection, which four share: the words that it has in quotes are those that its functions say. */
function contractOf({ module }: Lab): string {
  let text = contracts.get(module);
  if (text === undefined) contracts.set(module, text = readText(`stack/contract/${module}.ts`) + readText("stack/contract/tcb.ts"));
  return text;
}

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(`${ROOT}/${path}`);
  } catch {
    return "";
  }
}

function pathOf({ folder }: Lab): string {
  return `labs/${folder}/README.md`;
}

/** The sections of a handout; none where it cannot be read. */
function sectionsOf(lab: Lab): readonly Section[] {
  const path = pathOf(lab);
  let found = read.get(path);
  if (found === undefined) read.set(path, found = readSections(path));
  return found;
}

function readSections(path: string): Section[] {
  const source = readText(path);
  const { headings, anchors } = readMarkdown(path, source);
  const names = [...anchors]; // in the order of the headings: handouts have no other anchors
  const lines = source.split("\n");
  return headings.map(({ text, line }, index) => ({
    anchor: names[index] ?? "",
    level: /^#*/.exec(lines[line - 1] ?? "")?.[0].length ?? 1,
    heading: text.replaceAll("`", ""),
    text: lines.slice(line, (headings[index + 1]?.line ?? Infinity) - 1).join("\n"),
  }));
}
