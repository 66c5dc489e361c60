import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { createRandom } from "./random.ts";

Deno.test("createRandom() gives the same stream for the same seed", () => {
  const first = createRandom(8141);
  const second = createRandom(8141);
  for (let i = 0; i < 100; i++) assertEquals(first.next(), second.next());
});

Deno.test("createRandom() gives neighbouring seeds streams with nothing in common", () => {
  for (const [one, other] of [[0, 1], [7, 8], [7, 7 + 2 ** 32], [7, 7.5], [-1, 1]] as const) {
    const a = createRandom(one).bytes(16);
    const b = createRandom(other).bytes(16);
    assertNotEquals(a, b, `seeds ${one} and ${other}`);
  }
});

Deno.test("createRandom() refuses a seed that is no number", () => {
  assertThrows(() => createRandom(NaN), TypeError, "Not a seed: NaN");
  assertThrows(() => createRandom(Infinity), TypeError, "Not a seed");
});

Deno.test("next() spreads evenly over [0, 1)", () => {
  const random = createRandom(7);
  const buckets = new Array<number>(10).fill(0);
  for (let i = 0; i < 20_000; i++) {
    const value = random.next();
    assert(value >= 0 && value < 1);
    buckets[Math.floor(value * 10)]!++;
  }
  // Expected 2000 each, standard deviation 42: five of them is far out for a fair generator.
  for (const count of buckets) assert(Math.abs(count - 2000) < 215, `${buckets}`);
});

Deno.test("int() reaches both ends and nothing beyond", () => {
  const random = createRandom(1);
  const seen = new Set<number>();
  for (let i = 0; i < 200; i++) seen.add(random.int(3, 6));
  assertEquals([...seen].sort(), [3, 4, 5, 6]);
  assertEquals(random.int(5, 5), 5);
  assertThrows(() => random.int(6, 5), RangeError, "No whole number");
});

Deno.test("chance() is never for 0 and always for 1", () => {
  const random = createRandom(2);
  for (let i = 0; i < 100; i++) {
    assertEquals(random.chance(0), false);
    assertEquals(random.chance(1), true);
  }
});

Deno.test("shuffle() keeps every item and leaves the array alone", () => {
  const items = Object.freeze([1, 2, 3, 4, 5, 6, 7, 8]);
  const shuffled = createRandom(3).shuffle(items);
  assertNotEquals(shuffled, [...items]);
  assertEquals([...shuffled].sort(), [...items]);
});

Deno.test("pick() refuses an empty list", () => {
  assertThrows(() => createRandom(4).pick([]), RangeError);
  assertEquals(createRandom(4).pick(["only"]), "only");
});
