/**
 * Handouts in a terminal: paragraphs as wide as the window, code as it is, and what is folded in the browser stays folded here, as hints must not be read
 * by accident. Other documents are read the same way.
 */
import { anchorOf } from "../docs/markdown.ts";
import { ROOT } from "../lab/run.ts";
import { paint, WIDTH, wrap } from "../lab/text.ts";

/** A line of a document, ready to be shown. */
export interface DocumentLine {
  readonly text: string;
  /** Of a heading: "internetchecksum". */
  readonly anchor?: string;
  /** Of a line that stands for what is folded: its number, from 0. */
  readonly fold?: number;
  /** Of a line that belongs to something in a list: its number, from 0. */
  readonly item?: number;
}

/** The lines of a document. `open`: what is folded and shall be shown. */
export function renderDocument(markdown: string, open: ReadonlySet<number>): DocumentLine[] {
  const shown: DocumentLine[] = [];
  let fold = -1;
  for (const block of blocksOf(markdown)) {
    const [first = ""] = block;
    const summary = /<summary>(.*?)<\/summary>/.exec(first)?.[1];
    if (summary !== undefined) fold++;
    if (summary !== undefined) {
      shown.push({ text: paint("cyan", `${open.has(fold) ? "▾" : "▸"} ${summary}`), fold });
      if (!open.has(fold)) continue;
      shown.push(...renderDocument(block.slice(1, -1).join("\n").trim(), new Set()).map(({ text }) => ({ text: `  ${text}` })));
      continue;
    }
    shown.push(...renderBlock(block, first), { text: "" });
  }
  return shown.flatMap((line, index) => line.anchor !== undefined && (shown[index - 1]?.text ?? "") !== "" ? [{ text: "" }, line] : [line]);
}

/** The line at which the section of an anchor begins; 0 when there is none. */
export function lineOfAnchor(lines: readonly DocumentLine[], anchor: string): number {
  return Math.max(0, lines.findIndex((line) => line.anchor === anchor));
}

/** The first paragraph of a section: "labs/01-framing/README.md#pad". "" when it cannot be read. */
export function handoutLead(place: string): string {
  const [path = "", anchor = ""] = place.split("#");
  const markdown = readDocument(path);
  if (markdown === undefined) return "";
  const blocks = blocksOf(markdown);
  const heading = blocks.findIndex(([line = ""]) => /^#+ /.test(line) && anchorOf(line.replace(/^#+ /, "")) === anchor);
  const lead = heading < 0 ? undefined : blocks[heading + 1];
  if (lead === undefined || !isParagraph(lead[0] ?? "")) return "";
  const text = plainText(lead.join(" ")).replace(/^The idea: /, "");
  return text.endsWith(":") ? text.replace(/(?<=[.!?]) [^.!?]*:$/, "") : text; // what comes after a colon stands below it, and not here
}

/** A document's text; undefined when it is not there. */
export function readDocument(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(`${ROOT}/${path}`);
  } catch {
    return undefined;
  }
}

/** Paragraphs, headings, lists and tables by the empty lines between them; code and what is folded as a whole. */
function blocksOf(markdown: string): string[][] {
  const blocks: string[][] = [];
  let block: string[] = [];
  let end: RegExp | undefined;
  const close = (): void => {
    if (block.length > 0) blocks.push(block);
    block = [];
    end = undefined;
  };
  for (const line of markdown.split("\n")) {
    const begins = end === undefined ? beginOf(line) : undefined;
    if (begins !== undefined) close();
    if (end === undefined && begins === undefined && line.trim() === "") {
      close();
      continue;
    }
    block.push(line);
    if (begins !== undefined) end = begins;
    else if (end?.test(line)) close();
    if (block.length === 1 && /^#+ /.test(line)) close();
  }
  close();
  return blocks;
}

/** What ends a block that has empty lines in it. */
function beginOf(line: string): RegExp | undefined {
  if (line.startsWith("```")) return /^```\s*$/;
  return line.startsWith("<details>") ? /<\/details>/ : undefined;
}

function renderBlock(block: readonly string[], first: string): DocumentLine[] {
  if (first.startsWith("```")) return block.slice(1, -1).map((text) => ({ text: `  ${text}` }));
  const heading = /^#+ (.*)/.exec(first)?.[1];
  if (heading !== undefined) {
    return wrap(plainText(heading), WIDTH).map((text, index) => ({
      text: paint("bold", text),
      ...(index === 0 ? { anchor: anchorOf(heading) } : {}),
    }));
  }
  if (first.startsWith("|")) return block.filter((line) => !/^\|[-| :]+\|$/.test(line)).map((text) => ({ text: plainText(text) }));
  const items = block.join("\n").split(/\n(?=\s*(?:[-*]|\d+\.) )/);
  return items.flatMap((item) => {
    const [, bullet = "", text = item] = /^(\s*(?:[-*]|\d+\.) )([^]*)$/.exec(item) ?? [];
    const room = Math.max(8, WIDTH - bullet.length);
    return wrap(plainText(text.replaceAll(/\s*\n\s*/g, " ")), room)
      .map((line, index) => ({ text: `${index === 0 ? bullet : " ".repeat(bullet.length)}${line}` }));
  });
}

function isParagraph(line: string): boolean {
  return !/^(```|#|\||<|[-*] |\d+\. )/.test(line);
}

/** Without marks of emphasis, and with the words of a link alone; code keeps its marks, which tell it from words. */
function plainText(markdown: string): string {
  return markdown.replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll(/\*\*([^*]+)\*\*/g, "$1").replaceAll(
    /(?<![\w*])\*([^*]+)\*(?![\w*])/g,
    "$1",
  );
}
