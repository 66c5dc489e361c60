/** An Ethernet on which nobody answers ARP, as programs meet it: the reason has a name, and only a call is ended by it (RFC 1122 §4.2.3.9). */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type TwoHosts, twoHosts } from "../../tools/testing/two_hosts.ts";
import { parseSocketAddress as at } from "./address.ts";
import { connect, type TcpConn } from "./conn.ts";
import { createProcess } from "./descriptors.ts";
import { SocketError } from "./errors.ts";
import { listen } from "./listener.ts";

const NOBODY = { hostname: "10.44.0.77", port: 80 };
const SERVER = { hostname: "10.44.0.2", port: 80 };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A connection over Ethernet; ARP entries are fresh for a second. */
async function connected(): Promise<TwoHosts & { near: TcpConn; far: TcpConn }> {
  const hosts = twoHosts({}, { medium: "ethernet", arp: { reachableTime: 1000, staleTime: 1000 } });
  const accepting = listen(hosts.b, { port: 80 }).accept();
  const near = await hosts.settle(connect(hosts.a, SERVER));
  return { ...hosts, near, far: await hosts.settle(accepting) };
}

async function text(conn: TcpConn): Promise<string> {
  const buffer = new Uint8Array(100);
  return new TextDecoder().decode(buffer.subarray(0, await conn.read(buffer) ?? 0));
}

Deno.test("connect() to an address that nobody has ends when ARP gives up, and nothing is left of it", async () => {
  const { a, settle, now } = twoHosts({}, { medium: "ethernet" });
  const error = await assertRejects(() => settle(connect(a, NOBODY)), Deno.errors.NetworkUnreachable);
  assertEquals((error as Error & { code?: string }).code, "EHOSTUNREACH");
  assertEquals(error.message, "Cannot connect to 10.44.0.77:80: the host cannot be reached");
  assertEquals([now(), a.counters()["arp: no arp answer"]], [3000, 2], "three requests a second apart; two SYNs waited");
  assertEquals([a.tcp?.connections().length, a.nextDeadline(), a.framesLent], [0, Infinity, 0]);
});

Deno.test("connect() on a descriptor fails with EHOSTUNREACH, and the socket may try another address", async () => {
  const { a, b, settle } = twoHosts({}, { medium: "ethernet" });
  listen(b, { port: 80 });
  const process = createProcess(a);
  const socket = process.socket("inet", "stream");
  const error = await assertRejects(() => settle(process.connect(socket, at("10.44.0.77:80"))), SocketError);
  assertEquals([error.code, process.getsockopt(socket, "SO_ERROR")], ["EHOSTUNREACH", undefined]);
  await settle(process.connect(socket, at("10.44.0.2:80")));
  assertEquals(process.getpeername(socket), at("10.44.0.2:80"));
});

Deno.test("SO_ERROR tells EHOSTUNREACH to a socket that does not wait", async () => {
  const { a, pass } = twoHosts({}, { medium: "ethernet" });
  const process = createProcess(a);
  const socket = process.socket("inet", "stream");
  process.setNonBlocking(socket, true);
  const error = await assertRejects(() => process.connect(socket, at("10.44.0.77:80")), SocketError);
  assertEquals(error.code, "EINPROGRESS");
  await pass(2999);
  assertEquals(process.getsockopt(socket, "SO_ERROR"), undefined);
  await pass(1);
  assertEquals(process.getsockopt(socket, "SO_ERROR"), "EHOSTUNREACH");
});

Deno.test("a neighbour that is gone for a while costs a connection nothing but time", async () => {
  const { a, near, far, cut, pass, settle } = await connected();
  cut(true);
  await pass(5000);
  await near.write(bytes("still there?"));
  await pass(20_000);
  assert((a.counters()["arp: no arp answer"] ?? 0) > 0);
  assertEquals(a.tcp?.connections().map(({ tcb }) => tcb.state), ["ESTABLISHED"]);
  cut(false);
  assertEquals(await settle(text(far)), "still there?");
  await far.write(bytes("yes"));
  assertEquals(await settle(text(near)), "yes");
});

Deno.test("a neighbour that never comes back is the reason with which a connection ends after R2", async () => {
  const { near, cut, pass, settle, now } = await connected();
  cut(true);
  await pass(5000);
  await near.write(bytes("still there?"));
  const error = await assertRejects(() => settle(text(near)), Deno.errors.NetworkUnreachable);
  assertEquals((error as Error & { code?: string }).code, "EHOSTUNREACH");
  assert(now() >= 105_000, `R2 is 100 seconds, and it ended after ${now()}`);
});
