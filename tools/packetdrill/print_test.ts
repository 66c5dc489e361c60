import { assert, assertEquals } from "@std/assert";
import { createRandom } from "../../stack/wire/random.ts";
import { formatMalformed, parseScript } from "./parse.ts";
import { printEvent } from "./print.ts";
import { randomEvent } from "./random_script.ts";
import type { ScriptEvent } from "./script.ts";

/** An event without its places. */
function bare(event: ScriptEvent): unknown {
  const { place: _, ...rest } = event;
  return { ...rest, ...("begins" in rest ? { begins: undefined } : {}) };
}

Deno.test("printEvent() writes what parseScript() reads as the same event", () => {
  const random = createRandom(7);
  for (let round = 0; round < 10_000; round++) {
    const event = randomEvent(random);
    const text = printEvent(event);
    const script = parseScript("a.pkt", text);
    if (!("events" in script)) throw new Error(`${formatMalformed(script)}\n${text}`);
    assertEquals(script.events.map(bare), [bare(event)], text);
    assertEquals(printEvent(script.events[0] as ScriptEvent), text);
  }
});

Deno.test("parseScript() reads a thousand scripts of twenty lines", () => {
  const random = createRandom(8);
  for (let count = 0; count < 1000; count++) {
    // Times of their own could run backwards.
    const events = Array.from({ length: 20 }, (): ScriptEvent => ({ ...randomEvent(random), time: { kind: "relative", at: 1000 } }));
    const timed = events.map((event) => event.kind === "call" && event.until !== undefined ? { ...event, until: 2000 } : event);
    const script = parseScript("a.pkt", timed.map(printEvent).join("\n"));
    assert("events" in script && script.events.length === 20);
    assertEquals(bare(script.events[19] as ScriptEvent), bare(timed[19] as ScriptEvent));
  }
});

Deno.test("printEvent() writes times with as many digits as they need", () => {
  for (const time of ["0", "0.1", "10", "100.5", "+0.000001", "+3", "0.1~0.2", "+0.1~+10", "*"]) {
    const script = parseScript("a.pkt", `${time} > . 1:1(0)`);
    assert("events" in script);
    assertEquals(printEvent(script.events[0] as ScriptEvent), `${time} > . 1:1(0)`);
  }
});
