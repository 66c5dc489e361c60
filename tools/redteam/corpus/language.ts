/** Attacks by the language: prototypes and globals that lie, and values that are something else when they are looked at again. */
import { type Attack, every, file, inPad, STUB } from "../attack.ts";

/** The stub, in a process in which something was changed before its first call. */
const patched = (name: string, tries: string, patch: string): Attack =>
  file(name, tries, `${STUB}\n${patch.trim().replaceAll(/^ *(.+;)$/gm, "try { $1 } catch { /* it is held fast */ }")}\n`, { anyhow: true });
const returned = (name: string, tries: string, value: string, top = ""): Attack => file(name, tries, every(`return ${value};`, top));

const once = (name: string, tries: string, value: string, top = ""): Attack => file(name, tries, inPad(`return ${value};`, top));

export const language: readonly Attack[] = [
  patched(
    "patched-array",
    "methods of Array that find and keep nothing",
    `
  for (const name of ["push", "some", "filter", "map", "flatMap", "find", "every", "includes", "splice", "slice"]) {
    (Array.prototype as any)[name] = () => name === "every" ? true : [];
  }
  (Array.prototype as any)[Symbol.iterator] = function* () {};
  (Array as any).isArray = () => true;`,
  ),
  patched(
    "patched-map-and-set",
    "a Map that knows everything",
    `
  Map.prototype.get = () => true; Map.prototype.has = () => true; Map.prototype.set = function () { return this; };
  Set.prototype.has = () => true; WeakMap.prototype.get = () => true;`,
  ),
  patched(
    "patched-bytes",
    "DataView, Uint8Array and TextEncoder that write what they like",
    `
  for (const type of [DataView.prototype, Uint8Array.prototype, Object.getPrototypeOf(Uint8Array.prototype)]) {
    for (const name of Object.getOwnPropertyNames(type)) {
      if (typeof Object.getOwnPropertyDescriptor(type, name)?.value !== "function" || name === "constructor") continue;
      (type as any)[name] = () => 0;
    }
  }
  TextEncoder.prototype.encode = () => new Uint8Array([123, 125]);
  TextDecoder.prototype.decode = () => '{"op":"reset"}';`,
  ),
  patched(
    "patched-json-and-object",
    "JSON and Object that answer for the harness",
    `
  JSON.stringify = () => '{"returned":{"t":"value","value":true}}';
  JSON.parse = () => ({ op: "reset" });
  Object.keys = () => []; Object.entries = () => []; Object.hasOwn = () => true; Object.assign = (a: any) => a;
  (Object.prototype as any).threw = undefined; (Object.prototype as any).returned = { t: "value", value: true };
  Object.defineProperty(Object.prototype, "symbol", { value: undefined });`,
  ),
  patched(
    "patched-promise-and-symbol",
    "promises that come true at once, instances of everything",
    `
  Promise.prototype.then = function (ok: any) { return ok(true); } as never;
  globalThis.Promise = class { static all = () => true; static race = () => true; then(ok: any) { ok(true); } } as never;
  Object.defineProperty(Function.prototype, Symbol.hasInstance, { value: () => true });
  Object.defineProperty(Error, Symbol.hasInstance, { value: () => false });`,
  ),
  patched(
    "patched-calls",
    "Function.prototype.call and apply that return true",
    `
  Function.prototype.apply = () => true; Function.prototype.call = () => true; Function.prototype.bind = () => () => true;
  Reflect.apply = () => true;`,
  ),
  patched(
    "patched-errors",
    "exceptions without a name, a message or a stack",
    `
  Object.defineProperty(Error.prototype, "name", { get: () => "CheckPassed", set() {} });
  Object.defineProperty(Error.prototype, "message", { get: () => "passed", set() {} });
  (Error as any).prepareStackTrace = () => ({ split: () => [] });
  (Error as any).stackTraceLimit = 0; (Error as any).captureStackTrace = () => {};
  globalThis.Error = class { } as never;`,
  ),
  patched(
    "patched-setters",
    "setters on Object.prototype that see every record that is made",
    `
  for (const name of ["t", "value", "op", "framing", "arp", "ip", "frames", "all", "out", "deadline", "log"]) {
    Object.defineProperty(Object.prototype, name, { configurable: true, get: () => true, set() {} });
  }`,
  ),
  patched(
    "patched-console-and-deno",
    "no console, and a Deno of its own",
    `
  globalThis.console = undefined as never; (globalThis as any).Deno = { stdout: undefined };
  globalThis.Uint8Array = Array as never; globalThis.Number = String as never; globalThis.globalThis = {} as never;`,
  ),
  file(
    "patched-frame",
    "a Frame whose length and bytes are always right",
    `import { Frame as F } from "../../stack/wire/frame.ts";
${STUB}
try {
  Object.defineProperty(F.prototype, "length", { get: () => 60 });
  F.prototype.push = F.prototype.append = () => 0;
  F.prototype.toBytes = () => new Uint8Array(60);
} catch { /* it is held fast */ }
`,
  ),
  returned("lying-thenable", "an object that resolves to whatever is hoped for", "{ then: (resolve: any) => { resolve(true); } }"),
  returned(
    "changing-getters",
    "records whose members differ each time they are read",
    `new Proxy({}, {
    get: (_t, name) => name === "then" ? undefined : turn++, ownKeys: () => ["etherType", "payload", "t" + turn++],
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: turn++ }),
  })`,
    "let turn = 0;",
  ),
  once(
    "endless-proxy",
    "a proxy with a member, and in it another, for ever",
    "deep()",
    `const deep = (): any => new Proxy({}, {
    get: (_t, name) => name === "then" ? undefined : deep(), ownKeys: () => ["a"],
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }), getPrototypeOf: () => deep(),
  });`,
  ),
  once(
    "equal-to-everything",
    "valueOf, toString and toJSON that count upwards",
    "new Answer()",
    `let count = 0;
class Answer { valueOf() { return count++; } toString() { return "unicast"; } toJSON() { return true; } [Symbol.toPrimitive]() { return count++; } }`,
  ),
  returned(
    "boxed-and-strange",
    "NaN, −0, Infinity, bigints and boxed values in turn",
    "kinds[turn++ % kinds.length]",
    `let turn = 0;
const kinds: any[] = [NaN, -0, Infinity, 10n ** 500n, 10n ** 5000n, new Number(1), new Boolean(false), new String("unicast"), new Date(0), Symbol("x"),
  new Map([[1, 2]]), new Set([1]), /x/, new Error("x"), () => true, class {}, new WeakMap(), Promise.reject(new Error("late")), Object(1n)];`,
  ),
  once(
    "huge-values",
    "lengths beyond counting, and lists with holes",
    "kinds[turn++ % kinds.length]",
    `let turn = 0;
const kinds: any[] = [{ length: 2 ** 53, etherType: Infinity, payload: 1e300 }, Object.assign([], { length: 2 ** 32 - 1 }), "x".repeat(2 ** 24),
  Array(1_000_000).fill({}), new Uint8Array(2 ** 26), [[[[[[[[]]]]]]]], { "": { "": {} } }];`,
  ),
  file("contains-itself", "values that contain themselves", inPad("const loop: any = {}; loop.loop = [loop]; return loop;")),
  file(
    "shared-and-detached-buffers",
    "frames on shared, resizable and detached memory",
    every(
      `const frame = args[0];
  if (turn++ % 3 === 0) { try { frame.bytes.buffer.transfer(); } catch { /* no frame */ } return true; }
  const memory: any = turn % 2 ? new SharedArrayBuffer(64) : new ArrayBuffer(64, { maxByteLength: 1 << 20 });
  try { Object.defineProperty(frame, "bytes", { value: new Uint8Array(memory) }); } catch { /* no frame */ }
  return new Uint8Array(memory);`,
      "let turn = 0;",
    ),
  ),
  file(
    "frames-without-end",
    "leaves frames that begin before their buffer and end beyond all bounds",
    every(
      "try { args[0].start = -Infinity; args[0].end = turn++ % 2 ? Infinity : 2 ** 50; } catch { /* no frame */ } return true;",
      "let turn = 0;",
    ),
  ),
  file(
    "arrays-that-lie",
    "a Uint8Array that says it has another length",
    inPad(
      "return new Liar(60);",
      `class Liar extends Uint8Array {
  get length() { return 2 ** 30; } get byteLength() { return -1; } get [Symbol.toStringTag]() { return "Uint8Array" as const; }
}`,
    ),
  ),
];
