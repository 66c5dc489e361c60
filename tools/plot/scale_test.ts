/** Axes. */
import { assertEquals } from "@std/assert";
import { scaleTo, scaleUpTo } from "./scale.ts";

Deno.test("scaleTo() ends an axis at a round number that is large enough", () => {
  assertEquals(scaleTo(57, 5), { top: 60, ticks: [0, 20, 40, 60] });
  assertEquals(scaleTo(0.3, 3), { top: 0.3, ticks: [0, 0.1, 0.2, 0.3] });
  assertEquals(scaleTo(100, 5).top, 100);
  assertEquals(scaleTo(0, 4).ticks[0], 0);
});

Deno.test("scaleUpTo() ends it where it is told", () => {
  assertEquals(scaleUpTo(12, 6), { top: 12, ticks: [0, 2, 4, 6, 8, 10, 12] });
  assertEquals(scaleUpTo(7.5, 3), { top: 7.5, ticks: [0, 2.5, 5, 7.5] });
});
