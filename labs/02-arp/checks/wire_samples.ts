/** Frames with ARP packets in them, and what frames from the student's stack must look like. */
import type { ArpPacket } from "../../../stack/contract/arp.ts";
import type { InterfaceConfig } from "../../../stack/host_config.ts";
import { formatIpv4Address, type Ipv4Address } from "../../../stack/wire/ipv4_address.ts";
import { BROADCAST_MAC, formatMac, type MacAddress } from "../../../stack/wire/mac_address.ts";
import type { PacketMatcher } from "../../../tools/harness/matchers.ts";
import { arp, ethernet, pad } from "../../../tools/harness/packets.ts";
import type { Random } from "../../../stack/wire/random.ts";
import type { StationConfig } from "../../../tools/harness/suite.ts";
import { type Neighbour, UNSPECIFIED_TEXT } from "./samples.ts";

export const ETHERTYPE_ARP = 0x0806;
/** What `outputLink` sends: EtherType for local experiments. */
export const ETHERTYPE_EXPERIMENT = 0x88b5;
const EVERYBODY = formatMac(BROADCAST_MAC);

/** A host of the student's that is this station. */
export function hostOf(own: Neighbour, more: Partial<InterfaceConfig> = {}, arp: StationConfig["arp"] = {}): StationConfig {
  return { layers: 2, interfaces: [{ mac: formatMac(own.mac), address: formatIpv4Address(own.ip), ...more }], arp };
}

/** The frame in which a station sends an ARP packet; to everybody, unless told otherwise. */
export function arpFrame(packet: ArpPacket, destination: MacAddress = BROADCAST_MAC): Uint8Array {
  return ethernet({ destination, source: packet.senderMac, etherType: ETHERTYPE_ARP }, arp(packet));
}

/** Our request for an address, to everybody. */
export function aRequest(own: Neighbour, target: Ipv4Address): PacketMatcher {
  return {
    ethernet: { destination: EVERYBODY, source: formatMac(own.mac), etherType: ETHERTYPE_ARP },
    arp: {
      operation: 1,
      senderMac: formatMac(own.mac),
      senderIp: formatIpv4Address(own.ip),
      targetMac: "00:00:00:00:00:00",
      targetIp: formatIpv4Address(target),
    },
  };
}

/** Our probe for our own address. */
export function aProbe(own: Neighbour): PacketMatcher {
  const { ethernet, arp } = aRequest(own, own.ip);
  return { ethernet, arp: { ...arp, senderIp: UNSPECIFIED_TEXT } };
}

/** Our reply to one station. */
export function aReply(own: Neighbour, to: Neighbour): PacketMatcher {
  return {
    ethernet: { destination: formatMac(to.mac), source: formatMac(own.mac), etherType: ETHERTYPE_ARP },
    arp: {
      operation: 2,
      senderMac: formatMac(own.mac),
      senderIp: formatIpv4Address(own.ip),
      targetMac: formatMac(to.mac),
      targetIp: formatIpv4Address(to.ip),
    },
  };
}

/** A payload that `outputLink` was given, on its way to one station. */
export function aPayload(own: Neighbour, to: MacAddress, payload: Uint8Array): PacketMatcher {
  return {
    ethernet: { destination: formatMac(to), source: formatMac(own.mac), etherType: ETHERTYPE_EXPERIMENT },
    dataStart: payload,
  };
}

/** Payloads that can be told apart, long enough to need no padding. */
export function payloads(random: Random, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => pad(Uint8Array.of(i, ...random.bytes(20)), 50 + i));
}
