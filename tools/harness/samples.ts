/**
 * What the checks of several labs are fed with: packets in buffers that were used before, the two ends that a checksum of TCP or UDP
 * covers, and checksums that say what they are told to. All of it is drawn from a check's own random numbers, so the seed that a failure
 * prints gives the same again.
 */
import type { Checksum } from "../../stack/contract/tcb.ts";
import { Frame } from "../../stack/wire/frame.ts";
import type { Ipv4Address } from "../../stack/wire/ipv4_address.ts";
import type { Random } from "../../stack/wire/random.ts";
import type { RecordedCall, Recorder, Trial } from "./suite.ts";

/** The two ends of a segment or datagram, of which its checksum covers the addresses. */
export interface Ends {
  readonly source: Ipv4Address;
  readonly destination: Ipv4Address;
}

/** Two addresses, in which no two words are the same. */
export function anyEnds(random: Random): Ends {
  const address = (): Ipv4Address => (random.int(1, 223) * 0x100_0000 + random.int(1, 0xff_ffff)) as Ipv4Address;
  return { source: address(), destination: address() };
}

/** Addresses whose words carry when they are added, and are negative where a number of 32 bits has a sign. */
export const CARRYING: Ends = { source: 0xfffe_ffff as Ipv4Address, destination: 0xffff_fffd as Ipv4Address };

/**
 * A frame with these bytes in it, somewhere in its buffer. In front of them and behind them lie random bytes, as they do in a buffer that
 * was used before.
 */
export function usedFrame(random: Random, bytes: Uint8Array, headroom = random.int(20, 80)): Frame {
  const frame = new Frame(headroom + bytes.length + random.int(8, 40), headroom);
  frame.bytes.set(random.bytes(frame.bytes.length));
  frame.bytes.set(bytes, frame.append(bytes.length));
  return frame;
}

/** A frame that ends where its buffer ends: who reads on gets an exception. */
export function framedTightly(bytes: Uint8Array, headroom = 20): Frame {
  const frame = new Frame(headroom + bytes.length, headroom);
  frame.bytes.set(bytes, frame.append(bytes.length));
  return frame;
}

/** Stands for a checksum that comes to this, whatever it is taken over. Pass its `object`; its `calls` say what it was asked. */
export function checksumOf(t: Trial, sum: number): Recorder<Checksum> {
  return t.recorder<Checksum>({ callback: true, returns: sum });
}

/** Stands for a checksum that comes to 0: over data that came, this finds no fault. */
export function zeroSum(t: Trial): Checksum {
  return checksumOf(t, 0).object;
}

/** Stands for a checksum that finds a fault. */
export function faultySum(t: Trial): Checksum {
  return checksumOf(t, 0x0bad).object;
}

/** The sum of the words that the checksum covers and the packet does not hold, added up by another hand. */
export function pseudoHeaderSum({ source, destination }: Ends, protocol: number, length: number): number {
  const words = [source, destination].flatMap((address) => [Math.floor(address / 0x1_0000), address % 0x1_0000]);
  return [...words, protocol, length].reduce((sum, word) => sum + word);
}

/** Fails unless the checksum was asked for once, over this range. */
export function expectRange(t: Trial, calls: readonly RecordedCall[], start: number, end: number, what: string): void {
  t.equal(calls.length, 1, `calls of checksum for ${what}`);
  const [, from, to] = calls[0]?.args ?? [];
  t.equal([from, to], [start, end], `the range [start, end] that checksum was given for ${what}`);
}

/** Fails unless the checksum began with the pseudo-header's sum: folded or not, it counts modulo 65,535. */
export function expectInitial(t: Trial, calls: readonly RecordedCall[], right: number, what: string): void {
  const initial = calls[0]?.args[3];
  const fits = Number.isInteger(initial) && (initial as number) >= 0 && (initial as number) < 2 ** 31 &&
    ((initial as number) - right) % 0xffff === 0;
  const got = calls.length === 0 ? "checksum was not called" : initialText(initial, right);
  t.ok(fits, `${right} (0x${right.toString(16)}), the pseudo-header's sum, as checksum's initial for ${what}`, got);
}

/** A wrong sum, and what made it wrong where that is plain. */
function initialText(initial: unknown, right: number): string {
  if (typeof initial !== "number") return initial === undefined ? "no initial" : `${initial}`;
  const lost = (right - initial) / 0x1_0000;
  if (!Number.isInteger(right - initial)) return `${initial}`;
  if (!Number.isInteger(lost) || lost < 1) {
    return `${initial}, which is ${Math.abs(right - initial)} too ${initial < right ? "small" : "large"}`;
  }
  return `${initial}, which is ${lost} × 65536 too small: a carry was cut off, or >> is where >>> should be`;
}

/** Bytes as people read them, the first `most` of them: "00 35 c0 00". */
export function bytesText(bytes: Uint8Array, most = 64): string {
  if (bytes.length === 0) return "no byte";
  const shown = [...bytes.subarray(0, most)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return bytes.length > most ? `${shown} … ${bytes.length} bytes` : shown;
}

/** "1 byte", "8 bytes". */
export function amount(count: number, of = "byte"): string {
  return `${count} ${of}${count === 1 ? "" : "s"}`;
}
