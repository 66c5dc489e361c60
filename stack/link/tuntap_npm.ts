/**
 * The same device by npm's tuntap2 (classes `LinuxTap` and `LinuxTun`), the second driver: for whoever wants to
 * compare an addon with FFI, or may not use FFI. It is loaded only when asked for, and its native part is built
 * by `deno task tuntap2`.
 *
 * That package wraps the interface in a Node stream: packets arrive as events on other threads, so `receive`
 * takes them from a queue, and `wait` is a promise. It is slower than FFI and cannot be waited for synchronously.
 *
 * Rules: the kernel names the interface; `close` brings it down, and it is gone once the reader, which is blocked
 * in the kernel, has seen one more packet or the process ends. Needs `--allow-all`: Deno gives /dev/net/tun to nobody else.
 */
import type { Frame } from "../wire/frame.ts";
import { formatIpv4Address } from "../wire/ipv4_address.ts";
import { formatMac } from "../wire/mac_address.ts";
import type { Device } from "./device.ts";
import { NoLiveWire, refusedNode } from "./no_live_wire.ts";
import type { TunTapOptions } from "./tuntap_ffi.ts";

/** The part of the package that is used here. */
interface Tuntap2 {
  LinuxTap: new () => Interface;
  LinuxTun: new () => Interface;
}

interface Interface {
  readonly name: string;
  readonly writableLength: number;
  mac: string;
  mtu: number;
  ipv4: string;
  isUp: boolean;
  on(event: "data", listener: (packet: Uint8Array) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  write(packet: Uint8Array): boolean;
  release(): void;
}

/** Packets that wait to be received, and bytes that wait to be written; what comes on top is lost. */
const WAITING_PACKETS = 1024;
const WAITING_BYTES = 1 << 20;

/** Makes the interface and opens our end. Throws a NoLiveWire when this machine does not let us, or the addon is not built. */
export async function openTuntap2(options: TunTapOptions): Promise<Device> {
  if (options.name !== undefined) {
    throw new TypeError(`Cannot call the interface "${options.name}": with tuntap2 the kernel chooses the name`);
  }
  const { LinuxTap, LinuxTun } = await loadTuntap2();
  const port = makeInterface(options.kind === "tap" ? LinuxTap : LinuxTun);
  if (options.mac !== undefined && options.kind === "tap") port.mac = formatMac(options.mac);
  if (options.mtu !== undefined) port.mtu = options.mtu;
  if (options.address !== undefined) port.ipv4 = `${formatIpv4Address(options.address)}/${options.prefixLength ?? 24}`;
  const device = new StreamTunTap(port, options);
  if (options.up ?? true) port.isUp = true;
  return device;
}

function makeInterface(kind: new () => Interface): Interface {
  try {
    return new kind();
  } catch (error) {
    const { code = "", syscall } = error as { code?: string; syscall?: string };
    // The package opens the node first, and Deno says so; then it asks for the interface.
    if (syscall !== "open" && code === "EPERM") throw new NoLiveWire("not allowed", "operation not permitted");
    throw refusedNode(code) ?? error;
  }
}

/** Loads the package. Throws a NoLiveWire when its addon is not built. */
export async function loadTuntap2(): Promise<Tuntap2> {
  try {
    const { loadPackage } = await import("tuntap2");
    return await loadPackage() as Tuntap2;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new NoLiveWire("no addon", (error as Error).message.split("\n")[0]);
  }
}

class StreamTunTap implements Device {
  readonly name: string;
  readonly medium: "ethernet" | "ip";
  readonly mtu: number;
  readonly fcs = false;
  readonly minimumFrame: number;
  readonly offload = { checksum: false, segmentation: false };
  readonly #port: Interface;
  #waiting: Uint8Array[] = [];
  #arrival = Promise.withResolvers<void>();
  #closed = false;

  constructor(port: Interface, options: TunTapOptions) {
    this.#port = port;
    this.name = port.name;
    this.medium = options.kind === "tap" ? "ethernet" : "ip";
    this.mtu = options.mtu ?? 1500;
    this.minimumFrame = options.kind === "tap" ? 14 : 20;
    port.on("data", (packet) => {
      if (this.#waiting.length < WAITING_PACKETS) this.#waiting.push(packet);
      this.#arrival.resolve();
    });
    // A write to an interface that is down: the packet is lost, as on any wire.
    port.on("error", () => {});
  }

  receive(frame: Frame): boolean {
    frame.reset();
    for (let packet = this.#waiting.shift(); packet !== undefined; packet = this.#waiting.shift()) {
      if (packet.length > frame.room) continue;
      frame.bytes.set(packet, frame.append(packet.length));
      return true;
    }
    this.#arrival = Promise.withResolvers();
    return false;
  }

  send(frame: Frame): boolean {
    if (this.#closed || this.#port.writableLength > WAITING_BYTES) return false;
    this.#port.write(frame.toBytes());
    return true;
  }

  async wait(milliseconds: number): Promise<void> {
    if (this.#closed || this.#waiting.length > 0) return;
    if (milliseconds === Infinity) return await this.#arrival.promise;
    const { promise, resolve } = Promise.withResolvers<void>();
    // deno-lint-ignore wallsocket/sans-io -- waiting for the device is where time passes
    const timer = setTimeout(resolve, milliseconds);
    await Promise.race([promise, this.#arrival.promise]);
    clearTimeout(timer);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting = [];
    this.#arrival.resolve();
    this.#port.isUp = false;
    this.#port.release();
  }
}
