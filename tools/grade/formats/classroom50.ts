/**
 * Classroom 50's `result.json`, version `classroom50/result/v1`. Rules: foundation50/classroom50, `schemas/result-v1.schema.json`, and
 * `validate_result` in its `runner.py`, which knows what the schema cannot say; for an autograder's part, its wiki page "Advanced
 * Autograding".
 *
 * A result says whose it is. Inside Classroom 50's runner the environment has that (the runner then stamps owner, type and times
 * itself); elsewhere stand-ins fill the places, which validate, and which no gradebook takes. Points are whole numbers there: hundredths.
 */
import type { Result } from "../result.ts";
import { hundredths } from "./hundredths.ts";
import { plainLine } from "./plain.ts";
import type { View } from "./view.ts";

/** Whose result it is, and of what. */
export interface Identity {
  readonly classroom: string;
  readonly assignment: string;
  readonly assignment_type: "individual" | "group";
  readonly owner: string;
  /** "submit/2026-11-21T03-09-54Z-1a2b3c4". */
  readonly submission: string;
  readonly commit: string;
  readonly release: string;
  readonly review: string;
  /** Seconds, UTC. */
  readonly datetime: string;
}

/** The identity that the environment has, and stand-ins for what it has not. */
export function identityFrom(environment: (name: string) => string | undefined, result: Result): Identity {
  const get = (name: string, otherwise: string): string => plainLine(environment(name) ?? "", 300) || otherwise;
  const tag = get("SUBMISSION_TAG", "");
  const submission = tag.startsWith("submit/") ? tag : `submit/${result.submission.hash.slice(0, 12)}`;
  const commit = link(environment("COMMIT_URL"), `urn:sha256:${result.submission.hash}`);
  const [, day, hours, minutes, seconds] = /(\d{4}-\d\d-\d\d)T([01]\d|2[0-3])[-:]?([0-5]\d)[-:]?([0-5]\d)Z/.exec(submission) ?? [];
  return {
    classroom: get("CLASSROOM", "wallsocket"),
    assignment: get("ASSIGNMENT", "wallsocket"),
    assignment_type: environment("MODE") === "group" ? "group" : "individual",
    owner: get("USERNAME", plainLine(result.submission.name, 120)),
    submission,
    commit,
    release: link(environment("RELEASE_URL"), commit),
    review: link(environment("REVIEW_URL"), commit),
    datetime: day === undefined ? "1970-01-01T00:00:00Z" : `${day}T${hours}:${minutes}:${seconds}Z`,
  };
}

/** An address must stay as it is: one with "::" in it is none that a Git host gives. */
function link(address: string | undefined, otherwise: string): string {
  return address !== undefined && /^https?:\/\/[\w.:\/%~+-]+$/.test(address) && address.length <= 1000 ? address : otherwise;
}

/** The file's text. */
export function classroom50Result(view: View, identity: Identity): string {
  const { points, ofPoints } = view.total ?? view.public;
  const result = {
    schema: "classroom50/result/v1",
    ...identity,
    "score": hundredths(points),
    "max-score": hundredths(ofPoints),
    "tests": view.labs.flatMap((lab) =>
      lab.rows.map((row) => ({
        "test-name": `Lab ${lab.lab}: ${row.title}`,
        "passed": row.outcome === "passed",
        "score": hundredths(row.tally.points),
        "max-score": hundredths(row.tally.ofPoints),
        ...(row.details.length === 0 ? {} : { "message": row.details.map(({ label, text }) => `${label}: ${text}`).join("\n") }),
      }))
    ),
  };
  return `${JSON.stringify(result, undefined, 1)}\n`;
}
