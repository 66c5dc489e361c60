import { assert, assertEquals, assertNotMatch, assertStringIncludes } from "@std/assert";
import { finished } from "../../../labs/manifest.ts";
import type { Policy } from "../policy.ts";
import { addUp } from "../score.ts";
import {
  formatsOf,
  fullResult,
  HIDDEN_TITLE,
  hostileResult,
  policyWith,
  sampleEvidence,
  sampleResult,
  samples,
  sampleTiming,
  SECRETS,
} from "./sample.ts";
import { type View, viewOf } from "./view.ts";

const SHOWS = ["nothing", "counts", "groups", "titles"] as const;
const WHENS = ["visible", "after_due_date", "after_published"] as const;

function policies(): Policy[] {
  return SHOWS.flatMap((show) => WHENS.flatMap((when) => [true, false].map((section) => policyWith({ hidden: { show, when, section } }))));
}

function view(policy: Policy, result = sampleResult(), always = false): View {
  return viewOf(result, sampleTiming(result), policy, sampleEvidence(result), always);
}

Deno.test("viewOf() has the same points in its rows as in its tallies, under every policy", () => {
  for (const result of samples()) {
    for (const policy of policies()) {
      for (const always of [false, true]) {
        const all = view(policy, result, always);
        for (const lab of all.labs) {
          const rows = addUp(lab.rows.map((row) => row.tally));
          assertEquals(rows, lab.total ?? lab.public);
          assertEquals(addUp([lab.public, ...(lab.hidden === undefined ? [] : [lab.hidden])]), lab.total ?? lab.public);
          assertEquals(new Set(lab.rows.map((row) => row.id)).size, lab.rows.length);
        }
        assertEquals(addUp(all.labs.map((lab) => lab.total ?? lab.public)), all.total ?? all.public);
        assertEquals(all.total === undefined, all.hidden === undefined);
      }
    }
  }
});

Deno.test("writeFormats() never shows name, why, expected, got or transcript of a hidden check, nor its title unless the policy says so", () => {
  for (const policy of policies()) {
    for (const result of [sampleResult(), hostileResult()]) {
      for (const [file, text] of formatsOf(result, policy)) {
        const read = file.endsWith("github-output.txt") ? decoded(text) : text;
        for (const secret of SECRETS) assert(!read.includes(secret), `${file} has ${secret}`);
        const { show, when } = policy.hidden;
        const mayHaveTitles = show === "titles" && (when === "visible" || file === "gradescope.json");
        if (!mayHaveTitles) assert(!read.includes(HIDDEN_TITLE), `${file} has a hidden title under ${JSON.stringify(policy.hidden)}`);
        else if (!file.endsWith("log.txt") && !file.endsWith("gradescope.json")) assertStringIncludes(read, HIDDEN_TITLE);
      }
    }
  }
});

Deno.test("writeFormats() says nothing of hidden checks outside Gradescope when they are not to be seen, or not yet", () => {
  for (const hidden of [{ show: "nothing" }, { when: "after_due_date" }, { when: "after_published" }] as const) {
    for (const [file, text] of formatsOf(sampleResult(), policyWith({ hidden }))) {
      if (file === "gradescope.json") continue;
      const read = file.endsWith("github-output.txt") ? decoded(text) : text;
      assertNotMatch(
        read.replaceAll("Hidden checks count, too; what they found is not shown here.", "").replaceAll("hidden checks left out", ""),
        /hidden/i,
        file,
      );
    }
  }
});

Deno.test("viewOf() shows of a public failure what the policy says", () => {
  const labels = (policy: Policy): Set<string> =>
    new Set(
      view(policy).labs.flatMap((lab) =>
        lab.rows.filter((row) => !row.hidden && row.outcome === "failed").flatMap((row) => row.details.map(({ label }) => label))
      ),
    );
  assertEquals(labels(policyWith({})), new Set(["Expected", "Got", "Why", "Read"]));
  assertEquals(labels(policyWith({ public: { transcript: false, why: false } })), new Set(["Expected", "Got", "Read"]));
  assertEquals(labels(policyWith({ public: { transcript: false, expected: false } })), new Set(["Why", "Read"]));
  const silent = view(policyWith({ public: { transcript: false, title: false } }));
  for (const row of silent.labs.flatMap((lab) => lab.rows.filter(({ hidden }) => !hidden))) {
    assertEquals(row.title, row.id);
    assertEquals(row.transcript, undefined);
    assertEquals(row.files, []);
  }
});

Deno.test("viewOf() tells of hidden checks counts, groups or titles, each with its section where the policy shows it", () => {
  const rows = (policy: Policy): string[] =>
    (view(policy).labs[2] as View["labs"][number]).rows.filter(({ hidden }) => hidden).map((row) =>
      `${row.id} | ${row.title} | ${row.details.map(({ text }) => text).join(" | ")}`
    );
  assertEquals(rows(policyWith({ hidden: { show: "counts" } })), ["hidden | hidden checks | 3 of 22 fail"]);
  assertEquals(rows(policyWith({})), [
    "hidden/parsing | hidden checks of parsing | 1 of 11 fail | labs/03-ip/README.md#internetchecksum",
    "hidden/retransmission | hidden checks of retransmission | 2 of 11 fail | labs/03-ip/README.md#internetchecksum",
  ]);
  assertEquals(rows(policyWith({ hidden: { section: false } }))[0], "hidden/parsing | hidden checks of parsing | 1 of 11 fail");
  const titles = rows(policyWith({ hidden: { show: "titles" } }));
  assertEquals(titles.length, 22);
  assertEquals(titles[5], "hidden/retransmission 3 | hidden-title 49 | it fails | labs/03-ip/README.md#internetchecksum");
});

Deno.test("viewOf() has a speed only where every public check passed, and the policy has a leaderboard", () => {
  const with_ = policyWith({ leaderboard: true });
  assertEquals(view(with_).speed, undefined);
  assertEquals(view(policyWith({}), fullResult()).speed, undefined);
  const fast = view(with_, fullResult()).speed as number;
  // of each lab the 35 public checks that are not live: numbers 0 to 43 without every fifth, at 1.5 ms and their number
  const milliseconds = Array.from({ length: 44 }, (_, index) => index % 5 === 0 ? 0 : 1.5 + index).reduce((sum, each) => sum + each, 0);
  assertEquals(fast, Math.round(finished.length * milliseconds) / 1000);
});

Deno.test("viewOf() keeps what a student wrote short", () => {
  const long = view(policyWith({}), hostileResult());
  assert(JSON.stringify(long).length < 1_500_000);
  for (const row of long.labs.flatMap((lab) => lab.rows)) for (const { text } of row.details) assert(text.length <= 400);
});

/** What a runner's lines for $GITHUB_OUTPUT say. */
function decoded(lines: string): string {
  return lines.trimEnd().split("\n").map((line) => new TextDecoder().decode(Uint8Array.fromBase64(line.slice(line.indexOf("=") + 1)))).join(
    "\n",
  );
}
