/** `deno task bench --profile`: where the stack's thread is while bytes move, by V8's profiler: the dearest functions, and a flame graph. */
import { inNamespace } from "./apart.ts";
import { flameGraph } from "./flame.ts";
import { type Call, dearest, readProfile } from "./profile.ts";
import type { ProfileOrder, ProfileResult } from "./profiled.ts";

/** What is profiled, and how much of it: bytes, or echoes. */
export const PROFILES = {
  in: { title: "kernel → stack", count: 600_000_000, unit: "segment", each: "a segment" },
  out: { title: "stack → kernel", count: 600_000_000, unit: "segment", each: "a segment" },
  echo: { title: "echoes of 64 bytes", count: 50_000, unit: "echo", each: "an echo" },
} as const;
export type ProfileName = keyof typeof PROFILES;

/** Bytes of text in a full segment at MTU 1500, with timestamps. */
const SEGMENT = 1448;
const ROOT = decodeURIComponent(new URL("../..", import.meta.url).pathname);
/** Lines of the table. */
const DEAREST = 24;

/** Profiles one transfer; writes the flame graph to `out` and gives the table. Throws a NoLiveWire. */
export async function profile(name: ProfileName, offload: boolean, out: string): Promise<string[]> {
  const { title, count, unit, each } = PROFILES[name];
  const folder = await Deno.makeTempDir();
  try {
    const flags = ["--cpu-prof", `--cpu-prof-dir=${folder}`, `--allow-write=${folder}`];
    const result = await inNamespace<ProfileResult>("profiled.ts", { what: name, offload, count } satisfies ProfileOrder, flags);
    const top = stackOnly(await stacksProfile(folder));
    const units = { count: name === "echo" ? count : count / SEGMENT, name: each };
    const whole = `${title}${offload ? " with offload" : ""}: ${perUnit(top.total, units.count)} ns ${each}`;
    await Deno.writeTextFile(out, flameGraph(top, whole, units));
    const rows = dearest(top).slice(0, DEAREST).map(({ name, file, self }) =>
      `  ${perUnit(self, units.count).padStart(6)}  ${`${name}`.padEnd(24)} ${file}`
    );
    const speed = name === "echo"
      ? `${Math.round(count / result.milliseconds * 1000)} echoes/s`
      : `${(count * 8 / result.milliseconds / 1e6).toFixed(2)} Gbit/s`;
    return [
      whole,
      `of the stack's thread, at ${speed} under the profiler`,
      "",
      `  ns by itself, each ${unit}`,
      ...rows,
      "",
      `Flame graph: ${out}`,
    ];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function perUnit(milliseconds: number, count: number): string {
  return (milliseconds * 1e6 / count).toFixed(0);
}

/** Each thread has left a profile; the stack's is the one in which the stack is. */
async function stacksProfile(folder: string): Promise<Call> {
  for await (const { name } of Deno.readDir(folder)) {
    const top = readProfile(await Deno.readTextFile(`${folder}/${name}`), ROOT);
    if (dearest(top).some(({ file }) => file === "stack/runner.ts")) return top;
  }
  throw new Error("No thread's profile has the stack in it");
}

/** Without what comes before and after: loading, and the program's own preparations. */
function stackOnly(top: Call): Call {
  const calls = top.calls.filter(({ name, file }) => file.startsWith("stack/") || name === "(garbage collector)");
  return { ...top, calls, total: calls.reduce((sum, { total }) => sum + total, 0) };
}
