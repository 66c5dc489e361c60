/** Stacks beside each other: the reference, the reference with a fault in it, Linux. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { findLab, type Lab, labs } from "../../labs/manifest.ts";
import { whyNoLiveWire } from "../harness/kernel/kernel_peer.ts";
import { Subject } from "../harness/subject.ts";
import { loadChecks, ROOT, selectOrigins } from "../lab/run.ts";
import { judge } from "../packetdrill/judge.ts";
import { onLinux, onStack, stackJudging, withKernel } from "../packetdrill/machines.ts";
import { selectionOf } from "../packetdrill.ts";
import { parseScript } from "../packetdrill/parse.ts";
import type { Script } from "../packetdrill/script.ts";
import { testWhen } from "../test_when.ts";
import { compare, type Comparison, comparisonText, isAlike } from "./comparison.ts";
import { playCheck, type Played } from "./scenario.ts";

const obstacle = await whyNoLiveWire();
const everyLab = new Set(labs.map(({ number }) => number));
const REFERENCE = { root: ROOT, origins: selectOrigins(7, { reference: everyLab }) };
const TESTDATA = new URL("../packetdrill/testdata/", import.meta.url);

const CLOSING = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 5) = 0
+0 < S 0:0(0) win 65535 <mss 1000>
+0 > S. 0:0(0) ack 1 <mss 1460>
+.1 < . 1:1(0) ack 1 win 65535
+0 accept(3, ..., ...) = 4
+0 close(4) = 0
+0 > F. 1:1(0) ack 1
+.1 < F. 1:1(0) ack 1 win 65535
+0 > . 2:2(0) ack 2
+.1 < . 2:2(0) ack 2 win 65535
`;

function scriptOf(text: string): Script {
  const script = parseScript("a.pkt", text, { defines: new Set() });
  assert("events" in script, JSON.stringify(script));
  return script;
}

async function withStacks<T>(mutants: readonly string[], work: (stacks: Parameters<typeof compare>[1]) => Promise<T>): Promise<T> {
  const subjects = [new Subject(REFERENCE)];
  for (const mutant of mutants) subjects.push(new Subject(await selectionOf({ mine: false, mutant })));
  try {
    return await work(
      subjects.map((subject, index) => ({ title: ["reference", ...mutants][index] as string, make: onStack(subject), live: false })),
    );
  } finally {
    for (const subject of subjects) subject.close();
  }
}

function assertNarrow(comparison: Comparison): void {
  for (const line of comparisonText(comparison).split("\n")) assert(line.length <= 80, `${line.length} columns: ${line}`);
}

Deno.test("compare() finds nothing between a stack and itself", () =>
  withStacks([], async ([reference]) => {
    assert(reference !== undefined);
    const comparison = await compare(scriptOf(CLOSING), [reference, { ...reference, title: "again" }]);
    assertEquals(comparison.differences, []);
    assert(isAlike(comparison));
    assertMatch(comparisonText(comparison), /reference and again do the same/);
  }));

Deno.test("compare() finds a fault, and no RFC allows it", () =>
  withStacks(["5/fin-not-acknowledged"], async (stacks) => {
    const comparison = await compare(scriptOf(CLOSING), stacks);
    const serious = comparison.differences.filter(({ allowed }) => allowed === undefined);
    assertEquals(serious[0]?.text, "ack 1 in place of 2");
    assertEquals(isAlike(comparison), false);
    assertMatch(comparisonText(comparison), /not known to be allowed/);
    assertNarrow(comparison);
  }));

Deno.test("compare() tells what a machine lacks, and goes on with the others", () =>
  withStacks([], async ([reference]) => {
    assert(reference !== undefined);
    const script = scriptOf(`${CLOSING}+0 socket(AF_UNIX, SOCK_STREAM, 0) = 5\n`);
    const comparison = await compare(script, [reference, { ...reference, title: "again" }]);
    assertEquals(isAlike(comparison), false);
    assertMatch(comparisonText(comparison), /again stopped: needs sockets of the family AF_UNIX/);
  }));

testWhen(
  obstacle,
  "compare() finds only what an RFC allows between the reference and Linux, where a script leaves no choice",
  () =>
    withStacks([], ([reference]) =>
      withKernel(async (kernel) => {
        assert(reference !== undefined);
        for (const name of ["close_active.pkt", "close_passive.pkt", "data_both_ways.pkt", "reset_unread.pkt", "connect_refused.pkt"]) {
          const text = await Deno.readTextFile(new URL(name, TESTDATA));
          const comparison = await compare(scriptOf(text), [reference, { title: "linux", make: onLinux(kernel), live: true }]);
          // How late a machine is that others use is no matter here.
          const serious = comparison.differences.filter(({ allowed, aspect }) => allowed === undefined && aspect !== "time");
          assertEquals(serious.map(({ text }) => text), [], name);
          assertNarrow(comparison);
        }
      })),
);

async function played(id: string): Promise<readonly Played[]> {
  const lab = findLab(5) as Lab;
  const check = (await loadChecks(lab, true)).find((each) => each.id === id);
  assert(check !== undefined, `lab 5 has no check ${id}`);
  const { hosts, verdict } = await playCheck(check, 1, { ...REFERENCE, lab: 5 });
  assertEquals(verdict.outcome, "passed");
  return hosts;
}

Deno.test("playCheck() writes a script that the reference passes", async () => {
  const [host, ...others] = await played("closing/both");
  assert(host !== undefined && others.length === 0);
  const { script } = host;
  const subject = new Subject(REFERENCE);
  try {
    const judging = stackJudging(subject, { options: [], tolerance: 1000, strict: false, defines: new Set() });
    const verdict = await judge("closing.pkt", `${script.lines.join("\n")}\n`, judging);
    assertEquals(verdict.verdict, "passed", JSON.stringify(verdict));
  } finally {
    subject.close();
  }
});

testWhen(obstacle, "compare() plays a check to Linux", async () => {
  const [host] = await played("closing/both");
  assert(host !== undefined);
  await withStacks([], ([reference]) =>
    withKernel(async (kernel) => {
      assert(reference !== undefined);
      const comparison = await compare(host.script, [reference, { title: "linux", make: onLinux(kernel), live: true }], host.tcp);
      const serious = comparison.differences.filter(({ allowed, aspect }) => allowed === undefined && aspect !== "time");
      assertEquals(serious.map(({ text }) => text), []);
      assertEquals(comparison.recordings.map(({ stopped }) => stopped), [undefined, undefined]);
    }));
});
