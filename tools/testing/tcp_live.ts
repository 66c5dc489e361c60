/**
 * The reference stack and the kernel exchange a stream both ways over TUN, in a namespace of their own: once the kernel calls, once we do.
 * Run as `deno run … tcp_live.ts '{"bytes": 20000000, "impair": {"drop": 0.02}, "capture": "/tmp/x.pcapng"}'`; prints one LiveResult as JSON.
 * For tests only.
 */
import { createHash } from "node:crypto";
import reference from "../../solutions/reference.ts";
import { Host } from "../../stack/host.ts";
import { capture, captureTo } from "../../stack/link/capture.ts";
import { setMtu } from "../../stack/link/ifreq.ts";
import { impair, type Impairments } from "../../stack/link/impair.ts";
import { largeSegments } from "../../stack/link/large_segments.ts";
import { openTunTap } from "../../stack/link/tuntap_ffi.ts";
import { run } from "../../stack/runner.ts";
import type { Connection } from "../../stack/tcp/connection.ts";
import type { ConnectionNotice } from "../../stack/tcp/options.ts";
import type { Tcp } from "../../stack/tcp/tcp.ts";
import { parseIpv4Address, UNSPECIFIED } from "../../stack/wire/ipv4_address.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { prepareNamespace, sysctl } from "../harness/kernel/settings.ts";
import { dieWithParent } from "../harness/namespace.ts";
import { KERNEL_IP, STACK_IP } from "../harness/packets.ts";

/** What is exchanged, over which wire. */
export interface LiveOrder {
  readonly bytes: number;
  /** Of both directions. */
  readonly impair?: Impairments;
  /** Where the wire is recorded, as the kernel sees it. */
  readonly capture?: string;
  /** Who cuts large segments and puts them together. Default: nobody. */
  readonly large?: "kernel" | "software";
  /** The kernel's interface has these MTUs, one after the other, for as long as it lasts. */
  readonly mtus?: readonly number[];
}

/** What came of it: SHA-256 of what was to be sent, and of what each end received; how our end ended. */
export interface LiveResult {
  readonly expected: string;
  readonly calls: readonly {
    readonly who: "kernel" | "stack";
    readonly kernelGot: string;
    readonly stackGot: string;
    readonly end: string;
    readonly resent: number;
  }[];
  /** Whether the device has offload. */
  readonly offload: boolean;
  readonly left: { readonly connections: number; readonly framesLent: number };
  readonly counters: Readonly<Record<string, number>>;
}

/** The echo service's: whoever dissects a capture looks for no other protocol in what is random. */
const PORT = 7;
const CHUNK = 65_536;
/** Milliseconds: by then it is over, or it hangs. */
const PATIENCE = 120_000;
const BLOCK = createRandom(1).bytes(1 << 20);

/** The stream, piece by piece: no two pieces are alike. */
function piece(index: number, bytes: number): Uint8Array {
  const at = index * 7919 % (BLOCK.length - CHUNK);
  return BLOCK.subarray(at, at + Math.min(CHUNK, bytes - index * CHUNK));
}

/** Our end: writes the stream, reads to the end, closes. Gives the hash of what came, and how it ended. */
function exchange(connection: Connection, bytes: number): Promise<{ hash: string; end: string }> {
  const hash = createHash("sha256");
  const buffer = new Uint8Array(CHUNK);
  const heard = new Set<ConnectionNotice>();
  let index = 0;
  let at = 0;
  const { promise, resolve } = Promise.withResolvers<{ hash: string; end: string }>();
  const pump = (): void => {
    while (index * CHUNK < bytes) {
      const next = piece(index, bytes);
      at += connection.write(next, at);
      if (at < next.length) return;
      index++;
      at = 0;
    }
    connection.shutdown();
  };
  const hear = (notice: ConnectionNotice): void => {
    if (notice === "readable") {
      for (let n = connection.read(buffer); n > 0; n = connection.read(buffer)) hash.update(buffer.subarray(0, n));
    }
    if (notice === "connected" || notice === "writable") pump();
    heard.add(notice);
    if (heard.has("end") && heard.has("delivered") && !heard.has("closed")) resolve({ hash: hash.copy().digest("hex"), end: "closed" });
    if (["refused", "reset", "timed out", "unreachable", "aborted"].includes(notice)) resolve({ hash: "", end: notice });
  };
  connection.application = { hear };
  return promise;
}

/** The kernel's end. */
async function exchangeByKernel(conn: Deno.TcpConn, bytes: number): Promise<string> {
  const hash = createHash("sha256");
  const write = async (): Promise<void> => {
    for (let index = 0; index * CHUNK < bytes; index++) {
      const next = piece(index, bytes);
      for (let at = 0; at < next.length;) at += await conn.write(next.subarray(at));
    }
    await conn.closeWrite();
  };
  const read = async (): Promise<void> => {
    const buffer = new Uint8Array(CHUNK);
    for (let n = await conn.read(buffer); n !== null; n = await conn.read(buffer)) hash.update(buffer.subarray(0, n));
  };
  await Promise.all([write(), read()]);
  conn.close();
  return hash.digest("hex");
}

/** Milliseconds that each MTU lasts. */
const MTU_TIME = 5;

async function main({ bytes, impair: impairments, capture: path, large, mtus = [] }: LiveOrder): Promise<LiveResult> {
  prepareNamespace();
  sysctl({ name: "net.ipv4.tcp_congestion_control", value: "reno" });
  const clock = (): number => performance.now();
  const tun = openTunTap({ kind: "tun", address: parseIpv4Address(KERNEL_IP), offload: large === "kernel" });
  const file = path === undefined ? undefined : captureTo(path);
  const watched = file === undefined ? tun : capture(tun, file, { clock });
  const impaired = impairments === undefined ? watched : impair(watched, { send: impairments, receive: impairments }, clock);
  const device = large === "software" ? largeSegments(impaired, reference.ip.internetChecksum) : impaired;
  const tcp = { timeWait: 1500, ...(impairments === undefined ? {} : { leastTimeout: 50 }) };
  const host = Host.bind(reference, { interfaces: [{ medium: "ip", address: STACK_IP }], tcp }, [device], {
    now: clock(),
  });
  const stack = host.tcp as Tcp;
  const stop = new AbortController();
  const running = run(host, [device], { signal: stop.signal, clock });
  let turn = 0;
  const changing = mtus.length === 0 ? 0 : setInterval(() => setMtu(tun.name, mtus[turn++ % mtus.length] as number), MTU_TIME);

  const listener = stack.listen(UNSPECIFIED, PORT, 5);
  const { promise: accepted, resolve: accept } = Promise.withResolvers<Connection>();
  listener.ready = () => {
    const connection = listener.accept();
    if (connection !== undefined) accept(connection);
  };
  const kernelCalls = Deno.connect({ hostname: STACK_IP, port: PORT });
  const called = await accepted;
  const ours = exchange(called, bytes);
  called.application?.hear("connected");
  const [kernelGot, stackGot] = await Promise.all([kernelCalls.then((conn) => exchangeByKernel(conn, bytes)), ours]);

  const kernelListener = Deno.listen({ hostname: KERNEL_IP, port: PORT });
  const calling = stack.connect({ address: parseIpv4Address(KERNEL_IP), port: PORT }, clock());
  const [kernelGot2, stackGot2] = await Promise.all([
    kernelListener.accept().then((conn) => exchangeByKernel(conn, bytes)),
    exchange(calling, bytes),
  ]);
  kernelListener.close();
  stack.closeListener(listener);
  // A FIN of the kernel's that is lost comes again: our TIME-WAIT has to last until then, and no longer.
  for (let i = 0; i < 200 && stack.table.size() > 0; i++) await new Promise((resolve) => setTimeout(resolve, 100));
  clearInterval(changing);
  stop.abort();
  await running;
  file?.close();
  const expected = createHash("sha256");
  for (let index = 0; index * CHUNK < bytes; index++) expected.update(piece(index, bytes));
  return {
    expected: expected.digest("hex"),
    calls: [
      { who: "kernel", kernelGot, stackGot: stackGot.hash, end: stackGot.end, resent: called.resent },
      { who: "stack", kernelGot: kernelGot2, stackGot: stackGot2.hash, end: stackGot2.end, resent: calling.resent },
    ],
    offload: device.offload.segmentation,
    left: { connections: stack.table.size(), framesLent: host.framesLent },
    counters: host.counters(),
  };
}

if (import.meta.main) {
  dieWithParent();
  setTimeout(() => {
    console.error(`The exchange was not over after ${PATIENCE} ms`);
    Deno.exit(1);
  }, PATIENCE);
  console.log(JSON.stringify(await main(JSON.parse(Deno.args[0] ?? "{}"))));
  Deno.exit();
}
