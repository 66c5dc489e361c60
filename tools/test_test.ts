import { assertEquals, assertMatch } from "@std/assert";
import { conclusion, readResult, withoutPassed } from "./test.ts";

const SUMMARY = "\n\x1b[0m\x1b[31mFAILED\x1b[0m | 12 passed (3 steps) | 2 failed (1 step) | 1 ignored \x1b[38;5;245m(15ms)\x1b[0m\n\n";

Deno.test("readResult() takes the last summary, not one that a test printed", () => {
  const output = `------- output -------\nok | 99 passed | 0 failed (1s)\nopens (tshark is not installed) ... ignored (0ms)\n${SUMMARY}`;
  assertEquals(readResult(output, false), { passed: 12, failed: 2, failures: [], skipped: ["opens (tshark is not installed)"] });
});

Deno.test("readResult() counts a run that broke without a failed test as one failure", () => {
  assertEquals(readResult("error: Module not found\n", false), { passed: 0, failed: 1, failures: [], skipped: [] });
  assertEquals(readResult("ok | 3 passed | 0 failed (1ms)\n", false).failed, 1);
  assertEquals(readResult("ok | 3 passed | 0 failed (1ms)\n", true).failed, 0);
});

Deno.test("readResult() counts an ignored step too, and says in which test", () => {
  const output =
    "live ...\n  fine ... ok (0ms)\n  no live wire ... ignored (0ms)\nlive ... ok (1ms)\n\nok | 1 passed (1 step) | 0 failed | 0 ignored (1 step) (7ms)\n";
  assertEquals(readResult(output, true), { passed: 1, failed: 0, failures: [], skipped: ["live: no live wire"] });
});

Deno.test("readResult() reads the lines of files that run side by side", () => {
  const output = `./a_test.ts => live ... no live wire ... ignored (0ms)
./b_test.ts => fine ... ok (0ms)
./a_test.ts => live ... ok (1ms)
./b_test.ts => opens (tshark is not installed) ... ignored (0ms)

ok | 2 passed | 0 failed | 1 ignored (1 step) (7ms)
`;
  assertEquals(readResult(output, true), {
    passed: 2,
    failed: 0,
    failures: [],
    skipped: ["live: no live wire", "opens (tshark is not installed)"],
  });
});

Deno.test("readResult() reads the runner's list of failures", () => {
  const output = `
 ERRORS 

bad => ./a_test.ts:2:6
error: Error: no => yes

 FAILURES 

bad => ./a_test.ts:2:6
with steps ... two => ./a_test.ts:3:7

FAILED | 1 passed (1 step) | 2 failed (1 step) (17ms)
`;
  assertEquals(readResult(output, false).failures, ["bad => ./a_test.ts:2:6", "with steps ... two => ./a_test.ts:3:7"]);
});

Deno.test("conclusion() names the tests that were skipped and that failed, and ends in the count", () => {
  const result = { passed: 12, failed: 1, failures: ["bad => ./a_test.ts:2:6"], skipped: ["a (no tshark)"] };
  assertEquals(conclusion(result), "skipped: a (no tshark)\nfailed: bad => ./a_test.ts:2:6\n12 passed, 1 failed, 1 skipped");
});

Deno.test("withoutPassed() keeps every other line", () => {
  const lines =
    "running 3 tests\na ... \x1b[32mok\x1b[0m (2ms)\n./x_test.ts => b ... ok (1s)\n./x_test.ts => c ... FAILED (2ms)\nok (2ms)\n";
  assertEquals(withoutPassed(lines), "running 3 tests\n./x_test.ts => c ... FAILED (2ms)\nok (2ms)\n");
});

const FILE = `Deno.test("good", () => {});
Deno.test("bad", () => { throw new Error("no"); });
Deno.test({ name: "left out (for a reason)", ignore: Deno.args.length === 0, fn() {} });
`;

Deno.test("deno task test passes words on, and its last line counts passed, failed and skipped", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/three_test.ts`, FILE);
    const run = async (words: string[] = [], env: Record<string, string> = { CI: "" }): Promise<[lines: string[], code: number]> => {
      const args = ["run", "--allow-read", "--allow-run", "--allow-env", "tools/test.ts", "--no-check", ...words, folder];
      const { stdout, code } = await new Deno.Command(Deno.execPath(), { args, stderr: "null", env: { ...env, NO_COLOR: "1" } }).output();
      return [new TextDecoder().decode(stdout).split("\n"), code];
    };
    const [lines, code] = await run();
    assertEquals(lines.slice(-4, -3), ["skipped: left out (for a reason)"]);
    assertMatch(lines.at(-3) ?? "", /^failed: bad => .*three_test\.ts:2:6$/);
    assertEquals(lines.slice(-2), ["1 passed, 1 failed, 1 skipped", ""]);
    assertEquals(code, 1);
    const [brief] = await run([], { CI: "true" });
    assertEquals(brief.filter((line) => / ok |left out/.test(line)).length, 2, "what was skipped, twice, and nothing that passed");
    assertEquals(brief.slice(-4), lines.slice(-4));
    const [filtered, status] = await run(["--filter", "good"]);
    assertEquals(filtered.at(-2), "1 passed, 0 failed, 0 skipped");
    assertMatch(filtered.join("\n"), /^(\S+three_test\.ts => )?good \.\.\. ok/m);
    assertEquals(status, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
