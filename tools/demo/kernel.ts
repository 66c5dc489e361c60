/**
 * The Linux kernel as the demo's peer. It lives in a network namespace of its own, in a process that owns the TAP device
 * (tools/harness/kernel); frames travel between that process and this one in a pipe, which ends here in a device.
 */
import { type Driver, KernelPeer } from "../harness/kernel/kernel_peer.ts";
import { WireDevice } from "../harness/kernel/wire_device.ts";
import { fetchWithCurl, startClient } from "./client.ts";
import { PATIENCE, type Peer, PLACES } from "./scene.ts";

/** Starts a kernel and puts a wire to it. Throws a NoLiveWire where it cannot be had. */
export async function startKernel(driver: Driver): Promise<Peer> {
  const kernel = await KernelPeer.start({ driver });
  try {
    const wire = await kernel.openWire({ kind: "tap", ...PLACES.kernel });
    const client = startClient(kernel.pid);
    await kernel.addRoute({ network: "10.44.1.0", prefixLength: 24, gateway: PLACES.stack.address, device: wire.device });
    return {
      name: "kernel",
      wire: wire.device,
      device: new WireDevice(wire),
      pollables: [],
      ping: async (to, size) => {
        const [echo] = await kernel.ping({ to, size, timeout: PATIENCE });
        return { milliseconds: echo?.rtt, unchanged: echo?.dataEqual === true };
      },
      client,
      curl: (url) => fetchWithCurl(kernel.pid, url),
      traceroute: (to) => kernel.traceroute({ to, maxHops: 4, timeout: PATIENCE }),
      neighbour: async (address) => (await kernel.arpTable()).find((entry) => entry.address === address)?.mac,
      async close(): Promise<void> {
        await client.end();
        await kernel.close();
      },
    };
  } catch (error) {
    await kernel.close();
    throw error;
  }
}
