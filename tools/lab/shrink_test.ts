/** Shrinking, and failures that are kept, with faults that were planted. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { CheckResult } from "../harness/trial.ts";
import { failuresOf, plant } from "../testing/planted.ts";
import { Blamer } from "./blame.ts";
import { runRegressions } from "./regressions.ts";
import { type KeptRun, readRun, RUN_FORMAT, RunFileError, writeRun } from "./run_file.ts";
import { shrink, type Shrunk } from "./shrink.ts";

const NO_KERNEL = (): Promise<string> => Promise.resolve("no live wire in this test");
/** Milliseconds: so many that a busy machine finishes, too. */
const PATIENT = 60_000;

async function shrunk(fault: string, lab: number, check: string): Promise<{ found: Shrunk; failure: CheckResult }> {
  const selection = await plant(fault);
  const [failure] = await failuresOf(lab, selection, [check]) as [CheckResult];
  const blamer = new Blamer({ selection, standIn: () => "reference", kernel: NO_KERNEL });
  const found = await shrink(failure, selection, blamer.swapped([Number(fault.split(" ")[0])]), PATIENT);
  assert(!("why" in found), JSON.stringify(found));
  return { found, failure };
}

Deno.test("shrink() leaves the SYN and the segment of odd length, of all that a check of lab 06 sent", async () => {
  const { found } = await shrunk("3 odd-byte-dropped", 6, "wire/text");
  assertEquals([found.after.packets, found.hurried], [2, false]);
  assert(found.before.packets > 2);
  assertEquals(found.difference.kind, "missing packet of TCP ACK");
  assertEquals(found.difference.got, "nothing");
  const packets = found.stimuli.flatMap((stimulus) => stimulus.op === "step" ? stimulus.frames.map(({ bytes }) => bytes.length) : []);
  assertEquals(packets.length, 2);
});

Deno.test("shrink() finds the shortest call of a table that is wrong, and tells it", async () => {
  const { found } = await shrunk("3 odd-byte-dropped", 3, "checksum/part-of-a-buffer");
  assertEquals([found.after.stimuli, found.difference.kind], [1, "value of internetChecksum"]);
  assert(found.before.stimuli > 10);
  const [step] = found.transcript.steps;
  assertEquals(step?.kind === "call" && step.name, "internetChecksum");
  const [call] = found.stimuli;
  assert(call?.op === "call");
  const [, start, end] = call.args.map((each) => each.t === "value" ? Number(each.value) : NaN);
  assertEquals(((end as number) - (start as number)) % 2, 1);
});

Deno.test("shrink() leaves of a stateful table the calls that it takes", async () => {
  const { found } = await shrunk("6 stretch-acks", 6, "ack/stays-due");
  assert(found.after.stimuli < found.before.stimuli, JSON.stringify([found.before, found.after]));
  assertEquals(found.difference.kind, "value of received");
});

Deno.test("a kept run fails with the fault, passes without it, and passes with the fault mended; also after it was written and read", async () => {
  const { found: { wire, stimuli, expected }, failure: { check, seed } } = await shrunk("3 odd-byte-dropped", 6, "wire/text");
  const run: KeptRun = { format: RUN_FORMAT, lab: 3, check, seed, story: { wire, stimuli, expected } };
  const regression = { id: "mine/wire-text", path: "labs/03-ip/regressions/wire-text.json", run: readRun(writeRun(run)) };
  const [wrong] = await runRegressions([regression], await plant("3 odd-byte-dropped"), NO_KERNEL) as [CheckResult];
  assertEquals([wrong.verdict.outcome, wrong.check.id, wrong.check.weight], ["failed", "mine/wire-text", 0]);
  const [right] = await runRegressions([regression], await plant(), NO_KERNEL) as [CheckResult];
  assertEquals(right.verdict, { outcome: "passed" });
  const [other] = await runRegressions([regression], await plant("6 no-nagle"), NO_KERNEL) as [CheckResult];
  assertEquals(other.verdict, { outcome: "passed" });
});

Deno.test("a kept check without a story is the check with its seed", async () => {
  const selection = await plant("3 odd-byte-dropped");
  const [{ check, seed }] = await failuresOf(3, selection, ["checksum/odd-lengths"]) as [CheckResult];
  const { id, lab, title, why, look } = check;
  const regression = {
    id: "mine/odd",
    path: "odd.json",
    run: readRun(writeRun({ format: RUN_FORMAT, lab: 3, check: { id, lab, title, why, look }, seed })),
  };
  for (const [code, outcome] of [[selection, "failed"], [await plant(), "passed"]] as const) {
    const [result] = await runRegressions([regression], code, NO_KERNEL) as [CheckResult];
    assertEquals(result.verdict.outcome, outcome);
  }
});

Deno.test("shrink() says why it does not: a fault that nothing mends, a live check", async () => {
  const selection = await plant("3 odd-byte-dropped");
  const [failure] = await failuresOf(6, selection, ["wire/text"]) as [CheckResult];
  assertEquals(await shrink(failure, selection, selection), { why: "no swap makes it pass" });
  const live = { ...failure, check: { ...failure.check, kind: "live" as const } };
  assertEquals(await shrink(live, selection, selection), { why: "the kernel is never the same twice" });
});

Deno.test("readRun() gives back what writeRun() wrote, numbers that JSON does not know and all", () => {
  const args = [new Uint8Array([0, 255, 16]), Infinity, -0, NaN, undefined, 12n, "text", null, []];
  const run: KeptRun = {
    format: RUN_FORMAT,
    lab: 3,
    check: { id: "a/b", lab: 3, title: "t", why: "w", look: [] },
    seed: 7,
    story: { wire: { answerArp: true, peerAddresses: [] }, stimuli: [{ op: "tcp", host: 0, now: 0, act: "write", args }], expected: [] },
  };
  assertEquals(readRun(writeRun(run)), run);
});

Deno.test("readRun() refuses what is no kept run, in a sentence", () => {
  const wrong: [string, string][] = [
    ["", "it is not JSON"],
    ["null", "its format is not"],
    [`{"format":"${RUN_FORMAT}"}`, "it lacks"],
    [`{"format":"${RUN_FORMAT}","lab":3,"seed":1,"check":{"id":"a","title":"t","why":"w","look":[],"lab":99}}`, "it lacks"],
    [`{"format":"${RUN_FORMAT}","lab":3,"seed":1,"check":{"id":"a","title":"t","why":"w","look":[],"lab":3},"story":{}}`, "no stimuli"],
  ];
  for (const [text, sentence] of wrong) assertStringIncludes(assertThrows(() => readRun(text), RunFileError).message, sentence);
});
