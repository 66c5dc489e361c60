/** One script, two machines, one report. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { labs } from "../../labs/manifest.ts";
import { whyNoLiveWire } from "../harness/kernel/kernel_peer.ts";
import { Subject } from "../harness/subject.ts";
import { ROOT, selectOrigins } from "../lab/run.ts";
import { testWhen } from "../test_when.ts";
import { besideText, isSameVerdict, judgeBeside } from "./beside.ts";
import { judge } from "./judge.ts";
import { linuxJudging, stackJudging, withKernel } from "./machines.ts";

const obstacle = await whyNoLiveWire();

/** Linux never announces this window at once; the reference always does. */
const BIASED = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 5) = 0
+0 < S 0:0(0) win 1000 <mss 1000>
+0 > S. 0:0(0) ack 1 win 65535 <mss 1460>
`;

function referenceSubject(): Subject {
  const everyLab = new Set(labs.map(({ number }) => number));
  return new Subject({ root: ROOT, origins: selectOrigins(7, { reference: everyLab }) });
}

Deno.test("judge() passes the scripts of testdata on the reference; kernel_machine_test.ts has Linux", async () => {
  const subject = referenceSubject();
  try {
    const judging = stackJudging(subject, { options: [], tolerance: 1000, strict: false, defines: new Set(["STANDARD"]) });
    const folder = new URL("testdata/", import.meta.url);
    for (const { name } of Deno.readDirSync(folder)) {
      const verdict = await judge(name, await Deno.readTextFile(new URL(name, folder)), judging);
      assertEquals(verdict.verdict, "passed", JSON.stringify(verdict));
    }
  } finally {
    subject.close();
  }
});

testWhen(obstacle, "besideText() shows both machines where they are judged differently, in 80 columns", () =>
  withKernel(async (kernel) => {
    const subject = referenceSubject();
    try {
      const common = { options: [], tolerance: 100_000, strict: false, defines: new Set(["STANDARD"]) };
      const [stack, linux] = [stackJudging(subject, common), linuxJudging(kernel, common)];
      const pair = await judgeBeside("biased.pkt", BIASED, stack, linux);
      assertEquals([pair.stack.verdict, pair.linux.verdict], ["passed", "failed"]);
      const text = await besideText(pair, BIASED, stack, linux);
      assertMatch(text, /stack {3}passes/);
      assertMatch(text, /linux {3}fails at line 5/);
      assertMatch(text, /window \d+ in place of 65535[^\n]*\n {6}allowed: RFC 9293 §3.8.6/);
      for (const line of text.split("\n")) assert(line.length <= 80, line);
      const fair = BIASED.replace(" win 65535", "");
      const same = await judgeBeside("fair.pkt", fair, stack, linux);
      assert(isSameVerdict(same.stack, same.linux));
      assertEquals(await besideText(same, fair, stack, linux), "✔ fair.pkt");
    } finally {
      subject.close();
    }
  }));
