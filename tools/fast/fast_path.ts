/**
 * The reference stack as fast as it gets, for those who do not look at every packet: the benchmark and the profile. The modules are the
 * same, but for the checksum, and segments are cut and put together below them, by the device where it can and else by software. What the host sends and delivers
 * is the same, byte for byte; tests say so (`stack/link/large_segments_test.ts`, `vector_checksum_test.ts`). Checks never run like this.
 *
 *     const { modules, device, options } = fastPath(reference, tun);
 *     const host = Host.bind(modules, config, [device], options);
 */
import type { Modules } from "../../stack/contract/modules.ts";
import type { BindOptions } from "../../stack/host.ts";
import type { Device } from "../../stack/link/device.ts";
import { largeSegments } from "../../stack/link/large_segments.ts";
import { createVectorChecksum } from "./vector_checksum.ts";

/** What a fast host is bound to. */
export interface FastPath {
  readonly modules: Modules;
  readonly device: Device;
  readonly options: BindOptions;
}

/** These modules and this device, fast. */
export function fastPath(modules: Modules, device: Device): FastPath {
  const { checksum, memory } = createVectorChecksum(modules.ip.internetChecksum);
  return {
    modules: { ...modules, ip: { ...modules.ip, internetChecksum: checksum } },
    device: largeSegments(device, checksum, memory),
    options: { memory },
  };
}
