/**
 * What is drawn, before anybody knows how: panels one over the other, which share the time axis, each with a column for each transfer, which
 * share the other one. `svg.ts` and `terminal.ts` draw it.
 */
import { figuresOf, figuresText } from "./figures.ts";
import { type Scale, scaleTo, scaleUpTo } from "./scale.ts";
import { capacityOf, type Mark, type Recording, type Sample, type TransferSettings } from "./transfer.ts";

/** A transfer with its name: "yours". */
export interface Run {
  readonly name: string;
  /** Whose code it was: "01–07 reference · 08 yours"; "" where the name says it. */
  readonly origins: string;
  readonly recording: Recording;
}

/** A value from some time on; undefined: none is known. Seconds. */
export type Point = readonly [time: number, value: number | undefined];

export type SeriesName = "cwnd" | "ssthresh" | "in flight" | "round trip" | "acknowledged" | "bottleneck";

export interface Series {
  readonly name: SeriesName;
  /** Values that stay until the next one; or two ends of a straight line. */
  readonly kind: "steps" | "line";
  readonly points: readonly Point[];
}

/** Places in time, in seconds, and how high they are. */
export interface Marks {
  readonly name: "lost" | "sent again";
  readonly points: readonly (readonly [time: number, value: number])[];
}

export interface Panel {
  readonly title: string;
  readonly scale: Scale;
  /** One for each transfer, in their order. */
  readonly columns: readonly Column[];
}

export interface Column {
  readonly series: readonly Series[];
  readonly marks: readonly Marks[];
}

export interface Picture {
  readonly title: string;
  /** The bottleneck and what the transfer was. */
  readonly subtitle: string;
  /** The transfers; `figures`: "93 % of the bottleneck · 43 lost". */
  readonly columns: readonly { readonly name: string; readonly origins: string; readonly figures: string }[];
  readonly time: Scale;
  readonly windows: Panel;
  readonly roundTrips: Panel;
  readonly numbers: Panel;
}

/** cwnd is drawn up to so many times what the path holds: a window that only grows would make everything else flat. */
const HIGHEST = 4;
/** Round trips of more milliseconds are told in seconds. */
const LONG = 10_000;

/** The picture of some transfers over the same path. */
export function pictureOf(runs: readonly Run[], settings: TransferSettings): Picture {
  const recordings = runs.map(({ recording }) => recording);
  const [unit, bytes] = unitFor(settings.rate * settings.seconds / 8);
  const areLong = recordings.flatMap(({ roundTrips }) => roundTrips).some(({ milliseconds }) => milliseconds > LONG);
  return {
    title: "Lab 08 · Congestion",
    subtitle: settingsText(settings),
    columns: runs.map(({ name, origins, recording }) => ({ name, origins, figures: figuresText(figuresOf(recording, settings)) })),
    time: scaleUpTo(settings.seconds, 6),
    windows: panel("segments", 5, recordings.map(windowsOf), HIGHEST * Math.max(4, capacityOf(settings))),
    roundTrips: panel(`round trip, ${areLong ? "s" : "ms"}`, 3, recordings.map((recording) => roundTripsOf(recording, areLong ? 1000 : 1))),
    numbers: panel(`sequence number, ${unit}`, 4, recordings.map((recording) => numbersOf(recording, settings, bytes))),
  };
}

/** "one transfer of 12 s · 2 Mbit/s, 25 ms each way, queue of 20 · reno". */
export function settingsText({ seconds, rate, delay, queue, loss, algorithm, sack }: TransferSettings): string {
  const chance = loss > 0 ? `, ${Number((loss * 100).toPrecision(6))} % lost` : "";
  return `one transfer of ${seconds} s · ${rate / 1e6} Mbit/s, ${delay} ms each way, queue of ${queue}${chance} · ${algorithm}${
    sack ? "" : ", no SACK"
  }`;
}

function windowsOf({ samples, resent, lost, end }: Recording): Column {
  const series = (name: SeriesName, value: (sample: Sample) => number | undefined): Series => ({
    name,
    kind: "steps",
    points: [...samples.map((each): Point => [each.time / 1000, value(each)]), [end / 1000, undefined]],
  });
  const atZero = (marks: readonly Mark[]): [number, number][] => marks.map(({ time }) => [time / 1000, 0]);
  return {
    series: [
      series("in flight", ({ flight }) => flight),
      series("ssthresh", ({ ssthresh }) => ssthresh),
      series("cwnd", ({ cwnd }) => cwnd),
    ],
    marks: [{ name: "sent again", points: atZero(resent) }, { name: "lost", points: atZero(lost) }],
  };
}

/** `unit`: milliseconds. */
function roundTripsOf({ roundTrips }: Recording, unit: number): Column {
  const points = roundTrips.map(({ time, milliseconds }): Point => [time / 1000, milliseconds / unit]);
  return { series: [{ name: "round trip", kind: "steps", points }], marks: [] };
}

/** Sequence numbers count from the first byte. `unit`: bytes. */
function numbersOf({ acked, resent, lost, end }: Recording, { rate, seconds }: TransferSettings, unit: number): Column {
  return {
    series: [
      { name: "bottleneck", kind: "line", points: [[0, 0], [seconds, rate * seconds / 8 / unit]] },
      { name: "acknowledged", kind: "steps", points: [[0, 0], ...placesOf(acked, unit), [end / 1000, undefined]] },
    ],
    marks: [{ name: "sent again", points: placesOf(resent, unit) }, { name: "lost", points: placesOf(lost, unit) }],
  };
}

function panel(title: string, steps: number, columns: readonly Column[], highest = Infinity): Panel {
  let most = 0;
  for (const { points } of columns.flatMap(({ series }) => series)) for (const [, value = 0] of points) most = Math.max(most, value);
  return { title, columns, scale: scaleTo(Math.min(highest, most), steps) };
}

function placesOf(marks: readonly Mark[], unit: number): [number, number][] {
  return marks.map(({ time, offset }) => [time / 1000, offset / unit]);
}

/** The unit in which that many bytes are told. */
function unitFor(bytes: number): [unit: string, bytes: number] {
  return bytes >= 2e6 ? ["MB", 1e6] : bytes >= 2e3 ? ["kB", 1e3] : ["bytes", 1];
}
