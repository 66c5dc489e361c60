/**
 * The record that binds a host to its labs: one member per lab. Built once per host and frozen;
 * every member says in `origin` whose code it is, because a check that does not say whose code ran
 * cannot be trusted.
 */
import type { AcceptModule } from "./accept.ts";
import type { ArpModule } from "./arp.ts";
import type { BuffersModule } from "./buffers.ts";
import type { CongestionModule } from "./congestion.ts";
import type { DatagramsModule } from "./datagrams.ts";
import type { FramingModule } from "./framing.ts";
import type { HandshakeModule } from "./handshake.ts";
import type { HttpModule } from "./http.ts";
import type { IpModule } from "./ip.ts";
import type { SelectorModule } from "./selector.ts";
import type { StatesModule } from "./states.ts";

/** Labs 01 to 03: what every host is bound to. */
export interface NetworkLabs {
  readonly framing: FramingModule;
  readonly arp: ArpModule;
  readonly ip: IpModule;
}

/** Labs 04 to 07, which only work together: one connection is split over them (`stack/contract/tcb.ts`). */
export interface TcpLabs {
  readonly handshake: HandshakeModule;
  readonly states: StatesModule;
  readonly buffers: BuffersModule;
  readonly accept: AcceptModule;
}

/** Lab 08, without which TCP sends whatever the peer's window allows. */
export interface CongestionLab {
  readonly congestion: CongestionModule;
}

/** Lab 09: UDP, beside TCP and without it. */
export interface DatagramLab {
  readonly datagrams: DatagramsModule;
}

/** Lab 10: which sockets are ready. No host knows of it: it is above TCP (`stack/socket/selector.ts`). */
export interface SelectorLab {
  readonly selector: SelectorModule;
}

/** Lab 11: HTTP. No host knows of it: it is above the sockets (`stack/http/server.ts`). */
export interface HttpLab {
  readonly http: HttpModule;
}

/** All labs. */
export interface Modules extends NetworkLabs, TcpLabs, CongestionLab, DatagramLab, SelectorLab, HttpLab {}

/** The name of a lab's module. */
export type ModuleName = keyof Modules;
