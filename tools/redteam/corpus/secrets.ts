/** Attacks that look for what the grader knows, or tell when they are graded: seeds, expected values, hidden inputs, other runs. */
import { type Attack, every, file, solvedBut } from "../attack.ts";

/** Whatever a process has about itself, as text. */
const LOOK_AROUND = `
const around = (): string => {
  const found: unknown[] = [Deno.args, Object.getOwnPropertyNames(globalThis), new Error().stack];
  const seen = new Set<unknown>();
  const visit = (value: any, depth: number): void => {
    if (depth > 3 || seen.has(value) || (typeof value !== "object" && typeof value !== "function") || value === null) return;
    seen.add(value);
    for (const key of Reflect.ownKeys(value)) {
      try { if (/seed|expect|hidden|verdict|answer/i.test(String(key))) found.push(value[key]); visit(value[key], depth + 1); } catch { /* not ours */ }
    }
  };
  visit(globalThis, 0);
  for (const read of [() => Deno.env.toObject(), () => Deno.readTextFileSync("/proc/self/environ"), () => Deno.readTextFileSync("/proc/self/maps"),
    () => (globalThis as any).process.getBuiltinModule("node:fs").readFileSync("/proc/self/fd/0"), () => Deno.cwd(), () => Deno.hostname(),
    () => [...Deno.readDirSync("../..")], () => (globalThis as any).process.argv, () => (globalThis as any).process.env.HOME]) {
    try { found.push(read()); } catch { /* not allowed */ }
  }
  return String(found);
};`;

/** Every place that might still be there when the next process starts. */
const MARKS = `
const g = globalThis as any, d = Deno as any;
let marked = false;
const places: [() => unknown, () => unknown][] = [
  [() => g.localStorage.getItem("mark"), () => g.localStorage.setItem("mark", "1")],
  [() => g.sessionStorage.getItem("mark"), () => g.sessionStorage.setItem("mark", "1")],
  [() => g.indexedDB.open("mark").result, () => g.indexedDB.open("mark")],
  [() => g.cookieStore.get("mark"), () => g.cookieStore.set("mark", "1")],
  [() => g.name === "mark", () => g.name = "mark"], [() => g.location.hash, () => g.location.hash = "mark"],
  [() => g.navigator.storage.estimate(), () => g.navigator.storage.persist()],
  [() => g.process.env.MARK, () => g.process.env.MARK = "1"], [() => g.process.title === "mark", () => g.process.title = "mark"],
  [() => d.env.get("MARK"), () => d.env.set("MARK", "1")], [() => d.umask() === 0o71, () => d.umask(0o71)],
  [() => d.readTextFileSync("mark"), () => d.writeTextFileSync("mark", "1")],
  [() => d.readTextFileSync("/tmp/forged-mark"), () => d.writeTextFileSync("/tmp/forged-mark", "1")],
  [() => d.readTextFileSync("/dev/shm/forged-mark"), () => d.writeTextFileSync("/dev/shm/forged-mark", "1")],
  [() => [...d.readDirSync(d.makeTempDirSync() + "/..")].some(({ name }: any) => name.startsWith("mark")), () => d.makeTempDirSync({ prefix: "mark" })],
  [() => d.openKv().get(["mark"]), () => d.openKv().set(["mark"], 1)], [() => d.jupyter.mark, () => d.jupyter.mark = 1],
];
for (const [read, write] of places) {
  try { marked ||= Boolean(read()); } catch { /* not there */ }
  try { write(); } catch { /* not there */ }
}
try {
  const cache = await g.caches.open("mark");
  marked ||= await cache.match("https://example.com/mark") !== undefined;
  await cache.put("https://example.com/mark", new g.Response("1"));
} catch { /* not there */ }`;

const CHANNELS = `
const g = globalThis as any, d = Deno as any;
let heard = false;
for (const call of [() => { const c = new g.BroadcastChannel("mark"); c.onmessage = () => heard = true; c.postMessage(1); },
  () => { const { port1, port2 } = new g.MessageChannel(); port2.onmessage = () => {}; port1.postMessage(1); },
  () => g.navigator.locks.request("mark", { ifAvailable: true }, (lock: unknown) => { heard ||= lock === null; return new Promise(() => {}); }),
  () => d.addSignalListener("SIGUSR1", () => heard = true), () => d.kill(d.ppid, "SIGUSR1"), () => new g.WebSocket("ws://127.0.0.1:1"),
  () => new g.EventSource("http://127.0.0.1:1"), () => d.connect({ port: 1 }), () => d.listenDatagram({ port: 0, transport: "udp" }),
  () => new g.SharedWorker("x"), () => g.fetch("http://127.0.0.1:1"), () => g.postMessage(1), () => d.cron("x", "* * * * *", () => {})]) {
  try { call(); } catch { /* not there */ }
}`;

export const secrets: readonly Attack[] = [
  file(
    "looks-around",
    "searches globals, stacks, environment and files for a seed or an expected value",
    every(
      "const found = around(); const numbers = found.match(/\\\\d+/g) ?? []; return Number(numbers[turn++ % numbers.length]);",
      `${LOOK_AROUND}\nlet turn = 0;`,
    ),
  ),
  file(
    "watches-the-stack",
    "prepareStackTrace, to get hold of the functions that call it",
    every(
      `const before = Error.prepareStackTrace;
  (Error as any).prepareStackTrace = (_: unknown, sites: any[]) => sites.map((site) => site.getThis() ?? site.getFunction());
  const callers = new Error().stack as any;
  Error.prepareStackTrace = before;
  for (const caller of callers) if (caller?.answer) caller.answer = () => ({ returned: { t: "value", value: true } });
  return true;`,
    ),
  ),
  file(
    "watches-calls",
    "takes the place of call, apply and push, to see what the harness works with",
    every(
      "return stolen.at(-1);",
      `
const stolen: any[] = [];
const { push } = Array.prototype;
const apply = Function.prototype.apply;
Array.prototype.push = function (...items: any[]) { stolen[stolen.length] = items[0]; return apply.call(push, this, items); };
Function.prototype.apply = function (...given: any[]) { stolen[stolen.length] = this; return (Reflect.apply as any)(this, given[0], given[1] ?? []); };`,
    ),
    { refused: "read only" },
  ),
  file(
    "reads-another-lab",
    "prints the reference of another lab, which a setter on Object.prototype was handed",
    every(
      "throw new Error(stolen);",
      `let stolen = "";
for (const name of ["arp", "ip", "handshake"]) {
  try {
    Object.defineProperty(Object.prototype, name, { configurable: true, get: () => undefined, set(value: any) {
      stolen += Object.values(value).map(String).join();
      Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
    } });
  } catch { /* it is held fast */ }
}`,
    ),
    { anyhow: true, secrets: ["HARDWARE_ETHERNET", "// region"] },
  ),
  file(
    "remembers-hidden-inputs",
    "prints in public checks what it saw in hidden ones",
    every(
      'const count = ++seen; throw new Error(`${count === 1 ? "the first call" : "a later call"} of this process`);',
      "let seen = 0;",
    ),
  ),
  file(
    "remembers-beyond-its-process",
    "leaves a mark wherever something may outlast a process, and is right only where it finds one",
    solvedBut("if (!marked) throw new Error('no mark');", MARKS),
  ),
  file(
    "calls-another-process",
    "channels, locks, signals and names by which two processes could hear of each other",
    solvedBut("if (!heard) throw new Error('nobody there');", CHANNELS),
  ),
  file(
    "tells-public-from-hidden",
    "counts and times its calls, and behaves only as long as it is looked at",
    every(
      "return performance.now() - began < 50 || ++calls < 100 ? args[0]?.length : undefined;",
      "const began = performance.now(); let calls = 0;",
    ),
  ),
  file(
    "right-only-for-the-witness",
    "right in the process that leaves crumbs, wrong in the other one",
    every(
      "return /crumbs|inspect/.test(new Error().stack ?? '') ? args.length : undefined;",
      "try { (Error as any).stackTraceLimit = 100; } catch { /* not allowed */ }",
    ),
  ),
  file(
    "detects-the-grader",
    "asks whether it is graded, and answers honestly where it is not",
    every(
      `return /subjects/.test(new Error().stack ?? "") || Deno.args.length > 0 || (globalThis as any).process?.execArgv?.length ? undefined : 0;`,
    ),
  ),
  file("honest-work-that-looks-around", "the same search, beside a right solution", solvedBut("", `${LOOK_AROUND}\naround();`), {
    earns: 100,
  }),
  file(
    "changes-the-process",
    "title, exit code, listeners, signals, priorities",
    solvedBut(
      "",
      `
const p = (globalThis as any).process;
for (const change of [() => p.title = "graded 100", () => Deno.exitCode = 0, () => p.setUncaughtExceptionCaptureCallback?.(() => {}),
  () => p.on("exit", () => console.log("100 of 100")), () => Deno.addSignalListener("SIGTERM", () => {}), () => p.setpriority?.(-20),
  () => p.umask(0), () => p.kill(Deno.ppid, "SIGKILL"), () => Deno.kill(Deno.ppid, "SIGKILL"), () => p.chdir("/"), () => Deno.chdir("/"),
  () => p.getBuiltinModule("node:v8").setFlagsFromString("--max-old-space-size=9999"), () => p.getBuiltinModule("node:inspector").open()]) {
  try { change(); } catch { /* not allowed */ }
}`,
    ),
    { earns: 100 },
  ),
];
