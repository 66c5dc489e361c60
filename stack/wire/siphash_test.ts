import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { createRandom } from "./random.ts";
import { createKeyedHash } from "./siphash.ts";

const MASK = 0xffff_ffff_ffff_ffffn;
const rotated = (value: bigint, count: bigint): bigint => (value << count | value >> 64n - count) & MASK;

/** SipHash-2-4 as the paper has it, for a message of any length: 64 bits. */
function slowSipHash(key: Uint8Array, message: Uint8Array): bigint {
  const little = (bytes: Uint8Array): bigint => bytes.reduceRight((sum, byte) => sum << 8n | BigInt(byte), 0n);
  const [k0, k1] = [little(key.subarray(0, 8)), little(key.subarray(8))];
  let [v0, v1, v2, v3] = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ];
  const rounds = (count: number): void => {
    for (let i = 0; i < count; i++) {
      v0 = v0 + v1 & MASK;
      v1 = rotated(v1, 13n) ^ v0;
      v0 = rotated(v0, 32n);
      v2 = v2 + v3 & MASK;
      v3 = rotated(v3, 16n) ^ v2;
      v0 = v0 + v3 & MASK;
      v3 = rotated(v3, 21n) ^ v0;
      v2 = v2 + v1 & MASK;
      v1 = rotated(v1, 17n) ^ v2;
      v2 = rotated(v2, 32n);
    }
  };
  for (let at = 0; at <= message.length; at += 8) {
    const piece = message.subarray(at, at + 8);
    const word = piece.length === 8 ? little(piece) : little(piece) | BigInt(message.length & 255) << 56n;
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  }
  v2 ^= 0xffn;
  rounds(4);
  return v0 ^ v1 ^ v2 ^ v3;
}

/** What the fast one says about 16 bytes. */
function hashOf(key: Uint8Array, message: Uint8Array): number {
  const words = (bytes: Uint8Array): [number, number, number, number] => {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return [view.getUint32(0, true), view.getUint32(4, true), view.getUint32(8, true), view.getUint32(12, true)];
  };
  return createKeyedHash(words(key))(...words(message));
}

const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => at);

Deno.test("createKeyedHash() agrees with the published vector for 16 bytes", () => {
  // The paper's own example is the message of 15 bytes; the 64 vectors of the reference implementation begin with the empty one.
  assertStrictEquals(slowSipHash(counting(16), counting(15)), 0xa129ca6149be45e5n);
  assertStrictEquals(slowSipHash(counting(16), counting(0)), 0x726fdb47dd0e0e31n);
  assertStrictEquals(slowSipHash(counting(16), counting(16)), 0x3f2acc7f57c29bdbn);
  assertStrictEquals(hashOf(counting(16), counting(16)), 0x57c29bdb);
});

Deno.test("createKeyedHash() says what the paper's algorithm says, for random keys and messages", () => {
  const random = createRandom(24);
  for (let i = 0; i < 2000; i++) {
    const pick = (): Uint8Array => random.chance(0.2) ? new Uint8Array(16).fill(random.pick([0, 0x7f, 0x80, 0xff])) : random.bytes(16);
    const [key, message] = [pick(), pick()];
    assertStrictEquals(hashOf(key, message), Number(slowSipHash(key, message) & 0xffff_ffffn));
  }
});

Deno.test("createKeyedHash() remembers nothing of earlier calls, and two keys have nothing in common", () => {
  const [one, other] = [createKeyedHash([1, 2, 3, 4]), createKeyedHash([1, 2, 3, 5])];
  const inputs = Array.from({ length: 100 }, (_, at) => at);
  const first = inputs.map((at) => one(at, 0, 0, 0));
  assertEquals(inputs.map((at) => one(at, 0, 0, 0)), first);
  assertStrictEquals(new Set([...first, ...inputs.map((at) => other(at, 0, 0, 0))]).size, 200);
  assert(first.some((value) => value > 0x7fff_ffff) && first.every((value) => Number.isInteger(value) && value >= 0));
});
