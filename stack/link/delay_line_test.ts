import { assertEquals } from "@std/assert";
import { Frame } from "../wire/frame.ts";
import { createRandom } from "../wire/random.ts";
import { DelayLine } from "./delay_line.ts";

const frameOf = (number: number): Frame => Frame.of(Uint8Array.of(number >> 8, number & 255));

/** Sets a frame with a number on its way; false where there was no room. */
function enter(line: DelayLine, number: number, due: number): boolean {
  const held = line.hold(frameOf(number));
  if (held === undefined) return false;
  held.due = due;
  line.enter(held);
  return true;
}

/** The numbers of those that are due. */
function taken(line: DelayLine, now: number): number[] {
  const numbers: number[] = [];
  for (let held = line.take(now); held !== undefined; held = line.take(now)) {
    numbers.push(held.frame.view.getUint16(held.frame.start));
    line.release(held);
  }
  return numbers;
}

Deno.test("DelayLine.take() gives packets out when they are due, the first first", () => {
  const line = new DelayLine(2048, 10);
  for (const [number, due] of [[1, 5], [2, 5], [3, 2], [4, 9]] as const) enter(line, number, due);
  assertEquals([line.nextDue(), taken(line, 1.9), taken(line, 5), line.nextDue(), taken(line, 9), line.nextDue()], [
    2,
    [],
    [3, 1, 2],
    9,
    [4],
    Infinity,
  ]);
});

Deno.test("DelayLine.hold() copies, has a limit, and uses what was released again", () => {
  const line = new DelayLine(2048, 2);
  const frame = frameOf(1);
  const held = line.hold(frame);
  frame.bytes[frame.start + 1] = 9;
  assertEquals(held?.frame.toBytes(), Uint8Array.of(0, 1));
  assertEquals([enter(line, 2, 0), enter(line, 3, 0)], [true, false]);
  assertEquals([taken(line, 0), enter(line, 4, 0), taken(line, 0)], [[2], true, [4]]);
  assertEquals(line.hold(Frame.of(new Uint8Array(1921))), undefined); // with headroom, more than 2048
  assertEquals(enter(line, 5, 0), true);
});

Deno.test("DelayLine keeps thousands in order, as sorting them would", () => {
  const random = createRandom(3);
  const line = new DelayLine(256, 5000);
  const all: [due: number, number: number][] = [];
  const seen: number[] = [];
  for (let number = 0; number < 20_000; number++) {
    const due = number + 3000 + (random.chance(0.05) ? random.int(0, 900) : 0);
    enter(line, number, due);
    all.push([due, number]);
    seen.push(...taken(line, number));
  }
  seen.push(...taken(line, Infinity));
  assertEquals(seen, all.toSorted(([a, first], [b, second]) => a - b || first - second).map(([, number]) => number));
});
