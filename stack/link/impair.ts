/**
 * A bad wire, on purpose: packets are dropped, doubled, late, out of order or damaged. What happens
 * follows from a seed, so it can be had again, or from exact rules ("drop the second ICMP packet").
 *
 * It acts on finished frames, FCS included where the medium has one, and on each direction by itself.
 * The packet that was handed in is never changed: what is late or damaged is a copy. Time is the
 * caller's clock, real or virtual. Nothing here waits: late frames are given out by `receive`, sent by
 * `receive` or `poll`, and `nextDeadline` says when that next has a point.
 */
import type { Frame } from "../wire/frame.ts";
import type { QueueLimit } from "./bottleneck.ts";
import { decorate } from "./decorate.ts";
import type { Device } from "./device.ts";
import { ImpairedLane } from "./impaired_lane.ts";

/** What happens to the packets of one direction. Nothing, unless it is said here. */
export interface Impairments {
  /** Probability that a frame is lost, 0 to 1. */
  readonly drop?: number;
  /**
   * Losses in bursts: the probability that with a frame a burst begins, and the probability that it ends before the next one. All frames of a burst are lost:
   * 1 / `ends` of them on average (the model of Gilbert and Elliott).
   */
  readonly bursts?: { readonly begins: number; readonly ends: number };
  /** Probability that a frame comes twice, 0 to 1. */
  readonly duplicate?: number;
  /** Probability that a frame is put behind those after it, 0 to 1; and how many of them overtake it: 1 when left out. */
  readonly reorder?: number;
  readonly reorderBy?: number;
  /** Probability that one bit of a frame is flipped, 0 to 1. */
  readonly corrupt?: number;
  /** How long every frame takes, in milliseconds. Frames stay in order. */
  readonly delay?: number;
  /** Up to so many milliseconds more, at random. Frames stay in order. */
  readonly jitter?: number;
  /** The bottleneck: bits per second that pass. Frames wait for one another. */
  readonly rate?: number;
  /** How much may wait there, besides the frame that is passing; one more is lost, and counted as "full". When left out: all that comes. */
  readonly queue?: QueueLimit;
  /** What happens to certain frames, whatever chance says. */
  readonly rules?: readonly ImpairRule[];
}

/** A rule: for which frames, and what happens to them. */
export type ImpairRule =
  & {
    /** Which frames; all, when left out. */
    readonly match?: (frame: Frame) => boolean;
    /** Only these of them, counted from 1; all, when left out. */
    readonly nth?: number | readonly number[];
  }
  & (
    | { readonly action: "drop" }
    | { readonly action: "duplicate" }
    /** Behind the next `by` frames; 1 when left out. */
    | { readonly action: "reorder"; readonly by?: number }
    /** `by` milliseconds later than it would have come; others may overtake it. */
    | { readonly action: "delay"; readonly by: number }
    /** Flips the bit at this place, counted from the frame's first bit; a random one when left out. */
    | { readonly action: "corrupt"; readonly bit?: number }
  );

/** How a device is impaired. */
export interface ImpairOptions {
  readonly send?: Impairments;
  readonly receive?: Impairments;
  /** What chance follows from. Default: 1. */
  readonly seed?: number;
  /** Frames that one direction holds at most, those on their way included; one more is lost and counted as "overflow". Default: 1000. */
  readonly queueLimit?: number;
  /** How long a frame that is to be overtaken waits for the one that overtakes it, in milliseconds. Default: 100. */
  readonly patience?: number;
}

/** What has happened so far in one direction. */
export type ImpairCounts = Record<"drop" | "duplicate" | "reorder" | "delay" | "corrupt" | "full" | "overflow", number>;

/** A device on a bad wire. */
export interface ImpairedDevice extends Device {
  /** Sends what is due. */
  poll(): void;
  /** When a held frame is next due, on the clock of `now`; Infinity for never. */
  nextDeadline(): number;
  readonly counts: { readonly send: Readonly<ImpairCounts>; readonly receive: Readonly<ImpairCounts> };
}

/** Puts a bad wire between the caller and `device`. Throws a RangeError for a probability that is none, times and limits below 0, and a rate of 0. */
export function impair(device: Device, options: ImpairOptions, now: () => number): ImpairedDevice {
  const { seed = 1, queueLimit = 1000, patience = 100 } = options;
  const capacity = Math.max(2048, (device.offload.segmentation ? 0xffff : device.mtu) + 192);
  const lane = (impairments: Impairments = {}, way: number): ImpairedLane =>
    new ImpairedLane(impairments, { seed: seed + way / 2, capacity, limit: queueLimit, patience });
  const outgoing = lane(options.send, 0);
  const incoming = lane(options.receive, 1);

  const poll = (): boolean => {
    let sent = true;
    for (let held = outgoing.take(now()); held !== undefined; held = outgoing.take(now())) {
      sent = device.send(held.frame) && sent;
      outgoing.release(held);
    }
    return sent;
  };
  const nextDeadline = (): number => Math.min(outgoing.nextDeadline(), incoming.nextDeadline());
  const inside = decorate(device, {
    send: (frame) => {
      const taken = outgoing.put(frame, now());
      return poll() && taken;
    },
    receive: (frame) => {
      poll();
      for (;;) {
        if (incoming.deliver(frame, now())) return true;
        if (!device.receive(frame)) return false;
        incoming.put(frame, now());
      }
    },
    ...(device.wait === undefined ? {} : {
      wait: (milliseconds: number) =>
        (device.wait as NonNullable<Device["wait"]>)(Math.max(0, Math.min(milliseconds, nextDeadline() - now()))),
    }),
  });
  return { ...inside, poll: () => void poll(), nextDeadline, counts: { send: outgoing.counts, receive: incoming.counts } };
}
