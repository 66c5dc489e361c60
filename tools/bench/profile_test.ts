import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { flameGraph } from "./flame.ts";
import { dearest, readProfile } from "./profile.ts";

const frame = (functionName: string, path = ""): { functionName: string; url: string } => ({
  functionName,
  url: path === "" ? "" : `file:///kit/${path}`,
});

/** run calls poll twice, from two places of V8's tree; poll calls itself receive. */
const PROFILE = JSON.stringify({
  nodes: [
    { id: 1, callFrame: frame("(root)"), children: [2, 3, 6] },
    { id: 2, callFrame: frame("(idle)") },
    { id: 3, callFrame: frame("run", "stack/runner.ts"), children: [4, 5] },
    { id: 4, callFrame: frame("poll", "stack/host.ts") },
    { id: 5, callFrame: frame("poll", "stack/host.ts"), children: [7] },
    { id: 6, callFrame: frame("", "tools/a & b.ts") },
    { id: 7, callFrame: frame("receive", "stack/link/tuntap_ffi.ts") },
  ],
  samples: [2, 3, 4, 5, 7, 7, 6],
  timeDeltas: [9000, 1000, 2000, 3000, 4000, 4000, 500],
});

Deno.test("readProfile() joins calls from one place, and leaves out who waits", () => {
  const top = readProfile(PROFILE, "/kit/");
  assertEquals(top.total, 14.5);
  assertEquals(top.calls.map(({ name, file, total }) => [name, file, total]), [["run", "stack/runner.ts", 14], [
    "(anonymous)",
    "tools/a & b.ts",
    0.5,
  ]]);
  assertEquals(top.calls[0]?.calls.map(({ name, self, total }) => [name, self, total]), [["poll", 5, 13]]);
  assertEquals(dearest(top).map(({ name, self }) => [name, self]), [["receive", 8], ["poll", 5], ["run", 1], ["(anonymous)", 0.5]]);
  assertThrows(() => readProfile("{}", "/kit/"), SyntaxError);
});

Deno.test("flameGraph() is one SVG in which everything is escaped and named", () => {
  const svg = flameGraph(readProfile(PROFILE, "/kit/"), "in < out", { count: 1000, name: "a segment" });
  assertStringIncludes(svg, "<title>in &lt; out</title>");
  assertStringIncludes(svg, "poll · stack/host.ts: 89.7 %, 13000 ns a segment");
  assertStringIncludes(svg, "tools/a &amp; b.ts");
  assertEquals([...svg.matchAll(/<g>/g)].length, [...svg.matchAll(/<\/g>/g)].length);
});
