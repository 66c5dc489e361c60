/** The command's words. */
import { assertEquals, assertThrows } from "@std/assert";
import { readOptions } from "./compare.ts";
import { UsageError } from "./lab/usage_error.ts";

Deno.test("readOptions() reads what is compared, with whom and how", () => {
  const usual = { what: "a.pkt", mine: false, mutant: undefined, linux: true, seed: 1, longest: 30, print: false, json: false };
  assertEquals(readOptions(["a.pkt"]), usual);
  assertEquals(readOptions(["a.pkt", "--no-linux", "--mine", "--seed", "7"]), { ...usual, linux: false, mine: true, seed: 7 });
  assertEquals(readOptions(["05/closing/both", "--mutant=5/no-closing", "--longest", "2.5", "--print"]), {
    ...usual,
    what: "05/closing/both",
    mutant: "5/no-closing",
    longest: 2.5,
    print: true,
  });
  assertEquals(readOptions(["--help"]), "help");
});

Deno.test("readOptions() refuses what makes no sense", () => {
  for (
    const words of [[], ["a.pkt", "b.pkt"], ["a.pkt", "--wrong"], ["a.pkt", "--seed", "x"], ["a.pkt", "--seed", "-1"], [
      "a.pkt",
      "--longest",
      "0",
    ]]
  ) {
    assertThrows(() => readOptions(words), UsageError);
  }
});
