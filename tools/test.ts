/**
 * `deno task test`: all tests of the tree, then one line that counts them. More words are passed on to `deno test`:
 * files, or `--filter …`. As many files run side by side as there are processors (`DENO_JOBS=1`: one after the other).
 *
 * The runner's output is shown as it comes. Its own summary is the count; tests it ignored are named before the last
 * line, because what was not tested must not be overlooked. A test that cannot run somewhere says why in its name:
 * see `tools/test_when.ts`.
 */

/** What a run came to. */
export interface Result {
  readonly passed: number;
  readonly failed: number;
  /** Names of the tests and steps that were ignored. */
  readonly skipped: readonly string[];
}

/**
 * Reads the runner's output. `success` is its exit status: a run that went wrong without a failed test (a file that does not
 * load, no summary at all) counts as one failure.
 */
export function readResult(output: string, success: boolean): Result {
  // deno-lint-ignore no-control-regex -- the runner's colours
  const lines = output.replaceAll(/\x1b\[[0-9;]*m/g, "").split("\n");
  const summary = lines.findLast((line) => /^(ok|FAILED) \| \d+ passed/.test(line)) ?? "";
  const count = (what: string): number => Number(new RegExp(`(\\d+) ${what}`).exec(summary)?.[1] ?? 0);
  const steps = Number(/\d+ ignored \((\d+) step/.exec(summary)?.[1] ?? 0);
  const ignored = count("ignored") + steps;
  const names = ignoredNames(lines);
  const skipped = names.slice(Math.max(0, names.length - ignored)); // a test may print such lines too: the runner's come last
  while (skipped.length < ignored) skipped.push("(a test without a line of its own)");
  return { passed: count("passed"), failed: Math.max(count("failed"), success ? 0 : 1), skipped };
}

/** Names of ignored tests, and of ignored steps behind the name of their test. Where files run side by side, a line says all by itself. */
function ignoredNames(lines: readonly string[]): string[] {
  let test = "";
  return lines.flatMap((line) => {
    const [, indent = "", name = "", ignored] = /^( *)(?:\S+_test\.ts => )?(\S.*?) \.\.\.( ignored \(.*)?$/.exec(line) ?? [];
    if (indent === "" && name !== "") test = name;
    if (ignored === undefined) return [];
    return [indent === "" ? name.replaceAll(" ... ", ": ") : `${test}: ${name}`];
  });
}

/** What is printed behind the runner's output; the last line counts. */
export function conclusion({ passed, failed, skipped }: Result): string {
  const names = skipped.map((name) => `skipped: ${name}\n`).join("");
  return `${names}${passed} passed, ${failed} failed, ${skipped.length} skipped`;
}

/** What tests may do: read, start programs, load libc, talk to this machine; write only below `.wallsocket` and the temporary folder. */
export function permissions(temporary: string): string[] {
  return [
    "--no-prompt",
    "--allow-read",
    "--allow-net=127.0.0.1",
    `--allow-write=.wallsocket,${temporary}`,
    "--allow-run",
    "--allow-env",
    "--allow-ffi",
    "--allow-sys",
  ];
}

if (import.meta.main) {
  const plain = Deno.noColor || !Deno.stdout.isTerminal();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "--parallel", ...permissions(Deno.env.get("TMPDIR") ?? "/tmp"), ...Deno.args],
    stdin: "null",
    stdout: "piped",
    env: plain ? { NO_COLOR: "1" } : {},
  }).spawn();
  const decoder = new TextDecoder();
  let output = "";
  for await (const chunk of child.stdout) {
    output += decoder.decode(chunk, { stream: true });
    for (let at = 0; at < chunk.length;) at += await Deno.stdout.write(chunk.subarray(at));
  }
  const result = readResult(output, (await child.status).success);
  console.log(conclusion(result));
  Deno.exit(result.failed === 0 ? 0 : 1);
}
