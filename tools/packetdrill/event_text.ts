/** Times and calls as a ladder shows them. */
import type { Returned } from "./machine.ts";
import { printCall } from "./print.ts";
import type { CallEvent } from "./script.ts";

/** "0.200", seconds, with as many digits as there are. */
export function timeText(microseconds: number): string {
  if (microseconds === Infinity) return "the end";
  return (microseconds / 1e6).toFixed(6).replace(/0{1,3}$/, "");
}

/** "accept(3, ..., ...) = 4", as it is written, or with what it came to. */
export function callText(event: CallEvent, returned?: Returned): string {
  const { note: _, ...plain } = event;
  if (returned === undefined) return printCall(plain);
  const { error: _wanted, ...rest } = plain;
  return printCall({
    ...rest,
    returns: { kind: "number", value: returned.value },
    ...(returned.error === undefined ? {} : { error: returned.error }),
  });
}
