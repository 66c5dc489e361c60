/**
 * The part of `deno task bench` that needs a live wire. It runs in a network namespace of its own, as
 * `deno run --allow-ffi --allow-read tap.ts '{"rounds": 9, "sample": 20}'`, and prints one JSON object: TapResult, or
 * { refused: { reason, detail } } where there is no live wire.
 *
 * *Throughput*: the kernel's side puts a batch of echo requests on the wire through a packet socket; then stack and
 * yardstick answer them, and the kernel takes each reply up to ICMP before `write` returns. All on one thread, so nobody
 * waits for anybody, and it is the work that is measured. The kernel's own count of good replies proves that they were.
 *
 * *Round trip*: a program on another thread pings through the kernel, one echo after the other, and the time counts that
 * it sees: with everything that sleeping and waking cost.
 */
import type { Modules } from "../../stack/contract/modules.ts";
import { indexOf } from "../../stack/link/ifreq.ts";
import { NoLiveWire } from "../../stack/link/no_live_wire.ts";
import { openTunTap, type TunTap } from "../../stack/link/tuntap_ffi.ts";
import { run } from "../../stack/runner.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { parseMac } from "../../stack/wire/mac_address.ts";
import { arpAdd, prepareNamespace } from "../harness/kernel/settings.ts";
import { linkAddress } from "../harness/kernel/socket_address.ts";
import { AF_PACKET, SOCK_RAW, Socket } from "../harness/kernel/sockets.ts";
import { snmp } from "../harness/kernel/tables.ts";
import { dieWithParent } from "../harness/namespace.ts";
import { KERNEL_IP, KERNEL_MAC, STACK_IP, STACK_MAC } from "../harness/packets.ts";
import { countConstructions } from "./allocations.ts";
import { contest, type ContestOptions, type Spread, spreadOf } from "./contest.ts";
import { BATCH, echo, echoingHost, echoRequest, type EchoRig, introduction } from "./echo.ts";
import type { PingerOrder } from "./pinger.ts";
import type { Made } from "./report.ts";

/** What is measured here. */
export interface TapResult {
  /** Nanoseconds per echo, for frames of 60 and 1514 bytes. */
  readonly echo: readonly { readonly length: number; readonly stack: Spread; readonly yardstick: Spread }[];
  /** Microseconds from request to reply: the stack under `run`, and a bare loop that sleeps in poll(2), or never does. */
  readonly roundTrip: { readonly stack: Spread; readonly sleeping: Spread; readonly busy: Spread };
  /** What the stack made while it answered a batch. */
  readonly made: Made;
  /** Echo replies that were sent, and those that the kernel found good. */
  readonly replies: { readonly sent: number; readonly good: number };
}

/** Echoes of one round-trip sample. */
const PINGS = 200;

/** A TAP device whose requests come from a packet socket on the kernel's side. `answer` is what lives at our end. */
function tapRig(tap: TunTap, socket: Socket, length: number, answer: () => void): EchoRig {
  const request = echoRequest(length);
  let underWay = 0;
  return {
    request: (count) => {
      for (underWay = count; count > 0; count--) socket.send(request);
    },
    answer,
    // The kernel has taken the replies already; what it thinks of them, it counts.
    collect: () => tap.receive(new Frame()) ? -1 : underWay,
  };
}

/** Turns requests into replies where they lie: no check, no table, no copy. */
function answerBare(tap: TunTap, frame: Frame): void {
  const { view } = frame;
  while (tap.receive(frame)) {
    const at = frame.start;
    swap(view, at, at + 6, 3);
    swap(view, at + 26, at + 30, 2);
    view.setUint16(at + 34, 0);
    const sum = view.getUint16(at + 36) + 0x0800; // type 8 became 0: the checksum grows by as much (RFC 1624)
    view.setUint16(at + 36, (sum & 0xffff) + (sum >>> 16));
    tap.send(frame);
  }
}

/** Exchanges `count` 16-bit words. */
function swap(view: DataView, a: number, b: number, count: number): void {
  for (let i = 0; i < count; i++, a += 2, b += 2) {
    const word = view.getUint16(a);
    view.setUint16(a, view.getUint16(b));
    view.setUint16(b, word);
  }
}

/** A thread that pings. */
class Pinger {
  readonly #worker = new Worker(new URL("pinger.ts", import.meta.url), { type: "module" });
  /** Not 0 once it is done: for loops that never let a message in. */
  readonly #done = new Int32Array(new SharedArrayBuffer(4));

  /** Pings `count` times while `answer` goes on until it is told to stop; gives the microseconds of each echo. */
  async ping(count: number, answer: (isDone: () => boolean, done: AbortSignal) => void | Promise<void>): Promise<number[]> {
    const done = new AbortController();
    Atomics.store(this.#done, 0, 0);
    const times = new Promise<number[]>((resolve, reject) => {
      this.#worker.onmessage = ({ data }) => {
        done.abort();
        resolve(data);
      };
      this.#worker.onerror = (event) => reject(new Error(event.message));
    });
    const order: PingerOrder = { to: STACK_IP, count, done: this.#done };
    this.#worker.postMessage(order);
    await answer(() => Atomics.load(this.#done, 0) !== 0, done.signal);
    return await times;
  }

  close(): void {
    this.#worker.terminate();
  }
}

async function measureRoundTrip(modules: Modules, tap: TunTap, rounds: number): Promise<TapResult["roundTrip"]> {
  const frame = new Frame();
  const host = echoingHost(modules, tap);
  const pinger = new Pinger();
  const samples: Record<keyof TapResult["roundTrip"], number[]> = { stack: [], sleeping: [], busy: [] };
  for (let round = 0; round < rounds; round++) {
    samples.stack.push(...await pinger.ping(PINGS, (_, signal) => run(host, [tap], { signal })));
    samples.sleeping.push(
      ...await pinger.ping(PINGS, (isDone) => {
        while (!isDone()) if (tap.waitSync(10)) answerBare(tap, frame);
      }),
    );
    samples.busy.push(
      ...await pinger.ping(PINGS, (isDone) => {
        while (!isDone()) answerBare(tap, frame);
      }),
    );
  }
  pinger.close();
  return { stack: spreadOf(samples.stack), sleeping: spreadOf(samples.sleeping), busy: spreadOf(samples.busy) };
}

/** All measurements. */
async function measure(modules: Modules, options: ContestOptions): Promise<TapResult> {
  prepareNamespace();
  const tap = openTunTap({ kind: "tap", mac: parseMac(KERNEL_MAC), address: parseIpv4Address(KERNEL_IP) });
  arpAdd({ device: tap.name, address: STACK_IP, mac: STACK_MAC });
  const socket = new Socket(AF_PACKET, SOCK_RAW, 0);
  socket.bind(linkAddress(indexOf(tap.name), 0));
  const host = echoingHost(modules, tap);
  const answer = () => void host.poll(performance.now());
  socket.send(introduction());
  answer();

  const frame = new Frame();
  const before = snmp().Icmp?.InEchoReps ?? 0;
  let sent = 0;
  const counted = (rig: EchoRig) => (count: number): number => {
    sent += count;
    return echo(rig, count);
  };
  const echoes = [60, 1514].map((length) => ({
    length,
    ...contest({
      stack: counted(tapRig(tap, socket, length, answer)),
      yardstick: counted(tapRig(tap, socket, length, () => answerBare(tap, frame))),
    }, options),
  }));
  const rig = tapRig(tap, socket, 60, answer);
  rig.request(BATCH);
  sent += BATCH;
  const made = { packets: BATCH * 2, constructions: countConstructions(rig.answer) };
  const good = (snmp().Icmp?.InEchoReps ?? 0) - before;
  return { echo: echoes, made, replies: { sent, good }, roundTrip: await measureRoundTrip(modules, tap, options.rounds) };
}

if (import.meta.main) {
  dieWithParent();
  const { default: modules } = await import("../../solutions/reference.ts");
  try {
    console.log(JSON.stringify(await measure(modules, JSON.parse(Deno.args[0] ?? "{}"))));
  } catch (error) {
    if (!(error instanceof NoLiveWire)) throw error;
    console.log(JSON.stringify({ refused: { reason: error.reason, detail: error.detail } }));
  }
  Deno.exit();
}
