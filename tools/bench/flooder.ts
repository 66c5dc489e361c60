/**
 * A thread that floods: SYNs from addresses that nobody has, as fast as the kernel takes them, and from as many ports. They go in by a raw socket, and come out
 * of the TUN device like everybody's packets. Manual pages: raw(7), sendmmsg(2).
 */
import { AF_INET, errorName, lastError, libc, O_CLOEXEC, openLibrary } from "../../stack/link/libc.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { internetAddress } from "../harness/kernel/socket_address.ts";
import { ipv4, tcp } from "../harness/packets.ts";
import { pointer } from "../harness/kernel/sockets.ts";

const SYMBOLS = {
  sendmmsg: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
const SOCK_RAW = 3, IPPROTO_RAW = 255;
/** SYNs that go in with one call, and how many different ones there are. `struct mmsghdr`, and `struct iovec`. */
const BATCH = 64;
const KINDS = 16_384;
const HEADER = 64, VECTOR = 16, LENGTH = 40;

/** What to send: at most so many, and so many per second; until the flag is not 0. With `most` 0 it only makes itself ready. */
export interface FloodOrder {
  readonly to: string;
  readonly port: number;
  readonly most: number;
  /** Infinity: as many as it can. */
  readonly rate: number;
  readonly stop: Int32Array;
}

/** How many went in, and how long that took. */
export type FloodAnswer = { readonly sent: number; readonly milliseconds: number } | { readonly failed: string };

class Flooder {
  readonly #calls = openLibrary(SYMBOLS);
  /** What the headers point at must stay where it is. */
  readonly #syns: Uint8Array<ArrayBuffer>;
  readonly #address: Uint8Array<ArrayBuffer>;
  readonly #vectors = new BigUint64Array(new ArrayBuffer(KINDS * VECTOR));
  readonly #batches: DataView<ArrayBuffer>[];
  #next = 0;

  constructor(to: string, port: number) {
    this.#syns = makeSyns(to, port);
    this.#address = internetAddress(to);
    const headers = new DataView(new ArrayBuffer(KINDS * HEADER));
    const [text, name, first] = [this.#syns, this.#address, this.#vectors].map(pointer) as [bigint, bigint, bigint];
    for (let index = 0; index < KINDS; index++) {
      this.#vectors.set([text + BigInt(index * LENGTH), BigInt(LENGTH)], index * 2);
      headers.setBigUint64(index * HEADER, name, true);
      headers.setUint32(index * HEADER + 8, this.#address.length, true);
      headers.setBigUint64(index * HEADER + 16, first + BigInt(index * VECTOR), true);
      headers.setBigUint64(index * HEADER + 24, 1n, true);
    }
    const batch = BATCH * HEADER;
    this.#batches = Array.from({ length: KINDS / BATCH }, (_, index) => new DataView(headers.buffer, index * batch, batch));
  }

  flood(most: number, rate: number, stop: Int32Array): FloodAnswer {
    const socket = libc().socket(AF_INET, SOCK_RAW | O_CLOEXEC, IPPROTO_RAW);
    if (socket < 0) return { failed: `socket: ${errorName(lastError())}` };
    const began = performance.now();
    let sent = 0;
    while (sent < most && Atomics.load(stop, 0) === 0) {
      const batch = this.#batches[this.#next++ % this.#batches.length] as DataView<ArrayBuffer>;
      sent += Math.max(0, this.#calls.sendmmsg(socket, batch, BATCH, 0));
      const early = sent / rate * 1000 - (performance.now() - began);
      if (early > 0) Atomics.wait(stop, 0, 0, early);
    }
    libc().close(socket);
    return { sent, milliseconds: performance.now() - began };
  }
}

/** SYNs, one behind the other, from 198.18.0.0/15, which nobody has but benchmarks. */
function makeSyns(to: string, port: number): Uint8Array<ArrayBuffer> {
  const random = createRandom(1);
  const all = new Uint8Array(KINDS * LENGTH);
  for (let at = 0; at < all.length; at += LENGTH) {
    const source = `198.${random.int(18, 19)}.${random.int(0, 255)}.${random.int(1, 254)}`;
    const ports = { sourcePort: random.int(1024, 65_535), destinationPort: port };
    const segment = tcp({ ...ports, source, destination: to, seq: random.int(0, 0xffff_ffff), flags: "SYN" });
    all.set(ipv4({ source, destination: to, protocol: 6 }, segment), at);
  }
  return all;
}

/** This thread's end of the channel to the one that started it. */
const channel = globalThis as unknown as Worker;
let flooder: Flooder | undefined;
channel.onmessage = ({ data: { to, port, most, rate, stop } }: MessageEvent<FloodOrder>): void => {
  flooder ??= new Flooder(to, port);
  channel.postMessage(flooder.flood(most, rate, stop));
};
