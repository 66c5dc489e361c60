/**
 * A class report as one page of HTML: it loads nothing, runs nothing, and follows the reader's choice of light or dark. Names and
 * problems come from strangers' folders, so everything that is not ours is escaped.
 */
import type { Outcome } from "../grade/result.ts";
import { type CheckLine, type ClassReport, type LabLines, mostFound, neverPassed, whereTheySit } from "./gather.ts";
import { factsOf, sitsIn } from "./summary.ts";

/** The whole page. */
export function page(report: ClassReport): string {
  const { labs } = report;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Class report</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Class report</h1>
<p class="facts">${factsOf(report).map(escape).join(" · ")}</p>
<nav><a href="#labs">Labs</a> <a href="#found">Checks that found most</a> ${report.mine ? '<a href="#sits">Where failures sit</a> ' : ""}${
    labs.map(({ folder }) => `<a href="#lab-${escape(folder)}">${escape(folder)}</a>`).join(" ")
  }</nav>
${labsTable(report)}
${foundTable(report)}
${report.mine ? sitsTable(report) : ""}
${neverList(report)}
${problemsList(report)}
<h2>Students and checks</h2>
<p>${LEGEND}</p>
${labs.map((lab) => matrix(lab, report)).join("\n")}
</body>
</html>
`;
}

/** Text that means nothing to HTML. */
export function escape(text: string): string {
  const known: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replaceAll(/[&<>"']/g, (letter) => known[letter] as string);
}

const MARKS: Readonly<Record<Outcome, readonly [string, string]>> = {
  "passed": ["✔", "p"],
  "failed": ["✘", "f"],
  "not written": ["○", "n"],
  "skipped": ["–", "s"],
  "broken": ["!", "b"],
};

const LEGEND = Object.entries(MARKS).map(([outcome, [mark, kind]]) => `<span class="mark ${kind}">${mark}</span> ${outcome}`).join(
  " &nbsp; ",
);

/** So many checks are shown at once; the others fold. */
const SHOWN = 20;

const STYLE = `
:root { --ink: #1b1f24; --paper: #fff; --line: #d0d7de; --soft: #57606a; --head: #f6f8fa;
  --p: #dafbe1; --pi: #116329; --f: #ffd7d5; --fi: #a40e26; --n: #fff8c5; --ni: #7d4e00; --link: #0550ae; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --line: #30363d; --soft: #9198a1; --head: #161b22;
  --p: #12351f; --pi: #7ee787; --f: #4d1518; --fi: #ffb3ae; --n: #3d2f00; --ni: #f2cc60; --link: #79c0ff; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 2.5rem; }
a { color: var(--link); } nav a { margin-right: .75rem; } nav a, tbody th a { white-space: nowrap; } .facts, .soft { color: var(--soft); }
.scroll { overflow: auto; max-height: 90vh; border: 1px solid var(--line); width: fit-content; max-width: 100%; }
.scroll + .scroll { margin-top: 1rem; } .scroll:focus-visible { outline: 2px solid var(--link); }
table { border-collapse: separate; border-spacing: 0; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: bottom; }
tbody th { font-weight: normal; } td.number, th.number { text-align: right; } td, tbody th, td.number { vertical-align: top; }
td.number, td.name { white-space: nowrap; } .found tbody th { min-width: 16rem; } .found td.where { min-width: 14rem; }
details { margin-top: .75rem; } summary { cursor: pointer; } summary:focus-visible { outline: 2px solid var(--link); } thead th { background: var(--head); position: sticky; top: 0; z-index: 1; }
code { font: 13px ui-monospace, monospace; }
.matrix tbody th { position: sticky; left: 0; background: var(--paper); white-space: nowrap; max-width: 14rem; overflow: hidden; text-overflow: ellipsis; }
.matrix thead th:first-child { left: 0; z-index: 2; }
.matrix thead th.check { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; padding: .4rem .15rem; font: 12px ui-monospace, monospace; text-align: left; }
.matrix td, .mark { text-align: center; padding: 0 .3rem; vertical-align: middle; } .matrix thead th.hidden { font-style: italic; }
.p { background: var(--p); color: var(--pi); } .f { background: var(--f); color: var(--fi); font-weight: bold; }
.n { background: var(--n); color: var(--ni); } .s { color: var(--soft); } .b { background: var(--fi); color: var(--paper); }
@media print {
  body { font-size: 10pt; max-width: none; margin: 0; } nav { display: none; } h2, h3 { break-after: avoid; } tr { break-inside: avoid; }
  .scroll { overflow: visible; max-height: none; border: 0; } thead th, .matrix tbody th { position: static; }
  .matrix { font-size: 5pt; } .matrix td { padding: 0; } .matrix thead th.check { font-size: 4.5pt; padding: 1pt 0; }
  .p, .f, .n, .b, thead th { print-color-adjust: exact; }
}
@page { size: landscape; margin: 10mm; }
`;

function labsTable({ labs, students }: ClassReport): string {
  const rows = labs.map(({ folder, begun, whole, mean, ofPoints, checks }) => {
    const found = checks.filter(({ failed }) => failed > 0).length;
    return row(`<a href="#lab-${escape(folder)}">${escape(folder)}</a>`, [
      `${begun} of ${students.length}`,
      whole,
      `${mean.toFixed(1)} of ${ofPoints}`,
      checks.length,
      found,
    ]);
  });
  return table("labs", "Labs", ["Lab", "Begun", "All checks pass", "Mean points of those", "Checks", "Checks that found a bug"], rows);
}

function foundTable(report: ClassReport): string {
  const rows = mostFound(report).map(({ lab, check }) => {
    const name = `<code>${escape(check.id)}</code>${
      check.visibility === "hidden" ? ' <span class="soft">hidden</span>' : ""
    }<br><span class="soft">${escape(check.title)}</span>`;
    return `<tr><th scope="row">${name}</th><td class="name">${
      escape(lab.folder)
    }</td><td class="number">${check.failed}</td><td class="number">${check.alone || ""}</td><td class="where">${
      escape(sitsIn(check.sits))
    }</td></tr>`;
  });
  const title = "Checks that found most";
  const heading = `<h2 id="found">${title}</h2>`;
  if (rows.length === 0) return `${heading}\n<p>No check failed.</p>`;
  const heads = ["Check", "Lab", "Submissions", "Only one of its lab", "Sits in"];
  const part = (name: string, from: number, to?: number): string => scrolled(name, "found", heads, rows.slice(from, to), [2, 3]);
  const rest = rows.length - SHOWN;
  const more = rest > 0 ? `\n<details><summary>${rest} more</summary>\n${part(`${title}, the rest`, SHOWN)}</details>` : "";
  return `${heading}\n${part(title, 0, SHOWN)}${more}`;
}

function sitsTable(report: ClassReport): string {
  const { columns, rows } = whereTheySit(report);
  const lines = [...rows].map(([folder, counts]) => row(escape(folder), columns.map((column) => counts.get(column) ?? "·")));
  const heads = ["Shows in", ...columns.map((column) => column === "?" ? "unknown" : column)];
  return table("sits", "Where failures sit", heads, lines);
}

function neverList(report: ClassReport): string {
  const never = neverPassed(report);
  if (never.length === 0) return "";
  const items = never.map(({ lab, check }) =>
    `<li><code>${escape(`${lab.folder.slice(0, 2)} ${check.id}`)}</code> ${escape(check.title)}</li>`
  );
  return `<h2>Checks that nobody passes</h2>\n<p>Does the handout say what they ask for?</p>\n<ul>${items.join("")}</ul>`;
}

function problemsList({ problems }: ClassReport): string {
  if (problems.length === 0) return "";
  const items = problems.map(({ name, problem }) => `<li>${escape(name)}: ${escape(problem)}</li>`);
  return `<h2>Not graded</h2>\n<ul>${items.join("")}</ul>`;
}

function row(head: string, cells: readonly (string | number)[]): string {
  return `<tr><th scope="row">${head}</th>${cells.map((cell) => `<td class="number">${escape(String(cell))}</td>`).join("")}</tr>`;
}

/** A table of numbers, but for its first column. */
function table(id: string, title: string, heads: readonly string[], rows: readonly string[]): string {
  return `<h2 id="${id}">${escape(title)}</h2>\n${scrolled(title, "", heads, rows, heads.keys().drop(1).toArray())}`;
}

/** A table that scrolls by itself where it is too wide. `numbers`: the columns of numbers. */
function scrolled(title: string, kind: string, heads: readonly string[], rows: readonly string[], numbers: readonly number[]): string {
  const head = heads.map((each, index) => `<th scope="col"${numbers.includes(index) ? ' class="number"' : ""}>${escape(each)}</th>`).join(
    "",
  );
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escape(title)}"><table${
    kind === "" ? "" : ` class="${kind}"`
  }><thead><tr>${head}</tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div>`;
}

/** Columns that fit a sheet of paper. */
const COLUMNS = 100;

/** Who passed what: a row for each student, a column for each check; in several tables where one would be too wide to print. */
function matrix({ folder, name, checks }: LabLines, { students }: ClassReport): string {
  const parts: CheckLine[][] = [[]];
  for (const group of Map.groupBy(checks, ({ id }) => id.split("/")[0]).values()) {
    const last = parts.at(-1) as CheckLine[];
    if (last.length > 0 && last.length + group.length > COLUMNS) parts.push(group);
    else last.push(...group);
  }
  const title = `${folder}: ${name}`;
  const tables = parts.map((part, index) => matrixPart(parts.length > 1 ? `${title}, part ${index + 1}` : title, part, students));
  return `<h3 id="lab-${escape(folder)}">${escape(title)}</h3>\n${tables.join("\n")}`;
}

function matrixPart(title: string, checks: readonly CheckLine[], students: ClassReport["students"]): string {
  const heads = checks.map(({ id, title, visibility }) =>
    `<th scope="col" class="check${visibility === "hidden" ? " hidden" : ""}" title="${escape(title)}">${escape(id)}</th>`
  );
  const rows = students.map((student, index) => {
    const cells = checks.map(({ outcomes }) => {
      const outcome = outcomes[index];
      const [mark, kind] = outcome === undefined ? ["", "s"] : MARKS[outcome] ?? ["?", "s"];
      return `<td class="${kind}">${mark}</td>`;
    });
    return `<tr><th scope="row" title="${escape(student.name)}">${escape(student.name)}</th>${cells.join("")}</tr>`;
  });
  return `<div class="scroll" tabindex="0" role="region" aria-label="${
    escape(title)
  }"><table class="matrix"><thead><tr><th scope="col">Student</th>${heads.join("")}</tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div>`;
}
