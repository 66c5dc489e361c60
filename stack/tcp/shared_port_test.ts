/** Ephemeral ports run out for one peer's port at a time. */
import { assertEquals, assertRejects } from "@std/assert";
import { twoHosts } from "../../tools/testing/two_hosts.ts";
import { parseSocketAddress as at } from "../socket/address.ts";
import { connect } from "../socket/conn.ts";
import { createProcess } from "../socket/descriptors.ts";
import { listen } from "../socket/listener.ts";

const THREE = { firstEphemeral: 50_000, lastEphemeral: 50_002 };
const server = (port: number): { hostname: string; port: number } => ({ hostname: "10.44.0.2", port });

Deno.test("connect() finds a port as long as all four numbers together are new", async () => {
  const { a, b, settle } = twoHosts(THREE);
  const ports: Record<number, number[]> = {};
  for (const port of [80, 81]) {
    listen(b, { port });
    const conns = [];
    for (let count = 0; count < 3; count++) conns.push(await settle(connect(a, server(port))));
    ports[port] = conns.map(({ localAddr }) => localAddr.port).sort();
    const error = await assertRejects(() => settle(connect(a, server(port))), Deno.errors.AddrNotAvailable);
    assertEquals(error.message, `Cannot connect to 10.44.0.2:${port}: no local port is left for it`);
  }
  assertEquals(ports, { 80: [50_000, 50_001, 50_002], 81: [50_000, 50_001, 50_002] });
  for (const connection of a.tcp?.connections() ?? []) connection.abort();
  assertEquals(a.tcp?.ports.size(), 0, "every port was given back as often as it was taken");
});

Deno.test("connect() shares no port with a socket that wants it for itself, nor with one that listens", async () => {
  const { a, b, settle } = twoHosts(THREE);
  const process = createProcess(a);
  process.bind(process.socket("inet", "stream"), at("10.44.0.1:50000"));
  listen(a, { port: 50_001 });
  for (const port of [80, 81]) {
    listen(b, { port });
    assertEquals((await settle(connect(a, server(port)))).localAddr.port, 50_002);
    await assertRejects(() => settle(connect(a, server(port))), Deno.errors.AddrNotAvailable);
  }
});
