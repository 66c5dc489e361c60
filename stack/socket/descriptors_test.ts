/** The calls of BSD, between two reference hosts on a clock of their own. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { type TwoHosts, twoHosts } from "../../tools/testing/two_hosts.ts";
import { formatSocketAddress, parseSocketAddress as at } from "./address.ts";
import { createProcess, type Descriptor, type Process } from "./descriptors.ts";
import { type ErrorCode, SocketError } from "./errors.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const SERVER = at("10.44.0.2:80");

interface Stage extends TwoHosts {
  readonly client: Process;
  readonly server: Process;
}

function stage(tcp?: Parameters<typeof twoHosts>[0]): Stage {
  const hosts = twoHosts(tcp);
  const client = createProcess(hosts.a, { name: "client" });
  return { ...hosts, client, server: createProcess(hosts.b, { name: "server", privileged: true }) };
}

function listening(process: Process, address = SERVER, backlog = 5): Descriptor {
  const descriptor = process.socket("inet", "stream");
  process.bind(descriptor, address);
  process.listen(descriptor, backlog);
  return descriptor;
}

/** A connection: the client's descriptor for it and the server's, and the listening one. */
async function connected({ client, server, settle }: Stage): Promise<{ near: Descriptor; far: Descriptor; listener: Descriptor }> {
  const listener = listening(server);
  const near = client.socket("inet", "stream");
  const accepting = server.accept(listener);
  await settle(client.connect(near, SERVER));
  return { near, far: await settle(accepting), listener };
}

/** Reads once, as text; undefined at the end. */
async function text(process: Process, descriptor: Descriptor, most = 100): Promise<string | undefined> {
  const buffer = new Uint8Array(most);
  const count = await process.read(descriptor, buffer);
  return count === 0 ? undefined : new TextDecoder().decode(buffer.subarray(0, count));
}

async function codeOf(call: Promise<unknown> | (() => unknown)): Promise<ErrorCode | "none"> {
  try {
    await (typeof call === "function" ? call() : call);
    return "none";
  } catch (error) {
    assert(error instanceof SocketError, String(error));
    assertMatch(error.message, /^Cannot [^:]+(:\d+.*)?: .+[^.]$/);
    return error.code;
  }
}

Deno.test("socket() gives the lowest number that is free; the first three are taken", async () => {
  const { client } = stage();
  const make = (): number => client.socket("inet", "stream");
  assertEquals([make(), make(), make()], [3, 4, 5]);
  await client.close(4 as Descriptor);
  assertEquals([make(), make()], [4, 6]);
  await client.close(0 as Descriptor);
  assertEquals(make(), 0);
});

Deno.test("socket() refuses what this stack has no protocol for, and more than the process may have", async () => {
  const client = createProcess(twoHosts().a, { limit: 5 });
  assertEquals(await codeOf(() => client.socket("inet", "raw" as "dgram")), "EPROTONOSUPPORT");
  assertEquals(await codeOf(() => client.socket("unix" as "inet", "stream")), "EAFNOSUPPORT");
  const first = client.socket("inet", "stream");
  client.socket("inet", "stream");
  assertEquals(await codeOf(() => client.socket("inet", "stream")), "EMFILE");
  assertEquals(await codeOf(() => client.dup(first)), "EMFILE");
});

Deno.test("a descriptor, a socket, an address, a port and a connection are five things", async () => {
  const { client, server, settle, b } = stage();
  const descriptor = server.socket("inet", "stream");
  assertEquals(formatSocketAddress(server.getsockname(descriptor)), "0.0.0.0:0", "a socket without an address");
  server.bind(descriptor, SERVER);
  assertEquals(formatSocketAddress(server.getsockname(descriptor)), "10.44.0.2:80", "an address, and nobody listens");
  server.listen(descriptor, 5);
  assertEquals(b.tcp?.connections().length, 0, "a listening socket is no connection");

  const dialled = [client.socket("inet", "stream"), client.socket("inet", "stream")];
  for (const each of dialled) await settle(client.connect(each, SERVER));
  assertEquals(b.tcp?.connections().length, 2, "two connections, and no socket for them yet");
  const accepted = [await server.accept(descriptor), await server.accept(descriptor)];
  assertEquals(accepted, [4, 5] as Descriptor[]);
  for (const each of accepted) assertEquals(server.getsockname(each), SERVER, "all share one port");
  const [one, two] = accepted.map((each) => formatSocketAddress(server.getpeername(each)));
  assert(one !== two, "what differs is the other end");
  assertEquals(dialled.map((each) => formatSocketAddress(client.getsockname(each))), [one, two] as string[]);
  assertEquals(await codeOf(() => server.getpeername(descriptor)), "ENOTCONN");

  await server.close(descriptor);
  await server.write(accepted[1] as Descriptor, bytes("still here"));
  assertEquals(await settle(text(client, dialled[1] as Descriptor)), "still here", "the listener is gone, its connections are not");
});

Deno.test("calls on what is no socket, or no socket of that kind, fail by their names", async () => {
  const play = stage();
  const { client, server } = play;
  const buffer = new Uint8Array(1);
  for (const number of [7, -1, 1.5, NaN] as Descriptor[]) {
    assertEquals(await codeOf(client.read(number, buffer)), "EBADF");
    assertEquals(await codeOf(client.close(number)), "EBADF");
    assertEquals(await codeOf(() => client.dup(number)), "EBADF");
  }
  assertEquals(await codeOf(client.read(0 as Descriptor, buffer)), "ENOTSOCK");
  const fresh = client.socket("inet", "stream");
  assertEquals(await codeOf(client.read(fresh, buffer)), "ENOTCONN");
  assertEquals(await codeOf(client.write(fresh, buffer)), "ENOTCONN");
  assertEquals(await codeOf(() => client.shutdown(fresh, "write")), "ENOTCONN");
  assertEquals(await codeOf(client.accept(fresh)), "EINVAL");
  assertEquals(await codeOf(() => client.listen(fresh, 0)), "EINVAL");
  const { near, listener } = await connected(play);
  assertEquals(await codeOf(server.read(listener, buffer)), "ENOTCONN");
  assertEquals(await codeOf(server.connect(listener, SERVER)), "EOPNOTSUPP");
  assertEquals(await codeOf(() => server.listen(listener, 5)), "EINVAL");
  assertEquals(await codeOf(() => client.listen(near, 5)), "EINVAL");
  assertEquals(await codeOf(client.accept(near)), "EINVAL");
  assertEquals(await codeOf(client.connect(near, SERVER)), "EISCONN");
  assertEquals(await codeOf(() => client.bind(near, at("10.44.0.1:5000"))), "EINVAL");
});

Deno.test("bind() wants an address of this host's that is free, and for a well-known port the privilege", async () => {
  const { client, server, a } = stage();
  const wish = (process: Process, address: string): Promise<string> =>
    codeOf(() => process.bind(process.socket("inet", "stream"), at(address)));
  assertEquals(await wish(client, "10.44.0.1:80"), "EACCES");
  assertEquals(await wish(client, "10.44.0.2:8080"), "EADDRNOTAVAIL");
  assertEquals(await wish(client, "10.44.0.1:8080"), "none");
  assertEquals(await wish(client, "0.0.0.0:8080"), "EADDRINUSE");
  assertEquals(await wish(server, "0.0.0.0:80"), "none");
  assertEquals(a.tcp?.ports.size(), 1, "what failed took nothing");
  const error = assertThrows(() => server.bind(server.socket("inet", "stream"), SERVER), SocketError);
  assertEquals(error.message, "Cannot bind 10.44.0.2:80: the address is in use");
});

Deno.test("bind() to port 0 takes an ephemeral one; so does listening without an address", () => {
  const { client } = stage();
  const first = client.socket("inet", "stream");
  client.bind(first, at("10.44.0.1:0"));
  const second = client.socket("inet", "stream");
  client.listen(second, 1);
  for (const each of [first, second]) assert(client.getsockname(each).port >= 49152);
});

Deno.test("a port is given back when its last owner closes", async () => {
  const play = stage({ timeWait: 1000 });
  const { client, server, a, b, pass } = play;
  const { near, far, listener } = await connected(play);
  const bound = client.socket("inet", "stream");
  client.bind(bound, at("10.44.0.1:9000"));
  await client.close(bound);
  for (const each of [far, listener]) await server.close(each);
  await client.close(near);
  await pass(2000);
  assertEquals([a.tcp?.ports.size(), b.tcp?.ports.size(), a.tcp?.connections().length, b.tcp?.connections().length], [0, 0, 0, 0]);
});

Deno.test("connect() from a bound socket comes from its address", async () => {
  const { client, server, settle } = stage();
  const listener = listening(server);
  const socket = client.socket("inet", "stream");
  client.bind(socket, at("0.0.0.0:5555"));
  await settle(client.connect(socket, SERVER));
  assertEquals(formatSocketAddress(client.getsockname(socket)), "10.44.0.1:5555");
  assertEquals(formatSocketAddress(server.getpeername(await server.accept(listener))), "10.44.0.1:5555");
});

Deno.test("a bound socket that cannot listen or connect keeps its address", async () => {
  const { client, server, settle, a } = stage();
  listening(server);
  const bound = (): Descriptor => {
    const descriptor = client.socket("inet", "stream");
    client.setsockopt(descriptor, "SO_REUSEADDR", true);
    client.bind(descriptor, at("10.44.0.1:5555"));
    return descriptor;
  };
  const [first, second, third] = [bound(), bound(), bound()];
  client.listen(first, 1);
  assertEquals(await codeOf(() => client.listen(second, 1)), "EADDRINUSE");
  await settle(client.connect(second, SERVER));
  assertEquals(await codeOf(client.connect(third, SERVER)), "EADDRINUSE", "that very connection exists already");
  for (const each of [first, second, third]) assertEquals(formatSocketAddress(client.getsockname(each)), "10.44.0.1:5555");
  assertEquals(a.tcp?.ports.size(), 3);
  await client.close(third);
  await client.close(first);
  assertEquals(a.tcp?.ports.size(), 1);
});

Deno.test("accept() without a descriptor to spare leaves the connection in the queue", async () => {
  const { a, b, settle } = twoHosts();
  const server = createProcess(b, { privileged: true, limit: 5 });
  const listener = listening(server);
  const spare = server.dup(listener);
  const client = createProcess(a);
  await settle(client.connect(client.socket("inet", "stream"), SERVER));
  assertEquals(await codeOf(server.accept(listener)), "EMFILE");
  await server.close(spare);
  assertEquals(await settle(server.accept(listener)), spare);
});

Deno.test("connect() says ENOBUFS when the host has all the connections that it may", async () => {
  const { client, server, settle } = stage({ maxConnections: 1 });
  listening(server);
  const [first, second] = [client.socket("inet", "stream"), client.socket("inet", "stream")];
  await settle(client.connect(first, SERVER));
  assertEquals(await codeOf(client.connect(second, SERVER)), "ENOBUFS");
});

Deno.test("connect() fails by name: refused, no answer, no route, no such address; and may be tried again", async () => {
  const { client, server, settle, cut } = stage({ openR2: 3000 });
  const socket = client.socket("inet", "stream");
  assertEquals(await codeOf(settle(client.connect(socket, SERVER))), "ECONNREFUSED");
  assertEquals(await codeOf(client.connect(socket, at("192.0.2.1:80"))), "ENETUNREACH");
  assertEquals(await codeOf(client.connect(socket, at("224.0.0.1:80"))), "EINVAL");
  assertEquals(await codeOf(client.connect(socket, at("10.44.0.2:0"))), "EINVAL");
  cut(true);
  assertEquals(await codeOf(settle(client.connect(socket, SERVER))), "ETIMEDOUT");
  cut(false);
  listening(server);
  await settle(client.connect(socket, SERVER));
  assertEquals(client.getpeername(socket), SERVER);
});

Deno.test("a socket that must not wait says EAGAIN, and connects behind EINPROGRESS", async () => {
  const { client, server, pass } = stage();
  const listener = listening(server);
  server.setNonBlocking(listener, true);
  assertEquals(await codeOf(server.accept(listener)), "EAGAIN");
  const near = client.socket("inet", "stream");
  client.setNonBlocking(near, true);
  assertEquals(await codeOf(client.connect(near, SERVER)), "EINPROGRESS");
  assertEquals(await codeOf(client.connect(near, SERVER)), "EALREADY");
  assertEquals(await codeOf(client.write(near, bytes("x"))), "EAGAIN");
  assertEquals(await codeOf(client.read(near, new Uint8Array(1))), "EAGAIN");
  await pass();
  assertEquals(await codeOf(client.connect(near, SERVER)), "EISCONN");
  const far = await server.accept(listener);
  assertEquals(await codeOf(client.read(near, new Uint8Array(1))), "EAGAIN");
  await server.write(far, bytes("now"));
  await pass();
  assertEquals(await text(client, near), "now");
});

Deno.test("a socket that must not wait learns by SO_ERROR, once, that it was refused", async () => {
  const { client, pass } = stage();
  const near = client.socket("inet", "stream");
  client.setNonBlocking(near, true);
  await codeOf(client.connect(near, SERVER));
  assertEquals(client.getsockopt(near, "SO_ERROR"), undefined);
  await pass();
  assertEquals([client.getsockopt(near, "SO_ERROR"), client.getsockopt(near, "SO_ERROR")], ["ECONNREFUSED", undefined]);
  assertEquals(await codeOf(client.read(near, new Uint8Array(1))), "ENOTCONN");
});

Deno.test("write() waits for room, and without waiting writes what fits", async () => {
  const play = stage({ sendBuffer: 4000, receiveBuffer: 4000 });
  const { client, server, settle, pass } = play;
  const { near, far } = await connected(play);
  const data = new Uint8Array(50_000).map((_, index) => index);
  let over = false;
  const writing = client.write(near, data).finally(() => over = true);
  await pass(100);
  assert(!over, "the reader does not read, and both buffers are full");
  const got = new Uint8Array(60_000);
  let count = 0;
  while (count < data.length) count += await settle(server.read(far, got.subarray(count)));
  assertEquals([await settle(writing), got.subarray(0, count)], [data.length, data] as [number, Uint8Array<ArrayBuffer>]);

  client.setNonBlocking(near, true);
  const taken: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    taken.push(await client.write(near, data).catch((error) => error.code));
    await pass(100);
  }
  assertEquals<unknown[]>(
    taken,
    [4000, 4000, "EAGAIN"],
    "what a send buffer holds, and again when that has moved to the peer's receive buffer",
  );
});

Deno.test("read() gives what there is, and not what was written at once", async () => {
  const play = stage();
  const { client, server, settle, pass } = play;
  const { near, far } = await connected(play);
  for (const word of ["one", "two", "three"]) await client.write(near, bytes(word));
  await pass();
  assertEquals(await text(server, far, 4), "onet");
  assertEquals(await text(server, far), "wothree");
  assertEquals(await server.read(far, new Uint8Array(0)), 0);
  const waiting = text(server, far);
  await client.write(near, bytes("late"));
  assertEquals(await settle(waiting), "late");
});

Deno.test("shutdown() ends one half, for everybody, and the other half goes on", async () => {
  const play = stage();
  const { client, server, settle } = play;
  const { near, far } = await connected(play);
  const child = client.fork();
  await client.write(near, bytes("question"));
  child.shutdown(near, "write");
  client.shutdown(near, "write");
  assertEquals(await codeOf(client.write(near, bytes("more"))), "EPIPE");
  assertEquals([await settle(text(server, far)), await settle(text(server, far))], ["question", undefined]);
  await server.write(far, bytes("answer"));
  assertEquals(await settle(text(client, near)), "answer");
  client.shutdown(near, "read");
  assertEquals(await client.read(near, new Uint8Array(1)), 0);
});

Deno.test("close() of a dup closes nothing; the connection ends with the last descriptor", async () => {
  const play = stage();
  const { client, server, settle, pass } = play;
  const { near, far } = await connected(play);
  const second = client.dup(near);
  assertEquals(second, 4 as Descriptor);
  await client.close(near);
  await client.write(second, bytes("by the second"));
  assertEquals(await settle(text(server, far)), "by the second");
  await client.close(second);
  assertEquals(await settle(text(server, far)), undefined);
  await pass();
  assertEquals(await codeOf(client.write(second, bytes("x"))), "EBADF");
});

Deno.test("fork() inherits: parent accepts, child serves, and O_NONBLOCK is the socket's", async () => {
  const play = stage();
  const { client, server, settle, b } = play;
  const { near, far, listener } = await connected(play);
  const child = server.fork("child");
  await child.close(listener);
  await server.close(far);
  await child.write(far, bytes("from the child"));
  assertEquals(await settle(text(client, near)), "from the child");
  server.setNonBlocking(listener, true);
  assertEquals(await codeOf(child.read(listener, new Uint8Array(1))), "EBADF");
  assertEquals(b.tcp?.listeners.size, 1, "the parent listens on");
  await child.exit();
  assertEquals(await settle(text(client, near)), undefined);
  assertEquals(await codeOf(() => child.socket("inet", "stream")), "EBADF");
  const twin = server.fork();
  assertEquals(await codeOf(twin.accept(listener)), "EAGAIN");
});

Deno.test("closing while a call waits ends the call", async () => {
  const play = stage();
  const { client, server, settle } = play;
  const { near, listener } = await connected(play);
  const calls = [codeOf(client.read(near, new Uint8Array(1))), codeOf(server.accept(listener))];
  await client.close(near);
  await server.close(listener);
  for (const call of calls) assertEquals(await settle(call), "EBADF");
});

Deno.test("exit() while accepting leaves no connection behind", async () => {
  const { client, server, settle, pass, b } = stage();
  const listener = listening(server);
  const other = server.fork();
  const accepting = codeOf(other.accept(listener));
  await other.exit();
  await settle(client.connect(client.socket("inet", "stream"), SERVER));
  await pass();
  assertEquals(await settle(accepting), "EBADF");
  await pass(200_000);
  assertEquals(b.tcp?.connections().map(({ tcb }) => tcb.state), ["FIN-WAIT-2"].slice(1));
});

Deno.test("a reset is told once: what came before it is read first, and then nothing can be written", async () => {
  const play = stage();
  const { client, server, pass } = play;
  const { near, far } = await connected(play);
  await server.write(far, bytes("last words"));
  await pass();
  server.setsockopt(far, "SO_LINGER", 0);
  await server.close(far);
  await pass();
  assertEquals(await text(client, near, 4), "last");
  assertEquals(await text(client, near), " words");
  assertEquals(await codeOf(client.read(near, new Uint8Array(1))), "ECONNRESET");
  assertEquals(await client.read(near, new Uint8Array(1)), 0);
  assertEquals(await codeOf(client.write(near, bytes("x"))), "EPIPE");
  assertEquals(await codeOf(() => client.getpeername(near)), "ENOTCONN");
  assertEquals(await codeOf(() => client.shutdown(near, "write")), "ENOTCONN");
});

Deno.test("close() with text that nobody read resets, so that the peer does not believe it was read", async () => {
  const play = stage();
  const { client, server, pass } = play;
  const { near, far } = await connected(play);
  await client.write(near, bytes("unread"));
  await pass();
  await server.close(far);
  await pass();
  assertEquals(await codeOf(client.write(near, bytes("x"))), "ECONNRESET");
  assertEquals(await codeOf(client.write(near, bytes("x"))), "EPIPE");
});

Deno.test("close() delivers what was written, though it does not wait for it", async () => {
  const play = stage();
  const { client, server, settle } = play;
  const { near, far } = await connected(play);
  const data = new Uint8Array(100_000).fill(7);
  await client.write(near, data);
  await client.close(near);
  let count = 0;
  for (let got = 1; got > 0; count += got) got = await settle(server.read(far, new Uint8Array(9000)));
  assertEquals(count, data.length);
});

Deno.test("SO_LINGER has close() wait until the text has arrived, or the time is over", async () => {
  const play = stage();
  const { client, server, settle, now, cut } = play;
  const { near, far, listener } = await connected(play);
  const second = client.socket("inet", "stream");
  await settle(client.connect(second, SERVER));
  for (const each of [near, second]) client.setsockopt(each, "SO_LINGER", 5);
  await client.write(near, bytes("arrives"));
  await settle(client.close(near));
  assertEquals([await text(server, far), now()], ["arrives", 0]);
  cut(true);
  await client.write(second, bytes("does not"));
  await settle(client.close(second));
  assertEquals(now(), 5000);
  await server.close(listener);
});

Deno.test("SO_REUSEADDR lets a server start again while its connections are in TIME-WAIT", async () => {
  for (const reuse of [false, true]) {
    const { client, server, settle, pass, b } = stage();
    const start = (): Descriptor => {
      const listener = server.socket("inet", "stream");
      server.setsockopt(listener, "SO_REUSEADDR", reuse);
      server.bind(listener, SERVER);
      server.listen(listener, 1);
      return listener;
    };
    const listener = start();
    const near = client.socket("inet", "stream");
    await settle(client.connect(near, SERVER));
    await server.close(await server.accept(listener));
    await pass();
    await client.close(near);
    await server.close(listener);
    await pass();
    assertEquals(b.tcp?.connections().map(({ tcb }) => tcb.state), ["TIME-WAIT"]);
    assertEquals(await codeOf(start), reuse ? "none" : "EADDRINUSE");
  }
});

Deno.test("SO_RCVBUF and SO_SNDBUF are what a connection gets, accepted ones too", async () => {
  const play = stage();
  const { client, server, settle, pass } = play;
  const listener = server.socket("inet", "stream");
  server.setsockopt(listener, "SO_RCVBUF", 4000);
  server.bind(listener, SERVER);
  server.listen(listener, 1);
  const near = client.socket("inet", "stream");
  client.setsockopt(near, "SO_SNDBUF", 2000);
  await settle(client.connect(near, SERVER));
  server.setsockopt(listener, "SO_RCVBUF", 9000);
  const far = await server.accept(listener);
  assertEquals([server.getsockopt(far, "SO_RCVBUF"), client.getsockopt(near, "SO_SNDBUF")], [4000, 2000]);
  client.setNonBlocking(near, true);
  let total = 0;
  for (let i = 0; i < 4; i++) {
    total += await client.write(near, new Uint8Array(9000)).catch(() => 0);
    await pass(100);
  }
  assertEquals(total, 6000, "what both buffers hold");
});

Deno.test("SO_SNDBUF of a connected socket is what it holds at most from then on, up to what it was made with", async () => {
  const play = stage({ sendBuffer: 20_000, receiveBuffer: 1000 });
  const { client, server, settle, pass } = play;
  const { near, far } = await connected(play);
  const set = (size: number): number => {
    client.setsockopt(near, "SO_SNDBUF", size);
    return client.getsockopt(near, "SO_SNDBUF");
  };
  client.setNonBlocking(near, true);
  const fill = (): Promise<number> => client.write(near, new Uint8Array(50_000)).catch(() => 0);
  assertEquals([set(5000), await fill(), await fill()], [5000, 5000, 0]);
  assertEquals([set(8000), await fill()], [8000, 3000], "what is left of it");
  assertEquals([set(2000), await fill()], [2000, 0], "less than it holds already: that stays");
  assertEquals([set(1 << 30), await fill()], [20_000, 12_000], "no more than it was made with");
  // Nothing of what it took is lost, and a writer that waits is woken by room below the limit.
  client.setNonBlocking(near, false);
  set(4000);
  const writing = client.write(near, new Uint8Array(10));
  let arrived = 0;
  while (arrived < 20_010) arrived += await settle(server.read(far, new Uint8Array(5000)));
  assertEquals([arrived, await settle(writing)], [20_010, 10]);
  // And by a higher limit.
  await fillUp(client, near, pass);
  const waiting = client.write(near, new Uint8Array(10));
  assertEquals(set(20_000), 20_000);
  assertEquals(await settle(waiting), 10);
});

/** Writes until nothing more is taken. */
async function fillUp(process: Process, descriptor: Descriptor, pass: TwoHosts["pass"]): Promise<void> {
  process.setNonBlocking(descriptor, true);
  while (await process.write(descriptor, new Uint8Array(1000)).catch(() => 0) > 0) await pass(100);
  process.setNonBlocking(descriptor, false);
}

Deno.test("SO_RCVBUF of a connected socket moves its window, which never takes back what it promised", async () => {
  const play = stage({ receiveBuffer: 20_000 });
  const { a, b, client, server, pass } = play;
  const { near, far } = await connected(play);
  const set = (size: number): number => {
    server.setsockopt(far, "SO_RCVBUF", size);
    return server.getsockopt(far, "SO_RCVBUF");
  };
  const window = (): number => a.tcp?.connections()[0]?.tcb.sndWnd ?? -1;
  const held = (): number => b.tcp?.connections()[0]?.readable ?? -1;
  const edges: number[] = [];
  const write = async (count: number): Promise<void> => {
    client.setNonBlocking(near, true);
    await client.write(near, new Uint8Array(count)).catch(() => 0);
    await pass(1000);
    const tcb = b.tcp?.connections()[0]?.tcb;
    edges.push((tcb?.rcvNxt ?? 0) - (tcb?.irs ?? 0) + (tcb?.rcvWnd ?? 0));
  };
  await write(1000);
  assertEquals([set(4000), window(), held()], [4000, 19_000, 1000], "what was announced stays");
  await write(10_000);
  assertEquals([window(), held()], [9000, 11_000], "and is honoured");
  await write(9000);
  assertEquals([window(), held()], [0, 20_000]);
  assertEquals(await server.read(far, new Uint8Array(17_000)), 17_000);
  await write(1);
  assertEquals([window(), held()], [0, 3000], "it holds all but as much as it may: no window of a few bytes opens");
  assertEquals(await server.read(far, new Uint8Array(3000)), 3000);
  await pass(1000);
  assertEquals(held() + window(), 4000, "empty, it takes what it may hold");
  assertEquals(set(1 << 30), 20_000, "no more than it was made with");
  await pass();
  assertEquals(held() + window(), 20_000, "and the peer hears of it at once");
  assertEquals(edges, edges.toSorted((one, other) => one - other));
});

Deno.test("setsockopt() refuses values that are none", async () => {
  const { client } = stage();
  const socket = client.socket("inet", "stream");
  const wrong = [["SO_RCVBUF", 0], ["SO_SNDBUF", 1.5], ["SO_RCVBUF", 2 ** 31], ["SO_LINGER", -1], ["TCP_NODELAY", 1], [
    "SO_REUSEADDR",
    "yes",
  ]];
  for (const [name, value] of wrong) assertEquals(await codeOf(() => client.setsockopt(socket, name as never, value as never)), "EINVAL");
  for (const name of ["SO_MAGIC", "constructor"]) {
    assertEquals(await codeOf(() => client.setsockopt(socket, name as never, true as never)), "ENOPROTOOPT");
    assertEquals(await codeOf(() => client.getsockopt(socket, name as never)), "ENOPROTOOPT");
  }
});

Deno.test("TCP_NODELAY sends small segments at once, on a connection that exists already too", async () => {
  const play = stage();
  const { client, server, pass } = play;
  const { near, far } = await connected(play);
  const dribble = async (): Promise<string | undefined> => {
    for (const letter of "abc") {
      await client.write(near, bytes(letter));
      await pass();
    }
    return await text(server, far);
  };
  assertEquals(await dribble(), "a", "Nagle: the rest waits for an acknowledgment");
  await pass(500);
  assertEquals(await text(server, far), "bc");
  await pass(500);
  client.setsockopt(near, "TCP_NODELAY", true);
  assertEquals(await dribble(), "abc");
});

Deno.test("SO_KEEPALIVE finds out that the peer is gone; without it nobody does", async () => {
  const play = stage();
  const { client, server, settle, pass, cut, now } = play;
  const { near, far } = await connected(play);
  client.setsockopt(near, "SO_KEEPALIVE", true);
  cut(true);
  assertEquals(await codeOf(settle(client.read(near, new Uint8Array(1)))), "ETIMEDOUT");
  assert(now() >= 7_200_000);
  server.setNonBlocking(far, true);
  await pass(10 * 7_200_000);
  assertEquals(await codeOf(server.read(far, new Uint8Array(1))), "EAGAIN");
});
