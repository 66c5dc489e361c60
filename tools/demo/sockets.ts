/**
 * `deno task demo --sockets`: what the stack has open, in a table as `ss` prints it, while a server makes its calls and clients come and go.
 * Five things are told apart that are all called "a socket" (docs/handbook/02-five-things-called-a-socket.md): a descriptor, a socket, an
 * address, a port, a connection.
 */
import { parseSocketAddress } from "../../stack/socket/address.ts";
import { createProcess, type Descriptor, type Process } from "../../stack/socket/descriptors.ts";
import { SocketError } from "../../stack/socket/errors.ts";
import { formatSocketTable, socketTable, type TableRow } from "../../stack/socket/table.ts";
import { heading, type Stage, verdict } from "./acts.ts";
import { PATIENCE } from "./scene.ts";

/** The stage, and the server that plays on it. */
interface SocketStage extends Stage {
  readonly server: Process;
}

/** Plays all acts. False when something did not come out as it should. */
export async function playSockets(stage: Stage): Promise<boolean> {
  const server = createProcess(stage.stack, { name: "server", privileged: true });
  const own = { ...stage, server };
  stage.print([""]);
  const listening = await listen(own);
  const clients = await arrive(own);
  const [first, second] = await accept(own, listening);
  await fill(own, second, clients[1]);
  await leave(own, listening, await share(own, first), clients[0]);
  stage.ladder.end("Sockets and connections");
  const isEmpty = table(own).every(({ state }) => state === "TIME-WAIT");
  stage.print(verdict(isEmpty, isEmpty ? "Everything was given back" : "Something is left over"));
  return isEmpty;
}

async function listen(stage: SocketStage): Promise<Descriptor> {
  const { server } = stage;
  begin(
    stage,
    "1. A socket without a connection",
    "The server makes a socket: an object in the stack, and 3 is the descriptor, the server's number for it. Then the socket gets an address, of " +
      "which the port is one half; and then it listens. It has no connection, and will never have one: the peer's side stays empty.",
  );
  const listening = server.socket("inet", "stream");
  show(stage, [`socket(inet, stream) → ${listening}`]);
  server.bind(listening, parseSocketAddress("0.0.0.0:80"));
  show(stage, [`bind(${listening}, 0.0.0.0:80)`]);
  server.listen(listening, 5);
  show(stage, [`listen(${listening}, 5)`]);
  await stage.pause();
  return listening;
}

async function arrive(stage: SocketStage): Promise<[number, number]> {
  const { client } = stage.peer;
  begin(
    stage,
    "2. Connections without a socket",
    "Two clients connect, and one of them writes. The handshake is TCP's affair, not the server's, which has not called accept yet: both connections " +
      "wait in the queue of the listening socket (Recv-Q 2, of 5), and nobody has them open.",
  );
  const clients: [number, number] = [await client.connect(80), await client.connect(80)];
  await client.write(clients[0], 5);
  await until(
    stage,
    (rows) => rows.filter(({ state }) => state === "ESTAB").length === 2 && rows.some(({ receiveQueue }) => receiveQueue === 5),
  );
  show(stage, ["the first client: connect, write 5 bytes", "the second client: connect"]);
  await stage.pause();
  return clients;
}

async function accept(stage: SocketStage, listening: Descriptor): Promise<[Descriptor, Descriptor]> {
  const { server } = stage;
  begin(
    stage,
    "3. accept makes a new one",
    "accept takes a connection out of the queue and gives it a socket of its own. Three sockets share the port 80 in the end. Which of them a segment " +
      "is for is told by both addresses together.",
  );
  const first = await server.accept(listening);
  show(stage, [`accept(${listening}) → ${first}`]);
  const second = await server.accept(listening);
  const count = await server.read(first, new Uint8Array(100));
  show(stage, [`accept(${listening}) → ${second}`, `read(${first}) → ${count} bytes`]);
  await stage.pause();
  return [first, second];
}

async function fill(stage: SocketStage, descriptor: Descriptor, client: number): Promise<void> {
  const { server, peer } = stage;
  begin(
    stage,
    "4. Written is not delivered",
    "The server writes as much as it can without waiting. The client never reads: its buffer fills, and then ours (Send-Q). When the client closes, " +
      "what it has not read is lost, and its TCP says so: by a RST.",
  );
  const written = await writeAllThatFits(server, descriptor);
  show(stage, [`write(${descriptor}) again and again, until EAGAIN → ${written} bytes`]);
  await peer.client.close(client);
  await until(stage, (rows) => !rows.some(({ openAs }) => openAs.includes(`server:${descriptor}`)));
  const code = await server.write(descriptor, new Uint8Array(1)).catch((error) => error.code);
  show(stage, ["the second client: close, without having read", `write(${descriptor}) → ${code}`]);
  await server.close(descriptor);
  await stage.pause();
}

/** Writes until nothing more goes, and nothing more has gone for a while. */
async function writeAllThatFits(server: Process, descriptor: Descriptor): Promise<number> {
  server.setNonBlocking(descriptor, true);
  const chunk = new Uint8Array(65_536);
  let written = 0;
  for (let inVain = 0; inVain < 5; inVain++) {
    await wait(20);
    try {
      for (;; inVain = 0) written += await server.write(descriptor, chunk);
    } catch (error) {
      if (!(error instanceof SocketError && error.code === "EAGAIN")) throw error;
    }
  }
  return written;
}

async function share(stage: SocketStage, connected: Descriptor): Promise<Descriptor> {
  const { server } = stage;
  begin(
    stage,
    "5. Two descriptors, one socket",
    "dup gives a second number for the same socket. Closing the first one closes nothing: the socket goes with its last descriptor.",
  );
  const second = server.dup(connected);
  show(stage, [`dup(${connected}) → ${second}`]);
  await server.close(connected);
  show(stage, [`close(${connected})`]);
  await stage.pause();
  return second;
}

async function leave(stage: SocketStage, listening: Descriptor, connected: Descriptor, client: number): Promise<void> {
  const { server, peer } = stage;
  begin(
    stage,
    "6. A connection outlives its socket",
    "The listening socket is closed, and the connection it made lives on. Then the last descriptor is closed: there is no socket any more, but the " +
      "connection is still there, in FIN-WAIT-2 until the client closes too, and then for a minute in TIME-WAIT (lab 05).",
  );
  await server.close(listening);
  show(stage, [`close(${listening})`]);
  await server.close(connected);
  await until(stage, (rows) => rows.every(({ state }) => state === "FIN-WAIT-2"));
  show(stage, [`close(${connected})`]);
  await peer.client.close(client);
  await until(stage, (rows) => rows.every(({ state }) => state === "TIME-WAIT"));
  show(stage, ["the first client: close"]);
}

function table({ stack, server }: SocketStage): TableRow[] {
  return stack.tcp === undefined ? [] : socketTable(stack.tcp, [server]);
}

/** Waits until the table is as it should be soon, for a while: the other end takes its time. */
async function until(stage: SocketStage, expected: (rows: readonly TableRow[]) => boolean): Promise<void> {
  for (let waited = 0; waited < PATIENCE && !expected(table(stage)); waited += 5) await wait(5);
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function begin({ print }: SocketStage, title: string, text: string): void {
  print(heading(title, text).slice(1)); // what is above it ends with an empty line
}

/** Prints what was done, and the table behind it. */
function show(stage: SocketStage, calls: readonly string[]): void {
  stage.print([...calls.map((call) => `   ▸ ${call}`), "", ...formatSocketTable(table(stage)).map((line) => `   ${line}`), ""]);
}
