import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { type Ipv4Address, parseIpv4Address as address, UNSPECIFIED } from "../../stack/wire/ipv4_address.ts";
import { createRandom, type Random } from "../../stack/wire/random.ts";
import { createConnectionTable } from "./table.ts";

const LOCAL = address("10.44.0.2");
const OTHER = address("172.16.9.9");
const REMOTE = address("10.44.0.1");
type Quad = readonly [Ipv4Address, number, Ipv4Address, number];

Deno.test("find() wants both pairs, whole", () => {
  const table = createConnectionTable<string, string>();
  assertStrictEquals(table.add(LOCAL, 80, REMOTE, 40000, "a"), true);
  assertStrictEquals(table.find(LOCAL, 80, REMOTE, 40000), "a");
  const near: Quad[] = [
    [OTHER, 80, REMOTE, 40000],
    [LOCAL, 81, REMOTE, 40000],
    [LOCAL, 80, OTHER, 40000],
    [LOCAL, 80, REMOTE, 40001],
    [REMOTE, 40000, LOCAL, 80],
    [LOCAL, 40000, REMOTE, 80],
    [REMOTE, 80, LOCAL, 40000],
    [UNSPECIFIED, 80, REMOTE, 40000],
  ];
  for (const quad of near) assertStrictEquals(table.find(...quad), undefined, quad.join(" "));
});

Deno.test("add() takes many connections of one local pair, and each only once", () => {
  const table = createConnectionTable<number, string>();
  for (let i = 0; i < 1000; i++) assertStrictEquals(table.add(LOCAL, 80, REMOTE + (i >> 1) as Ipv4Address, 40000 + (i & 1), i), true);
  assertStrictEquals(table.add(LOCAL, 80, REMOTE, 40000, 9999), false);
  assertEquals([table.size(), table.find(LOCAL, 80, REMOTE, 40000), table.find(LOCAL, 80, REMOTE, 40001)], [1000, 0, 1]);
});

Deno.test("find() keeps the highest addresses and ports apart", () => {
  const table = createConnectionTable<number, string>();
  const ends = [0, 1, 0x7fff, 0x8000, 0xffff];
  const addresses = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];
  let count = 0;
  for (const local of addresses) {
    for (const remote of addresses) {
      for (const a of ends) for (const b of ends) assert(table.add(local as Ipv4Address, a, remote as Ipv4Address, b, count++));
    }
  }
  let next = 0;
  for (const local of addresses) {
    for (const remote of addresses) {
      for (const a of ends) for (const b of ends) assertStrictEquals(table.find(local as Ipv4Address, a, remote as Ipv4Address, b), next++);
    }
  }
  assertStrictEquals(table.size(), count);
});

Deno.test("remove() takes one out and leaves its neighbours", () => {
  const table = createConnectionTable<string, string>();
  table.add(LOCAL, 80, REMOTE, 1, "a");
  table.add(LOCAL, 80, REMOTE, 2, "b");
  assertEquals([table.remove(LOCAL, 80, REMOTE, 3), table.remove(LOCAL, 81, REMOTE, 1), table.remove(OTHER, 80, REMOTE, 1)], [
    false,
    false,
    false,
  ]);
  assertEquals([table.remove(LOCAL, 80, REMOTE, 1), table.remove(LOCAL, 80, REMOTE, 1)], [true, false]);
  assertEquals([table.find(LOCAL, 80, REMOTE, 1), table.find(LOCAL, 80, REMOTE, 2), table.size()], [undefined, "b", 1]);
  assertStrictEquals(table.add(LOCAL, 80, REMOTE, 1, "c"), true);
});

Deno.test("findListener() prefers the very address to any address", () => {
  const table = createConnectionTable<string, string>();
  assertStrictEquals(table.findListener(LOCAL, 80), undefined);
  assertEquals([table.addListener(UNSPECIFIED, 80, "any"), table.addListener(UNSPECIFIED, 80, "again")], [true, false]);
  assertEquals([table.findListener(LOCAL, 80), table.findListener(OTHER, 80), table.findListener(LOCAL, 81)], ["any", "any", undefined]);
  assertStrictEquals(table.addListener(LOCAL, 80, "own"), true);
  assertEquals([table.findListener(LOCAL, 80), table.findListener(OTHER, 80)], ["own", "any"]);
  assertEquals([table.removeListener(UNSPECIFIED, 80), table.removeListener(UNSPECIFIED, 80), table.removeListener(OTHER, 80)], [
    true,
    false,
    false,
  ]);
  assertEquals([table.findListener(LOCAL, 80), table.findListener(OTHER, 80)], ["own", undefined]);
});

Deno.test("a listener and its connections do not disturb each other", () => {
  const table = createConnectionTable<string, string>();
  table.add(LOCAL, 80, REMOTE, 1, "a");
  assertStrictEquals(table.addListener(LOCAL, 80, "listener"), true);
  assertEquals([table.find(LOCAL, 80, REMOTE, 1), table.find(LOCAL, 80, REMOTE, 2), table.size()], ["a", undefined, 1]);
  table.remove(LOCAL, 80, REMOTE, 1);
  assertStrictEquals(table.findListener(LOCAL, 80), "listener");
  table.add(LOCAL, 80, REMOTE, 1, "b");
  table.removeListener(LOCAL, 80);
  assertEquals([table.find(LOCAL, 80, REMOTE, 1), table.findListener(LOCAL, 80)], ["b", undefined]);
});

Deno.test("forEach() visits in the order of adding, and bears removal on the way", () => {
  const table = createConnectionTable<number, string>();
  const quads = Array.from({ length: 40 }, (_, i): Quad => [i % 3 === 0 ? LOCAL : OTHER, 80 + i % 2, REMOTE, i]);
  for (const [i, quad] of quads.entries()) table.add(...quad, i);
  table.remove(...quads[7] as Quad);
  table.add(...quads[7] as Quad, 7);
  const seen: number[] = [];
  table.forEach((i) => {
    seen.push(i);
    table.remove(...quads[i] as Quad);
  });
  assertEquals(seen, [...quads.keys()].filter((i) => i !== 7).concat(7));
  assertStrictEquals(table.size(), 0);
});

function randomQuad(random: Random): Quad {
  return [random.pick([LOCAL, OTHER]), random.int(80, 83), REMOTE + random.int(0, 3) as Ipv4Address, random.int(1, 4)];
}

Deno.test("createConnectionTable() agrees with a table keyed by text, whatever happens", () => {
  const random = createRandom(7);
  const table = createConnectionTable<number, number>();
  const model = new Map<string, number>();
  for (let i = 0; i < 20_000; i++) {
    const quad = randomQuad(random);
    const key = quad.join(" ");
    if (random.chance(0.5)) {
      assertStrictEquals(table.add(...quad, i), !model.has(key));
      if (!model.has(key)) model.set(key, i);
    } else {
      assertStrictEquals(table.remove(...quad), model.delete(key));
    }
    const asked = randomQuad(random);
    assertStrictEquals(table.find(...asked), model.get(asked.join(" ")));
    assertStrictEquals(table.size(), model.size);
  }
  const left: number[] = [];
  table.forEach((connection) => left.push(connection));
  assertEquals(left, [...model.values()]);
});

Deno.test("remove() and removeListener() leave nothing behind", () => {
  const made = new Set<Map<unknown, unknown>>();
  const set = Map.prototype.set;
  Map.prototype.set = function (key, value): typeof this {
    made.add(this);
    return set.call(this, key, value);
  };
  try {
    const table = createConnectionTable<object, object>();
    for (let i = 0; i < 1000; i++) table.add(LOCAL, 1024 + i, REMOTE, 80, {});
    for (let i = 0; i < 10; i++) table.addListener(LOCAL, 1024 + i, {});
    for (let i = 0; i < 1000; i++) table.remove(LOCAL, 1024 + i, REMOTE, 80);
    for (let i = 0; i < 10; i++) table.removeListener(LOCAL, 1024 + i);
  } finally {
    Map.prototype.set = set;
  }
  assert(made.size > 0);
  assertEquals([...made].filter((map) => map.size > 0), []);
});

Deno.test("createConnectionTable() holds 100,000 connections, of one client or of many", () => {
  const table = createConnectionTable<number, string>();
  const quad = (i: number): Quad => i < 50_000 ? [LOCAL, 80, REMOTE, 10_000 + i] : [LOCAL, 443, 0xc0a8_0000 + i as Ipv4Address, 40000];
  for (let i = 0; i < 100_000; i++) assert(table.add(...quad(i), i));
  assertStrictEquals(table.size(), 100_000);
  for (let i = 0; i < 100_000; i++) assertStrictEquals(table.find(...quad(i)), i);
  for (let i = 0; i < 100_000; i += 2) assert(table.remove(...quad(i)));
  for (let i = 0; i < 100_000; i++) assertStrictEquals(table.find(...quad(i)), i % 2 === 0 ? undefined : i);
});
