/** The stack beside lwIP, as people read it: 80 columns. */
import { paint, WIDTH, wrap } from "../lab/text.ts";
import { figure, indented, title, withQuartiles } from "./columns.ts";
import type { BesideLwip, LwipResult } from "./lwip.ts";

const NAMES = ["tap", "tun", "lwip"] as const;

/** The report. */
export function lwipLines({ mtu, inward, outward }: LwipResult): string[] {
  const both = (name: "tap" | "tun"): string => `${verdict(inward, name)} from the kernel, ${verdict(outward, name)} to it`;
  const remark = `Over TAP, like lwIP, the stack is ${both("tap")}; over TUN, where it puts segments together: ${both("tun")}. ` +
    "s/GB: seconds of processor time per 10⁹ bytes, of the stack's thread, or of lwIP's process, whose threads may run at once.";
  return [
    ...title(`Gbit/s beside lwIP, a TCP in C, as it is packaged: in turns, at MTU ${mtu}`),
    paint("dim", indented(row("", ["stack over TAP", "stack over TUN", "lwIP over TAP"]))),
    ...rows("from the kernel", inward),
    ...rows("to the kernel", outward),
    ...wrap(remark, WIDTH - 2).map(indented),
  ];
}

function rows(what: string, compared: BesideLwip): string[] {
  return [
    row(what, NAMES.map((name) => withQuartiles(compared[name], figure))),
    row("  s/GB", NAMES.map((name) => figure(compared[name].own))),
  ].map(indented);
}

function row(what: string, cells: readonly string[]): string {
  return what.padEnd(18) + cells.map((cell) => cell.padStart(20)).join("");
}

/** "ahead by 31 %", or "behind by 12 %". */
function verdict(compared: BesideLwip, name: "tap" | "tun"): string {
  const more = Math.round((compared[name].median / compared.lwip.median - 1) * 100);
  return more === 0 ? "level" : `${more > 0 ? "ahead" : "behind"} by ${Math.abs(more)}\u00a0%`;
}
