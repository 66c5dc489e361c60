/**
 * One long transfer between the stack and the kernel, for the profiler to look at. Run in a network namespace of its own, under `deno run --cpu-prof`, with a
 * ProfileOrder as its argument; prints a ProfileResult, or { refused } where there is no live wire.
 */
import { Host } from "../../stack/host.ts";
import { NoLiveWire } from "../../stack/link/no_live_wire.ts";
import { openTunTap } from "../../stack/link/tuntap_ffi.ts";
import { run } from "../../stack/runner.ts";
import { connect } from "../../stack/socket/conn.ts";
import { listen } from "../../stack/socket/listener.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { fastPath } from "../fast/fast_path.ts";
import { prepareNamespace } from "../harness/kernel/settings.ts";
import { dieWithParent } from "../harness/namespace.ts";
import { KERNEL_IP, STACK_IP } from "../harness/packets.ts";
import { drain, echoAll, pour } from "./conversation.ts";
import type { KernelAnswer, KernelOrder } from "./kernel_side.ts";

/** What is moved: text towards the stack or away from it, or echoes of 64 bytes; and whether the device puts segments together. */
export interface ProfileOrder {
  readonly what: "in" | "out" | "echo";
  readonly offload: boolean;
  /** Bytes, or echoes. */
  readonly count: number;
}

/** How long it took. */
export interface ProfileResult {
  readonly milliseconds: number;
}

async function transfer({ what, offload, count }: ProfileOrder): Promise<ProfileResult> {
  prepareNamespace();
  const { default: reference } = await import("../../solutions/reference.ts");
  const tun = openTunTap({ kind: "tun", mtu: 1500, address: parseIpv4Address(KERNEL_IP), offload });
  const { modules, device, options } = fastPath(reference, tun);
  const host = Host.bind(modules, { interfaces: [{ medium: "ip", address: STACK_IP }] }, [device], { ...options, now: performance.now() });
  const stop = new AbortController();
  const running = run(host, [device], { signal: stop.signal });
  const worker = new Worker(new URL("kernel_side.ts", import.meta.url), { type: "module" });
  const act = (order: KernelOrder, whenReady = () => {}): Promise<KernelAnswer> =>
    new Promise((resolve) => {
      worker.onmessage = ({ data }: MessageEvent<KernelAnswer>) => "ready" in data ? whenReady() : resolve(data);
      worker.postMessage(order);
    });
  const began = performance.now();
  const listener = listen(host, { port: 80 });
  switch (what) {
    case "in":
      await Promise.all([
        listener.accept().then(drain),
        act({ act: "pour", hostname: STACK_IP, port: 80, bytes: count }),
      ]);
      break;
    case "echo":
      await Promise.all([
        listener.accept().then(echoAll),
        act({ act: "ask", hostname: STACK_IP, port: 80, size: 64, times: count }),
      ]);
      break;
    case "out": {
      const start = (): void => void connect(host, { hostname: KERNEL_IP, port: 81 }).then((conn) => pour(conn, count));
      await act({ act: "drain", hostname: KERNEL_IP, port: 81 }, start);
    }
  }
  const milliseconds = performance.now() - began;
  listener.close();
  stop.abort();
  await running;
  worker.terminate();
  return { milliseconds };
}

if (import.meta.main) {
  dieWithParent();
  try {
    console.log(JSON.stringify(await transfer(JSON.parse(Deno.args[0] ?? "{}"))));
  } catch (error) {
    if (!(error instanceof NoLiveWire)) throw error;
    console.log(JSON.stringify({ refused: { reason: error.reason, detail: error.detail } }));
  }
  Deno.exit();
}
