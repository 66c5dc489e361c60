import { assertEquals, assertMatch } from "@std/assert";
import { conclusion, readResult } from "./test.ts";

const SUMMARY = "\n\x1b[0m\x1b[31mFAILED\x1b[0m | 12 passed (3 steps) | 2 failed (1 step) | 1 ignored \x1b[38;5;245m(15ms)\x1b[0m\n\n";

Deno.test("readResult() takes the last summary, not one that a test printed", () => {
  const output = `------- output -------\nok | 99 passed | 0 failed (1s)\nopens (tshark is not installed) ... ignored (0ms)\n${SUMMARY}`;
  assertEquals(readResult(output, false), { passed: 12, failed: 2, skipped: ["opens (tshark is not installed)"] });
});

Deno.test("readResult() counts a run that broke without a failed test as one failure", () => {
  assertEquals(readResult("error: Module not found\n", false), { passed: 0, failed: 1, skipped: [] });
  assertEquals(readResult("ok | 3 passed | 0 failed (1ms)\n", false).failed, 1);
  assertEquals(readResult("ok | 3 passed | 0 failed (1ms)\n", true).failed, 0);
});

Deno.test("readResult() counts an ignored step too, and says in which test", () => {
  const output =
    "live ...\n  fine ... ok (0ms)\n  no live wire ... ignored (0ms)\nlive ... ok (1ms)\n\nok | 1 passed (1 step) | 0 failed | 0 ignored (1 step) (7ms)\n";
  assertEquals(readResult(output, true), { passed: 1, failed: 0, skipped: ["live: no live wire"] });
});

Deno.test("readResult() reads the lines of files that run side by side", () => {
  const output = `./a_test.ts => live ... no live wire ... ignored (0ms)
./b_test.ts => fine ... ok (0ms)
./a_test.ts => live ... ok (1ms)
./b_test.ts => opens (tshark is not installed) ... ignored (0ms)

ok | 2 passed | 0 failed | 1 ignored (1 step) (7ms)
`;
  assertEquals(readResult(output, true), { passed: 2, failed: 0, skipped: ["live: no live wire", "opens (tshark is not installed)"] });
});

Deno.test("conclusion() names the skipped tests, and ends in the count", () => {
  assertEquals(conclusion({ passed: 12, failed: 2, skipped: ["a (no tshark)"] }), "skipped: a (no tshark)\n12 passed, 2 failed, 1 skipped");
});

const FILE = `Deno.test("good", () => {});
Deno.test("bad", () => { throw new Error("no"); });
Deno.test({ name: "left out (for a reason)", ignore: Deno.args.length === 0, fn() {} });
`;

Deno.test("deno task test passes words on, and its last line counts passed, failed and skipped", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/three_test.ts`, FILE);
    const run = async (...words: string[]): Promise<[lines: string[], code: number]> => {
      const args = ["run", "--allow-read", "--allow-run", "--allow-env", "tools/test.ts", "--no-check", ...words, folder];
      const { stdout, code } = await new Deno.Command(Deno.execPath(), { args, stderr: "null" }).output();
      return [new TextDecoder().decode(stdout).split("\n"), code];
    };
    const [lines, code] = await run();
    assertEquals(lines.slice(-3), ["skipped: left out (for a reason)", "1 passed, 1 failed, 1 skipped", ""]);
    assertEquals(code, 1);
    const [filtered, status] = await run("--filter", "good");
    assertEquals(filtered.at(-2), "1 passed, 0 failed, 0 skipped");
    assertMatch(filtered.join("\n"), /^(\S+three_test\.ts => )?good \.\.\. ok/m);
    assertEquals(status, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
