/**
 * One direction of a bad wire (impair.ts): what becomes of each frame, and when it comes out. First it may be lost; then it passes the bottleneck, and waits there;
 * then it travels; and on arrival it may be found doubled, damaged, or behind others.
 *
 * Where there are no rules, nothing is allocated for a frame.
 */
import type { Frame } from "../wire/frame.ts";
import { createRandom, type Random } from "../wire/random.ts";
import { Bottleneck } from "./bottleneck.ts";
import { DelayLine, type Held } from "./delay_line.ts";
import type { ImpairCounts, Impairments, ImpairRule } from "./impair.ts";

/** What a lane is made with: see ImpairOptions. `capacity`: bytes of the frames that copies are kept in. */
export interface LaneOptions {
  readonly seed: number;
  readonly capacity: number;
  readonly limit: number;
  readonly patience: number;
}

const NO_RULES: readonly ImpairRule[] = [];

export class ImpairedLane {
  readonly counts: ImpairCounts = { drop: 0, duplicate: 0, reorder: 0, delay: 0, corrupt: 0, full: 0, overflow: 0 };
  readonly #impairments: Impairments;
  readonly #random: Random;
  /** Bursts have dice of their own, so that with and without them everything else comes to the same. */
  readonly #burstRandom: Random;
  readonly #patience: number;
  /** How often each rule's `match` said yes. */
  readonly #matches: number[];
  readonly #line: DelayLine;
  readonly #bottleneck: Bottleneck;
  /** Those that wait to be overtaken. */
  readonly #waiting: Held[] = [];
  #lastDue = -Infinity;
  #inBurst = false;

  constructor(impairments: Impairments, { seed, capacity, limit, patience }: LaneOptions) {
    checkImpairments(impairments);
    this.#impairments = impairments;
    this.#random = createRandom(seed);
    this.#burstRandom = createRandom(seed + 1 / 4);
    this.#patience = patience;
    this.#matches = (impairments.rules ?? NO_RULES).map(() => 0);
    this.#line = new DelayLine(capacity, limit);
    this.#bottleneck = new Bottleneck(impairments.rate ?? Infinity, impairments.queue);
  }

  /** Decides what becomes of a frame and takes a copy of it. False: there was no room for it. */
  put(frame: Frame, now: number): boolean {
    const { drop = 0, duplicate = 0, reorder = 0, reorderBy = 1, corrupt = 0 } = this.#impairments;
    // All dice are thrown for every frame, so that one probability can be changed without changing the fate of other frames.
    const isDropped = this.#random.next() < drop;
    const isDoubled = this.#random.next() < duplicate;
    const isOvertaken = this.#random.next() < reorder;
    const isDamaged = this.#random.next() < corrupt;
    const jitter = this.#random.next();
    const place = this.#random.next();
    const isInBurst = this.#isInBurst();
    const rules = this.#applying(frame);
    if (isDropped || isInBurst || find(rules, "drop") !== undefined) {
      this.counts.drop++;
      return true;
    }
    const passed = this.#bottleneck.enter(frame.length, now);
    if (passed === undefined) {
      this.counts.full++;
      return true;
    }
    const due = this.#arrival(passed, jitter) + (find(rules, "delay")?.by ?? 0);
    if (due > now) this.counts.delay++;
    const overtaken = find(rules, "reorder");
    const behind = overtaken !== undefined ? overtaken.by ?? 1 : isOvertaken ? reorderBy : 0;
    if (behind > 0) this.counts.reorder++;
    const damage = find(rules, "corrupt");
    const bit = isDamaged || damage !== undefined ? damage?.bit ?? Math.floor(place * frame.length * 8) : -1;
    let taken = this.#enter(frame, due, behind, bit);
    if (isDoubled || find(rules, "duplicate") !== undefined) {
      this.counts.duplicate++;
      taken = this.#enter(frame, due, 0, bit) && taken;
    }
    return taken;
  }

  /** The next frame that is due, or nothing. Whoever takes it releases it. */
  take(now: number): Held | undefined {
    if (this.#waiting.length > 0) this.#giveUpWaiting(now);
    return this.#line.take(now);
  }

  release(held: Held): void {
    this.#line.release(held);
  }

  /** Copies the next frame that is due into `frame`; false when there is none. One that is too long for it is lost. */
  deliver(frame: Frame, now: number): boolean {
    for (let held = this.take(now); held !== undefined; held = this.take(now)) {
      frame.reset();
      const fits = held.frame.length <= frame.room;
      if (fits) frame.copyFrom(held.frame);
      else this.counts.overflow++;
      this.release(held);
      if (fits) return true;
    }
    return false;
  }

  nextDeadline(): number {
    let soonest = this.#line.nextDue();
    for (const held of this.#waiting) soonest = Math.min(soonest, held.due + this.#patience);
    return soonest;
  }

  #isInBurst(): boolean {
    const { bursts } = this.#impairments;
    if (bursts === undefined) return false;
    const dice = this.#burstRandom.next();
    this.#inBurst = this.#inBurst ? dice >= bursts.ends : dice < bursts.begins;
    return this.#inBurst;
  }

  #applying(frame: Frame): readonly ImpairRule[] {
    const { rules } = this.#impairments;
    if (rules === undefined || rules.length === 0) return NO_RULES;
    return rules.filter((rule, index) => {
      if (rule.match !== undefined && !rule.match(frame)) return false;
      const count = this.#matches[index] = (this.#matches[index] as number) + 1;
      return rule.nth === undefined || [rule.nth].flat().includes(count);
    });
  }

  /** When a frame arrives that has passed the bottleneck at `passed`, as delay and jitter have it. */
  #arrival(passed: number, dice: number): number {
    const { delay = 0, jitter = 0 } = this.#impairments;
    // A wire does not reorder: nobody overtakes because chance was kinder to him.
    this.#lastDue = Math.max(this.#lastDue, passed + delay + jitter * dice);
    return this.#lastDue;
  }

  /** Sets a copy of a frame on its way; those that waited for it to overtake them follow. `bit`: which one is flipped, −1 for none. */
  #enter(frame: Frame, due: number, behind: number, bit: number): boolean {
    const held = this.#line.hold(frame);
    if (held === undefined) {
      this.counts.overflow++;
      return false;
    }
    if (bit >= 0) this.#flip(held.frame, bit);
    held.due = due;
    held.behind = behind;
    if (behind > 0) {
      this.#waiting.push(held);
      return true;
    }
    this.#line.enter(held);
    if (this.#waiting.length > 0) this.#overtake(due);
    return true;
  }

  #flip(frame: Frame, bit: number): void {
    const at = frame.start + (bit >> 3);
    if (at >= frame.end) return;
    frame.bytes[at] = (frame.bytes[at] as number) ^ 0x80 >> bit % 8;
    this.counts.corrupt++;
  }

  /** One that is due at `due` has overtaken all that wait for that; those that have waited for it long enough follow. */
  #overtake(due: number): void {
    let kept = 0;
    for (const held of this.#waiting) {
      if (--held.behind > 0) {
        this.#waiting[kept++] = held;
      } else {
        held.due = Math.max(held.due, due);
        this.#line.enter(held);
      }
    }
    this.#waiting.length = kept;
  }

  #giveUpWaiting(now: number): void {
    let kept = 0;
    for (const held of this.#waiting) {
      if (held.due + this.#patience > now) {
        this.#waiting[kept++] = held;
      } else {
        held.due += this.#patience;
        this.#line.enter(held);
      }
    }
    this.#waiting.length = kept;
  }
}

/** The rule that asks for this, if there is one. */
function find<A extends ImpairRule["action"]>(rules: readonly ImpairRule[], action: A): Extract<ImpairRule, { action: A }> | undefined {
  for (const rule of rules) if (rule.action === action) return rule as Extract<ImpairRule, { action: A }>;
  return undefined;
}

function checkImpairments(impairments: Impairments): void {
  const { bursts, rate, queue } = impairments;
  const refuse = (name: string, value: unknown, what = ""): never => {
    throw new RangeError(`Cannot impair: ${name} is ${value}${what}`);
  };
  const probabilities = { ...pick(impairments), "bursts.begins": bursts?.begins ?? 0, "bursts.ends": bursts?.ends ?? 1 };
  for (const [name, value] of Object.entries(probabilities)) {
    if (!(value >= 0 && value <= 1)) refuse(name, value, ", not a probability from 0 to 1");
  }
  if (bursts?.ends === 0) refuse("bursts.ends", 0, ": no burst would ever end");
  for (const name of ["delay", "jitter"] as const) {
    if (!((impairments[name] ?? 0) >= 0)) refuse(name, impairments[name], ", not a time from 0 on");
  }
  if (!((impairments.reorderBy ?? 1) >= 1)) refuse("reorderBy", impairments.reorderBy, ", not 1 or more");
  if (rate !== undefined && !(rate > 0)) refuse("rate", rate, ", not a number of bits per second above 0");
  for (const [unit, most] of Object.entries(queue ?? {})) {
    if (!(most >= 0)) refuse(`queue.${unit}`, most, ", not 0 or more");
  }
  if (queue !== undefined && rate === undefined) refuse("rate", rate, ": a queue waits for one");
}

function pick({ drop = 0, duplicate = 0, reorder = 0, corrupt = 0 }: Impairments): Record<string, number> {
  return { drop, duplicate, reorder, corrupt };
}
