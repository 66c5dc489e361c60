/**
 * A thread that is thousands of programs on the kernel's side: as many sockets of the kernel's, each of which connects, says something, and looks at every
 * byte that comes back. By FFI and `epoll`, so that it costs less than what it measures.
 */
import { AF_INET, errorName, lastError, libc, O_CLOEXEC, O_NONBLOCK, openLibrary } from "../../stack/link/libc.ts";
import { internetAddress } from "../harness/kernel/socket_address.ts";
import { Epoll, EPOLLIN, EPOLLOUT } from "./epoll.ts";

/** Connections that are being made at once. */
const AT_ONCE = 256;
/** Milliseconds without anything at all after which it is given up. */
const PATIENCE = 20_000;
const SOCK_STREAM = 1, SOL_SOCKET = 1, SO_ERROR = 4, SO_LINGER = 13, MSG_NOSIGNAL = 0x4000;

const SYMBOLS = {
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** What to do. */
export type ClientsOrder =
  /** Connects until `count` are open. */
  | { readonly act: "open"; readonly hostname: string; readonly port: number; readonly count: number }
  /** `times` echoes of so many bytes in all, by the first `among` of them in turns, `atOnce` on their way at a time. */
  | { readonly act: "echo"; readonly bytes: number; readonly among: number; readonly times: number; readonly atOnce: number }
  /** For so long: connects, and closes at once by a RST, `atOnce` at a time. */
  | { readonly act: "call"; readonly hostname: string; readonly port: number; readonly milliseconds: number; readonly atOnce: number }
  /** Closes them all. */
  | { readonly act: "close" };

/** What came of it: how long it took, how many are open (or were, of those that "call" made), and why not more, if the system had no more to give. */
export type ClientsAnswer = { readonly milliseconds: number; readonly open: number; readonly refused?: string } | {
  readonly failed: string;
};

class Clients {
  readonly #calls = openLibrary(SYMBOLS);
  readonly #epoll = new Epoll();
  readonly #sockets: number[] = [];
  /** By socket: echoes that it has asked for, and bytes of the one under way that came back; −1: none is. */
  readonly #asked: number[] = [];
  readonly #got: number[] = [];
  #text = new Uint8Array(0);
  #came = new Uint8Array(0);
  #refused: string | undefined;

  get size(): number {
    return this.#sockets.length;
  }

  get refused(): string | undefined {
    return this.#refused;
  }

  open(address: Uint8Array<ArrayBuffer>, count: number): void {
    let [pending, left] = [0, count - this.#sockets.length];
    while (pending > 0 || left > 0) {
      for (; left > 0 && pending < AT_ONCE; left--, pending++) {
        const fd = this.#begin(address);
        if (fd === undefined) return this.#finishOpening(pending);
        this.#epoll.add(fd, EPOLLOUT, this.#sockets.push(fd) - 1);
        this.#asked.push(0);
        this.#got.push(-1);
      }
      pending -= this.#waitForOpen();
    }
  }

  /** There are no more descriptors, or no more ports: those that have begun are waited for. */
  #finishOpening(pending: number): void {
    while (pending > 0) pending -= this.#waitForOpen();
  }

  #waitForOpen(): number {
    return this.#wait((index) => {
      const fd = this.#sockets[index] as number;
      this.#checkError(fd);
      this.#epoll.change(fd, EPOLLIN, index);
    });
  }

  echo(bytes: number, among: number, times: number, atOnce: number): void {
    [this.#text, this.#came] = [new Uint8Array(bytes), new Uint8Array(bytes)];
    let [begun, done, next] = [0, 0, 0];
    const begin = (): void => {
      while ((this.#got[next % among] as number) >= 0) next++;
      this.#ask(next++ % among);
      begun++;
    };
    while (begun < Math.min(times, atOnce, among)) begin();
    while (done < times) {
      this.#wait((index) => {
        if (!this.#hear(index)) return;
        done++;
        if (begun < times) begin();
      });
    }
  }

  /** Returns how many there were. */
  call(address: Uint8Array<ArrayBuffer>, milliseconds: number, atOnce: number): number {
    const linger = new Uint8Array(new Int32Array([1, 0]).buffer); // no TIME-WAIT: a port is free again at once
    const calling = new Set<number>();
    const end = performance.now() + milliseconds;
    let done = 0;
    for (let left = milliseconds; left > 0; left = end - performance.now()) {
      while (calling.size < atOnce) {
        const fd = this.#begin(address);
        if (fd === undefined) throw new Error(`Cannot connect: ${this.#refused}`);
        this.#calls.setsockopt(fd, SOL_SOCKET, SO_LINGER, linger, linger.length);
        this.#epoll.add(fd, EPOLLOUT, fd);
        calling.add(fd);
      }
      this.#epoll.wait(Math.ceil(left), (fd) => {
        this.#checkError(fd);
        libc().close(fd);
        calling.delete(fd);
        done++;
      });
    }
    for (const fd of calling) libc().close(fd);
    return done;
  }

  close(): void {
    for (const fd of this.#sockets.splice(0)) libc().close(fd);
    this.#asked.length = this.#got.length = 0;
  }

  /** A socket that connects; undefined when the system has none to give. */
  #begin(address: Uint8Array<ArrayBuffer>): number | undefined {
    const fd = libc().socket(AF_INET, SOCK_STREAM | O_NONBLOCK | O_CLOEXEC, 0);
    if (fd >= 0 && this.#calls.connect(fd, address, address.length) === 0) return fd;
    const error = errorName(lastError());
    if (fd >= 0 && error === "EINPROGRESS") return fd;
    if (fd >= 0) libc().close(fd);
    this.#refused = error;
    return undefined;
  }

  #checkError(fd: number): void {
    const value = new Int32Array(1);
    this.#calls.getsockopt(fd, SOL_SOCKET, SO_ERROR, value, new Uint32Array([4]));
    if (value[0] !== 0) throw new Error(`Cannot connect: ${errorName(value[0] as number)}`);
  }

  #ask(index: number): void {
    this.#got[index] = 0;
    fillText(this.#text, index, ++(this.#asked[index] as number));
    const sent = this.#calls.send(this.#sockets[index] as number, this.#text, BigInt(this.#text.length), MSG_NOSIGNAL);
    if (sent !== this.#text.length) throw new Error(`Connection ${index} took ${sent} of ${this.#text.length} bytes`);
  }

  /** Something came. True: the echo is complete. */
  #hear(index: number): boolean {
    const got = this.#got[index] as number;
    const size = this.#text.length;
    const count = this.#calls.recv(this.#sockets[index] as number, this.#came, BigInt(size), 0);
    if (got < 0 || count <= 0 || got + count > size) throw new Error(`Connection ${index} has ${count} bytes that nobody asked for`);
    fillText(this.#text, index, this.#asked[index] as number);
    for (let i = 0; i < count; i++) {
      if (this.#came[i] !== this.#text[got + i]) throw new Error(`Connection ${index} has a wrong byte`);
    }
    this.#got[index] = got + count === size ? -1 : got + count;
    return got + count === size;
  }

  #wait(ready: (index: number) => void): number {
    const count = this.#epoll.wait(PATIENCE, ready);
    if (count === 0) throw new Error("Nothing has happened for twenty seconds");
    return count;
  }
}

/** What a connection says: never the same as another one, or as itself before. */
function fillText(text: Uint8Array, connection: number, time: number): void {
  let word = Math.imul(connection + 1, 0x9e37_79b1) + time | 0;
  for (let at = 0; at < text.length; at++) {
    text[at] = word >>> 24;
    word = Math.imul(word, 0x0019_660d) + 0x3c6e_f35f | 0;
  }
}

/** This thread's end of the channel to the one that started it. */
const channel = globalThis as unknown as Worker;
let clients: Clients | undefined;

function act(order: ClientsOrder): ClientsAnswer {
  const all = clients ??= new Clients();
  const began = performance.now();
  let called: number | undefined;
  switch (order.act) {
    case "open":
      all.open(internetAddress(order.hostname, order.port), order.count);
      break;
    case "echo":
      all.echo(order.bytes, order.among, order.times, order.atOnce);
      break;
    case "call":
      called = all.call(internetAddress(order.hostname, order.port), order.milliseconds, order.atOnce);
      break;
    case "close":
      all.close();
  }
  const answer = { milliseconds: performance.now() - began, open: called ?? all.size };
  return all.refused === undefined ? answer : { ...answer, refused: all.refused };
}

channel.onmessage = ({ data }: MessageEvent<ClientsOrder>): void => {
  let answer: ClientsAnswer;
  try {
    answer = act(data);
  } catch (error) {
    answer = { failed: (error as Error).message };
  }
  channel.postMessage(answer);
};
