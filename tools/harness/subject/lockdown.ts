/**
 * What of its surroundings student code finds: the language, the console, and what does no harm. It has no permission in any
 * case; this is about doors that need none.
 *
 * Deno lets a program import, as often as it likes and by whatever name it makes up, every module that was loaded
 * already, even as text: among them are the harness and the labs that are somebody else's. So a lab file has no `import()`
 * (`import_check.ts` looks for it), code is not made from strings (the process is started so), and what could do either
 * by itself is taken away here: workers, Deno's inner parts, what there is of Node. Nor is there anything that could outlast
 * the process (storage, caches, channels) and carry what was seen in one run into the next. Standard input and output belong to the
 * protocol, so they are taken away too, after our side has put its own hands on them.
 *
 * There are no timers, either: a lab has no clock but `now`, and nothing would ever run them.
 *
 * All of this is a list of what stays. What a later Deno adds is gone until somebody names it here.
 */

/** What a lab may find beside the language itself. */
const KEPT: ReadonlySet<string> = new Set(["console", "Deno", "structuredClone", "TextEncoder", "TextDecoder", "performance"]);
/** What stays of Deno: the names of errors, how a value looks, what system this is, and an end. */
const KEPT_OF_DENO: ReadonlySet<string> = new Set(["errors", "inspect", "build", "version", "args", "noColor", "exit"]);
/** What belongs to the harness alone. */
const STREAMS: ReadonlySet<string> = new Set(["stdin", "stdout", "stderr"]);
/** The language's own: what any program has, wherever it runs; without what calls for a program of another language, or for two threads. */
const LANGUAGE: ReadonlySet<string> = new Set([
  ...[
    "Object",
    "Function",
    "Array",
    "Number",
    "Boolean",
    "String",
    "Symbol",
    "BigInt",
    "Math",
    "JSON",
    "Date",
    "RegExp",
    "Promise",
  ],
  ...["parseFloat", "parseInt", "isFinite", "isNaN", "Infinity", "NaN", "undefined", "globalThis", "escape", "unescape", "eval"],
  ...["decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent", "Proxy", "Reflect", "Iterator"],
  ...["Error", "AggregateError", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError", "SuppressedError"],
  ...["ArrayBuffer", "DataView", "Uint8Array", "Int8Array", "Uint16Array", "Int16Array", "Uint32Array"],
  ...["Int32Array", "BigUint64Array", "BigInt64Array", "Uint8ClampedArray", "Float16Array", "Float32Array", "Float64Array"],
  ...["Map", "Set", "WeakMap", "WeakSet", "WeakRef", "FinalizationRegistry", "DisposableStack", "AsyncDisposableStack"],
]);

/** Takes away what no lab needs. Our own side takes what it needs before. */
export function lockDown(): void {
  const inner = Deno as unknown as Record<PropertyKey, unknown>;
  delete inner[inner.internal as symbol];
  for (const name of ["internal", "lint"]) delete inner[name];
  const { NotCapable } = Deno.errors;
  for (const name of Object.getOwnPropertyNames(Deno)) {
    if (KEPT_OF_DENO.has(name) || !Object.getOwnPropertyDescriptor(Deno, name)?.configurable) continue;
    const refuse = (): never => {
      throw new NotCapable(STREAMS.has(name) ? `Deno.${name} belongs to the harness` : `Deno.${name} is not for a lab`);
    };
    Object.defineProperty(Deno, name, { get: refuse, configurable: false });
  }
  // Whoever gets hold of a function of another lab, by a setter or in place of a method, shall not read it.
  const value = function toString(): string {
    return "function () { [hidden code] }";
  };
  Object.defineProperty(Function.prototype, "toString", { value, writable: false, configurable: false });
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (!KEPT.has(name) && !LANGUAGE.has(name)) delete (globalThis as Record<string, unknown>)[name];
  }
}
