/** Attacks on what is printed: lines that a platform, a terminal or a spreadsheet would take for the grader's, and too many of them. */
import { type Attack, every, file, FORGED, inPad, solvedBut, STUB } from "../attack.ts";

const WRITE = "const bytes = new TextEncoder().encode(text); for (let at = 0; at < bytes.length;) at +=";
const STDERR = `const onStderr = (text: string) => { ${WRITE} Deno.stderr.writeSync(bytes.subarray(at)); };`;
const STDOUT = `const onStdout = (text: string) => { ${WRITE} Deno.stdout.writeSync(bytes.subarray(at)); };`;
const ESCAPES = String.raw`"\x1b[2J\x1b[1;32m100 of 100\x1b]0;graded\x07\x1bP1\r\b\x00\x9b31m\u202e001\u2066\u2028::notice::x"`;

export const output: readonly Attack[] = [
  file(
    "forged-lines-thrown",
    "result lines in logs, on standard error and in exceptions",
    every(
      `console.log(${FORGED}); console.error(${FORGED}); onStderr(${FORGED}); throw new Error(${FORGED});`,
      `${STDERR}\nconsole.log(${FORGED});`,
    ),
  ),
  file("forged-lines-returned", "result lines as what functions return", every(`return ${FORGED};`)),
  file("forged-lines-on-stdout", "result lines on standard output, which is the harness's", `${STDOUT}\nonStdout(${FORGED});\n${STUB}`, {
    refused: "loaded",
  }),
  file(
    "forged-lines-by-node",
    "result lines by process.stdout and process.stderr",
    every(
      `p.stderr.write(${FORGED}); p.stdout.write(${FORGED}); return true;`,
      "const p = (globalThis as any).process;",
    ),
  ),
  file("forged-lines-beside-honest-work", "result lines in the log of a right solution", solvedBut(`console.log(${FORGED});`), {
    earns: 100,
  }),
  file(
    "forged-lines-in-symbols",
    "result lines as the name of the function that is not written yet",
    every(
      `throw Object.assign(new Error("x"), { name: "NotImplemented", symbol: ${FORGED} });`,
    ),
  ),
  file(
    "terminal-escapes",
    "clears the terminal, sets its title, turns the direction of writing",
    every(
      `console.log(${ESCAPES}); throw new Error(${ESCAPES});`,
    ),
  ),
  file(
    "hostile-exception",
    "an exception of megabytes whose members are getters that throw",
    inPad(
      `const long = "x".repeat(2_000_000);
  throw Object.defineProperty(Object.assign(new Error(long), { name: long, symbol: long }), "stack", { get: () => { throw long; } });`,
    ),
  ),
  file(
    "exception-without-prototype",
    "throws what has no prototype and cannot be turned into a text",
    every(
      "throw Object.assign(Object.create(null), { get name() { throw 1; } });",
    ),
  ),
  file(
    "flood-of-logs",
    "a hundred thousand long lines in every call",
    inPad(
      'for (let i = 0; i < 100_000; i++) console.log("flood ".repeat(200)); return undefined;',
    ),
  ),
  file("flood-on-stdout", "writes to standard output for ever", inPad('for (;;) onStdout("A".repeat(65536));', STDOUT)),
  file("flood-on-stderr", "writes to standard error for ever", inPad('for (;;) onStderr("A".repeat(65536));', STDERR)),
  file(
    "flood-of-crumbs",
    "claims for ever to enter functions, which only the harness says",
    inPad(
      String.raw`for (let i = 0;; i++) onStderr("\x01+pad" + i + "\n\x01-crc32\n\x01#9\n");`,
      STDERR,
    ),
  ),
];
