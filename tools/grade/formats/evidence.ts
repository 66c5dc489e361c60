/**
 * What a student is given to read beside a format: of each public check that failed the whole story, as the lab's own command
 * tells it, and a capture of its packets. They lie in the folder of the formats, and nothing else does: that folder can be handed to the student
 * as it is.
 */
import type { Lab } from "../../../labs/manifest.ts";
import type { CheckResult } from "../../harness/trial.ts";
import { failureText, isFailure } from "../../lab/failure_report.ts";
import type { Policy } from "../policy.ts";
import { plainBlock } from "./plain.ts";

/** The folder of the formats, below the submission's. */
export const STUDENT = "student";

/** What there is to show of a check that failed. */
export interface Evidence {
  readonly transcript: string;
  /** Paths below the folder of the formats: "transcripts/03-ip/checksum-odd-length.txt". */
  readonly files: readonly string[];
}

/** Characters of a transcript in a file. */
const LONGEST = 100_000;

/** Writes the evidence of a lab's public failures below `to`, when the policy shows it. Returns it by "03-ip checksum/odd-length". */
export async function writeEvidence(
  to: string,
  lab: Lab,
  results: readonly CheckResult[],
  seed: number,
  policy: Policy,
): Promise<ReadonlyMap<string, Evidence>> {
  const evidence = new Map<string, Evidence>();
  const failures = results.filter(isFailure).filter(({ check }) => check.visibility === "public");
  if (!policy.public.transcript || failures.length === 0) return evidence;
  for (const kind of ["transcripts", "captures"]) await Deno.mkdir(`${to}/${STUDENT}/${kind}/${lab.folder}`, { recursive: true });
  for (const failure of failures) {
    const name = failure.check.id.replaceAll("/", "-");
    const text = `transcripts/${lab.folder}/${name}.txt`, capture = `captures/${lab.folder}/${name}.pcapng`;
    const packets = failure.transcript.steps.some((step) => step.kind === "packet");
    if (packets) await Deno.writeFile(`${to}/${STUDENT}/${capture}`, failure.transcript.toPcapng());
    const told = failureText(failure, { lab, seed, capture: packets ? capture : undefined, blame: undefined });
    const transcript = plainBlock(told, LONGEST);
    await Deno.writeTextFile(`${to}/${STUDENT}/${text}`, `${transcript}\n`);
    evidence.set(`${lab.folder} ${failure.check.id}`, { transcript: transcript.slice(0, 8000), files: packets ? [text, capture] : [text] });
  }
  return evidence;
}
