/** Channels and their selector, between two hosts. */
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import lab from "../../solutions/10-selector/mod.ts";
import { type TwoHosts, twoHosts } from "../../tools/testing/two_hosts.ts";
import type { Outcome } from "../contract/selector.ts";
import { ACCEPT, CONNECT, formatReadiness, READ, WRITE } from "../wire/readiness.ts";
import { parseSocketAddress as at } from "./address.ts";
import { connect, type TcpConn } from "./conn.ts";
import { listen } from "./listener.ts";
import { type Channel, ECHO_LIMITS, serveEcho, SocketSelector } from "./selector.ts";

const SERVER = at("10.44.0.2:80");

/** A selector on the second host that listens, and clients of the first. */
function stage(tcp = {}): TwoHosts & { selector: SocketSelector<string>; listener: Channel; call: () => Promise<TcpConn> } {
  const hosts = twoHosts(tcp);
  const selector = new SocketSelector<string>(hosts.b, lab);
  const listener = selector.channels.listen(SERVER, 16);
  selector.register(listener, ACCEPT, "door");
  return { ...hosts, selector, listener, call: () => hosts.settle(connect(hosts.a, { hostname: "10.44.0.2", port: 80 })) };
}

/** What `select` gave, in words. */
async function selected(selector: SocketSelector<string>, timeout = 0): Promise<string[]> {
  return (await selector.select(timeout)).map(({ attachment, ready }) => `${attachment}: ${formatReadiness(ready)}`);
}

function accepted(selector: SocketSelector<string>, listener: Channel): Channel {
  const channel = selector.channels.accept(listener);
  if (typeof channel === "string") throw new Error(channel);
  return channel;
}

Deno.test("select() says what is so, and says it again", async () => {
  const { selector, listener, call, pass } = stage();
  assertEquals(await selected(selector), []);
  const client = await call();
  for (let i = 0; i < 2; i++) assertEquals(await selected(selector), ["door: ACCEPT"]);
  const channel = accepted(selector, listener);
  assertStrictEquals(selector.channels.accept(listener), "EAGAIN");
  selector.register(channel, READ | WRITE, "it");
  assertThrows(() => selector.register(channel, READ, "again"), TypeError);
  assertEquals(await selected(selector), ["it: WRITE"]);
  selector.setInterest(channel, READ);
  assertEquals([await selected(selector), selector.channels.read(channel, new Uint8Array(9))], [[], "EAGAIN"]);
  await client.write(new Uint8Array(5));
  await pass();
  for (let i = 0; i < 2; i++) assertEquals(await selected(selector), ["it: READ"]);
  assertEquals([selector.channels.read(channel, new Uint8Array(3)), await selected(selector)], [3, ["it: READ"]]);
  assertEquals([selector.channels.read(channel, new Uint8Array(3)), await selected(selector)], [2, []]);
  await client.closeWrite();
  await pass();
  assertEquals([await selected(selector), selector.channels.read(channel, new Uint8Array(3))], [["it: READ"], 0]);
  client.close();
  selector.closeAll();
});

Deno.test("select() waits: for a channel, for a time, for wakeup, for the end", async () => {
  const { selector, call, settle, now } = stage();
  const waiting = selected(selector, Infinity);
  const client = await call();
  assertEquals(await settle(waiting), ["door: ACCEPT"]);
  selector.setInterest([...selector.channels.open][0] as Channel, 0);
  const began = now();
  assertEquals([await settle(selected(selector, 250)), now() - began], [[], 250]);
  const woken = selected(selector, Infinity);
  selector.wakeup();
  assertEquals(await settle(woken), []);
  const last = selected(selector, Infinity);
  selector.closeAll();
  assertEquals([await settle(last), selector.keys.size(), selector.channels.open.size], [[], 0, 0]);
  client.close();
});

Deno.test("select() tells whether an attempt to connect went well or badly", async () => {
  const { a, b, settle, pass } = twoHosts();
  const listener = listen(b, { port: 80 });
  const selector = new SocketSelector<string>(a, lab);
  const outcomes: Outcome[] = [];
  for (const port of [80, 81]) {
    const channel = selector.channels.connect(at(`10.44.0.2:${port}`));
    assertStrictEquals(selector.channels.connected(channel), "EAGAIN");
    selector.register(channel, CONNECT, `${port}`);
    assertEquals(await settle(selected(selector, Infinity)), [`${port}: CONNECT`]);
    outcomes.push(selector.channels.connected(channel), selector.channels.write(channel, new Uint8Array(1)));
    selector.setInterest(channel, 0);
  }
  assertEquals(outcomes, [0, 1, "ECONNREFUSED", "ECONNREFUSED"]);
  selector.closeAll();
  listener.close();
  await pass(120_000);
  assertEquals([a.tcp?.connections().length, a.tcp?.ports.size()], [0, 0]);
});

Deno.test("write() takes what there is room for, and WRITE comes back with the room", async () => {
  const { selector, listener, call, pass } = stage({ sendBuffer: 1000, receiveBuffer: 1000 });
  const client = await call();
  const channel = accepted(selector, listener);
  selector.register(channel, WRITE, "it");
  selector.setInterest(listener, 0);
  let taken = 0;
  for (let idle = 0; idle < 3; await pass(500)) {
    const count = selector.channels.write(channel, new Uint8Array(700));
    if (count === "EAGAIN") idle++;
    else taken += count as number;
  }
  assertEquals([taken, await selected(selector)], [2000, []], "both buffers are full");
  const room = selected(selector, Infinity);
  assertEquals(await client.read(new Uint8Array(1000)), 1000);
  await pass(1000);
  assertEquals(await room, ["it: WRITE"]);
  client.close();
  await pass(1000);
  assertEquals([await selected(selector), selector.channels.write(channel, new Uint8Array(1))], [["it: WRITE"], "ECONNRESET"]);
  selector.closeAll();
});

Deno.test("serveEcho() echoes for many at once, in pieces, and leaves nothing", async () => {
  const { a, b, settle, pass } = twoHosts({ sendBuffer: 3000, receiveBuffer: 2000 });
  const server = serveEcho(b, lab, SERVER, { ...ECHO_LIMITS, keys: 3, chunk: 500, unsent: 1200 });
  const talk = async (seed: number): Promise<boolean> => {
    const conn = await connect(a, { hostname: "10.44.0.2", port: 80 });
    const text = Uint8Array.from({ length: 20_000 }, (_, index) => index * seed >>> 3);
    const writing = (async (): Promise<void> => {
      for (let at = 0; at < text.length;) at += await conn.write(text.subarray(at, at + 1500));
      await conn.closeWrite();
    })();
    const [chunk, parts] = [new Uint8Array(777), [] as number[]];
    for (let count = await conn.read(chunk); count !== null; count = await conn.read(chunk)) parts.push(...chunk.subarray(0, count));
    await writing;
    conn.close();
    return parts.length === text.length && parts.every((byte, index) => byte === text[index]);
  };
  assertEquals(await settle(Promise.all([1, 3, 5, 7, 9, 11, 13].map(talk))), Array(7).fill(true));
  assertStrictEquals(server.loop.connections(), 0);
  server.selector.closeAll();
  await settle(server.running);
  await pass(120_000);
  assertEquals([a, b].map(({ tcp }) => [tcp?.connections().length, tcp?.ports.size(), tcp?.listeners.size]), [[0, 0, 0], [0, 0, 0]]);
});
