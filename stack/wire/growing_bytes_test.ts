import { assertEquals, assertThrows } from "@std/assert";
import { GrowingBytes } from "./growing_bytes.ts";
import { latin1Bytes, latin1Text, trimOws } from "./latin1.ts";
import { createRandom } from "./random.ts";

Deno.test("GrowingBytes puts pieces together, however they were cut", () => {
  const random = createRandom(1);
  for (let round = 0; round < 50; round++) {
    const whole = random.bytes(random.int(0, 5000));
    const bytes = new GrowingBytes();
    for (let at = 0; at < whole.length;) {
      const to = Math.min(whole.length, at + random.int(1, 900));
      bytes.append(whole, at, to);
      at = to;
    }
    assertEquals(bytes.length, whole.length);
    assertEquals(bytes.text(), latin1Text(whole));
    assertEquals(bytes.take(), whole);
    assertEquals([bytes.length, bytes.text()], [0, ""]);
  }
});

Deno.test("GrowingBytes.take() hands over a copy that later pieces do not change", () => {
  const bytes = new GrowingBytes();
  bytes.append(latin1Bytes("first"), 0, 5);
  const taken = bytes.take();
  bytes.append(latin1Bytes("other"), 0, 5);
  assertEquals(latin1Text(taken), "first");
});

Deno.test("latin1Text() and latin1Bytes() lose nothing on the way there and back", () => {
  const all = Uint8Array.from({ length: 10_000 }, (_, i) => i & 0xff);
  assertEquals(latin1Bytes(latin1Text(all)), all);
  assertEquals(latin1Text(all, 65, 68), "ABC");
  assertThrows(() => latin1Bytes("\u0100"), RangeError);
});

Deno.test("trimOws() takes spaces and tabs from the ends, and nothing else", () => {
  assertEquals(["", " \t", " a \t b\t ", "\xa0a\x0b", "a"].map(trimOws), ["", "", "a \t b", "\xa0a\x0b", "a"]);
});
