/**
 * Says of every packet, in one line, what it is and what is wrong with it. For watching and for
 * transcripts: it describes each packet (`stack/wire/describe.ts`), which costs far more than carrying it.
 *
 *     3.250 ms  ◀── ICMP echo request id 7 seq 1, 57 bytes
 *     3.412 ms  ──▶ ICMP echo reply id 7 seq 1, 57 bytes   ✘ checksum 0x3af1, should be 0x3aa8
 */
import { describe, describeProblems } from "../wire/describe.ts";
import type { Frame } from "../wire/frame.ts";
import { decorate, type Direction } from "./decorate.ts";
import type { Device } from "./device.ts";

/** One packet that went by. */
export interface TraceEvent {
  /** Name of the device. */
  readonly device: string;
  /** Milliseconds on the trace's clock. */
  readonly time: number;
  readonly direction: Direction;
  /** "ICMP echo request id 7 seq 1, 57 bytes". */
  readonly text: string;
  /** What is wrong with it: empty when nothing is. */
  readonly problems: readonly string[];
  /** False when the device refused to send it: it was never on the wire. */
  readonly carried: boolean;
}

/** How a device is traced. */
export interface TraceOptions {
  /** The time of a packet in milliseconds, from any origin. */
  readonly clock: () => number;
  /** Called once per packet, after it was received or sent. To print: `(event) => console.log(formatTrace(event))`. */
  readonly record: (event: TraceEvent) => void;
}

/** A device whose every packet is recorded in words. */
export function trace(device: Device, options: TraceOptions): Device {
  const note = (frame: Frame, direction: Direction, carried: boolean): boolean => {
    const packet = frame.toBytes();
    options.record({
      device: device.name,
      time: options.clock(),
      direction,
      text: describe(packet, device.medium, device),
      problems: describeProblems(packet, device.medium, device),
      carried,
    });
    return carried;
  };
  return decorate(device, {
    receive: (frame) => device.receive(frame) && note(frame, "inbound", true),
    send: (frame) => note(frame, "outbound", device.send(frame)),
  });
}

/** An event as one line, its arrow as the holder of the device sees it: ◀── in, ──▶ out. */
export function formatTrace(event: TraceEvent): string {
  const arrow = event.direction === "inbound" ? "◀──" : "──▶";
  const problems = [...event.problems, ...(event.carried ? [] : ["not sent: the device refused it"])];
  return `${event.time.toFixed(3).padStart(10)} ms  ${arrow} ${event.text}${problems.length === 0 ? "" : `   ✘ ${problems.join(" · ")}`}`;
}
