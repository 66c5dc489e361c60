import { assert, assertEquals, assertLess, assertLessOrEqual, assertStrictEquals, assertThrows } from "@std/assert";
import { createRandom } from "../../stack/wire/random.ts";
import { createAcknowledger } from "./acknowledger.ts";

const MSS = 1460;

Deno.test("createAcknowledger() has nothing to acknowledge at first", () => {
  assertEquals(createAcknowledger(40).deadline(), Infinity);
});

Deno.test("createAcknowledger() refuses a delay of half a second or more", () => {
  for (const delay of [500, 501, Infinity, NaN, -1]) assertThrows(() => createAcknowledger(delay), RangeError, "less than 500");
  for (const delay of [0, 499.9]) createAcknowledger(delay);
});

Deno.test("Acknowledger.received() lets one segment wait, and acknowledges every second full one at once", () => {
  const acknowledger = createAcknowledger(40);
  for (let now = 1000; now < 1100; now += 10) {
    assertEquals(acknowledger.received("later", MSS, MSS, now), false);
    assertEquals(acknowledger.deadline(), now + 40);
    assertEquals(acknowledger.received("later", MSS, MSS, now + 5), true);
    acknowledger.sent();
    assertEquals(acknowledger.deadline(), Infinity);
  }
});

Deno.test("Acknowledger.received() counts two segments' bytes in small segments too", () => {
  const acknowledger = createAcknowledger(40);
  for (let i = 0; i < 29; i++) assertEquals(acknowledger.received("later", 100, MSS, i), false);
  assertEquals(acknowledger.received("later", 19, MSS, 29), false, "2919 bytes");
  assertEquals(acknowledger.received("later", 1, MSS, 30), true);
});

Deno.test("Acknowledger.received() counts the delay from the first segment that waits", () => {
  const acknowledger = createAcknowledger(200);
  acknowledger.received("later", 1, MSS, 1000);
  acknowledger.received("later", 1, MSS, 1150);
  assertEquals(acknowledger.deadline(), 1200);
  assertEquals(acknowledger.received("later", 1, MSS, 1200), true, "the time has come");
  acknowledger.sent();
  assertEquals(acknowledger.received("later", 1, MSS, 1300), false);
  assertEquals(acknowledger.deadline(), 1500);
});

Deno.test("Acknowledger.received() does not wait when told so, and stays due until the acknowledgment went out", () => {
  const acknowledger = createAcknowledger(200);
  assertEquals(acknowledger.received("now", 0, MSS, 1000), true);
  assertLessOrEqual(acknowledger.deadline(), 1000);
  assertEquals(acknowledger.received("later", 1, MSS, 1001), true);
  acknowledger.sent();
  assertEquals(acknowledger.received("later", 1, MSS, 1002), false);
  assertEquals(acknowledger.received("now", 1, MSS, 1003), true);
});

Deno.test("Acknowledger without a delay acknowledges each segment at once", () => {
  const acknowledger = createAcknowledger(0);
  assertEquals(acknowledger.received("later", 1, MSS, 1000), true);
});

Deno.test("Acknowledger.sent() with text makes the delayed acknowledgment needless", () => {
  const acknowledger = createAcknowledger(40);
  acknowledger.received("later", MSS, MSS, 1000);
  acknowledger.sent();
  assertEquals(acknowledger.deadline(), Infinity);
  assertEquals(acknowledger.received("later", MSS, MSS, 1010), false, "the count begins anew");
});

Deno.test("Acknowledger leaves no byte unacknowledged for half a second, nor two segments' bytes at all, in 100,000 segments", () => {
  const random = createRandom(1122);
  const acknowledger = createAcknowledger(499);
  let [now, waiting, oldest, acknowledgments] = [0, 0, Infinity, 0];
  const acknowledge = (): void => {
    acknowledger.sent();
    acknowledgments++;
    [waiting, oldest] = [0, Infinity];
  };
  for (let i = 0; i < 100_000; i++) {
    now += random.pick([0, 0, 1, random.int(0, 300)]);
    if (acknowledger.deadline() <= now) {
      now = acknowledger.deadline();
      acknowledge();
    }
    const length = random.pick([1, random.int(1, MSS), MSS, MSS]);
    waiting += length;
    oldest = Math.min(oldest, now);
    const due = acknowledger.received("later", length, MSS, now);
    assertStrictEquals(due, waiting >= 2 * MSS || now - oldest >= 499);
    assertLess(acknowledger.deadline() - oldest, 500);
    if (due) acknowledge();
  }
  assert(acknowledgments < 80_000, "and not one for each segment");
});
