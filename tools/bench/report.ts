/** The figures of `deno task bench` as people read them: 80 columns, no colours needed. */
import { labelled, paint, WIDTH, wrap } from "../lab/text.ts";
import { type Constructions, perUnit } from "./allocations.ts";
import type { Spread } from "./contest.ts";
import type { TapResult } from "./tap.ts";
import { count, type TcpFigures, tcpLines } from "./tcp_report.ts";

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

/** All figures. */
export interface Figures {
  readonly machine: string;
  readonly virtual: readonly EchoFigures[];
  /** Or why there is no live wire. */
  readonly tap: TapResult | string;
  /** On the virtual wire. */
  readonly made: Made;
  /** Bytes of heap that one packet uses up. */
  readonly heap: readonly { readonly what: string; readonly bytes: number }[];
  readonly tcp: TcpFigures;
}

/** The report. */
export function reportLines({ machine, virtual, tap, made, heap, tcp }: Figures): string[] {
  const live = typeof tap === "string" ? [...title("TAP"), ...wrap(tap, WIDTH - 2).map(indented)] : tapLines(tap);
  return [
    `${paint("bold", "The reference stack, measured".padEnd(32))}${machine.padStart(WIDTH - 32)}`,
    ...title("The virtual wire: echo requests in, replies out"),
    ...echoLines(virtual, "bare wire"),
    ...live,
    ...title("Made per packet, once all is warm"),
    line("typed arrays, views and buffers", `${perUnit(made.constructions, made.packets)} on the virtual wire`),
    ...(typeof tap === "string" ? [] : [line("", `${perUnit(tap.made.constructions, tap.made.packets)} on TAP`)]),
    ...heap.map(({ what, bytes }) => line(`bytes of heap, ${what}`, count(bytes))),
    ...tcpLines(tcp),
    "",
    ...wrap(
      "Medians of samples taken in turns; half of all samples lie in the brackets. Share: how fast the stack is, measured by a bare " +
        "loop that does as little as can be done on the same wire.",
      WIDTH - 2,
    ).map(indented),
  ];
}

function tapLines({ echo, roundTrip, replies }: TapResult): string[] {
  const figures = echo.map(({ length, ...each }) => ({ what: `${length} bytes`, ...each }));
  const good = replies.good === replies.sent ? `all ${count(replies.sent)}` : `only ${count(replies.good)} of ${count(replies.sent)}`;
  return [
    ...title("TAP: the same, and the kernel takes every reply"),
    ...echoLines(figures, "bare loop"),
    indented(`The kernel found ${good} replies good.`),
    ...title("TAP: a ping's round trip, as a program beside the kernel sees it"),
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
  return `${median.toFixed(1)} µs  (${low.toFixed(1)}–${high.toFixed(1)})`;
}

function title(text: string): string[] {
  return ["", paint("bold", text)];
}

function line(what: string, figure: string): string {
  return labelled(what, figure, 2, 36);
}

function indented(text: string): string {
  return `  ${text}`.trimEnd();
}
