import { assert, assertEquals, assertGreater, assertThrows } from "@std/assert";
import reference from "../../solutions/reference.ts";
import { Application, CLIENT, SERVER } from "../../tools/testing/tcp_rig.ts";
import { Host } from "../host.ts";
import { Frame } from "../wire/frame.ts";
import { createRandom } from "../wire/random.ts";
import { decorate } from "./decorate.ts";
import type { Device } from "./device.ts";
import { impair } from "./impair.ts";
import { createPair } from "./pair.ts";
import { FrameRing, type RingDevice, type RingOptions, rings } from "./ring.ts";

/** A card, the far end of its wire, and a clock to be turned by hand. */
class Bench {
  now = 0;
  readonly card: RingDevice;
  readonly far: Device;
  readonly #frame = new Frame();

  constructor(options: RingOptions, queueLimit = 10_000) {
    const [near, far] = createPair({ medium: "ip", queueLimit });
    this.card = rings(near, options, () => this.now);
    this.far = far;
  }

  /** Sends packets of two bytes that hold these numbers. */
  send(from: Device, ...numbers: number[]): boolean[] {
    return numbers.map((number) => from.send(Frame.of(Uint8Array.of(number >> 8, number & 255))));
  }

  /** The numbers that `at` takes, `budget` at most. */
  take(at: Device, budget = Infinity): number[] {
    const numbers: number[] = [];
    while (numbers.length < budget && at.receive(this.#frame)) numbers.push(this.#frame.view.getUint16(this.#frame.start));
    return numbers;
  }
}

const numbers = (count: number, first = 1): number[] => Array.from({ length: count }, (_, index) => first + index);

Deno.test("rings() loses what comes while the receive ring is full, the newest, and counts each", () => {
  const bench = new Bench({ receive: 8 });
  bench.send(bench.far, ...numbers(20));
  assertEquals(bench.take(bench.card), numbers(8));
  assertEquals(bench.card.counts.receive, { packets: 8, bytes: 16, highest: 8, overruns: 12, emptied: 1 });
  bench.send(bench.far, ...numbers(8, 21));
  assertEquals(bench.take(bench.card), numbers(8, 21));
  assertEquals(bench.card.counts.receive.overruns, 12);
});

Deno.test("rings() lets the card fill the ring while the host does not look; a host that takes a few makes room for as many", () => {
  const bench = new Bench({ receive: 8 });
  bench.send(bench.far, ...numbers(6));
  bench.card.poll();
  assertEquals(bench.card.waiting, { receive: 6, transmit: 0 });
  bench.send(bench.far, ...numbers(6, 7));
  bench.card.poll();
  assertEquals([bench.card.waiting.receive, bench.card.counts.receive.overruns], [8, 4]);
  assertEquals(bench.take(bench.card, 3), [1, 2, 3]);
  bench.send(bench.far, ...numbers(4, 13));
  assertEquals(bench.take(bench.card), [4, 5, 6, 7, 8, 13, 14, 15]);
  assertEquals(bench.card.counts.receive, { packets: 11, bytes: 22, highest: 8, overruns: 5, emptied: 1 });
});

Deno.test("rings() sends at the card's rate; a full transmit ring refuses, and loses nothing that it took", () => {
  const bench = new Bench({ transmit: 4, rate: 16_000 }); // a packet of 2 bytes in a millisecond
  assertEquals(bench.send(bench.card, ...numbers(7)), [true, true, true, true, true, false, false]); // the first was on its way at once
  assertEquals(bench.card.counts.transmit, { packets: 1, bytes: 2, highest: 4, full: 2 });
  const seen: [number, number][] = [];
  for (; bench.card.nextDeadline() < Infinity; bench.now = Math.min(bench.card.nextDeadline(), 100)) {
    bench.card.poll();
    for (const number of bench.take(bench.far)) seen.push([bench.now, number]);
  }
  assertEquals(seen, [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5]]);
  assertEquals(bench.send(bench.card, 8), [true]);
  assertEquals(bench.take(bench.far), [8]);
});

Deno.test("rings() has sent in the meantime what was due before a late poll", () => {
  const bench = new Bench({ rate: 16_000 });
  bench.send(bench.card, ...numbers(100));
  bench.now = 49.5;
  bench.card.poll();
  assertEquals(bench.take(bench.far), numbers(50));
  assertEquals([bench.card.waiting.transmit, bench.card.nextDeadline()], [50, 50]);
});

Deno.test("rings() keeps a packet for which the device inside has no room, and offers it again", () => {
  const bench = new Bench({ transmit: 4 }, 2);
  assertEquals(bench.send(bench.card, ...numbers(7)), [true, true, true, true, true, true, false]);
  assertEquals(bench.card.nextDeadline(), 1);
  assertEquals(bench.take(bench.far), [1, 2]);
  bench.now = 1;
  bench.card.poll();
  assertEquals(bench.take(bench.far), [3, 4]);
  bench.now = 2;
  bench.card.poll();
  assertEquals([...bench.take(bench.far), bench.card.nextDeadline(), bench.card.counts.transmit.packets], [5, 6, Infinity, 6]);
});

Deno.test("rings() waits no longer than its packets, where the device inside can be waited for", async () => {
  const asked: number[] = [];
  const [near, far] = createPair({ medium: "ip" });
  const waiting = decorate(near, {
    wait: (milliseconds) => {
      asked.push(milliseconds);
      return Promise.resolve();
    },
  });
  const card = rings(waiting, { rate: 8000 }, () => 0); // a byte in a millisecond
  await card.wait?.(20);
  card.send(Frame.of(new Uint8Array(5)));
  card.send(Frame.of(new Uint8Array(5)));
  await card.wait?.(20);
  far.send(Frame.of(new Uint8Array(5)));
  card.poll();
  await card.wait?.(20);
  assertEquals(asked, [20, 5]);
  assertEquals(rings(near, {}, () => 0).wait, undefined);
});

Deno.test("rings() refuses sizes and rates that are none", () => {
  const [near] = createPair();
  for (const size of [0, 3, 100, -8, 0.5, Infinity, NaN]) {
    assertThrows(() => rings(near, { receive: size }, () => 0), RangeError, `${size} descriptors`);
    assertThrows(() => rings(near, { transmit: size }, () => 0), RangeError, `${size} descriptors`);
  }
  for (const rate of [0, -1, NaN]) assertThrows(() => rings(near, { rate }, () => 0), RangeError, `rate is ${rate}`);
});

Deno.test("FrameRing does what a list with an end does, through 100,000 random operations and its indices' overflow", () => {
  for (const limit of [1, 2, 5, 8, 64]) {
    const ring = new FrameRing(limit, 300, 2 ** 32 - 5000);
    const model: number[] = [];
    const random = createRandom(limit);
    const frame = new Frame();
    for (let operation = 0; operation < 20_000; operation++) {
      const number = random.int(0, 65_535);
      if (random.next() < 0.5) {
        const taken = ring.put(Frame.of(Uint8Array.of(number >> 8, number & 255)));
        assertEquals(taken, model.length < limit);
        if (taken) model.push(number);
      } else {
        const expected = model.shift();
        assertEquals(ring.take(frame) ? frame.view.getUint16(frame.start) : undefined, expected);
      }
      assertEquals(ring.waiting, model.length);
    }
  }
});

Deno.test("FrameRing loses a frame that is too long for whoever takes it, and takes none that is too long for itself", () => {
  const ring = new FrameRing(4, 328);
  assertEquals(ring.put(Frame.of(new Uint8Array(201))), false);
  assert(ring.put(Frame.of(new Uint8Array(200))) && ring.put(Frame.of(new Uint8Array(50))));
  const short = new Frame(228);
  assertEquals([ring.take(short), ring.take(short), short.length, ring.waiting], [false, true, 50, 0]);
});

/** Two hosts, the server behind a card with rings; it is polled every `pause` milliseconds with this budget. */
function transfer(ring: RingOptions, receiveBudget: number, pause: number): { card: RingDevice; server: Host; resent: number } {
  let now = 0;
  const [left, right] = createPair({ medium: "ip", queueLimit: 4096 });
  const wire = impair(left, { send: { delay: 2 }, receive: { delay: 2 } }, () => now);
  const card = rings(right, ring, () => now);
  const bind = (address: string, device: Device): Host =>
    Host.bind(reference, { interfaces: [{ medium: "ip", address }], receiveBudget, layers: 5 }, [device]);
  const [client, server] = [bind("10.44.0.1", wire), bind("10.44.0.2", card)];
  assert(client.tcp !== undefined && server.tcp !== undefined);
  const listener = server.tcp.listen(SERVER, 80, 8);
  const calling = new Application(client.tcp.connect({ address: SERVER, port: 80 }, now, { address: CLIENT }), () => now);
  calling.send(300_000, { thenShutdown: true });
  let answering: Application | undefined;
  for (; (answering?.received ?? 0) < 300_000; now += 0.5) {
    assert(now < 600_000, `only ${answering?.received} bytes have come`);
    wire.poll();
    card.poll();
    client.poll(now);
    if (now % pause !== 0) continue;
    server.poll(now);
    if (answering !== undefined) continue;
    const connection = listener.accept();
    if (connection !== undefined) answering = new Application(connection, () => now);
  }
  return { card, server, resent: calling.connection.resent };
}

Deno.test("rings() that are too small for a slow host cost packets, and TCP brings all bytes all the same", () => {
  const small = transfer({ receive: 4, transmit: 4 }, 64, 10);
  assertGreater(small.card.counts.receive.overruns, 10);
  assertGreater(small.resent, 10);
  assertEquals(small.card.counts.receive.highest, 4);
  const large = transfer({ receive: 1024 }, 64, 10);
  assertEquals([large.card.counts.receive.overruns, large.resent], [0, 0]);
});

Deno.test("Host.poll() takes its budget and no more; the rest waits in the ring, and overruns it when the budget is too small", () => {
  const bench = new Bench({ receive: 16 });
  const server = Host.bind(reference, { interfaces: [{ medium: "ip", address: "10.44.0.2" }], receiveBudget: 4 }, [bench.card]);
  bench.send(bench.far, ...numbers(10));
  assertEquals([server.poll(0), bench.card.waiting.receive, server.poll(0), server.poll(0), server.poll(0)], [4, 6, 4, 2, 0]);
  assertEquals([server.counters()["ethernet: budget spent"], bench.card.counts.receive.emptied], [2, 2]);
  for (let tick = 0; tick < 10; tick++) { // 6 come where 4 are taken: 2 more wait after each, and the ring has 16 places
    bench.send(bench.far, ...numbers(6));
    server.poll(tick);
  }
  assertEquals([bench.card.counts.receive.overruns, bench.card.waiting.receive], [8, 12]);
});

Deno.test("Host.bind() refuses a budget with which nothing would ever be received", () => {
  const [device] = createPair();
  for (const receiveBudget of [0, -1, NaN]) assertThrows(() => Host.bind(reference, { receiveBudget }, [device]), RangeError, "budget");
});

Deno.test("NetworkInterface.sendPacket() counts a card that is full, and lets the packet go", () => {
  const bench = new Bench({ transmit: 2, rate: 1 });
  const client = Host.bind(reference, { interfaces: [{ medium: "ip", address: "10.44.0.1" }] }, [bench.card]);
  for (const number of numbers(5)) client.ping(SERVER, 1, number, new Uint8Array(8));
  assertEquals([client.counters()["ethernet: device full"], client.framesLent], [2, 0]);
});
