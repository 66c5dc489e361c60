/** What the live checks of this lab share: the two ends of the wire as stations, and ways to wait for what must happen soon. */
import type { InterfaceConfig } from "../../../stack/host_config.ts";
import { parseIpv4Address } from "../../../stack/wire/ipv4_address.ts";
import { formatMac, parseMac } from "../../../stack/wire/mac_address.ts";
import { matchPacket, type PacketMatcher } from "../../../tools/harness/matchers.ts";
import type { LiveConfig, LiveStation, SeenFrame, Trial } from "../../../tools/harness/suite.ts";
import { expectList } from "./lists.ts";
import { hex, type Neighbour } from "./samples.ts";
import { aRequest, ETHERTYPE_EXPERIMENT } from "./wire_samples.ts";

/** Only framing and ARP run; IP is a later lab. */
export const ARP_ONLY: LiveConfig = { layers: 2 };
/** The host announces its address as it comes up, and defends it. The harness fills in the addresses. */
export const ANNOUNCING: LiveConfig = { layers: 2, interfaces: [{ claim: "announce" } as InterfaceConfig] };

/** Our end of the wire. */
export function ownEnd(station: LiveStation): Neighbour {
  return { mac: parseMac(station.mac), ip: parseIpv4Address(station.address) };
}

/** The kernel's end of the wire. */
export function kernelEnd(station: LiveStation): Neighbour {
  return { mac: parseMac(station.kernelMac), ip: parseIpv4Address(station.kernelAddress) };
}

/** An address of the same net that nobody has. */
export function strangerOn(station: LiveStation, host: number): string {
  return station.kernelAddress.replace(/\d+$/, `${host}`);
}

/** Another MAC address for the kernel. */
export function anotherMac(t: Trial): string {
  return formatMac(parseMac("02:00:00:00:00:00") + t.random.int(0x10_0000_0000, 0xff_ffff_ffff) as never);
}

/**
 * The kernel sends a UDP datagram to `to`, for which it needs a MAC address. Nobody waits for an answer: there is no IP yet
 * that could give one, and what became of the datagram shows in the ARP tables.
 */
export function kernelSendsTo(station: LiveStation, to: string): void {
  station.kernel.udpProbe({ to, port: 9 }).catch(() => {});
}

/** What the kernel's ARP table says of us: "02:00:00:00:00:02 complete", "no entry". Waits up to a second for `wanted`. */
async function kernelKnows(station: LiveStation, wanted: string): Promise<string> {
  const { device, kernel, address } = station;
  for (const end = performance.now() + 1000;;) {
    const entry = (await kernel.arpTable({ device })).find((each) => each.address === address);
    const text = entry === undefined ? "no entry" : `${entry.mac} ${entry.state}`;
    if (text === wanted || performance.now() > end) return text;
    await station.settle(5);
  }
}

/** Fails unless the kernel comes to know us, or has no entry for us. */
export async function expectKernelKnows(t: Trial, station: LiveStation, known: boolean, when: string): Promise<void> {
  const wanted = known ? `${station.mac} complete` : "no entry";
  t.equal(await kernelKnows(station, wanted), wanted, `the kernel's ARP table about you, ${when}`);
}

/** Fails unless our table has this entry, reachable; `mac` undefined: no entry at all. */
export async function expectEntry(t: Trial, station: LiveStation, address: string, mac: string | undefined, when: string): Promise<void> {
  const entry = (await station.arpTable()).find((each) => each.address === address);
  const text = entry === undefined ? "no entry" : `${entry.mac ?? "no MAC address"} ${entry.state}`;
  t.equal(text, mac === undefined ? "no entry" : `${mac} reachable`, `your ARP table about ${address}, ${when}`);
}

/** How many frames in this direction fit. */
export function countSeen(station: LiveStation, direction: SeenFrame["direction"], matcher: PacketMatcher): number {
  return station.frames.filter((frame) => frame.direction === direction && matchPacket(frame.bytes, "ethernet", matcher).length === 0)
    .length;
}

/** Sends payloads to a neighbour and fails unless the kernel receives them, in this order, at `mac`. */
export async function expectDelivered(
  t: Trial,
  station: LiveStation,
  to: string,
  sent: readonly Uint8Array[],
  mac = station.kernelMac,
): Promise<void> {
  const { device, kernel } = station;
  const [received] = await Promise.all([
    kernel.receiveFrames({ device, etherType: ETHERTYPE_EXPERIMENT, count: sent.length }),
    ...sent.map((payload) => station.outputLink(to, payload)),
  ]);
  const names = new Map(sent.map((payload, i) => [hex(payload), `payload ${i + 1}`]));
  const arrived = received.map(({ bytes }) => {
    const to = hex(bytes.subarray(0, 6)).replaceAll(" ", ":");
    return `${names.get(hex(bytes.subarray(14))) ?? `an unknown payload (${hex(bytes.subarray(14))})`} for ${to}`;
  });
  const requests = countSeen(station, "from stack", { arp: { operation: 1 } });
  const right = aRequest(ownEnd(station), parseIpv4Address(to));
  // Where nothing came, the question before it may be the reason.
  if (arrived.length === 0 && requests > 0) station.expectSeen("from stack", right, `a request for ${to} that the kernel can answer`);
  expectList(t, arrived, sent.map((_, i) => `payload ${i + 1} for ${mac}`), "the frames that the kernel received from you", "frame");
}
