/**
 * Two devices joined back to back in memory: what one sends, the other receives. The queue between
 * them is bounded, as a cable's is; a frame that finds it full is lost.
 */
import type { Device, Medium } from "./device.ts";
import { FrameRing } from "./ring.ts";

/** What both ends share. Defaults: Ethernet with MTU 1500, FCS and 60-byte minimum; 1024 frames each way. */
export interface PairOptions {
  medium?: Medium;
  mtu?: number;
  fcs?: boolean;
  minimumFrame?: number;
  /** Frames that one direction holds at most. */
  queueLimit?: number;
}

/** Makes both ends of a wire. */
export function createPair(options: PairOptions = {}): [Device, Device] {
  const medium = options.medium ?? "ethernet";
  const shared = {
    medium,
    mtu: options.mtu ?? 1500,
    fcs: options.fcs ?? medium === "ethernet",
    minimumFrame: options.minimumFrame ?? (medium === "ethernet" ? 60 : 20),
    offload: { checksum: false, segmentation: false },
  };
  const limit = options.queueLimit ?? 1024;
  const capacity = Math.max(2048, shared.mtu + 192); // a pool's usual frame, so that copies are block copies
  const toA = new FrameRing(limit, capacity);
  const toB = new FrameRing(limit, capacity);
  return [end("pair:a", toA, toB), end("pair:b", toB, toA)];

  function end(name: string, incoming: FrameRing, outgoing: FrameRing): Device {
    let open = true;
    return {
      name,
      ...shared,
      receive: (frame) => open && incoming.take(frame),
      send: (frame) => open && outgoing.put(frame),
      close: () => void (open = false),
    };
  }
}
