import { assert, assertEquals, assertThrows } from "@std/assert";
import { createRandom } from "../wire/random.ts";
import { Bottleneck, type QueueLimit } from "./bottleneck.ts";

/** What becomes of packets of 1000 bytes that come at these times, at a byte per microsecond. */
function passed(times: readonly number[], limit?: QueueLimit): (number | undefined)[] {
  const bottleneck = new Bottleneck(8_000_000, limit);
  return times.map((time) => bottleneck.enter(1000, time));
}

Deno.test("Bottleneck.enter() lets packets pass one after the other, at its rate", () => {
  assertEquals(passed([0, 0, 0, 10, 10.5]), [1, 2, 3, 11, 12]);
});

Deno.test("Bottleneck.enter() refuses what finds the queue full, and counts only those that wait", () => {
  // At 0 the first passes, the second waits; at 1 the second passes.
  assertEquals(passed([0, 0, 0, 1, 1], { packets: 1 }), [1, 2, undefined, 3, undefined]);
  assertEquals(passed([0, 0, 0, 1, 1], { bytes: 1000 }), [1, 2, undefined, 3, undefined]);
  assertEquals(passed([0, 0, 0], { bytes: 999 }), [1, undefined, undefined]);
  assertEquals(passed([0, 0.5, 1], { packets: 0 }), [1, undefined, 2]);
});

Deno.test("Bottleneck.enter() takes a short packet where a long one has no room", () => {
  const bottleneck = new Bottleneck(8_000_000, { bytes: 1500 });
  assertEquals([1000, 1000, 1000, 500, 1].map((length) => bottleneck.enter(length, 0)), [1, 2, undefined, 2.5, undefined]);
  assertEquals(bottleneck.waiting(0), { bytes: 1500, packets: 2 });
  assertEquals(bottleneck.waiting(1), { bytes: 500, packets: 1 });
  assertEquals(bottleneck.waiting(2.5), { bytes: 0, packets: 0 });
});

Deno.test("Bottleneck.enter() agrees with a queue that is kept as a list, however long it gets", () => {
  const random = createRandom(5);
  const bottleneck = new Bottleneck(8_000_000, { packets: 300 });
  let waiting: number[] = [];
  let [now, free, most, refused] = [0, 0, 0, 0];
  for (let i = 0; i < 20_000; i++) {
    now += random.next() * (i % 4000 < 2000 ? 0.5 : 2.5);
    const length = random.int(100, 2000);
    waiting = waiting.filter((begins) => begins > now);
    const has = bottleneck.enter(length, now);
    if (free > now && waiting.length === 300) {
      assertEquals(has, undefined);
      refused++;
      continue;
    }
    if (free > now) waiting.push(free);
    free = Math.max(free, now) + length / 1000;
    assert(Math.abs((has ?? 0) - free) < 1e-6, `packet ${i} has passed at ${has}, not at ${free}`);
    most = Math.max(most, waiting.length);
  }
  assert(most === 300 && refused > 100, `${most} waited, ${refused} were refused`);
});

Deno.test("new Bottleneck() refuses rates and limits that are none", () => {
  assertThrows(() => new Bottleneck(0), RangeError, "its rate is 0, not a number of bits per second above 0");
  assertThrows(() => new Bottleneck(-5), RangeError, "its rate is -5");
  assertThrows(() => new Bottleneck(NaN), RangeError, "its rate is NaN");
  assertThrows(() => new Bottleneck(1, { bytes: -1 }), RangeError, "its queue holds -1 bytes, not 0 or more");
  assertThrows(() => new Bottleneck(1, { packets: NaN }), RangeError, "its queue holds NaN packets");
});
