/** A failure as a student reads it, from the check's body to the last line; and which failures are read first. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { assertSnapshot } from "@std/testing/snapshot";
import { findLab, type Lab, labs } from "../../labs/manifest.ts";
import type { ModuleName } from "../../stack/contract/modules.ts";
import { ethernet, icmpEcho, ipv4 } from "../harness/packets.ts";
import { Subject } from "../harness/subject.ts";
import { type Check, type CheckKind, suite, type Trial } from "../harness/suite.ts";
import { Transcript } from "../harness/transcript.ts";
import { type CheckResult, runCheck } from "../harness/trial.ts";
import { failureText, isFailure } from "./failure_report.ts";
import { byUnknownName, inReadingOrder, overview } from "./failures.ts";
import { ROOT } from "./run.ts";

const lab = findLab(3) as Lab;

function checkOf(run: (t: Trial) => Promise<void>, kind: CheckKind = "scenario", look = "parseIcmp"): Check {
  const check = {
    title: "a ping with an odd number of bytes, or with none, is answered with the same bytes",
    kind,
    covers: [],
    look: [look],
    why: "The sender recognises its own question by identifier, sequence number and data (RFC 1122 §3.2.2.6).",
    hints: ["One.", "Two.", "Three."] as const,
    run,
  };
  return suite({ lab: 3, visibility: "public", groups: { icmp: { "answered-as-it-came": check } } }).checks[0] as Check;
}

/** Runs a check against the reference in which `file` of lab 3 has `by` in place of `text`. */
async function runChanged(check: Check, file: string, text: string, by: string): Promise<CheckResult> {
  const path = `solutions/03-ip/${file}`;
  const solution = await Deno.readTextFile(`${ROOT}/${path}`);
  assertStringIncludes(solution, text);
  const origins = Object.fromEntries(labs.map((each) => [each.module, "reference"])) as Record<ModuleName, "reference">;
  const subject = new Subject({ root: ROOT, lab: 3, origins, replaced: new Map([[path, solution.replace(text, () => by)]]) });
  try {
    return await runCheck(check, 1, { subject, kernel: () => Promise.resolve("no kernel here") });
  } finally {
    subject.close();
  }
}

/** The text without what differs from run to run: the time that the check took, and lines of files that are edited. */
function textOf(result: CheckResult): string {
  const context = { lab, seed: 8141, capture: ".wallsocket/lab3/icmp-answered-as-it-came.pcapng", blame: undefined };
  return failureText({ ...result, milliseconds: 1002 }, context).replaceAll(/(\.ts):\d+/g, "$1:LINE");
}

/** Golden. To write it anew: deno test -A tools/lab/failure_report_test.ts -- --update */
async function assertGolden(t: Deno.TestContext, text: string): Promise<void> {
  await assertSnapshot(t, text, { serializer: String });
}

Deno.test("failureText() of a wrong packet", async (t) => {
  const check = checkOf(async (trial) => {
    const station = await trial.host();
    await station.send(ethernet({}, ipv4({}, icmpEcho({ id: 7 }, trial.random.bytes(57)))), "an odd number of bytes");
    await station.expect({ icmp: { type: 0, identifier: 7 } }, "an echo reply with the same 57 bytes");
  });
  const begin = "frame.view.setUint8(frame.start, 0);";
  await assertGolden(
    t,
    textOf(await runChanged(check, "icmp.ts", begin, `${begin} return console.log("type is", frame.view.getUint8(frame.start));`)),
  );
});

Deno.test("failureText() of a wrong result", async (t) => {
  const check = checkOf(
    async (trial) => {
      for (const bytes of [[0, 1], [0, 1, 0xf2, 3], [0, 1, 0xf2]]) {
        const view = new DataView(Uint8Array.from(bytes).buffer);
        const expected = ["0xfffe", "0x0dfb", "0x0dfe"][bytes.length === 2 ? 0 : bytes.length === 4 ? 1 : 2];
        const sum = await trial.ip.internetChecksum(view, 0, bytes.length);
        trial.equal<unknown>(`0x${sum.toString(16).padStart(4, "0")}`, expected, `the checksum of ${bytes.length} bytes`);
      }
    },
    "table",
    "internetChecksum",
  );
  await assertGolden(
    t,
    textOf(await runChanged(check, "checksum.ts", "  // region internetChecksum\n", "  if ((end - start) % 2 === 1) end--;\n")),
  );
});

Deno.test("failureText() of an exception has the student's own lines first", async () => {
  const check = checkOf(async (trial) => void await trial.ip.internetChecksum(new DataView(new ArrayBuffer(4)), 0, 4), "table");
  const begin = "  // region internetChecksum\n";
  const helper = "const inner = () => new Uint8Array(-1);\nfunction helperOf() { return inner(); }\n";
  const text = textOf(await runChanged(check, "checksum.ts", begin, `${begin}  ${helper} helperOf();\n`));
  const lines = text.split("\n");
  const got = lines.findIndex((line) => line.startsWith("  Got"));
  assertMatch(lines[got] ?? "", /^ {2}Got {9}\S*inner \(solutions\/03-ip\/checksum\.ts:LINE\): RangeError: /);
  assert(lines.slice(got + 1, got + 4).some((line) => /^ {14}called by helperOf \(/.test(line)), text);
});

Deno.test("failureText() of an exception names the method that threw as the lab does, and once", async () => {
  const check = checkOf((trial) => Promise.resolve(trial.ok(false, "a route", "an exception")), "table", "createRoutes.add");
  const failed = await runChanged(
    { ...check, look: ["createRoutes.add", "createRoutes.lookup"] },
    "checksum.ts",
    "let sum = ",
    "let sum = 1 + ",
  );
  assert(isFailure(failed));
  for (const name of ["lookup", "Table.lookup"]) {
    const lines = textOf({ ...failed, verdict: { ...failed.verdict, at: `${name} (labs/03-ip/routes.ts:9)` } }).split("\n");
    const look = lines.findIndex((line) => line.startsWith("  Look at"));
    assertEquals([lines[look], lines[look + 2]?.slice(0, 34)], [
      "  Look at     createRoutes.lookup  labs/03-ip/routes.ts:LINE",
      `${" ".repeat(14)}createRoutes.add  la`,
    ]);
    assertMatch(lines[look + 3] ?? "", /^ {2}Again/);
  }
});

Deno.test("failureText() names the words that the handout explains, and where", async () => {
  const check = checkOf((trial) => Promise.resolve(trial.equal<unknown>("not for us", "bad fragment", "the answer")), "table", "parseIpv4");
  const lines = textOf(await runChanged(check, "checksum.ts", "let sum = ", "let sum = 1 + ")).split("\n");
  assertEquals(lines.slice(lines.findIndex((line) => line.startsWith("  Look at"))).slice(0, 3), [
    "  Look at     parseIpv4  labs/03-ip/ipv4.ts:LINE",
    "              labs/03-ip/README.md#parseipv4",
    '  Words       "not for us"  labs/03-ip/README.md#admit',
  ]);
});

Deno.test("overview() names each function once, with the check to read first, in twelve lines at most", () => {
  const failure = (kind: CheckKind, symbol: string): CheckResult => ({
    check: checkOf(async () => {}, kind),
    seed: 1,
    verdict: { outcome: "failed", expected: "", got: "", mismatches: [], complaints: [], symbol },
    milliseconds: 1,
    transcript: new Transcript(),
  });
  const some = [failure("live", "parseIpv4"), failure("scenario", "admit"), failure("table", "parseIpv4")].filter(isFailure);
  assertEquals(overview([], some.slice(0, 1)), []);
  assertEquals(overview([], some), [
    "3 checks fail. Begin with the first line; the rest may follow from it:",
    "",
    "  parseIpv4    2 checks  icmp/answered-as-it-came",
    "  admit        1 check   icmp/answered-as-it-came",
  ]);
  const many = Array.from({ length: 30 }, (_, i) => failure("table", `function${i}`)).filter(isFailure);
  assertEquals(overview([], many).length, 12);
});

Deno.test("inReadingOrder() puts tables first, in the order of the groups; of the few shown in full each is about another function", () => {
  const failure = (kind: CheckKind, symbol: string, milliseconds: number): CheckResult => ({
    check: checkOf(async () => {}, kind),
    seed: 1,
    verdict: { outcome: "failed", expected: "", got: "", mismatches: [], complaints: [], symbol },
    milliseconds,
    transcript: new Transcript(),
  });
  const met = [
    failure("live", "parseIpv4", 1),
    failure("scenario", "admit", 2),
    failure("table", "parseIpv4", 3),
    failure("table", "parseIpv4", 4),
    failure("table", "writeIpv4", 5),
  ];
  const order = (shown?: number): number[] => inReadingOrder(met.filter(isFailure), shown).map((result) => result.milliseconds);
  assertEquals([order(), order(3), order(2)], [[3, 4, 5, 2, 1], [3, 5, 2, 4, 1], [3, 5, 4, 2, 1]]);
});

Deno.test("failureText() of an unknown name says that and nothing else, once for all checks that fail by it", async () => {
  const call = checkOf(async (trial) => void await trial.ip.internetChecksum(new DataView(new ArrayBuffer(4)), 0, 4), "table");
  const unknown = await runChanged(call, "checksum.ts", "let sum = ", "let sum = initiall + ");
  const wrong = await runChanged(
    checkOf((trial) => Promise.resolve(trial.equal(1, 2, "one"))),
    "checksum.ts",
    "let sum = ",
    "let sum = 1 + ",
  );
  const failures = [wrong, unknown, unknown].filter(isFailure);
  const { unknown: named, others } = byUnknownName(failures);
  assertEquals([named.map(({ length }) => length), others.length], [[2], 1]);
  assertEquals(inReadingOrder(failures, 2)[0], unknown);
  const text = failureText(unknown, { lab, seed: 1, capture: undefined, blame: undefined, alike: 2 });
  assertStringIncludes(text, "Nothing is called `initiall` there");
  assertStringIncludes(text, "2 checks fail by it");
  assertStringIncludes(text, "deno check labs/03-ip");
});
