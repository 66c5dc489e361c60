/**
 * All formats of one submission, as files below its folder. All but one lie in `student/`, which holds nothing that the policy hides:
 *
 * | file                                          | for                                                          |
 * | --------------------------------------------- | ------------------------------------------------------------ |
 * | gradescope.json                               | Gradescope: to be copied to /autograder/results/results.json |
 * | student/student.txt                           | people                                                       |
 * | student/github-output.txt, …/github-log.txt   | GitHub Classroom                                             |
 * | student/classroom50.json                      | Classroom 50: to be copied to result.json                    |
 * | student/prairielearn.json                     | PrairieLearn: to be copied to /grade/results/results.json    |
 * | student/junit.xml, …/report.tap               | CI services                                                  |
 *
 * Gradescope keeps secrets until a date, so its file has them; it is for Gradescope, not for a student.
 */
import type { Policy } from "../policy.ts";
import type { Result, Timing } from "../result.ts";
import { classroom50Result, type Identity } from "./classroom50.ts";
import { type Evidence, STUDENT } from "./evidence.ts";
import { githubLog, githubOutput } from "./github_classroom.ts";
import { gradescopeResults } from "./gradescope.ts";
import { junitXml } from "./junit.ts";
import { prairielearnResults } from "./prairielearn.ts";
import { reportText } from "./report.ts";
import { tapText } from "./tap.ts";
import { viewOf } from "./view.ts";

/** The files' texts, by path below the submission's folder. */
export function writeFormats(
  result: Result,
  timing: Timing,
  policy: Policy,
  evidence: ReadonlyMap<string, Evidence>,
  identity: Identity,
): ReadonlyMap<string, string> {
  const view = viewOf(result, timing, policy, evidence);
  return new Map([
    ["gradescope.json", gradescopeResults(view, viewOf(result, timing, policy, evidence, true), policy)],
    [`${STUDENT}/student.txt`, reportText(view)],
    [`${STUDENT}/github-output.txt`, githubOutput(view)],
    [`${STUDENT}/github-log.txt`, githubLog(view)],
    [`${STUDENT}/classroom50.json`, classroom50Result(view, identity)],
    [`${STUDENT}/prairielearn.json`, prairielearnResults(view)],
    [`${STUDENT}/junit.xml`, junitXml(view)],
    [`${STUDENT}/report.tap`, tapText(view)],
  ]);
}
