/**
 * The call itself: a connect() that is watched, and what the application then says. Two kinds of it have one face: with sockets of Linux,
 * which tell of SYNs, ICMP errors and acknowledgments; and with `Deno.connect`, which tells of success or an error, anywhere.
 *
 * Nothing is sent beside the handshake but, on request, one HTTP request for the head of the page "/" (RFC 9110 §9.3.2).
 */
import { errorName, lastError, openLibrary, POLLIN, POLLOUT } from "../../stack/link/libc.ts";
import type { IcmpError } from "../harness/kernel/operations.ts";
import { internetAddress } from "../harness/kernel/socket_address.ts";
import { IP_RECVERR, SocketError, SOL_IP } from "../harness/kernel/sockets.ts";
import { readTcpInfo } from "../harness/kernel/tcp_info.ts";
import { TcpSocket } from "../harness/kernel/tcp_socket.ts";
import { waitFor, within } from "./waiting.ts";

const SOL_TCP = 6, TCP_INFO = 11;
/** Bytes that are read at most. */
const MOST = 2048;

/** What became of a connect(). */
export interface Connected {
  /** Undefined: it is open. "silence": nothing came within its time. Otherwise an errno's name. */
  readonly error: string | undefined;
  readonly milliseconds: number;
  /** How many SYNs went out, where that can be known. */
  readonly syns?: number;
  /** The ICMP error behind the error. */
  readonly icmp?: IcmpError;
}

/** What came over an open connection. */
export interface Heard {
  readonly bytes: Uint8Array;
  /** How it ended, if it did: a FIN, a RST. */
  readonly end: "FIN" | "RST" | undefined;
  readonly milliseconds: number;
  /** Something that was sent has not been acknowledged, though it was sent again. */
  readonly unacknowledged?: boolean;
  /** Their SYN ACK came once more, after our ACK. */
  readonly synAckAgain?: boolean;
}

/** A connection to be made, used once and closed. */
export interface Call {
  connect(timeout: number): Promise<Connected>;
  /** The most bytes of one segment, where that is known. */
  readonly longest: number | undefined;
  /** Says something, if there is something to say, and listens. */
  talk(words: Uint8Array<ArrayBuffer> | undefined, timeout: number): Promise<Heard>;
  close(): void;
}

const SYMBOLS = { getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" } } as const;
let loaded: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] | undefined;

/** A call by sockets of Linux. Throws a SocketError when there can be no socket. */
export class LinuxCall implements Call {
  readonly #address: string;
  readonly #port: number;
  readonly #socket = new TcpSocket({});
  /** It was open, and was reset before anybody looked. */
  #isBroken = false;

  constructor(address: string, port: number) {
    this.#address = address;
    this.#port = port;
    this.#socket.set(SOL_IP, IP_RECVERR, 1);
  }

  async connect(timeout: number): Promise<Connected> {
    const began = performance.now();
    try {
      this.#socket.connect(internetAddress(this.#address, this.#port));
      const ready = await waitFor(this.#socket.fd, POLLOUT, began + timeout);
      const syns = 1 + (this.#info().tcpi_total_retrans ?? 0);
      const said = this.#socket.takeError();
      const queued = this.#socket.receiveError();
      // Before it was open, a RST would have been ECONNREFUSED.
      this.#isBroken = said === "ECONNRESET" || said === "EPIPE";
      const error = ready ? this.#isBroken ? undefined : said ?? queued?.error : "silence";
      return { error, milliseconds: performance.now() - began, syns, icmp: queued?.icmp };
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      return { error: error.code, milliseconds: performance.now() - began, syns: 0 };
    }
  }

  get longest(): number | undefined {
    return this.#info().tcpi_snd_mss;
  }

  async talk(words: Uint8Array<ArrayBuffer> | undefined, timeout: number): Promise<Heard> {
    const began = performance.now();
    const heard = (bytes: Uint8Array, end: Heard["end"]): Heard => ({ bytes, end, milliseconds: performance.now() - began });
    if (this.#isBroken) return heard(new Uint8Array(), "RST");
    try {
      if (words !== undefined) this.#socket.write(words);
      if (await waitFor(this.#socket.fd, POLLIN, began + timeout)) {
        const bytes = this.#socket.read(MOST)?.slice() ?? new Uint8Array();
        return heard(bytes, bytes.length === 0 ? "FIN" : undefined);
      }
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      return heard(new Uint8Array(), "RST");
    }
    const { tcpi_unacked: unacked = 0, tcpi_total_retrans: again = 0, tcpi_segs_in: segments = 0, tcpi_data_segs_out: sent = 0 } = this
      .#info();
    return {
      ...heard(new Uint8Array(), undefined),
      unacknowledged: unacked > 0 && again > 0,
      synAckAgain: sent === 0 && segments > 1,
    };
  }

  close(): void {
    this.#socket.close();
  }

  #info(): Record<string, number> {
    const [bytes, length] = [new Uint8Array(512), new Uint32Array([512])];
    loaded ??= openLibrary(SYMBOLS);
    if (loaded.getsockopt(this.#socket.fd, SOL_TCP, TCP_INFO, bytes, length) < 0) {
      throw new SocketError("getsockopt", errorName(lastError()));
    }
    return readTcpInfo(bytes.subarray(0, length[0]));
  }
}

/** A call by Deno, on any system and by IPv6, too. */
export class PlainCall implements Call {
  readonly longest = undefined;
  readonly #address: string;
  readonly #port: number;
  #conn: Deno.TcpConn | undefined;

  constructor(address: string, port: number) {
    this.#address = address;
    this.#port = port;
  }

  async connect(timeout: number): Promise<Connected> {
    const began = performance.now();
    const took = (): number => performance.now() - began;
    try {
      const connecting = Deno.connect({ hostname: this.#address, port: this.#port });
      this.#conn = await within(timeout, connecting);
      return { error: this.#conn === undefined ? "silence" : undefined, milliseconds: took() };
    } catch (error) {
      return { error: codeOf(error), milliseconds: took() };
    }
  }

  async talk(words: Uint8Array<ArrayBuffer> | undefined, timeout: number): Promise<Heard> {
    const began = performance.now();
    const buffer = new Uint8Array(MOST);
    const heard = (bytes: Uint8Array, end: Heard["end"]): Heard => ({ bytes, end, milliseconds: performance.now() - began });
    try {
      if (words !== undefined) await this.#conn?.write(words);
      const count = await within(timeout, this.#conn?.read(buffer) ?? Promise.resolve(null));
      return heard(buffer.subarray(0, count ?? 0), count === null ? "FIN" : undefined);
    } catch {
      return heard(new Uint8Array(), "RST");
    }
  }

  close(): void {
    this.#conn?.close();
  }
}

/** Deno's errors by the names of errno. */
function codeOf(error: unknown): string {
  const { code, name } = error as { code?: string; name?: string };
  if (code !== undefined) return code;
  return { ConnectionRefused: "ECONNREFUSED", TimedOut: "ETIMEDOUT", ConnectionReset: "ECONNRESET" }[`${name}`] ?? `${name}`;
}
