import { assert, assertEquals, assertMatch } from "@std/assert";
import { Parser } from "npm:tap-parser@18.3.4";
import { formatOf, policyWith, sampleResult, samples } from "./sample.ts";

const FILE = "student/report.tap";

/** Another's reading of the text: the parser that node-tap uses, which must find no line that is none of TAP's. */
function parsed(text: string): { ok: boolean; name: string; diag?: Record<string, unknown>; skip: unknown; todo: unknown }[] {
  const points: ReturnType<typeof parsed> = [];
  let complete: Record<string, unknown> = {};
  for (const [event, value] of Parser.parse(text) as [string, never][]) {
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

Deno.test("tapText() is TAP 14 by its grammar and to another's parser, whatever a student wrote", () => {
  for (const result of samples()) {
    for (const show of ["nothing", "counts", "groups", "titles"] as const) {
      const text = formatOf(FILE, result, policyWith({ hidden: { show } }));
      validate(text);
      const points = parsed(text);
      const checks = result.labs.flatMap((lab) => lab.checks.filter((check) => check.visibility === "public"));
      assertEquals(
        points.filter(({ ok, skip }) => ok && skip === false).length >= checks.filter((check) => check.outcome === "passed").length,
        true,
      );
      assert(points.every(({ name, todo }) => !/^forged/.test(name) && todo === false));
    }
  }
});

Deno.test("tapText() has one point for each row, with what happened to it", () => {
  const result = sampleResult();
  const points = parsed(formatOf(FILE, result));
  assertEquals(points.length, 7 * (44 + 2));
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

Deno.test("tapText() of nothing is a failure", () => {
  assertEquals(parsed(formatOf(FILE, samples()[4] as never)).map(({ ok }) => ok), [false]);
});
