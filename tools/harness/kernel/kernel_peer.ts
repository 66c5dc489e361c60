/**
 * The grader's side of the kernel peer: starts it in a private network namespace, opens wires to the kernel,
 * and asks the kernel to act. See operations.ts for what it can be asked, peer.ts for the protocol.
 *
 *     const kernel = await KernelPeer.start(); // throws NoLiveWire, with the remedy
 *     const wire = await kernel.openWire({ kind: "tap", mac: "02:00:00:00:00:01", address: "10.44.0.1" });
 *     wire.onFrame((frame, time) => ...); // the kernel sent something
 *     wire.send(arpReply); // our stack answers
 *     const [echo] = await kernel.ping({ to: "10.44.0.2" });
 *     await kernel.close();
 *
 * Rules: nothing of the host's network changes. When this process ends, however it ends, the peer, its devices
 * and its namespace are gone. Needs `--allow-run` and `--allow-sys=uid`, and no FFI: that is the peer's.
 */
import { NoLiveWire, type NoLiveWireReason } from "../../../stack/link/no_live_wire.ts";
import { encodeMessage, MessageReader } from "../message.ts";
import { refusalOf, spawnInNamespace } from "../namespace.ts";
import type { KernelOperations, OperationName, OperationResult, Patience } from "./operations.ts";
import type { WireOptions } from "./wires.ts";

/** Which driver opens the devices. */
export type Driver = "ffi" | "tuntap2";

export interface KernelPeerOptions {
  /** Default "ffi". */
  driver?: Driver;
}

/** One wire to the kernel. */
export interface Wire {
  /** The kernel's interface: "tap0". */
  readonly device: string;
  readonly kind: "tap" | "tun";
  /** Hands the kernel a frame (TAP) or an IP packet (TUN). */
  send(frame: Uint8Array): void;
  /**
   * Calls back for each frame the kernel sends; `time` is when, as a reading of this process's `performance.now()`.
   * What came before there was a callback is delivered first.
   */
  onFrame(callback: (frame: Uint8Array, time: number) => void): void;
  /** Takes the interface away. Safe to call twice. */
  close(): void;
}

interface Answer {
  id?: number;
  result?: unknown;
  error?: { message: string; reason?: NoLiveWireReason; detail?: string };
  ready?: number;
  refused?: { reason: NoLiveWireReason; detail: string };
  wire?: number;
  frame?: Uint8Array;
  time?: number;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: Error) => void;
}

/** The id under which `start` waits for the peer's first message. */
const READY = 0;
/** Characters of the peer's stderr that are kept for its last words. */
const LAST_WORDS = 4096;

export class KernelPeer implements KernelOperations {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #waiting = new Map<number, Waiting>();
  readonly #wires = new Map<number, PeerWire>();
  readonly #ended: Promise<void>;
  #lastId = READY;
  /** What is added to the peer's clock to get ours: the least seen of "when it arrived here" minus "when it was there". */
  #clockOffset = Infinity;
  #unsent: Uint8Array[] = [];
  #gone: Error | undefined;

  /** Starts a peer in a network namespace of its own. Throws a NoLiveWire when this machine does not let us. */
  static async start(options: KernelPeerOptions = {}): Promise<KernelPeer> {
    const peer = new KernelPeer(
      spawnInNamespace(peerCommand(options.driver ?? "ffi"), { stdin: "piped", stdout: "piped", stderr: "piped" }),
    );
    try {
      await peer.#expect(READY);
      peer.#setClock(await peer.#ask("clock", undefined) as number);
      return peer;
    } catch (error) {
      await peer.close();
      throw error;
    }
  }

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#ended = this.#live();
  }

  /** The peer's process. `nsenter --target PID --net` looks around in its network. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Makes an interface in the kernel and gives our end of it. Throws a NoLiveWire when the kernel refuses. */
  async openWire(options: WireOptions): Promise<Wire> {
    const { wire, device } = await this.#ask("openWire", options) as { wire: number; device: string };
    const opened = this.#wireOf(wire);
    opened.device = device;
    opened.kind = options.kind;
    return opened;
  }

  /** Resolves when every frame that the kernel sent up to now has been delivered here. */
  async sync(): Promise<void> {
    await this.#ask("sync", undefined);
  }

  /** Ends the peer; devices and namespace are gone when this resolves. Safe to call twice. */
  async close(): Promise<void> {
    this.#gone ??= new Error("Cannot ask the kernel peer: it was closed");
    await this.#writer.close().catch(() => {});
    await this.#ended;
  }

  ping: KernelOperations["ping"] = (options) => this.#operate("ping", options);
  udpProbe: KernelOperations["udpProbe"] = (options) => this.#operate("udpProbe", options);
  udpTalk: KernelOperations["udpTalk"] = (options) => this.#operate("udpTalk", options);
  rawProbe: KernelOperations["rawProbe"] = (options) => this.#operate("rawProbe", options);
  tcpConnect: KernelOperations["tcpConnect"] = (options) => this.#operate("tcpConnect", options);
  tcpClient: KernelOperations["tcpClient"] = (options) => this.#operate("tcpClient", options);
  tcpServer: KernelOperations["tcpServer"] = (options) => this.#operate("tcpServer", options);
  tcpTable: KernelOperations["tcpTable"] = (options = {}) => this.#operate("tcpTable", options);
  traceroute: KernelOperations["traceroute"] = (options) => this.#operate("traceroute", options);
  sendFrame: KernelOperations["sendFrame"] = (options) => this.#operate("sendFrame", options);
  receiveFrames: KernelOperations["receiveFrames"] = (options) => this.#operate("receiveFrames", options);
  arpTable: KernelOperations["arpTable"] = (options = {}) => this.#operate("arpTable", options);
  arpAdd: KernelOperations["arpAdd"] = (options) => this.#operate("arpAdd", options);
  arpDelete: KernelOperations["arpDelete"] = (options) => this.#operate("arpDelete", options);
  arpFlush: KernelOperations["arpFlush"] = (options) => this.#operate("arpFlush", options);
  systemCall: KernelOperations["systemCall"] = async (options) => {
    const answer = await this.#operate("systemCall", options);
    return { ...answer, time: answer.time + this.#clockOffset };
  };
  tcpInfo: KernelOperations["tcpInfo"] = (options) => this.#operate("tcpInfo", options);
  renewNetwork: KernelOperations["renewNetwork"] = () => this.#operate("renewNetwork", undefined);
  snmp: KernelOperations["snmp"] = () => this.#operate("snmp", undefined);
  deviceStats: KernelOperations["deviceStats"] = () => this.#operate("deviceStats", undefined);
  addRoute: KernelOperations["addRoute"] = (options) => this.#operate("addRoute", options);
  deleteRoute: KernelOperations["deleteRoute"] = (options) => this.#operate("deleteRoute", options);
  addAddress: KernelOperations["addAddress"] = (options) => this.#operate("addAddress", options);
  setAddress: KernelOperations["setAddress"] = (options) => this.#operate("setAddress", options);
  setMtu: KernelOperations["setMtu"] = (options) => this.#operate("setMtu", options);
  setQueueLength: KernelOperations["setQueueLength"] = (options) => this.#operate("setQueueLength", options);
  setMac: KernelOperations["setMac"] = (options) => this.#operate("setMac", options);
  setUp: KernelOperations["setUp"] = (options) => this.#operate("setUp", options);
  sysctl: KernelOperations["sysctl"] = (options) => this.#operate("sysctl", options);

  async #operate<N extends OperationName>(operation: N, options: Parameters<KernelOperations[N]>[0]): Promise<OperationResult<N>> {
    const { signal, ...rest } = (options ?? {}) as Patience;
    return await this.#ask(operation, rest, signal) as OperationResult<N>;
  }

  async #ask(operation: string, options: unknown, signal?: AbortSignal): Promise<unknown> {
    const id = ++this.#lastId;
    const answer = this.#expect(id);
    this.#send({ id, operation, options });
    const cancel = () => this.#send({ cancel: id });
    if (signal?.aborted) cancel();
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      return await answer;
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  #expect(id: number): Promise<unknown> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** Queues a message; those of one turn travel in one write. */
  #send(message: unknown): void {
    if (this.#gone !== undefined) return;
    if (this.#unsent.push(encodeMessage(message)) === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const bytes = join(this.#unsent);
    this.#unsent = [];
    // A peer that is gone is noticed where its output ends.
    this.#writer.write(bytes).catch(() => {});
  }

  /** Reads what the peer says until it ends. */
  async #live(): Promise<void> {
    const lastWords = collect(this.#child.stderr);
    const reader = new MessageReader();
    try {
      for await (const chunk of this.#child.stdout) {
        reader.push(chunk);
        for (let message = reader.next(); message !== undefined; message = reader.next()) this.#hear(message as Answer);
      }
    } catch (error) {
      this.#child.kill("SIGKILL");
      this.#gone ??= new Error(`The kernel peer spoke nonsense: ${(error as Error).message}`);
    }
    const stderr = await lastWords;
    const { code, signal } = await this.#child.status;
    await this.#writer.close().catch(() => {});
    this.#gone ??= refusalOf(stderr) ??
      new Error(`The kernel peer ended (${signal ?? `status ${code}`})${stderr === "" ? "" : `:\n${stderr.trimEnd()}`}`);
    for (const { reject } of this.#waiting.values()) reject(this.#gone);
    this.#waiting.clear();
  }

  #hear(message: Answer): void {
    if (message.frame !== undefined) {
      const time = message.time as number;
      this.#setClock(time);
      return this.#wireOf(message.wire as number).deliver(message.frame, time + this.#clockOffset);
    }
    if (message.refused !== undefined) {
      this.#gone ??= new NoLiveWire(message.refused.reason, message.refused.detail);
      return;
    }
    const id = message.id ?? READY;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (message.error === undefined) waiting?.resolve(message.result);
    else waiting?.reject(asError(message.error));
  }

  /** Learns from a reading of the peer's clock that has just arrived. No frame may seem to arrive before it was sent. */
  #setClock(reading: number): void {
    this.#clockOffset = Math.min(this.#clockOffset, performance.now() - reading);
  }

  /** The wire with this number. Its first frames may arrive together with the answer that announces it. */
  #wireOf(number: number): PeerWire {
    let wire = this.#wires.get(number);
    if (wire === undefined) {
      wire = new PeerWire(
        (frame) => this.#send({ wire: number, frame }),
        () => void this.#ask("closeWire", { wire: number }).catch(() => {}),
      );
      this.#wires.set(number, wire);
    }
    return wire;
  }
}

/** Why there is no live wire here: a sentence; undefined when there is one. Starts a peer and ends it, to know. For tests. */
export async function whyNoLiveWire(options: KernelPeerOptions = {}): Promise<string | undefined> {
  try {
    await (await KernelPeer.start(options)).close();
    return undefined;
  } catch (error) {
    if (error instanceof NoLiveWire) return error.what;
    throw error;
  }
}

class PeerWire implements Wire {
  device = "";
  kind: "tap" | "tun" = "tap";
  readonly #transmit: (frame: Uint8Array) => void;
  readonly #closeAtPeer: () => void;
  #callback: ((frame: Uint8Array, time: number) => void) | undefined;
  #early: [frame: Uint8Array, time: number][] = [];
  #closed = false;

  constructor(transmit: (frame: Uint8Array) => void, closeAtPeer: () => void) {
    this.#transmit = transmit;
    this.#closeAtPeer = closeAtPeer;
  }

  send(frame: Uint8Array): void {
    if (!this.#closed) this.#transmit(frame);
  }

  onFrame(callback: (frame: Uint8Array, time: number) => void): void {
    this.#callback = callback;
    const early = this.#early;
    this.#early = [];
    for (const [frame, time] of early) callback(frame, time);
  }

  deliver(frame: Uint8Array, time: number): void {
    if (this.#closed) return;
    if (this.#callback !== undefined) this.#callback(frame, time);
    else if (this.#early.length < EARLY_FRAMES) this.#early.push([frame, time]);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#closeAtPeer();
  }
}

/** Frames that are kept for a callback that is yet to come. */
const EARLY_FRAMES = 1000;

function peerCommand(driver: Driver): string[] {
  const root = (path: string) => fromFileUrl(new URL(`../../../${path}`, import.meta.url));
  // Deno guards /dev/net/tun more closely than FFI does, and the tuntap2 driver opens it through Deno. Its package is
  // pinned in a lock file of its own (tools/tuntap2.json).
  const options = driver === "ffi"
    ? ["--no-config", "--no-prompt", "--allow-ffi"]
    : [`--config=${root("tools/tuntap2.json")}`, "--allow-all"];
  return [Deno.execPath(), "run", "--quiet", "--no-check", "--cached-only", ...options, new URL("peer.ts", import.meta.url).href, driver];
}

function fromFileUrl(url: URL): string {
  return decodeURIComponent(url.pathname);
}

function asError({ message, reason, detail }: NonNullable<Answer["error"]>): Error {
  return reason === undefined ? new Error(message) : new NoLiveWire(reason, detail);
}

async function collect(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) text = (text + chunk).slice(-LAST_WORDS);
  return text;
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
