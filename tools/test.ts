/**
 * `deno task test`: all tests of the tree, then one line that counts them. More words are passed on to `deno test`:
 * files, or `--filter …`. As many files run side by side as there are processors (`DENO_JOBS=1`: one after the other).
 *
 * The runner's output is shown as it comes; where `CI` is set, without the lines of tests that passed, so that what
 * failed is found at once in a log of thousands. The runner's own summary is the count; tests that failed or were ignored
 * are named before the last line, because neither must be overlooked. A test that cannot run somewhere says why in its
 * name: see `tools/test_when.ts`.
 */

// deno-lint-ignore no-control-regex -- the runner's colours
const COLOUR = /\x1b\[[0-9;]*m/g;

/** What a run came to. */
export interface Result {
  readonly passed: number;
  readonly failed: number;
  /** Names of the tests that failed, and where they stand. */
  readonly failures: readonly string[];
  /** Names of the tests and steps that were ignored. */
  readonly skipped: readonly string[];
}

/**
 * Reads the runner's output. `success` is its exit status: a run that went wrong without a failed test (a file that does not
 * load, no summary at all) counts as one failure.
 */
export function readResult(output: string, success: boolean): Result {
  const lines = output.replaceAll(COLOUR, "").split("\n");
  const summary = lines.findLast((line) => /^(ok|FAILED) \| \d+ passed/.test(line)) ?? "";
  const count = (what: string): number => Number(new RegExp(`(\\d+) ${what}`).exec(summary)?.[1] ?? 0);
  const steps = Number(/\d+ ignored \((\d+) step/.exec(summary)?.[1] ?? 0);
  const ignored = count("ignored") + steps;
  const names = ignoredNames(lines);
  const skipped = names.slice(Math.max(0, names.length - ignored)); // a test may print such lines too: the runner's come last
  while (skipped.length < ignored) skipped.push("(a test without a line of its own)");
  return { passed: count("passed"), failed: Math.max(count("failed"), success ? 0 : 1), failures: failedNames(lines), skipped };
}

/** What stands in the runner's list of failures, its last words before the summary. */
function failedNames(lines: readonly string[]): string[] {
  const heading = lines.findLastIndex((line) => /^ *FAILURES *$/.test(line));
  if (heading < 0) return [];
  return lines.slice(heading + 1).filter((line) => line.includes(" => ")).map((line) => line.trim());
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
export function conclusion({ passed, failed, failures, skipped }: Result): string {
  const names = [...skipped.map((name) => `skipped: ${name}\n`), ...failures.map((name) => `failed: ${name}\n`)];
  return `${names.join("")}${passed} passed, ${failed} failed, ${skipped.length} skipped`;
}

/** Leaves out of whole lines those of tests that passed. */
export function withoutPassed(lines: string): string {
  return lines.split("\n").filter((line) => !/ \.\.\. ok \([^)]*\)$/.test(line.replaceAll(COLOUR, ""))).join("\n");
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
  const brief = (Deno.env.get("CI") ?? "") !== "";
  let output = "";
  let shown = 0; // so many characters of the output were shown, or left out
  const show = (end: number): void => {
    const lines = output.slice(shown, end);
    const bytes = new TextEncoder().encode(brief ? withoutPassed(lines) : lines);
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
    shown = end;
  };
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    output += text;
    show(brief ? output.lastIndexOf("\n") + 1 : output.length);
  }
  show(output.length);
  const result = readResult(output, (await child.status).success);
  console.log(conclusion(result));
  Deno.exit(result.failed === 0 ? 0 : 1);
}
