/**
 * The pages: `docs/failures/lab-03.md` has every public check of lab 03 with what is read when it fails, `docs/failures.md` lists all of them. A page is
 * also the memory of which fault breaks which check, so that the next run need not search.
 */
import type { Lab } from "../../labs/manifest.ts";
import { anchorOf, readMarkdown } from "../docs/markdown.ts";
import type { Story } from "./stories.ts";

/** What a page says of a check. */
export interface Section {
  /** "parse/fields". */
  readonly id: string;
  /** The name of the fault. */
  readonly fault: string;
  readonly aimed: boolean;
  /** What the student reads. */
  readonly text: string;
}

/** The index of all pages. */
export const INDEX = "docs/failures.md";

/** The page of a lab. */
export function pagePath({ folder }: Lab): string {
  return `docs/failures/lab-${folder.slice(0, 2)}.md`;
}

/** Writes a lab's page. */
export function renderPage(lab: Lab, stories: readonly Story[]): string {
  return [
    `# Lab ${lab.folder.slice(0, 2)} · ${lab.name}: what a failure says`,
    "",
    `What a student reads when a public check of lab ${lab.folder.slice(0, 2)} fails. [All labs](../failures.md)`,
    "",
    "This page is written by `deno task failures`.",
    ...stories.flatMap(({ check, fault, text }) => [
      "",
      `## ${check.id}`,
      "",
      `${fault.aimed ? "Fault made for it" : "Mutant"} \`${fault.name}\`: ${fault.fault}.`,
      "",
      "```text",
      text,
      "```",
    ]),
    "",
  ].join("\n");
}

/** Reads a page again. */
export function readPage(path: string, source: string): Section[] {
  const { headings, fences, prose } = readMarkdown(path, source);
  return headings.slice(1).flatMap(({ text: id, line }, index) => {
    const end = headings[index + 2]?.line ?? Infinity;
    const text = fences.find((fence) => fence.line > line && fence.line < end)?.text;
    const [, kind, fault] = prose.filter((row) => row.line > line && row.line < end)
      .map((row) => /^(Fault made for it|Mutant) `([^`]+)`/.exec(row.text)).find((match) => match !== null) ?? [];
    return text === undefined || fault === undefined ? [] : [{ id, fault, aimed: kind !== "Mutant", text }];
  });
}

/** Writes the index. */
export function renderIndex(
  pages: readonly { readonly lab: Lab; readonly sections: readonly Section[]; readonly titles: ReadonlyMap<string, string> }[],
): string {
  return [
    "# What a failure says",
    "",
    "Each public check of each lab, broken by a fault, and the transcript that a student then reads. It is here to be read by whoever writes a check, or how",
    "failures are told: does it say what is wrong, and where to look next? The pages name the faults, so students' kits don't have them.",
    "",
    "The transcripts are real. What differs from run to run is written in one way: a check takes 2 ms, the lines of files are `LINE`; live checks",
    "have no clock, and always the same addresses. What is found out only when a check has failed, the smallest run and whose fault it is, is left out.",
    "",
    "This page is written by `deno task failures`, and so are those that it leads to.",
    "",
    "| lab | checks | broken by a mutant | by a fault made for it |",
    "|---|--:|--:|--:|",
    ...pages.map(({ lab, sections }) => {
      const aimed = sections.filter((section) => section.aimed).length;
      return `| [${lab.folder.slice(0, 2)} ${lab.name}](${pagePath(lab).slice(5)}) | ${sections.length} | ${
        sections.length - aimed
      } | ${aimed} |`;
    }),
    ...pages.flatMap(({ lab, sections, titles }) => [
      "",
      `## Lab ${lab.folder.slice(0, 2)} · ${lab.name}`,
      "",
      ...sections.map(({ id }) => `- [${id}](${pagePath(lab).slice(5)}#${anchorOf(id)}): ${titles.get(id)}`),
    ]),
    "",
  ].join("\n");
}
