/** The stack's end of a wire to the kernel, as a device: for those whose host runs in this process. */
import type { Device } from "../../../stack/link/device.ts";
import type { Frame } from "../../../stack/wire/frame.ts";
import type { Wire } from "./kernel_peer.ts";

export class WireDevice implements Device {
  readonly name: string;
  readonly medium = "ethernet";
  readonly mtu = 1500;
  readonly fcs = false;
  readonly minimumFrame = 14;
  readonly offload = { checksum: false, segmentation: false };
  readonly #wire: Wire;
  readonly #waiting: Uint8Array[] = [];
  #wake = (): void => {};

  constructor(wire: Wire) {
    this.name = wire.device;
    this.#wire = wire;
    wire.onFrame((bytes) => {
      this.#waiting.push(bytes);
      this.#wake();
    });
  }

  receive(frame: Frame): boolean {
    const next = this.#waiting.shift();
    if (next === undefined) return false;
    frame.reset();
    frame.bytes.set(next, frame.append(next.length));
    return true;
  }

  send(frame: Frame): boolean {
    this.#wire.send(frame.toBytes());
    return true;
  }

  wait(milliseconds: number): Promise<void> {
    if (this.#waiting.length > 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => (clearTimeout(timer), resolve());
    });
  }

  close(): void {
    this.#wire.close();
  }
}
