/**
 * The inside of the lwIP test: the reference stack, and beside the kernel a machine that runs lwIP (lwip_peer.c). Once lwIP calls, once we do; each
 * time both send a file at once, finish their half, and hear the other out. One argument, a `LwipOrder`; prints a `LwipResult`.
 *
 *     lwIP 10.44.0.3 ─┐
 *     kernel 10.44.0.1 ── tap0 ── capture ── bad wire ── 10.44.0.2 stack
 */
import { createHash } from "node:crypto";
import type { ImpairCounts } from "../../stack/link/impair.ts";
import { connect, type TcpConn } from "../../stack/socket/conn.ts";
import { listen } from "../../stack/socket/listener.ts";
import { STACK_IP } from "../harness/packets.ts";
import { answer, type Holdings, openStation, type WireOrder } from "../proof/station.ts";

export interface LwipOrder extends WireOrder {
  /** The program, compiled. */
  readonly peer: string;
  /** What both send. lwIP writes what it hears beside it. */
  readonly file: string;
}

/** SHA-256 of what each side heard. */
export interface Exchange {
  readonly lwip: string;
  readonly ours: string;
}

export interface LwipResult {
  readonly lwipCalls: Exchange;
  readonly weCall: Exchange;
  readonly left: Holdings;
  readonly wire: { readonly send: Readonly<ImpairCounts>; readonly receive: Readonly<ImpairCounts> };
}

const PORT = 7;
const PEER = "10.44.0.3";
const CHUNK = 65_536;

/** lwIP's machine. */
class Peer {
  readonly #child: Deno.ChildProcess;
  readonly #said: ReadableStreamDefaultReader<string>;
  readonly #file: string;

  constructor({ peer, file }: LwipOrder, words: readonly string[]) {
    this.#child = new Deno.Command(peer, { args: ["tap0", file, ...words], stdin: "piped", stdout: "piped", stderr: "inherit" }).spawn();
    this.#said = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#file = file;
  }

  /** Waits until it has said this. */
  async says(line: string): Promise<void> {
    const { value } = await this.#said.read();
    if (value !== `${line}\n`) throw new Error(`lwIP says ${JSON.stringify(value)}, and "${line}" was due`);
  }

  /** What it has heard. */
  async heard(): Promise<string> {
    return createHash("sha256").update(await Deno.readFile(`${this.#file}.heard`)).digest("hex");
  }

  /** Ends it: it stays for as long as it has input. */
  async end(): Promise<void> {
    await this.#child.stdin.close();
    await this.#said.cancel();
    await this.#child.status;
  }
}

/** Writes the file and reads to the end, both at once. Gives what came. */
async function exchange(conn: TcpConn, bytes: Uint8Array): Promise<string> {
  const hash = createHash("sha256");
  const write = async (): Promise<void> => {
    for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at, at + CHUNK));
    await conn.closeWrite();
  };
  const read = async (): Promise<void> => {
    const buffer = new Uint8Array(CHUNK);
    for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) hash.update(buffer.subarray(0, count));
  };
  await Promise.all([write(), read()]);
  conn.close();
  return hash.digest("hex");
}

async function meetLwip(order: LwipOrder): Promise<LwipResult> {
  const station = await openStation(order);
  const bytes = await Deno.readFile(order.file);
  const finish = async (peer: Peer, conn: TcpConn): Promise<Exchange> => {
    const [ours] = await Promise.all([exchange(conn, bytes), peer.says("done")]);
    await station.settled();
    await peer.end();
    return { lwip: await peer.heard(), ours };
  };

  const listener = listen(station.host, { port: PORT });
  const caller = new Peer(order, ["call", STACK_IP, `${PORT}`]);
  const lwipCalls = await finish(caller, await listener.accept());

  const called = new Peer(order, ["listen", `${PORT}`]);
  await called.says("listening");
  const weCall = await finish(called, await connect(station.host, { hostname: PEER, port: PORT }));

  const left = await station.settled();
  await station.end();
  return { lwipCalls, weCall, left, wire: station.wire.counts };
}

await answer(meetLwip);
