/** The figures of TCP as people read them: 80 columns. */
import { labelled, paint, WIDTH, wrap } from "../lab/text.ts";
import { type Constructions, perUnit } from "./allocations.ts";
import type { Spread } from "./contest.ts";
import type { IdleResult, PerEnd } from "./idle.ts";
import type { Compared, TcpResult } from "./tcp.ts";

/** What a segment costs on a wire in memory. */
export interface SegmentFigures {
  /** Nanoseconds per segment, for both ends together. */
  readonly time: Spread;
  /** Gigabits per second from one application to the other; and with segments put together and cut below the hosts. */
  readonly gigabits: Spread;
  readonly fastGigabits: Spread;
  readonly segments: number;
  readonly constructions: Constructions;
  /** Bytes of heap that a segment uses up. */
  readonly heap: number;
}

/** All figures of TCP. */
export interface TcpFigures {
  /** Or why there is no live wire. */
  readonly live: TcpResult | string;
  readonly segments: SegmentFigures;
  readonly idle: IdleResult;
}

/** The report. */
export function tcpLines({ live, segments, idle }: TcpFigures): string[] {
  const { time, gigabits: each, fastGigabits: fast } = segments;
  return [
    "",
    paint("bold", "TCP: one thread is the stack, another the kernel's side; TUN, MTU 1500"),
    ...(typeof live === "string" ? wrap(live, WIDTH - 2).map(indented) : comparedLines(live)),
    "",
    paint("bold", "TCP on the virtual wire, both ends on one thread"),
    line("nanoseconds per segment", `${count(time.median)}  (${count(time.low)}–${count(time.high)})`),
    line("Gbit/s, each segment by itself", `${gigabits(each.median)}  (${gigabits(each.low)}–${gigabits(each.high)})`),
    line("Gbit/s, put together and cut", `${gigabits(fast.median)}  (${gigabits(fast.low)}–${gigabits(fast.high)})`),
    line("typed arrays, views and buffers", `${perUnit(segments.constructions, segments.segments)} per segment`),
    line("bytes of heap", `${count(segments.heap)} per segment`),
    line(`idle, ${count(idle.connections)} connections`, `${perEnd(idle.open)} each`),
    line("  and a program waits in read()", `${perEnd(idle.waiting)} each`),
  ];
}

function comparedLines({ inward, outward, echoes, connections, offload }: TcpResult): string[] {
  const head = "".padEnd(26) + "stack".padEnd(19) + "yardstick".padStart(9) + "share".padStart(6) + "loopback".padStart(9) +
    "thread".padStart(8);
  const rows: Row[] = [
    ["Gbit/s, kernel → stack", inward, gigabits],
    ["Gbit/s, stack → kernel", outward, gigabits],
    ...(typeof offload === "string" ? [] : offloadRows(offload)),
    ["echoes/s of 64 bytes", echoes, count],
    ["connections/s", connections, count],
  ];
  const lines = rows.map(([what, { stack, yardstick, loopback, processor }, show]) =>
    [
      what.padEnd(26),
      `${show(stack.median)} (${show(stack.low)}–${show(stack.high)})`.padEnd(19),
      (yardstick === undefined ? "" : show(yardstick.median)).padStart(9),
      (yardstick === undefined ? "" : `${Math.round(stack.median / yardstick.median * 100)} %`).padStart(6),
      show(loopback.median).padStart(9),
      `${(processor / 1000).toFixed(1)} µs`.padStart(8),
    ].join("")
  );
  const waited = rows.map(([, { waited }]) => Math.round(waited * 100)).join(", ");
  const remark =
    "Yardstick: a bare sink and source over TUN that checks and copies, and nothing more; share: of that. Offload: the kernel cuts segments of 64 KB, and " +
    "nobody sums. Loopback: the same program over the " +
    "kernel's own, whose packets are of 64 KB. Thread: processor time of the stack's thread for each segment, echo or connection. Meanwhile that " +
    `thread was ready and had to wait for a processor ${waited} % of the time: as much was the machine busy with other things.`;
  const refused = typeof offload === "string" ? wrap(`${offload}.`, WIDTH - 2) : [];
  return [paint("dim", head), ...lines, ...refused, ...wrap(remark, WIDTH - 2)].map(indented);
}

type Row = [what: string, compared: Compared, show: (value: number) => string];

function offloadRows({ inward, outward }: Exclude<TcpResult["offload"], string>): Row[] {
  return [["  kernel → stack, offload", inward, gigabits], ["  stack → kernel, offload", outward, gigabits]];
}

function perEnd({ heap, external }: PerEnd): string {
  return `${count(heap)} bytes of heap + ${count(external)}`;
}

function gigabits(value: number): string {
  return value < 100 ? value.toPrecision(3) : count(value);
}

function line(what: string, figure: string): string {
  return labelled(what, figure, 2, 36);
}

function indented(text: string): string {
  return `  ${text}`.trimEnd();
}

/** A whole number, thousands apart. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, " ");
}
