/** What a host tells the layer above it: plain records, addresses as numbers. */
import type { Ipv4Address } from "./wire/ipv4_address.ts";
import type { MacAddress } from "./wire/mac_address.ts";

/** Something that the layer above may want to know. */
export type HostEvent =
  /** An echo that we sent came back. `data` is a copy. */
  | { readonly kind: "echo reply"; readonly from: Ipv4Address; readonly id: number; readonly seq: number; readonly data: Uint8Array }
  /** Somebody could not deliver a packet of ours: ICMP type and code, and the protocol of the packet quoted. */
  | { readonly kind: "icmp error"; readonly from: Ipv4Address; readonly type: number; readonly code: number; readonly protocol: number }
  /** A frame for experiments (EtherType 0x88b5). `data` is a copy. */
  | { readonly kind: "payload"; readonly from: MacAddress; readonly data: Uint8Array }
  /** Our address is in use by somebody else (RFC 5227). */
  | { readonly kind: "address conflict"; readonly address: Ipv4Address }
  /** Our address was probed, and nobody has it. */
  | { readonly kind: "address claimed"; readonly address: Ipv4Address };

/** Takes events as they happen. Must not throw. */
export type EventSink = (event: HostEvent) => void;
