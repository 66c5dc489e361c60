/** The figures of `deno task bench` as people read them: 80 columns, no colours needed. */
import { paint, WIDTH, wrap } from "../lab/text.ts";
import { type Constructions, perUnit } from "./allocations.ts";
import { count, figure, indented, line, title, withQuartiles } from "./columns.ts";
import type { Spread } from "./contest.ts";
import type { IdleResult, PerEnd } from "./idle.ts";
import type { LwipResult } from "./lwip.ts";
import { lwipLines } from "./lwip_report.ts";
import type { TapResult } from "./tap.ts";
import type { TcpResult } from "./tcp.ts";
import { tcpLines } from "./tcp_report.ts";

/** One line of a table: nanoseconds per echo. */
export interface EchoFigures {
  readonly what: string;
  readonly stack: Spread;
  readonly yardstick: Spread;
}

/** What was made while so many packets were carried. */
export interface Made {
  readonly packets: number;
  readonly constructions: Constructions;
}

/** What TCP costs on a wire in memory. */
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

/** All figures; those that were not asked for are missing. A sentence in their place: why they could not be had. */
export interface Figures {
  readonly machine: string;
  readonly tcp?: TcpResult | string;
  readonly lwip?: LwipResult | string;
  /** On the virtual wire. */
  readonly wire?: SegmentFigures;
  readonly memory?: IdleResult;
  readonly frames?: FrameFigures;
  readonly tap?: TapResult | string;
}

/** Frames on the virtual wire. */
export interface FrameFigures {
  readonly echo: readonly EchoFigures[];
  readonly made: Made;
  /** Bytes of heap that one packet uses up. */
  readonly heap: readonly { readonly what: string; readonly bytes: number }[];
}

/** The report. */
export function reportLines({ machine, tcp, lwip, wire, memory, frames, tap }: Figures): string[] {
  return [
    `${paint("bold", "The reference stack, measured".padEnd(32))}${machine.padStart(WIDTH - 32)}`,
    ...part(tcp, "TCP with the kernel", tcpLines),
    ...part(lwip, "lwIP", lwipLines),
    ...part(wire, "", wireLines),
    ...part(memory, "", memoryLines),
    ...part(frames, "", frameLines),
    ...part(tap, "TAP", tapLines),
    "",
    ...wrap(
      "Medians of samples taken in turns; half of all samples lie in the brackets. Compare shares, not figures: they hardly depend on the machine, and " +
        "on what else it does.",
      WIDTH - 2,
    ).map(indented),
  ];
}

/** The lines of what was measured; a sentence in their place. */
function part<T>(figures: T | string | undefined, heading: string, lines: (figures: T) => string[]): string[] {
  if (figures === undefined) return [];
  return typeof figures === "string" ? [...title(heading), ...wrap(figures, WIDTH - 2).map(indented)] : lines(figures);
}

function wireLines({ time, gigabits, fastGigabits, segments, constructions, heap }: SegmentFigures): string[] {
  return [
    ...title("TCP on the virtual wire, both ends on one thread"),
    line("Gbit/s, each segment by itself", withQuartiles(gigabits, figure)),
    line("Gbit/s, put together and cut", withQuartiles(fastGigabits, figure)),
    line("nanoseconds per segment", withQuartiles(time, count)),
    line("typed arrays, views and buffers", `${perUnit(constructions, segments)} per segment`),
    line("bytes of heap", `${count(heap)} per segment`),
  ];
}

function memoryLines({ connections, open, waiting }: IdleResult): string[] {
  const perEnd = ({ heap, external }: PerEnd): string => `${count(heap)} bytes of heap + ${count(external)}`;
  return [
    ...title(`Memory: ${count(connections)} idle connections, for each end`),
    line("open", perEnd(open)),
    line("a program waits in read()", perEnd(waiting)),
  ];
}

function frameLines({ echo, made, heap }: FrameFigures): string[] {
  return [
    ...title("Frames on the virtual wire: echo requests in, replies out"),
    ...echoLines(echo, "bare wire"),
    line("made per packet", perUnit(made.constructions, made.packets)),
    ...heap.map(({ what, bytes }) => line(`bytes of heap, ${what}`, count(bytes))),
  ];
}

function tapLines({ echo, made, roundTrip, replies }: TapResult): string[] {
  const figures = echo.map(({ length, ...each }) => ({ what: `${length} bytes`, ...each }));
  const good = replies.good === replies.sent ? `all ${count(replies.sent)}` : `only ${count(replies.good)} of ${count(replies.sent)}`;
  return [
    ...title("Frames over TAP: the same, and the kernel takes every reply"),
    ...echoLines(figures, "bare loop"),
    line("made per packet", perUnit(made.constructions, made.packets)),
    indented(`The kernel found ${good} replies good.`),
    ...title("A ping's round trip over TAP, as a program beside the kernel sees it"),
    line("the stack, under stack/runner.ts", microseconds(roundTrip.stack)),
    line("a bare loop, asleep in poll(2)", microseconds(roundTrip.sleeping)),
    line("a bare loop that never sleeps", microseconds(roundTrip.busy)),
  ];
}

function echoLines(figures: readonly EchoFigures[], yardstick: string): string[] {
  const head = [
    "frame".padEnd(22),
    "frames/s".padStart(10),
    "ns per echo".padStart(13),
    "".padEnd(15),
    yardstick.padStart(9),
    "share".padStart(8),
  ];
  const rows = figures.map(({ what, stack, yardstick }) =>
    [
      what.padEnd(22),
      // Each echo is a frame in and a frame out.
      count(2e9 / stack.median).padStart(10),
      count(stack.median).padStart(13),
      ` (${count(stack.low)}–${count(stack.high)})`.padEnd(15),
      count(yardstick.median).padStart(9),
      `${Math.round(yardstick.median / stack.median * 100)} %`.padStart(8),
    ].join("")
  );
  return [paint("dim", head.join("")), ...rows].map(indented);
}

function microseconds({ median, low, high }: Spread): string {
  return `${median.toFixed(1)} µs (${low.toFixed(1)}–${high.toFixed(1)})`;
}
