/** The walk as text of 80 columns, and as JSON. */
import { labelled, labelledCommand, paint, WIDTH, wrap } from "../lab/text.ts";
import { type Diagnosis, type Finding, type Mark, STEPS, type Target } from "./finding.ts";
import { layerText, type Outcome, OUTCOMES, STATUS } from "./outcomes.ts";

/** The guide, with a section for each outcome. */
export const GUIDE = "docs/handbook/13-where-it-stops.md";

const SIGNS: Readonly<Record<Mark, readonly [sign: string, colour: Parameters<typeof paint>[0]]>> = {
  fine: ["✔", "green"],
  stop: ["✘", "red"],
  note: ["!", "yellow"],
  unseen: ["?", "dim"],
  none: ["–", "dim"],
};
/** Columns in front of what was found. */
const MARGIN = 19;

/** The first line. */
export function headText({ host, port }: Target): string {
  return `${wrap(`From here to ${host}, port ${port}`, WIDTH).join("\n")}\n`;
}

/** What was found at a step. */
export function findingText({ step, mark, said }: Finding): string {
  const [sign, colour] = SIGNS[mark];
  const [first = "", ...rest] = wrap(said, WIDTH - MARGIN);
  const head = `  ${paint(colour, sign)} ${step.padEnd(MARGIN - 4)}${first}`;
  return [head, ...rest.map((line) => `${" ".repeat(MARGIN)}${line}`)].join("\n");
}

/** What it means. */
export function verdictText({ outcome, place, findings }: Diagnosis): string {
  if (outcome === undefined) return `\n${wrap(fineText(findings), WIDTH).join("\n")}`;
  const what: Outcome = OUTCOMES[outcome];
  const reached = STEPS.indexOf(findings.at(-1)?.step ?? "name");
  const notReached = STEPS.slice(reached + 1).map((step) => `    ${paint("dim", step)}`);
  return [
    ...notReached,
    "",
    ...wrap(stopText(what, findings), WIDTH),
    "",
    labelled("Means", what.cause),
    labelled("Try", what.remedy),
    labelledCommand("See", what.look(place)),
    labelledCommand("Read", `${GUIDE}#${outcome}`),
  ].join("\n");
}

/** What is noticed at one step may have its reason at an earlier one. */
function stopText(what: Outcome, findings: readonly Finding[]): string {
  const stop = findings.find(({ mark }) => mark === "stop");
  const where = stop === undefined || stop.step === what.step ? what.step : `${stop.step}, and the fault is at ${what.step}`;
  return `It stops at ${where}: ${layerText(what)}.`;
}

function fineText(findings: readonly Finding[]): string {
  const isOpen = findings.some(({ step, mark }) => step === "application" && mark === "note");
  if (isOpen) return "It goes through, up to the other end's TCP; the application has not been heard.";
  return "It goes through. If something is still wrong, it is above the socket, between the two programs.";
}

/** The exit status. */
export function statusOf({ outcome }: Diagnosis): number {
  return outcome === undefined ? 0 : STATUS[OUTCOMES[outcome].step];
}

/** The walk for programs. */
export function asJson(diagnosis: Diagnosis): string {
  const { target, place, findings, outcome } = diagnosis;
  const { step, layer, side, cause, remedy, look }: Partial<Outcome> = outcome === undefined ? {} : OUTCOMES[outcome];
  const stop = outcome === undefined
    ? null
    : { step, outcome, layer, side, cause, remedy, look: look?.(place), guide: `${GUIDE}#${outcome}` };
  return JSON.stringify(
    { host: target.host, port: target.port, address: place.address, findings, stop, status: statusOf(diagnosis) },
    undefined,
    2,
  );
}
