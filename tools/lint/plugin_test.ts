import { assertEquals } from "@std/assert";
import plugin from "./plugin.ts";

/** The rules that one file breaks, with what they say about it. */
function lint(path: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, path, source).map(({ id, message }) => `${id.replace("wallsocket/", "")}: ${message}`);
}

/** The ids alone. */
function broken(path: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, path, source).map(({ id }) => id.replace("wallsocket/", ""));
}

Deno.test("layers refuses every form of import that crosses a wall, and lets types through where only types may pass", () => {
  const wall = /^layers: stack\/host\.ts may not import solutions\/reference\.ts: stack\/ imports only stack\//;
  for (
    const source of [
      'import reference from "../solutions/reference.ts";',
      'import type { X } from "../solutions/reference.ts";',
      'export { x } from "../solutions/reference.ts";',
      'export * from "../solutions/reference.ts";',
      'const x = await import("../solutions/reference.ts");',
    ]
  ) {
    const found = lint("stack/host.ts", source).filter((line) => line.startsWith("layers"));
    assertEquals(found.map((line) => wall.test(line)), [true], source);
  }
  assertEquals(broken("stack/host.ts", 'import { Frame } from "./wire/frame.ts";\nexport const x = 1;\nexport { y } from "./y.ts";'), []);
  assertEquals(broken("labs/03-ip/icmp.ts", 'import { IpModule } from "../../stack/contract/ip.ts";'), ["layers"]);
  assertEquals(broken("labs/03-ip/icmp.ts", 'import type { IpModule } from "../../stack/contract/ip.ts";'), []);
  assertEquals(broken("labs/03-ip/icmp.ts", 'import { type IpModule } from "../../stack/contract/ip.ts";'), []);
  assertEquals(broken("labs/03-ip/icmp.ts", 'import { writeFile } from "node:fs";'), ["layers"]);
});

Deno.test("layers knows a file by its absolute path too", () => {
  const path = new URL("../../stack/host.ts", import.meta.url).pathname;
  assertEquals(broken(path, 'import "../tools/ok.ts";'), ["layers"]);
});

Deno.test("sequence-comparison refuses to compare what is named like a sequence number", () => {
  for (
    const expression of [
      "seq < end",
      "end >= segment.seq",
      "tcb.sndUna < segment.ack",
      "tcb.rcvNxt <= x",
      "this.#tcb.sndNxt > x",
      "lastSeq > x",
      "tcb.iss + 1 < x",
      "a.seq - b.seq < 0",
      "(seq + 1 >>> 0) < x",
      "seqAdd(a, 1) < x",
      "seq(5) > x",
      "(segment.ack as number) < x",
      "Math.max(a.seq, b.seq)",
      "Math.min(0, tcb.sndWl1)",
    ]
  ) assertEquals(broken("stack/tcp/tcb.ts", `const r = ${expression};`), ["sequence-comparison"], expression);
});

Deno.test("sequence-comparison accepts the helpers, equality, other names, and the file that holds the helpers", () => {
  for (
    const expression of [
      "seqBefore(a.seq, b.seq)",
      "seqDiff(a.seq, b.seq) < 0",
      "a.seq === b.seq",
      "sequence < 5",
      "back < track",
      "segment.length < tcb.sndWnd",
      "(a.seq - b.seq | 0) < 0",
      "seqs[0] < 3",
      "Math.max(a.window, 3)",
    ]
  ) assertEquals(broken("stack/tcp/tcb.ts", `const r = ${expression};`), [], expression);
  assertEquals(broken("stack/wire/seq.ts", "export const r = seq < 3;"), []);
});

Deno.test("sequence-comparison names the helper to call", () => {
  const [diagnostic] = Deno.lint.runPlugin(plugin, "labs/04-x/a.ts", "const r = tcb.sndUna > ack;");
  assertEquals(diagnostic?.message, "`>` on the sequence number sndUna, which wraps");
  assertEquals(diagnostic?.hint, "Write seqBefore(b, a), from stack/wire/seq.ts");
});

const IMPURE = [
  "setTimeout(f, 1);",
  "setInterval(f, 1);",
  "queueMicrotask(f);",
  "const a = Date.now();",
  "const a = performance.now();",
  "const a = Math.random();",
  "const a = new Date();",
  "crypto.getRandomValues(b);",
];
const WAITING = ["async function f() {}", "const f = async () => {};", "const o = { async f() {} };", "class A { async f() {} }"];

Deno.test("sans-io refuses clocks, timers, chance and promises in labs, solutions and the stack", () => {
  for (const source of [...IMPURE, ...WAITING]) {
    for (const path of ["labs/02-arp/cache.ts", "solutions/02-arp/claim.ts", "stack/host.ts", "stack/wire/frame.ts"]) {
      assertEquals(broken(path, source), ["sans-io"], `${path}: ${source}`);
    }
  }
});

Deno.test("sans-io leaves alone the runner, tests, suites and tools, and lets devices wait", () => {
  for (const source of [...IMPURE, ...WAITING]) {
    for (const path of ["stack/runner.ts", "stack/host_test.ts", "labs/02-arp/suite.ts", "tools/demo.ts"]) {
      assertEquals(broken(path, source), [], `${path}: ${source}`);
    }
  }
  for (const source of WAITING) assertEquals(broken("stack/link/tuntap_ffi.ts", source), [], source);
  for (const source of IMPURE) assertEquals(broken("stack/link/impair.ts", source), ["sans-io"], source);
  assertEquals(broken("labs/02-arp/cache.ts", "const a = options.random() + now; const d = new Date(now);"), []);
});

Deno.test("packet-path refuses typed arrays that a lab makes for every packet", () => {
  for (
    const expression of [
      "new Uint8Array(4)",
      "new DataView(b)",
      "new Uint32Array(1)",
      "frame.bytes.subarray(1)",
      "frame.bytes.slice(1)",
    ]
  ) {
    const inFunction = `export function f(frame) { return ${expression}; }`;
    const inMethod = `export function createX() { return { insert(frame) { return ${expression}; } }; }`;
    for (const source of [inFunction, inMethod]) {
      assertEquals(broken("solutions/03-ip/icmp.ts", source), ["packet-path"], source);
      assertEquals(broken("tools/demo.ts", source), [], source);
    }
  }
});

Deno.test("packet-path accepts what happens once, and slices of plain arrays", () => {
  for (
    const source of [
      "const TABLE = new Uint32Array(256);",
      "export function createX() { const counts = new Uint16Array(9); return counts; }",
      "function makeTable() { return new Uint32Array(256); }",
      "class A { #b = new Uint8Array(4); constructor() { this.c = new DataView(this.#b.buffer); } }",
      "export function f(routes) { return routes.slice(1); }",
    ]
  ) assertEquals(broken("labs/03-ip/routes.ts", source), [], source);
});

Deno.test("no-enum refuses enum in any form, and accepts unions", () => {
  assertEquals(broken("tools/a.ts", "enum A { b }"), ["no-enum"]);
  assertEquals(broken("tools/a.ts", "export const enum A { b }"), ["no-enum"]);
  assertEquals(broken("tools/a.ts", 'type A = "b" | "c";'), []);
});

Deno.test("file-names refuses names that say nothing, and other cases than snake_case", () => {
  for (const name of ["utils.ts", "types.ts", "helpers.ts", "ipAddress.ts", "Frame.ts", "mac-address.ts"]) {
    assertEquals(broken(`stack/wire/${name}`, "export {};"), ["file-names"], name);
  }
  for (const name of ["frame.ts", "ipv4_address.ts", "frame_test.ts", "wire.d.ts"]) {
    assertEquals(broken(`stack/wire/${name}`, "export {};"), [], name);
  }
});

Deno.test("sizes refuses files over 400 lines and functions over 60, tests excepted", () => {
  const lines = (count: number): string => "f();\n".repeat(count);
  assertEquals(lint("tools/a.ts", lines(401)), ["sizes: A file of 401 lines: 400 are the most"]);
  assertEquals(lint("tools/a.ts", `function g() {\n${lines(59)}}`), ["sizes: A function of 61 lines: 60 are the most"]);
  assertEquals(broken("tools/a.ts", `const g = () => {\n${lines(59)}};`), ["sizes"]);
  assertEquals(broken("tools/a.ts", `class A { g() {\n${lines(59)}} }`), ["sizes"]);
  assertEquals(broken("tools/a.ts", lines(400)), []);
  assertEquals(broken("tools/a.ts", `function g() {\n${lines(58)}}`), []);
  const method = `() => {\n${lines(40)}}`;
  assertEquals(broken("tools/a.ts", `function g() {\nreturn [\n${method},\n${method},\n${method}];\n}`), []);
  assertEquals(broken("tools/a.ts", `function g() {\n${lines(40)}h(${method});\n${lines(20)}}`), ["sizes"]);
  assertEquals(broken("tools/a_test.ts", `function g() {\n${lines(500)}}`), []);
});
