/**
 * Golden transcripts: what a student with one known fault reads, whole. They are not here to pin every word: they show a reviewer of a change
 * what it does to the reader. Every check takes 1002 ms here, and lines of files are written as "LINE".
 *
 * When a change is meant: `deno test -A tools/golden -- --update`, and read the difference.
 */
import { assert, assertEquals } from "@std/assert";
import { findLab, type Lab } from "../../labs/manifest.ts";
import type { Mutant } from "../harness/mutant.ts";
import { failureText } from "../lab/failure_report.ts";
import { loadChecks, ROOT } from "../lab/run.ts";
import { loadMutants, tryMutant } from "../mutants/fate.ts";

/** One for each lab: its mutant, by name, or one that only stands here. */
const stories: readonly { readonly lab: number; readonly mutant: string | Mutant }[] = [
  { lab: 1, mutant: "type-little-endian" },
  { lab: 2, mutant: "one-request-per-packet" },
  { lab: 3, mutant: "odd-byte-dropped" },
  {
    lab: 3,
    mutant: {
      name: "never-done",
      fault: "an option of length 0 is believed: the walk over the options never moves on",
      file: "ipv4.ts",
      replace: "if (length < 2 || at + length > end) return at + 1;",
      by: "if (at + length > end) return at + 1;",
      caughtBy: "options/length-too-small",
    },
  },
  { lab: 4, mutant: "syn-window-scaled" },
  { lab: 5, mutant: "old-ack-updates-window" },
  { lab: 6, mutant: "probe-pause-constant" },
  { lab: 7, mutant: "half-open-accepted" },
  { lab: 8, mutant: "partial-waits" },
  { lab: 8, mutant: "fourth-duplicate" },
  { lab: 9, mutant: "rest-kept" },
  { lab: 9, mutant: "zero-sent-as-none" },
  { lab: 10, mutant: "write-never-dropped" },
  { lab: 10, mutant: "edge-triggered" },
  { lab: 11, mutant: "length-beside-chunks" },
  { lab: 11, mutant: "line-per-piece" },
];

async function storyOf(lab: Lab, mutant: Mutant): Promise<string> {
  const fate = await tryMutant(lab, mutant, await loadChecks(lab, true), { width: "named", seed: 1 });
  const [kill] = fate.kills;
  assert(kill !== undefined, `${mutant.name}: ${fate.outcome}, ${fate.why}`);
  const text = failureText({ ...kill, milliseconds: 1002 }, { lab, seed: 1, capture: undefined, blame: undefined });
  return `${quiet(text)}\n`;
}

/** Without the numbers of lines, and without the arguments of a call that hung: a busy machine may not have learned them. */
function quiet(text: string): string {
  return text.replaceAll(/(\.ts):\d+/g, "$1:LINE").replaceAll(
    /(\w+)\([^)]*\)(?: of \[[^\]]*\])?\s+did\s+not\s+return/g,
    "$1(…) did not return",
  );
}

for (const { lab: number, mutant: named } of stories) {
  const lab = findLab(number) as Lab;
  const name = typeof named === "string" ? named : named.name;
  Deno.test(`golden: lab ${number}, ${name}`, async () => {
    const mutant = typeof named === "string" ? (await loadMutants(lab)).find((each) => each.name === named) : named;
    assert(mutant !== undefined, `lab ${number} has no mutant ${name}`);
    const path = `${ROOT}/tools/golden/${lab.folder}-${name}.txt`;
    const text = await storyOf(lab, mutant);
    if (Deno.args.includes("--update")) await Deno.writeTextFile(path, text);
    assertEquals(text, await Deno.readTextFile(path), "see how to update at the top of this file");
  });
}
