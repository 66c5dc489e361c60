/** What TCP is made of, and what it needs from the host below. */
import type { CongestionModule } from "../contract/congestion.ts";
import type { AddressKind, IpModule } from "../contract/ip.ts";
import type { TcpLabs } from "../contract/modules.ts";
import type { TcpEvent, TcpState } from "../contract/tcb.ts";
import type { SendOptions } from "../internet.ts";
import type { Offload } from "../link/device.ts";
import type { Frame } from "../wire/frame.ts";
import type { Ipv4Address } from "../wire/ipv4_address.ts";
import type { Connection } from "./connection.ts";
import type { TcpOptions } from "./options.ts";

/** The labs that TCP is made of: its own, and IP for the checksum. */
export interface TcpModules extends TcpLabs {
  readonly ip: IpModule;
  readonly congestion: CongestionModule | undefined;
}

/** What TCP needs from the host below. */
export interface TcpParts {
  readonly modules: TcpModules;
  readonly options: TcpOptions;
  readonly random: () => number;
  /** What every device of the host does itself. */
  readonly offload: Offload;
  acquire(text: number): Frame | undefined;
  release(frame: Frame): void;
  /** Sends the segment in `frame`, and takes it. */
  send(frame: Frame, destination: Ipv4Address, now: number, options: SendOptions): boolean;
  /** What an address is to this host. */
  kindOf(address: Ipv4Address): AddressKind;
  /** Our addresses; the one from which `destination` is reached, and the MTU on the way there. */
  addresses(): readonly Ipv4Address[];
  routeTo(destination: Ipv4Address): { readonly source: Ipv4Address; readonly mtu: number } | undefined;
  /** Hears every change of state. */
  readonly trace?: (connection: Connection, from: TcpState, event: TcpEvent) => void;
  /** Hears that an application has given it work, to be done at the next poll. */
  readonly wake?: () => void;
}
