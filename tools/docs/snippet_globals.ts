/**
 * Names that a snippet of a few lines may use without declaring them: what a lab's functions are given, and the labs'
 * functions themselves. They exist for the compiler only; a snippet that is *run* declares what it needs.
 */
import type { ArpActions, ArpModule, ArpOptions, ArpPacket } from "../../stack/contract/arp.ts";
import type { EthernetHeader, FramingModule, MacFilter } from "../../stack/contract/framing.ts";
import type { Arrival, IpModule, Ipv4Header, ReassemblyOptions } from "../../stack/contract/ip.ts";
import type { Frame } from "../../stack/wire/frame.ts";
import type { Ipv4Address } from "../../stack/wire/ipv4_address.ts";
import type { MacAddress } from "../../stack/wire/mac_address.ts";

declare global {
  const frame: Frame;
  const bytes: Frame["bytes"];
  const view: Frame["view"];
  const start: number;
  const end: number;
  const now: number;
  const mtu: number;
  const ethernet: EthernetHeader;
  const filter: MacFilter;
  const packet: ArpPacket;
  const actions: ArpActions;
  const options: ArpOptions & ReassemblyOptions;
  const header: Ipv4Header;
  const arrival: Arrival;
  const source: Ipv4Address;
  const destination: Ipv4Address;
  const ownMac: MacAddress;

  const parseEthernet: FramingModule["parseEthernet"];
  const writeEthernet: FramingModule["writeEthernet"];
  const pad: FramingModule["pad"];
  const crc32: FramingModule["crc32"];
  const appendFcs: FramingModule["appendFcs"];
  const removeFcs: FramingModule["removeFcs"];
  const filterMac: FramingModule["filterMac"];
  const demultiplex: FramingModule["demultiplex"];

  const parseArp: ArpModule["parseArp"];
  const writeArp: ArpModule["writeArp"];
  const createArpCache: ArpModule["createArpCache"];
  const createAddressClaim: ArpModule["createAddressClaim"];

  const internetChecksum: IpModule["internetChecksum"];
  const updateChecksum: IpModule["updateChecksum"];
  const parseIpv4: IpModule["parseIpv4"];
  const findBadOption: IpModule["findBadOption"];
  const writeIpv4: IpModule["writeIpv4"];
  const classifyAddress: IpModule["classifyAddress"];
  const admit: IpModule["admit"];
  const decrementTtl: IpModule["decrementTtl"];
  const createIdentifiers: IpModule["createIdentifiers"];
  const createRoutes: IpModule["createRoutes"];
  const planFragments: IpModule["planFragments"];
  const createReassembly: IpModule["createReassembly"];
  const parseIcmp: IpModule["parseIcmp"];
  const writeIcmp: IpModule["writeIcmp"];
  const makeEchoReply: IpModule["makeEchoReply"];
  const mayReport: IpModule["mayReport"];
  const writeIcmpError: IpModule["writeIcmpError"];
}
