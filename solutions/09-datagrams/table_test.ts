import { assertEquals, assertStrictEquals } from "@std/assert";
import { type Ipv4Address, parseIpv4Address as address, UNSPECIFIED } from "../../stack/wire/ipv4_address.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { createDatagramTable } from "./table.ts";

const ONE = address("10.44.0.2");
const TWO = address("172.16.9.9");
const NEAR = address("10.44.0.1");
const FAR = address("203.0.113.7");

Deno.test("find() prefers who is connected, then the very address, then the last one", () => {
  const table = createDatagramTable<string>();
  table.add(UNSPECIFIED, 53, "any");
  assertStrictEquals(table.find(ONE, 53, NEAR, 5000), "any");
  table.add(ONE, 53, "one");
  table.add(ONE, 53, "one again");
  assertEquals([table.find(ONE, 53, NEAR, 5000), table.find(TWO, 53, NEAR, 5000)], ["one again", "any"]);
  table.connect(UNSPECIFIED, 53, "any", NEAR, 5000);
  assertEquals([table.find(ONE, 53, NEAR, 5000), table.find(ONE, 53, FAR, 5000)], ["any", "one again"]);
  assertEquals([table.find(TWO, 53, NEAR, 5001), table.find(ONE, 54, NEAR, 5000)], [undefined, undefined]);
  table.connect(UNSPECIFIED, 53, "any", UNSPECIFIED, 0);
  assertEquals([table.find(ONE, 53, NEAR, 5000), table.find(TWO, 53, FAR, 1)], ["one again", "any"]);
});

Deno.test("remove() takes one out, with its peer, and says whether there was one", () => {
  const table = createDatagramTable<string>();
  table.add(ONE, 53, "a");
  table.add(TWO, 53, "a");
  table.connect(ONE, 53, "a", NEAR, 5000);
  assertEquals([table.remove(ONE, 54, "a"), table.remove(ONE, 53, "b"), table.remove(UNSPECIFIED, 53, "a")], [false, false, false]);
  assertEquals([table.remove(ONE, 53, "a"), table.remove(ONE, 53, "a"), table.size()], [true, false, 1]);
  table.add(ONE, 53, "a");
  assertEquals([table.find(ONE, 53, FAR, 7), table.find(TWO, 53, FAR, 7), table.size()], ["a", "a", 2]);
});

Deno.test("forEach() visits a socket that is removed meanwhile, and none twice", () => {
  const table = createDatagramTable<string>();
  for (const socket of ["a", "b", "c"]) table.add(UNSPECIFIED, 67, socket);
  const visited: string[] = [];
  table.forEach(ONE, 67, NEAR, 68, (socket) => {
    visited.push(socket);
    for (const each of ["a", "b", "c"]) table.remove(UNSPECIFIED, 67, each);
  });
  assertEquals(visited.toSorted(), ["a", "b", "c"]);
  assertStrictEquals(table.size(), 0);
});

Deno.test("createDatagramTable() agrees with a list that is searched from its end, over 20,000 steps", () => {
  const random = createRandom(90);
  const table = createDatagramTable<number>();
  const locals = [ONE, TWO, UNSPECIFIED];
  const remotes = [NEAR, FAR, 0xffff_fffe as Ipv4Address];
  const rows: { socket: number; local: Ipv4Address; port: number; remote: Ipv4Address; remotePort: number }[] = [];
  for (let step = 0; step < 20_000; step++) {
    const row = rows.length === 0 ? undefined : random.pick(rows);
    if (row === undefined || rows.length < 12 && random.int(0, 2) === 0) {
      const added = { socket: step, local: random.pick(locals), port: random.int(1, 3), remote: UNSPECIFIED, remotePort: 0 };
      table.add(added.local, added.port, added.socket);
      rows.push(added);
    } else if (random.int(0, 4) === 0) {
      assertStrictEquals(table.remove(row.local, row.port, row.socket), true);
      rows.splice(rows.indexOf(row), 1);
    } else {
      row.remotePort = random.int(0, 2);
      row.remote = row.remotePort === 0 ? UNSPECIFIED : random.pick(remotes);
      table.connect(row.local, row.port, row.socket, row.remote, row.remotePort);
    }
    const [to, port, from, fromPort] = [random.pick(locals.slice(0, 2)), random.int(1, 3), random.pick(remotes), random.int(1, 2)];
    const hear = rows.filter((each) =>
      each.port === port && (each.local === UNSPECIFIED || each.local === to) &&
      (each.remotePort === 0 || each.remotePort === fromPort && each.remote === from)
    );
    const rank = (each: (typeof rows)[number]): number => (each.remotePort > 0 ? 2 : 0) + (each.local === UNSPECIFIED ? 0 : 1);
    const best = hear.toReversed().toSorted((a, b) => rank(b) - rank(a))[0]?.socket;
    assertStrictEquals(table.find(to, port, from, fromPort), best);
    if (step % 10 > 0) continue;
    const visited: number[] = [];
    table.forEach(to, port, from, fromPort, (socket) => void visited.push(socket));
    assertEquals(visited.toSorted((a, b) => a - b), hear.map(({ socket }) => socket));
    assertStrictEquals(table.size(), rows.length);
  }
});
