/**
 * The inside of a proof: the reference stack as the neighbour of this machine's kernel, with servers on it, and commands of other people's that
 * talk to them. Every packet is written down. Run by next_door.ts; one argument, a `ProofOrder`; prints a `ProofResult`.
 *
 *     kernel 10.44.0.1 ── tap0 ── capture ── bad wire ── 10.44.0.2 stack: 80 HTTP, 7 answers when you have finished
 *
 * The capture lies between the kernel and the bad wire, so it shows what the kernel saw: what our side lost on purpose is not in it when we sent it,
 * and is in it when the kernel did.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { Host } from "../../stack/host.ts";
import { capture, captureTo } from "../../stack/link/capture.ts";
import { impair } from "../../stack/link/impair.ts";
import { NoLiveWire } from "../../stack/link/no_live_wire.ts";
import { openTunTap } from "../../stack/link/tuntap_ffi.ts";
import { run } from "../../stack/runner.ts";
import type { TcpConn } from "../../stack/socket/conn.ts";
import { serveNode } from "../../stack/socket/duplex.ts";
import { listen, type TcpListener } from "../../stack/socket/listener.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { parseMac } from "../../stack/wire/mac_address.ts";
import { prepareNamespace } from "../harness/kernel/settings.ts";
import { dieWithParent } from "../harness/namespace.ts";
import { KERNEL_IP, KERNEL_MAC, STACK_IP, STACK_MAC } from "../harness/packets.ts";
import { loadReference } from "../reference.ts";
import type { CommandResult, ProofOrder, ProofResult } from "./next_door.ts";

/** Milliseconds that the last connections have to end. */
const PARTING = 5000;
/** Seconds that a command may take. One that takes longer is ended with all that it has started, and its status is 124: timeout(1). */
const PATIENCE = 120;

/** Answers one request: GET gives the file, or a greeting; PUT answers with the SHA-256 of what came. */
function serve(file: string): (request: IncomingMessage, response: ServerResponse) => void {
  return async (request, response) => {
    try {
      if (request.method === "PUT") {
        const hash = createHash("sha256");
        for await (const chunk of request) hash.update(chunk);
        response.end(`${hash.digest("hex")}\n`);
      } else if (request.url === "/file") {
        response.writeHead(200, { "content-length": (await Deno.stat(file)).size });
        await pipeline((await Deno.open(file)).readable, response);
      } else {
        response.writeHead(200, { "content-length": 6, "content-type": "text/plain" });
        response.end("hello\n");
      }
    } catch {
      response.destroy(); // the client went away, and says so itself
    }
  };
}

/** Listens to the end, and only then answers: all that came, and how much it was. */
async function answerAtTheEnd(conn: TcpConn): Promise<void> {
  try {
    const parts: Uint8Array[] = [];
    const buffer = new Uint8Array(4096);
    for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) parts.push(buffer.slice(0, count));
    const said = await new Blob(parts as BlobPart[]).bytes();
    await conn.write(said);
    await conn.write(new TextEncoder().encode(`${said.length} bytes\n`));
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error; // a scanner's way of leaving
  } finally {
    conn.close();
  }
}

async function answerAll(listener: TcpListener): Promise<void> {
  for await (const conn of listener) answerAtTheEnd(conn);
}

async function runCommand(words: readonly string[]): Promise<CommandResult> {
  const began = performance.now();
  const { code, stdout, stderr } = await new Deno.Command("timeout", { args: [`${PATIENCE}`, ...words], stdin: "null" }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)) as [string, string];
  return { status: code, out, err, milliseconds: Math.round(performance.now() - began) };
}

async function prove(order: ProofOrder): Promise<ProofResult> {
  const modules = await loadReference();
  prepareNamespace();
  const tap = openTunTap({ kind: "tap", mac: parseMac(KERNEL_MAC), address: parseIpv4Address(KERNEL_IP) });
  const clock = () => performance.now();
  using file = captureTo(order.capture);
  const wire = impair(capture(tap, file, { clock }), order.wire ?? {}, clock);
  const seed = crypto.getRandomValues(new Uint32Array(1))[0];
  const config = { interfaces: [{ mac: STACK_MAC, address: STACK_IP }], seed, tcp: order.tcp ?? {} };
  const host = Host.bind(modules, config, [wire], { now: clock() });
  const stop = new AbortController();
  const running = run(host, [wire], { signal: stop.signal });
  serveNode(createServer(serve(order.file ?? "/dev/null")), listen(host, { port: 80 }));
  answerAll(listen(host, { port: 7 }));
  const commands: CommandResult[] = [];
  for (const command of order.commands) commands.push(await runCommand(command));
  const states = (): string[] => (host.tcp?.connections() ?? []).map(({ tcb }) => tcb.state);
  for (let waited = 0; waited < PARTING && states().some((state) => state !== "TIME-WAIT"); waited += 10) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const connections = states();
  stop.abort();
  await running;
  return { commands, counters: host.counters(), connections, wire: wire.counts, framesLent: host.framesLent };
}

dieWithParent();
try {
  console.log(JSON.stringify(await prove(JSON.parse(Deno.args[0] ?? "{}"))));
} catch (error) {
  if (!(error instanceof NoLiveWire)) throw error;
  console.log(JSON.stringify({ refused: { reason: error.reason, detail: error.detail } }));
}
Deno.exit();
