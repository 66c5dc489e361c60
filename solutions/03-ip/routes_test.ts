import { assertEquals, assertStrictEquals } from "@std/assert";
import type { Route } from "../../stack/contract/ip.ts";
import { type Ipv4Address, networkOf, parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { createRoutes } from "./routes.ts";

/** "10.44.0.0/24 via 10.44.0.1 on 2" as a route. */
function route(text: string): Route {
  const [, network = "", length, gateway, on] = /^([\d.]+)\/(\d+)(?: via ([\d.]+))?(?: on (\d+))?$/.exec(text) ?? [];
  const way = gateway === undefined ? {} : { gateway: parseIpv4Address(gateway) };
  return { network: parseIpv4Address(network), prefixLength: Number(length), interface: Number(on ?? 0), ...way };
}

function tableOf(...texts: string[]): ReturnType<typeof createRoutes> {
  const table = createRoutes();
  for (const text of texts) table.add(route(text));
  return table;
}

const address = parseIpv4Address;

Deno.test("createRoutes() knows no way at first", () => {
  assertStrictEquals(createRoutes().lookup(address("10.44.0.1")), undefined);
  assertEquals(createRoutes().list(), []);
});

Deno.test("lookup() takes the longest prefix, in whatever order the routes came", () => {
  const texts = [
    "0.0.0.0/0 via 10.44.0.1",
    "10.0.0.0/8 via 10.44.0.2",
    "10.44.0.0/24",
    "10.44.0.128/25 via 10.44.0.3 on 1",
    "10.44.0.200/32 on 2",
  ];
  const random = createRandom(1812);
  for (let i = 0; i < 50; i++) {
    const table = tableOf(...random.shuffle(texts));
    const answers = ["8.8.8.8", "10.9.9.9", "10.44.0.127", "10.44.0.128", "10.44.0.200"].map((to) => table.lookup(address(to)));
    assertEquals(answers, texts.map(route));
    assertEquals(table.list(), texts.map(route).reverse());
  }
});

Deno.test("lookup() says nothing where nothing fits, and knows both ends of a net", () => {
  const table = tableOf("192.168.4.0/22");
  assertEquals(["192.168.3.255", "192.168.4.0", "192.168.7.255", "192.168.8.0"].map((to) => table.lookup(address(to)) !== undefined), [
    false,
    true,
    true,
    false,
  ]);
});

Deno.test("lookup() works in the upper half of the addresses, where bit operations turn negative", () => {
  const table = tableOf("192.0.0.0/2", "255.255.255.255/32 on 1", "128.0.0.0/1 on 2");
  assertStrictEquals(table.lookup(address("223.1.2.3"))?.interface, 0);
  assertStrictEquals(table.lookup(address("255.255.255.255"))?.interface, 1);
  assertStrictEquals(table.lookup(address("129.0.0.1"))?.interface, 2);
});

Deno.test("add() ignores host bits and replaces the route to the same net", () => {
  const table = tableOf("10.44.0.2/24 on 1", "10.44.0.77/24 via 10.44.0.9 on 2");
  assertEquals(table.list(), [route("10.44.0.0/24 via 10.44.0.9 on 2")]);
  assertEquals(table.lookup(address("10.44.0.5")), route("10.44.0.0/24 via 10.44.0.9 on 2"));
});

Deno.test("add() keeps nets apart that differ only in length", () => {
  const table = tableOf("10.0.0.0/8 on 1", "10.0.0.0/16 on 2", "10.0.0.0/24 on 3");
  assertEquals(["10.0.0.1", "10.0.1.1", "10.1.1.1"].map((to) => table.lookup(address(to))?.interface), [3, 2, 1]);
});

Deno.test("remove() takes out exactly this net", () => {
  const table = tableOf("10.0.0.0/8 on 1", "10.0.0.0/16 on 2");
  assertStrictEquals(table.remove(address("10.0.0.0"), 24), false);
  assertStrictEquals(table.remove(address("10.0.9.9"), 16), true);
  assertStrictEquals(table.remove(address("10.0.0.0"), 16), false);
  assertEquals(table.list(), [route("10.0.0.0/8 on 1")]);
  assertStrictEquals(table.lookup(address("10.0.0.1"))?.interface, 1);
});

Deno.test("list() is a copy", () => {
  const table = tableOf("10.0.0.0/8");
  (table.list() as Route[]).length = 0;
  assertStrictEquals(table.list().length, 1);
});

Deno.test("lookup() agrees with a search through everything, for random tables", () => {
  const random = createRandom(4632);
  for (let i = 0; i < 200; i++) {
    const table = createRoutes();
    const all = new Map<string, Route>();
    for (let n = random.int(1, 20); n > 0; n--) {
      const prefixLength = random.int(0, 32);
      // Few different nets, so that they nest and replace each other.
      const network = networkOf((random.int(0, 3) * 0x4000_0000 + random.int(0, 3)) as Ipv4Address, prefixLength);
      const entry = { network, prefixLength, interface: n };
      table.add(entry);
      all.set(`${network}/${prefixLength}`, entry);
    }
    for (let n = 0; n < 20; n++) {
      const to = (random.int(0, 3) * 0x4000_0000 + random.int(0, 3)) as Ipv4Address;
      const fitting = [...all.values()].filter((entry) => networkOf(to, entry.prefixLength) === entry.network);
      const best = fitting.reduce<Route | undefined>((a, b) => a === undefined || b.prefixLength > a.prefixLength ? b : a, undefined);
      assertEquals(table.lookup(to), best);
    }
  }
});
