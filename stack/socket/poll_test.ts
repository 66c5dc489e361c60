/** What sockets are ready for, at once and after waiting. */
import { assertEquals } from "@std/assert";
import { type TwoHosts, twoHosts } from "../../tools/testing/two_hosts.ts";
import { parseSocketAddress as at } from "./address.ts";
import { createProcess, type Descriptor, type Process } from "./descriptors.ts";
import type { PollEvent } from "./poll.ts";

const SERVER = at("10.44.0.2:80");
const EVERYTHING: readonly PollEvent[] = ["POLLIN", "POLLOUT", "POLLPRI", "POLLRDHUP"];
const ONE = new Uint8Array(1);

interface Stage extends TwoHosts {
  readonly client: Process;
  readonly server: Process;
  readonly listener: Descriptor;
}

function stage(): Stage {
  const hosts = twoHosts({ sendBuffer: 1000 });
  const server = createProcess(hosts.b, { privileged: true });
  const listener = server.socket("inet", "stream");
  server.bind(listener, SERVER);
  server.listen(listener, 5);
  return { ...hosts, client: createProcess(hosts.a), server, listener };
}

async function connected({ client, server, listener, settle }: Stage): Promise<[near: Descriptor, far: Descriptor]> {
  const near = client.socket("inet", "stream");
  await settle(client.connect(near, SERVER));
  return [near, await settle(server.accept(listener))];
}

/** Everything that is so of a descriptor now. */
async function now(process: Process, descriptor: number, events = EVERYTHING): Promise<PollEvent[]> {
  return (await process.poll([{ descriptor, events }], 0))[0] as PollEvent[];
}

Deno.test("poll() says of an open connection what can be done with it, and says it again", async () => {
  const play = stage();
  const { client, server, pass, cut } = play;
  const [near, far] = await connected(play);
  assertEquals(await now(client, near), ["POLLOUT"]);
  await server.write(far, ONE);
  await pass();
  for (let i = 0; i < 2; i++) assertEquals(await now(client, near), ["POLLIN", "POLLOUT"]);
  assertEquals([await now(client, near, ["POLLOUT"]), await now(client, near, [])], [["POLLOUT"], []]);
  await client.recv(near, ONE, "MSG_PEEK");
  assertEquals(await now(client, near), ["POLLIN", "POLLOUT"], "what was looked at is still there");
  await client.read(near, ONE);
  cut(true);
  await client.write(near, new Uint8Array(1000));
  assertEquals(await now(client, near), [], "nothing to read, and no room");
});

Deno.test("poll() tells the halves apart: the peer's end, our own, and both", async () => {
  const play = stage();
  const { client, server, pass } = play;
  const [near, far] = await connected(play);
  client.shutdown(near, "write");
  await pass();
  assertEquals(await now(client, near), ["POLLOUT"], "writing fails at once");
  assertEquals(await now(server, far), ["POLLIN", "POLLOUT", "POLLRDHUP"]);
  server.shutdown(far, "write");
  await pass();
  assertEquals(await now(client, near), ["POLLIN", "POLLOUT", "POLLRDHUP", "POLLHUP"]);
  assertEquals(await now(client, near, []), ["POLLHUP"], "told though nobody asked");
});

Deno.test("poll() of sockets that are not connected, were refused, reset, closed, or never were", async () => {
  const play = stage();
  const { client, server, listener, pass, settle } = play;
  const fresh = client.socket("inet", "stream");
  assertEquals(await now(client, fresh), ["POLLOUT", "POLLHUP"]);
  client.setNonBlocking(fresh, true);
  await client.connect(fresh, at("10.44.0.2:81")).catch(() => {});
  assertEquals(await now(client, fresh), [], "on its way");
  await pass();
  assertEquals(await now(client, fresh), ["POLLERR", "POLLIN", "POLLOUT", "POLLRDHUP", "POLLHUP"]);
  assertEquals(client.getsockopt(fresh, "SO_ERROR"), "ECONNREFUSED");
  assertEquals(await now(client, fresh), ["POLLOUT", "POLLHUP"], "told once");

  assertEquals(await now(server, listener), []);
  const near = client.socket("inet", "stream");
  await settle(client.connect(near, SERVER));
  assertEquals(await now(server, listener), ["POLLIN"]);
  const far = await server.accept(listener);
  assertEquals(await now(server, listener), []);
  server.setsockopt(far, "SO_LINGER", 0);
  await server.close(far);
  await pass();
  assertEquals(await now(client, near), ["POLLERR", "POLLIN", "POLLOUT", "POLLRDHUP", "POLLHUP"]);
  assertEquals([await now(server, far), await now(client, 0), await now(client, 99), await now(client, -1)], [
    ["POLLNVAL"],
    ["POLLNVAL"],
    ["POLLNVAL"],
    [],
  ]);
});

Deno.test("poll() waits for the first of many, and for no longer than it was told", async () => {
  const play = stage();
  const { client, server, listener, settle, now: time } = play;
  const [near, far] = await connected(play);
  const [other] = await connected(play);
  const entries = [listener, far].map((descriptor) => ({ descriptor, events: ["POLLIN"] as const }));
  const begin = time();
  assertEquals(await settle(server.poll(entries, 250)), [[], []]);
  assertEquals(time() - begin, 250);
  const first = server.poll(entries, -1);
  await client.write(near, ONE);
  assertEquals(await settle(first), [[], ["POLLIN"]]);
  await server.read(far, ONE);
  const second = server.poll(entries, 1000);
  const third = client.socket("inet", "stream");
  await settle(client.connect(third, SERVER));
  assertEquals(await settle(second), [["POLLIN"], []]);
  const mine = client.poll([{ descriptor: other, events: ["POLLIN"] }], -1);
  await client.close(other);
  assertEquals(await settle(mine), [["POLLNVAL"]], "closed under those who wait");
});

Deno.test("poll() leaves nobody behind who watches, however it ended", async () => {
  const play = stage();
  const { client, server, settle } = play;
  const [near, far] = await connected(play);
  const socket = [...server.sockets()].find(([descriptor]) => descriptor === far)?.[1];
  for (let i = 0; i < 5; i++) await settle(server.poll([{ descriptor: far, events: ["POLLIN"] }], 10));
  const polling = server.poll([{ descriptor: far, events: ["POLLIN"] }], -1);
  await client.write(near, ONE);
  await settle(polling);
  assertEquals(socket?.watchers?.size, 0);
});
