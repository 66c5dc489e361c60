/**
 * The stack with UDP on the virtual wire, an application above it, and at the other end whoever the check speaks for. The wire is a tunnel here:
 * without Ethernet the other end may have any address of the net, and nobody asks for it first.
 */
import { icmp, ipv4, type Ipv4Fields, udp, type UdpFields } from "../../../tools/harness/packets.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { StationConfig, Trial } from "../../../tools/harness/suite.ts";
import type { Arrived, StackSocket, UdpStation } from "../../../tools/harness/udp_station.ts";

/** The stack's address here, and that of who is at the other end. */
export const STACK = "10.44.0.2";
export const PEER = "10.44.0.1";
/** Everybody in the net. */
export const ALL = "10.44.0.255";

/** The stack on a tunnel. */
export async function tunnel(t: Trial, config: Omit<StationConfig, "interfaces"> = {}): Promise<UdpStation> {
  return await t.udp({ ...config, interfaces: [{ medium: "ip", address: STACK }] });
}

/** A datagram from the other end in its packet. */
export function packet(fields: UdpFields, payload: Uint8Array, ip: Ipv4Fields = {}): Uint8Array<ArrayBuffer> {
  const ends = { source: ip.source ?? fields.source ?? PEER, destination: ip.destination ?? fields.destination ?? STACK };
  return ipv4({ ...ip, ...ends, protocol: 17 }, udp({ ...ends, ...fields }, payload));
}

/** What a datagram must be when it has come up to the application. Unset: from the other end, to the stack's address. */
interface Wanted {
  readonly bytes: Uint8Array;
  readonly port: number;
  readonly address?: string;
  readonly localAddress?: string;
}

/** The next datagram that the socket has must be this one. */
export async function expectArrived(t: Trial, socket: StackSocket, wanted: Wanted, what: string): Promise<Arrived> {
  const arrived = await socket.receive();
  t.ok(arrived !== undefined, `${what} at port ${socket.port}`, arrived === undefined ? await socket.nothing() : "");
  const { bytes, port, address = PEER, localAddress = STACK } = wanted;
  t.equal(arrived.bytes, bytes, `the bytes of ${what}`);
  t.fields(arrived, { length: bytes.length, address, port, localAddress }, `what is said of ${what}`);
  return arrived;
}

/** Nothing may wait at the socket. */
export async function expectNothing(t: Trial, socket: StackSocket, when: string): Promise<void> {
  const arrived = await socket.receive();
  t.ok(
    arrived === undefined,
    `nothing to read at port ${socket.port} ${when}`,
    `${amount(arrived?.length ?? 0)} from port ${arrived?.port}`,
  );
}

/** Port unreachable must come, about this packet (RFC 1122 §4.1.3.1). */
export async function expectUnreachable(t: Trial, station: UdpStation, about: Uint8Array, why: string): Promise<void> {
  const reply = await station.expect({ icmp: { type: 3, code: 3 }, ipv4: { destination: PEER } }, why);
  const quoted = reply.slice(28, 28 + 28);
  t.equal(quoted, about.slice(0, 28), "the packet that the error is about, as it quotes it");
}

/** The other end says by ICMP what became of this packet. */
export async function reports(station: UdpStation, type: number, code: number, about: Uint8Array, rest = 0): Promise<void> {
  await station.send(ipv4({ source: PEER, destination: STACK }, icmp({ type, code, rest }, about.slice(0, 28))), "an error comes back");
}

/** Something to say, different each time. */
export function line(t: Trial): Uint8Array<ArrayBuffer> {
  return t.random.bytes(t.random.int(10, 99)) as Uint8Array<ArrayBuffer>;
}

/** A payload with which the datagram's checksum comes to 0. */
export function summingToZero(t: Trial, fields: UdpFields): Uint8Array {
  const payload = new Uint8Array(2 + t.random.int(2, 30) * 2);
  payload.set(t.random.bytes(payload.length - 2));
  payload.set(udp(fields, payload).slice(6, 8), payload.length - 2); // what the checksum would be without these two bytes
  return payload;
}

/** Fragments of one packet, in whatever order they were sent, as the payload of IP. */
export function joined(fragments: readonly Uint8Array[]): Uint8Array {
  const pieces = fragments.map((bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return { at: (view.getUint16(6) & 0x1fff) * 8, payload: bytes.subarray((view.getUint8(0) & 15) * 4, view.getUint16(2)) };
  });
  const whole = new Uint8Array(Math.max(0, ...pieces.map(({ at, payload }) => at + payload.length)));
  for (const { at, payload } of pieces) whole.set(payload, at);
  return whole;
}
