import { assertEquals, assertThrows } from "@std/assert";
import { encodeMessage, MessageError, MessageReader } from "./message.ts";

function roundTrip(value: unknown): unknown {
  const reader = new MessageReader();
  reader.push(encodeMessage(value));
  return reader.next();
}

Deno.test("encodeMessage() and MessageReader carry every kind of value", () => {
  const value = {
    bytes: new Uint8Array([1, 2, 3]),
    none: undefined,
    list: [1, -0, NaN, Infinity, -Infinity, 2n ** 70n, null, "ü", true, new Uint8Array(0)],
    posing: { $: "bytes", at: 0, length: 3 },
    __proto__: null,
  };
  assertEquals(roundTrip(value), { ...value });
  assertEquals(roundTrip(undefined), undefined);
});

Deno.test("MessageReader.next() joins chunks cut anywhere", () => {
  const messages = [{ a: new Uint8Array(70000).fill(7) }, "x", { b: [1, 2] }];
  const all = messages.flatMap((message) => [...encodeMessage(message)]);
  for (const step of [1, 3, 1000, 65536]) {
    const reader = new MessageReader();
    const seen: unknown[] = [];
    for (let at = 0; at < all.length; at += step) {
      reader.push(new Uint8Array(all.slice(at, at + step)));
      for (let message = reader.next(); message !== undefined; message = reader.next()) seen.push(message);
    }
    assertEquals(seen, messages);
  }
});

Deno.test("encodeMessage() refuses a cycle and a function", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  assertThrows(() => encodeMessage(cycle), TypeError, "contains itself");
  assertThrows(() => encodeMessage(() => 1), TypeError, "function");
});

Deno.test("MessageReader.next() refuses what is no message", () => {
  const bad = ["hello, I am not a message", "\0\0\0\x08\0\0\0\x04nope", "\0\0\0\x04\0\0\0\x09"];
  for (const text of bad) {
    const reader = new MessageReader();
    reader.push(new TextEncoder().encode(text));
    assertThrows(() => reader.next(), MessageError);
  }
});
