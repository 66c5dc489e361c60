import type { Device } from "./device.ts";
import type { TunTapOptions } from "./tuntap_ffi.ts";
export function openTuntap2(_options: TunTapOptions): Promise<Device> {
  return Promise.reject(new Error("later"));
}
