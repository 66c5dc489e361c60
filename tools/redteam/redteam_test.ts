/** Hostile submissions get what they deserve, and honest work beside them gets what it always gets. */
import { assert, assertEquals } from "@std/assert";
import { whyNoLiveWire } from "../harness/kernel/kernel_peer.ts";
import { testWhen } from "../test_when.ts";
import { corpus } from "./corpus.ts";
import { tryAttacks } from "./runner.ts";

/** Each sits out the same limit as another that is tried here: `deno task redteam` tries them all. */
const LEFT_TO_THE_TASK = new Set([
  "closes-its-pipes",
  "huge-values",
  "loop-at-the-top",
  "loop-in-getters",
  "loop-in-conversions",
  "loop-in-an-exception",
  "loop-in-an-expression",
  "sleeps",
  "strings-of-4-gib",
  "map-of-4-gib",
  "exits-with-success",
  "live-speaks-out-of-turn",
  "live-frames-of-any-size",
  "live-spins-in-poll",
  "live-exits",
  "live-grows",
]);

async function tryAll(live: boolean): Promise<void> {
  const { fates, complaints } = await tryAttacks(
    corpus.filter((attack) => !LEFT_TO_THE_TASK.has(attack.name) && live === (attack.live ?? false)),
  );
  const wrong = fates.filter((fate) => fate.complaints.length > 0).map(({ attack, complaints }) =>
    `${attack.name}: ${complaints.join("; ")}`
  );
  assertEquals([...wrong, ...complaints], []);
}

Deno.test("every attack of the corpus earns what its honest part earns, and nothing else comes of it", () => tryAll(false));

testWhen(await whyNoLiveWire(), "no attack on live checks earns anything, or keeps the kernel's side from its work", () => tryAll(true));

Deno.test("attacks are named for what they try, each by a name of its own", () => {
  for (const name of LEFT_TO_THE_TASK) assert(corpus.some((attack) => attack.name === name), name);
  assert(corpus.length >= 36, `${corpus.length}`);
  assertEquals(new Set(corpus.map(({ name }) => name)).size, corpus.length);
  for (const { name, tries } of corpus) assert(/^[a-z0-9-]+(\.tar\.gz)?$/.test(name) && tries.length > 0, name);
});
