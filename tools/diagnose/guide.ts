/**
 * The table of the guide, docs/handbook/13-where-it-stops.md, made of outcomes.ts.
 *
 *     deno run --allow-read --allow-write=docs tools/diagnose/guide.ts
 */
import { type Outcome, OUTCOMES, STATUS } from "./outcomes.ts";
import { GUIDE } from "./report.ts";

const BEGIN = "<!-- outcomes: by tools/diagnose/guide.ts -->", END = "<!-- end of outcomes -->";

/** The table: symptom, step, layer, cause, remedy. */
export function outcomeTable(): string {
  const rows = Object.entries(OUTCOMES).map(([name, { symptom, step, layer, side, cause, remedy }]: [string, Outcome]) => {
    const where = side === "between" ? `**${layer}**, on the way` : `**${layer}**, ${side}`;
    return `| ${[`[${name}](#${name})`, symptom, `${step} (${STATUS[step]})`, where, cause, remedy].join(" | ")} |`;
  });
  return ["| outcome | your program sees | it stops at | so it is | because | then |", "|---|---|---|---|---|---|", ...rows].join("\n");
}

/** The guide's text with the table in its place. Throws an Error when there is none. */
export function withTable(text: string): string {
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${GUIDE} has no place for the table: ${BEGIN} … ${END}`);
  return `${before}${BEGIN}\n${outcomeTable()}\n${END}${after}`;
}

if (import.meta.main) {
  const path = new URL(`../../${GUIDE}`, import.meta.url);
  await Deno.writeTextFile(path, withTable(await Deno.readTextFile(path)));
}
