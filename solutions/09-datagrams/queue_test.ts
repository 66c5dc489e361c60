import { assertEquals, assertStrictEquals } from "@std/assert";
import type { DatagramQueue } from "../../stack/contract/datagrams.ts";
import { Frame } from "../../stack/wire/frame.ts";
import type { Ipv4Address } from "../../stack/wire/ipv4_address.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { createDatagramQueue } from "./queue.ts";

const LOCAL = 0x0a2c_0002 as Ipv4Address;

/** Puts these bytes in, from an address and port that are made of `from`; out of a frame that is overwritten afterwards. */
function push(queue: DatagramQueue, bytes: Uint8Array, from = 1): boolean {
  const frame = Frame.of(bytes);
  const kept = queue.push(frame, frame.start, bytes.length, from as Ipv4Address, from + 1, LOCAL);
  frame.bytes.fill(0xee);
  return kept;
}

Deno.test("read() gives whole datagrams, with their sender, and loses what does not fit", () => {
  const queue = createDatagramQueue(1000);
  assertEquals([push(queue, Uint8Array.of(1, 2, 3), 7), push(queue, new Uint8Array(), 8), push(queue, Uint8Array.of(4, 5), 9)], [
    true,
    true,
    true,
  ]);
  const target = new Uint8Array(4);
  assertEquals([queue.size(), queue.nextLength()], [3, 3]);
  assertEquals(queue.read(target, 1, 2, false), { count: 2, length: 3, address: 7 as Ipv4Address, port: 8, localAddress: LOCAL });
  assertEquals(target, Uint8Array.of(0, 1, 2, 0));
  assertEquals(queue.read(target, 0, 4, false), { count: 0, length: 0, address: 8 as Ipv4Address, port: 9, localAddress: LOCAL });
  assertStrictEquals(queue.read(target, 2, 2, true)?.count, 2);
  assertEquals([queue.read(target, 0, 4, false)?.length, queue.read(target, 0, 4, false), queue.nextLength()], [2, undefined, 0]);
  assertEquals(target, Uint8Array.of(4, 5, 4, 5));
});

Deno.test("push() counts 28 bytes for each, and takes any datagram into an empty queue", () => {
  const queue = createDatagramQueue(60);
  assertEquals([push(queue, new Uint8Array(500)), push(queue, new Uint8Array())], [true, false]);
  queue.read(new Uint8Array(1), 0, 1, false);
  assertEquals([push(queue, new Uint8Array(3)), push(queue, new Uint8Array(2)), push(queue, new Uint8Array(1))], [true, false, true]);
  assertEquals([push(queue, new Uint8Array()), queue.size()], [false, 2]);
});

Deno.test("createDatagramQueue() agrees with a list of arrays, over 20,000 steps", () => {
  const random = createRandom(5);
  const capacity = 700;
  const queue = createDatagramQueue(capacity);
  const list: { bytes: Uint8Array; from: number }[] = [];
  for (let step = 0; step < 20_000; step++) {
    const [oldest] = list;
    if (random.int(0, 2) > 0) {
      const bytes = random.bytes(random.int(0, 150));
      const taken = list.reduce((sum, each) => sum + each.bytes.length + 28, 0);
      const fits = list.length === 0 || taken + bytes.length + 28 <= capacity;
      assertStrictEquals(push(queue, bytes, step), fits);
      if (fits) list.push({ bytes, from: step });
    } else {
      const [count, at, peek] = [random.int(0, 160), random.int(0, 9), random.int(0, 3) === 0];
      const target = new Uint8Array(at + count);
      const received = queue.read(target, at, count, peek);
      assertEquals([received?.length, received?.address, received?.count], [
        oldest?.bytes.length,
        oldest?.from as Ipv4Address | undefined,
        oldest && Math.min(count, oldest.bytes.length),
      ]);
      const expected = new Uint8Array(at + count);
      expected.set(oldest?.bytes.subarray(0, count) ?? [], at);
      assertEquals(target, expected);
      if (!peek) list.shift();
    }
    assertEquals([queue.size(), queue.nextLength()], [list.length, list[0]?.bytes.length ?? 0]);
  }
});
