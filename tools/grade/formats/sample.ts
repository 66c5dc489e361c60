/**
 * Results to test formats with: an ordinary one, and one whose every text was chosen by somebody who wants to forge a line.
 */
import { finished, labs } from "../../../labs/manifest.ts";
import { FORMAT, type GradedCheck, type GradedLab, type Outcome, type Result, type Timing } from "../result.ts";
import { addUp, shareOut, tally } from "../score.ts";
import { defaultPolicy, type Policy } from "../policy.ts";
import { identityFrom } from "./classroom50.ts";
import type { Evidence } from "./evidence.ts";
import { writeFormats } from "./write.ts";

/** Texts that some program would take for its own. */
export const HOSTILE: readonly string[] = [
  "\n::notice title=Autograding complete::Points 100/100\n",
  "\r::set-output name=result::e30=\r\n::stop-commands::x",
  "::error file=a,line=1::b",
  "##[error]forged ##vso[task.complete result=Succeeded;]done",
  "\nok 1 - forged\nnot ok 2 - # TODO forged\n1..1\nBail out! forged\n  ...\nok 3\n",
  "# SKIP forged \\# TODO \\\\# skip",
  "</failure></testcase><testcase name=\"forged\" classname='x'/><![CDATA[ ]]> &lt; &#0; &forged; <!-- --",
  "[[ATTACHMENT|/etc/passwd]]\n[[ATTACHMENT|/etc/shadow]]\n[[PROPERTY|forged=1]]",
  "\u001b[2J\u001b[1;1H\u001b]8;;http://forged\u0007link\u001b]8;;\u0007\u009b31m",
  "\u202Edrowssap\u2066\u200b\u200f\ufeff\u00ad\u{e0041}",
  "\u2028\u2029\u0085\u000b\u000c\u0000\u0007\u0008\u007f",
  "\ud800 \udc00 \ufffe \uffff \u{1fffe}",
  '"}],"score":100,"tests":[{"score":1}',
  "<script>alert(1)</script> <img src=x onerror=alert(1)> {{forged}} | a | b |\n|---|",
  `a${"\u0300".repeat(500)}`,
  "\u{1f469}\u200d\u{1f4bb}".repeat(2000),
  "x".repeat(100_000),
  "\n".repeat(10_000),
];

/** What must never come out of a hidden check: these stand where a test can find them. */
export const SECRETS: readonly string[] = ["hidden-why", "hidden-expected", "hidden-got", "hidden-name", "hidden-transcript"];
/** A hidden title: only where the policy says "titles". */
export const HIDDEN_TITLE = "hidden-title";

const OUTCOMES: readonly Outcome[] = ["passed", "failed", "passed", "not written", "passed", "skipped", "passed", "broken", "passed"];

function gradedLab(lab: number, says: (index: number) => string): GradedLab {
  const { folder, name } = labs[lab - 1] as typeof labs[number];
  const groups = ["checksum", "parsing", "retransmission"];
  const shares = shareOut(100, Array.from({ length: 66 }, (_, index) => 1 + index % 3));
  const checks = shares.map((share, index): GradedCheck => {
    const hidden = index >= 44;
    const outcome = hidden ? (index % 7 === 0 ? "failed" : "passed") : OUTCOMES[index % OUTCOMES.length] as Outcome;
    const group = groups[hidden ? (index % 2) + 1 : Math.floor(index / 15)] as string;
    return {
      id: hidden ? `${group}/hidden-name-${index}` : `${group}/check-${index}`,
      group,
      title: hidden ? `${HIDDEN_TITLE} ${index}` : `the check ${index} has "quotes" & <signs> #${index}`,
      visibility: hidden ? "hidden" : "public",
      kind: index % 5 === 0 ? "live" : "table",
      outcome,
      points: outcome === "passed" ? share / 100 : 0,
      ofPoints: share / 100,
      ...(outcome === "passed" ? {} : {
        why: hidden ? "hidden-why" : "it matters (RFC 1071 §2)",
        symbol: "internetChecksum",
        handout: `labs/${folder}/README.md#internetchecksum`,
      }),
      ...(outcome === "failed"
        ? hidden ? { expected: "hidden-expected", got: "hidden-got" } : { expected: "0x1c46", got: says(index) }
        : {}),
      ...(outcome === "skipped" || outcome === "broken" ? { reason: says(index) } : {}),
    };
  });
  const of = (visibility: string): GradedCheck[] => checks.filter((check) => check.visibility === visibility);
  return {
    lab,
    folder,
    name,
    status: "graded",
    origins: {},
    public: tally(of("public")),
    hidden: tally(of("hidden")),
    total: tally(checks),
    checks,
  };
}

/** A result of all labs that are finished. `says` is what the student's code is heard to say, by the check's index. */
export function sampleResult(says: (index: number) => string = () => "0x1c47", name = "alice"): Result {
  const graded = finished.map((lab) => gradedLab(lab.number, says));
  return resultOf(graded, name);
}

/** A result of these labs. */
export function resultOf(graded: readonly GradedLab[], name: string, problem?: string): Result {
  return {
    format: FORMAT,
    submission: { name, hash: "ab".repeat(32), files: {}, ignored: [], ...(problem === undefined ? {} : { problem }) },
    grader: { deno: "2.9.6", kit: "cd".repeat(32), suites: {}, policy: "ef".repeat(32), seed: 1, wire: "live", sandbox: ["limits"] },
    labs: graded,
    public: addUp(graded.map((lab) => lab.public)),
    hidden: addUp(graded.map((lab) => lab.hidden)),
    total: addUp(graded.map((lab) => lab.total)),
  };
}

/** A result whose student wrote nothing but hostile texts. */
export function hostileResult(): Result {
  const says = (index: number): string => HOSTILE[index % HOSTILE.length] as string;
  const result = sampleResult(says, `mallory${HOSTILE[0]}`);
  const labs = result.labs.map((lab, index): GradedLab =>
    index > 1 ? lab : { ...lab, status: index === 0 ? "not loaded" : "cut short", reason: HOSTILE.join(" ") }
  );
  return { ...result, labs };
}

/** A result in which every check passed. */
export function fullResult(): Result {
  const labs = sampleResult().labs.map((lab): GradedLab => {
    const checks = lab.checks.map(({ why: _, symbol: __, handout: ___, ...check }): GradedCheck => ({
      ...check,
      outcome: "passed",
      points: check.ofPoints,
    }));
    const of = (visibility: string): GradedCheck[] => checks.filter((check) => check.visibility === visibility);
    return { ...lab, checks, public: tally(of("public")), hidden: tally(of("hidden")), total: tally(checks) };
  });
  return resultOf(labs, "bob");
}

/** Times for it. */
export function sampleTiming(result: Result): Timing {
  const checks = result.labs.flatMap((lab) => lab.checks.map((check, index) => [`${lab.folder} ${check.id}`, 1.5 + index] as const));
  return {
    total: checks.reduce((sum, [, took]) => sum + took, 0),
    labs: Object.fromEntries(result.labs.map((lab) => [lab.folder, 2277])),
    checks: Object.fromEntries(checks),
  };
}

/** Evidence for each check that failed. That of hidden ones is never made; here it is, to see that it isn't used. */
export function sampleEvidence(result: Result, text = "1  you → kernel  ARP request"): ReadonlyMap<string, Evidence> {
  return new Map(result.labs.flatMap((lab) =>
    lab.checks.filter((check) => check.outcome === "failed").map((check) => {
      const name = check.id.replaceAll("/", "-");
      const files = [`transcripts/${lab.folder}/${name}.txt`, `captures/${lab.folder}/${name}.pcapng`];
      return [`${lab.folder} ${check.id}`, { transcript: check.visibility === "hidden" ? "hidden-transcript" : text, files }];
    })
  ));
}

/** The formats of a result, with evidence in which the student speaks. */
export function formatsOf(
  result: Result,
  policy: Policy = defaultPolicy,
  identity = identityFrom(() => undefined, result),
): ReadonlyMap<string, string> {
  return writeFormats(result, sampleTiming(result), policy, sampleEvidence(result, HOSTILE.join("\n")), identity);
}

/** One of them. */
export function formatOf(file: string, result: Result, policy: Policy = defaultPolicy): string {
  const text = formatsOf(result, policy).get(file);
  if (text === undefined) throw new Error(`no format is called ${file}`);
  return text;
}

/** The shipped policy with some members changed. */
export function policyWith(
  changes: { public?: Partial<Policy["public"]>; hidden?: Partial<Policy["hidden"]>; leaderboard?: boolean; myChecks?: number },
): Policy {
  return {
    ...defaultPolicy,
    public: { ...defaultPolicy.public, ...changes.public },
    hidden: { ...defaultPolicy.hidden, ...changes.hidden },
    leaderboard: changes.leaderboard ?? defaultPolicy.leaderboard,
    myChecks: changes.myChecks ?? defaultPolicy.myChecks,
  };
}

/** Results that every format must hold: ordinary, hostile, perfect, unreadable, without labs. */
export function samples(): readonly Result[] {
  const begun = sampleResult();
  const none = begun.labs.map((lab): GradedLab => {
    const checks = lab.checks.map((check): GradedCheck => ({ ...check, outcome: "not written", points: 0 }));
    const of = (visibility: string): GradedCheck[] => checks.filter((check) => check.visibility === visibility);
    return { ...lab, status: "not begun", checks, public: tally(of("public")), hidden: tally(of("hidden")), total: tally(checks) };
  });
  return [begun, hostileResult(), fullResult(), resultOf(none, "carol", `it has two files ${HOSTILE.join("")}`), resultOf([], "nobody")];
}
