/**
 * `deno task states` writes docs/states.md: the eleven states of TCP as a picture and as a table, both made from the
 * reference's `nextState` (RFC 9293 §3.3.2, figure 5). `--check` only compares, and fails when the file is not in step.
 *
 * Where a state stands in the picture and which way an arrow takes is laid down here; which arrows there are, and what they
 * are called, is asked of `nextState`. An arrow that it has and the picture cannot draw is a fault, and so is one too many.
 */
import type { TcpEvent, TcpState } from "../stack/contract/tcb.ts";
import { nextState as reference } from "../solutions/05-states/transitions.ts";

type NextState = typeof reference;

const PAGE = "docs/states.md";

/** All states, in the order of a connection's life. */
export const STATES: readonly TcpState[] = [
  "CLOSED",
  "LISTEN",
  "SYN-SENT",
  "SYN-RECEIVED",
  "ESTABLISHED",
  "FIN-WAIT-1",
  "FIN-WAIT-2",
  "CLOSE-WAIT",
  "CLOSING",
  "LAST-ACK",
  "TIME-WAIT",
];

/** All events, in the order in which a connection may meet them. */
export const EVENTS: readonly TcpEvent[] = [
  "passive open",
  "active open",
  "syn received",
  "syn-ack received",
  "syn acknowledged",
  "close",
  "fin received",
  "fin acknowledged",
  "time-wait over",
  "reset received",
  "abort",
  "timeout",
];

/** Events that end a connection wherever it is: a sentence below the picture says more than thirty arrows in it. */
const ENDINGS: readonly TcpEvent[] = ["reset received", "abort", "timeout"];

type Point = readonly [x: number, y: number];

/** Upper left corners. CLOSED stands at the top and, as the end, at the bottom. */
const BOXES: readonly (readonly [TcpState, number, number])[] = [
  ["CLOSED", 30, 0],
  ["LISTEN", 12, 4],
  ["SYN-SENT", 46, 4],
  ["SYN-RECEIVED", 9, 9],
  ["ESTABLISHED", 30, 13],
  ["FIN-WAIT-1", 10, 17],
  ["CLOSE-WAIT", 50, 17],
  ["FIN-WAIT-2", 0, 22],
  ["CLOSING", 26, 22],
  ["LAST-ACK", 51, 22],
  ["TIME-WAIT", 13, 27],
  ["CLOSED", 52, 27],
];

/** An arrow's way, and where its name begins. */
interface Way {
  readonly from: TcpState;
  readonly event: TcpEvent;
  readonly way: readonly Point[];
  readonly name: Point;
}

const WAYS: readonly Way[] = [
  { from: "CLOSED", event: "passive open", way: [[29, 1], [16, 1], [16, 3]], name: [3, 2] },
  { from: "CLOSED", event: "active open", way: [[40, 1], [51, 1], [51, 3]], name: [53, 2] },
  { from: "LISTEN", event: "active open", way: [[22, 5], [45, 5]], name: [28, 4] },
  { from: "LISTEN", event: "syn received", way: [[16, 7], [16, 8]], name: [3, 7] },
  { from: "SYN-SENT", event: "syn received", way: [[48, 7], [48, 9], [25, 9]], name: [29, 8] },
  { from: "SYN-SENT", event: "syn-ack received", way: [[55, 7], [55, 14], [45, 14]], name: [57, 10] },
  { from: "SYN-RECEIVED", event: "syn acknowledged", way: [[25, 10], [36, 10], [36, 12]], name: [38, 11] },
  { from: "SYN-RECEIVED", event: "close", way: [[12, 12], [12, 16]], name: [6, 14] },
  { from: "ESTABLISHED", event: "close", way: [[29, 14], [18, 14], [18, 16]], name: [20, 15] },
  { from: "ESTABLISHED", event: "fin received", way: [[37, 16], [37, 18], [49, 18]], name: [39, 16] },
  { from: "CLOSE-WAIT", event: "close", way: [[56, 20], [56, 21]], name: [58, 20] },
  { from: "FIN-WAIT-1", event: "fin acknowledged", way: [[9, 18], [6, 18], [6, 21]], name: [8, 20] },
  { from: "FIN-WAIT-1", event: "fin received", way: [[24, 18], [31, 18], [31, 21]], name: [33, 20] },
  { from: "FIN-WAIT-2", event: "fin received", way: [[6, 25], [6, 28], [12, 28]], name: [8, 26] },
  { from: "CLOSING", event: "fin acknowledged", way: [[31, 25], [31, 27], [26, 27]], name: [33, 26] },
  { from: "LAST-ACK", event: "fin acknowledged", way: [[56, 25], [56, 26]], name: [58, 25] },
  { from: "TIME-WAIT", event: "time-wait over", way: [[26, 28], [51, 28]], name: [33, 29] },
];

/** What the picture leaves out: endings, and arrows that lead back to where they begin, or to CLOSED by a close. */
function isLeftOut(from: TcpState, event: TcpEvent, to: TcpState): boolean {
  return ENDINGS.includes(event) || from === to || event === "close" && to === "CLOSED";
}

/** Arrows that the picture should have and cannot draw, and those that it draws and nobody has. */
export function pictureFaults(nextState: NextState): string[] {
  const faults: string[] = [];
  for (const from of STATES) {
    for (const event of EVENTS) {
      const to = nextState(from, event);
      const way = WAYS.find((each) => each.from === from && each.event === event);
      const wanted = to !== undefined && !isLeftOut(from, event, to);
      if (wanted && way === undefined) faults.push(`the picture has no way for "${event}" from ${from} to ${to}`);
      if (!wanted && way !== undefined) faults.push(`the picture draws "${event}" from ${from}, which leads nowhere`);
      if (wanted && way !== undefined && !endsAt(way, to)) faults.push(`the picture's "${event}" from ${from} does not end at ${to}`);
    }
  }
  return faults;
}

/** Whether the last point of a way touches the box of this state. */
function endsAt({ way }: Way, to: TcpState): boolean {
  const [x, y] = way.at(-1) as Point;
  return BOXES.some(([state, left, top]) => {
    const right = left + state.length + 3;
    return state === to && x >= left - 1 && x <= right + 1 && y >= top - 1 && y <= top + 3;
  });
}

/** The states as boxes and the arrows between them, at most 80 columns wide. */
export function drawPicture(nextState: NextState): string {
  const canvas = Array.from({ length: 30 }, () => Array<string>(80).fill(" "));
  const put = (x: number, y: number, text: string): void => [...text].forEach((sign, i) => (canvas[y] as string[])[x + i] = sign);
  for (const [state, x, y] of BOXES) {
    const line = "─".repeat(state.length + 2);
    put(x, y, `┌${line}┐`);
    put(x, y + 1, `│ ${state} │`);
    put(x, y + 2, `└${line}┘`);
  }
  for (const { from, event, way, name } of WAYS) {
    if (nextState(from, event) === undefined) continue;
    way.slice(1).forEach((to, i) => drawLine(way[i] as Point, to, put));
    way.slice(1, -1).forEach((corner, i) => put(...corner, cornerSign(way[i] as Point, corner, way[i + 2] as Point)));
    put(...way.at(-1) as Point, headSign(way.at(-2) as Point, way.at(-1) as Point));
    put(...name, event);
  }
  return canvas.map((row) => row.join("").trimEnd()).join("\n").trimEnd();
}

function drawLine([x, y]: Point, [toX, toY]: Point, put: (x: number, y: number, text: string) => void): void {
  if (y === toY) put(Math.min(x, toX), y, "─".repeat(Math.abs(toX - x) + 1));
  else for (let row = Math.min(y, toY); row <= Math.max(y, toY); row++) put(x, row, "│");
}

/** The sign for a corner: which of its four sides the line comes from and goes to. */
function cornerSign(before: Point, [x, y]: Point, after: Point): string {
  const sides = [before, after].map(([otherX, otherY]) => otherX < x ? "left" : otherX > x ? "right" : otherY < y ? "up" : "down");
  const right = sides.includes("right");
  return sides.includes("down") ? right ? "┌" : "┐" : right ? "└" : "┘";
}

function headSign([x, y]: Point, [toX, toY]: Point): string {
  return toX > x ? "▶" : toX < x ? "◀" : toY > y ? "▼" : "▲";
}

/** The whole page. */
export function renderPage(nextState: NextState): string {
  const leftOut = STATES.flatMap((from) =>
    EVENTS.filter((event) => !ENDINGS.includes(event)).flatMap((event) => {
      const to = nextState(from, event);
      return to !== undefined && isLeftOut(from, event, to) ? [`${event} in ${from}: ${to === from ? "it stays" : to}`] : [];
    })
  );
  const ended = (event: TcpEvent): string => STATES.filter((state) => nextState(state, event) === undefined).join(" and ");
  const cells = (from: TcpState): string => EVENTS.map((event) => nextState(from, event) ?? "·").join(" | ");
  return [
    "# The eleven states of TCP",
    "",
    "A connection is always in one of eleven states, and an event leads from one to the next (RFC 9293 §3.3.2, figure 5). Lab 05 writes this as",
    "a function: `stack/contract/states.ts#StatesModule`. This page is written by `deno task states`, from the reference's `nextState`.",
    "",
    "The table below is the answer to lab 05's first exercise, and the picture is most of it: read on when `nextState` is written.",
    "",
    "## The picture",
    "",
    "```text",
    drawPicture(nextState),
    "```",
    "",
    "What the picture leaves out:",
    "",
    ...leftOut.map((line) => `- ${line}`),
    ...ENDINGS.map((event) => `- ${event}: from everywhere to CLOSED; not in ${ended(event)}`),
    "",
    "## The table",
    "",
    "Down the states, across the events. A dot: that cannot happen there.",
    "",
    `| | ${EVENTS.join(" | ")} |`,
    `|---|${"---|".repeat(EVENTS.length)}`,
    ...STATES.map((state) => `| **${state}** | ${cells(state)} |`),
    "",
  ].join("\n");
}

if (import.meta.main) {
  const unknown = Deno.args.filter((argument) => argument !== "--check");
  if (unknown.length > 0) {
    console.error(`deno task states knows only --check, not ${unknown.join(" ")}`);
    Deno.exit(2);
  }
  const faults = pictureFaults(reference);
  const page = renderPage(reference);
  const old = await Deno.readTextFile(PAGE).catch(() => "");
  if (old !== page) {
    if (Deno.args.includes("--check")) faults.push(`${PAGE} is not what nextState gives: run  deno task states`);
    else {
      await Deno.writeTextFile(PAGE, page);
      console.log(`wrote ${PAGE}`);
    }
  }
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) Deno.exit(1);
}
