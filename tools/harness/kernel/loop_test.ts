import { assertEquals, assertLess } from "@std/assert";
import { whyNoLiveWire } from "./kernel_peer.ts";
import { Loop, type Operation, type Outcome } from "./loop.ts";
import { testWhen } from "../../test_when.ts";

const notLinux = Deno.build.os === "linux" ? undefined : await whyNoLiveWire();
const forAWhile = (milliseconds: number) => ({ fd: -1, events: 0, until: performance.now() + milliseconds });

function* wakes(...milliseconds: number[]): Operation<string[]> {
  const seen: string[] = [];
  for (const each of milliseconds) seen.push(yield forAWhile(each));
  return seen;
}

/** Runs a loop until `count` operations have ended; gives their outcomes in the order in which they ended. */
async function outcomes(count: number, start: (loop: Loop, settle: (outcome: Outcome) => void) => void): Promise<unknown[]> {
  const loop = new Loop({ onThread: true });
  const ended: unknown[] = [];
  start(loop, (outcome) => {
    ended.push("value" in outcome ? outcome.value : (outcome.thrown as Error).message);
    if (ended.length === count) loop.end();
  });
  if (ended.length < count) await loop.run(() => {});
  return ended;
}

testWhen(notLinux, "Loop.run() resumes operations side by side, each when its time is up", async () => {
  const ended = await outcomes(2, (loop, settle) => {
    loop.start(1, wakes(30, 0), settle);
    loop.start(2, wakes(1), settle);
  });
  assertEquals(ended, [["late"], ["late", "late"]]);
});

testWhen(notLinux, "Loop.start() settles at once what waits for nothing, and what throws", async () => {
  const ended = await outcomes(2, (loop, settle) => {
    loop.start(1, wakes(), settle);
    loop.start(
      2,
      (function* (): Operation<void> {
        yield forAWhile(0);
        throw new Error("as planned");
      })(),
      settle,
    );
  });
  assertEquals(ended, [[], "as planned"]);
});

testWhen(notLinux, "Loop.cancel() ends one operation, whatever it still waits for, and no other", async () => {
  const ended = await outcomes(2, (loop, settle) => {
    loop.start(1, wakes(60_000, 60_000), settle);
    loop.start(2, wakes(5), settle);
    loop.cancel(1);
    loop.cancel(7);
  });
  assertEquals(ended, [["cancelled", "cancelled"], ["late"]]);
});

testWhen(notLinux, "Loop.cancel() leaves an operation that will not end to its deadline", async () => {
  let resumed = 0;
  function* stubborn(): Operation<string> {
    const end = performance.now() + 10;
    while (performance.now() < end) {
      resumed++;
      yield { fd: -1, events: 0, until: end };
    }
    return "ended by itself";
  }
  const ended = await outcomes(1, (loop, settle) => {
    loop.start(1, stubborn(), settle);
    loop.cancel(1);
  });
  assertEquals(ended, ["ended by itself"]);
  assertLess(resumed, 1000);
});

testWhen(notLinux, "Loop.run() polls for a hundred operations that begin at once", async () => {
  const ended = await outcomes(100, (loop, settle) => {
    for (let id = 1; id <= 100; id++) loop.start(id, wakes(2), settle);
  });
  assertEquals(ended, Array(100).fill(["late"]));
});
