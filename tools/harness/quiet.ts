/**
 * How long nothing may move on a live wire before an operation of the kernel's is given up.
 */
import type { KernelOperations } from "./kernel/operations.ts";
import type { TcpAct, UdpAct } from "./subject/protocol.ts";

/** Milliseconds without any frame after which an operation is given up. */
const QUIET = 60;
/** The same for TCP, where both sides wait with acknowledgments, and the kernel sends again after 200 ms. */
export const TCP_QUIET = 400;

/** The same for UDP, where somebody else may have to act first. */
const UDP_QUIET = 200;

/** How long nothing may move before an operation of the kernel's is given up. */
export function quietFor(name: keyof KernelOperations, options: Record<string, unknown>): number {
  if (name === "udpTalk") return Number(options.quiet ?? UDP_QUIET);
  if (name !== "tcpClient" && name !== "tcpServer") return QUIET;
  return options.quiet === undefined ? TCP_QUIET + pauses(options) : Number(options.quiet);
}

/** Acts by which an application only looks: nothing moves by them. */
const LOOKS: ReadonlySet<TcpAct | UdpAct> = new Set<TcpAct | UdpAct>([
  ...["accept", "read", "queues", "connection", "connections"] as const,
  ...["receive", "failure", "socket"] as const,
]);

export function isLook(act: TcpAct | UdpAct): boolean {
  return LOOKS.has(act);
}

/** All the milliseconds of pause that were asked for, however deep. */
function pauses(options: unknown): number {
  if (typeof options !== "object" || options === null || options instanceof Uint8Array) return 0;
  return Object.entries(options).reduce(
    (sum, [name, value]) => sum + (name === "pause" || name === "pauseBeforeReading" ? Number(value ?? 0) : pauses(value)),
    0,
  );
}
