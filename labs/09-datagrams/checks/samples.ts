/**
 * What the checks of this lab are fed with: datagrams in buffers that were used before, addresses and ports that are anything but small, and
 * checksums to be told. All of it is drawn from a check's own random numbers, so the seed that a failure prints gives the same again.
 */
import type { Checksum } from "../../../stack/contract/tcb.ts";
import { Frame } from "../../../stack/wire/frame.ts";
import { formatIpv4Address, type Ipv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { Random } from "../../../stack/wire/random.ts";
import { udp } from "../../../tools/harness/packets.ts";
import type { RecordedCall, Trial } from "../../../tools/harness/suite.ts";

/** A datagram's two ends, of which its checksum covers the addresses. */
export interface Ends {
  readonly source: Ipv4Address;
  readonly destination: Ipv4Address;
}

/** Two addresses, in which no two words are the same. */
export function anyEnds(random: Random): Ends {
  const address = (): Ipv4Address => (random.int(1, 223) * 0x100_0000 + random.int(1, 0xff_ffff)) as Ipv4Address;
  return { source: address(), destination: address() };
}

/** Addresses of hosts, all different. One at least lies in the upper half, where a number of 32 bits turns negative. */
export function hosts(random: Random, count: number): Ipv4Address[] {
  const found = new Set<number>();
  while (found.size < count) {
    const first = found.size === 0 ? random.int(128, 223) : random.pick([random.int(1, 126), random.int(128, 223)]);
    found.add(first * 0x100_0000 + random.int(1, 0xff_fffe));
  }
  return random.shuffle([...found]) as Ipv4Address[];
}

/** A port; often one with a bit that a careless width loses. */
export function anyPort(random: Random): number {
  return random.pick([1, 53, 0x8000, 0xffff, random.int(2, 0xfffe), random.int(256, 0xfffe)]);
}

/** "10.44.0.2:53" */
export function pairText(address: Ipv4Address, port: number): string {
  return `${formatIpv4Address(address)}:${port}`;
}

/** A frame with these bytes in it, somewhere in its buffer. In front of them and behind them lie random bytes, as they do in a buffer that was used before. */
export function usedFrame(random: Random, bytes: Uint8Array, headroom = random.int(20, 80)): Frame {
  const frame = new Frame(headroom + bytes.length + random.int(8, 40), headroom);
  frame.bytes.set(random.bytes(frame.bytes.length));
  frame.bytes.set(bytes, frame.append(bytes.length));
  return frame;
}

/** A seed whose first random number is 0. */
const ZERO_FIRST = 57_613_681;

/**
 * Stands for a checksum that comes to 0: over data that came, this finds no fault. A function cannot travel into the student's process, but a
 * source of random numbers can, and this one's first number is 0.
 */
export function zeroSum(t: Trial): Checksum {
  return t.randomSource(ZERO_FIRST) as unknown as Checksum;
}

/** Stands for a checksum that finds a fault: it is never 0. */
export function faultySum(t: Trial): Checksum {
  return t.randomSource(1) as unknown as Checksum;
}

/** One datagram for parseDatagram, and what must come of it: a reject, or what the record must hold. */
export interface ParseCase {
  readonly bytes: Uint8Array;
  readonly expected: string | Readonly<Record<string, unknown>> | ((frame: Frame) => Readonly<Record<string, unknown>>);
  /** Names the datagram: "a datagram of 9 bytes". */
  readonly what: string;
}

/** Reads all datagrams, with a checksum that finds no fault where none is given; fails at the first that comes out wrong, and says what it was. */
export async function parseAll(t: Trial, wanted: readonly ParseCase[], checksum?: Checksum): Promise<void> {
  const plain = {
    bytes: udp({ sourcePort: 7, destinationPort: 9, checksum: 0x1234 }),
    expected: { sourcePort: 7 },
    what: "one that has nothing against it",
  };
  // Whoever refuses all that comes is not right about any.
  const cases = checksum === undefined && wanted.every(({ expected }) => typeof expected === "string") ? [...wanted, plain] : wanted;
  const { source, destination } = anyEnds(t.random);
  const frames = cases.map(({ bytes }) => usedFrame(t.random, bytes));
  const outcomes = await t.many("datagrams", "parseDatagram", frames.map((frame) => [frame, source, destination, checksum ?? zeroSum(t)]));
  for (const [index, { bytes, expected, what }] of cases.entries()) {
    const outcome = outcomes[index];
    const given = `${what} (${bytesText(bytes)})`;
    t.ok(outcome?.threw === undefined, `parseDatagram to return, given ${given}`, `an exception: ${outcome?.threw}`);
    if (typeof expected === "string") t.equal(outcome?.value, expected, `what parseDatagram says to ${given}`);
    else t.fields(outcome?.value, typeof expected === "function" ? expected(frames[index] as Frame) : expected, `the record of ${given}`);
  }
}

/** The sum of the words that the checksum covers and the datagram does not hold, added up by another hand. */
export function pseudoHeaderSum({ source, destination }: Ends, length: number): number {
  const words = [source, destination].flatMap((address) => [Math.floor(address / 0x1_0000), address % 0x1_0000]);
  return [...words, 17, length].reduce((sum, word) => sum + word);
}

/** Fails unless the checksum was asked for once, over this range. */
export function expectRange(t: Trial, calls: readonly RecordedCall[], start: number, end: number, what: string): void {
  t.equal(calls.length, 1, `calls of checksum for ${what}`);
  const [, from, to] = calls[0]?.args ?? [];
  t.equal([from, to], [start, end], `the range [start, end] that checksum was given for ${what}`);
}

/** Fails unless the checksum began with the pseudo-header's sum: folded or not, it counts modulo 65,535. */
export function expectInitial(t: Trial, calls: readonly RecordedCall[], ends: Ends, length: number, what: string): void {
  const initial = calls[0]?.args[3];
  const right = pseudoHeaderSum(ends, length);
  t.ok(typeof initial === "number", `the pseudo-header's sum, ${right}, as checksum's initial for ${what}`, `${initial}`);
  const fits = Number.isInteger(initial) && initial >= 0 && initial < 2 ** 31 && (initial - right) % 0xffff === 0;
  t.ok(fits, `${right} (0x${right.toString(16)}), the pseudo-header's sum, as checksum's initial for ${what}`, `${initial}`);
}

/** Addresses whose words carry when they are added. */
export const CARRYING: Ends = { source: 0xfffe_ffff as Ipv4Address, destination: 0xffff_fffd as Ipv4Address };

/** The calls of checksum that reading this payload's datagram leads to, with so many bytes of padding behind it. */
export async function callsOfParse(
  t: Trial,
  ends: Ends,
  size: number,
  padding = 0,
): Promise<{ calls: readonly RecordedCall[]; start: number }> {
  const bytes = new Uint8Array(8 + size + padding);
  bytes.set(udp({ sourcePort: anyPort(t.random), checksum: t.random.int(1, 0xffff) }, t.random.bytes(size)));
  const frame = usedFrame(t.random, bytes);
  const checksum = t.recorder<never>({ callback: true });
  await t.datagrams.parseDatagram(frame, ends.source, ends.destination, checksum.object);
  return { calls: checksum.calls, start: frame.start };
}

/** A payload with a header that the student wrote in front of it, in a buffer that was used before. */
export async function written(
  t: Trial,
  payload: Uint8Array,
  ports: readonly [number, number],
  ends: Ends,
  checksum: Checksum,
): Promise<Frame> {
  const frame = usedFrame(t.random, payload, t.random.int(40, 90));
  const at = frame.start;
  await t.datagrams.writeDatagram(frame, ports[0], ports[1], ends.source, ends.destination, checksum);
  t.equal(frame.start, at - 8, `frame.start, which was ${at}, after 8 bytes were pushed`);
  t.equal(frame.end, at + payload.length, "frame.end, which nobody moved");
  return frame;
}

/** Bytes as people read them, the first 40 of them: "00 35 c0 00". */
export function bytesText(bytes: Uint8Array): string {
  const shown = [...bytes.subarray(0, 40)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return bytes.length > 40 ? `${shown} … ${bytes.length} bytes` : shown === "" ? "no byte" : shown;
}

/** "1 byte", "8 bytes". */
export function amount(count: number, of = "byte"): string {
  return `${count} ${of}${count === 1 ? "" : "s"}`;
}
