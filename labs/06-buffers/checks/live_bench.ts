/** What the live checks share: a mebibyte, and what windows and segments on the wire must keep to, whoever sent them. */
import { amount } from "../../../tools/harness/samples.ts";
import type { LiveStation, Trial } from "../../../tools/harness/suite.ts";
import { expectBytes } from "./stream.ts";

export const MEBIBYTE = 2 ** 20;

export type LiveTcp = LiveStation["tcp"];
export type Crossed = ReturnType<LiveTcp["segments"]>[number];
export type Outcome = Awaited<ReturnType<LiveStation["kernel"]["tcpClient"]>>;

/** Fails unless the kernel read these bytes, and then the end. */
export function expectKernelRead(t: Trial, outcome: Outcome | undefined, text: Uint8Array): void {
  t.ok(outcome?.connected === true, "a connection between the kernel and you", outcome?.error ?? "none");
  t.ok(
    outcome.receivedLength === text.length && outcome.error === undefined,
    `the kernel to read ${amount(text.length)}, without an error`,
    `${amount(outcome.receivedLength)}${outcome.error === undefined ? "" : `, and ${outcome.error}`}`,
  );
  expectBytes(t, outcome.received, text.subarray(0, outcome.received.length), "what the kernel read");
  t.ok(outcome.end, "the end of your text (a FIN) behind it", "none");
}

/** Fails unless an application of the grader's read so many bytes of the kernel's pattern, and then the end. */
export function expectServed(t: Trial, served: { received: number; firstWrong?: number; end: boolean }, size: number): void {
  t.ok(served.received === size, `your application to read ${amount(size)}`, amount(served.received));
  t.ok(served.firstWrong === undefined, "the bytes that the kernel sent, each in its place", `another byte at offset ${served.firstWrong}`);
  t.ok(served.end, "the end of the kernel's text (a FIN) behind it", "none");
}

/** Segments of a connection with what the window field means there: `edge` is the number behind the last byte that its sender allows. */
export function withEdges(segments: readonly Crossed[]): (Crossed & { readonly edge: number })[] {
  const scales = new Map<string, number>();
  for (const { direction, flags, windowScale } of segments) {
    if (flags.includes("SYN") && windowScale !== undefined) scales.set(direction, windowScale);
  }
  return segments.map((segment) => {
    const scale = scales.size < 2 || segment.flags.includes("SYN") ? 0 : scales.get(segment.direction) ?? 0;
    return { ...segment, edge: segment.ack + segment.window * 2 ** scale };
  });
}

/** Fails unless the edge of your window only ever moved on, but for the rounding of a scaled window; and by strides where it moved beyond what was read before. */
export function expectHonestWindow(t: Trial, segments: readonly Crossed[]): void {
  const unit = 2 ** (segments.find(({ direction, flags }) => direction === "from stack" && flags.includes("SYN"))?.windowScale ?? 0);
  let furthest = 0;
  for (const { direction, flags, edge, ack } of withEdges(segments)) {
    if (direction !== "from stack" || flags.includes("SYN") || flags.includes("RST")) continue;
    // Behind the kernel's FIN there is nothing that a window could allow.
    if (furthest > 0 && edge + unit <= furthest) {
      t.ok(false, `your window's edge never to move back: ${furthest} was announced`, `${edge}, with ack ${ack}`);
    }
    furthest = Math.max(furthest, edge);
  }
}

/** Fails unless each of your segments lay inside the window that the kernel had announced by then. */
export function expectInsideWindow(t: Trial, segments: readonly Crossed[]): void {
  let furthest = 0;
  for (const { direction, edge, seq: at, data } of withEdges(segments)) {
    if (direction === "from kernel") furthest = Math.max(furthest, edge);
    // One byte behind the edge is a window probe (RFC 9293 §3.8.6.1).
    else if (data.length > 1 && at + data.length > furthest) {
      t.ok(false, `no text at ${furthest} or beyond: so far does the kernel's window reach`, `${amount(data.length)} at ${at}`);
    }
  }
}
