/**
 * Shrinking: of all that a failed check did to the student's code, the fewest stimuli after which that code still goes wrong in the
 * same way.
 *
 * A check's body cannot be run with half of what it does left out: it would complain of something else. So what the check did is
 * recorded, and played to two subjects: the code that failed, and the same code with the swap that makes the check pass.
 * The check is a function of its seed and of the answers; it passes on the one and fails on the other, so somewhere
 * their answers differ. *The first difference is the fault*, and a smaller run is as bad as long as its first difference is of the
 * same kind (`replay.ts#difference`). What is taken out is found by delta debugging (Zeller and Hildebrandt, 2002).
 *
 * Of a table one answer is looked for that is wrong by itself (`shrink_table.ts`).
 *
 * Rules: nothing is said that was not played. Not shrunk are live checks, whose kernel is never the same twice; checks for which no
 * swap passes; and runs whose difference does not show when they are played again.
 */
import { equal } from "@std/assert";
import { dissect, valueOf } from "../../stack/wire/dissect.ts";
import { formatIpv4Address, type Ipv4Address } from "../../stack/wire/ipv4_address.ts";
import type { Reply, Request } from "../harness/subject/protocol.ts";
import { Subject } from "../harness/subject.ts";
import { type CheckResult, runCheck } from "../harness/trial.ts";
import type { Transcript } from "../harness/transcript.ts";
import type { Selection } from "../harness/workspace.ts";
import { type Difference, difference, isPlayed, play, type Seen, type Stimulus, type Wire } from "./replay.ts";
import { wrongAnswer } from "./shrink_table.ts";

/** The smallest run that was found. */
export interface Shrunk {
  readonly stimuli: readonly Stimulus[];
  readonly wire: Wire;
  /** What right code shows after each stimulus; what comes before stimulus `from` may differ. */
  readonly expected: readonly (readonly Seen[])[];
  readonly from: number;
  readonly difference: Difference;
  /** How many packets the check had sent, and how many stimuli there were, until it failed. */
  readonly before: Size;
  readonly after: Size;
  /** There was no time to try everything: a smaller one may exist. */
  readonly hurried: boolean;
  /** The student's side of the smallest run. */
  readonly transcript: Transcript;
}

/** What a run consists of. */
export interface Size {
  readonly packets: number;
  readonly stimuli: number;
}

/** A run that cannot be shrunk: why, in words. */
export interface Unshrunk {
  readonly why: string;
}

const LIMIT = 3000;
/** Longer runs are not played. */
const MOST = 5000;

/** What a subject was asked, and what it answered. */
export interface Exchange {
  readonly request: Request;
  readonly reply: Reply | undefined;
}

/** A subject that keeps what it was asked, and what it answered. */
export class RecordingSubject extends Subject {
  readonly exchanges: Exchange[] = [];

  override async ask(request: Request): Promise<Reply> {
    if (request.op === "reset") this.exchanges.length = 0;
    const index = this.exchanges.push({ request, reply: undefined }) - 1;
    const reply = await super.ask(request);
    this.exchanges[index] = { request, reply };
    return reply;
  }
}

/** Shrinks a failure of a table or a scenario. `wrong`: the code that failed; `right`: a selection with which the check passes. */
export async function shrink(failure: CheckResult, wrong: Selection, right: Selection, limit = LIMIT): Promise<Shrunk | Unshrunk> {
  if (failure.check.kind === "live") return { why: "the kernel is never the same twice" };
  const subjects = [new RecordingSubject(wrong), new RecordingSubject(right)] as const;
  try {
    return await shrinkWith(failure, subjects, limit);
  } finally {
    for (const subject of subjects) subject.close();
  }
}

async function shrinkWith(
  { check, seed }: CheckResult,
  [bad, good]: readonly [RecordingSubject, RecordingSubject],
  limit: number,
): Promise<Shrunk | Unshrunk> {
  const kernel = (): Promise<string> => Promise.resolve("not for shrinking");
  const [failed, passed] = [await runCheck(check, seed, { subject: bad, kernel }), await runCheck(check, seed, { subject: good, kernel })];
  if (failed.verdict.outcome !== "failed") return { why: "it does not fail each time" };
  if (passed.verdict.outcome !== "passed") return { why: "no swap makes it pass" };
  const deadline = performance.now() + limit;
  if (check.kind === "table") return await shrinkTable({ check, seed }, [bad, good], deadline);
  const { stimuli, wire } = stimuliOf(bad.exchanges, good.exchanges, failed.verdict.got.startsWith("nothing"));
  if (stimuli.length > MOST) return { why: "it has too many steps" };
  const whole = await attemptOf([bad, good], wire)(stimuli);
  if (whole === undefined) return { why: "what it did does not show the fault when it is played again" };
  const { best, hurried } = await smallest(whole, attemptOf([bad, good], wire), deadline);
  const last = await play(bad, best.stimuli, wire);
  const told = difference(best.expected, last.seen, last.transcript) ?? best.difference;
  return { ...shrunkTo(best, told, hurried), wire, before: sizeOf(stimuli), transcript: last.transcript };
}

type Tried = (some: readonly Stimulus[]) => Promise<Attempt | undefined>;

/** Plays stimuli to both, and says where they differ. `last`: only the last answer counts. */
function attemptOf([bad, good]: readonly [Subject, Subject], wire: Wire, last = false): Tried {
  return async (stimuli) => {
    const right = await play(good, stimuli, wire);
    const wrong = await play(bad, stimuli, wire);
    const from = last ? stimuli.length - 1 : 0;
    const found = difference(right.seen, wrong.seen, undefined, from);
    return found && { stimuli, from, difference: found, expected: right.seen };
  };
}

function shrunkTo(
  { stimuli, from, expected }: Attempt,
  difference: Difference,
  hurried: boolean,
): Pick<Shrunk, "stimuli" | "from" | "expected" | "difference" | "after" | "hurried"> {
  return { stimuli, from, expected: expected.slice(0, stimuli.length), difference, after: sizeOf(stimuli), hurried };
}

/** A table: the one answer that is wrong, and of the calls before it those without which it would be right. */
async function shrinkTable(
  failure: Pick<CheckResult, "check" | "seed">,
  subjects: readonly [RecordingSubject, RecordingSubject],
  deadline: number,
): Promise<Shrunk | Unshrunk> {
  const [bad, good] = subjects.map(({ exchanges }) => [...exchanges]) as [Exchange[], Exchange[]];
  const answer = await wrongAnswer(failure, { bad, good }, subjects, deadline);
  if (answer === undefined) return { why: "no single answer is wrong by itself" };
  const wire: Wire = { answerArp: false, peerAddresses: [] };
  const before = stimuliOf(bad, good, false).stimuli;
  const upTo = bad.slice(0, answer.request + 1).map((each, index) => index === answer.request ? upToCall(each, answer.call) : each);
  const { stimuli } = stimuliOf(upTo, [], false);
  const [last] = stimuli.slice(-1);
  const attempt = attemptOf(subjects, wire, true);
  const whole = await attempt(stimuli);
  if (whole === undefined) return { why: "what it did does not show the fault when it is played again" };
  const { best, hurried } = await smallest(whole, attempt, deadline, last);
  const { transcript } = await play(subjects[0], best.stimuli, wire);
  return { ...shrunkTo(best, best.difference, hurried), wire, before: sizeOf(before), transcript };
}

/** Of many calls at once, those up to this one. */
function upToCall({ request, reply }: Exchange, call: number | undefined): Exchange {
  return "lists" in request && call !== undefined
    ? { request: { ...request, lists: request.lists.slice(0, call + 1) }, reply }
    : { request, reply };
}

interface Attempt {
  readonly stimuli: readonly Stimulus[];
  readonly from: number;
  readonly difference: Difference;
  readonly expected: readonly (readonly Seen[])[];
}

/** Takes out ever smaller pieces, as long as the same kind of difference remains. `last` stays. */
async function smallest(
  whole: Attempt,
  attempt: Tried,
  deadline: number,
  last?: Stimulus,
): Promise<{ best: Attempt; hurried: boolean }> {
  let best = cutOff(whole);
  for (let size = Math.ceil(best.stimuli.length / 2);;) { // hosts stay: they are numbered in their order
    let less = false;
    for (let at = Math.max(0, best.stimuli.length - size); best.stimuli.length > 0; at = Math.max(0, at - size)) {
      if (performance.now() > deadline) return { best, hurried: true };
      const some = best.stimuli.filter((each, index) => index < at || index >= at + size || each.op === "host" || each === last);
      const found = some.length < best.stimuli.length ? await attempt(some) : undefined;
      if (found?.difference.kind === whole.difference.kind) {
        best = cutOff(found);
        less = true;
      }
      if (at === 0) break;
    }
    if (size === 1 && !less) return { best, hurried: false };
    if (size > 1) size = Math.ceil(size / 2);
  }
}

/** What came after the difference is no part of it. */
function cutOff(found: Attempt): Attempt {
  return { ...found, stimuli: found.stimuli.slice(0, found.difference.at + 1) };
}

function sizeOf(stimuli: readonly Stimulus[]): Size {
  return { packets: stimuli.filter(({ op }) => op === "step").length, stimuli: stimuli.filter(({ op }) => op !== "host").length };
}

/**
 * The stimuli in what a check asked: without the polls, which follow from the deadlines, and without the answers to ARP requests that
 * the wire gives by itself. `inVain`: it ended with waiting for something; how long, the run that passed knows.
 */
export function stimuliOf(bad: readonly Exchange[], good: readonly Exchange[], inVain: boolean): { stimuli: Stimulus[]; wire: Wire } {
  const stimuli: Stimulus[] = [];
  const asked = new Set<string>(), answered = new Set<string>();
  for (const { request, reply } of bad) {
    if (request.op === "many" || request.op === "manyOn") stimuli.push(...oneByOne(request));
    else if (request.op === "step") {
      for (const frame of request.frames) {
        const sender = arpAddress(frame.bytes, 2, "senderIp");
        if (sender !== undefined && asked.delete(sender)) answered.add(sender);
        else stimuli.push({ ...request, frames: [frame] });
      }
    } else if (isPlayed(request)) stimuli.push(request);
    for (const { bytes } of reply?.out ?? []) {
      const target = arpAddress(bytes, 1, "targetIp");
      if (target !== undefined) asked.add(target);
    }
  }
  const last = stimuli.at(-1);
  if (inVain && last?.op === "look") stimuli.pop(); // the report asked for the counters
  const host = stimuli.findLast((each) => "host" in each);
  if (host !== undefined && "host" in host) stimuli.push({ op: "wait", host: host.host, now: endOf(bad, good) });
  const unanswered = [...asked].some((address) => address.endsWith(".1"));
  return { stimuli, wire: { answerArp: answered.size > 0 || !unanswered, peerAddresses: [...answered] } };
}

/** Calls of a table, each by itself. */
function oneByOne(request: Request & { readonly op: "many" | "manyOn" }): Stimulus[] {
  if (request.op === "many") {
    const { module, name } = request;
    return request.lists.map((args) => ({ op: "call", module, name, args }));
  }
  const { handle, name } = request;
  return request.lists.map((args) => ({ op: "method", handle, name, args }));
}

/** When the story ends: with the last request, or with the first answer that only right code gives. */
function endOf(bad: readonly Exchange[], good: readonly Exchange[]): number {
  const times = (exchanges: readonly Exchange[]): number[] => exchanges.flatMap(({ request }) => "now" in request ? [request.now] : []);
  const parting = good.findIndex(({ request, reply }, index) =>
    !equal([request, reply?.out], [bad[index]?.request, bad[index]?.reply?.out])
  );
  return Math.max(0, ...times(bad), ...times(good.slice(0, parting + 2)));
}

/** An address in an ARP packet with this operation; undefined for any other packet. */
function arpAddress(bytes: Uint8Array, operation: number, field: "senderIp" | "targetIp"): string | undefined {
  if (bytes[12] !== 0x08 || bytes[13] !== 0x06) return undefined;
  const layer = dissect(bytes, "ethernet").find(({ name }) => name === "ARP");
  if (layer === undefined || valueOf(layer, "operation") !== operation) return undefined;
  return formatIpv4Address(valueOf(layer, field) as Ipv4Address);
}
