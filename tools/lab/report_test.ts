/** What a report says last: the next step. */
import { assertStringIncludes } from "@std/assert";
import { findLab, type Lab } from "../../labs/manifest.ts";
import type { Check } from "../harness/suite.ts";
import { Transcript } from "../harness/transcript.ts";
import type { CheckResult } from "../harness/trial.ts";
import { summaryText } from "./report.ts";

const lab6 = findLab(6) as Lab;

/** A check of lab 6 that needed `symbol`. */
function needs(symbol: string, id: string): CheckResult {
  const [group = ""] = id.split("/");
  const check = { id, group, title: "a check", kind: "table", look: [], visibility: "public", lab: 6 } as unknown as Check;
  return { check, seed: 1, verdict: { outcome: "not written", symbol }, milliseconds: 1, transcript: new Transcript() };
}

const said = (results: readonly CheckResult[], mine: boolean, reference: readonly number[] = []): string =>
  summaryText(lab6, results, { noWire: undefined, seed: 1, took: 1, whole: true, mine, reference: new Set(reference) });

Deno.test("summaryText() names the method that the checks met first, and keeps --mine", () => {
  const text = said([needs("createSendBuffer.copyInto", "send/copy-into"), needs("createSendBuffer.sent", "piece/push")], true);
  assertStringIncludes(text, "write createSendBuffer.copyInto");
  assertStringIncludes(text, "2 checks wait for it");
  assertStringIncludes(text, "deno task lab6 --mine --only send");
});

Deno.test("summaryText() keeps the labs that were not the student's", () => {
  const text = said([needs("createSendBuffer.copyInto", "send/copy-into"), needs("probeDelay", "piece/push")], false, [5, 4]);
  assertStringIncludes(text, "deno task lab6 --reference 4-5 --only");
});

Deno.test("summaryText() names this lab's function before another lab's", () => {
  const text = said([needs("createPorts.bind", "wire/text"), needs("probeDelay", "probe/delays")], true);
  assertStringIncludes(text, "write probeDelay");
  assertStringIncludes(text, "1 check waits for it");
});

Deno.test("summaryText() names the other lab's command when only its code is missing", () => {
  const text = said([needs("createPorts.bind", "wire/text"), needs("createPorts.bind", "wire/sack")], true);
  assertStringIncludes(text, "write createPorts.bind  labs/07-accept/");
  assertStringIncludes(text, "2 checks wait for it");
  assertStringIncludes(text, "deno task lab7, and again deno task lab6 --mine");
});

Deno.test("summaryText() says what helps while a lab below is not written", () => {
  const text = said([needs("createRoutes.add", "wire/text"), needs("probeDelay", "probe/delays")], true);
  assertStringIncludes(text, "some checks run on lab 03, which is not written");
  assertStringIncludes(text, "deno task lab6 --mine --reference 1-5");
});
