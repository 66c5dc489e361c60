/**
 * Reading Markdown as far as our own documents use it: headings with the anchors that GitHub gives them, links, code spans
 * and fenced blocks, each with the line it stands in. What lies inside a fence or a code span is never taken for text.
 */

/** Something found in a document, and its line, from 1. */
export interface Found {
  readonly text: string;
  readonly line: number;
}

/** A fenced block: "```ts run" has the info "ts run". `line` is that of its first line of code. */
export interface Fence extends Found {
  readonly info: string;
}

/** One document, taken apart. */
export interface Document {
  readonly path: string;
  /** Anchors without "#": those of its headings, and of `<a id="…">`. */
  readonly anchors: ReadonlySet<string>;
  /** Headings as written, backquotes and all, without the number signs. */
  readonly headings: readonly Found[];
  /** Targets of links and images: "03-ip/README.md#checksum". */
  readonly links: readonly Found[];
  /** What stands between backquotes. */
  readonly spans: readonly Found[];
  readonly fences: readonly Fence[];
  /** The text outside fences, code spans included. */
  readonly prose: readonly Found[];
}

/** The anchor of a heading: lower case, without punctuation, spaces as hyphens. */
export function anchorOf(heading: string): string {
  const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1");
  return text.trim().toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-");
}

/** Takes a document apart. */
export function readMarkdown(path: string, source: string): Document {
  const { prose, fences } = splitFences(source);
  const anchors = new Set<string>();
  const headings: Found[] = [];
  const links: Found[] = [];
  const spans: Found[] = [];
  for (const { text, line } of prose) {
    const heading = /^#{1,6}\s+(.*?)\s*#*\s*$/.exec(text)?.[1];
    if (heading !== undefined) {
      headings.push({ text: heading, line });
      addAnchor(anchors, anchorOf(heading));
    }
    for (const match of text.matchAll(/(`+)(.+?)\1(?!`)/g)) spans.push({ text: match[2] as string, line });
    const bare = text.replaceAll(/(`+)(.+?)\1(?!`)/g, (span) => "`".repeat(span.length));
    for (const match of bare.matchAll(/<a id="([^"]+)">/g)) anchors.add(match[1] as string);
    for (const match of bare.matchAll(/\]\(([^()\s]+)(?:\s+"[^"]*")?\)|^\[[^\]]+\]:\s+(\S+)/g)) {
      links.push({ text: (match[1] ?? match[2]) as string, line });
    }
  }
  return { path, anchors, headings, links, spans, fences, prose };
}

/** A second heading of the same words gets "-1", a third "-2". */
function addAnchor(anchors: Set<string>, anchor: string): void {
  let name = anchor;
  for (let i = 1; anchors.has(name); i++) name = `${anchor}-${i}`;
  anchors.add(name);
}

function splitFences(source: string): { prose: Found[]; fences: Fence[] } {
  const prose: Found[] = [];
  const fences: Fence[] = [];
  let open: { mark: string; info: string; line: number; body: string[] } | undefined;
  const visible = source.replaceAll(/<!--[\s\S]*?-->/g, (comment) => comment.replaceAll(/[^\n]/g, " "));
  for (const [i, text] of visible.split("\n").entries()) {
    const [, mark, info = ""] = /^\s*(`{3,}|~{3,})\s*(.*?)\s*$/.exec(text) ?? [];
    if (open === undefined) {
      if (mark === undefined) prose.push({ text, line: i + 1 });
      else open = { mark, info, line: i + 2, body: [] };
    } else if (mark !== undefined && mark.startsWith(open.mark) && info === "") {
      fences.push({ text: open.body.join("\n"), info: open.info, line: open.line });
      open = undefined;
    } else open.body.push(text);
  }
  if (open !== undefined) fences.push({ text: open.body.join("\n"), info: open.info, line: open.line });
  return { prose, fences };
}
