import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { createRandom } from "../../stack/wire/random.ts";
import { internetChecksum, updateChecksum } from "./checksum.ts";

/** The RFC's own way (RFC 1071 §4.1): word by word, carries at the end. */
function slowChecksum(bytes: Uint8Array, initial = 0): number {
  let sum = BigInt(initial);
  for (let at = 0; at < bytes.length; at++) sum += BigInt((bytes[at] as number) << (at % 2 === 0 ? 8 : 0));
  while (sum > 0xffffn) sum = (sum & 0xffffn) + (sum >> 16n);
  return ~Number(sum) & 0xffff;
}

function checksumOf(bytes: Uint8Array, initial?: number): number {
  return internetChecksum(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length, initial);
}

Deno.test("internetChecksum() agrees with the example of RFC 1071 §3", () => {
  assertStrictEquals(checksumOf(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7)), 0x220d);
});

Deno.test("internetChecksum() sums nothing to zero, and zeros too", () => {
  for (const length of [0, 1, 2, 16, 17, 65_535]) assertStrictEquals(checksumOf(new Uint8Array(length)), 0xffff);
});

Deno.test("internetChecksum() takes an odd last byte as the high one", () => {
  assertStrictEquals(checksumOf(Uint8Array.of(0x12)), 0xedff);
  assertStrictEquals(checksumOf(Uint8Array.of(0x12, 0x34, 0x56)), ~(0x1234 + 0x5600) & 0xffff);
});

Deno.test("internetChecksum() folds a carry that makes another", () => {
  assertStrictEquals(checksumOf(Uint8Array.of(0xff, 0xff, 0x00, 0x01)), 0xfffe);
  assertStrictEquals(checksumOf(Uint8Array.of(0xff, 0xff, 0xff, 0xff)), 0);
  assertStrictEquals(checksumOf(Uint8Array.of(0x00, 0x01), 0x7fff_ffff), 0x7fff);
});

Deno.test("internetChecksum() is exact for the longest and heaviest packet", () => {
  const ones = new Uint8Array(65_535).fill(0xff);
  assertStrictEquals(checksumOf(ones, 0x7fff_ffff), slowChecksum(ones, 0x7fff_ffff));
  assertStrictEquals(checksumOf(ones), 0x00ff);
});

Deno.test("internetChecksum() reads from start up to end and no further, at even and odd offsets", () => {
  const random = createRandom(1071);
  const bytes = random.bytes(400);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 10_000; i++) {
    const start = random.int(0, 400);
    const end = random.int(start, 400);
    const initial = random.pick([0, 1, 0xffff, 0x1_0000, random.int(0, 0x7fff_ffff)]);
    assertStrictEquals(internetChecksum(view, start, end, initial), slowChecksum(bytes.subarray(start, end), initial));
  }
});

Deno.test("internetChecksum() is zero over data with its own checksum, and not after a bit has changed", () => {
  const random = createRandom(791);
  for (let i = 0; i < 1000; i++) {
    const bytes = random.bytes(random.int(10, 80) * 2);
    bytes.set([0, 0], 6);
    const checksum = checksumOf(bytes);
    bytes.set([checksum >>> 8, checksum & 255], 6);
    assertStrictEquals(checksumOf(bytes), 0);
    const at = random.int(0, bytes.length - 1);
    bytes[at] = (bytes[at] as number) ^ 1 << random.int(0, 7);
    assert(checksumOf(bytes) !== 0);
  }
});

Deno.test("updateChecksum() agrees with the example of RFC 1624 §4", () => {
  assertStrictEquals(updateChecksum(0xdd2f, 0x5555, 0x3285), 0x0000);
});

Deno.test("updateChecksum() says what a full sum would say", () => {
  const random = createRandom(1624);
  const interesting = [0, 1, 0x00ff, 0xff00, 0xfffe, 0xffff];
  for (let i = 0; i < 20_000; i++) {
    const words = Array.from({ length: 10 }, () => random.chance(0.5) ? random.pick(interesting) : random.int(0, 0xffff));
    words[0] = 0x4500; // as a header's first word: never all zeros, where 0 and 0xffff would both be right
    const before = checksumOf(bytesOf(words));
    const at = random.int(1, 9);
    const old = words[at] as number;
    words[at] = random.chance(0.5) ? random.pick(interesting) : random.int(0, 0xffff);
    assertEquals(updateChecksum(before, old, words[at]), checksumOf(bytesOf(words)));
  }
});

function bytesOf(words: readonly number[]): Uint8Array {
  return Uint8Array.from(words.flatMap((word) => [word >>> 8, word & 255]));
}
