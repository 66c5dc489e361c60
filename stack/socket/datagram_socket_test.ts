/** SOCK_DGRAM by the calls of BSD, between two reference hosts on a clock of their own. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type TwoHosts, twoHosts } from "../../tools/testing/two_hosts.ts";
import { formatSocketAddress, parseSocketAddress as at } from "./address.ts";
import { createProcess, type Descriptor, type Process } from "./descriptors.ts";
import { SocketError } from "./errors.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array, count: number): string => new TextDecoder().decode(data.subarray(0, count));
const SERVER = at("10.44.0.2:53");

function stage(): TwoHosts & { client: Process; server: Process; asks: Descriptor; answers: Descriptor } {
  const hosts = twoHosts();
  const [client, server] = [createProcess(hosts.a, { name: "client" }), createProcess(hosts.b, { name: "server", privileged: true })];
  const [asks, answers] = [client.socket("inet", "dgram"), server.socket("inet", "dgram")];
  server.bind(answers, SERVER);
  return { ...hosts, client, server, asks, answers };
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => call, SocketError)).code;
}

Deno.test("sendto() and recvfrom(): an address with every datagram, and a port from the first send on", async () => {
  const { client, server, asks, answers, settle } = stage();
  assertEquals(formatSocketAddress(client.getsockname(asks)), "0.0.0.0:0");
  assertEquals(await client.sendto(asks, bytes("who?"), SERVER), 4);
  const buffer = new Uint8Array(100);
  const { count, from } = await settle(server.recvfrom(answers, buffer));
  assertEquals([text(buffer, count), from.port], ["who?", client.getsockname(asks).port]);
  await server.sendto(answers, bytes("me"), from);
  assertEquals(text(buffer, await settle(client.recv(asks, buffer, "MSG_PEEK"))), "me");
  assertEquals([client.ioctl(asks, "SIOCINQ"), text(buffer, await client.read(asks, buffer))], [2, "me"]);
});

Deno.test("connect() on datagrams sends nothing, filters who is heard, and brings the error to who can know", async () => {
  const { a, b, client, server, asks, answers, settle, pass } = stage();
  const other = server.socket("inet", "dgram");
  await client.connect(asks, SERVER);
  await pass(10);
  assertEquals(b.counters()["udp: received"], undefined, "nothing was sent for that");
  const own = client.getsockname(asks);
  await server.sendto(other, bytes("stranger"), { ...at("10.44.0.1:1"), port: own.port });
  await client.write(asks, bytes("hello"));
  const { from } = await settle(server.recvfrom(answers, new Uint8Array(9)));
  await server.sendto(answers, bytes("peer"), from);
  const buffer = new Uint8Array(100);
  assertEquals(text(buffer, await settle(client.read(asks, buffer))), "peer");
  assertEquals(formatSocketAddress(client.getpeername(asks)), "10.44.0.2:53");
  await server.close(answers);
  await client.write(asks, bytes("anybody?"));
  assertEquals(await codeOf(settle(client.read(asks, buffer))), "ECONNREFUSED");
  client.setNonBlocking(asks, true);
  assertEquals(await codeOf(client.read(asks, buffer)), "EAGAIN", "it is told once");
  await client.connect(asks, at("0.0.0.0:0"));
  assertThrows(() => client.getpeername(asks), SocketError);
  assertEquals([a.framesLent, b.framesLent], [0, 0]);
});

Deno.test("poll() on datagrams: readable when one waits or an error does, writable always", async () => {
  const { client, server, asks, answers, settle } = stage();
  const look = (): Promise<string[][]> => server.poll([{ descriptor: answers, events: ["POLLIN", "POLLOUT"] }], 0);
  assertEquals(await look(), [["POLLOUT"]]);
  const waiting = settle(server.poll([{ descriptor: answers, events: ["POLLIN"] }], -1));
  await client.sendto(asks, bytes(""), SERVER);
  assertEquals(await waiting, [["POLLIN"]]);
  assertEquals(await server.read(answers, new Uint8Array(1)), 0, "an empty datagram is one, and no end");
  assertEquals(await look(), [["POLLOUT"]]);
});

Deno.test("datagram sockets know no connections, and say so", async () => {
  const { client, asks } = stage();
  assertThrows(() => client.listen(asks, 5), SocketError, "Cannot listen on 0.0.0.0:0: datagrams have no connections");
  assertThrows(() => client.shutdown(asks, "both"), SocketError, "datagrams have no connections");
  assertEquals(await codeOf(client.accept(asks)), "EOPNOTSUPP");
  assertEquals(await codeOf(client.write(asks, bytes("x"))), "ENOTCONN");
  assertEquals(await codeOf(client.sendto(asks, new Uint8Array(65_508), SERVER)), "EMSGSIZE");
  assertEquals(await codeOf(client.sendto(asks, bytes("x"), at("255.255.255.255:9"))), "EACCES");
  client.setsockopt(asks, "SO_BROADCAST", true);
  assertEquals(await client.sendto(asks, bytes("x"), at("255.255.255.255:9")), 1);
  assertThrows(
    () => client.setsockopt(asks, "TCP_NODELAY", true),
    SocketError,
    "Cannot set TCP_NODELAY: a datagram socket has no such option",
  );
});

Deno.test("a socket shared by fork lives until both have closed it, and then its port is free", async () => {
  const { b, server, answers } = stage();
  const child = server.fork();
  await server.close(answers);
  assertEquals(b.udp?.ports.size(), 1);
  const again = server.socket("inet", "dgram");
  assertThrows(() => server.bind(again, SERVER), SocketError, "Cannot bind 10.44.0.2:53: the address is in use");
  await child.exit();
  assertEquals([b.udp?.ports.size(), b.udp?.table.size()], [0, 0]);
  server.bind(again, SERVER);
});
