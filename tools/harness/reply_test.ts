import { assertEquals, assertThrows } from "@std/assert";
import { encodeMessage, MessageError, MessageReader } from "./message.ts";
import { readReply } from "./reply.ts";

/** Through the pipe and back, as what a subject says. */
function arrived(value: unknown): unknown {
  const reader = new MessageReader();
  reader.push(encodeMessage(value));
  return reader.next();
}

Deno.test("readReply() takes what a subject says, and nothing beside it", () => {
  const bytes = Uint8Array.of(1, 2);
  const reply = {
    returned: { t: "frame", bytes, start: 0, end: NaN },
    frames: [undefined, { bytes, start: 1, end: 2 }],
    recorded: [{ id: 3, call: { name: "send", args: [bytes] } }],
    out: [{ on: 0, bytes }],
    deadline: Infinity,
    log: ["printed"],
  };
  assertEquals(readReply(arrived({ ...reply, id: 7, more: "than that" }), 7), reply as never);
  assertEquals(readReply(arrived({ id: 7 }), 7), {});
});

Deno.test("readReply() refuses every other shape", () => {
  const wrong: unknown[] = [{ returned: null }, { returned: 7 }, { returned: { t: "nothing" } }];
  wrong.push({ returned: { t: "handle" } }, { returned: { t: "handle", id: -1 } }, {
    returned: { t: "frame", bytes: "x", start: 0, end: 9 },
  });
  wrong.push({ threw: {} }, { threw: { name: 5, message: {}, at: 5 } }, { threw: { name: "", message: "", at: [5] } });
  wrong.push({ all: 5 }, { all: [5] }, { all: [{ returned: 5 }] }, { frames: [5] }, { objects: 5 }, { recorded: [{ id: 1 }] });
  wrong.push({ recorded: [{ id: {}, call: { name: "", args: [] } }] }, { out: [{}] }, { out: [{ on: 0, bytes: "x" }] });
  wrong.push({ events: [5] }, { events: [{}] }, { log: 5 }, { log: [5] }, { lost: -5 });
  for (const message of [null, 5, "text", [], {}, { id: 6 }]) assertThrows(() => readReply(arrived(message), 7), MessageError);
  for (const message of wrong) {
    assertThrows(() => readReply(arrived({ id: 7, ...(message as object) }), 7), MessageError, undefined, JSON.stringify(message));
  }
});

Deno.test("readReply() cuts what is too long, and takes no line for a function's name", () => {
  const long = "x".repeat(10_000);
  const reply = readReply(
    arrived({
      id: 7,
      threw: { name: long, message: long, symbol: "pad\n::notice::x", at: Array(99).fill(long) },
      log: Array(99).fill(long),
    }),
    7,
  );
  assertEquals([reply.threw?.name.length, reply.threw?.message.length, reply.threw?.symbol, reply.threw?.at.length], [
    100,
    500,
    undefined,
    8,
  ]);
  assertEquals([reply.log?.length, reply.log?.[0]?.length], [50, 501]);
});

Deno.test("encodeMessage() refuses numbers and texts that would take too long to read", () => {
  assertThrows(() => encodeMessage(10n ** 2000n), TypeError, "digits");
  assertThrows(() => encodeMessage("x".repeat(9_000_000)), TypeError, "limit");
});
