/** The figures of TCP with the kernel as people read them: 80 columns. */
import { paint, WIDTH, wrap } from "../lab/text.ts";
import type { Compared, TcpResult } from "./tcp.ts";
import { count, figure, indented, title, withQuartiles } from "./columns.ts";

/** What a row shows, the figure and what it costs; the figures; and by what the nanoseconds of `Reached` are divided. */
type Row = readonly [speed: string, cost: string, compared: Compared, show: (value: number) => string, unit: number];

/** Columns of what stands in front of a row. */
const LABEL = 24;

/** The report. */
export function tcpLines(result: TcpResult): string[] {
  const rows = rowsOf(result);
  const sentences = [result.noVeth, typeof result.offload === "string" ? `${result.offload}.` : undefined];
  return [
    ...title("TCP with the kernel: the stack over TUN, MTU 1500"),
    paint("dim", indented(speedLine("", "stack", "yardstick", "share", "loopback", "veth"))),
    ...rows.map(speedRow).map(indented),
    ...sentences.flatMap((sentence) => sentence === undefined ? [] : paragraph(sentence)),
    ...paragraph(
      "Yardstick: a bare sink and source over TUN that checks and copies, and nothing more; share: of that. Loopback, veth: the same program with the kernel " +
        "at both ends, whose packets are of 64 KB. Offload: the kernel cuts segments of 64 KB, and nobody sums.",
    ),
    ...title("Its processor time: seconds per 10⁹ bytes; microseconds per echo, connection"),
    paint("dim", indented(costLine("", ["thread", "stack", "yardstick", "loopback", "veth"]))),
    ...rows.map(costRow).map(indented),
    ...paragraph(
      "Thread: of the stack's thread, device and application included. The others: of both sides together, programs and kernel; the yardstick never " +
        `sleeps. Meanwhile the stack's thread was ready and had to wait for a processor ${
          waits(rows)
        } of the time: as much was the machine busy with ` +
        "other things.",
    ),
  ];
}

function rowsOf({ plain, offload }: TcpResult): Row[] {
  const cut = typeof offload === "string" ? undefined : offload;
  const bulk = (what: string, each: Compared | undefined, large: Compared | undefined): Row[] => [
    ...each === undefined ? [] : [[`${what}, Gbit/s`, `${what}, s/GB`, each, figure, 1] as const],
    ...large === undefined ? [] : [["  with offload", "  with offload", large, figure, 1] as const],
  ];
  return [
    ...bulk("kernel → stack", plain?.inward, cut?.inward),
    ...bulk("stack → kernel", plain?.outward, cut?.outward),
    ...plain === undefined ? [] : [
      ["echoes/s of 64 bytes", "an echo, µs", plain.echoes, count, 1000] as const,
      ["connections/s", "a connection, µs", plain.connections, count, 1000] as const,
    ],
  ];
}

function speedRow([what, , { stack, yardstick, loopback, veth }, show]: Row): string {
  const share = yardstick && `${Math.round(stack.median / yardstick.median * 100)} %`;
  return speedLine(
    what,
    withQuartiles(stack, show),
    yardstick && show(yardstick.median),
    share,
    show(loopback.median),
    veth && show(veth.median),
  );
}

function speedLine(what: string, stack: string, yardstick = "", share = "", loopback = "", veth = ""): string {
  return what.padEnd(LABEL) + stack.padEnd(22) + yardstick.padStart(9) + share.padStart(6) + loopback.padStart(9) + veth.padStart(8);
}

function costRow([, what, { stack, yardstick, loopback, veth }, , unit]: Row): string {
  const spent = [stack.own, ...[stack, yardstick, loopback, veth].map((reached) => reached?.all)];
  return costLine(what, spent.map((value) => value === undefined ? "" : figure(value / unit)));
}

function costLine(what: string, cells: readonly string[]): string {
  return what.padEnd(LABEL) + cells.map((cell) => cell.padStart(10)).join("");
}

/** "0 %", or "48 to 67 %". */
function waits(rows: readonly Row[]): string {
  const shares = rows.map(([, , { stack }]) => Math.round(stack.waited * 100));
  const [least, most] = [Math.min(...shares), Math.max(...shares)];
  return least === most ? `${most} %` : `${least} to ${most} %`;
}

function paragraph(sentence: string): string[] {
  return wrap(sentence, WIDTH - 2).map(indented);
}
