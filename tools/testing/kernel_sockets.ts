/**
 * The calls of BSD with this machine's kernel at the other end: a program for the inside of a namespace (tools/neighbour). It prints what came
 * of each scene as a line of JSON, `[name, what]`. For tests only.
 */
import * as http from "node:http";
import { once } from "node:events";
import type { Host } from "../../stack/host.ts";
import { formatSocketAddress, parseSocketAddress as at } from "../../stack/socket/address.ts";
import { connect } from "../../stack/socket/conn.ts";
import { createProcess, type Descriptor, type Process } from "../../stack/socket/descriptors.ts";
import { ConnDuplex } from "../../stack/socket/duplex.ts";
import { listen } from "../../stack/socket/listener.ts";
import { Socket } from "../../stack/socket/socket.ts";
import { socketTable } from "../../stack/socket/table.ts";
import { KERNEL, STACK, startNeighbour } from "../neighbour/inside.ts";

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

async function codeOf(call: Promise<unknown>): Promise<string> {
  return await call.then(() => "none", (error) => error.code ?? `${error}`);
}

async function text(process: Process, descriptor: Descriptor): Promise<string | undefined> {
  const buffer = new Uint8Array(100);
  const count = await process.read(descriptor, buffer);
  return count === 0 ? undefined : new TextDecoder().decode(buffer.subarray(0, count));
}

async function kernelText(conn: Deno.Conn): Promise<string | null> {
  const buffer = new Uint8Array(100);
  const count = await conn.read(buffer);
  return count === null ? null : new TextDecoder().decode(buffer.subarray(0, count));
}

/** The kernel connects to a listening socket, both speak, and the kernel hears that we have finished before it has. */
async function accepted(host: Host): Promise<unknown> {
  const server = createProcess(host, { privileged: true });
  const listening = server.socket("inet", "stream");
  server.bind(listening, at("0.0.0.0:80"));
  server.listen(listening, 5);
  using kernel = await Deno.connect({ hostname: STACK, port: 80 });
  const descriptor = await server.accept(listening);
  await kernel.write(bytes("question"));
  const heard = [await text(server, descriptor)];
  await server.write(descriptor, bytes("answer"));
  server.shutdown(descriptor, "write");
  const kernelHeard = [await kernelText(kernel), await kernelText(kernel)];
  await kernel.write(bytes("still here"));
  heard.push(await text(server, descriptor));
  await kernel.closeWrite();
  heard.push(await text(server, descriptor));
  const names = [server.getsockname(descriptor), server.getpeername(descriptor)].map(formatSocketAddress);
  const right = names[0] === `${STACK}:80` && names[1] === `${KERNEL}:${kernel.localAddr.port}`;
  await server.exit();
  return { descriptor, heard, kernelHeard, right };
}

/** We connect to the kernel, without waiting. */
async function connected(host: Host): Promise<unknown> {
  using kernel = Deno.listen({ hostname: KERNEL, port: 9000 });
  const client = createProcess(host);
  const descriptor = client.socket("inet", "stream");
  client.bind(descriptor, at(`${STACK}:5555`));
  client.setNonBlocking(descriptor, true);
  const codes = [await codeOf(client.connect(descriptor, at(`${KERNEL}:9000`)))];
  using conn = await kernel.accept();
  codes.push(await codeOf(client.read(descriptor, new Uint8Array(1))));
  client.setNonBlocking(descriptor, false);
  await conn.write(bytes("hello"));
  const heard = await text(client, descriptor);
  await client.exit();
  return { codes, from: conn.remoteAddr.port, heard, end: await kernelText(conn) };
}

/** What the kernel does to connections, by its name. */
async function broken(host: Host): Promise<unknown> {
  const client = createProcess(host);
  const refused = await codeOf(client.connect(client.socket("inet", "stream"), at(`${KERNEL}:9001`)));
  using kernel = Deno.listen({ hostname: KERNEL, port: 9001 });
  const descriptor = client.socket("inet", "stream");
  await client.connect(descriptor, at(`${KERNEL}:9001`));
  const conn = await kernel.accept();
  await client.write(descriptor, bytes("nobody reads this"));
  await new Promise((resolve) => setTimeout(resolve, 50));
  conn.close();
  const waiting = client.read(descriptor, new Uint8Array(1));
  const reset = await codeOf(waiting);
  const codes = [refused, reset, await codeOf(client.write(descriptor, bytes("x"))), await codeOf(client.write(descriptor, bytes("x")))];
  await client.exit();
  return codes;
}

/** What the kernel sees of our errors: a port where nobody listens, and a connection that we reset. */
async function breaking(host: Host): Promise<unknown> {
  const seen = [await Deno.connect({ hostname: STACK, port: 81 }).then(() => "connected", (error) => error.name)];
  const server = createProcess(host, { privileged: true });
  const listening = server.socket("inet", "stream");
  server.bind(listening, at(`${STACK}:82`));
  const again = createProcess(host, { privileged: true });
  const inUse = await codeOf(Promise.resolve().then(() => again.bind(again.socket("inet", "stream"), at("0.0.0.0:82"))));
  server.listen(listening, 5);
  using kernel = await Deno.connect({ hostname: STACK, port: 82 });
  const descriptor = await server.accept(listening);
  server.setsockopt(descriptor, "SO_LINGER", 0);
  await server.close(descriptor);
  seen.push(await kernel.read(new Uint8Array(1)).then((count) => `${count}`, (error) => error.name));
  await server.exit();
  return [...seen, inUse];
}

/** As much both ways at once as the buffers take ten times over. */
async function bulk(host: Host): Promise<unknown> {
  const data = new Uint8Array(5_000_000).map((_, index) => index * 31 + (index >> 9));
  const listener = listen(host, { port: 83 });
  const [near, far] = await Promise.all([Deno.connect({ hostname: STACK, port: 83 }), listener.accept()]);
  const send = async (conn: Deno.TcpConn): Promise<void> => {
    for (let sent = 0; sent < data.length;) sent += await conn.write(data.subarray(sent));
    await conn.closeWrite();
  };
  const receive = async (conn: Deno.TcpConn): Promise<boolean> => {
    const got = new Uint8Array(data.length + 1);
    let length = 0;
    for (let count = await conn.read(got); count !== null; count = await conn.read(got.subarray(length))) length += count;
    return length === data.length && data.every((byte, index) => byte === got[index]);
  };
  const [, , equal, equalToo] = await Promise.all([send(near), send(far), receive(near), receive(far)]);
  for (const each of [near, far, listener]) each.close();
  return [equal, equalToo];
}

/** Node's client on our side, Deno's server on the kernel's. */
async function web(host: Host): Promise<unknown> {
  const server = Deno.serve(
    { hostname: KERNEL, port: 8000, onListen: () => {} },
    async (request) => new Response(`got ${await request.text()}`),
  );
  const duplex = new ConnDuplex(await connect(host, { hostname: KERNEL, port: 8000 }));
  const request = http.request({ createConnection: () => duplex as never, host: KERNEL, port: 8000, method: "POST", path: "/" });
  request.end("a question");
  const [response] = await once(request, "response") as [http.IncomingMessage];
  let body = "";
  for await (const chunk of response) body += chunk;
  await server.shutdown();
  return [response.statusCode, body];
}

/** What is held back and let go, what is looked at and taken, who is ready, and a kernel that is asked whether it is still there. */
async function settings(host: Host): Promise<unknown> {
  const server = createProcess(host, { privileged: true });
  const listening = server.socket("inet", "stream");
  server.setsockopt(listening, "TCP_MAXSEG", 600);
  server.bind(listening, at(`${STACK}:84`));
  server.listen(listening, 5);
  const waiting = server.poll([{ descriptor: listening, events: ["POLLIN"] }], -1);
  using kernel = await Deno.connect({ hostname: STACK, port: 84 });
  const ready = [(await waiting)[0]];
  const descriptor = await server.accept(listening);
  const segment = server.getsockopt(descriptor, "TCP_MAXSEG");

  server.setsockopt(descriptor, "TCP_CORK", true);
  await server.write(descriptor, bytes("one "));
  await server.write(descriptor, bytes("piece"));
  const unsent = server.ioctl(descriptor, "SIOCOUTQNSD");
  server.setsockopt(descriptor, "TCP_CORK", false);
  const heard = await kernelText(kernel);

  await kernel.write(bytes("look"));
  ready.push((await server.poll([{ descriptor, events: ["POLLIN"] }], -1))[0]);
  const target = new Uint8Array(4);
  await server.recv(descriptor, target, "MSG_PEEK");
  const taken = await text(server, descriptor);

  // Unanswered, the first question would be the last one. Linux answers one such segment in 500 ms (tcp_invalid_ratelimit).
  const socket = [...server.sockets()].find(([number]) => number === descriptor)?.[1];
  const connection = socket instanceof Socket ? socket.connection : undefined;
  const soon = { keepAlive: 550, keepAliveInterval: 300, keepAliveProbes: 1 };
  if (connection !== undefined) connection.change({ ...connection.options, ...soon });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await kernel.write(bytes("still here"));
  const later = await text(server, descriptor);
  await server.exit();
  return { ready, segment, unsent, heard, looked: new TextDecoder().decode(target), taken, later };
}

/** After all of that: connections that are not in TIME-WAIT, listening sockets, and frames that are lent. */
function left(host: Host): unknown {
  if (host.tcp === undefined) return undefined;
  return socketTable(host.tcp, []).filter(({ state }) => state !== "TIME-WAIT");
}

if (import.meta.main) {
  const host = await startNeighbour();
  for (const scene of [accepted, connected, broken, breaking, settings, bulk, web]) {
    console.log(JSON.stringify([scene.name, await scene(host)]));
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  console.log(JSON.stringify(["left", left(host)]));
  Deno.exit(0);
}
