/**
 * `deno task talk`, inside: one connection of the stack's, joined to this process's standard input and output. Arguments: the parent's
 * process number; the wire; the host to call, or "listen"; the port; and the command that is the other end, if there is one. Run by ../talk.ts.
 */
import type { Host } from "../../stack/host.ts";
import { connect, TcpConn } from "../../stack/socket/conn.ts";
import { listen } from "../../stack/socket/listener.ts";
import { WIDTH, wrap } from "../lab/text.ts";
import { fromOutside, KERNEL, STACK, startCommand, startNeighbour } from "../neighbour/inside.ts";
import { reportAndExit } from "../neighbour/report.ts";

/** How often, in milliseconds, somebody is called who does not listen yet. */
const AGAIN = 100;
/** Milliseconds that the last bytes, and then the command, have to arrive. */
const PARTING = 2000;
const BROKEN = 1;

const [parent, wire, whom, port, ...command] = Deno.args as [string, string, string, string, ...string[]];

/** The connection, made or awaited. */
async function meet(host: Host): Promise<TcpConn> {
  if (whom === "listen") {
    using listener = listen(host, { port: Number(port) });
    return await listener.accept();
  }
  for (;;) {
    try {
      return await connect(host, { hostname: whom, port: Number(port) });
    } catch (error) {
      // The neighbour may be about to listen. Nobody else is there to be awaited.
      if (!(error instanceof Deno.errors.ConnectionRefused) || whom !== KERNEL) throw error;
      await pause(AGAIN);
    }
  }
}

/** Both directions, until both are over; from a keyboard, until the other end has finished. */
async function talk(conn: TcpConn): Promise<void> {
  const speaking = (async () => {
    for await (const chunk of Deno.stdin.readable) await conn.write(chunk);
    await conn.closeWrite();
  })();
  const buffer = new Uint8Array(64 * 1024);
  for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
    for (let at = 0; at < count;) at += await Deno.stdout.write(buffer.subarray(at, count));
  }
  if (!Deno.stdin.isTerminal()) await speaking;
}

/** Waits until the other end has all of it, for a while: the connection ends with this process. */
async function goodbye(host: Host, conn: TcpConn): Promise<void> {
  conn.close();
  const pending = ["FIN-WAIT-1", "CLOSING", "LAST-ACK"];
  for (let waited = 0; waited < PARTING && host.tcp?.connections().some(({ tcb }) => pending.includes(tcb.state)); waited += 10) {
    await pause(10);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Meets whom it is told to, and talks. Gives the exit status. */
async function run(): Promise<number> {
  const host = await startNeighbour(Number(parent), JSON.parse(wire));
  const meeting = meet(host);
  const program = command.length > 0 ? startCommand(command, { stdin: "null" }) : undefined;
  if (program === undefined) {
    const how = fromOutside(whom === "listen" ? `nc ${STACK} ${port}` : `nc -l ${port}`);
    console.error([...wrap("The stack waits, in a network of its own. From another terminal:", WIDTH), "", `  ${how}`, ""].join("\n"));
  }
  // When the command ends without having met us, nobody will come any more.
  const conn = await Promise.race([meeting, ...(program === undefined ? [] : [program.status])]);
  if (!(conn instanceof TcpConn)) return conn.code || BROKEN;
  await talk(conn);
  await goodbye(host, conn);
  if (program === undefined) return 0;
  await Promise.race([program.status, pause(PARTING)]);
  program.end();
  return 0;
}

try {
  Deno.exit(await run());
} catch (error) {
  if (!(error instanceof Error) || !("code" in error)) reportAndExit(error);
  console.error(error.message);
  Deno.exit(BROKEN);
}
