/** UDP in Deno's shape: between two reference hosts, and with the kernel's own. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { twoHosts } from "../../tools/testing/two_hosts.ts";
import { parseIpv4Address } from "../wire/ipv4_address.ts";
import { listenDatagram } from "./datagram_conn.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array): string => new TextDecoder().decode(data);
const SERVER = { transport: "udp", hostname: "10.44.0.2", port: 53 } as const;

Deno.test("listenDatagram(): a question and its answer, each whole, each with its sender", async () => {
  const { a, b, settle } = twoHosts();
  using server = listenDatagram(b, { port: 53 });
  using client = listenDatagram(a, {});
  assert(client.addr.port >= 49_152);
  for (const question of ["one", "", "three"]) assertEquals(await client.send(bytes(question), SERVER), question.length);
  for (const question of ["one", "", "three"]) {
    const [data, from] = await settle(server.receive());
    assertEquals([text(data), from], [question, { transport: "udp", hostname: "10.44.0.1", port: client.addr.port }]);
    await server.send(bytes(`${question}?`), from);
  }
  const answers = [await settle(client.receive()), await settle(client.receive()), await settle(client.receive())];
  assertEquals(answers.map(([data]) => text(data)), ["one?", "?", "three?"]);
});

Deno.test("receive() into less memory than the datagram has loses the rest, and not the next datagram", async () => {
  const { a, b, settle } = twoHosts();
  using server = listenDatagram(b, { port: 53 });
  using client = listenDatagram(a, {});
  await client.send(bytes("hello"), SERVER);
  await client.send(bytes("world"), SERVER);
  assertEquals(text((await settle(server.receive(new Uint8Array(4))))[0]), "hell");
  assertEquals(text((await settle(server.receive(new Uint8Array(4))))[0]), "worl");
});

Deno.test("a datagram of 65,507 bytes arrives in pieces and whole; one byte more is refused", async () => {
  const { a, b, settle } = twoHosts();
  using server = listenDatagram(b, { port: 53 });
  using client = listenDatagram(a, {});
  const long = Uint8Array.from({ length: 65_507 }, (_, at) => at * 7);
  await client.send(long, SERVER);
  assertEquals((await settle(server.receive()))[0], long);
  const error = await assertRejects(() => client.send(new Uint8Array(65_508), SERVER), Deno.errors.InvalidData);
  assertEquals(error.message, "Cannot send 65508 bytes to 10.44.0.2:53: it is too long for one datagram");
});

Deno.test("a queue that is full loses what comes, and nobody is told", async () => {
  const { a, b, settle, pass } = twoHosts();
  using server = listenDatagram(b, { port: 53 });
  using client = listenDatagram(a, {});
  for (let i = 0; i < 300; i++) {
    await client.send(new Uint8Array(1000).fill(i), SERVER);
    await pass();
  }
  assertEquals((b.udp?.counters.of("received") ?? 0) + (b.udp?.counters.of("no room") ?? 0), 300);
  assertEquals((await settle(server.receive()))[0][0], 0, "the oldest is there");
  assert((b.udp?.counters.of("no room") ?? 0) > 0);
});

Deno.test("a datagram to everybody needs leave, and reaches each socket of the port", async () => {
  const { a, b, settle } = twoHosts({}, { medium: "ethernet" });
  using one = listenDatagram(b, { port: 5353, reuseAddress: true });
  using two = listenDatagram(b, { port: 5353, hostname: "10.44.0.2", reuseAddress: true });
  using shy = listenDatagram(a, {});
  using loud = listenDatagram(a, { broadcast: true });
  const everybody = { transport: "udp", hostname: "10.44.0.255", port: 5353 } as const;
  await assertRejects(() => shy.send(bytes("x"), everybody), Deno.errors.PermissionDenied);
  await loud.send(bytes("all"), everybody);
  assertEquals([text((await settle(one.receive()))[0]), text((await settle(two.receive()))[0])], ["all", "all"]);
});

Deno.test("two programs cannot have one port, unless both want to; TCP's ports are others", () => {
  const { b } = twoHosts();
  using _first = listenDatagram(b, { port: 80 });
  assertThrows(() => listenDatagram(b, { port: 80 }), Deno.errors.AddrInUse, "Cannot bind 0.0.0.0:80: the address is in use");
  b.tcp?.listen(parseIpv4Address("10.44.0.2"), 80, 1);
});

Deno.test("closing ends who waits, gives the port back, and leaves no frame", async () => {
  const { a, b, pass } = twoHosts();
  const server = listenDatagram(b, { port: 53 });
  using client = listenDatagram(a, {});
  const waiting = assertRejects(() => server.receive(), Deno.errors.BadResource);
  server.close();
  await waiting;
  assertThrows(() => server.close(), Deno.errors.BadResource);
  await client.send(bytes("x"), SERVER); // nobody is there any more: port unreachable
  await pass(10);
  assertEquals([a.framesLent, b.framesLent, b.udp?.ports.size(), b.udp?.table.size()], [0, 0, 0, 0]);
  assertEquals([b.udp?.counters.of("no port"), a.udp?.counters.of("error ignored")], [1, 1]);
  listenDatagram(b, { port: 53 }).close();
});
