/** A class report as text of 80 columns. */
import { cut, WIDTH, wrap } from "../lab/text.ts";
import { type ClassReport, mostFound, neverPassed, type Placed, whereTheySit } from "./gather.ts";

/** The text; `top`: how many checks it names. */
export function summaryText(report: ClassReport, top = 10): string {
  return [headText(report), labsText(report), foundText(report, top), sitsText(report), neverText(report), problemsText(report)]
    .filter((part) => part !== "").join("\n\n");
}

/** What was graded, and how: for the page as well. */
export function factsOf({ students, wires, seeds, mine, alike }: ClassReport): string[] {
  return [
    `${students.length} ${students.length === 1 ? "submission" : "submissions"}`,
    `seed ${seeds.join(", ")}`,
    `${wires.join(" and ")} wire`,
    mine ? "each lab on the submission's own others" : "each lab on the reference's others",
    ...(alike ? [] : ["graded with DIFFERENT suites or kits: figures don't compare"]),
  ];
}

function headText(report: ClassReport): string {
  return wrap(`Class report · ${factsOf(report).join(" · ")}`, WIDTH).join("\n");
}

function labsText({ labs }: ClassReport): string {
  const head = `${"lab".padEnd(20)}${
    ["begun", "all pass", "mean points", "checks", "found bugs"].map((each) => each.padStart(12)).join("")
  }`;
  const lines = labs.map((lab) => {
    const found = lab.checks.filter(({ failed }) => failed > 0).length;
    const figures = [lab.begun, lab.whole, `${lab.mean.toFixed(1)}/${lab.ofPoints}`, lab.checks.length, found];
    return `${lab.folder.padEnd(20)}${figures.map((each) => String(each).padStart(12)).join("")}`;
  });
  return [head, ...lines].join("\n");
}

function foundText(report: ClassReport, top: number): string {
  const found = mostFound(report);
  if (found.length === 0) return "No check failed.";
  const head = "Checks that found most: submissions (in so many the only one of its lab)";
  return [head, ...found.slice(0, top).map((each) => checkText(each, report.mine))].join("\n");
}

function checkText({ lab, check }: Placed, mine: boolean): string {
  const counted = `${String(check.failed).padStart(5)} ${check.alone > 0 ? `(${check.alone})` : ""}`.padEnd(12);
  const hidden = check.visibility === "hidden" ? " (hidden)" : "";
  const line = `${counted}${lab.folder.slice(0, 2)} ${check.id}${hidden}`;
  const sits = mine ? `sits in ${sitsIn(check.sits)}` : check.title;
  return `${cut(line, WIDTH)}\n${" ".repeat(15)}${cut(sits, WIDTH - 15)}`;
}

/** "03-ip ×4, 06-buffers ×1": the most frequent first. */
export function sitsIn(sits: ReadonlyMap<string, number>): string {
  const sorted = [...sits].toSorted(([, a], [, b]) => b - a);
  return sorted.map(([folder, count]) => `${folder === "?" ? "nobody knows where" : folder} ×${count}`).join(", ");
}

function sitsText(report: ClassReport): string {
  if (!report.mine) return "";
  const { columns, rows } = whereTheySit(report);
  const head = `${"shows in / sits in".padEnd(20)}${columns.map((folder) => folder.slice(0, 2).padStart(5)).join("")}`;
  const lines = [...rows].map(([folder, row]) => {
    return `${folder.padEnd(20)}${columns.map((column) => String(row.get(column) ?? "·").padStart(5)).join("")}`;
  });
  return ["Where the failures sit", head, ...lines].join("\n");
}

function neverText(report: ClassReport): string {
  const never = neverPassed(report);
  if (never.length === 0) return "";
  const names = never.map(({ lab, check }) => `${lab.folder.slice(0, 2)} ${check.id}`).join(", ");
  return wrap(`Nobody passes: ${names}. Does the handout say what they ask for?`, WIDTH).join("\n");
}

function problemsText({ problems }: ClassReport): string {
  return problems.map(({ name, problem }) => cut(`Not graded: ${name}: ${problem}`, WIDTH)).join("\n");
}
