/** Processor time of whole processes, all their threads together: what a measurement cost on both sides (clock_getcpuclockid(3)). */
import { openLibrary } from "../../stack/link/libc.ts";

const SYMBOLS = { clock_gettime: { parameters: ["i32", "buffer"], result: "i32" } } as const satisfies Deno.ForeignLibraryInterface;
const CLOCK_PROCESS_CPUTIME_ID = 2;

let loaded: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] | undefined;
const time = new DataView(new ArrayBuffer(16));

/** Nanoseconds that this process has run so far, or process `pid`. 0 where the kernel does not say. Needs `--allow-ffi`. */
export function processTime(pid?: number): number {
  const clock = pid === undefined ? CLOCK_PROCESS_CPUTIME_ID : ~pid << 3 | CLOCK_PROCESS_CPUTIME_ID;
  if ((loaded ??= openLibrary(SYMBOLS)).clock_gettime(clock, time) < 0) return 0;
  return Number(time.getBigInt64(0, true)) * 1e9 + Number(time.getBigInt64(8, true));
}
