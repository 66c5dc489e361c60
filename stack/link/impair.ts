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
import { FramePool } from "../wire/frame_pool.ts";
import { createRandom, type Random } from "../wire/random.ts";
import { decorate } from "./decorate.ts";
import type { Device } from "./device.ts";

/** What happens to the packets of one direction. Nothing, unless it is said here. */
export interface Impairments {
  /** Probability that a frame is lost, 0 to 1. */
  readonly drop?: number;
  /** Probability that a frame comes twice, 0 to 1. */
  readonly duplicate?: number;
  /** Probability that a frame is put behind the one after it, 0 to 1. */
  readonly reorder?: number;
  /** Probability that one bit of a frame is flipped, 0 to 1. */
  readonly corrupt?: number;
  /** How long every frame takes, in milliseconds. Frames stay in order. */
  readonly delay?: number;
  /** Up to so many milliseconds more, at random. Frames stay in order. */
  readonly jitter?: number;
  /** Bits per second that pass; frames wait for one another. */
  readonly rate?: number;
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
  /** Frames that one direction holds at most; one more is lost and counted as "overflow". Default: 1000. */
  readonly queueLimit?: number;
  /** How long a frame that is to be overtaken waits for the one that overtakes it, in milliseconds. Default: 100. */
  readonly patience?: number;
}

/** What has happened so far in one direction. */
export type ImpairCounts = Record<"drop" | "duplicate" | "reorder" | "delay" | "corrupt" | "overflow", number>;

/** A device on a bad wire. */
export interface ImpairedDevice extends Device {
  /** Sends what is due. */
  poll(): void;
  /** When a held frame is next due, on the clock of `now`; Infinity for never. */
  nextDeadline(): number;
  readonly counts: { readonly send: Readonly<ImpairCounts>; readonly receive: Readonly<ImpairCounts> };
}

/** Puts a bad wire between the caller and `device`. Throws a RangeError for a probability that is none, and for times and rates below zero. */
export function impair(device: Device, options: ImpairOptions, now: () => number): ImpairedDevice {
  const { seed = 1, queueLimit = 1000, patience = 100 } = options;
  const capacity = Math.max(2048, (device.offload.segmentation ? 0xffff : device.mtu) + 192);
  const lane = (impairments: Impairments = {}, way: number): Lane =>
    new Lane(impairments, createRandom(seed + way / 2), new FramePool({ capacity, limit: queueLimit }), patience);
  const outgoing = lane(options.send, 0);
  const incoming = lane(options.receive, 1);

  const poll = (): boolean => {
    let sent = true;
    for (let frame = outgoing.take(now()); frame !== undefined; frame = outgoing.take(now())) {
      sent = device.send(frame) && sent;
      outgoing.release(frame);
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

/** A frame on its way. */
interface Held {
  readonly frame: Frame;
  due: number;
  /** How many frames must still overtake it. */
  behind: number;
}

/** One direction. */
class Lane {
  readonly counts: ImpairCounts = { drop: 0, duplicate: 0, reorder: 0, delay: 0, corrupt: 0, overflow: 0 };
  readonly #impairments: Impairments;
  readonly #random: Random;
  readonly #pool: FramePool;
  readonly #patience: number;
  /** How often each rule's `match` said yes. */
  readonly #matches: number[];
  /** In the order in which they come out. */
  readonly #queue: Held[] = [];
  /** Those that wait to be overtaken. */
  readonly #waiting: Held[] = [];
  #lineFree = -Infinity;
  #lastDue = -Infinity;

  constructor(impairments: Impairments, random: Random, pool: FramePool, patience: number) {
    checkImpairments(impairments);
    this.#impairments = impairments;
    this.#random = random;
    this.#pool = pool;
    this.#patience = patience;
    this.#matches = (impairments.rules ?? []).map(() => 0);
  }

  /** Decides what becomes of a frame and takes a copy of it. False: there was no room for it. */
  put(frame: Frame, now: number): boolean {
    const { drop = 0, duplicate = 0, reorder = 0, corrupt = 0 } = this.#impairments;
    // All dice are thrown for every frame, so that one probability can be changed without changing the fate of other frames.
    const [a, b, c, d, jitter, place] = [this.#roll(), this.#roll(), this.#roll(), this.#roll(), this.#roll(), this.#roll()];
    const rules = this.#applying(frame);
    const rule = <A extends ImpairRule["action"]>(action: A): Extract<ImpairRule, { action: A }> | undefined =>
      rules.find((each): each is Extract<ImpairRule, { action: A }> => each.action === action);
    if (a < drop || rule("drop") !== undefined) {
      this.counts.drop++;
      return true;
    }
    const late = rule("delay")?.by ?? 0;
    const due = this.#schedule(frame.length, now, jitter) + late;
    if (due > now) this.counts.delay++;
    const copies = b < duplicate || rule("duplicate") !== undefined ? 2 : 1;
    this.counts.duplicate += copies - 1;
    const behind = rule("reorder")?.by ?? (c < reorder || rule("reorder") !== undefined ? 1 : 0);
    if (behind > 0) this.counts.reorder++;
    let taken = true;
    for (let copy = 0; copy < copies; copy++) {
      const held = this.#hold(frame);
      if (held === undefined) {
        taken = false;
        continue;
      }
      const damage = rule("corrupt");
      if (d < corrupt || damage !== undefined) this.#flip(held, damage?.bit ?? Math.floor(place * frame.length * 8));
      this.#enter({ frame: held, due, behind: copy === 0 ? behind : 0 });
    }
    return taken;
  }

  /** The next frame that is due, or nothing. Whoever takes it releases it. */
  take(now: number): Frame | undefined {
    this.#giveUpWaiting(now);
    const first = this.#queue[0];
    if (first === undefined || first.due > now) return undefined;
    this.#queue.shift();
    return first.frame;
  }

  release(frame: Frame): void {
    this.#pool.release(frame);
  }

  /** Copies the next frame that is due into `frame`; false when there is none. One that is too long for it is lost. */
  deliver(frame: Frame, now: number): boolean {
    for (let held = this.take(now); held !== undefined; held = this.take(now)) {
      frame.reset();
      const fits = held.length <= frame.room;
      if (fits) frame.copyFrom(held);
      else this.counts.overflow++;
      this.release(held);
      if (fits) return true;
    }
    return false;
  }

  nextDeadline(): number {
    const first = this.#queue[0]?.due ?? Infinity;
    return this.#waiting.reduce((soonest, held) => Math.min(soonest, held.due + this.#patience), first);
  }

  #roll(): number {
    return this.#random.next();
  }

  #applying(frame: Frame): ImpairRule[] {
    const rules = this.#impairments.rules ?? [];
    return rules.filter((rule, index) => {
      if (rule.match !== undefined && !rule.match(frame)) return false;
      const count = this.#matches[index] = (this.#matches[index] as number) + 1;
      return rule.nth === undefined || [rule.nth].flat().includes(count);
    });
  }

  /** When a frame of that length comes out, as rate, delay and jitter have it. */
  #schedule(length: number, now: number, dice: number): number {
    const { delay = 0, jitter = 0, rate = Infinity } = this.#impairments;
    this.#lineFree = Math.max(now, this.#lineFree) + length * 8 * 1000 / rate;
    // A wire does not reorder: nobody overtakes because chance was kinder to him.
    this.#lastDue = Math.max(this.#lastDue, this.#lineFree + delay + jitter * dice);
    return this.#lastDue;
  }

  #hold(frame: Frame): Frame | undefined {
    const held = frame.length > this.#pool.capacity - 128 ? undefined : this.#pool.acquire();
    if (held === undefined) this.counts.overflow++;
    else held.copyFrom(frame);
    return held;
  }

  #flip(frame: Frame, bit: number): void {
    const at = frame.start + (bit >> 3);
    if (at >= frame.end) return;
    frame.bytes[at] = (frame.bytes[at] as number) ^ 0x80 >> bit % 8;
    this.counts.corrupt++;
  }

  /** Sets a frame on its way; those that waited for it to overtake them follow. */
  #enter(held: Held): void {
    if (held.behind > 0) {
      this.#waiting.push(held);
      return;
    }
    this.#insert(held);
    for (const waiting of [...this.#waiting]) {
      if (--waiting.behind === 0) this.#follow(waiting, held.due);
    }
  }

  #follow(waiting: Held, due: number): void {
    this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
    waiting.due = Math.max(waiting.due, due);
    this.#insert(waiting);
  }

  #giveUpWaiting(now: number): void {
    for (const waiting of [...this.#waiting]) {
      if (waiting.due + this.#patience <= now) this.#follow(waiting, waiting.due + this.#patience);
    }
  }

  /** Behind all that are due no later. */
  #insert(held: Held): void {
    let index = this.#queue.length;
    while (index > 0 && (this.#queue[index - 1] as Held).due > held.due) index--;
    this.#queue.splice(index, 0, held);
  }
}

function checkImpairments(impairments: Impairments): void {
  for (const name of ["drop", "duplicate", "reorder", "corrupt"] as const) {
    const value = impairments[name] ?? 0;
    if (!(value >= 0 && value <= 1)) throw new RangeError(`Cannot impair: ${name} is ${value}, not a probability from 0 to 1`);
  }
  for (const name of ["delay", "jitter", "rate"] as const) {
    const value = impairments[name] ?? 0;
    if (!(value >= 0) || (name === "rate" && value === 0 && impairments.rate !== undefined)) {
      throw new RangeError(`Cannot impair: ${name} is ${value}`);
    }
  }
}
