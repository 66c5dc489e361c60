/**
 * Attacks on what a subject tells of itself: frames that are lent, memory of rings, counters, tables. Each leaves something undone in an
 * otherwise right solution, and lies about it by the code that it shares its world with. It earns what it would earn without the lie.
 */
import { type Attack, type Fault, file, hiding, solvedBut } from "../attack.ts";

/** Tries each line, and goes on. */
const trying = (lines: string): string =>
  lines.trim().split("\n").map((line) => `try { ${line.trim()} } catch { /* it is held fast */ }`).join("\n");

const LEAKED_FRAMES: Fault = {
  lab: 3,
  file: "fragments.ts",
  replace: "options.release((packets.shift() as Unfinished).frame)",
  by: "packets.shift()",
};
const LEAKED_MEMORY: Fault = {
  lab: 6,
  file: "receive_buffer.ts",
  replace: "if (this.#start === this.#next && this.#blocks.length === 0) this.#ring.release();",
  by: "",
};
/** A reject of another name is counted under that name. */
const WRONG_NAME: Fault = {
  lab: 3,
  file: "ipv4.ts",
  replace: 'if (source === "own") return "source is our own address";',
  by: 'if (source === "own") return "bad source address";',
};
const LOST_TEXT: Fault = {
  lab: 5,
  file: "steps.ts",
  replace: "if (count > 0) effects.deliver(first, segment.text + skipped, count);",
  by: "",
};

/** Everything that code can lay hands on, changed where it lets itself be changed. */
const PATCH_ALL = trying(`
  for (const type of [P, R, F] as any[]) for (const name of Object.getOwnPropertyNames(type.prototype)) type.prototype[name] = () => 0;
  Object.defineProperty(P.prototype, "lent", { get: () => 0 });
  Object.defineProperty(R, "inUse", { get: () => 0 });
  Object.setPrototypeOf(P.prototype, { get lent() { return 0; } });
  (addressText as any).call = (addressText as any).apply = () => "10.44.0.1";
  Function.prototype.call = Function.prototype.apply = function () { return 0; };
  Object.getPrototypeOf([][Symbol.iterator]()).next = () => ({ done: true });
  (Array.prototype as any)[Symbol.iterator] = function* () {};
  (Error as any).prepareStackTrace = () => "";
  globalThis.performance = { now: () => 0 } as never;
  globalThis.Date = class { static now() { return 0; } } as never;
  globalThis.structuredClone = (() => 0) as never;
  performance.now = () => 0;
  Date.now = () => 0;
  Math.random = () => 0;
  Object.defineProperty(Object.prototype, 0, { set() {}, get: () => 0, configurable: true });
  Object.defineProperty(Array.prototype, 0, { set() {}, get: () => 0, configurable: true });
  Object.setPrototypeOf(Array.prototype, { pop: () => 0 });
  Object.setPrototypeOf(globalThis, null);
  Deno.errors = {} as never;
  Deno.inspect = (() => "passed") as never;
  console.log = () => {};`);
const IMPORTS = `import { FramePool as P } from "../../stack/wire/frame_pool.ts"; import { Ring as R } from "../../stack/wire/ring.ts";
import { Frame as F } from "../../stack/wire/frame.ts"; import { formatIpv4Address as addressText } from "../../stack/wire/ipv4_address.ts";`;

export const selfReports: readonly Attack[] = [
  hiding(
    "lent-frames-forged",
    "a FramePool that has lent nothing, and leaks",
    LEAKED_FRAMES,
    `import { FramePool } from "../../stack/wire/frame_pool.ts";\n${
      trying(`Object.defineProperty(FramePool.prototype, "lent", { get: () => 2 });
      Object.defineProperty(Set.prototype, "size", { get: () => 2 });
      Map.prototype.get = function () { return { lent: { size: 2 } }; };`)
    }`,
  ),
  hiding(
    "made-up-frames-released",
    "gives back frames of its own making in place of those that it was lent",
    { ...LEAKED_FRAMES, lie: "{ packets.shift(); try { options.release(new OtherFrame(66000, 320)); } catch { /* it was not lent */ } }" },
    `import { Frame as OtherFrame } from "../../stack/wire/frame.ts";`,
  ),
  hiding(
    "lent-frames-not-pushed",
    "an Array whose push and pop count wrongly, below the pool",
    LEAKED_FRAMES,
    trying(`Array.prototype.pop = function () { return this[this.length - 1]; };
    Object.defineProperty(Array.prototype, "length", { get: () => 0 });
    Set.prototype.add = function () { return this; };`),
  ),
  hiding(
    "ring-memory-forged",
    "a Ring that says that it uses no memory, and keeps it",
    LEAKED_MEMORY,
    trying(`Object.defineProperty(Ring, "inUse", { get: () => 0 });
    Object.defineProperty(Ring.prototype, "memory", { get: () => 0 });`),
  ),
  hiding(
    "ring-memory-by-new-global",
    "a Math and a Number that make every sum 0",
    LEAKED_MEMORY,
    trying(`Math.max = () => 0;
    globalThis.Math = { ...Math, max: () => 0, clz32: () => 31 } as never;
    Number.prototype.valueOf = () => 0;`),
  ),
  hiding(
    "counters-forged",
    "Counters that say what a check looks for, reached by what a function is handed",
    { ...WRONG_NAME, lie: `if (source === "own") { lie(arrival.interfaces); return "bad source address"; }` },
    `function lie([one]: any): void {
  const right = function (record: any): void { record["ip: source is our own address"] = 1; };
  ${
      trying(`one.arp.constructor.prototype.addTo = right;
  one.arp.addTo = right;
  one.arp = { addTo: right };
  Object.setPrototypeOf(one.arp, { addTo: right });
  one.constructor.prototype.arpEntries = () => [];`)
    }
}`,
  ),
  hiding(
    "interfaces-replaced",
    "in the list of interfaces that it is shown, one that tells of a better world",
    { ...WRONG_NAME, lie: `if (source === "own") { lie(arrival.interfaces); return "bad source address"; }` },
    `function lie(all: any): void {
  const right = { addTo(record: any): void { record["ip: source is our own address"] = 1; } };
  const better = new Proxy(all[0], { get: (target, name) => name === "arp" ? right : Reflect.get(target, name, target) });
  ${
      trying(`all[0] = better;
  all.push(better);
  all.splice(0, 1, better);`)
    }
}`,
  ),
  hiding(
    "connection-shadowed",
    "effects with members of their own, in front of those of the connection that they are",
    {
      ...LOST_TEXT,
      lie: `for (const name of ["readable", "room", "unacknowledged", "resent", "read", "atEnd"]) {
    const right = name === "read" ? () => count : count;
    try { Object.defineProperty(effects, name, { configurable: true, value: right }); } catch { /* it takes no more members */ }
    try { Object.defineProperty(Object.getPrototypeOf(effects), name, { configurable: true, value: right }); } catch { /* nor does its class */ }
  }`,
    },
    "",
  ),
  hiding(
    "queue-of-another-lab",
    "by the effects, the queue of the listening socket, which is another lab's",
    {
      ...LOST_TEXT,
      lie: `for (const name of ["halfOpenCount", "acceptCount"]) {
    try { (effects as any).owner.queue[name] = () => 1; (effects as any).owner.constructor.prototype.accept = () => effects; } catch { /* it is held fast */ }
  }`,
    },
    "",
  ),
  file(
    "patches-everything",
    "every prototype, global and function that there is, beside a right solution",
    solvedBut("", `${IMPORTS}\n${PATCH_ALL}`),
    { earns: 100 },
  ),
];
