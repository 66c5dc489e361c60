/**
 * A program on the kernel's side of a live experiment: a few system calls, one after the other, and what `ss` would show of their sockets.
 *
 *     const linux = new KernelProgram(stage);
 *     const door = await linux.socket();
 *     await linux.call({ name: "bind", descriptor: door, address: { ip: "10.44.0.1", port: 80 } });
 */
import { formatSocketTable, type TableRow } from "../../stack/socket/table.ts";
import type { CallOf, Outcome, SystemCall } from "../harness/subject/system_call.ts";
import type { LiveStage } from "./experiment.ts";

/** States that `ss` has shorter names for. */
const SHORT: Readonly<Record<string, string>> = { ESTABLISHED: "ESTAB", "SYN-RECEIVED": "SYN-RECV" };

/** Milliseconds that a call may wait. */
const PATIENCE = 5000;

export class KernelProgram {
  readonly #stage: LiveStage;

  constructor(stage: LiveStage) {
    this.#stage = stage;
  }

  /** Makes a call. A blocking one waits as it would in a program, but for five seconds at most: then it says EINTR. */
  async call(call: SystemCall): Promise<Outcome> {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), PATIENCE);
    try {
      return await this.#stage.kernel.systemCall({ call, signal: patience.signal });
    } finally {
      clearTimeout(timer);
    }
  }

  /** What a call came to, in a word: its error, or its value. */
  async said(call: SystemCall): Promise<string> {
    const { error, value } = await this.call(call);
    return error ?? `${value}`;
  }

  /** A socket's descriptor. */
  async socket(type: "SOCK_STREAM" | "SOCK_DGRAM" = "SOCK_STREAM"): Promise<number> {
    return (await this.call({ name: "socket", family: "AF_INET", type, protocol: 0 })).value;
  }

  /** Sets an option of a socket: of TCP, where its name begins with that. */
  async set(descriptor: number, option: string, value: number): Promise<void> {
    const level = option.startsWith("TCP_") ? "SOL_TCP" : "SOL_SOCKET";
    await this.call({ name: "setsockopt", descriptor, level, option, value });
  }

  /** A socket that listens on a port. `options` are set before it does. */
  async listen(port: number, backlog = 5, options: Readonly<Record<string, number>> = {}): Promise<number> {
    const descriptor = await this.socket();
    for (const [option, value] of Object.entries(options)) await this.set(descriptor, option, value);
    await this.call({ name: "bind", descriptor, address: { ip: "10.44.0.1", port } });
    await this.call({ name: "listen", descriptor, backlog });
    return descriptor;
  }

  /** Fetches a connection: its descriptor. */
  async accept(descriptor: number): Promise<number> {
    return (await this.call({ name: "accept", descriptor })).value;
  }

  /** Reads once, up to `count` bytes. Nothing at the end, or after an error. */
  async read(descriptor: number, count = 100): Promise<Uint8Array> {
    const { data } = await this.call({ name: "read", descriptor, count });
    return data instanceof Uint8Array ? data : new Uint8Array();
  }

  /** Reads once, and takes it for text. */
  async readText(descriptor: number): Promise<string> {
    return new TextDecoder().decode(await this.read(descriptor));
  }

  async write(descriptor: number, text: string): Promise<Outcome> {
    return await this.call({ name: "write", descriptor, bytes: new TextEncoder().encode(text) });
  }

  async close(descriptor: number): Promise<void> {
    const call: CallOf<"close"> = { name: "close", descriptor };
    await this.call(call);
  }

  /** Bytes that have arrived and that nobody has read. */
  async readable(descriptor: number): Promise<number> {
    return Number((await this.call({ name: "ioctl", descriptor, request: "SIOCINQ" })).data);
  }

  /** The kernel's TCP sockets; who has them open is not told. */
  async table(): Promise<TableRow[]> {
    const rows = await this.#stage.kernel.tcpTable();
    return rows.map((row) => ({
      state: SHORT[row.state] ?? row.state,
      receiveQueue: row.receiveQueue,
      sendQueue: row.sendQueue,
      local: `${row.localAddress}:${row.localPort}`,
      peer: row.remotePort === 0 ? "*" : `${row.remoteAddress}:${row.remotePort}`,
      openAs: [],
    }));
  }

  /** Shows rows of the table, as `ss` does, without the column for who has them open. */
  show(rows: readonly TableRow[]): void {
    this.#stage.lines(formatSocketTable(rows).map((line) => line.replace(/ +(?:Open as|-)$/, "")));
  }
}
