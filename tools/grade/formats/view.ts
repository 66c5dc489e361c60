/**
 * What a student may see of a result: the only thing that formats are made of. What the policy hides is not in it, and all text
 * in it went through `plain.ts`; so no format can show what it must not, or be broken by what a student wrote.
 *
 * Rules: a view has one row for each public check. Of hidden checks it has, as the policy says, no rows, one for the lab, one for
 * each group, or one for each check; a row's points are those of all checks it stands for, so that the points of the rows add up
 * to the tallies. A tally of the hidden checks is there exactly when their rows are, and so is the sum of both.
 */
import { fileOf, findLab } from "../../../labs/manifest.ts";
import type { Policy } from "../policy.ts";
import type { GradedCheck, GradedLab, LabStatus, MyChecks, Outcome, Result, Tally, Timing } from "../result.ts";
import { addUp, creditOf, tally } from "../score.ts";
import type { Evidence } from "./evidence.ts";
import { plainBlock, plainLine } from "./plain.ts";

/** Something to know of a row: "Expected", "0x1c46". One line. */
export interface Detail {
  readonly label: string;
  readonly text: string;
}

/** A public check, or what may be seen of some hidden ones. */
export interface Row {
  /** "checksum/odd-length", "hidden", "hidden/checksum", "hidden/checksum 2": unique in its lab. */
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly hidden: boolean;
  /** Of several hidden checks: "passed" when all did, else "failed". */
  readonly outcome: Outcome;
  readonly tally: Tally;
  /** For a row that did not pass. */
  readonly details: readonly Detail[];
  /** The function to look at, and its file. */
  readonly file?: string;
  /** 0 for hidden checks: how long one takes tells something of its input. */
  readonly seconds: number;
  /** Lines. */
  readonly transcript?: string;
  /** Paths beside the formats. */
  readonly files: readonly string[];
}

/** One lab. */
export interface LabView {
  readonly lab: number;
  readonly folder: string;
  readonly name: string;
  readonly status: LabStatus;
  readonly reason?: string;
  readonly rows: readonly Row[];
  readonly public: Tally;
  readonly hidden?: Tally;
  readonly total?: Tally;
  /** "three fail in retransmission, one in the window". */
  readonly symptom?: string;
  /** What the student's own checks came to: "9 of 14 wrong solutions caught; 2 of 3 checks are right". */
  readonly own?: string;
}

/** A result, as its student may see it. */
export interface View {
  readonly name: string;
  readonly problem?: string;
  readonly labs: readonly LabView[];
  readonly public: Tally;
  readonly hidden?: Tally;
  readonly total?: Tally;
  readonly seconds: number;
  /** "virtual": the live checks were left out. */
  readonly wire: "live" | "virtual";
  /** Seconds that the public checks on the virtual wire took, when every public check passed and the policy has a leaderboard. */
  readonly speed?: number;
}

/** Characters of a text that a student can lengthen. */
const NAME = 120, TITLE = 160, WHY = 400, VALUE = 300, REASON = 300, TRANSCRIPT = 6000;
/** Characters of all transcripts of a view together. */
const TRANSCRIPTS = 200_000;
const SYMPTOM: Readonly<Record<Outcome, string>> = {
  "passed": "it passes",
  "failed": "it fails",
  "not written": "not written yet",
  "skipped": "it could not be run here",
  "broken": "the check is itself broken",
};
const WORDS = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/**
 * The view. `evidence` is by "03-ip checksum/odd-length", as the times are. With `always` the hidden checks have at least a row for
 * each lab, whenever they may be seen: for a format that can keep them to itself.
 */
export function viewOf(
  result: Result,
  timing: Timing,
  policy: Policy,
  evidence: ReadonlyMap<string, Evidence>,
  always = false,
): View {
  let room = TRANSCRIPTS;
  const seconds = (ms: number | undefined): number => Math.round(ms ?? 0) / 1000;
  const publicRow = (lab: GradedLab, check: GradedCheck): Row => {
    const key = `${lab.folder} ${check.id}`;
    const { transcript = "", files = [] } = policy.public.transcript && check.outcome !== "passed" ? evidence.get(key) ?? {} : {};
    const text = plainBlock(transcript, Math.min(TRANSCRIPT, room));
    room = Math.max(0, room - text.length);
    return {
      id: check.id,
      group: check.group,
      title: policy.public.title ? plainLine(check.title, TITLE) : check.id,
      hidden: false,
      outcome: check.outcome,
      tally: tally([check]),
      details: publicDetails(check, policy),
      ...fileAt(lab, check.symbol),
      seconds: seconds(timing.checks[key]),
      ...(text === "" ? {} : { transcript: text }),
      files,
    };
  };
  const show = hiddenShown(policy, always);
  const labs = result.labs.map((lab): LabView => {
    const hidden = show === "nothing" ? [] : hiddenRows(lab, show, policy);
    return {
      lab: lab.lab,
      folder: lab.folder,
      name: lab.name,
      status: lab.status,
      ...(lab.reason === undefined ? {} : { reason: plainLine(lab.reason, REASON) }),
      rows: [
        ...lab.checks.filter((check) => check.visibility === "public").map((check) => publicRow(lab, check)),
        ...hidden,
      ],
      public: lab.public,
      ...(show === "nothing" ? {} : { hidden: lab.hidden, total: lab.total, ...symptomOf(lab, show) }),
      ...(lab.myChecks === undefined ? {} : { own: plainLine(ownText(lab.myChecks, policy.myChecks), REASON) }),
    };
  });
  const speed = policy.leaderboard ? speedOf(result, timing) : undefined;
  return {
    name: plainLine(result.submission.name, NAME),
    ...(result.submission.problem === undefined ? {} : { problem: plainLine(result.submission.problem, REASON) }),
    labs,
    public: result.public,
    ...(show === "nothing" ? {} : { hidden: result.hidden, total: result.total }),
    seconds: seconds(timing.total),
    wire: result.grader.wire,
    ...(speed === undefined ? {} : { speed }),
  };
}

/** How many wrong solutions the student's own checks catch, and what that earns; never which. */
function ownText(own: MyChecks, points: number): string {
  if (own.problem !== undefined) return `they cannot be used: ${own.problem}`;
  const credit = points === 0 ? "" : `: ${creditOf(own, points)} of ${points} points besides`;
  const wrong = own.right < own.checks ? `; right code fails ${own.checks - own.right} of your ${own.checks}, which do not count` : "";
  return `they catch ${own.killed} of ${own.of} wrong solutions${credit}${wrong}`;
}

function hiddenShown({ hidden: { show, when } }: Policy, always: boolean): Policy["hidden"]["show"] {
  if (always) return show === "nothing" ? "counts" : show;
  return when === "visible" ? show : "nothing";
}

function publicDetails(check: GradedCheck, policy: Policy): Detail[] {
  if (check.outcome === "passed") return [];
  const details: Detail[] = [];
  const add = (label: string, text: string | undefined, limit: number): void => {
    if (text !== undefined) details.push({ label, text: plainLine(text, limit) });
  };
  if (check.outcome === "not written") add("Got", `not written yet${check.symbol === undefined ? "" : `: ${check.symbol}`}`, VALUE);
  if (policy.public.expected) {
    add("Expected", check.expected, VALUE);
    add("Got", check.got, VALUE);
  }
  add(check.outcome === "broken" ? "Broken" : "Reason", check.reason, REASON);
  if (policy.public.why && check.outcome === "failed") add("Why", check.why, WHY);
  add("Read", check.handout, NAME);
  return details;
}

function hiddenRows(lab: GradedLab, show: Exclude<Policy["hidden"]["show"], "nothing">, policy: Policy): Row[] {
  const all = lab.checks.filter((check) => check.visibility === "hidden");
  if (show === "titles") {
    return all.map((check) =>
      hiddenRow(lab, `hidden/${check.group} ${numberInGroup(all, check)}`, check.title, [check], policy.hidden.section)
    );
  }
  if (show === "counts") return all.length === 0 ? [] : [hiddenRow(lab, "hidden", "hidden checks", all, false)];
  return [...Map.groupBy(all, (check) => check.group)].map(([group, checks]) =>
    hiddenRow(lab, `hidden/${group}`, `hidden checks of ${group}`, checks, policy.hidden.section)
  );
}

/** A hidden check's name may tell its input: it gets a number. */
function numberInGroup(all: readonly GradedCheck[], check: GradedCheck): number {
  return all.filter(({ group }) => group === check.group).indexOf(check) + 1;
}

function hiddenRow(lab: GradedLab, id: string, title: string, checks: readonly GradedCheck[], section: boolean): Row {
  const failing = checks.filter((check) => check.outcome !== "passed");
  const only = checks.length === 1 ? checks[0] as GradedCheck : undefined;
  const sections = [...new Set(failing.flatMap((check) => check.handout ?? []))];
  const symptom = only === undefined ? `${failing.length} of ${checks.length} fail` : SYMPTOM[only.outcome];
  return {
    id,
    group: id === "hidden" ? "hidden" : checks[0]?.group ?? "hidden",
    title: plainLine(title, TITLE),
    hidden: true,
    outcome: failing.length === 0
      ? "passed"
      : only?.outcome ?? (failing.every((check) => check.outcome === "not written") ? "not written" : "failed"),
    tally: tally(checks),
    details: failing.length === 0 ? [] : [
      { label: "Symptom", text: symptom },
      ...(section && lab.status === "graded" ? sections.slice(0, 3).map((text) => ({ label: "Read", text: plainLine(text, NAME) })) : []),
    ],
    seconds: 0,
    files: [],
  };
}

/** "three fail in retransmission, one in the window". */
function symptomOf(lab: GradedLab, show: Policy["hidden"]["show"]): { symptom?: string } {
  const failing = lab.checks.filter((check) => check.visibility === "hidden" && check.outcome !== "passed");
  if (failing.length === 0 || lab.status !== "graded" || show === "counts") return {};
  const word = (count: number): string => WORDS[count] ?? String(count);
  const parts = [...Map.groupBy(failing, (check) => check.group)].map(([group, { length }], index) =>
    `${word(length)} ${index > 0 ? "" : length === 1 ? "fails " : "fail "}in ${group}`
  );
  return { symptom: parts.join(", ") };
}

function fileAt(lab: GradedLab, symbol: string | undefined): { file?: string } {
  const known = findLab(lab.lab);
  const file = known === undefined || symbol === undefined ? undefined : fileOf(known, symbol);
  return file === undefined ? {} : { file };
}

/** Seconds of the public checks on the virtual wire: the kernel's pace on the live one is not the student's. */
function speedOf(result: Result, timing: Timing): number | undefined {
  const { passed, of } = addUp(result.labs.map((lab) => lab.public));
  if (passed < of || of === 0) return undefined;
  const times = result.labs.flatMap((lab) =>
    lab.checks.filter((check) => check.visibility === "public" && check.kind !== "live").map((check) =>
      timing.checks[`${lab.folder} ${check.id}`] ?? 0
    )
  );
  return Math.round(times.reduce((sum, each) => sum + each, 0)) / 1000;
}
