/**
 * Says in one line of JSON whether there is a live wire here: `{ "device": "tap0", "pid": 4711 }`, or the reason
 * why not. Then it keeps the wire until its stdin ends. A program of its own, so that tests can start it in odd
 * surroundings and kill it.
 */
import { NoLiveWire } from "../../../stack/link/no_live_wire.ts";
import { KernelPeer } from "./kernel_peer.ts";

try {
  const kernel = await KernelPeer.start();
  const wire = await kernel.openWire({ kind: "tap", mac: "02:00:00:00:00:01", address: "10.44.0.1" });
  console.log(JSON.stringify({ device: wire.device, pid: kernel.pid }));
  for await (const _ of Deno.stdin.readable);
  await kernel.close();
} catch (error) {
  if (!(error instanceof NoLiveWire)) throw error;
  console.log(JSON.stringify({ reason: error.reason, message: error.message }));
}
