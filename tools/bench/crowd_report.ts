/** The figures of `deno task bench --connections` as people read them: 80 columns. */
import { labelled, paint, WIDTH, wrap } from "../lab/text.ts";
import type { CrowdResult, FloodResult } from "./connections.ts";
import type { CrowdCost } from "./crowd.ts";
import type { IdleResult } from "./idle.ts";
import { count } from "./columns.ts";

/** All figures. */
export interface CrowdFigures {
  readonly machine: string;
  readonly asked: number;
  /** Or why there is no live wire. */
  readonly live: CrowdResult | string;
  readonly costs: readonly CrowdCost[];
  readonly idle: IdleResult;
}

/** The report. */
export function crowdLines({ machine, asked, live, costs, idle }: CrowdFigures): string[] {
  return [
    `${paint("bold", "Many connections, measured".padEnd(32))}${machine.padStart(WIDTH - 32)}`,
    ...title(`${count(asked)} clients of the kernel, and one stack, in one loop; TUN, MTU 1500`),
    ...(typeof live === "string" ? prose(live) : liveLines(live, asked)),
    ...title("On the virtual wire, both ends on one thread: microseconds for each"),
    ...table(
      ["open", "connection", "echo", "segment", "idle poll"],
      costs.map(({ open, connection, echo, segment, poll }) => {
        return [count(open), micro(connection), micro(echo), micro(segment), micro(poll)];
      }),
    ),
    ...prose(
      "A connection that is made and given up, an echo of 64 bytes, a full segment, and a poll of both hosts while nobody has anything to say, with so many " +
        "open connections that all take part. Flat columns: the cost is linear. What they rise by are the processor's caches: ten thousand connections do not fit in.",
    ),
    ...title(`${count(idle.connections)} idle connections on the virtual wire`),
    line("each end, socket and all", `${count(idle.open.heap)} bytes of heap + ${count(idle.open.external)}`),
    line("  and a program waits in read()", `${count(idle.waiting.heap)} bytes of heap + ${count(idle.waiting.external)}`),
    line("poll() with nothing to do", `${count(idle.poll)} ns, and ${count(idle.emptyPoll)} before there were any`),
  ];
}

function liveLines({ refused, steps, memory, flood }: CrowdResult, asked: number): string[] {
  const open = steps.at(-1)?.open ?? 0;
  return [
    ...(refused === undefined ? [] : prose(shortfall(asked, open, refused))),
    ...table(
      ["open", "connections/s", "µs each", "echoes/s", "µs each"],
      steps.map((step) => [
        count(step.open),
        count(step.connectionsPerSecond),
        micro(step.processorPerConnection),
        count(step.echoesPerSecond),
        micro(step.processorPerEcho),
      ]),
    ),
    ...prose(
      "Echoes of 64 bytes, 64 on their way at a time, by all in turns; every byte is compared. µs: processor time of the stack's thread, device and server included. " +
        "Few connections keep it waiting, which costs, too.",
    ),
    line("memory of each, server included", `${count(memory)} bytes`),
    ...floodLines(flood),
  ];
}

function floodLines({ quiet, floods }: FloodResult): string[] {
  return [
    "",
    ...table(["SYNs/s", "fetched", "connections/s", "of those alone"], [
      ["none", "", count(quiet), ""],
      ...floods.map(({ connectionsPerSecond, syns, reached }) => {
        return [count(syns), percent(reached), count(connectionsPerSecond), percent(connectionsPerSecond / quiet)];
      }),
    ]),
    ...prose(
      "Connections that are made and closed, beside floods of SYNs that nobody follows up, the last as fast as one thread can send; in turns. The half-open queue " +
        "is full, and SYNs are answered with cookies. Sender, stack and clients share the processors.",
    ),
  ];
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Why there are fewer than asked for, in one sentence. */
export function shortfall(asked: number, open: number, refused: string): string {
  const reasons: Record<string, string> = {
    EMFILE: "this process may have no more descriptors",
    ENFILE: "the system has no more descriptors",
    EADDRNOTAVAIL: "the kernel has no more ports",
  };
  return `Of ${count(asked)} clients ${count(open)} could connect: ${reasons[refused] ?? refused}; what follows is with them.`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const row = (cells: readonly string[]): string => `  ${cells.map((cell) => cell.padStart(15)).join("")}`;
  return [paint("dim", row(head)), ...rows.map(row)];
}

/** Nanoseconds as microseconds. */
function micro(nanoseconds: number): string {
  return (nanoseconds / 1000).toFixed(nanoseconds < 1000 ? 2 : 1);
}

function title(text: string): string[] {
  return ["", paint("bold", text)];
}

function prose(text: string): string[] {
  return wrap(text, WIDTH - 2).map((each) => `  ${each}`);
}

function line(what: string, figure: string): string {
  return labelled(what, figure, 2, 36);
}
