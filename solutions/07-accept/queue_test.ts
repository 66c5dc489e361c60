import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { createRandom } from "../../stack/wire/random.ts";
import { createAcceptQueue } from "./queue.ts";

Deno.test("accept() gives connections in the order in which they were established", () => {
  const queue = createAcceptQueue<string>(5);
  for (const name of ["a", "b", "c"]) queue.halfOpen(name);
  assertStrictEquals(queue.accept(), undefined);
  for (const name of ["c", "a", "b"]) assertStrictEquals(queue.established(name), true);
  assertEquals([queue.halfOpenCount(), queue.acceptCount()], [0, 3]);
  assertEquals([queue.accept(), queue.accept(), queue.accept(), queue.accept()], ["c", "a", "b", undefined]);
  assertEquals([queue.acceptCount(), queue.all()], [0, []]);
});

Deno.test("admits() bounds the half-open ones by the backlog", () => {
  for (const backlog of [1, 2, 7]) {
    const queue = createAcceptQueue<number>(backlog);
    for (let i = 0; i < backlog; i++) {
      assertStrictEquals(queue.admits(), true);
      queue.halfOpen(i);
    }
    assertStrictEquals(queue.admits(), false);
    queue.drop(0);
    assertStrictEquals(queue.admits(), true);
  }
});

Deno.test("admits() takes nobody while the accept queue is full, and accept() makes room", () => {
  const queue = createAcceptQueue<string>(2);
  for (const name of ["a", "b"]) {
    queue.halfOpen(name);
    queue.established(name);
  }
  assertEquals([queue.halfOpenCount(), queue.admits()], [0, false]);
  queue.accept();
  assertStrictEquals(queue.admits(), true);
});

Deno.test("established() leaves a connection half-open while the accept queue is full", () => {
  const queue = createAcceptQueue<string>(1);
  queue.halfOpen("a");
  queue.established("a");
  queue.halfOpen("b");
  assertStrictEquals(queue.established("b"), false);
  assertEquals([queue.halfOpenCount(), queue.acceptCount(), queue.all()], [1, 1, ["b", "a"]]);
  assertStrictEquals(queue.accept(), "a");
  assertStrictEquals(queue.established("b"), true);
  assertStrictEquals(queue.accept(), "b");
});

Deno.test("established() is false for whoever is not half-open", () => {
  const queue = createAcceptQueue<string>(3);
  assertStrictEquals(queue.established("stranger"), false);
  queue.halfOpen("a");
  assertEquals([queue.established("a"), queue.established("a"), queue.acceptCount()], [true, false, 1]);
});

Deno.test("drop() takes a connection out of whichever queue it is in", () => {
  const queue = createAcceptQueue<string>(3);
  for (const name of ["a", "b", "c"]) queue.halfOpen(name);
  queue.established("a");
  queue.established("b");
  for (const name of ["a", "c", "stranger"]) queue.drop(name);
  assertEquals([queue.halfOpenCount(), queue.acceptCount(), queue.all()], [0, 1, ["b"]]);
  assertEquals([queue.accept(), queue.accept()], ["b", undefined]);
  queue.drop("b");
  assertStrictEquals(queue.established("c"), false);
});

Deno.test("createAcceptQueue() keeps both bounds in a flood, and still accepts afterwards", () => {
  const random = createRandom(4987);
  const queue = createAcceptQueue<number>(16);
  const halfOpen: number[] = [];
  const waiting: number[] = [];
  for (let syn = 0; syn < 100_000; syn++) {
    assertStrictEquals(queue.admits(), halfOpen.length < 16 && waiting.length < 16);
    if (queue.admits()) {
      queue.halfOpen(syn);
      halfOpen.push(syn);
    }
    const at = random.int(0, 40);
    const chosen = halfOpen[at];
    if (chosen !== undefined) {
      halfOpen.splice(at, 1);
      if (random.chance(0.5)) queue.drop(chosen);
      else {
        const moved = queue.established(chosen);
        assertStrictEquals(moved, waiting.length < 16);
        (moved ? waiting : halfOpen).push(chosen);
      }
    }
    if (random.chance(0.1)) assertStrictEquals(queue.accept(), waiting.shift());
    assert(queue.halfOpenCount() <= 16 && queue.acceptCount() <= 16);
  }
  assertEquals([...queue.all()].sort(), [...halfOpen, ...waiting].sort());
  for (const connection of queue.all()) queue.drop(connection);
  assertEquals([queue.admits(), queue.all()], [true, []]);
});
