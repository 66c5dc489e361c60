/**
 * TAP 14. Rules: "TAP version 14 specification", testanything.org: version, plan, test points numbered within the plan, directives
 * after an unescaped `#`, diagnostics as a YAML block of two spaces.
 *
 * Values in a block are JSON strings, which YAML reads as double-quoted ones: each is one line, so none can end the block. "not written" is
 * a failure, never `# TODO`, which harnesses count as good.
 */
import type { LabView, Row, View } from "./view.ts";

/** The file's text. */
export function tapText(view: View): string {
  const points = view.labs.flatMap((lab) => lab.rows.map((row) => ({ lab, row })));
  if (points.length === 0) {
    return `TAP version 14\n1..1\nnot ok 1 - there is something to grade\n${block([["message", view.problem ?? "no lab was graded"]])}`;
  }
  let number = 0;
  return [
    "TAP version 14\n",
    `1..${points.length}\n`,
    ...(view.problem === undefined ? [] : [comment(`Nothing was graded: ${view.problem}`)]),
    ...view.labs.map((lab) => comment(labHead(lab)) + lab.rows.map((row) => testPoint(lab, row, ++number)).join("")),
  ].join("");
}

function labHead(lab: LabView): string {
  const { points, ofPoints } = lab.total ?? lab.public;
  return `Lab ${lab.lab}, ${lab.name}: ${lab.status}, ${points} of ${ofPoints} points${lab.reason === undefined ? "" : `: ${lab.reason}`}`;
}

function testPoint(lab: LabView, row: Row, number: number): string {
  const name = escaped(row.id === row.title ? `${lab.folder} ${row.id}` : `${lab.folder} ${row.id}: ${row.title}`);
  if (row.outcome === "passed") return `ok ${number} - ${name}\n`;
  if (row.outcome === "skipped") return `ok ${number} - ${name} # SKIP ${escaped(row.details[0]?.text ?? "skipped")}\n`;
  const files = row.files.map((path, index): [string, string] => [`file${index + 1}`, path]);
  return `not ok ${number} - ${name}\n${
    block([
      ["severity", row.outcome === "broken" ? "broken" : "fail"],
      ...row.details.map(({ label, text }): [string, string] => [label.toLowerCase(), text]),
      ...files,
    ])
  }`;
}

function block(members: readonly (readonly [string, string])[]): string {
  const unique = new Map<string, string>();
  for (const [name, text] of members) {
    let key = name;
    for (let index = 2; unique.has(key); index++) key = `${name}${index}`;
    unique.set(key, text);
  }
  return ["  ---", ...[...unique].map(([name, text]) => `  ${name}: ${JSON.stringify(text)}`), "  ...", ""].join("\n");
}

function comment(text: string): string {
  return `# ${text}\n`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("#", "\\#");
}
