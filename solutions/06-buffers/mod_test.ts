import { assertStrictEquals } from "@std/assert";
import buffers from "./mod.ts";

const OPTIONS = { initial: 1000, least: 1000, most: 60_000, granularity: 1, r1: 3, r2: 100_000 };

Deno.test("the objects of one kind share their methods: a host holds ten thousand of each", () => {
  const makers: (() => object)[] = [
    () => buffers.createSendBuffer(1000),
    () => buffers.createReceiveBuffer(1000),
    () => buffers.createRetransmission(OPTIONS),
    () => buffers.createAcknowledger(40),
  ];
  for (const make of makers) {
    const [one, other] = [make(), make()] as [Record<string, unknown>, Record<string, unknown>];
    for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(one))) assertStrictEquals(one[name], other[name], name);
    assertStrictEquals(Object.keys(one).length, 0, "nothing of its own but its state");
  }
});
