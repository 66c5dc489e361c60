/**
 * One failure, told so that it teaches: what happened step by step, what was expected and what came, why it matters,
 * where to look, and how to run just this again.
 */
import { fileOf, type Lab, labs } from "../../labs/manifest.ts";
import type { Check } from "../harness/suite.ts";
import type { CheckResult, Verdict } from "../harness/trial.ts";
import { fieldsTable } from "./fields_table.ts";
import { wordsIn } from "./handout_places.ts";
import { ladder } from "./ladder.ts";
import { givenAway, otherWhy } from "./other_why.ts";
import { type Place, placeOf } from "./places.ts";
import { labelled, labelledCommand, milliseconds, paint, singular, titled, WIDTH } from "./text.ts";

/** What surrounds a failure. */
export interface FailureContext {
  readonly lab: Lab;
  readonly seed: number;
  /** Path of the capture, if one was written. */
  readonly capture: string | undefined;
  /** "passes when 02 arp is the reference". */
  readonly blame: string | undefined;
  /** When the fault sits in another lab: the check of that lab's own which fails too, and knows better where to look. */
  readonly own?: Check;
  /** The smallest run that still goes wrong, in words, and the command that plays it. */
  readonly smallest?: { readonly text: string; readonly command: string };
  /** For a failure that was kept: the command that plays it again. It has no hints of its own. */
  readonly again?: string;
  /** Whose code was run, as options of a command: so it is to be when this is run again. */
  readonly way?: string;
  /** So many checks failed by the same unknown name. */
  readonly alike?: number;
}

/** A check that failed. */
export type Failure = CheckResult & { readonly verdict: Verdict & { readonly outcome: "failed" } };

/** The lab that has `internetChecksum`. */
const SUMS_LAB = 3;

/** From this lab on a connection is open before anything begins, and that needs no explaining. */
const TRANSFER_LABS = 6, OPEN = "the connection is in ESTABLISHED";

/** Columns in front of what stands beside a label. */
const LABEL = 14;

const SHOWN_LOG = 8, SHOWN_PLACES = 3, SHOWN_WORDS = 3;

/** Whether a check failed. */
export function isFailure(result: CheckResult): result is Failure {
  return result.verdict.outcome === "failed";
}

/** The name that student code uses and does not have, when a check failed by that. What the check is about was never reached. */
export function unknownName({ verdict }: Failure): string | undefined {
  return verdict.at === undefined ? undefined : /: ReferenceError: (\S+) is not defined$/m.exec(verdict.got)?.[1];
}

/** Why a check failed by a name that is not known. */
function unknownText(name: string, failure: Failure, alike: number): string {
  const folder = /\b(labs\/[\w-]+)\//.exec(failure.verdict.got)?.[1] ??
    `labs/${labs.find(({ number }) => number === failure.check.lab)?.folder}`;
  const all = alike > 1 ? ` ${alike} checks fail by it, whatever they are about.` : "";
  return `Nothing is called \`${name}\` there: an import is missing, or the name is misspelled.${all} deno check ${folder} finds every such name.`;
}

/** The whole story of a failed check. */
export function failureText(failed: CheckResult, context: FailureContext): string {
  const result = failed as Failure;
  const { check, transcript } = result;
  const command = `deno task lab${context.lab.number}`;
  const [top = "", ...title] = titled(`✘ ${check.id}`, check.title, 21, milliseconds(result.milliseconds));
  const steps = ladder(transcript.steps);
  return [
    paint("red", top),
    ...title,
    "",
    ...(steps.length === 0 ? [] : [...steps, ""]),
    explanation(result, context),
    ...(context.smallest === undefined ? [] : [labelled("Smallest", context.smallest.text), labelledCommand("", context.smallest.command)]),
    labelledCommand("Again", context.again ?? `${command}${context.way ?? ""} --only ${check.id} --seed ${context.seed}`),
    ...(context.capture === undefined ? [] : [labelledCommand("Capture", context.capture)]),
    ...(context.again === undefined && unknownName(result) === undefined ? [labelledCommand("Hint", `${command} --hint ${check.id}`)] : []),
  ].join("\n");
}

/** What was expected and what came, why it matters and where to look: the part of the story that does not depend on who tells it. */
export function explanation(result: Failure, context: Pick<FailureContext, "lab" | "blame" | "own" | "alike">): string {
  const { verdict } = result;
  const name = unknownName(result);
  const places = placesOf(context.own?.look ?? suspectsOf(result), context.lab, verdict.at);
  return [
    labelled("Expected", singular(verdict.expected)),
    labelled("Got", singular(verdict.got)),
    ...fieldsTable(verdict.mismatches, verdict.right ?? []),
    ...(verdict.complaints.length > 0 ? [labelled("Kernel", verdict.complaints.join(", "))] : []),
    labelled("Why", name === undefined ? whyOf(result) : unknownText(name, result, context.alike ?? 1)),
    ...lookAt(places),
    ...(name === undefined ? words(result, places, context.lab) : []),
    ...ownLog(result),
    ...(context.blame === undefined ? [] : [labelled("Blame", context.blame)]),
  ].join("\n");
}

/** Why it matters: what the part of the check says that failed, or what stood in the way of it, or else the check. */
function whyOf(failure: Failure): string {
  return otherWhy(failure, sealerOf(failure)) ?? failure.verdict.topic?.why ?? failure.check.why;
}

/** The function that a failure most likely lies in. */
export function suspectOf(failure: Failure): string {
  return suspectsOf(failure)[0] ?? "";
}

/** The functions that a failure may lie in, the likeliest first: what is known of it comes before what the check says. */
function suspectsOf(failure: Failure): string[] {
  const { check, verdict } = failure;
  const sealer = sealerOf(failure), refuser = refuserOf(failure);
  const isSum = sealer !== undefined || /\bchecksum\b/.test(verdict.got) && !/\bchecksum\b/.test(verdict.expected);
  const first = [verdict.symbol, sealer, givenAway(failure), check.kind === "table" ? undefined : refuser].filter((symbol) =>
    symbol !== undefined
  );
  const own = ownLook(failure);
  return [...first.length > 0 ? first : own.slice(0, 1), ...isSum && check.lab === SUMS_LAB ? ["internetChecksum"] : [], ...own];
}

/** The function whose reject came, where another answer was expected, or a packet to go through: the stack itself says who has stopped it. */
function refuserOf({ check, verdict: { expected, got } }: Failure): string | undefined {
  const lab = labs.find(({ number }) => number === check.lab);
  // What was joined wrongly has a wrong checksum: who finds that out is not at fault.
  const isJoined = check.look.includes("createReassembly") && got.includes("icmp checksum");
  if (lab === undefined || isJoined) return undefined;
  return wordsIn(got, lab).find(({ word, symbol }) => symbol !== undefined && !expected.includes(word.replaceAll('"', "")))?.symbol;
}

/** Where to look: first what the part of the check was about that failed, as far as that is in this lab. */
function ownLook({ check, verdict: { topic } }: Failure): string[] {
  const lab = labs.find(({ number }) => number === check.lab);
  const own = topic?.look.filter((symbol) => lab !== undefined && fileOf(lab, symbol) !== undefined) ?? [];
  return [...own, ...check.look];
}

/** Who wrote the checksum, when a packet came from the student with a wrong one. */
function sealerOf({ check, transcript }: Failure): string | undefined {
  for (const step of transcript.steps) {
    if (step.kind !== "packet" || step.direction === "to you") continue;
    const [problem] = step.problems;
    if (problem?.startsWith("header checksum")) return check.look.includes("decrementTtl") ? "decrementTtl" : "writeIpv4";
    if (!problem?.startsWith("checksum")) continue;
    if (step.text.startsWith("ICMP")) return step.text.startsWith("ICMP echo reply") ? "makeEchoReply" : "writeIcmp";
    if (step.text.startsWith("TCP")) return "writeSegment";
    if (step.text.startsWith("UDP")) return "writeDatagram";
  }
  return undefined;
}

/** The places to look at, the likeliest first; when an exception was thrown `at` a line, that line stands for its function. */
function placesOf(symbols: readonly string[], lab: Lab, at: string | undefined): Place[] {
  const places = [...new Set(symbols)].slice(0, SHOWN_PLACES).flatMap((symbol) => placeOf(symbol, lab) ?? []);
  const [, name, file] = /^(?:(\S+) \()?(labs\/[^)]+?)\)?$/.exec(at ?? "") ?? [];
  // JavaScript knows a method by its last name: "push", or "Reader.push" where it stands in a class.
  const isOwn = ({ symbol }: Place): boolean => symbol === name || symbol.endsWith(`.${name?.split(".").at(-1)}`);
  const own = places.find(isOwn) ?? places[0];
  if (file === undefined || own === undefined) return places;
  const symbol = name === undefined || isOwn(own) ? own.symbol : name;
  return [{ ...own, symbol, file }, ...places.filter((place) => place !== own)];
}

function lookAt(places: readonly Place[]): string[] {
  return places.flatMap(({ symbol, file, handout }, index) => [
    labelled(index === 0 ? "Look at" : "", beside(symbol, file)),
    ...(index === 0 ? [labelled("", handout)] : []),
  ]);
}

/** A name and its place, on one line where there is room. */
function beside(name: string, place: string): string {
  return `${name}${name.length + 2 + place.length > WIDTH - LABEL ? "\n" : "  "}${place}`;
}

/** Where the handout explains the rejects, effects and states that are named: first those of the verdict, then those of the steps. */
function words({ verdict, transcript }: Failure, [first]: readonly Place[], lab: Lab): string[] {
  const steps = ladder(transcript.steps).join("\n");
  const told = [
    verdict.expected,
    verdict.got,
    ...verdict.mismatches.map(({ expected, got }) => `${expected} ${got}`),
    lab.number < TRANSFER_LABS ? steps : steps.replaceAll(OPEN, ""),
  ].join("\n");
  const found = Map.groupBy(wordsIn(told, lab, first?.symbol), ({ anchor }) => anchor);
  found.delete(first?.handout ?? "");
  return [...found].slice(0, SHOWN_WORDS).map(([anchor, some], index) => {
    const names = some.map(({ word }) => word).join(", ");
    return labelled(index === 0 ? "Words" : "", beside(names, anchor));
  });
}

/** What the student's code printed, each line with the number of the step in which it did. */
function ownLog({ transcript }: Failure): string[] {
  const logs = transcript.steps.filter((step) => step.kind === "log");
  if (logs.length === 0) return [];
  const shown = logs.slice(-SHOWN_LOG).map((step) => `step ${Math.min(step.step, Math.max(transcript.numbered, 1))}: ${step.text}`);
  const earlier = logs.length - shown.length;
  return [labelled("Your log", singular([...(earlier > 0 ? [`… ${earlier} earlier lines`] : []), ...shown].join("\n")))];
}
