/** What differs between two answers, in words. */
import { assertEquals } from "@std/assert";
import { replyTexts, type Visible } from "./reply_text.ts";

const DROPPED = (length: number): Visible => ({
  recorded: [{ id: 1, call: { name: "drop", args: [new Uint8Array(length), "arp queue full"] } }],
});

Deno.test("replyTexts() tells two answers apart by what differs in them", () => {
  const value = (returned: unknown): Visible => ({ returned: { t: "value", value: returned }, recorded: [] });
  const frame = (start: number, byte: number): Visible => ({ frames: [{ bytes: Uint8Array.of(0, 0, byte, 0), start, end: 4 }] });
  const cases: [right: Visible, wrong: Visible, expected: string, got: string][] = [
    [value(1), value(2), "f: 1", "f: 2"],
    [value(1), { threw: "RangeError" }, "f: 1", "f: throws RangeError"],
    [{ all: [value(1), value(2)] }, { all: [value(1), value(3)] }, "f, call 2 of 2: 2", "f, call 2 of 2: 3"],
    [DROPPED(31), DROPPED(38), 'f asks for drop(31-byte packet, "arp queue full")', 'f asks for drop(38-byte packet, "arp queue full")'],
    [DROPPED(31), { recorded: [] }, 'f asks for drop(31-byte packet, "arp queue full")', "f asks for nothing"],
    [frame(1, 0), frame(2, 0), "after f: the packet lies from 1 to 4", "after f: the packet lies from 2 to 4"],
    [frame(1, 0), frame(1, 7), "after f: byte 1 of the packet is 0x00", "after f: byte 1 of the packet is 0x07"],
    [{ objects: [{ mss: 536, rto: 1 }] }, { objects: [{ mss: 1460, rto: 1 }] }, "after f: mss 536", "after f: mss 1460"],
  ];
  for (const [right, wrong, expected, got] of cases) assertEquals(replyTexts("f", right, wrong), { expected, got });
});
