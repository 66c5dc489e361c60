import { assert, assertEquals, assertNotMatch } from "@std/assert";
import { HOSTILE } from "./sample.ts";
import { plainBlock, plainLine } from "./plain.ts";

Deno.test("plainLine() makes every hostile text one harmless line", () => {
  for (const hostile of HOSTILE) {
    const line = plainLine(`before ${hostile} after`, 80);
    assert(line.length <= 80, line);
    assert(line.isWellFormed());
    // deno-lint-ignore no-control-regex -- that is what is looked for
    assertNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/);
    assertNotMatch(line, /::|##|\[\[/);
  }
});

Deno.test("plainLine() leaves ordinary text as it is", () => {
  const text = 'checksum 0x1c46 for 10.44.0.2:80, "é" − 3 < 5 & more [1, 2] #1';
  assertEquals(plainLine(text, 100), text);
});

Deno.test("plainLine() cuts, never inside a character of two units", () => {
  assertEquals(plainLine("abcdef", 4), "abc…");
  assert(plainLine("a😀😀😀😀", 4).isWellFormed());
  assertEquals(plainLine(`${"a:".repeat(5)}::`, 5).length, 5);
});

Deno.test("plainLine() parts every pair of signs, also in a run of them", () => {
  assertEquals(plainLine(":::error:: ###[x] [[[ATTACHMENT|", 80), ": : :error: : # # #[x] [ [ [ATTACHMENT|");
});

Deno.test("plainBlock() keeps lines, bounds each and all", () => {
  assertEquals(plainBlock("  one\r\n\ttwo\rthree\n\n", 100), "  one\n  two\nthree");
  const long = plainBlock(`${"x".repeat(1000)}\n${"y\n".repeat(1000)}`, 300);
  assertEquals(long.split("\n")[0]?.length, 200);
  assert(long.length <= 330);
  assert(long.endsWith("(the rest is left out)"));
});
