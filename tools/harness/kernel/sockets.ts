/**
 * Sockets of the Linux kernel by FFI: what the kernel peer's operations are made of. All of them are
 * non-blocking; whoever waits does so in the peer's loop.
 *
 * Rules: a call that fails throws a SocketError with the errno's name, so that an operation can report it as
 * data. `Received` and its arrays are fresh copies: this is a test's tool, not a packet path.
 * Manual pages: ip(7), icmp(7), packet(7), recvmsg(2), cmsg(3).
 */
import { errorName, lastError, libc, O_CLOEXEC, O_NONBLOCK, openLibrary } from "../../../stack/link/libc.ts";
import { formatIpv4Address, type Ipv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { IcmpError } from "./operations.ts";
import { INTERNET_ADDRESS_LENGTH, readAddress } from "./socket_address.ts";

const SYMBOLS = {
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "u64", "i32"], result: "i64" },
  recvmsg: { parameters: ["i32", "buffer", "i32"], result: "i64" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

let loaded: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] | undefined;
function calls(): Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] {
  return loaded ??= openLibrary(SYMBOLS);
}

/** Families, kinds and protocols. */
export const AF_PACKET = 17;
export const SOCK_STREAM = 1;
export const SOCK_RAW = 3;
export const IPPROTO_ICMP = 1;

/** Option levels and options. */
export const SOL_SOCKET = 1;
export const SO_ERROR = 4;
export const SO_BROADCAST = 6;
export const SOL_IP = 0;
export const IP_TOS = 1;
export const IP_TTL = 2;
export const IP_OPTIONS = 4;
export const IP_RECVOPTS = 6;
export const IP_MTU_DISCOVER = 10;
export const IP_RECVERR = 11;
export const IP_RECVTTL = 12;
/** Values of IP_MTU_DISCOVER: never set "don't fragment", always set it. */
export const IP_PMTUDISC_DONT = 0;
export const IP_PMTUDISC_DO = 2;

const MSG_ERRQUEUE = 0x2000;
const SO_EE_ORIGIN_ICMP = 2;

/** A call that the kernel refused. */
export class SocketError extends Error {
  override readonly name = "SocketError";
  /** "EHOSTUNREACH", … */
  readonly code: string;

  constructor(call: string, code = errorName(lastError())) {
    super(`${call}: ${code}`);
    this.code = code;
  }
}

/** What a socket gave. */
export interface Received {
  data: Uint8Array<ArrayBuffer>;
  from?: Ipv4Address;
  port?: number;
  ttl?: number;
  /** The IP options of the packet, as they came. */
  options?: Uint8Array<ArrayBuffer>;
}

/** What a socket's error queue gave. */
export interface ReceivedError {
  /** "ECONNREFUSED", … */
  error: string;
  /** Unset: the kernel itself said so, without an ICMP message. */
  icmp?: IcmpError;
  /** The payload of the packet that caused it. */
  quoted: Uint8Array<ArrayBuffer>;
}

export class Socket {
  readonly fd: number;

  /** A new socket, or one that the kernel has made already: its descriptor. */
  constructor(family: number, kind: number, protocol: number, fd = libc().socket(family, kind | O_NONBLOCK | O_CLOEXEC, protocol)) {
    this.fd = fd;
    if (this.fd < 0) throw new SocketError("socket");
  }

  /** Sets an option that is a number. */
  set(level: number, option: number, value: number): void {
    this.setBytes(level, option, new Uint8Array(new Int32Array([value]).buffer));
  }

  setBytes(level: number, option: number, value: Uint8Array<ArrayBuffer>): void {
    if (calls().setsockopt(this.fd, level, option, value, value.length) < 0) throw new SocketError("setsockopt");
  }

  /** The error that waits at the socket; it is taken. Undefined: none. */
  takeError(): string | undefined {
    const value = new Int32Array(1);
    calls().getsockopt(this.fd, SOL_SOCKET, SO_ERROR, value, new Uint32Array([4]));
    return value[0] === 0 ? undefined : errorName(value[0] as number);
  }

  bind(address: Uint8Array<ArrayBuffer>): void {
    if (calls().bind(this.fd, address, address.length) < 0) throw new SocketError("bind");
  }

  /** Connects. A connection that is still being made ("EINPROGRESS") is no error. */
  connect(address: Uint8Array<ArrayBuffer>): void {
    if (calls().connect(this.fd, address, address.length) < 0 && errorName(lastError()) !== "EINPROGRESS") throw new SocketError("connect");
  }

  send(data: Uint8Array): void {
    if (calls().send(this.fd, data as Uint8Array<ArrayBuffer>, BigInt(data.length), 0) < 0n) throw new SocketError("send");
  }

  /** The next datagram, or undefined when none is waiting. */
  receive(): Received | undefined {
    const length = this.#receiveMessage(0);
    if (length === undefined) return undefined;
    const received: Received = { data: scratch.data.slice(0, length) };
    if (scratch.nameLength >= INTERNET_ADDRESS_LENGTH) {
      received.from = readAddress(scratch.name);
      received.port = scratch.name.getUint16(2);
    }
    for (const { type, at, length } of controls()) {
      if (type === IP_TTL) received.ttl = scratch.control.getInt32(at, true);
      if (type === IP_RECVOPTS) received.options = new Uint8Array(scratch.control.buffer.slice(at, at + length));
    }
    return received;
  }

  /** The next entry of the error queue (IP_RECVERR must be set), or undefined when it is empty. */
  receiveError(): ReceivedError | undefined {
    const length = this.#receiveMessage(MSG_ERRQUEUE);
    if (length === undefined) return undefined;
    for (const { type, at } of controls()) {
      if (type === IP_RECVERR) return { ...readExtendedError(at), quoted: scratch.data.slice(0, length) };
    }
    return undefined;
  }

  #receiveMessage(flags: number): number | undefined {
    const length = calls().recvmsg(this.fd, scratch.prepare(), flags);
    if (length >= 0n) return Number(length);
    const error = errorName(lastError());
    if (error === "EAGAIN") return undefined;
    throw new SocketError("recvmsg", error);
  }

  close(): void {
    libc().close(this.fd);
  }
}

/** `struct sock_extended_err`, and behind it the address of whoever sent the ICMP message. */
function readExtendedError(at: number): { error: string; icmp?: IcmpError } {
  const error = errorName(scratch.control.getUint32(at, true));
  if (scratch.control.getUint8(at + 4) !== SO_EE_ORIGIN_ICMP) return { error };
  const type = scratch.control.getUint8(at + 5);
  const code = scratch.control.getUint8(at + 6);
  const from = formatIpv4Address(readAddress(new DataView(scratch.control.buffer, at + 16)));
  const icmp: IcmpError = { type, code, from };
  if (type === 3 && code === 4) icmp.mtu = scratch.control.getUint32(at + 8, true);
  return { error, icmp };
}

/** The control messages of what was received last: type, and where their data lie. */
function* controls(): Generator<{ type: number; at: number; length: number }> {
  const header = 16;
  for (let at = 0; at + header <= scratch.controlLength;) {
    const length = Number(scratch.control.getBigUint64(at, true));
    if (length < header || at + length > scratch.controlLength) return;
    if (scratch.control.getInt32(at + 8, true) === SOL_IP) {
      yield { type: scratch.control.getInt32(at + 12, true), at: at + header, length: length - header };
    }
    at += length + 7 & ~7;
  }
}

/** The one `struct msghdr`, and the buffers it points at. Made when first needed; buffers outside V8's heap never move. */
class Scratch {
  readonly name = new DataView(new ArrayBuffer(128));
  readonly data = new Uint8Array(new ArrayBuffer(0x1_0000));
  readonly control = new DataView(new ArrayBuffer(1024));
  readonly #vector = new BigUint64Array(new ArrayBuffer(16));
  readonly #header = new DataView(new ArrayBuffer(56));

  prepare(): DataView<ArrayBuffer> {
    const header = this.#header;
    if (header.getBigUint64(0, true) === 0n) {
      this.#vector.set([pointer(this.data), BigInt(this.data.length)]);
      header.setBigUint64(0, pointer(this.name), true);
      header.setBigUint64(16, pointer(this.#vector), true);
      header.setBigUint64(24, 1n, true);
      header.setBigUint64(32, pointer(this.control), true);
    }
    header.setUint32(8, this.name.byteLength, true);
    header.setBigUint64(40, BigInt(this.control.byteLength), true);
    return header;
  }

  get nameLength(): number {
    return this.#header.getUint32(8, true);
  }

  get controlLength(): number {
    return Number(this.#header.getBigUint64(40, true));
  }
}

const scratch = new Scratch();

/** Where a buffer lies in memory. */
export function pointer(buffer: ArrayBufferView<ArrayBuffer>): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer));
}
