/** Options, flags and questions that a program has for a socket, between two reference hosts on a clock of their own. */
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { type TwoHosts, twoHosts } from "../../tools/testing/two_hosts.ts";
import type { TcpConfig } from "../host_config.ts";
import { parseSocketAddress as at } from "./address.ts";
import { createProcess, type Descriptor, type Process } from "./descriptors.ts";
import { SocketError } from "./errors.ts";
import type { SocketOptions } from "./socket_options.ts";

const SERVER = at("10.44.0.2:80");
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

interface Stage extends TwoHosts {
  readonly client: Process;
  readonly server: Process;
  readonly near: Descriptor;
  readonly far: Descriptor;
  readonly listener: Descriptor;
}

/** A connection, whose sockets were given options before it was made. */
async function connected(options: Partial<SocketOptions> = {}, tcp: TcpConfig = {}): Promise<Stage> {
  const hosts = twoHosts(tcp);
  const client = createProcess(hosts.a, { name: "client" });
  const server = createProcess(hosts.b, { name: "server", privileged: true });
  const listener = server.socket("inet", "stream");
  const near = client.socket("inet", "stream");
  for (const [name, value] of Object.entries(options)) {
    server.setsockopt(listener, name as keyof SocketOptions, value as never);
    client.setsockopt(near, name as keyof SocketOptions, value as never);
  }
  server.bind(listener, SERVER);
  server.listen(listener, 5);
  const accepting = server.accept(listener);
  await hosts.settle(client.connect(near, SERVER));
  return { ...hosts, client, server, near, far: await hosts.settle(accepting), listener };
}

async function codeOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return "none";
  } catch (error) {
    assert(error instanceof SocketError, String(error));
    return error.code;
  }
}

/** What arrives within so many milliseconds. */
async function arriving({ server, far, pass }: Stage, within: number): Promise<number> {
  await pass(within);
  return server.ioctl(far, "SIOCINQ");
}

/** When a call rejects, and why. */
async function ending(stage: Stage, call: Promise<unknown>): Promise<[code: string, milliseconds: number]> {
  const begin = stage.now();
  const code = await codeOf(() => stage.settle(call));
  return [code, stage.now() - begin];
}

Deno.test("setsockopt() refuses what is out of range, by EINVAL, and takes what is not", async () => {
  const { client, near } = await connected();
  const bounds: readonly [keyof SocketOptions, good: readonly unknown[], bad: readonly unknown[]][] = [
    ["TCP_CORK", [true, false], [1, undefined]],
    ["TCP_MAXSEG", [0, 88, 32_767], [87, 32_768, -1, 1000.5, "1000"]],
    ["TCP_KEEPIDLE", [1, 32_767], [0, 32_768]],
    ["TCP_KEEPINTVL", [1, 32_767], [0, 32_768]],
    ["TCP_KEEPCNT", [1, 127], [0, 128]],
    ["TCP_USER_TIMEOUT", [0, 1, 2 ** 31 - 1], [-1, 2 ** 31, true]],
    ["TCP_SYNCNT", [0, 1, 127], [-1, 128]],
    ["IP_TTL", [1, 255], [0, 256]],
    ["IP_TOS", [0, 255], [-1, 256]],
  ];
  for (const [name, good, bad] of bounds) {
    for (const value of good) assertEquals(await codeOf(() => client.setsockopt(near, name, value as never)), "none", `${name} ${value}`);
    for (const value of bad) assertEquals(await codeOf(() => client.setsockopt(near, name, value as never)), "EINVAL", `${name} ${value}`);
  }
});

Deno.test("getsockopt() says what was set, for this socket and those that it accepts, and for no other", async () => {
  const { client, server, near, far } = await connected({ TCP_KEEPIDLE: 7, IP_TTL: 9 });
  assertEquals([server.getsockopt(far, "TCP_KEEPIDLE"), server.getsockopt(far, "IP_TTL"), client.getsockopt(near, "IP_TTL")], [7, 9, 9]);
  const other = client.socket("inet", "stream");
  assertEquals([client.getsockopt(other, "TCP_KEEPIDLE"), client.getsockopt(other, "IP_TTL")], [7200, 64]);
});

Deno.test("sockets on which nothing was set share the host's own settings: ten thousand of them cost one record", async () => {
  const stage = await connected();
  const { a, b } = stage;
  for (const host of [a, b]) {
    for (const connection of host.tcp?.connections() ?? []) assertStrictEquals(connection.options, host.tcp?.connectionDefaults);
  }
});

Deno.test("TCP_MAXSEG limits segments when it is set before, and says afterwards how large they are", async () => {
  const fresh = twoHosts().a;
  const process = createProcess(fresh);
  const descriptor = process.socket("inet", "stream");
  assertEquals(process.getsockopt(descriptor, "TCP_MAXSEG"), 536);
  process.setsockopt(descriptor, "TCP_MAXSEG", 1000);
  assertEquals(process.getsockopt(descriptor, "TCP_MAXSEG"), 1000);
  const { client, near, server, far } = await connected({ TCP_MAXSEG: 1000 });
  assertEquals([client.getsockopt(near, "TCP_MAXSEG"), server.getsockopt(far, "TCP_MAXSEG")], [988, 988], "less the timestamps");
  assertEquals(client.info(near).tcpi_advmss, 1000);
});

Deno.test("TCP_CORK holds a part of a segment until it is taken back, 200 ms at most", async () => {
  const stage = await connected({ TCP_NODELAY: true });
  const { client, near } = stage;
  client.setsockopt(near, "TCP_CORK", true);
  await client.write(near, new Uint8Array(1448 + 100));
  assertEquals(await arriving(stage, 0), 1448);
  await client.write(near, new Uint8Array(50));
  assertEquals(await arriving(stage, 100), 1448);
  client.setsockopt(near, "TCP_CORK", false);
  assertEquals(await arriving(stage, 100), 1598);
  client.setsockopt(near, "TCP_CORK", true);
  await client.write(near, new Uint8Array(2));
  assertEquals([await arriving(stage, 199), await arriving(stage, 1)], [1598, 1600]);
});

Deno.test("MSG_MORE is a cork for one call", async () => {
  const stage = await connected();
  const { client, near } = stage;
  await client.send(near, bytes("GET "), "MSG_MORE");
  assertEquals(await arriving(stage, 100), 0);
  await client.send(near, bytes("/"));
  assertEquals(await arriving(stage, 0), 5);
});

Deno.test("TCP_QUICKACK: a byte is acknowledged at once, where it would wait", async () => {
  for (const quick of [false, true]) {
    const { client, server, near, far, pass } = await connected({}, { delayedAck: 100 });
    server.setsockopt(far, "TCP_QUICKACK", quick);
    await client.write(near, bytes("x"));
    await pass();
    assertEquals(client.ioctl(near, "SIOCOUTQ"), quick ? 0 : 1);
    await pass(100);
    assertEquals(client.ioctl(near, "SIOCOUTQ"), 0);
  }
});

Deno.test("SO_KEEPALIVE: questions after TCP_KEEPIDLE, TCP_KEEPINTVL apart; after TCP_KEEPCNT of them ETIMEDOUT", async () => {
  const stage = await connected({ SO_KEEPALIVE: true, TCP_KEEPIDLE: 20, TCP_KEEPINTVL: 5, TCP_KEEPCNT: 3 });
  const { client, near, pass, cut } = stage;
  await pass(1_000_000);
  assertEquals(client.info(near).tcpi_state, 1, "a peer that answers is not given up");
  const before = client.info(near).tcpi_segs_out as number;
  cut(true);
  const [code] = await ending(stage, client.read(near, new Uint8Array(1)));
  assertEquals([code, (client.info(near).tcpi_segs_out as number) - before], ["ETIMEDOUT", 3]);
});

Deno.test("TCP_USER_TIMEOUT ends a connection with ETIMEDOUT when nothing was acknowledged for so long", async () => {
  const stage = await connected();
  const { client, near, cut } = stage;
  client.setsockopt(near, "TCP_USER_TIMEOUT", 12_345);
  cut(true);
  await client.write(near, bytes("lost"));
  assertEquals(await ending(stage, client.read(near, new Uint8Array(1))), ["ETIMEDOUT", 12_345]);
});

Deno.test("TCP_SYNCNT: a call is given up after so many repetitions", async () => {
  const hosts = twoHosts();
  hosts.cut(true);
  const client = createProcess(hosts.a);
  const descriptor = client.socket("inet", "stream");
  client.setsockopt(descriptor, "TCP_SYNCNT", 1);
  assertEquals(await ending({ ...hosts } as Stage, client.connect(descriptor, SERVER)), ["ETIMEDOUT", 3000]);
});

Deno.test("IP_TTL and IP_TOS are in the packets, without the bits of ECN", async () => {
  const stage = await connected();
  const { client, near, a } = stage;
  client.setsockopt(near, "IP_TTL", 7);
  client.setsockopt(near, "IP_TOS", 0x13);
  const [connection] = a.tcp?.connections() ?? [];
  assertEquals([connection?.options.timeToLive, connection?.options.typeOfService], [7, 0x10]);
  assertEquals([client.getsockopt(near, "IP_TTL"), client.getsockopt(near, "IP_TOS")], [7, 0x13]);
});

Deno.test("MSG_PEEK shows bytes that are still there afterwards; together with what comes later they are one stream", async () => {
  const stage = await connected();
  const { client, server, near, far, pass } = stage;
  const look = async (count: number, ...flags: ("MSG_PEEK" | "MSG_DONTWAIT")[]): Promise<string> => {
    const target = new Uint8Array(count);
    return new TextDecoder().decode(target.subarray(0, await server.recv(far, target, ...flags)));
  };
  const peeking = look(3, "MSG_PEEK");
  await client.write(near, bytes("abcdef"));
  assertEquals(await stage.settle(peeking), "abc");
  assertEquals(await look(5, "MSG_PEEK"), "abcde");
  assertEquals(await look(2, "MSG_PEEK"), "ab");
  assertEquals(server.ioctl(far, "SIOCINQ"), 6);
  assertEquals(await look(4), "abcd");
  await client.write(near, bytes("ghi"));
  await pass();
  assertEquals(await look(100, "MSG_PEEK"), "efghi");
  client.shutdown(near, "write");
  await pass();
  assertEquals([await look(100), await look(100, "MSG_PEEK"), await look(1)], ["efghi", "", ""]);
});

Deno.test("close() tells the peer by a RST that bytes were looked at and never read", async () => {
  const stage = await connected();
  const { client, server, near, far } = stage;
  await client.write(near, bytes("x"));
  await stage.settle(server.recv(far, new Uint8Array(1), "MSG_PEEK"));
  await server.close(far);
  assertEquals((await ending(stage, client.read(near, new Uint8Array(1))))[0], "ECONNRESET");
});

Deno.test("MSG_DONTWAIT: this call does not wait, the next one does", async () => {
  const stage = await connected({ SO_SNDBUF: 1000 });
  const { client, server, near, far, cut } = stage;
  assertEquals(await codeOf(() => client.recv(near, new Uint8Array(1), "MSG_DONTWAIT")), "EAGAIN");
  const reading = client.read(near, new Uint8Array(1));
  await server.write(far, bytes("x"));
  assertEquals(await stage.settle(reading), 1);
  cut(true);
  assertEquals(await client.send(near, new Uint8Array(3000), "MSG_DONTWAIT"), 1000);
  assertEquals(await codeOf(() => client.send(near, new Uint8Array(1), "MSG_DONTWAIT")), "EAGAIN");
});

Deno.test("MSG_OOB: the peer hears that urgent data is on its way, and poll() says so", async () => {
  const stage = await connected();
  const { client, server, near, far, settle } = stage;
  const polling = server.poll([{ descriptor: far, events: ["POLLPRI"] }], -1);
  assertEquals(await client.send(near, bytes("now!"), "MSG_OOB", "MSG_NOSIGNAL"), 4);
  assertEquals(await settle(polling), [["POLLPRI"]]);
});

Deno.test("recvfrom() and sendto() on a stream are read and write, and name the peer", async () => {
  const stage = await connected();
  const { client, server, near, far, settle } = stage;
  assertEquals(await client.sendto(near, bytes("hello"), at("10.9.9.9:9")), 5);
  const received = await settle(server.recvfrom(far, new Uint8Array(10)));
  assertEquals(received, { count: 5, from: client.getsockname(near) });
});

Deno.test("ioctl() counts bytes to read, to be acknowledged, and to be sent", async () => {
  const stage = await connected();
  const { client, server, near, far, listener, cut, pass } = stage;
  await client.write(near, bytes("hello"));
  await pass();
  assertEquals([server.ioctl(far, "SIOCINQ"), client.ioctl(near, "SIOCINQ")], [5, 0]);
  await pass(1000);
  cut(true);
  await client.write(near, new Uint8Array(100));
  await pass();
  await client.write(near, new Uint8Array(10));
  await pass();
  assertEquals([client.ioctl(near, "SIOCOUTQ"), client.ioctl(near, "SIOCOUTQNSD")], [110, 10], "Nagle's algorithm keeps the second back");
  assertEquals(await codeOf(() => server.ioctl(listener, "SIOCINQ")), "EINVAL");
  assertEquals(client.ioctl(client.socket("inet", "stream"), "SIOCOUTQ"), 0);
});

Deno.test("info() of a socket without a connection, of a listening one, and of one that broke", async () => {
  const stage = await connected();
  const { client, server, near, listener, settle } = stage;
  assertEquals(client.info(client.socket("inet", "stream")), { tcpi_state: 7 });
  const more = client.socket("inet", "stream");
  await settle(client.connect(more, SERVER));
  assertEquals(server.info(listener), { tcpi_state: 10, tcpi_unacked: 1, tcpi_sacked: 5 });
  await server.exit();
  await ending(stage, client.read(more, new Uint8Array(1)));
  assertEquals([client.info(more).tcpi_state, client.info(near).tcpi_state], [7, 8]);
});

Deno.test("setsockopt() sends nothing by itself, except for a larger receive buffer", async () => {
  const { client, near, pass } = await connected({ SO_RCVBUF: 100_000 });
  await pass(1000);
  const sent = client.info(near).tcpi_segs_out;
  client.setsockopt(near, "TCP_NODELAY", true);
  client.setsockopt(near, "TCP_QUICKACK", true);
  client.setsockopt(near, "TCP_USER_TIMEOUT", 1000);
  client.setsockopt(near, "SO_RCVBUF", 10_000);
  await pass(1000);
  assertEquals(client.info(near).tcpi_segs_out, sent);
});
