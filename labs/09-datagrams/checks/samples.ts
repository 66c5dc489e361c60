/**
 * What the checks of this lab are fed with: datagrams in buffers that were used before, addresses and ports that are anything but small, and
 * checksums to be told. All of it is drawn from a check's own random numbers, so the seed that a failure prints gives the same again.
 */
import type { Checksum } from "../../../stack/contract/tcb.ts";
import type { Frame } from "../../../stack/wire/frame.ts";
import { formatIpv4Address, type Ipv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { Random } from "../../../stack/wire/random.ts";
import { udp } from "../../../tools/harness/packets.ts";
import { anyEnds, bytesText, checksumOf, type Ends, usedFrame, zeroSum } from "../../../tools/harness/samples.ts";
import type { RecordedCall, Trial } from "../../../tools/harness/suite.ts";

/** UDP's number in IP's header. */
export const PROTOCOL = 17;

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

/** One datagram for parseDatagram, and what must come of it: a reject, or what the record must hold. */
export interface ParseCase {
  readonly bytes: Uint8Array;
  readonly expected: string | Readonly<Record<string, unknown>> | ((frame: Frame) => Readonly<Record<string, unknown>>);
  /** Names the datagram: "a datagram of 9 bytes". */
  readonly what: string;
}

/** The topic of a datagram that has nothing against it, behind those that have. */
const PLAIN = {
  why:
    "The bad datagrams before it were refused as they should be. But this one has nothing against it, and must be read: a parser that refuses all that comes is " +
    "right about none. parse/fields tells more.",
  look: ["parseDatagram"],
};

/** Reads all datagrams, with a checksum that finds no fault where none is given; fails at the first that comes out wrong, and says what it was. */
export async function parseAll(
  t: Trial,
  wanted: readonly ParseCase[],
  checksum?: Checksum,
  framed = (bytes: Uint8Array): Frame => usedFrame(t.random, bytes),
): Promise<void> {
  const plain = {
    bytes: udp({ sourcePort: 7, destinationPort: 9, checksum: 0x1234 }),
    expected: { sourcePort: 7 },
    what: "one that has nothing against it, and whose sum comes to 0",
  };
  // Whoever refuses all that comes is not right about any.
  const cases = checksum === undefined && wanted.every(({ expected }) => typeof expected === "string") ? [...wanted, plain] : wanted;
  const { source, destination } = anyEnds(t.random);
  const frames = cases.map(({ bytes }) => framed(bytes));
  const sum = checksum ?? zeroSum(t);
  const outcomes = await t.many("datagrams", "parseDatagram", frames.map((frame) => [frame, source, destination, sum]));
  for (const [index, { bytes, expected, what }] of cases.entries()) {
    const outcome = outcomes[index];
    const given = `${what} (${bytesText(bytes, 40)})`;
    t.ok(outcome?.threw === undefined, `parseDatagram to return, given ${given}`, `an exception: ${outcome?.threw}`);
    const fields = typeof expected === "function" ? expected(frames[index] as Frame) : expected;
    if (typeof fields === "string") t.equal(outcome?.value, fields, `what parseDatagram says to ${given}`);
    else if (what === plain.what) await t.about(PLAIN, () => t.fields(outcome?.value, fields, `the record of ${given}`));
    else t.fields(outcome?.value, fields, `the record of ${given}`);
  }
}

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
  const checksum = checksumOf(t, 0);
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
