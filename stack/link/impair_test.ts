import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { Frame } from "../wire/frame.ts";
import type { Device } from "./device.ts";
import { impair, type ImpairedDevice, type ImpairOptions } from "./impair.ts";
import { createPair } from "./pair.ts";

/** An impaired device, the far end of its wire, and a clock to be turned by hand. */
class Bench {
  now = 0;
  readonly near: ImpairedDevice;
  readonly far: Device;
  readonly #frame = new Frame();

  constructor(options: ImpairOptions) {
    const [near, far] = createPair({ medium: "ip", queueLimit: 20_000 });
    this.near = impair(near, options, () => this.now);
    this.far = far;
  }

  /** Sends packets of two bytes that hold these numbers. */
  send(from: Device, ...numbers: number[]): boolean[] {
    return numbers.map((number) => from.send(Frame.of(Uint8Array.of(number >> 8, number & 255))));
  }

  /** The numbers that have arrived. */
  arrived(at: Device): number[] {
    const numbers: number[] = [];
    while (at.receive(this.#frame)) numbers.push(this.#frame.view.getUint16(this.#frame.start));
    return numbers;
  }

  /** Turns the clock to `time`, deadline by deadline, and says what arrived when. */
  until(time: number): [time: number, number: number][] {
    const seen: [number, number][] = [];
    for (;;) {
      this.near.poll();
      for (const number of this.arrived(this.far)) seen.push([this.now, number]);
      const next = this.near.nextDeadline();
      if (next > time) break;
      assert(next >= this.now);
      this.now = next;
    }
    this.now = time;
    return seen;
  }
}

const numbers = (count: number, first = 1): number[] => Array.from({ length: count }, (_, index) => first + index);
const isEven = (frame: Frame): boolean => frame.view.getUint16(frame.start) % 2 === 0;

Deno.test("impair() passes everything at once and in order when nothing is asked for", () => {
  const bench = new Bench({});
  assertEquals(bench.send(bench.near, ...numbers(50)), new Array(50).fill(true));
  assertEquals(bench.arrived(bench.far), numbers(50));
  bench.send(bench.far, ...numbers(50));
  assertEquals(bench.arrived(bench.near), numbers(50));
  assertEquals(bench.near.nextDeadline(), Infinity);
});

Deno.test("impair() drops exactly the frames that a rule names, and each direction keeps its own count", () => {
  const rules = [{ action: "drop", match: isEven, nth: 2 }, { action: "drop", nth: [1, 9] }] as const;
  const bench = new Bench({ send: { rules }, receive: { rules: [{ action: "drop", nth: 3 }] } });
  bench.send(bench.near, ...numbers(10));
  bench.send(bench.far, ...numbers(5));
  assertEquals(bench.arrived(bench.far), [2, 3, 5, 6, 7, 8, 10]);
  assertEquals(bench.arrived(bench.near), [1, 2, 4, 5]);
  assertEquals([bench.near.counts.send.drop, bench.near.counts.receive.drop], [3, 1]);
});

Deno.test("impair() duplicates, and puts a frame behind the next ones, where a rule says so", () => {
  const bench = new Bench({ send: { rules: [{ action: "duplicate", nth: 2 }, { action: "reorder", nth: 4, by: 2 }] } });
  bench.send(bench.near, ...numbers(7));
  assertEquals(bench.arrived(bench.far), [1, 2, 2, 3, 5, 6, 4, 7]);
});

Deno.test("impair() delays one frame while others overtake it", () => {
  const bench = new Bench({ send: { rules: [{ action: "delay", nth: 2, by: 50 }] } });
  bench.send(bench.near, 1, 2, 3);
  assertEquals(bench.until(100), [[0, 1], [0, 3], [50, 2]]);
});

Deno.test("impair() flips the one bit that a rule names, in a copy", () => {
  const bench = new Bench({ send: { rules: [{ action: "corrupt", bit: 15, nth: 1 }] } });
  const frame = Frame.of(Uint8Array.of(0x12, 0x34));
  bench.near.send(frame);
  assertEquals(frame.toBytes(), Uint8Array.of(0x12, 0x34));
  assertEquals(bench.arrived(bench.far), [0x1235]);
});

Deno.test("impair() damages one bit of a frame, FCS included, so that the receiver can notice", () => {
  const [near, far] = createPair();
  const device = impair(near, { seed: 3, send: { corrupt: 1 } }, () => 0);
  const frame = new Frame();
  const positions = new Set<number>();
  for (let run = 0; run < 300; run++) {
    device.send(Frame.of(new Uint8Array(64)));
    far.receive(frame);
    const damaged = [...frame.toBytes()].map((byte, index) => [index, byte] as const).filter(([, byte]) => byte !== 0);
    assertEquals(damaged.length, 1);
    assertEquals(Math.log2(damaged[0]?.[1] ?? 0) % 1, 0);
    positions.add(damaged[0]?.[0] ?? -1);
  }
  assert(positions.size > 50 && Math.max(...positions) > 59, `${positions.size} bytes were hit`);
});

Deno.test("impair() loses no frame to delay and jitter, and keeps their order", () => {
  const bench = new Bench({ seed: 9, send: { delay: 20, jitter: 30 } });
  for (const number of numbers(200)) {
    bench.send(bench.near, number);
    bench.now += 1;
  }
  const seen = [...bench.until(1000)];
  assertEquals(bench.near.nextDeadline(), Infinity);
  assertEquals(seen.map(([, number]) => number), numbers(200));
  for (const [time, number] of seen) {
    assert(time >= number - 1 + 20 && time <= 250, `frame ${number} at ${time}`);
  }
});

Deno.test("impair() delays what is received, too, and hands it out when it is due", () => {
  const bench = new Bench({ receive: { delay: 10 } });
  bench.send(bench.far, 1);
  assertEquals(bench.arrived(bench.near), []);
  assertEquals(bench.near.nextDeadline(), 10);
  bench.now = 9.999;
  assertEquals(bench.arrived(bench.near), []);
  bench.now = 10;
  assertEquals(bench.arrived(bench.near), [1]);
});

Deno.test("impair() lets frames through at the rate that is asked for", () => {
  const bench = new Bench({ send: { rate: 16_000, delay: 5 } }); // 2 bytes a millisecond
  bench.send(bench.near, 1, 2, 3);
  bench.now = 0;
  assertEquals(bench.until(10), [[6, 1], [7, 2], [8, 3]]);
  bench.send(bench.near, 4);
  assertEquals(bench.until(20), [[16, 4]]);
});

Deno.test("impair() lets so much wait for the rate, and loses the rest; what is on its way does not count", () => {
  const bench = new Bench({ send: { rate: 16_000, delay: 50, queue: { packets: 2 } } });
  assertEquals(bench.send(bench.near, ...numbers(5)), new Array(5).fill(true)); // the sender does not learn of it
  bench.now = 3;
  bench.send(bench.near, ...numbers(5, 6));
  assertEquals(bench.until(100), [[51, 1], [52, 2], [53, 3], [54, 6], [55, 7], [56, 8]]);
  assertEquals([bench.near.counts.send.full, bench.near.counts.send.overflow], [4, 0]);
  const bytes = new Bench({ send: { rate: 16_000, queue: { bytes: 5 } } });
  bytes.send(bytes.near, ...numbers(5));
  assertEquals([bytes.until(10), bytes.near.counts.send.full], [[[1, 1], [2, 2], [3, 3]], 2]);
});

Deno.test("impair() loses frames in bursts, as long and as often as asked for", () => {
  const bench = new Bench({ seed: 4, send: { bursts: { begins: 0.01, ends: 0.25 } } });
  bench.send(bench.near, ...numbers(20_000));
  const seen = new Set(bench.arrived(bench.far));
  const lost = numbers(20_000).filter((number) => !seen.has(number));
  const bursts = lost.filter((number) => seen.has(number - 1) || number === 1).length;
  assertEquals(lost.length, bench.near.counts.send.drop);
  // Between bursts 100 pass on average, and a burst takes 4.
  assert(Math.abs(bursts - 192) < 60 && Math.abs(lost.length / bursts - 4) < 1, `${lost.length} lost in ${bursts} bursts`);
});

Deno.test("impair() throws its other dice alike, with bursts and without", () => {
  const doubled = (send: ImpairOptions["send"]): number[] => {
    const bench = new Bench({ seed: 7, send: { duplicate: 0.1, ...send } });
    bench.send(bench.near, ...numbers(300));
    const all = bench.arrived(bench.far);
    return all.filter((number, index) => all[index + 1] === number);
  };
  const bursts = { begins: 0.05, ends: 0.5 };
  const left = doubled({ bursts });
  assert(left.length > 10 && left.every((number) => doubled({}).includes(number)));
});

Deno.test("impair() puts a frame behind as many as it is told to", () => {
  const bench = new Bench({ seed: 2, send: { reorder: 0.02, reorderBy: 4 } });
  bench.send(bench.near, ...numbers(1000));
  bench.now = 1000;
  bench.near.poll();
  const seen = bench.arrived(bench.far);
  assertEquals(seen.toSorted((a, b) => a - b), numbers(1000));
  const late = seen.filter((number, index) => seen.slice(0, index).some((before) => before > number));
  assertEquals(late.length, bench.near.counts.send.reorder);
  for (const number of late) assert(seen.slice(0, seen.indexOf(number)).filter((before) => before > number).length >= 3);
});

Deno.test("impair() has seeded statistics: the same seed the same fate, and shares as asked for", () => {
  const fate = (seed: number): number[] => {
    const bench = new Bench({ seed, send: { drop: 0.02, duplicate: 0.05, reorder: 0.1 } });
    bench.send(bench.near, ...numbers(10_000));
    bench.now = 1000;
    bench.near.poll();
    const { drop, duplicate, reorder } = bench.near.counts.send;
    const seen = bench.arrived(bench.far);
    // Five standard deviations of fair dice.
    assert(Math.abs(drop - 200) < 70, `${drop} dropped`);
    assert(Math.abs(duplicate - 490) < 110, `${duplicate} duplicated`);
    assert(Math.abs(reorder - 980) < 150, `${reorder} reordered`);
    assertEquals(seen.length, 10_000 - drop + duplicate);
    assertEquals(new Set(seen).size, 10_000 - drop);
    return seen;
  };
  assertEquals(fate(7), fate(7));
  assertNotEquals(fate(7), fate(8));
});

Deno.test("impair() loses the same frames whatever else happens to them", () => {
  const lost = (others: ImpairOptions["send"]): number[] => {
    const bench = new Bench({ seed: 7, send: { drop: 0.1, ...others } });
    bench.send(bench.near, ...numbers(500));
    bench.now = 1000;
    bench.near.poll();
    const seen = new Set(bench.arrived(bench.far));
    return numbers(500).filter((number) => !seen.has(number));
  };
  assertEquals(lost({ duplicate: 0.5, reorder: 0.5, jitter: 10 }), lost({}));
});

Deno.test("impair() gives up waiting when nobody overtakes: no frame is lost", () => {
  const bench = new Bench({ send: { reorder: 1 }, patience: 30 });
  bench.send(bench.near, 1);
  assertEquals(bench.until(29), []);
  assertEquals(bench.until(100), [[30, 1]]);
});

Deno.test("impair() holds a bounded number of frames, and counts those it had no room for", () => {
  const bench = new Bench({ send: { delay: 10 }, receive: { delay: 10 }, queueLimit: 3 });
  assertEquals(bench.send(bench.near, ...numbers(5)), [true, true, true, false, false]);
  bench.send(bench.far, ...numbers(5));
  bench.arrived(bench.near);
  bench.now = 10;
  bench.near.poll();
  assertEquals(bench.arrived(bench.far), [1, 2, 3]);
  assertEquals(bench.arrived(bench.near), [1, 2, 3]);
  assertEquals([bench.near.counts.send.overflow, bench.near.counts.receive.overflow], [2, 2]);
  // What was given out makes room.
  assertEquals(bench.send(bench.near, ...numbers(3)), [true, true, true]);
});

Deno.test("impair() waits no longer than until the next held frame is due", async () => {
  const asked: number[] = [];
  const [plain] = createPair({ medium: "ip" });
  const device = impair(
    { ...plain, wait: (milliseconds) => Promise.resolve(void asked.push(milliseconds)) },
    { send: { delay: 40 } },
    () => 100,
  );
  await device.wait?.(1000);
  device.send(Frame.of(Uint8Array.of(1)));
  await device.wait?.(1000);
  await device.wait?.(5);
  assertEquals(asked, [1000, 40, 5]);
  assertEquals(impair(plain, {}, () => 0).wait, undefined);
});

Deno.test("impair() refuses what is no probability, time or rate", () => {
  const [plain] = createPair();
  const make = (send: ImpairOptions["send"]) => (): unknown => impair(plain, { send }, () => 0);
  assertThrows(make({ drop: 2 }), RangeError, "Cannot impair: drop is 2, not a probability from 0 to 1");
  assertThrows(make({ corrupt: NaN }), RangeError, "corrupt is NaN");
  assertThrows(make({ delay: -1 }), RangeError, "Cannot impair: delay is -1");
  assertThrows(make({ rate: 0 }), RangeError, "Cannot impair: rate is 0, not a number of bits per second above 0");
  assertThrows(make({ rate: 1e6, queue: { bytes: -1 } }), RangeError, "Cannot impair: queue.bytes is -1, not 0 or more");
  assertThrows(make({ rate: 1e6, queue: { packets: NaN } }), RangeError, "Cannot impair: queue.packets is NaN");
  assertThrows(make({ queue: { packets: 5 } }), RangeError, "Cannot impair: rate is undefined: a queue waits for one");
  assertThrows(make({ bursts: { begins: 1.5, ends: 0.5 } }), RangeError, "Cannot impair: bursts.begins is 1.5");
  assertThrows(make({ bursts: { begins: 0.1, ends: 0 } }), RangeError, "Cannot impair: bursts.ends is 0: no burst would ever end");
  assertThrows(make({ reorder: 0.1, reorderBy: 0 }), RangeError, "Cannot impair: reorderBy is 0, not 1 or more");
});
