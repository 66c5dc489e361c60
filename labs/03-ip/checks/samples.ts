/**
 * What the checks of this lab are fed with: addresses, packets in buffers that were used before, and many calls at once.
 * All of it is drawn from a check's own random numbers, so the seed that a failure prints gives the same again.
 */
import type { Ipv4Interface, Route } from "../../../stack/contract/ip.ts";
import { Frame } from "../../../stack/wire/frame.ts";
import { formatIpv4Address, type Ipv4Address, parseIpv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { Random } from "../../../stack/wire/random.ts";
import { pattern } from "../../../tools/harness/packets.ts";
import { bytesText } from "../../../tools/harness/samples.ts";
import type { Trial } from "../../../tools/harness/suite.ts";

/** The address of one host somewhere, in none of the nets that the checks use (10/8). */
export function anyHost(random: Random): Ipv4Address {
  const first = random.pick([random.int(1, 9), random.int(11, 126), random.int(128, 223)]);
  return (first * 0x100_0000 + random.int(0, 0xff_ffff)) as Ipv4Address;
}

/** Interfaces in nets of their own, all in 10/8, with prefixes of 16 to 30 bits. No two nets overlap. */
export function anyInterfaces(random: Random, count: number): Ipv4Interface[] {
  return Array.from({ length: count }, (_, index) => {
    const prefixLength = random.int(16, 30);
    const hosts = 2 ** (32 - prefixLength);
    const network = 0x0a00_0000 + (index * 20 + random.int(0, 19)) * 0x1_0000 + random.int(0, 0x1_0000 / hosts - 1) * hosts;
    // Neither the net's first address nor its last is a host's.
    return { address: (network + random.int(1, hosts - 2)) as Ipv4Address, prefixLength };
  });
}

/** The directed broadcast address of an interface's net. */
export function everybodyOn({ address, prefixLength }: Ipv4Interface): Ipv4Address {
  const hosts = 2 ** (32 - prefixLength);
  return (Math.floor(address / hosts) * hosts + hosts - 1) as Ipv4Address;
}

/**
 * A frame with this packet in it, somewhere in its buffer. In front of it and behind it lie random bytes, as they do in
 * a buffer that was used before; `room` of them behind.
 */
export function usedFrame(random: Random, packet: Uint8Array, room = random.int(8, 40)): Frame {
  const headroom = random.int(20, 60);
  const frame = new Frame(headroom + packet.length + room, headroom);
  frame.bytes.set(random.bytes(frame.bytes.length));
  frame.bytes.set(packet, frame.append(packet.length));
  return frame;
}

/** A header's fields as the builder of packets takes them. */
export interface PacketFields {
  readonly typeOfService: number;
  readonly identification: number;
  readonly dontFragment: boolean;
  readonly ttl: number;
  readonly protocol: number;
  readonly source: Ipv4Address;
  readonly destination: Ipv4Address;
}

/** Fields that are all drawn, for a whole packet that is no fragment. */
export function anyFields(random: Random): PacketFields {
  return {
    typeOfService: random.int(1, 255),
    identification: random.int(1, 0xffff),
    dontFragment: random.chance(0.5),
    ttl: random.int(2, 255),
    protocol: random.int(1, 255),
    source: anyHost(random),
    destination: anyHost(random),
  };
}

/** The Internet checksum as RFC 1071 §4.1 puts it; `initial` is added first. */
export function rightChecksum(bytes: Uint8Array, initial = 0): number {
  let sum = initial;
  for (const [at, byte] of bytes.entries()) sum += at % 2 === 0 ? byte * 256 : byte;
  while (sum > 0xffff) sum = Math.floor(sum / 0x1_0000) + sum % 0x1_0000;
  return 0xffff - sum;
}

/** A view of exactly these bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Data whose every byte tells where it belongs, a different one each time. */
export function anyData(random: Random, length: number): Uint8Array<ArrayBuffer> {
  const shift = random.int(1, 255);
  return pattern(length).map((byte) => byte + shift);
}

/** One call of a function, and what it must return. */
export interface Case {
  readonly args: readonly unknown[];
  readonly expected: unknown;
  /** Names what is returned: "the checksum of 7 bytes". */
  readonly what: string;
  /** The bytes that the function was given, where `what` does not tell them. A failure has them as its last step. */
  readonly bytes?: Uint8Array;
}

/** Calls a function of this lab with all cases in one message; fails at the first that is wrong, and says what it was given. */
export async function compareAll(t: Trial, name: keyof Trial["ip"] & string, cases: readonly Case[]): Promise<void> {
  const outcomes = await callAll(t, name, cases);
  for (const [index, { expected, what, bytes }] of cases.entries()) {
    const outcome = outcomes[index];
    const isRight = outcome?.threw === undefined && outcome?.value === expected;
    if (!isRight && bytes !== undefined) t.step(`the packet of call ${index + 1}: ${bytesText(bytes)}`);
    t.ok(outcome?.threw === undefined, what, `an exception: ${outcome?.threw}`);
    t.equal(outcome?.value, expected, what);
  }
}

/** One case is a call like any other, which the transcript shows with its arguments; several are one message. */
async function callAll(t: Trial, name: keyof Trial["ip"] & string, cases: readonly Case[]): Promise<{ value: unknown; threw?: string }[]> {
  const [only, ...others] = cases;
  if (only === undefined || others.length > 0) return await t.many("ip", name, cases.map((each) => each.args));
  const call = t.ip[name] as (...args: readonly unknown[]) => Promise<unknown>;
  return [{ value: await call(...only.args) }];
}

/** "10.44.0.0/24 via 10.44.0.1 on 2" as a route. */
export function route(text: string): Route {
  const [net = "", ...rest] = text.split(" ");
  const [network = "", length] = net.split("/");
  const word = (name: string): string | undefined => rest[rest.indexOf(name) + 1];
  const gateway = rest.includes("via") ? { gateway: parseIpv4Address(word("via") ?? "") } : {};
  const on = rest.includes("on") ? Number(word("on")) : 0;
  return { network: parseIpv4Address(network), prefixLength: Number(length), interface: on, ...gateway };
}

/** "0x220d": checksums are compared in the form in which people read them. */
export function hex(value: unknown): string {
  return typeof value === "number" ? `0x${value.toString(16).padStart(4, "0")}` : String(value);
}

/** An address as people read it. */
export const show = formatIpv4Address;
