/**
 * A student's own checks, from data to checks that can be run. The data are a stranger's: all of their shape is looked at here, before
 * anything is done with them, and a mistake becomes a sentence that names check and step.
 */
import type { Lab } from "../../../labs/manifest.ts";
import { MARK, type MyStep } from "../../harness/my_suite.ts";
import type { Check } from "../../harness/suite.ts";
import { playSteps } from "./play.ts";
import { MyChecksError, pathOfMine } from "./read.ts";

const MOST_CHECKS = 200, MOST_STEPS = 500;
/** An hour on the virtual clock. */
const LONGEST = 3_600_000;
/** The most bytes that are sent, written or put into a frame at once. */
const MOST_BYTES = 65_535 + 320;

type Shape = (value: unknown) => boolean;
const isText: Shape = (value) => typeof value === "string" && value.length <= 200;
const isName: Shape = (value) => typeof value === "string" && /^[a-zA-Z]\w{0,60}$/.test(value) && !["then", "constructor"].includes(value);
const isRecord: Shape = (value) => typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
const isBytes: Shape = (value) => value instanceof Uint8Array && value.length <= MOST_BYTES;
const isTime: Shape = (value) => typeof value === "number" && value >= 0 && value <= LONGEST;
const isCount: Shape = (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MOST_BYTES;
const isTrue: Shape = (value) => value === true;
const isFlag: Shape = (value) => typeof value === "boolean";
const isList: Shape = (value) => Array.isArray(value) && value.length <= MOST_STEPS;
const isAnything: Shape = () => true;

/** What each kind of step consists of: first the member that it is known by. */
const FORMS: readonly (readonly (readonly [string, Shape])[])[] = [
  [
    ["call", isName],
    ["on", isName],
    ["args", isList],
    ["as", isName],
    ["returns", isAnything],
    ["fields", isRecord],
    ["changes", isRecord],
    ["calls", (value) => isList(value) && (value as unknown[]).every(isList)],
    ["packet", isBytes],
  ],
  [["host", isRecord]],
  [["tcp", isRecord]],
  [["state", isText], ["peer", isRecord]],
  [["peer", isRecord]],
  [["send", (value) => isBytes(value) || isRecord(value) && isText((value as { flags?: unknown }).flags)]],
  [["expect", isRecord], ["within", isTime]],
  [["silence", isTime]],
  [["wait", isTime]],
  [["ping", isText], ["id", isCount], ["seq", isCount], ["size", isCount]],
  [["listen", isCount], ["backlog", isCount]],
  [["connect", isCount]],
  [["accept", isFlag]],
  [["write", isBytes]],
  [["read", isBytes]],
  [["look", isRecord]],
  [["shutdown", isTrue]],
  [["close", isTrue]],
  [["abort", isTrue]],
];

/** The checks of what a lab's `my_checks.ts` exports. Throws a MyChecksError. */
export function toChecks(lab: Lab, exported: unknown): Check[] {
  const path = pathOfMine(lab);
  if (!isRecord(exported)) throw new MyChecksError(`${path} has no default export suite({ … })`);
  const entries = Object.entries(exported as Record<string, unknown>);
  if (entries.length > MOST_CHECKS) throw new MyChecksError(`${path} has ${entries.length} checks: ${MOST_CHECKS} are enough`);
  return entries.map(([name, steps]) => {
    const fail = (problem: string): never => {
      throw new MyChecksError(`${path}, check ${JSON.stringify(name)}${problem}`);
    };
    if (name === "" || name.length > 80) fail(": its name has 1 to 80 letters");
    if (!Array.isArray(steps) || steps.length === 0) return fail(": it is a list of steps");
    if (steps.length > MOST_STEPS) fail(`: it has ${steps.length} steps, and ${MOST_STEPS} are enough`);
    for (const [index, step] of steps.entries()) {
      const problem = problemOf(lab, step);
      if (problem !== undefined) fail(`, step ${index + 1}: ${problem}`);
    }
    return checkOf(lab, name, steps as MyStep[]);
  });
}

function checkOf(lab: Lab, name: string, steps: readonly MyStep[]): Check {
  const first = steps.flatMap((step) => "call" in step && step.on === undefined ? [step.call] : []);
  return {
    id: `my/${name}`,
    group: "my",
    lab: lab.number,
    visibility: "public",
    version: 1,
    title: name,
    kind: steps.every((step) => "call" in step) ? "table" : "scenario",
    covers: [],
    look: first.slice(0, 1),
    why: "You wrote this check.",
    hints: ["You wrote it.", "You wrote it.", "You wrote it."],
    run: (t) => playSteps(lab, steps, t),
  };
}

/** What is wrong with a step; undefined when nothing is. */
function problemOf(lab: Lab, step: unknown): string | undefined {
  if (!isRecord(step)) return "it is no step";
  const members = Object.keys(step as object);
  const form = FORMS.find(([known]) => members.includes(known?.[0] as string));
  if (form === undefined) return `a step has one of ${FORMS.map(([known]) => known?.[0]).join(", ")}`;
  for (const name of members) {
    const [, shape] = form.find(([known]) => known === name) ?? [];
    if (shape === undefined) return `a step with "${form[0]?.[0]}" has no "${name.slice(0, 40)}"`;
    const value = (step as Record<string, unknown>)[name];
    if (!shape(value)) return `its "${name}" cannot be used`;
  }
  const { call, on, args = [] } = step as { call?: string; on?: string; args?: unknown[] };
  if (call !== undefined && on === undefined && !Object.hasOwn(lab.functions, call)) {
    return `lab ${lab.number} has no function ${call}; it has ${Object.keys(lab.functions).join(", ")}`;
  }
  return args.every(isArgument) ? undefined : "one of its arguments cannot be used";
}

/** Marks are as `my_suite.ts` makes them; everything else may be anything. */
function isArgument(value: unknown): boolean {
  if (!isRecord(value)) return true;
  const mark = value as Record<string, unknown>;
  switch (mark[MARK]) {
    case undefined:
      return Object.values(mark).every((member) => !isRecord(member) || isArgument(member));
    case "changing":
      return typeof mark.value === "object" && mark.value !== null;
    case "recorder":
      return isList(mark.reactions);
    case "callback":
      return true;
    case "view":
      return isBytes(mark.bytes);
    case "frame":
      return isBytes(mark.packet) && isCount(mark.headroom);
    default:
      return false;
  }
}
