import { assert, assertEquals, assertMatch } from "@std/assert";
import { finished } from "../../../labs/manifest.ts";
import { formatOf, policyWith, sampleResult, samples } from "./sample.ts";

const FILE = "student/report.tap";

interface Point {
  ok: boolean;
  name: string;
  diag?: Record<string, unknown>;
  skip: unknown;
  todo: unknown;
}

async function read(text: string): Promise<[string, never][]> {
  const folder = new URL(".", import.meta.url).pathname;
  const args = ["run", "--quiet", `--config=${folder}tap_reader.json`, "--allow-read", "--allow-env", `${folder}tap_reader.ts`];
  const child = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
  const fed = new Blob([text]).stream().pipeTo(child.stdin);
  const { success, stdout, stderr } = await child.output();
  assert(success, new TextDecoder().decode(stderr));
  await fed;
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Another's reading of the text: the parser that node-tap uses, which must find no line that is none of TAP's. */
async function parsed(text: string): Promise<Point[]> {
  const points: Point[] = [];
  let complete: Record<string, unknown> = {};
  for (const [event, value] of await read(text)) {
    if (event === "assert") points.push(value);
    if (event === "complete") complete = value;
    assert(!["extra", "bailout", "child", "pragma"].includes(event), `${event}: ${JSON.stringify(value)}`);
  }
  assertEquals(complete.count, points.length);
  assertEquals((complete.plan as { start: number; end: number }).end, points.length);
  assertEquals(complete.bailout, false);
  assertEquals((complete.failures as { tapError?: unknown }[]).filter(({ tapError }) => tapError), []);
  return points;
}

/** "TAP version 14 specification": every line is one that the grammar has, and the numbers run through the plan. */
function validate(text: string): void {
  const lines = text.split("\n");
  assertEquals(lines.shift(), "TAP version 14");
  assertEquals(lines.pop(), "");
  const most = Number(/^1\.\.(\d+)$/.exec(lines.shift() as string)?.[1]);
  let number = 0, inBlock = false, mayOpen = false;
  for (const line of lines) {
    if (inBlock) {
      assertMatch(line, /^ {2}(\.\.\.|\w+: "(?:[^"\\]|\\.)*")$/);
      inBlock = line !== "  ...";
    } else if (line === "  ---" && mayOpen) inBlock = true;
    else {
      assertMatch(line, /^(# .+|(not )?ok \d+ - .+)$/);
      if (!line.startsWith("#")) assertEquals(Number(/\d+/.exec(line)?.[0]), ++number);
    }
    mayOpen = line.startsWith("not ok");
  }
  assertEquals([number, inBlock], [most, false]);
}

Deno.test("tapText() is TAP 14 by its grammar and to another's parser, whatever a student wrote", async () => {
  for (const result of samples()) {
    for (const show of ["nothing", "counts", "groups", "titles"] as const) {
      const text = formatOf(FILE, result, policyWith({ hidden: { show } }));
      validate(text);
      const points = await parsed(text);
      const checks = result.labs.flatMap((lab) => lab.checks.filter((check) => check.visibility === "public"));
      assertEquals(
        points.filter(({ ok, skip }) => ok && skip === false).length >= checks.filter((check) => check.outcome === "passed").length,
        true,
      );
      assert(points.every(({ name, todo }) => !/^forged/.test(name) && todo === false));
    }
  }
});

Deno.test("tapText() has one point for each row, with what happened to it", async () => {
  const result = sampleResult();
  const points = await parsed(formatOf(FILE, result));
  assertEquals(points.length, finished.length * (44 + 2));
  const outcomes = result.labs[0]?.checks.slice(0, 44).map(({ outcome }) => outcome) ?? [];
  assertEquals(
    points.slice(0, 44).map(({ ok, skip }) => skip ? "skipped" : ok ? "passed" : "not"),
    outcomes.map((outcome) => outcome === "skipped" || outcome === "passed" ? outcome : "not"),
  );
  assertEquals(points[1]?.name, '01-framing checksum/check-1: the check 1 has "quotes" & <signs> #1');
  assertEquals(points[1]?.diag, {
    severity: "fail",
    expected: "0x1c46",
    got: "0x1c47",
    why: "it matters (RFC 1071 §2)",
    read: "labs/01-framing/README.md#internetchecksum",
    file1: "transcripts/01-framing/checksum-check-1.txt",
    file2: "captures/01-framing/checksum-check-1.pcapng",
  });
});

Deno.test("tapText() of nothing is a failure", async () => {
  assertEquals((await parsed(formatOf(FILE, samples()[4] as never))).map(({ ok }) => ok), [false]);
});
