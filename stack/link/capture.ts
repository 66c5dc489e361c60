/**
 * The capture decorator, and the file that it writes to.
 *
 * A capture never disturbs what it watches. The file is opened, and refused, before the first packet;
 * writing goes through a buffer; and when a write fails later, on a full disk say, the rest of the
 * capture is given up quietly and `flush` or `close` says so in one sentence.
 */
import type { Frame } from "../wire/frame.ts";
import { decorate, type Direction } from "./decorate.ts";
import type { Device } from "./device.ts";
import { type CaptureInterface, PcapngWriter } from "./pcapng.ts";

/** What packets are recorded in: a file, or a `PcapngWriter` on its own. */
export interface CaptureSink {
  addInterface(device: CaptureInterface): number;
  packet(interfaceId: number, time: number, frame: Frame, direction: Direction, comment?: string): void;
}

/** How a device is recorded. */
export interface CaptureOptions {
  /** The time of a packet in milliseconds, from any origin; a virtual clock is as good as a real one. */
  readonly clock: () => number;
  /** What to write beside a packet. It may read the frame during the call and must not change it. */
  readonly comment?: (frame: Frame, direction: Direction) => string | undefined;
}

/** A device that records every packet that was received or sent; a packet that the device refused to send was never on the wire. */
export function capture(device: Device, sink: CaptureSink, options: CaptureOptions): Device {
  const { clock, comment } = options;
  const id = sink.addInterface(device);
  return decorate(device, {
    receive: (frame) => {
      if (!device.receive(frame)) return false;
      sink.packet(id, clock(), frame, "inbound", comment?.(frame, "inbound"));
      return true;
    },
    send: (frame) => {
      if (!device.send(frame)) return false;
      sink.packet(id, clock(), frame, "outbound", comment?.(frame, "outbound"));
      return true;
    },
  });
}

/** A capture in a file. */
export interface CaptureFile extends CaptureSink {
  readonly path: string;
  /** Writes what is still in the buffer. Throws an Error when the capture could not be written, now or earlier. */
  flush(): void;
  /** Like `flush`, and gives the file back, whether that throws or not. Safe to call twice. */
  close(): void;
  [Symbol.dispose](): void;
}

/**
 * Opens a capture file, in place of whatever was there. Throws an Error with one sentence when it can't:
 * "Cannot write the capture /tmp/x/a.pcapng: no such file or directory".
 */
export function captureTo(path: string): CaptureFile {
  let failure: Error | undefined;
  const file = attempt(path, () => Deno.openSync(path, { write: true, create: true, truncate: true }));
  let open = true;
  const writer = new PcapngWriter((bytes) => {
    if (failure !== undefined || !open) return;
    try {
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    } catch (error) {
      failure = sentence(path, error);
    }
  });
  const flush = (): void => {
    writer.flush();
    if (failure !== undefined) throw failure;
  };
  const close = (): void => {
    if (!open) return;
    try {
      flush();
    } finally {
      open = false;
      file.close();
    }
  };
  return {
    path,
    addInterface: (device) => writer.addInterface(device),
    packet: (interfaceId, time, frame, direction, comment) => writer.packet(interfaceId, time, frame, direction, comment),
    flush,
    close,
    [Symbol.dispose]: close,
  };
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw sentence(path, error);
  }
}

/** "No space left on device (os error 28)" becomes "Cannot write the capture PATH: no space left on device". */
function sentence(path: string, error: unknown): Error {
  const text = error instanceof Deno.errors.NotCapable
    ? "this process has no permission to write there"
    : (error instanceof Error ? error.message : String(error)).replace(/ ?\(os error.*/s, "");
  return new Error(`Cannot write the capture ${path}: ${text.charAt(0).toLowerCase()}${text.slice(1)}`, { cause: error });
}
