/** Programs that were written for Deno, on two reference hosts. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type TwoHosts, twoHosts } from "../../tools/testing/two_hosts.ts";
import type { Host } from "../host.ts";
import { connect, type TcpConn } from "./conn.ts";
import { listen, type TcpListener } from "./listener.ts";

/** The part of Deno that a program for the network needs. That these objects fit it, the compiler says. */
interface Net {
  connect(options: Deno.ConnectOptions): Promise<Deno.TcpConn>;
  listen(options: Deno.TcpListenOptions): Deno.TcpListener;
}

function netOf(host: Host): Net {
  return { connect: (options) => connect(host, options), listen: (options) => listen(host, options) };
}

const SERVER = { hostname: "10.44.0.2", port: 80 };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function text(conn: Deno.Conn): Promise<string | null> {
  const buffer = new Uint8Array(1000);
  const count = await conn.read(buffer);
  return count === null ? null : new TextDecoder().decode(buffer.subarray(0, count));
}

interface Play extends TwoHosts {
  readonly listener: TcpListener;
  readonly near: TcpConn;
  readonly far: TcpConn;
}

async function connected(tcp?: Parameters<typeof twoHosts>[0]): Promise<Play> {
  const hosts = twoHosts(tcp);
  const listener = listen(hosts.b, { port: 80 });
  const accepting = listener.accept();
  const near = await hosts.settle(connect(hosts.a, SERVER));
  return { ...hosts, listener, near, far: await hosts.settle(accepting) };
}

/** An echo server as Deno's manual has it, and its client. They know nothing of this stack. */
async function echo(listener: Deno.Listener): Promise<void> {
  for await (const conn of listener) conn.readable.pipeTo(conn.writable);
}

async function ask(net: Net, word: string): Promise<string> {
  using conn = await net.connect(SERVER);
  await conn.write(bytes(word));
  await conn.closeWrite();
  return await new Response(conn.readable).text();
}

Deno.test("connect() and listen() run a program for Deno unchanged", async () => {
  const { a, b, settle, pass } = twoHosts();
  const listener = netOf(b).listen({ port: 80 });
  const serving = echo(listener);
  const answers = await settle(Promise.all(["one", "two", "three"].map((word) => ask(netOf(a), word))));
  assertEquals(answers, ["one", "two", "three"]);
  listener.close();
  await settle(serving);
  await pass(120_000);
  assertEquals([a.tcp?.connections().length, b.tcp?.connections().length], [0, 0]);
});

Deno.test("TcpConn carries 3 MB through its streams, as they were", async () => {
  const { near, far, settle } = await connected();
  const data = new Uint8Array(3_000_000).map((_, index) => index * 7 + (index >> 8));
  const sending = new Blob([data]).stream().pipeTo(near.writable);
  const received = new Response(far.readable).bytes();
  assertEquals([await settle(received), await settle(sending)], [data, undefined] as [Uint8Array<ArrayBuffer>, void]);
});

Deno.test("TcpConn knows both addresses, and goes on knowing them", async () => {
  const { near, far, settle } = await connected();
  const client = { transport: "tcp" as const, hostname: "10.44.0.1", port: near.localAddr.port };
  assertEquals([near.localAddr, near.remoteAddr], [client, { transport: "tcp", ...SERVER }] as Deno.NetAddr[]);
  assertEquals([far.localAddr, far.remoteAddr], [{ transport: "tcp", ...SERVER }, client] as Deno.NetAddr[]);
  near.close();
  assertEquals([await settle(text(far)), near.remoteAddr.port], [null, 80] as [null, number]);
});

Deno.test("TcpConn.closeWrite() leaves the other half open", async () => {
  const { near, far, settle } = await connected();
  await near.write(bytes("question"));
  await near.closeWrite();
  assertEquals([await settle(text(far)), await settle(text(far))], ["question", null]);
  await far.write(bytes("answer"));
  assertEquals(await settle(text(near)), "answer");
  await assertRejects(() => near.write(bytes("more")), Deno.errors.BrokenPipe, "Cannot write to 10.44.0.1:");
});

Deno.test("TcpConn that is closed throws BadResource, and interrupts who waits", async () => {
  const { near, settle } = await connected();
  const reading = assertRejects(() => near.read(new Uint8Array(1)), Deno.errors.Interrupted);
  near.close();
  await settle(reading);
  assertThrows(() => near.close(), Deno.errors.BadResource, "it is closed");
  assertThrows(() => near.setNoDelay(), Deno.errors.BadResource);
  for (const call of [() => near.read(new Uint8Array(1)), () => near.write(bytes("x")), () => near.closeWrite()]) {
    await assertRejects(call, Deno.errors.BadResource);
  }
  near[Symbol.dispose]();
});

Deno.test("TcpConn is closed by the end of its streams, as Deno's is", async () => {
  const { near, far, settle } = await connected();
  await far.writable.close();
  assertEquals(await settle(new Response(near.readable).text()), "");
  for (const conn of [near, far]) await assertRejects(() => conn.write(bytes("x")), Deno.errors.BadResource);
});

Deno.test("TcpConn.readable reads no further than anybody wants", async () => {
  const { near, far, pass } = await connected({ receiveBuffer: 10_000, sendBuffer: 10_000 });
  let written = 0;
  void (async () => {
    for (;;) written += await near.write(new Uint8Array(1000));
  })().catch(() => {});
  const reader = far.readable.getReader();
  await pass(1000);
  assert(written <= 20_000 + 64 * 1024, `${written}`);
  await reader.cancel();
  await pass(1000);
  await assertRejects(() => near.write(bytes("x")), Deno.errors.BrokenPipe);
});

Deno.test("TcpConn names what broke it", async () => {
  const { near, far, settle, pass } = await connected();
  await near.write(bytes("nobody reads this"));
  await pass();
  far.close();
  const error = await settle(assertRejects(() => near.read(new Uint8Array(1)), Deno.errors.ConnectionReset, "the peer has reset"));
  assertEquals((error as Error & { code?: string }).code, "ECONNRESET");
});

Deno.test("connect() rejects with the errors that Deno has", async () => {
  const { a, settle, cut } = twoHosts({ openR2: 1000 });
  const fails = async (options: Deno.ConnectOptions, kind: new (message: string) => Error, includes: string): Promise<void> => {
    await settle(assertRejects(() => connect(a, options), kind, includes));
  };
  await fails(SERVER, Deno.errors.ConnectionRefused, "Cannot connect to 10.44.0.2:80: nobody listens there");
  await fails({ ...SERVER, hostname: "192.0.2.1" }, Deno.errors.NetworkUnreachable, "there is no route");
  await fails({ ...SERVER, hostname: "example.com" }, TypeError, "Not an IPv4 address");
  await fails({ ...SERVER, port: 70_000 }, RangeError, "Not a port: 70000");
  cut(true);
  await fails(SERVER, Deno.errors.TimedOut, "did not answer");
  assertEquals(a.tcp?.connections().length, 0);
});

Deno.test("connect() is given up by its signal", async () => {
  const { a, cut, pass } = twoHosts();
  cut(true);
  const stop = new AbortController();
  const connecting = assertRejects(() => connect(a, { ...SERVER, signal: stop.signal }), Error, "enough");
  await pass(10);
  assertEquals(a.tcp?.connections().length, 1);
  stop.abort(new Error("enough"));
  await connecting;
  assertEquals([a.tcp?.connections().length, a.tcp?.ports.size()], [0, 0]);
  await assertRejects(() => connect(a, { ...SERVER, signal: stop.signal }), Error, "enough");
});

Deno.test("listen() rejects an address that is taken, or is none of ours", () => {
  const { b } = twoHosts();
  const listener = listen(b, { port: 80 });
  assertEquals(listener.addr, { transport: "tcp", hostname: "0.0.0.0", port: 80 } as Deno.NetAddr);
  assertThrows(() => listen(b, SERVER), Deno.errors.AddrInUse, "Cannot bind 10.44.0.2:80: the address is in use");
  assertThrows(() => listen(b, { hostname: "10.44.0.9", port: 80 }), Deno.errors.AddrNotAvailable);
  assertThrows(() => listen(b, { port: -1 }), RangeError);
  listener.close();
  listen(b, SERVER).close();
  assert(listen(b, {}).addr.port >= 49152);
  assertEquals(b.tcp?.ports.size(), 1);
});

Deno.test("TcpListener ends its iteration, and who waits, when it is closed", async () => {
  const { b, settle } = twoHosts();
  const listener = listen(b, { port: 80 });
  const accepting = assertRejects(() => listener.accept(), Deno.errors.BadResource);
  const iterating = (async () => {
    for await (const _ of listener);
    return "ended";
  })();
  await new Promise((resolve) => setImmediate(resolve));
  listener.close();
  await settle(accepting);
  assertEquals(await settle(iterating), "ended");
  assertThrows(() => listener.close(), Deno.errors.BadResource);
  await assertRejects(() => listener.accept(), Deno.errors.BadResource);
});
