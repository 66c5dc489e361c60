/** Stream sockets: what a connection needs beside `Socket`. Manual pages: tcp(7), accept(2), shutdown(2), socket(7). */
import { AF_INET, errorName, lastError, O_CLOEXEC, O_NONBLOCK, openLibrary } from "../../../stack/link/libc.ts";
import { formatIpv4Address } from "../../../stack/wire/ipv4_address.ts";
import { INTERNET_ADDRESS_LENGTH, internetAddress, readAddress } from "./socket_address.ts";
import { SOCK_STREAM, Socket, SocketError, SOL_SOCKET } from "./sockets.ts";
import type { TcpSocketOptions } from "./tcp_operations.ts";

const SYMBOLS = {
  listen: { parameters: ["i32", "i32"], result: "i32" },
  accept4: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "u64", "i32"], result: "i64" },
  send: { parameters: ["i32", "buffer", "u64", "i32"], result: "i64" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

let loaded: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] | undefined;
function calls(): Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] {
  return loaded ??= openLibrary(SYMBOLS);
}

const SO_REUSEADDR = 2;
const SO_RCVBUF = 8;
const SO_LINGER = 13;
const SOL_TCP = 6;
const TCP_NODELAY = 1;
const TCP_MAXSEG = 2;
const MSG_NOSIGNAL = 0x4000;
const SHUT_WR = 1;

const scratch = new Uint8Array(new ArrayBuffer(0x1_0000));

export class TcpSocket extends Socket {
  constructor(options: TcpSocketOptions, fd?: number) {
    super(AF_INET, SOCK_STREAM, 0, fd);
    if (options.abort) this.setBytes(SOL_SOCKET, SO_LINGER, new Uint8Array(new Int32Array([1, 0]).buffer));
    if (options.noDelay) this.set(SOL_TCP, TCP_NODELAY, 1);
    if (options.receiveBuffer !== undefined) this.set(SOL_SOCKET, SO_RCVBUF, options.receiveBuffer);
    if (options.mss !== undefined) this.set(SOL_TCP, TCP_MAXSEG, options.mss);
  }

  /** Takes a local port, even one that has connections left in TIME-WAIT. */
  bindPort(address: string, port: number): void {
    this.set(SOL_SOCKET, SO_REUSEADDR, 1);
    this.bind(internetAddress(address, port));
  }

  listen(backlog: number): void {
    if (calls().listen(this.fd, backlog) < 0) throw new SocketError("listen");
  }

  /** The next connection, or undefined when none waits. */
  accept(options: TcpSocketOptions): TcpSocket | undefined {
    const fd = calls().accept4(this.fd, null, null, O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0) return new TcpSocket(options, fd);
    const error = errorName(lastError());
    if (error === "EAGAIN") return undefined;
    throw new SocketError("accept", error);
  }

  /** How many of `data` the kernel took; 0: it takes nothing now. */
  write(data: Uint8Array<ArrayBuffer>): number {
    const count = calls().send(this.fd, data, BigInt(data.length), MSG_NOSIGNAL);
    return this.#counted("send", count) ?? 0;
  }

  /** What came, which stays valid until the next read; empty: that was the end; undefined: nothing now. */
  read(most: number): Uint8Array<ArrayBuffer> | undefined {
    const count = this.#counted("recv", calls().recv(this.fd, scratch, BigInt(Math.min(most, scratch.length)), 0));
    return count === undefined ? undefined : scratch.subarray(0, count);
  }

  shutdown(): void {
    if (calls().shutdown(this.fd, SHUT_WR) < 0) throw new SocketError("shutdown");
  }

  get localPort(): number {
    return this.#name("getsockname").port;
  }

  /** Who is at the other end; nobody before it is connected. */
  get remote(): { address: string; port: number } {
    return this.#name("getpeername");
  }

  #name(call: "getsockname" | "getpeername"): { address: string; port: number } {
    const name = new DataView(new ArrayBuffer(INTERNET_ADDRESS_LENGTH));
    if (calls()[call](this.fd, name, new Uint32Array([INTERNET_ADDRESS_LENGTH])) < 0) return { address: "0.0.0.0", port: 0 };
    return { address: formatIpv4Address(readAddress(name)), port: name.getUint16(2) };
  }

  #counted(call: string, count: bigint): number | undefined {
    if (count >= 0n) return Number(count);
    const error = errorName(lastError());
    if (error === "EAGAIN") return undefined;
    throw new SocketError(call, error);
  }
}
