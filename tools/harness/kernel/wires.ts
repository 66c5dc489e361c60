/**
 * The wires of a kernel peer: TAP and TUN devices by number. What the kernel sends is read in batches, one
 * wait and then until empty, and passed on with the time; what the grader sends is written at once.
 */
import { setUp } from "../../../stack/link/ifreq.ts";
import { openTunTap, type TunTap } from "../../../stack/link/tuntap_ffi.ts";
import { openTuntap2 } from "../../../stack/link/tuntap_npm.ts";
import type { Device } from "../../../stack/link/device.ts";
import { Frame } from "../../../stack/wire/frame.ts";
import { parseIpv4Address } from "../../../stack/wire/ipv4_address.ts";
import { parseMac } from "../../../stack/wire/mac_address.ts";
import type { Loop } from "./loop.ts";

/** What a wire is to be like. Addresses are those of the kernel's end. */
export interface WireOptions {
  kind: "tap" | "tun";
  /** The interface's name. Default: "tap0", "tap1", … */
  name?: string;
  /** The largest IP packet. Default 1500. */
  mtu?: number;
  /** "02:00:00:00:00:01". Default: the kernel draws one. */
  mac?: string;
  /** "10.44.0.1". Default: none. */
  address?: string;
  /** Default 24. */
  prefixLength?: number;
}

interface Open {
  readonly device: Device;
  readonly unwatch: () => void;
}

/** Frames that are read in one turn of the loop at most, so that a flood on one wire does not stop the others. */
const BATCH = 64;

export class Wires {
  readonly #driver: string;
  readonly #loop: Loop;
  readonly #deliver: (wire: number, frame: Uint8Array, time: number) => void;
  readonly #wires = new Map<number, Open>();
  readonly #frame = new Frame(0x1_0040, 0);
  #last = 0;

  constructor(driver: string, loop: Loop, deliver: (wire: number, frame: Uint8Array, time: number) => void) {
    this.#driver = driver;
    this.#loop = loop;
    this.#deliver = deliver;
  }

  open(options: WireOptions): { wire: number; device: string } | Promise<{ wire: number; device: string }> {
    const { mac, address } = options;
    const parsed = {
      ...options,
      persist: true,
      mac: mac === undefined ? undefined : parseMac(mac),
      address: address === undefined ? undefined : parseIpv4Address(address),
    };
    if (this.#driver !== "ffi") {
      return openTuntap2(parsed).then((device) => this.#add(device));
    }
    return this.#add(openTunTap(parsed));
  }

  #add(device: Device): { wire: number; device: string } {
    const wire = ++this.#last;
    const onReadable = () => this.#read(wire, device);
    const unwatch = "fd" in device
      ? this.#loop.watch((device as TunTap).fd, onReadable)
      : this.#loop.stream(() => device.wait?.(Infinity) as Promise<void>, onReadable);
    this.#wires.set(wire, { device, unwatch });
    return { wire, device: device.name };
  }

  #read(wire: number, device: Device): void {
    for (let i = 0; i < BATCH && device.receive(this.#frame); i++) this.#deliver(wire, this.#frame.toBytes(), performance.now());
  }

  /** Writes a frame. One for a wire that is closed, or that the kernel does not take, is lost as on any wire. */
  send(wire: number, bytes: Uint8Array): void {
    const open = this.#wires.get(wire);
    if (open === undefined || bytes.length > this.#frame.bytes.length) return;
    this.#frame.reset();
    this.#frame.bytes.set(bytes);
    this.#frame.end = bytes.length;
    open.device.send(this.#frame);
  }

  /** Closes all of them. */
  closeAll(): void {
    for (const wire of [...this.#wires.keys()]) this.close(wire);
  }

  close(wire: number): void {
    const open = this.#wires.get(wire);
    if (open === undefined) return;
    this.#wires.delete(wire);
    open.unwatch();
    // Down is at once, and what counts; the interface itself goes with the namespace (`persist`).
    setUp(open.device.name, false);
    open.device.close();
  }
}
