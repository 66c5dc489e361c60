/**
 * A device around a device. A decorator says what it does differently; everything else it leaves to
 * the device inside. Decorators nest in any order, and the order means something:
 * `capture(impair(tap))` sees what was left over, `impair(capture(tap))` what was there before.
 */
import type { Device } from "./device.ts";

/** Which way a packet goes, seen from whoever holds the device: in by `receive`, out by `send`. */
export type Direction = "inbound" | "outbound";

/** A device that is `inside`, except for what `own` does itself. */
export function decorate(inside: Device, own: Partial<Device>): Device {
  return {
    name: inside.name,
    medium: inside.medium,
    mtu: inside.mtu,
    fcs: inside.fcs,
    minimumFrame: inside.minimumFrame,
    offload: inside.offload,
    receive: (frame) => inside.receive(frame),
    send: (frame) => inside.send(frame),
    // A virtual device has no `wait`, and around it there must be none either.
    ...(inside.wait === undefined ? {} : { wait: (milliseconds: number) => (inside.wait as NonNullable<Device["wait"]>)(milliseconds) }),
    close: () => inside.close(),
    ...own,
  };
}
