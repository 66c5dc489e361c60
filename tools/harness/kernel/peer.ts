/**
 * The kernel peer: a trusted process inside a private network namespace. It owns the TAP and TUN devices and
 * makes the Linux kernel act at the other end of them. One thread, one loop (loop.ts). It ends when its stdin
 * does, and the kernel kills it when its parent is gone: then devices and namespace are gone too.
 *
 * Run by `KernelPeer.start()` (kernel_peer.ts) as `deno run --allow-ffi peer.ts ffi`. FFI is all it needs: Deno
 * would ask for *every* permission to read /proc/net. The tuntap2 driver opens /dev/net/tun through Deno itself,
 * which takes `--allow-all`.
 *
 * The protocol: length-prefixed messages (../message.ts) on stdin and stdout.
 *
 *     to the peer     { id, operation, options }      do something; the answer carries the same id
 *                     { cancel: id }                  end it early; it answers with what it has
 *                     { wire, frame }                 our stack sends a frame on a wire
 *
 *     from the peer   { ready: now }                  first of all; or
 *                     { refused: { reason, detail } } there is no live wire (NoLiveWire), and it ends
 *                     { id, result }                  the answer; or
 *                     { id, error: { message, reason?, detail? } }
 *                     { wire, frame, time }           the kernel sent a frame on a wire
 *
 * Operations are those of `KernelOperations` (operations.ts), and some about the peer itself: `clock` gives
 * its `performance.now()`, by which frames are stamped; `sync` answers when every frame that the kernel had sent before
 * was passed on; `openWire` takes WireOptions and gives { wire, device };
 * `closeWire` takes { wire }.
 */
import { setMac, setMtu, setUp } from "../../../stack/link/ifreq.ts";
import { errorName, lastError, libc, POLLOUT } from "../../../stack/link/libc.ts";
import { NoLiveWire } from "../../../stack/link/no_live_wire.ts";
import { openNode } from "../../../stack/link/tuntap_ffi.ts";
import { loadTuntap2 } from "../../../stack/link/tuntap_npm.ts";
import { parseMac } from "../../../stack/wire/mac_address.ts";
import { encodeMessage, MessageReader } from "../message.ts";
import { dieWithParent } from "../namespace.ts";
import { forgetPacketSockets, receiveFrames, sendFrame } from "./frames.ts";
import { Loop, type Operation, type Outcome } from "./loop.ts";
import type { OperationName, OperationOptions, OperationResult } from "./operations.ts";
import { ping } from "./ping.ts";
import { rawProbe, tcpConnect, traceroute, udpProbe } from "./probes.ts";
import * as settings from "./settings.ts";
import { SystemCalls } from "./system_calls.ts";
import { arpTable, deviceStats, snmp } from "./tables.ts";
import { tcpTable } from "./tcp_table.ts";
import { tcpClient, tcpServer } from "./tcp_talk.ts";
import { udpTalk } from "./udp_talk.ts";
import { type WireOptions, Wires } from "./wires.ts";

/** What a program asks for that the grader plays. */
const program = new SystemCalls();

/** What carries out each operation: at once, or as a generator that waits in the loop. */
const OPERATIONS: {
  [N in Exclude<OperationName, "renewNetwork">]: (options: OperationOptions<N>) => OperationResult<N> | Operation<OperationResult<N>>;
} = {
  ping,
  udpProbe,
  udpTalk,
  rawProbe,
  tcpConnect,
  tcpClient,
  tcpServer,
  tcpTable: (options) => tcpTable(options?.address),
  traceroute,
  sendFrame,
  receiveFrames,
  systemCall: ({ call }) => program.make(call),
  tcpInfo: ({ descriptor }) => program.info(descriptor),
  arpTable: (options) => arpTable(options?.device),
  arpAdd: settings.arpAdd,
  arpDelete: settings.arpDelete,
  arpFlush: settings.arpFlush,
  snmp,
  deviceStats,
  addRoute: settings.addRoute,
  deleteRoute: settings.deleteRoute,
  addAddress: settings.addAddress,
  setAddress: settings.setAddress,
  setMtu: ({ device, mtu }) => setMtu(device, mtu),
  setQueueLength: settings.setQueueLength,
  setMac: ({ device, mac }) => setMac(device, parseMac(mac)),
  setUp: ({ device, up }) => setUp(device, up),
  sysctl: settings.sysctl,
};

interface Request {
  id: number;
  operation: string;
  options: unknown;
  cancel?: number;
  wire?: number;
  frame?: Uint8Array;
}

class Peer {
  readonly #loop: Loop;
  readonly #wires: Wires;
  readonly #reader = new MessageReader();
  readonly #input = new Uint8Array(0x1_0000);
  #output: Uint8Array[] = [];

  constructor(driver: string) {
    this.#loop = new Loop({ onThread: driver === "ffi" });
    this.#wires = new Wires(driver, this.#loop, (wire, frame, time) => this.#say({ wire, frame, time }));
  }

  async run(): Promise<void> {
    this.#loop.watch(0, () => this.#hear());
    this.#say({ ready: performance.now() });
    this.#flush();
    await this.#loop.run(() => this.#flush());
  }

  #hear(): void {
    const length = libc().read(0, this.#input, this.#input.length);
    if (length <= 0) return this.#loop.end();
    this.#reader.push(this.#input.subarray(0, length));
    for (let message = this.#reader.next(); message !== undefined; message = this.#reader.next()) this.#obey(message as Request);
  }

  #obey(request: Request): void {
    if (request.frame !== undefined) return this.#wires.send(request.wire as number, request.frame);
    if (request.cancel !== undefined) return this.#loop.cancel(request.cancel);
    const settle = (outcome: Outcome) => this.#answer(request.id, outcome);
    try {
      const result = this.#perform(request.operation, request.options);
      // Only the tuntap2 driver opens its devices by a promise; the loop is in no hurry then.
      if (result instanceof Promise) result.then((value) => settle({ value }), (thrown) => settle({ thrown })).then(() => this.#flush());
      else if (isOperation(result)) this.#loop.start(request.id, result, settle);
      else settle({ value: result });
    } catch (thrown) {
      settle({ thrown });
    }
  }

  #perform(operation: string, options: unknown): unknown {
    if (operation === "clock") return performance.now();
    if (operation === "sync") return nextTurn();
    if (operation === "openWire") return this.#wires.open(options as WireOptions);
    if (operation === "renewNetwork") return this.#renewNetwork();
    if (operation === "closeWire") return this.#wires.close((options as { wire: number }).wire);
    if (!Object.hasOwn(OPERATIONS, operation)) throw new TypeError(`Not an operation of the kernel peer: "${operation}"`);
    return OPERATIONS[operation as keyof typeof OPERATIONS](options as never);
  }

  /** Nothing may keep the old network alive. */
  #renewNetwork(): void {
    this.#wires.closeAll();
    program.closeAll();
    forgetPacketSockets();
    settings.renewNamespace();
  }

  #answer(id: number, outcome: Outcome): void {
    if ("value" in outcome) return this.#say({ id, result: outcome.value });
    const { thrown } = outcome;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    if (thrown instanceof NoLiveWire) this.#say({ id, error: { message, reason: thrown.reason, detail: thrown.detail } });
    else this.#say({ id, error: { message } });
  }

  #say(message: unknown): void {
    this.#output.push(encodeMessage(message));
  }

  /** Writes everything that was said in this turn. */
  #flush(): void {
    for (const message of this.#output) writeAll(message);
    this.#output = [];
  }
}

/** Waits until the loop has read once more whatever its devices and sockets hold. */
function* nextTurn(): Operation<void> {
  yield { fd: -1, events: 0, until: 0 }; // this turn began before we were asked
  yield { fd: -1, events: 0, until: 0 };
}

function isOperation(value: unknown): value is Operation<unknown> {
  return typeof value === "object" && value !== null && "next" in value;
}

const STDOUT = 1;

function writeAll(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    const written = libc().write(STDOUT, bytes.subarray(at) as Uint8Array<ArrayBuffer>, bytes.length - at);
    if (written > 0) at += written;
    // Full: the grader is behind. Anything else means that it is gone; the loop sees that at stdin.
    else if (errorName(lastError()) !== "EAGAIN" || libc().poll(new Int32Array([STDOUT, POLLOUT]), 1n, 1000) <= 0) return;
  }
}

if (import.meta.main) {
  dieWithParent();
  try {
    // Whether the node may be opened is known before anything else is done.
    libc().close(openNode());
    settings.prepareNamespace();
    const driver = Deno.args[0] ?? "ffi";
    if (driver === "tuntap2") await loadTuntap2();
    await new Peer(driver).run();
  } catch (error) {
    if (!(error instanceof NoLiveWire)) throw error;
    writeAll(encodeMessage({ refused: { reason: error.reason, detail: error.detail } }));
  }
  // A reader of the tuntap2 driver may still be blocked in the kernel.
  Deno.exit();
}
