/** What a transfer comes to, in a few numbers. */
import type { Recording, Sample, TransferSettings } from "./transfer.ts";

export interface Figures {
  /** Bytes of the stream that were acknowledged; and bits per second of them. */
  readonly acknowledged: number;
  readonly goodput: number;
  /** Goodput as a part of the bottleneck's rate. Headers need some, so that it stays below 1. */
  readonly share: number;
  /** Segments. */
  readonly lost: number;
  readonly sentAgain: number;
  readonly timeouts: number;
  /** How often cwnd fell by a fifth or more at once. */
  readonly falls: number;
}

/** A window that is less than this part of what it was has fallen. */
const FALL = 0.8;

/** The numbers of a transfer. */
export function figuresOf({ acked, lost, resent, timeouts, samples }: Recording, { rate, seconds }: TransferSettings): Figures {
  const acknowledged = acked.at(-1)?.offset ?? 0;
  const goodput = acknowledged * 8 / seconds;
  return {
    acknowledged,
    goodput,
    share: goodput / rate,
    lost: lost.length,
    sentAgain: resent.length,
    timeouts,
    falls: fallsOf(samples).length,
  };
}

/** The samples at which cwnd has fallen, each with what it was before. */
export function fallsOf(samples: readonly Sample[]): { readonly before: number; readonly after: number }[] {
  return samples.flatMap(({ cwnd: after }, index) => {
    const before = samples[index - 1]?.cwnd;
    return before === undefined || after === undefined || after >= FALL * before ? [] : [{ before, after }];
  });
}

/** "93 % of the bottleneck · 43 lost". */
export function figuresText({ share, lost, timeouts }: Figures): string {
  const late = timeouts === 0 ? "" : ` · ${timeouts} ${timeouts === 1 ? "timeout" : "timeouts"}`;
  return `${percent(share)} of the bottleneck · ${lost} lost${late}`;
}

/** "alike", or where the first difference is: "differs first at 2.4 s: cwnd 14 / 13 segments". */
export function comparedText(own: readonly Sample[], other: readonly Sample[]): string {
  const names = ["cwnd", "ssthresh", "flight"] as const;
  const isSame = (a: Sample | undefined, b: Sample | undefined): boolean =>
    a !== undefined && a.time === b?.time && names.every((name) => a[name] === b[name]);
  const at = Array.from({ length: Math.max(own.length, other.length) }).findIndex((_, index) => !isSame(own[index], other[index]));
  if (at < 0) return "alike";
  const time = Math.min(own[at]?.time ?? Infinity, other[at]?.time ?? Infinity);
  const [left, right] = [own, other].map((samples) => samples.findLast((sample) => sample.time <= time));
  const name = names.find((each) => left?.[each] !== right?.[each]) ?? "cwnd";
  const text = (sample: Sample | undefined): string => sample?.[name] === undefined ? "–" : `${Number(sample[name].toFixed(1))}`;
  const what = name === "flight" ? "in flight" : name;
  return `differs first at ${Number((time / 1000).toFixed(2))} s: ${what} ${text(left)} / ${text(right)} segments`;
}

/** "93 %". */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
