import { assert, assertEquals } from "@std/assert";
import { createRandom } from "../wire/random.ts";
import { type Timed, TimerHeap } from "./timer_heap.ts";

class Sleeper implements Timed {
  heapPlace = -1;
  at: number;
  readonly name: string;

  constructor(at: number, name = "") {
    this.at = at;
    this.name = name;
  }

  deadline(): number {
    return this.at;
  }

  fire(): void {
    this.at = Infinity;
  }
}

function names(heap: TimerHeap<Sleeper>, now: number): string {
  let names = "";
  for (let due = heap.takeDue(now); due !== undefined; due = heap.takeDue(now)) names += due.name;
  return names;
}

Deno.test("TimerHeap gives out who is due, the earliest first", () => {
  const heap = new TimerHeap<Sleeper>();
  assertEquals([heap.next(), heap.takeDue(1e9)], [Infinity, undefined]);
  for (const [at, name] of [[30, "c"], [10, "a"], [40, "d"], [20, "b"]] as const) heap.schedule(new Sleeper(at, name));
  assertEquals([heap.next(), names(heap, 9), names(heap, 30), heap.next()], [10, "", "abc", 40]);
});

Deno.test("TimerHeap.schedule() moves who wants to come up earlier, and lets wait who wants to come later", () => {
  const heap = new TimerHeap<Sleeper>();
  const [a, b] = [new Sleeper(100, "a"), new Sleeper(50, "b")];
  heap.schedule(a);
  heap.schedule(b);
  a.at = 10;
  heap.schedule(a);
  b.at = 200;
  heap.schedule(b);
  assertEquals([heap.next(), names(heap, 10), names(heap, 199), names(heap, 200), heap.size], [10, "a", "", "b", 0]);
});

Deno.test("TimerHeap never holds anybody twice, however often deadlines move", () => {
  const heap = new TimerHeap<Sleeper>();
  const sleeper = new Sleeper(7_200_000);
  for (let now = 0; now < 100_000; now += 10) {
    sleeper.at = now + 40;
    heap.schedule(sleeper);
    sleeper.at = now + 7_200_000;
    heap.takeDue(now + 5);
    assertEquals(heap.size, 1);
  }
});

Deno.test("TimerHeap lets go of those who want nothing any more, or are removed", () => {
  const heap = new TimerHeap<Sleeper>();
  const sleepers = [1, 2, 3, 4, 5].map((at) => new Sleeper(at, `${at}`));
  for (const each of sleepers) heap.schedule(each);
  (sleepers[0] as Sleeper).at = Infinity;
  heap.remove(sleepers[2] as Sleeper);
  heap.remove(sleepers[2] as Sleeper);
  assertEquals([names(heap, 10), heap.size, heap.next()], ["245", 0, Infinity]);
  heap.schedule(sleepers[2] as Sleeper);
  assertEquals(names(heap, 10), "3", "it may come again");
});

Deno.test("TimerHeap gives out the same as a sorted list, over 20 000 changes at random", () => {
  const random = createRandom(3);
  const heap = new TimerHeap<Sleeper>();
  const sleepers = Array.from({ length: 200 }, () => new Sleeper(Infinity));
  for (let now = 0; now < 20_000; now++) {
    const sleeper = random.pick(sleepers);
    sleeper.at = random.next() < 0.1 ? Infinity : now + random.int(1, 500);
    if (random.next() < 0.05) heap.remove(sleeper);
    else heap.schedule(sleeper);
    if (sleeper.heapPlace < 0) sleeper.at = Infinity;
    const due = sleepers.filter((each) => each.at <= now).map((each) => each.at).sort((a, b) => a - b);
    const came: number[] = [];
    for (let each = heap.takeDue(now); each !== undefined; each = heap.takeDue(now)) {
      came.push(each.at);
      each.fire();
    }
    assertEquals(came, due);
    assert(heap.next() <= Math.min(...sleepers.map((each) => each.at)));
  }
});
