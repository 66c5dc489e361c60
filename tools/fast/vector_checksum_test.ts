import { assert, assertEquals } from "@std/assert";
import { internetChecksum } from "../../solutions/03-ip/checksum.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { createVectorChecksum } from "./vector_checksum.ts";

const never = (): number => {
  throw new Error("not by vectors");
};

Deno.test("the vector checksum says what lab 03's says: every start and length up to 200, and 20,000 random ones", () => {
  const { checksum, memory } = createVectorChecksum(never);
  const random = createRandom(5);
  new Frame(48, 0, memory); // so that the next one lies somewhere else than at 0
  const frame = new Frame(65_900, 128, memory);
  const check = (start: number, end: number, initial: number): void =>
    assertEquals(
      checksum(frame.view, start, end, initial),
      internetChecksum(frame.view, start, end, initial),
      `${start} to ${end}, ${initial}`,
    );
  for (const fill of [() => 0, () => 0xff, () => random.int(0, 255)]) {
    for (let i = 0; i < frame.bytes.length; i++) frame.bytes[i] = fill();
    for (let start = 0; start < 20; start++) for (let length = 0; length < 200; length++) check(start, start + length, 0x1234);
    check(0, 65_535, 2 ** 31 - 1);
  }
  for (let round = 0; round < 20_000; round++) {
    const start = random.int(0, 2000);
    check(start, start + random.int(0, random.pick([64, 1500, 63_000])), random.int(0, 2 ** 31 - 1));
  }
});

Deno.test("the vector checksum leaves frames that lie elsewhere to lab 03's, and gives no byte twice", () => {
  const { checksum, memory } = createVectorChecksum(internetChecksum);
  const elsewhere = Frame.of(createRandom(1).bytes(1500));
  assertEquals(checksum(elsewhere.view, 128, 1600), internetChecksum(elsewhere.view, 128, 1600));
  const all = Array.from({ length: 200 }, () => memory(65_855));
  const [block] = all;
  const inside = all.filter((each) => each.buffer === block?.buffer);
  assert(inside.length > 100 && inside.length < 200);
  inside.forEach((each, i) => assert(i === 0 || each.byteOffset >= (inside[i - 1] as Uint8Array).byteOffset + 65_855));
  assert(all.every((each) => each.length === 65_855));
});
