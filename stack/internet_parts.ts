/** What the Internet layer (stack/internet.ts) is made of, and what stands above it. */
import type { IpModule, Ipv4Header, Reassembly, RouteTable } from "./contract/ip.ts";
import type { EventSink } from "./events.ts";
import type { Filter } from "./filter/filter.ts";
import type { NetworkInterface } from "./network_interface.ts";
import type { Frame } from "./wire/frame.ts";

/** What the Internet layer needs from the host. */
export interface InternetParts {
  readonly ip: IpModule;
  readonly interfaces: readonly NetworkInterface[];
  readonly routes: RouteTable;
  readonly reassembly: Reassembly;
  readonly timeToLive: number;
  readonly seed: number;
  readonly filter: Filter | undefined;
  acquire(): Frame | undefined;
  release(frame: Frame): void;
  readonly emit: EventSink;
}

/**
 * A protocol above IP. `frame` holds the payload; the handler must not keep or release it.
 * "no port" makes IP answer with port unreachable.
 */
export type ProtocolHandler = (frame: Frame, header: Ipv4Header, now: number) => "taken" | "no port";
