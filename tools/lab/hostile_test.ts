/**
 * Code that misbehaves costs the check that met it, never the run; and what happened is said in a sentence that
 * names the function.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { findLab, type Lab } from "../../labs/manifest.ts";
import type { CheckResult } from "../harness/trial.ts";
import { loadChecks, ROOT, runLab, selectOrigins } from "./run.ts";

const lab = findLab(1) as Lab;
const FILE = "solutions/01-framing/framing.ts";
const SOLUTION = await Deno.readTextFile(`${ROOT}/${FILE}`);

/** The reference, with `statement` as the first thing that `symbol` does, and `top` at the end of the file. */
function misbehaving(symbol: string, statement: string, top = ""): string {
  const text = SOLUTION.replace(new RegExp(`(export function ${symbol}\\([^{]*\\{\\n)`), (start) => `${start}  ${statement}\n`);
  assert(statement === "" || text !== SOLUTION, `no place in ${symbol}`);
  return `${text}\n${top}\n`;
}

async function run(text: string, only: readonly string[]): Promise<CheckResult[]> {
  const checks = (await loadChecks(lab, false)).filter((check) => only.includes(check.id));
  assertEquals(checks.length, only.length);
  const origins = selectOrigins(1, { reference: new Set([1, 2, 3]) });
  const selection = { root: ROOT, origins, replaced: new Map([[FILE, text]]) };
  const { results } = await runLab({ lab, checks, selection, seed: 1, virtual: true, driver: "ffi", inspect: false });
  return [...results];
}

/** What the first check said; the second one, which does not call the function, must have passed. */
async function saidOf(symbol: string, statement: string, top = ""): Promise<string> {
  const [bad, good] = await run(misbehaving(symbol, statement, top), ["pad/short-frame", "crc/known-vectors"]);
  assertEquals(good?.verdict.outcome, "passed", "the check after it");
  assertEquals(bad?.verdict.outcome, "failed");
  return bad?.verdict.outcome === "failed" ? `${bad.verdict.expected} / ${bad.verdict.got}` : "";
}

Deno.test("an endless loop is ended, and the function named", async () => {
  assertStringIncludes(await saidOf("pad", "for (;;);"), "pad did not come back");
});

Deno.test("the call that did not return is the last step", async () => {
  const [result] = await run(misbehaving("pad", "for (;;);"), ["pad/short-frame"]);
  const step = result?.transcript.steps.at(-1);
  assertEquals(step?.kind === "call" ? [step.name, step.outcome] : step, ["pad", " did not return"]);
});

Deno.test("an exception is told with its place", async () => {
  const said = await saidOf("pad", `throw new Error("oops");`);
  assertStringIncludes(said, "Error: oops");
  assertStringIncludes(said, "pad (solutions/01-framing/framing.ts:");
});

Deno.test("an endless recursion is an exception like others", async () => {
  assertStringIncludes(await saidOf("pad", "pad(frame, minimum);"), "Maximum call stack");
});

Deno.test("Deno.exit() ends the subject, not the run", async () => {
  assertStringIncludes(await saidOf("pad", "Deno.exit(0);"), "pad ended the whole process");
});

Deno.test("an allocation of 2 GiB is refused", async () => {
  assertStringIncludes(await saidOf("pad", "new Uint8Array(2 ** 31).fill(1);"), "allocation failed");
});

Deno.test("a promise in place of a result is named as what it is", async () => {
  const said = await saidOf("pad", "return new Promise(() => {}) as never;");
  assertStringIncludes(said, "a promise: a lab function is never async");
});

Deno.test("a console flood is cut, and the check still has its verdict", async () => {
  const [result] = await run(misbehaving("pad", `for (let i = 0; i < 100000; i++) console.log("x".repeat(1000));`), ["pad/short-frame"]);
  assertEquals(result?.verdict.outcome, "passed");
  const logs = result?.transcript.steps.filter((step) => step.kind === "log") ?? [];
  assert(logs.length > 0 && logs.length < 500, `${logs.length} lines`);
  assert(logs.some((step) => /… and \d+ more lines/.test(step.text)));
});

Deno.test("what is printed is kept with the step in which it was printed", async () => {
  const [result] = await run(misbehaving("pad", `console.log("minimum is", minimum, { length: frame.length });`), ["pad/short-frame"]);
  const log = result?.transcript.steps.find((step) => step.kind === "log");
  assert(log?.kind === "log");
  assertStringIncludes(log.text, "minimum is 60 { length:");
  const step = result?.transcript.steps.filter(({ kind }) => kind !== "log")[log.step - 1];
  assert(step?.kind === "call");
  assertEquals(step.name, "pad");
});

Deno.test("writing to standard output is refused", async () => {
  assertStringIncludes(await saidOf("pad", "Deno.stdout.writeSync(new Uint8Array(64).fill(65));"), "Deno.stdout belongs to the harness");
});

Deno.test("reading a file, the environment or the network is refused", async () => {
  for (
    const statement of [`Deno.readTextFileSync("/etc/passwd");`, `Deno.env.get("HOME");`, `new Deno.Command("/bin/true").outputSync();`]
  ) {
    const said = await saidOf("pad", statement);
    assertStringIncludes(said, "NotCapable");
    assertStringIncludes(said, "Your code runs without any permission");
  }
});

/** The message of a file that cannot even be loaded. */
async function loadError(text: string): Promise<string> {
  try {
    await run(text, ["pad/short-frame"]);
  } catch (error) {
    return (error as Error).message;
  }
  return "it was loaded";
}

Deno.test("a file that waits for ever at its top level is not loaded", async () => {
  assertStringIncludes(await loadError(misbehaving("pad", "", "await new Promise(() => {});")), "promise that never resolves");
});

Deno.test("a syntax error is told with file and line", async () => {
  assertStringIncludes(await loadError(misbehaving("pad", "", "let = ;")), "solutions/01-framing/framing.ts:");
});

Deno.test("a missing function is told by its name", async () => {
  const [result] = await run(SOLUTION.replace("export function pad(", "function pad("), ["pad/short-frame"]);
  assertEquals(result?.verdict.outcome, "failed");
  assertStringIncludes(JSON.stringify(result?.verdict), "labs/01-framing/framing.ts does not export pad");
});

Deno.test("imports that lead out of the lab are refused with their line", async () => {
  const outside = [
    `import "../../tools/harness/trial.ts";`,
    `import reference from "../02-arp/mod.ts"; console.log(reference);`,
    `import "node:fs";`,
    `import "node:process";`,
    `import "npm:chalk";`,
    `import "jsr:@std/assert";`,
    `import "https://example.com/x.ts";`,
    `import "data:application/typescript,export {}";`,
    `import "blob:null/00000000-0000-0000-0000-000000000000";`,
    `import "file:///etc/passwd";`,
    `import "/dev/zero";`,
    `import passwd from "/etc/passwd" with { type: "text" }; console.log(passwd);`,
    `import frame from "../../stack/wire/frame.ts" with { type: "text" }; console.log(frame);`,
    `import manifest from "../../deno.json" with { type: "json" }; console.log(manifest);`,
    `import type { Trial } from "../../tools/harness/suite.ts"; export type { Trial };`,
    `export * from "../02-arp/mod.ts";`,
    `export { default as arp } from "../02-arp/mod.ts";`,
    `/// <reference path="../../tools/harness/suite.ts" />`,
    `/* @deno-types="../../tools/harness/suite.ts" */ import "./suite.ts";`,
  ];
  for (const line of outside) assertStringIncludes(await loadError(`${line}\n${SOLUTION}`), "framing.ts:1 imports", line);
});

Deno.test("imports at run time are refused with their line, however they are written", async () => {
  const late = [
    `export const late = (): Promise<unknown> => import("../../tools/harness/trial.ts");`,
    `export const late = (path: string): Promise<unknown> => import(path);`,
    `export const late = (): Promise<unknown> => import /* here */ // there`,
    `export const late = (): Promise<unknown> => import\u2028("./framing.ts");`,
    `export const here = import.meta.url;`,
    `export const here = import /**/ . meta;`,
    `import fs = require("node:fs"); fs;`,
    `export type Late = import("../../tools/harness/suite.ts").Trial;`,
  ];
  for (const line of late) {
    const text = `${line}\n${line.endsWith("there") ? "(Deno.mainModule);" : ""}\n${SOLUTION}`;
    assertStringIncludes(await loadError(text), "framing.ts:1 imports with", line);
  }
});

Deno.test("the word import may stand where it imports nothing", async () => {
  const [result] = await run(`const important = { import: "import" }; // import what you need\n${SOLUTION}\nvoid important;`, [
    "pad/short-frame",
  ]);
  assertEquals(result?.verdict.outcome, "passed");
});

Deno.test("what could load more code, or speak for the harness, is not there", async () => {
  const gone = ["Worker", "process", "Buffer", "fetch", "WebSocket", "BroadcastChannel", "localStorage", "caches", "navigator", "prompt"];
  const statement = `throw new Error(${JSON.stringify(gone)}.filter((name) => name in globalThis).join() || "none of them");`;
  assertStringIncludes(await saidOf("pad", statement), "none of them");
  const refused: Record<string, string> = {
    "return new Function('return 1')() as never;": "Code generation from strings disallowed",
    "return (async () => {}).constructor('')() as never;": "Code generation from strings disallowed",
    "const inner = Deno as never as Record<symbol, { core: unknown }>; void inner[Symbol.for('Deno.internal')]!.core;": "undefined",
    "if (Object.getOwnPropertySymbols(Deno).length === 0) throw new Error('no inner parts');": "no inner parts",
    "Deno.stdin.readSync(new Uint8Array(4));": "Deno.stdin belongs to the harness",
    "Deno.stderr.writeSync(new Uint8Array(4));": "Deno.stderr belongs to the harness",
  };
  for (const [statement, said] of Object.entries(refused)) assertStringIncludes(await saidOf("pad", statement), said, statement);
});

Deno.test("the language and given code cannot be given another meaning", async () => {
  const refused: Record<string, string> = {
    "Array.prototype.push = () => 0;": "read only property 'push'",
    "Object.getPrototypeOf([].values()).next = () => ({ done: true, value: 0 }) as never;": "read only property 'next'",
    "(frame.constructor as never as { prototype: { push: unknown } }).prototype.push = () => 0;": "read only property 'push'",
    "Object.defineProperty(Object.prototype, 'op', { value: 1 });": "object is not extensible",
    "globalThis.Uint8Array = Array as never;": "read only property 'Uint8Array'",
    "Error.prototype.name = 'Passed';": "held fast",
  };
  for (const [statement, said] of Object.entries(refused)) assertStringIncludes(await saidOf("pad", statement), said, statement);
});

Deno.test("what is made of the language may be changed as ever", async () => {
  const text = misbehaving(
    "pad",
    "new Oops('x').toString(); const own: Record<string, unknown> = {}; own.toString = own.valueOf = () => 1; own.name = own.message = 2;",
    `class Oops extends Error { constructor(message: string) { super(message); this.name = "Oops"; this.message = "mended"; } }
class Queue extends Array<number> { override push(...items: number[]): number { return super.push(...items) + 1; } }
function Old(this: Record<string, unknown>): void { this.toString = () => "old"; }
Old.prototype.toString = () => "older"; Old.prototype.constructor = Old;
void new Queue().push(1); void new (Old as never as new () => unknown)();`,
  );
  const [result] = await run(text, ["pad/short-frame"]);
  assertEquals(result?.verdict.outcome, "passed");
});
