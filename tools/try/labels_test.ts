/** Words beside arrows: none cut, none over others where there is room. */
import { assert, assertEquals } from "@std/assert";
import { type Line, linesFor, placeLabels } from "./labels.ts";

Deno.test("linesFor() breaks words evenly, and neither a number from its name nor one port from the other", () => {
  const words = "80 → 16178 SYN ACK seq 0 ack 1, win 65535";
  assertEquals(linesFor(words, 545), [words]);
  assertEquals(linesFor(words, 182), ["80 → 16178 SYN ACK", "seq 0 ack 1, win 65535"]);
  assertEquals(linesFor("ARP 10.44.0.2 is at 02:00:00:00:00:02", 182), ["ARP 10.44.0.2 is at", "02:00:00:00:00:02"]);
  for (let pixels = 0; pixels < 600; pixels += 7) {
    assertEquals(linesFor(words, pixels).join(" "), words, "nothing is lost, in however little room");
  }
});

Deno.test("placeLabels() keeps the middle where it is free, and moves words from other words, and from what must be seen", () => {
  const down: Line = [0, 0, 500, 100], up: Line = [500, 10, 0, 90];
  const lines = ["ACK seq 1 ack 1, 1448 bytes"];
  const [alone] = placeLabels([{ arrow: down, lines }], [], [down]);
  assertEquals([alone?.x, alone?.centre], [250, 50]);
  const crossing = placeLabels([{ arrow: down, lines }, { arrow: up, lines }], [], [down, up]);
  const [one, other] = crossing.map(({ x }) => x) as [number, number];
  assert(Math.abs(one - other) > 100, `${one} and ${other}`);
  const seen = { x: 250, y: 40, halfWidth: 5, halfHeight: 5, angle: 0 };
  const [beside] = placeLabels([{ arrow: down, lines }], [seen], [down]);
  assert(Math.abs((beside?.x ?? 250) - 250) > 90, "a cross is not covered");
});
