import { assertEquals } from "@std/assert";
import { Watchdog } from "./watchdog.ts";

const NEVER = new Promise<void>(() => {});

Deno.test("Watchdog.settled() tells whether a promise came to its end in time, good or bad", async () => {
  const watchdog = new Watchdog();
  assertEquals(await watchdog.settled(Promise.resolve(), 60_000), true);
  assertEquals(await watchdog.settled(Promise.reject(new Error("bad")), 60_000), true);
  assertEquals(await watchdog.settled(NEVER, 1), false);
  assertEquals(await watchdog.settled(Promise.resolve(), Infinity), true);
  watchdog.close();
});

Deno.test("Watchdog.settled() tells the shorter wait first, and forgets neither", async () => {
  const watchdog = new Watchdog();
  const order: string[] = [];
  const wait = async (name: string, milliseconds: number): Promise<void> => {
    assertEquals(await watchdog.settled(NEVER, milliseconds), false);
    order.push(name);
  };
  await Promise.all([wait("long", 60), wait("short", 5), wait("middle", 30)]);
  assertEquals(order, ["short", "middle", "long"]);
  watchdog.close();
});

Deno.test("Watchdog.settled() does not take an old wait for a new one", async () => {
  const watchdog = new Watchdog();
  await watchdog.settled(Promise.resolve(), 5);
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, 30);
  assertEquals(await watchdog.settled(promise, 60_000), true);
  watchdog.close();
});
