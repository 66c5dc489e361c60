/** What fits 80 columns, and how what does not is brought in. */
import { assert, assertEquals } from "@std/assert";
import { loadErrorText } from "./load_error.ts";
import { cut, labelledCommand, singular, titled, wrap, wrapAround } from "./text.ts";

Deno.test("cut() cuts at a word", () => {
  assertEquals(cut("a fragment that is dropped", 40), "a fragment that is dropped");
  assertEquals(cut("a fragment that is dropped", 17), "a fragment that…");
  assertEquals(cut("a fragment, that is dropped", 13), "a fragment…");
  assertEquals(cut("unbreakable", 6), "unbre…");
});

Deno.test("wrap() cuts only words that fit no line", () => {
  assertEquals(wrap("one two three", 8), ["one two", "three"]);
  assertEquals(wrap("a 0123456789 b", 4), ["a", "0123", "4567", "89 b"]);
});

Deno.test("titled() keeps the time on the first line, and wraps the title beneath itself", () => {
  const [first = "", second = ""] = titled(
    "✘ errors/never-later-fragments",
    "no error about a fragment other than the first",
    21,
    "1 002 ms",
  );
  assertEquals(first.length, 80);
  assert(first.endsWith("  1 002 ms"), first);
  assertEquals(second.search(/\S/), first.indexOf("no error"));
});

Deno.test("labelledCommand() never breaks a command", () => {
  const short = "deno task lab3 --only icmp/ping --seed 5";
  assertEquals(labelledCommand("Again", short), `  Again       ${short}`);
  const long = "deno task lab3 --only reassembly/timeout-without-first --seed 65535";
  assertEquals(labelledCommand("Again", long), `  Again\n    ${long}`);
});

Deno.test("singular() mends what a number of one says, and no other number", () => {
  assertEquals(singular("1 bytes, 11 bytes, 2.1 bytes, bytes 0–1 bytes"), "1 byte, 11 bytes, 2.1 bytes, bytes 0–1 bytes");
});

Deno.test("loadErrorText() fits 80 columns, and points at the same place", () => {
  const code = `const first = ${"x + ".repeat(30)}= 3;`;
  const at = code.indexOf("= 3");
  const text = loadErrorText(
    `SyntaxError: Expression expected\n    |\n192 | ${code}\n    | ${" ".repeat(at)}~\n    at labs/03-ip/ipv4.ts:192:1`,
  );
  const lines = text.split("\n");
  for (const line of lines) assert(line.length <= 80, line);
  const pointer = lines.findIndex((line) => line.endsWith("~"));
  assertEquals(lines[pointer - 1]?.[lines[pointer]?.indexOf("~") ?? -1], "=");
});

Deno.test("wrapAround() wraps sentences and leaves commands whole", () => {
  const command = `deno task lab3 --replay ${"folder/".repeat(14)}x.json`;
  const lines = wrapAround(`${"words ".repeat(20)}end.\n${command}`).split("\n");
  assertEquals(lines.map(({ length }) => length <= 80), [true, true, false]);
  assertEquals(lines.at(-1), command);
});
