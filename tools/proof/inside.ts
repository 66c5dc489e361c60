/**
 * The inside of a proof: the reference stack (station.ts) with servers on it, and commands of other people's that talk to them through the kernel. Run by
 * next_door.ts; one argument, a `ProofOrder`; prints a `ProofResult`.
 *
 *     port 80: HTTP     port 7: answers when you have finished     port 5201: an iperf3 server
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { TcpConn } from "../../stack/socket/conn.ts";
import { serveNode } from "../../stack/socket/duplex.ts";
import { listen, type TcpListener } from "../../stack/socket/listener.ts";
import { serveIperf3 } from "../foreign/iperf3.ts";
import type { CommandResult, ProofOrder, ProofResult } from "./next_door.ts";
import { answer, openStation, type Station } from "./station.ts";

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

async function runCommand(words: readonly string[], station: Station): Promise<CommandResult> {
  const began = performance.now();
  const { code, stdout, stderr } = await new Deno.Command("timeout", { args: [`${PATIENCE}`, ...words], stdin: "null" }).output();
  const milliseconds = Math.round(performance.now() - began);
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)) as [string, string];
  return { status: code, out, err, milliseconds, left: await station.settled() };
}

async function prove(order: ProofOrder): Promise<ProofResult> {
  const station = await openStation(order);
  const { host, wire } = station;
  serveNode(createServer(serve(order.file ?? "/dev/null")), listen(host, { port: 80 }));
  answerAll(listen(host, { port: 7 }));
  serveIperf3(listen(host, { port: 5201 }));
  const commands: CommandResult[] = [];
  for (const command of order.commands) commands.push(await runCommand(command, station));
  const { connections, framesLent } = await station.settled();
  await station.end();
  return { commands, counters: host.counters(), connections, wire: wire.counts, framesLent };
}

await answer(prove);
