/** Transfers of the reference, and of code that is wrong in ways that students know. */
import { assert, assertEquals, assertGreater, assertLess, assertMatch } from "@std/assert";
import { Subject } from "../harness/subject.ts";
import { ROOT, selectOrigins } from "../lab/run.ts";
import { fallsOf, figuresOf } from "./figures.ts";
import { capacityOf, type Recording, recordTransfer, type TransferSettings } from "./transfer.ts";

const SETTINGS: TransferSettings = { rate: 2e6, delay: 20, queue: 20, loss: 0, seed: 1, seconds: 12, algorithm: "reno", sack: true };
const WINDOW = "solutions/08-congestion/window.ts";

/** A transfer of the reference; `code` is what a function does first. */
async function transfer(settings: Partial<TransferSettings> = {}, wrong?: { name: string; code: string }): Promise<Recording> {
  const replaced = new Map<string, string>();
  if (wrong !== undefined) {
    const text = await Deno.readTextFile(`${ROOT}/${WINDOW}`);
    replaced.set(WINDOW, text.replace(new RegExp(`(export function ${wrong.name}\\([^{]*\\{\n)`), `$1  ${wrong.code}\n`));
  }
  const subject = new Subject({ root: ROOT, origins: selectOrigins(8, { reference: new Set([8]) }), lab: 8, replaced }, {
    limits: { request: 5000 },
  });
  try {
    return await recordTransfer((request) => subject.ask(request), { ...SETTINGS, ...settings });
  } finally {
    subject.close();
  }
}

Deno.test("recordTransfer() shows the sawtooth: cwnd falls to half again and again, and rises between", async () => {
  const { samples, broken } = await transfer();
  assertEquals(broken, undefined);
  const halved = fallsOf(samples).filter(({ before, after }) => Math.abs(after - before / 2) <= 1);
  assertGreater(halved.length, 3);
  for (const [index, { before }] of halved.entries()) {
    if (index > 1) assertGreater(before, 1.5 * (halved[index - 1]?.after ?? 0));
    assert(index === 0 || Math.abs(before - capacityOf(SETTINGS)) < 3, "what is lost is what the path does not hold");
  }
});

Deno.test("recordTransfer() sees on the wire what the stack says of itself", async () => {
  const recording = await transfer({ seconds: 3 });
  const { samples, roundTrips, lost, resent, segment } = recording;
  assertEquals(segment, 1448);
  assertEquals(resent.length, lost.length, "with SACK only what was lost goes again");
  for (const { cwnd = 0, flight } of samples.filter(({ time }) => time < 400)) assertLess(flight, cwnd + 0.01);
  const least = Math.min(...roundTrips.slice(1).map(({ milliseconds }) => milliseconds));
  assert(Math.abs(least - (2 * SETTINGS.delay + 6)) < 0.1, "the way there and back, and 1500 bytes at 2 Mbit/s");
  const { share, timeouts } = figuresOf(recording, { ...SETTINGS, seconds: 3 });
  assertGreater(share, 0.7);
  assertEquals(timeouts, 0);
});

Deno.test("recordTransfer() is the same for the same seed, and another for another", async () => {
  const settings = { loss: 0.02, seconds: 4 };
  const [first, again, other] = [await transfer(settings), await transfer(settings), await transfer({ ...settings, seed: 2 })];
  assertEquals(again, first);
  assert(JSON.stringify(other.lost) !== JSON.stringify(first.lost));
});

Deno.test("recordTransfer() keeps what there was when the code throws, and says why it ended", async () => {
  const { broken, acked, end } = await transfer({ seconds: 3 }, {
    name: "slowStart",
    code: `if (state.cwnd > 20_000) throw new TypeError("no such window");`,
  });
  assertMatch(broken?.why ?? "", /^TypeError: no such window, at slowStart \(solutions\/08-congestion\/window\.ts:\d+\)$/);
  assertGreater(acked.length, 5);
  assertLess(end, 3000);
});

Deno.test("recordTransfer() names the function of a loop that never ends", async () => {
  const { broken } = await transfer({ seconds: 3 }, { name: "slowStart", code: "for (;;);" });
  assertMatch(broken?.why ?? "", /^newAck did not come back within \d+ ms: is there a loop that never ends\?$/);
});

Deno.test("recordTransfer() ends where a threshold is no number, and says after which function", async () => {
  const { broken } = await transfer({ seconds: 1 }, { name: "slowStart", code: "state.ssthresh = NaN;" });
  assertMatch(broken?.why ?? "", /^TypeError: ssthresh is NaN after newAck, /);
});

Deno.test("recordTransfer() of a window of nothing gets nowhere", async () => {
  const { samples, acked, broken } = await transfer({ seconds: 2 }, { name: "initialWindow", code: "return 0;" });
  assertEquals([broken, acked], [undefined, []]);
  assertEquals(samples.at(-1)?.cwnd, 0);
});
