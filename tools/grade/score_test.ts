import { assertEquals } from "@std/assert";
import { addUp, creditOf, shareOut, tally } from "./score.ts";

Deno.test("shareOut() shares all of the points, in hundredths, whatever the weights", () => {
  assertEquals(shareOut(100, [1, 1, 1]), [3334, 3333, 3333]);
  assertEquals(shareOut(100, [3, 1]), [7500, 2500]);
  assertEquals(shareOut(10, []), []);
  for (let count = 1; count < 300; count++) {
    const shares = shareOut(100, Array.from({ length: count }, (_, index) => 1 + index % 3));
    assertEquals(shares.reduce((sum, share) => sum + share, 0), 10_000);
  }
});

Deno.test("tally() and addUp() lose no hundredth", () => {
  const shares = shareOut(100, Array.from({ length: 174 }, () => 1));
  const checks = shares.map((share) => ({ outcome: "passed" as const, points: share / 100, ofPoints: share / 100 }));
  assertEquals(tally(checks), { passed: 174, of: 174, points: 100, ofPoints: 100 });
  const all = Array.from({ length: 7 }, () => tally(checks.slice(1)));
  assertEquals(addUp(all).points, Math.round(7 * (10_000 - (shares[0] as number))) / 100);
});

Deno.test("creditOf() is the share of the wrong solutions that are caught, and never more than it is worth", () => {
  assertEquals([[0, 14], [9, 14], [14, 14], [0, 0]].map(([killed, of]) => creditOf({ killed: killed as number, of: of as number }, 10)), [
    0,
    6.42,
    10,
    0,
  ]);
});
