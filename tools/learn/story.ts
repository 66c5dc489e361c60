/**
 * What the learner reads about a check: what came of it, and what to do next. The words of a failure are those of `deno task lab`
 * (`tools/lab/failure_report.ts`), without the commands that are keys here.
 */
import type { Lab } from "../../labs/manifest.ts";
import type { Check } from "../harness/suite.ts";
import type { CheckResult } from "../harness/trial.ts";
import { explanation, type Failure, isFailure } from "../lab/failure_report.ts";
import { placeOf } from "../lab/places.ts";
import { labelled, paint, titled, WIDTH, wrap } from "../lab/text.ts";
import { handoutLead } from "./handout.ts";
import type { Session } from "./session.ts";

/** The marks of outcomes, in words for those who hear them, and their colours. */
export const OUTCOMES = {
  "passed": { mark: "✔", word: "passes", colour: "green" },
  "failed": { mark: "✘", word: "fails", colour: "red" },
  "not written": { mark: "○", word: "not written yet", colour: "yellow" },
  "skipped": { mark: "–", word: "skipped", colour: "dim" },
  "broken": { mark: "!", word: "is broken itself, which is our fault", colour: "red" },
} as const;

/** Columns of mark and id, where they stand before the title. */
const ID = 22;

/** Mark, id and title of a check; `column`: where the title begins. */
export function checkLine(check: Check, result: CheckResult | undefined, marker = "", column = ID): string[] {
  const { mark, colour } = result === undefined ? { mark: "·", colour: "dim" as const } : OUTCOMES[result.verdict.outcome];
  const [top = "", ...rest] = titled(`${marker}${mark} ${check.id}`, check.title, column);
  return [paint(colour, top), ...rest.map((line) => paint(colour, line))];
}

/** The whole of what there is to read about a check, below its title. */
export function checkStory(session: Session, check: Check): string[] {
  const result = session.results.get(check.id);
  if (result === undefined) return ["  This check has not been run yet."];
  const { verdict } = result;
  switch (verdict.outcome) {
    case "passed":
      return wrap("This check passes. l shows what happened in it, n goes on.", WIDTH - 2).map((line) => `  ${line}`);
    case "skipped":
      return lines(labelled("Skipped", verdict.reason));
    case "not written":
      return unwritten(session, verdict.symbol);
    case "broken":
      return [
        ...wrap("This check itself is broken, which is our fault and not yours.", WIDTH - 2).map((line) => `  ${line}`),
        "",
        ...lines(verdict.error),
      ];
    case "failed":
      return failure(session, result as Failure);
  }
}

function failure(session: Session, result: Failure): string[] {
  const alike = [...session.results.values()].filter(isFailure).filter(({ verdict }) => verdict.got === result.verdict.got).length;
  const { text, own } = session.blames.get(result.check) ?? {};
  return lines(explanation(result, { lab: session.lab, blame: text, own, alike }));
}

/** What to write, and where its section of the handout begins. */
function unwritten(session: Session, symbol: string): string[] {
  const { lab } = session;
  const place = placeOf(symbol, lab);
  const waiting = session.round === undefined ? session.checks.filter(({ id }) => waitsFor(session.results.get(id), symbol)).length : 0;
  const lead = place === undefined ? "" : handoutLead(place.handout);
  return [
    ...lines(labelled("Write", `${symbol}  ${place?.file ?? ""}`)),
    ...(waiting > 1 ? lines(labelled("", `${waiting} checks wait for it`)) : []),
    ...(lead === "" ? [] : lines(labelled("Idea", lead))),
    ...lines(labelled("Read", place?.handout ?? `labs/${lab.folder}/README.md`)),
  ];
}

function waitsFor(result: CheckResult | undefined, symbol: string): boolean {
  return result?.verdict.outcome === "not written" && result.verdict.symbol === symbol;
}

/** What is said when everything passes. */
export function doneStory(session: Session): string[] {
  const { lab, following, noWire, score } = session;
  const skipped =
    [...session.results.values()].filter(({ check, verdict }) => check.kind === "live" && verdict.outcome === "skipped").length;
  const kept = session.kept.count === 0 ? "" : ", and no failure that you kept is back";
  const text = `Lab ${two(lab)}, ${lab.name}, is done: all ${score.passed} checks${skipped === 0 ? "" : " that could be run"} pass${kept}.`;
  return [
    ...wrap(text, WIDTH).map((line) => paint("green", line)),
    ...(skipped === 0 ? [] : ["", ...lines(labelled("Skipped", `${skipped} live checks: ${noWire?.what ?? "they were left out"}`))]),
    "",
    ...lines(labelled("Next", following === undefined ? "that was the last one" : `n opens lab ${two(following)}, ${following.name}`)),
  ];
}

/** Why nothing can be run. */
export function obstacleStory(session: Session, loadError: (message: string) => string): string[] {
  const { obstacle } = session;
  if (obstacle === undefined) return [];
  if (!obstacle.own) return wrap(obstacle.text, WIDTH);
  const [, path] = /Cannot read (labs\/\S+): the file is missing/.exec(obstacle.text) ?? [];
  const remedy = path === undefined ? [] : ["", ...wrap(`Git brings it back (git checkout -- ${path}), and this goes on.`, WIDTH)];
  return [...lines(loadError(obstacle.text)), ...remedy];
}

/** "01". */
export function two({ number }: Lab): string {
  return String(number).padStart(2, "0");
}

function lines(text: string): string[] {
  return text.split("\n");
}
