/** Attacks on time, memory and processes, in every place where student code runs; and ends that look like success. */
import { type Attack, every, file, inPad, solvedBut, STUB } from "../attack.ts";

const looping = (name: string, where: string, body: string, top = ""): Attack =>
  file(name, `an endless loop in ${where}`, inPad(body, top));

/** (module (func (export "spin") (loop br 0))) */
const SPIN =
  "new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 8, 1, 4, 115, 112, 105, 110, 0, 0, 10, 9, 1, 7, 0, 3, 64, 12, 0, 11, 11])";

/** Every means of having something run when nobody asked. */
const LATER = `const g = globalThis as any;
function later(run: () => void): void {
  for (const start of [() => g.setTimeout(run, 0), () => g.setInterval(run, 0), () => g.setImmediate(run), () => g.queueMicrotask(run), () => void Promise.resolve().then(run)]) {
    try { start(); } catch { /* it is not there */ }
  }
}`;

export const resources: readonly Attack[] = [
  file("loop-at-the-top", "an endless loop as the file is loaded", `for (;;);\n${STUB}`, { refused: "loaded" }),
  file("promise-at-the-top", "waits as the file is loaded, for ever", `await new Promise(() => {});\n${STUB}`, {
    refused: "never resolves",
  }),
  file("loop-in-functions", "an endless loop in every function", every("for (;;);")),
  looping("loop-in-getters", "the getters of what is returned", "return { get etherType() { for (;;); }, get payload() { for (;;); } };"),
  looping(
    "loop-in-conversions",
    "toString, toJSON and valueOf",
    "const loop = () => { for (;;); }; console.log({ [Symbol.for('Deno.customInspect')]: loop }); throw { toString: loop, toJSON: loop, valueOf: loop, get name() { return loop(); } };",
  ),
  looping(
    "loop-in-an-exception",
    "the message of an exception",
    "throw Object.defineProperty(new Error(), 'message', { get() { for (;;); } });",
  ),
  looping(
    "loop-in-microtasks",
    "promises that make promises",
    "const again = (): any => Promise.resolve().then(again); again(); return again();",
  ),
  looping("loop-in-an-expression", "a regular expression", "return /^(a+)+$/.test('a'.repeat(60) + 'b');"),
  looping("loop-in-wasm", "WebAssembly", `(new WebAssembly.Instance(new WebAssembly.Module(${SPIN})).exports as any).spin();`),
  looping("sleeps", "its sleep", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); return true;"),
  file("recursion", "calls itself without end", inPad("return (function again(): any { return [again()]; })();")),
  file(
    "array-buffer-of-4-gib",
    "four GiB in typed arrays",
    inPad("const all: any[] = []; for (let i = 0; i < 64; i++) all.push(new Uint8Array(2 ** 26).fill(1)); return all.length;"),
  ),
  file(
    "strings-of-4-gib",
    "four GiB in strings",
    inPad(
      "const all: string[] = []; for (let i = 0; i < 1e7; i++) all.push(String.fromCharCode(i % 65536).repeat(1e6) + i); return all.join('').length;",
    ),
  ),
  file(
    "map-of-4-gib",
    "a Map without end",
    inPad("const all = new Map(); for (let i = 0; i < 1e9; i++) all.set(i, { i }); return all.size;"),
  ),
  file(
    "memory-of-wasm",
    "WebAssembly memories without end",
    inPad(
      "const all: any[] = []; for (let i = 0; i < 1000; i++) { const m = new WebAssembly.Memory({ initial: 16384 }); new Uint8Array(m.buffer).fill(1); all.push(m); } return all.length;",
    ),
  ),
  file(
    "forks",
    "starts programs",
    inPad(`const p = (globalThis as any).process;
  for (const start of [() => new Deno.Command("sh", { args: ["-c", "sleep 1000 &"] }).spawn(), () => p.getBuiltinModule("node:child_process").fork("x"),
    () => p.getBuiltinModule("node:child_process").execSync("sleep 1000 &"), () => Deno.dlopen("libc.so.6", {})]) {
    try { start(); } catch { /* not allowed */ }
  }
  return true;`),
  ),
  file(
    "workers",
    "starts workers that never end",
    inPad(`for (let i = 0; i < 4; i++) {
    new Worker("data:text/javascript,for(;;);", { type: "module" });
    new Worker(URL.createObjectURL(new Blob(["for(;;);"], { type: "text/javascript" })), { type: "module" });
  }
  return true;`),
  ),
  file(
    "opens-everything",
    "files, sockets, devices and databases",
    inPad(`const p = (globalThis as any).process;
  for (const open of [() => Deno.openSync("/dev/net/tun", { write: true }), () => Deno.listen({ port: 0 }), () => Deno.writeTextFileSync("/tmp/forged", "x"),
    () => Deno.makeTempFileSync(), () => p.getBuiltinModule("node:net").createServer().listen(0), () => fetch("https://example.com"), () => new WebSocket("ws://127.0.0.1"),
    () => new (p.getBuiltinModule("node:sqlite").DatabaseSync)("/tmp/forged.db")]) {
    try { open(); } catch { /* not allowed */ }
  }
  return true;`),
  ),
  file("exits-with-success", "Deno.exit(0) in every function", every("Deno.exit(0);")),
  file("exits-at-the-top", "Deno.exit(0) as the file is loaded", `Deno.exit(0);\n${STUB}`, { refused: "loaded" }),
  file(
    "exits-by-node",
    "process.exit, reallyExit and abort",
    inPad(
      "const p = (globalThis as any).process; (turn++ % 2 ? p.exit : p.reallyExit ?? p.abort)?.call(p, 0); p.abort();",
      "let turn = 0;",
    ),
  ),
  file("closes-the-window", "globalThis.close and self.close", inPad("(globalThis as any).close(); return true;")),
  file(
    "throws-later",
    "rejections and exceptions after the answer",
    solvedBut(
      "Promise.reject(new Error('later')); Promise.resolve().then(() => { throw new Error('later'); }); later(() => { throw new Error('later'); }); later(() => Deno.exit(0));",
      `${LATER}\ntry { addEventListener('unhandledrejection', (event) => event.preventDefault()); } catch { /* nobody listens here */ }`,
    ),
    { earns: 100 },
  ),
  file(
    "works-later",
    "timers and finalizers that run after the answer",
    solvedBut(
      "registry.register({}, 1); later(() => { for (;;); }); later(() => { Deno.stdout.writeSync(new Uint8Array(9)); });",
      `${LATER}\nconst registry = new FinalizationRegistry(() => { for (;;); });`,
    ),
    { earns: 100 },
  ),
];
