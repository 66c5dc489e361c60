/**
 * Failures that are kept, one in a file of JSON: either the smallest run that still goes wrong, with what right code shows
 * in it, or, where there is none, the check and its seed. They are a student's own: nothing of a hidden check is ever kept.
 *
 * Bytes are written as {"$bytes": "45 00 …"}, and numbers that JSON does not know as {"$number": "Infinity"}.
 */
import { findLab, labs } from "../../labs/manifest.ts";
import type { Check } from "../harness/suite.ts";
import type { Seen, Stimulus, Wire } from "./replay.ts";

/** The name and version of the format. */
export const RUN_FORMAT = "wallsocket-run/1";

/** A failure that was kept. */
export interface KeptRun {
  readonly format: typeof RUN_FORMAT;
  /** The lab in which the fault sat: its folder is where the file belongs. */
  readonly lab: number;
  /** The check that failed. */
  readonly check: Pick<Check, "id" | "lab" | "title" | "why" | "look">;
  /** The seed of the check's own run. */
  readonly seed: number;
  /** The smallest run. Without it the check itself is run. */
  readonly story?: Story;
}

/** What is done, and what right code shows after each thing that is done. */
export interface Story {
  readonly wire: Wire;
  readonly stimuli: readonly Stimulus[];
  readonly expected: readonly (readonly Seen[])[];
  /** What comes before this stimulus may differ. Default: nothing may. */
  readonly from?: number;
}

/** A file is not what it should be. The message is for the student. */
export class RunFileError extends Error {
  override readonly name = "RunFileError";
}

/** A file is never longer. */
const MAX_FILE = 16_000_000;

/** Writes a run. */
export function writeRun(run: KeptRun): string {
  return `${JSON.stringify(run, (_, value) => marked(value), 2)}\n`;
}

function marked(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: [...value].map((byte) => byte.toString(16).padStart(2, "0")).join(" ") };
  if (value === undefined) return { $undefined: true };
  if (typeof value === "bigint") return { $bigint: `${value}` };
  if (typeof value !== "number" || Number.isFinite(value) && !Object.is(value, -0)) return value;
  return { $number: Object.is(value, -0) ? "-0" : `${value}` };
}

/** Reads a run. Throws a RunFileError. */
export function readRun(text: string): KeptRun {
  if (text.length > MAX_FILE) throw new RunFileError("it is too long");
  let run: KeptRun;
  try {
    run = unmarked(JSON.parse(text)) as KeptRun;
  } catch {
    throw new RunFileError("it is not JSON");
  }
  if (run?.format !== RUN_FORMAT) throw new RunFileError(`its format is not ${RUN_FORMAT}`);
  const { check, lab, story } = run;
  const isCheck = [check?.id, check?.title, check?.why].every((each) => typeof each === "string") && Array.isArray(check.look);
  if (!isCheck || findLab(check.lab) === undefined || findLab(lab) === undefined || !Number.isInteger(run.seed)) {
    throw new RunFileError(`it lacks what a run has (labs ${labs[0]?.number} to ${labs.at(-1)?.number})`);
  }
  const isStory = [story?.stimuli, story?.expected, story?.wire?.peerAddresses].every(Array.isArray);
  if (story !== undefined && !isStory) throw new RunFileError("its story has no stimuli");
  return run;
}

/** JSON.parse's reviver cannot give back undefined, so the whole is walked. */
function unmarked(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(unmarked);
  const record = value as Record<string, unknown>;
  if (typeof record.$bytes === "string") {
    return record.$bytes === "" ? new Uint8Array() : Uint8Array.from(record.$bytes.split(" "), (byte) => parseInt(byte, 16));
  }
  if ("$undefined" in record) return undefined;
  if (typeof record.$bigint === "string") return BigInt(record.$bigint);
  if (typeof record.$number === "string") return Number(record.$number);
  return Object.fromEntries(Object.entries(record).map(([key, member]) => [key, unmarked(member)]));
}
