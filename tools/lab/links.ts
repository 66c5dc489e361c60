/**
 * Places that can be followed: in a terminal a path, and a word that the handout explains, is a hyperlink (OSC 8) to the file. It is put around text that is
 * finished, so that nothing is laid out by what cannot be seen; a terminal that does not know it shows the text alone.
 */
import type { Lab } from "../../labs/manifest.ts";
import { wordsIn } from "./handout_places.ts";
import { ROOT } from "./run.ts";
import { coloured } from "./text.ts";

/** "labs/03-ip/checksum.ts:31", "labs/03-ip/README.md#odd-lengths", "docs/states.md#the-table". */
const PLACE = /\b(?:labs|docs|stack)\/[\w./-]+\.(?:ts|md)(?::\d+|#[\w-]+)?/;

/** The text with links in it where the output is a terminal, else as it is. */
export function withLinks(text: string, lab: Lab): string {
  return coloured ? linked(text, lab) : text;
}

/** The text with links in it. */
export function linked(text: string, lab: Lab): string {
  const anchors = new Map(wordsIn(text, lab).map(({ word, anchor }) => [word.replace(/\)$/, ""), anchor]));
  const words = [...anchors.keys()].toSorted((a, b) => b.length - a.length).map((word) => word.replaceAll(/[.()+]/g, "\\$&"));
  return text.replaceAll(new RegExp([PLACE.source, ...words].join("|"), "g"), (found) => {
    const target = (anchors.get(found) ?? found).replace(/:(\d+)$/, "#L$1");
    return `\u001b]8;;file://${encodeURI(ROOT)}/${target}\u001b\\${found}\u001b]8;;\u001b\\`;
  });
}
