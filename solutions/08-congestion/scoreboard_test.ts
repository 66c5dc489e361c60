import { assertEquals, assertLessOrEqual } from "@std/assert";
import type { Scoreboard } from "../../stack/contract/congestion.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { createScoreboard } from "./scoreboard.ts";

/** SMSS 1000, and these blocks. */
function board(...blocks: readonly (readonly [from: number, to: number])[]): Scoreboard {
  const it = createScoreboard(1000);
  for (const [from, to] of blocks) it.update(from, to);
  return it;
}

Deno.test("Scoreboard.update() says how much of a block is news", () => {
  const it = board();
  const news = [[2000, 3000], [2000, 3000], [2500, 4000], [6000, 7000], [1000, 8000], [0, 500]].map(([from, to]) =>
    it.update(from as number, to as number)
  );
  assertEquals(news, [1000, 0, 1000, 1000, 4000, 500]);
  assertEquals([0, 499, 500, 999, 1000, 7999, 8000].map((offset) => it.isSacked(offset)), [true, true, false, false, true, true, false]);
});

Deno.test("Scoreboard.update() counts nothing that was acknowledged", () => {
  const it = board();
  it.acknowledged(5000);
  assertEquals([it.update(1000, 3000), it.update(4000, 6000), it.update(6000, 6000)], [0, 1000, 0]);
  assertEquals([it.isSacked(4500), it.isSacked(5500)], [false, true]);
});

Deno.test("Scoreboard.acknowledged() forgets what it passes, and cuts what it passes half", () => {
  const it = board([1000, 2000], [3000, 5000]);
  it.acknowledged(4000);
  assertEquals([it.isSacked(1500), it.isSacked(3500), it.isSacked(4500)], [false, false, true]);
  assertEquals(it.pipe(0, 6000), 1000);
});

Deno.test("Scoreboard.isLost(): three blocks above it, or more than two segments (RFC 6675 §4)", () => {
  assertEquals(board([1000, 3000]).isLost(0), false, "2 SMSS exactly");
  assertEquals(board([1000, 3001]).isLost(0), true);
  assertEquals(board([1000, 1001], [1002, 1003]).isLost(0), false);
  assertEquals(board([1000, 1001], [1002, 1003], [1004, 1005]).isLost(0), true);
  const it = board([1000, 2000], [3000, 4000], [5000, 6000]);
  assertEquals([0, 2000, 4000, 6000].map((offset) => it.isLost(offset)), [true, false, false, false]);
  const one = board([1000, 9000]);
  assertEquals([6998, 6999, 8999].map((offset) => one.isLost(offset)), [true, false, false], "in the middle of a block");
});

Deno.test("Scoreboard.pipe() counts what is on its way: not SACKed and not lost, and what was sent again (RFC 6675 §4)", () => {
  assertEquals(board().pipe(0, 10_000), 10_000);
  // Ten segments; 1, 4 and 7 are missing of the first eight, the last two are not heard of.
  const it = board([1000, 4000], [5000, 7000]);
  assertEquals(it.pipe(0, 10_000), 1000 + 3000, "0 is lost, 4 is not: only two segments above it");
  assertEquals(it.pipe(1000, 10_000), 1000 + 1000 + 3000, "0 was sent again");
  assertEquals(it.pipe(5000, 10_000), 1000 + 2000 + 3000, "and so was 4, which may be on its way twice");
});

Deno.test("Scoreboard.nextSegment(): first what is lost, then something new, then what may be lost, then the rescue", () => {
  const it = board([1000, 4000], [5000, 7000]);
  assertEquals(it.nextSegment(0, 10_000, 500, true), { from: 0, length: 1000, rule: 1 });
  assertEquals(it.nextSegment(1000, 10_000, 5000, true), { from: 10_000, length: 1000, rule: 2 });
  assertEquals(it.nextSegment(1000, 10_000, 500, true), { from: 10_000, length: 500, rule: 2 });
  assertEquals(it.nextSegment(1000, 10_000, 0, true), { from: 4000, length: 1000, rule: 3 });
  assertEquals(it.nextSegment(5000, 10_000, 0, true), { from: 9000, length: 1000, rule: 4 });
  assertEquals(it.nextSegment(5000, 10_000, 0, false), undefined);
});

Deno.test("Scoreboard.nextSegment() stays within a hole, and goes on in the middle of one", () => {
  const it = board([400, 1000], [3500, 9000]);
  assertEquals(it.nextSegment(0, 9000, 0, false), { from: 0, length: 400, rule: 1 });
  assertEquals(it.nextSegment(400, 9000, 0, false), { from: 1000, length: 1000, rule: 1 });
  assertEquals(it.nextSegment(3000, 9000, 0, false), { from: 3000, length: 500, rule: 1 });
  assertEquals(it.nextSegment(3500, 9000, 0, true), undefined, "the highest byte that is missing was sent again");
  assertEquals(it.nextSegment(3500, 9700, 0, true), { from: 9000, length: 700, rule: 4 });
});

Deno.test("Scoreboard.nextSegment() rescues nothing where nothing is missing", () => {
  const it = board([0, 5000]);
  assertEquals([it.nextSegment(0, 5000, 0, true), it.nextSegment(0, 6000, 0, true)?.from], [undefined, 5000]);
});

Deno.test("Scoreboard.timedOut() forgets what the peer said, and takes everything for lost that was in flight", () => {
  const it = board([1000, 4000]);
  it.timedOut(6000);
  assertEquals([it.isSacked(1000), it.isLost(0), it.isLost(5999), it.isLost(6000)], [false, true, true, false]);
  assertEquals([it.pipe(0, 6000), it.pipe(1000, 6000), it.pipe(1000, 8000)], [0, 1000, 3000]);
  assertEquals(it.nextSegment(1000, 6000, 500, false), { from: 1000, length: 1000, rule: 1 }, "though nothing above it is SACKed");
  it.update(1000, 4000);
  assertEquals(it.nextSegment(1000, 6000, 500, false), { from: 4000, length: 1000, rule: 1 }, "what the peer says again counts again");
  it.update(4000, 6000);
  assertEquals(it.nextSegment(1000, 6000, 500, false)?.rule, 2);
});

Deno.test("a scoreboard keeps 256 blocks at most, and what it does not keep is not SACKed", () => {
  const it = board();
  const news = Array.from({ length: 1000 }, (_, i) => it.update(i * 2 + 1, i * 2 + 2));
  assertEquals(news.filter((each) => each === 1).length, 256);
  assertEquals([it.isSacked(511), it.isSacked(513), it.update(511, 513)], [true, false, 1]);
});

/** RFC 6675 by the letter: byte by byte. */
class ByteByByte {
  readonly #sacked = new Set<number>();
  #una = 0;
  #lostBelow = 0;

  acknowledged(una: number): void {
    this.#una = una;
  }

  update(from: number, to: number): number {
    let news = 0;
    for (let at = Math.max(from, this.#una); at < to; at++) {
      if (!this.#sacked.has(at)) news++;
      this.#sacked.add(at);
    }
    return news;
  }

  isSacked(at: number): boolean {
    return at >= this.#una && this.#sacked.has(at);
  }

  isLost(offset: number, highData: number): boolean {
    let [blocks, bytes] = [0, 0];
    for (let at = offset + 1; at < highData; at++) {
      if (!this.isSacked(at)) continue;
      bytes++;
      if (!this.isSacked(at - 1)) blocks++;
    }
    return offset < this.#lostBelow || blocks >= 3 || bytes > 2 * 10;
  }

  pipe(highRxt: number, highData: number): number {
    let pipe = 0;
    for (let at = this.#una; at < highData; at++) {
      if (this.isSacked(at)) continue;
      if (!this.isLost(at, highData)) pipe++;
      if (at < highRxt) pipe++;
    }
    return pipe;
  }

  next(highRxt: number, highData: number): number {
    const top = Math.max(0, ...this.#sacked);
    for (let at = Math.max(this.#una, highRxt); at < highData; at++) {
      if (!this.isSacked(at) && this.isLost(at, highData) && (at < top || at < this.#lostBelow)) return at;
    }
    return -1;
  }

  timedOut(highData: number): void {
    this.#sacked.clear();
    this.#lostBelow = highData;
  }
}

Deno.test("a scoreboard that walks over blocks agrees with RFC 6675, which walks over bytes: 300 stories", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = createRandom(seed);
    const [it, byByte] = [createScoreboard(10), new ByteByByte()];
    let [una, highData, highRxt] = [0, 100, 0];
    for (let step = 0; step < 25; step++) {
      const from = random.int(0, highData);
      const to = Math.min(highData, from + random.int(1, 30));
      switch (random.int(0, 9)) {
        case 0:
          do una = Math.min(highData, una + random.int(0, 20)); while (byByte.isSacked(una));
          it.acknowledged(una);
          byByte.acknowledged(una);
          break;
        case 1:
          highData += 30;
          break;
        case 2:
          highRxt = Math.min(highData, Math.max(una, highRxt) + 10);
          break;
        case 3:
          if (random.int(0, 3) > 0) break;
          it.timedOut(highData);
          byByte.timedOut(highData);
          highRxt = una;
          break;
        default:
          assertEquals(it.update(from, to), byByte.update(from, to), `seed ${seed}, step ${step}`);
      }
      assertEquals(it.pipe(highRxt, highData), byByte.pipe(highRxt, highData), `pipe, seed ${seed}, step ${step}`);
      const next = it.nextSegment(highRxt, highData, 0, false);
      assertEquals(next?.rule === 1 ? next.from : -1, byByte.next(highRxt, highData), `next, seed ${seed}, step ${step}`);
      assertLessOrEqual(next?.length ?? 0, 10);
    }
  }
});
