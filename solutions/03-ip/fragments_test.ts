import type { Ipv4Header, Piece, Reassembly } from "../../stack/contract/ip.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { FramePool } from "../../stack/wire/frame_pool.ts";
import { type Ipv4Address, parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { createRandom, type Random } from "../../stack/wire/random.ts";
import { fragmentPacket, ipv4, pattern } from "../../tools/harness/packets.ts";
import { assert, assertEquals, assertLess, assertLessOrEqual } from "@std/assert";
import { createReassembly, planFragments } from "./fragments.ts";
import { parseIpv4 } from "./ipv4.ts";

Deno.test("planFragments() cuts a ping with 4000 bytes of data in three", () => {
  assertEquals(planFragments(4008, 1500, 0, false), [
    { from: 0, length: 1480, fragmentOffset: 0, moreFragments: true },
    { from: 1480, length: 1480, fragmentOffset: 1480, moreFragments: true },
    { from: 2960, length: 1048, fragmentOffset: 2960, moreFragments: false },
  ]);
});

Deno.test("planFragments() leaves what fits alone", () => {
  for (const length of [0, 1, 7, 8, 1473, 1479, 1480]) {
    assertEquals(planFragments(length, 1500, 0, false), [{ from: 0, length, fragmentOffset: 0, moreFragments: false }]);
  }
  assertEquals(planFragments(1479, 1499, 0, false).length, 1, "an odd MTU is used to its last byte by the last piece");
});

Deno.test("planFragments() cuts a fragment again, and says that more follow behind its last piece too", () => {
  assertEquals(planFragments(1480, 1000, 2960, true), [
    { from: 0, length: 976, fragmentOffset: 2960, moreFragments: true },
    { from: 976, length: 504, fragmentOffset: 3936, moreFragments: true },
  ]);
});

Deno.test("planFragments() covers every byte once, in as few pieces as the rules allow", () => {
  const random = createRandom(31);
  for (let run = 0; run < 5000; run++) {
    const mtu = random.pick([68, 69, 75, 76, 576, 1492, 1499, 1500, 9000, random.int(68, 65535)]);
    const more = random.chance(0.3);
    const length = more ? random.int(1, 800) * 8 : random.int(0, 8000);
    const offset = random.int(0, 4000) * 8;
    const pieces = planFragments(length, mtu, offset, more);
    const room = mtu - 20;
    let at = 0;
    for (const [index, piece] of pieces.entries()) {
      const last = index === pieces.length - 1;
      const expected: Piece = { from: at, length: piece.length, fragmentOffset: offset + at, moreFragments: !last || more };
      assertEquals(piece, expected);
      assertLessOrEqual(piece.length, room);
      if (!last) assertEquals(piece.length, Math.floor(room / 8) * 8);
      at += piece.length;
    }
    assertEquals(at, length);
    assertEquals(pieces.length, length <= room ? 1 : 1 + Math.ceil((length - room) / (Math.floor(room / 8) * 8)));
  }
});

const SOURCE = parseIpv4Address("10.44.0.1");
const DESTINATION = parseIpv4Address("10.44.0.2");

/** A reassembly with a pool of its own. */
function setUp(options: { timeout?: number; maxPackets?: number; limit?: number } = {}): { table: Reassembly; pool: FramePool } {
  const pool = new FramePool({ capacity: 65535 + 128, limit: options.limit ?? 64 });
  const table = createReassembly({
    timeout: options.timeout ?? 60_000,
    maxPackets: options.maxPackets ?? 16,
    acquire: () => pool.acquire(),
    release: (frame) => pool.release(frame),
  });
  return { table, pool };
}

/** What is put into a fragment by `piece()`. */
interface PieceOptions {
  readonly id?: number;
  readonly source?: Ipv4Address;
  readonly destination?: Ipv4Address;
  readonly protocol?: number;
  readonly options?: Uint8Array;
}

/** One fragment as it comes from the wire: bytes `from` up to `to` of `data`. */
function piece(data: Uint8Array, from: number, to: number, more: boolean, options: PieceOptions = {}): [Ipv4Header, Frame] {
  const packet = ipv4({
    source: options.source ?? SOURCE,
    destination: options.destination ?? DESTINATION,
    identification: options.id ?? 7,
    protocol: options.protocol ?? 1,
    fragmentOffset: from,
    moreFragments: more,
    options: options.options,
  }, data.subarray(from, to));
  const frame = new Frame(14 + packet.length, 14);
  frame.bytes.set(packet, frame.append(packet.length));
  const header = parseIpv4(frame);
  assert(typeof header !== "string", `the test's own packet is wrong: ${header}`);
  return [header, frame];
}

function wholeOf(result: Frame | string): Uint8Array {
  assert(typeof result !== "string", `not a whole packet but "${result}"`);
  return result.toBytes();
}

Deno.test("createReassembly() joins four fragments in every order", () => {
  const data = pattern(3001);
  const edges = [0, 800, 1600, 2400, 3001];
  for (const order of permutations([0, 1, 2, 3])) {
    const { table, pool } = setUp();
    let result: Frame | string = "waiting";
    for (const index of order) {
      assertEquals(result, "waiting");
      result = table.insert(...piece(data, edges[index] as number, edges[index + 1] as number, index < 3), 0);
    }
    assertEquals(wholeOf(result), data);
    assertEquals([table.size(), table.nextDeadline(), pool.lent], [0, Infinity, 1]);
  }
});

function permutations(items: readonly number[]): number[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}

Deno.test("createReassembly() joins what was cut at random, cut again, repeated and shuffled", () => {
  const random = createRandom(32);
  for (let run = 0; run < 500; run++) {
    const payload = random.bytes(random.int(9, 6000));
    const packet = ipv4({ identification: run, protocol: 200 }, payload);
    const cuts = [...new Set(Array.from({ length: random.int(1, 20) }, () => random.int(1, Math.ceil(payload.length / 8) - 1) * 8))];
    const once = fragmentPacket(packet, cuts.sort((a, b) => a - b));
    const sent = random.shuffle([...once, ...once.filter(() => random.chance(0.3))]);
    const { table, pool } = setUp();
    const results: (Frame | string)[] = [];
    for (const fragment of sent) {
      const frame = Frame.of(fragment);
      const header = parseIpv4(frame);
      assert(typeof header !== "string");
      const result = table.insert(header, frame, 0);
      results.push(result);
      if (typeof result !== "string") break;
    }
    assertEquals(wholeOf(results.at(-1) ?? ""), payload);
    assertEquals(pool.lent, 1);
  }
});

/** Bytes by the simplest means: an array with a mark per byte. What the hole list must agree with. */
class Model {
  readonly bytes = new Map<number, number>();
  total: number | undefined;

  insert(from: number, bytes: Uint8Array, more: boolean): "contradicts" | undefined {
    const end = from + bytes.length;
    const reach = Math.max(0, ...[...this.bytes.keys()].map((at) => at + 1));
    if (more ? end > (this.total ?? Infinity) : this.total === undefined ? end < reach : end !== this.total) return "contradicts";
    if (!more) this.total = end;
    for (let at = from; at < end; at++) if (!this.bytes.has(at)) this.bytes.set(at, bytes[at - from] as number);
    return undefined;
  }

  whole(): Uint8Array | undefined {
    if (this.total === undefined || this.bytes.size !== this.total) return undefined;
    return Uint8Array.from({ length: this.total }, (_, at) => this.bytes.get(at) as number);
  }
}

Deno.test("createReassembly() keeps the bytes that came first, whatever overlaps and whatever contradicts", () => {
  const random = createRandom(33);
  let completed = 0;
  for (let run = 0; run < 1000; run++) {
    const { table } = setUp();
    const model = new Model();
    for (let step = 0; step < 12; step++) {
      const from = random.int(0, 9) * 8;
      const more = random.chance(0.75);
      const to = more ? from + random.int(1, 4) * 8 : from + random.int(1, 32);
      const data = random.bytes(to);
      const contradiction = model.insert(from, data.subarray(from), more);
      const result = table.insert(...piece(data, from, to, more), 0);
      const whole = model.whole();
      if (contradiction !== undefined) assertEquals(result, "fragment contradicts");
      else if (whole === undefined) assertEquals(result, "waiting");
      else {
        assertEquals(wholeOf(result), whole);
        completed++;
        break;
      }
    }
  }
  assertLess(100, completed);
});

Deno.test("createReassembly() keeps packets apart that differ in any of the four fields", () => {
  const data = pattern(24);
  const other = Uint8Array.from(data, (byte) => 255 - byte);
  const address = parseIpv4Address("10.44.0.9");
  for (const different of [{ id: 8 }, { protocol: 17 }, { source: address }, { destination: address }]) {
    const { table } = setUp();
    assertEquals(table.insert(...piece(data, 0, 16, true), 0), "waiting");
    assertEquals(table.insert(...piece(other, 16, 24, false, different), 0), "waiting");
    assertEquals(table.size(), 2);
    assertEquals(wholeOf(table.insert(...piece(other, 0, 16, true, different), 0)), other);
    assertEquals(wholeOf(table.insert(...piece(data, 16, 24, false), 0)), data);
  }
});

Deno.test("createReassembly() holds 65 535 bytes", () => {
  const data = createRandom(34).bytes(65535);
  const { table } = setUp();
  assertEquals(table.insert(...piece(data, 65528, 65535, false), 0), "waiting");
  for (let from = 8192; from < 65528; from += 8192) {
    assertEquals(table.insert(...piece(data, from, Math.min(from + 8192, 65528), true), 0), "waiting");
  }
  assertEquals(wholeOf(table.insert(...piece(data, 0, 8192, true), 0)), data);
});

Deno.test("createReassembly() gives up when the time of the first fragment is over, and shows fragment 0 as it came", () => {
  const { table, pool } = setUp({ timeout: 60_000 });
  const data = pattern(48);
  const options = Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 0);
  table.insert(...piece(data, 16, 32, true), 1000);
  const [header, frame] = piece(data, 0, 16, true, { options });
  const asItCame = frame.toBytes();
  table.insert(header, frame, 40_000);
  assertEquals(table.nextDeadline(), 61_000);
  const seen: (Uint8Array | undefined)[] = [];
  table.poll(60_999, (first) => seen.push(first?.toBytes()));
  assertEquals([seen.length, table.size(), pool.lent], [0, 1, 1]);
  table.poll(61_000, (first) => seen.push(first?.toBytes()));
  assertEquals(seen, [asItCame]);
  assertEquals([table.size(), pool.lent, table.nextDeadline()], [0, 0, Infinity]);
});

Deno.test("createReassembly() has nothing to show when fragment 0 never came", () => {
  const { table, pool } = setUp({ timeout: 60_000 });
  const data = pattern(48);
  table.insert(...piece(data, 16, 32, true), 0);
  table.insert(...piece(data, 32, 48, false, { id: 8 }), 10);
  const seen: unknown[] = [];
  table.poll(60_005, (first) => seen.push(first));
  assertEquals(seen, [undefined]);
  assertEquals(table.nextDeadline(), 60_010);
  table.poll(70_000, (first) => seen.push(first));
  assertEquals(seen, [undefined, undefined]);
  assertEquals(pool.lent, 0);
});

Deno.test("createReassembly() lets the oldest give way, and tells when there is no frame", () => {
  const data = pattern(32);
  const { table, pool } = setUp({ maxPackets: 4 });
  for (let id = 0; id < 1000; id++) assertEquals(table.insert(...piece(data, 0, 16, true, { id }), id), "waiting");
  assertEquals([table.size(), pool.lent], [4, 4]);
  assertEquals(table.nextDeadline(), 996 + 60_000);
  assertEquals(wholeOf(table.insert(...piece(data, 16, 32, false, { id: 996 }), 1001)), data);

  const poor = setUp({ limit: 1 });
  assertEquals(poor.table.insert(...piece(data, 0, 16, true, { id: 1 }), 0), "waiting");
  assertEquals(poor.table.insert(...piece(data, 0, 16, true, { id: 2 }), 0), "no buffer");
  assertEquals(poor.table.size(), 1);
});

Deno.test("createReassembly() stays within its bounds under 100 000 random fragments", () => {
  const random = createRandom(35);
  const { table, pool } = setUp({ maxPackets: 8, timeout: 100 });
  for (let now = 0; now < 100_000; now++) {
    const [header, frame] = randomFragment(random);
    const result = table.insert(header, frame, now);
    if (typeof result !== "string") {
      assertLessOrEqual(result.length, 65535);
      pool.release(result);
    }
    if (now % 16 === 0) table.poll(now, (first) => assert(first === undefined || parseIpv4(first) !== "truncated"));
    assertLessOrEqual(table.size(), 8);
    assertEquals(pool.lent, table.size());
  }
});

const scratch = new Frame(2048);

/** A fragment that `parseIpv4` could have let through, with an offset of any size. */
function randomFragment(random: Random): [Ipv4Header, Frame] {
  scratch.reset();
  scratch.append(20 + random.int(0, 10) * 4);
  const payload = scratch.end;
  const moreFragments = random.chance(0.8);
  const length = moreFragments ? random.int(1, 20) * 8 : random.int(1, 160);
  scratch.append(length);
  const offset = random.chance(0.5) ? random.int(0, 30) * 8 : random.int(0, 8170) * 8;
  const header: Ipv4Header = {
    typeOfService: 0,
    identification: random.int(0, 15),
    dontFragment: false,
    moreFragments,
    fragmentOffset: Math.min(offset, 65535 - length >> 3 << 3),
    timeToLive: 64,
    protocol: 1,
    source: SOURCE,
    destination: DESTINATION,
    payload,
    end: scratch.end,
  };
  return [header, scratch];
}
