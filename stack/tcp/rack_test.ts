import { assertEquals } from "@std/assert";
import { Rack } from "./rack.ts";

const SMSS = 1000;

/** Ten segments, sent a millisecond after one another from 100 on. */
function tenSegments(): Rack {
  const rack = new Rack();
  for (let i = 0; i < 10; i++) rack.transmitted(i * SMSS, (i + 1) * SMSS, SMSS, 100 + i);
  return rack;
}

/** Which segments are lost, taking each for sent again. */
function lost(rack: Rack, now: number): number[] {
  const found: number[] = [];
  for (let segment = rack.lowestLost(); segment !== undefined; segment = rack.lowestLost()) {
    found.push(segment.from / SMSS);
    rack.transmitted(segment.from, segment.end, SMSS, now);
  }
  return found;
}

const none = undefined;

Deno.test("Rack.detect() waits a quarter of a round trip for what was sent before that which has arrived", () => {
  const rack = tenSegments();
  rack.acknowledged(1000, 120, none);
  rack.update(2000, 3000, 122); // a round trip of 20 ms: segment 1 has until 101 + 20 + 5
  assertEquals([rack.detect(122, false), lost(rack, 122)], [126, []]);
  assertEquals([rack.detect(125.9, false), rack.detect(126, false), lost(rack, 126)], [126, -1, [1]]);
});

Deno.test("Rack.detect() does not wait when three have arrived and nothing was ever overtaken, nor in recovery", () => {
  const rack = tenSegments();
  rack.acknowledged(1000, 120, none);
  rack.update(2000, 4000, 123);
  assertEquals(rack.detect(123, false), 126);
  rack.update(4000, 5000, 124);
  assertEquals([rack.detect(124, false), lost(rack, 124)], [-1, [1]]);
  const other = tenSegments();
  other.acknowledged(1000, 120, none);
  other.update(2000, 3000, 122);
  assertEquals(other.detect(122, true), -1);
});

Deno.test("Rack.detect() takes what was sent later for no loss, whatever has arrived", () => {
  const rack = tenSegments();
  rack.update(0, 5000, 124);
  assertEquals([rack.detect(500, false), lost(rack, 500)], [Infinity, []]);
});

Deno.test("Rack.detect() waits even for the fourth duplicate once something was overtaken", () => {
  const rack = tenSegments();
  rack.update(1000, 4000, 123);
  rack.update(0, 1000, 123.1); // it was only late
  rack.update(5000, 9000, 128);
  assertEquals(rack.detect(128, false), 104 + 20 + 5);
});

Deno.test("Rack.detect() notices a retransmission that is lost, by what was sent after it", () => {
  const rack = tenSegments();
  rack.acknowledged(1000, 120, none);
  rack.update(2000, 5000, 124);
  assertEquals([rack.detect(124, false), lost(rack, 124)], [-1, [1]]);
  rack.transmitted(10_000, 11_000, SMSS, 125);
  rack.update(5000, 10_000, 129);
  assertEquals(rack.detect(129, true), Infinity);
  rack.update(10_000, 11_000, 145);
  assertEquals([rack.detect(145, true), lost(rack, 145)], [-1, [1]]);
});

Deno.test("Rack.pipe and Rack.sacked are what is on its way, and what the peer holds", () => {
  const rack = tenSegments();
  assertEquals([rack.pipe, rack.sacked], [10_000, 0]);
  rack.acknowledged(1000, 120, none);
  rack.update(3000, 6000, 125);
  rack.update(3000, 6000, 125);
  assertEquals([rack.pipe, rack.sacked], [6000, 3000]);
  rack.detect(125, false);
  assertEquals([rack.pipe, rack.sacked], [4000, 3000]);
  rack.transmitted(1000, 2000, SMSS, 126);
  assertEquals(rack.pipe, 5000);
  rack.acknowledged(6000, 146, none);
  assertEquals([rack.pipe, rack.sacked], [4000, 0]);
  rack.acknowledged(10_000, 150, none);
  assertEquals([rack.pipe, rack.sacked, rack.oldest, rack.newest], [0, 0, undefined, undefined]);
});

Deno.test("Rack.transmitted() takes one frame for as many segments as it is cut into", () => {
  const rack = new Rack();
  assertEquals(rack.transmitted(0, 3500, SMSS, 100), false);
  assertEquals(rack.newest, { from: 3000, end: 3500, sentAt: 100, resent: false, sacked: false, lost: false });
  rack.update(1000, 2000, 120);
  assertEquals([rack.pipe, rack.sacked], [2500, 1000]);
});

Deno.test("Rack.transmitted() parts segments that go again in other pieces; an acknowledgment may end in the middle of one", () => {
  const rack = tenSegments();
  assertEquals(rack.transmitted(500, 1500, SMSS, 130), true);
  rack.timedOut();
  assertEquals(rack.pipe, 0);
  rack.transmitted(500, 1500, SMSS, 200);
  assertEquals(rack.pipe, 1000);
  rack.acknowledged(700, 220, none);
  assertEquals(rack.pipe, 800);
  assertEquals(rack.oldest?.from, 700);
  rack.acknowledged(10_000, 230, none);
  assertEquals(rack.pipe, 0);
});

Deno.test("Rack.timedOut() takes all for lost that the peer does not hold; and what it holds, too, when it has thrown it away", () => {
  const rack = tenSegments();
  rack.update(2000, 4000, 123);
  rack.timedOut();
  assertEquals([rack.pipe, rack.sacked, lost(rack, 500)], [0, 2000, [0, 1, 4, 5, 6, 7, 8, 9]]);
  const reneged = tenSegments();
  reneged.update(1000, 4000, 123);
  reneged.acknowledged(1000, 124, none);
  reneged.timedOut(); // it holds what it waits for
  assertEquals([reneged.pipe, reneged.sacked, lost(reneged, 500)], [0, 0, [1, 2, 3, 4, 5, 6, 7, 8, 9]]);
});

Deno.test("Rack does not learn from an acknowledgment that may be of the first transmission", () => {
  const rack = tenSegments();
  rack.acknowledged(1000, 120, none);
  rack.update(2000, 5000, 124);
  rack.detect(124, false);
  lost(rack, 124); // segment 1 goes again
  rack.acknowledged(2000, 125, none); // 1 ms later: that cannot have been the second one
  rack.detect(140, false);
  assertEquals(lost(rack, 140), []); // else all that was sent before 124 would be lost now
});
