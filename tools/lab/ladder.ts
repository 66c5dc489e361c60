/**
 * The steps that led to a failure, one a line: packets with an arrow, calls with what they returned. What went well is
 * folded into a line, and so is what is done again and again to set a check up: the eye shall find the step that matters.
 */
import { ANSWERS_BY_ITSELF, type CallStep, type Step } from "../harness/transcript.ts";
import { cut, milliseconds, paint, singular, WIDTH, wrap } from "./text.ts";

/** One line of the ladder: a step, or several. */
interface Rung {
  readonly first: number;
  readonly last: number;
  readonly time: number;
  readonly text: string;
  /** Lines at most; what is longer is cut. */
  readonly most: number;
  readonly dim: boolean;
  /** The step, where it is one as it is. */
  readonly step?: Numbered | undefined;
}

/** With fewer columns than these beside number, time and arrow, the text stands below them. */
const NARROW = 24;
const SHOWN = 16;
const MOST_LINES = 5;
/** From so many calls of one function on, which return nothing, they are one line. */
const SAME = 3;

/** The numbered steps; wrong packets are marked below. */
export function ladder(steps: readonly Step[]): string[] {
  const rungs = fold(steps.filter((step): step is Exclude<Step, { kind: "log" }> => step.kind !== "log"));
  const shown = rungs.slice(-SHOWN);
  const timed = shown.some((rung) => Math.round(rung.time) !== 0);
  const hidden = (shown[0]?.first ?? 1) - 1;
  const earlier = hidden > 0 ? [paint("dim", `  … ${hidden} earlier ${hidden === 1 ? "step" : "steps"}`)] : [];
  const width = Math.max(3, ...shown.map((rung) => numberOf(rung).length));
  const timeWidth = timed ? Math.max(8, ...shown.map(({ time }) => milliseconds(time).length)) + 2 : 0;
  return [...earlier, ...shown.flatMap((rung) => lines(rung, width, timeWidth))];
}

type Numbered = Exclude<Step, { kind: "log" }>;

/** Makes rungs of steps. */
function fold(steps: readonly Numbered[]): Rung[] {
  const lastCall = steps.findLastIndex((step) => step.kind === "call");
  const rungs: Rung[] = [];
  const summed = summaries(steps);
  for (let at = 0; at < steps.length;) {
    const rung = summed.get(at) ?? changingRung(steps, at, lastCall) ?? goodRung(steps, at, lastCall) ?? sameRung(steps, at, lastCall) ??
      toldRung(steps, at, lastCall) ??
      askedRung(steps, at) ?? plainRung(steps, at);
    rungs.push(rung);
    at = rung.last;
    const again = againRung(steps, rungs, lastCall);
    if (again === undefined) continue;
    rungs.push(again);
    at = again.last;
  }
  return rungs;
}

/** Steps that a later one sums up, by the place of the first of them. */
function summaries(steps: readonly Numbered[]): ReadonlyMap<number, Rung> {
  const found = new Map<number, Rung>();
  for (const [index, step] of steps.entries()) {
    if (step.kind !== "note" || step.since === undefined) continue;
    found.set(step.since, rungOf(steps, step.since, index + 1 - step.since, step.text, 2, true));
  }
  return found;
}

/** Your stack asks by ARP, and the peer answers by itself: where TCP is spoken that is by the way. */
function askedRung(steps: readonly Numbered[], at: number): Rung | undefined {
  const [question, answer] = [steps[at], steps[at + 1]];
  if (question?.kind !== "packet" || answer?.kind !== "packet" || answer.note !== ANSWERS_BY_ITSELF) return undefined;
  if (question.problems.length > 0 || !steps.some(isTcp)) return undefined;
  const [asked = "the peer"] = /[\d.]+(?= is at)/.exec(answer.text) ?? [];
  return rungOf(steps, at, 2, `✔ you ask by ARP, and the peer answers for ${asked}`, 1, true);
}

function isTcp(step: Numbered): boolean {
  return step.kind === "packet" && step.text.startsWith("TCP");
}

/** From so many times on, steps that come again and again are one line. */
const AGAIN = 3;
/** So many steps, one after the other, may be what comes again. */
const PERIOD = 3;

/** The same steps as on the last rungs, packets but for their numbers, several times. The last step of all stays, and so does the last call. */
function againRung(steps: readonly Numbered[], rungs: readonly Rung[], lastCall: number): Rung | undefined {
  const at = rungs.at(-1)?.last ?? 0;
  for (let period = 1; period <= PERIOD; period++) {
    const model = rungs.slice(-period).flatMap(({ step }) => step === undefined || step.kind === "right" ? [] : [step]);
    if (model.length < period || model.some((step) => step.kind === "packet" && step.problems.length > 0)) return undefined;
    let end = at;
    while (end < steps.length - 1 && end !== lastCall && isSame(model[(end - at) % period] as Numbered, steps[end])) end++;
    const times = Math.floor((end - at) / period);
    if (times < AGAIN) continue;
    const what = period === 1 ? "the same" : period === 2 ? "these two" : "these three";
    return rungOf(steps, at, times * period, `… ${what}, ${times} times more`, 1, true);
  }
  return undefined;
}

/** Whether a step is as this one; a packet, but for the numbers in it. */
function isSame(model: Numbered, step: Numbered | undefined): boolean {
  if (model.kind === "call") {
    return step?.kind === "call" && step.name === model.name && step.args === model.args && step.outcome === model.outcome;
  }
  if (model.kind !== "packet") return step?.kind === model.kind && step.text === model.text;
  if (step?.kind !== "packet" || step.direction !== model.direction || step.note !== model.note || step.problems.length > 0) return false;
  const bare = (text: string): string => text.replace(/(seq|ack|id) -?\d+( \(absolute\))?/g, "$1").replace(/(?<= sack .*)\d+–\d+/g, "–");
  return bare(step.text) === bare(model.text);
}

function rungOf(steps: readonly Numbered[], at: number, count: number, text: string, most: number, dim: boolean): Rung {
  return { first: at + 1, last: at + count, time: steps[at + count - 1]?.time ?? 0, text, most, dim };
}

/** Nothing but things that were right, with the calls that led to them. The last call stays. */
function goodRung(steps: readonly Numbered[], at: number, lastCall: number): Rung | undefined {
  let end = at;
  for (;;) {
    const next = steps[end]?.kind === "call" && end !== lastCall ? end + 1 : end;
    if (steps[next]?.kind !== "right") break;
    end = next + 1;
  }
  if (end === at) return undefined;
  const what = steps.slice(at, end).flatMap((step) => step.kind === "right" ? [step.text] : []);
  const text = what.length === 1 ? `✔ ${what[0]}` : `✔ ${what.length} things were right: ${what.join(", ")}`;
  return rungOf(steps, at, end - at, text, 1, true);
}

/** Calls of one function that return nothing, each told before or not. The last call stays. */
function sameRung(steps: readonly Numbered[], at: number, lastCall: number): Rung | undefined {
  const calls: CallStep[] = [];
  const told: string[] = [];
  let end = at;
  for (;;) {
    const next = isTold(steps, end) ? end + 1 : end;
    const call = steps[next];
    if (call?.kind !== "call" || next === lastCall || call.outcome !== "" || call.name !== (calls[0] ?? call).name) break;
    if (calls.length > 0 && windowAfter(steps, next) !== undefined) break;
    calls.push(call);
    if (next > end) told.push((steps[end] as Numbered & { kind: "note" }).text);
    end = next + 1;
  }
  if (calls.length < SAME) return undefined;
  const each = told.length === calls.length ? told : calls.map(({ args }) => args);
  const text = `${calls[0]?.name}, ${calls.length} times: ${each.join("; ")}`;
  return rungOf(steps, at, end - at, text, 3, true);
}

/** In a run of calls that leave the window alone, one that does not: it is what happens there, so it is shown, and what came of it. */
function changingRung(steps: readonly Numbered[], at: number, lastCall: number): Rung | undefined {
  const after = at === lastCall ? undefined : windowAfter(steps, at);
  if (after === undefined) return undefined;
  const rung = plainRung(steps, at);
  return { ...rung, text: `${rung.text}: cwnd is ${after} then`, step: undefined };
}

/** What cwnd is in the next call of the function, if it is another one there than in this call, and was not in the call before. */
function windowAfter(steps: readonly Numbered[], at: number): string | undefined {
  const call = steps[at];
  if (call?.kind !== "call" || call.outcome !== "") return undefined;
  const isSame = (step: Numbered): step is CallStep => step.kind === "call" && step.name === call.name;
  const window = windowOf(call);
  const after = windowOf(steps.slice(at + 1).find(isSame));
  const before = windowOf(steps.slice(0, at).findLast(isSame));
  return window === undefined || after === window || before !== window ? undefined : after;
}

/** cwnd in the record that a call was given. */
function windowOf(call: CallStep | undefined): string | undefined {
  return /^\{[^}]* cwnd (\S+)/.exec(call?.args ?? "")?.[1];
}

/** A call that the check told in words before it made it: the words do. The last call stays. */
function toldRung(steps: readonly Numbered[], at: number, lastCall: number): Rung | undefined {
  const [note, call] = [steps[at], steps[at + 1]];
  if (!isTold(steps, at) || note?.kind !== "note" || call?.kind !== "call" || at + 1 === lastCall) return undefined;
  let end = at + 2;
  while (steps[end]?.kind === "right") end++;
  const outcome = end > at + 2 ? "  ✔" : call.outcome;
  return rungOf(steps, at, end - at, `${note.text}${outcome}`, 3, outcome === "  ✔");
}

/** Whether the step at `at` is a note about the call that comes next: both name the same number or address. */
function isTold(steps: readonly Numbered[], at: number): boolean {
  const [note, call] = [steps[at], steps[at + 1]];
  if (note?.kind !== "note" || call?.kind !== "call") return false;
  return !numbersIn(note.text).isDisjointFrom(numbersIn(call.args ?? ""));
}

/** The numbers and addresses in a text; 0x0006 and 6 are the same. */
function numbersIn(text: string): ReadonlySet<number | string> {
  const words = text.match(/0x[0-9a-f]+|\d[\d.:a-f]*/g) ?? [];
  return new Set(words.map((word) => Number.isNaN(Number(word)) ? word : Number(word)));
}

function plainRung(steps: readonly Numbered[], at: number): Rung {
  const step = steps[at] as Numbered;
  const text = step.kind === "call" ? `${step.name}${step.args === undefined ? "" : `(${step.args})`}${step.outcome}` : step.text;
  return { ...rungOf(steps, at, 1, text, MOST_LINES, step.kind === "right"), step };
}

/** "4", or "4–9". */
function numberOf({ first, last }: Rung): string {
  return first === last ? `${first}` : `${first}–${last}`;
}

/** The lines of a rung; time is left out where no clock runs. */
function lines(rung: Rung, width: number, timeWidth: number): string[] {
  const { time, text, most, dim, step } = rung;
  const packet = step?.kind === "packet" ? step : undefined;
  const head = `  ${numberOf(rung).padStart(width)}${timeWidth > 0 ? milliseconds(time).padStart(timeWidth) : ""}   `;
  const arrow = packet === undefined ? "" : packet.direction === "to you" ? `${packet.other} ──▶ you   ` : `${packet.other} ◀── you   `;
  const beside = WIDTH - head.length - arrow.length;
  const indent = " ".repeat(beside < NARROW ? 4 : head.length + arrow.length);
  const room = Math.max(1, WIDTH - indent.length);
  const colour = (line: string): string => dim ? paint("dim", line) : line;
  const wrapped = wrap(singular(text), room);
  const shown = wrapped.length > most ? [...wrapped.slice(0, most - 1), cut(wrapped.slice(most - 1).join(" "), room)] : wrapped;
  const [top, ...rest] = beside < NARROW ? ["", ...shown] : shown;
  return [
    `${colour(head)}${paint("cyan", arrow)}${colour(top ?? "")}`,
    ...rest.map((line) => colour(`${indent}${line}`)),
    ...(packet?.problems ?? []).flatMap((problem) => wrap(`✘ ${problem}`, room).map((line) => paint("red", `${indent}${line}`))),
    ...(packet === undefined || packet.note === "" ? [] : wrap(`(${packet.note})`, room).map((line) => paint("dim", `${indent}${line}`))),
  ];
}
