/**
 * What a student may see of a grading: one file, `policy.json`, which an instructor copies, changes, and names with
 * `deno task grade --policy FILE`. Every format is made under it (`formats/view.ts`); `result.json` is the instructor's and
 * has everything.
 *
 * | member              | values                                        | what it decides                                           |
 * | ------------------- | --------------------------------------------- | --------------------------------------------------------- |
 * | `public.title`      | true, false                                   | what a public check tests, beside its name                |
 * | `public.why`        | true, false                                   | why it matters, when it failed                            |
 * | `public.expected`   | true, false                                   | what was expected and what came                           |
 * | `public.transcript` | true, false                                   | the whole story, with a capture; needs the three above    |
 * | `hidden.show`       | "nothing", "counts", "groups", "titles"       | how much of hidden checks; "titles" may tell their inputs |
 * | `hidden.section`    | true, false                                   | where the handout explains what failed                    |
 * | `hidden.when`       | "visible", "after_due_date", "after_published" | from when on                                              |
 * | `leaderboard`       | true, false                                   | a leaderboard of speed                                    |
 * | `myChecks`          | 0 to 1000; may be left out, which means 0     | points of each lab, besides, for its own checks           |
 *
 * What a student's own checks earn (`--my-checks`) is `myChecks`, times the share of the wrong solutions that they catch. It is credit besides:
 * said in `student.txt` and in a column of `summary.csv`, and part of no total, so that a lab's points mean the same for everybody.
 *
 * Of hidden checks nobody is ever shown why, expected, got, or a transcript: those tell the input. Only Gradescope knows
 * dates. All other formats show of hidden checks what may be seen at any time: nothing, until `hidden.when` is "visible".
 */
import shipped from "./policy.json" with { type: "json" };

export const POLICY_FORMAT = "wallsocket-policy/1";

/** The one member that a policy may be without. */
const OPTIONAL = "myChecks";
const SHOW = ["nothing", "counts", "groups", "titles"] as const;
const WHEN = ["visible", "after_due_date", "after_published"] as const;

/** See above. */
export interface Policy {
  readonly format: typeof POLICY_FORMAT;
  readonly public: {
    readonly title: boolean;
    readonly why: boolean;
    readonly expected: boolean;
    readonly transcript: boolean;
  };
  readonly hidden: {
    readonly show: typeof SHOW[number];
    readonly section: boolean;
    readonly when: typeof WHEN[number];
  };
  readonly leaderboard: boolean;
  readonly myChecks: number;
}

/** The policy cannot be used. The message says which member is wrong, and how. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";
}

/** The policy as shipped. */
export const defaultPolicy: Policy = checkPolicy(shipped, "policy.json");

/** Reads a policy file. Throws a PolicyError. */
export async function readPolicy(path: string): Promise<Policy> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw new PolicyError(`Cannot read the policy ${path}: ${error instanceof Error ? error.message : error}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new PolicyError(`The policy ${path} is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  return checkPolicy(value, path);
}

/** The value as a policy, its members in a fixed order. Throws a PolicyError that names the file as `path`. */
export function checkPolicy(value: unknown, path: string): Policy {
  const fail = (problem: string): never => {
    throw new PolicyError(`The policy ${path}: ${problem}`);
  };
  const record = (of: unknown, name: string, members: readonly string[]): Record<string, unknown> => {
    if (typeof of !== "object" || of === null || Array.isArray(of)) return fail(`${name} is not an object`);
    for (const member of members) if (!Object.hasOwn(of, member) && member !== OPTIONAL) fail(`${name} has no member "${member}"`);
    for (const member of Object.keys(of)) {
      if (!members.includes(member)) {
        fail(`${name} has a member ${JSON.stringify(member)} that means nothing; it may have ${members.join(", ")}`);
      }
    }
    return of as Record<string, unknown>;
  };
  const flag = (of: unknown, name: string): boolean =>
    typeof of === "boolean" ? of : fail(`${name} is ${JSON.stringify(of)}; it takes true or false`);
  const oneOf = <T extends string>(of: unknown, name: string, words: readonly T[]): T =>
    words.find((word) => word === of) ?? fail(`${name} is ${JSON.stringify(of)}; it takes ${words.map((word) => `"${word}"`).join(", ")}`);
  const points = (of: unknown, name: string): number =>
    typeof of === "number" && of >= 0 && of <= 1000 ? of : fail(`${name} is ${JSON.stringify(of)}; it takes points, from 0 to 1000`);
  const whole = record(value, "it", ["format", "public", "hidden", "leaderboard", OPTIONAL]);
  if (whole.format !== POLICY_FORMAT) fail(`format is ${JSON.stringify(whole.format)}; this grader reads "${POLICY_FORMAT}"`);
  const open = record(whole.public, "public", ["title", "why", "expected", "transcript"]);
  const hidden = record(whole.hidden, "hidden", ["show", "section", "when"]);
  const policy: Policy = {
    format: POLICY_FORMAT,
    public: {
      title: flag(open.title, "public.title"),
      why: flag(open.why, "public.why"),
      expected: flag(open.expected, "public.expected"),
      transcript: flag(open.transcript, "public.transcript"),
    },
    hidden: {
      show: oneOf(hidden.show, "hidden.show", SHOW),
      section: flag(hidden.section, "hidden.section"),
      when: oneOf(hidden.when, "hidden.when", WHEN),
    },
    leaderboard: flag(whole.leaderboard, "leaderboard"),
    myChecks: points(whole[OPTIONAL] ?? 0, OPTIONAL),
  };
  const { title, why, expected, transcript } = policy.public;
  if (transcript && !(title && why && expected)) {
    fail("public.transcript is true, but a transcript shows title, why, expected and got, too");
  }
  return policy;
}
