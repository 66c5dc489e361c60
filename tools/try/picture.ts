/**
 * The packets of an experiment as a picture: a line for each host, time running down, an arrow for each packet from when it was sent to when it
 * arrived. Pauses are drawn shorter than they were, and say how long they were. Where no packet was shown, the picture is what was printed. One SVG
 * file, without anything from outside, in light and dark.
 */
import { escaped, text } from "../plot/svg.ts";
import type { Experiment } from "./experiment.ts";
import { type Box, LETTER, LINE as LABEL_LINE, type Line, linesFor, type Placed, placeLabels } from "./labels.ts";
import type { Sighting } from "./ladder.ts";

const WIDTH = 900, TOP = 96, BOTTOM = 36, LEFT = 205, RIGHT = 150, LINES_LEFT = 40;
/** Pixels between two packets that are sent one after the other, between two that arrive so, and for a pause. */
const ROW = 30, APART = 22, PAUSE_HEIGHT = 46;
/** Pixels from which on a wait is a pause. */
const PAUSE = 90;
/** Pixels that the fastest packet falls on its way, and at most for each millisecond. */
const FALL = 24, STEEPEST = 2.4;
/** How far a packet that is lost comes. */
const LOST_PART = 0.62;
/** Packets that are drawn at most. */
const MOST = 30;
/** Height of a printed line. */
const LINE = 19;

const STYLE = `
svg{--paper:#fff;--ink:#1f2328;--pale:#656d76;--line:#c3c9d0;--a:#0969da;--x:#cf222e}
@media(prefers-color-scheme:dark){svg{--paper:#0d1117;--ink:#e6edf3;--pale:#9198a1;--line:#3d444d;--a:#58a6ff;--x:#ff7b72}}
.paper{fill:var(--paper)}text{fill:var(--ink);font:13px system-ui,sans-serif}.pale{fill:var(--pale)}.big{font-size:18px;font-weight:600}
.name{font-size:15px;font-weight:600}.end{text-anchor:end}.mid{text-anchor:middle}.halo{paint-order:stroke;stroke:var(--paper);stroke-width:4}
.mono{font:13px ui-monospace,Consolas,monospace;white-space:pre}.life{stroke:var(--line)}.a{stroke:var(--a);stroke-width:1.6;fill:none}.x{stroke:var(--x);stroke-width:1.6;fill:none}.head{fill:var(--a)}.bad{fill:var(--x)}`;

/** A packet, where its arrow goes, and its words in lines. */
interface Drawn extends Sighting {
  readonly from: number;
  readonly targets: readonly number[];
  /** Of those who hear it, the one that is furthest away. */
  readonly to: number;
  readonly lines: readonly string[];
  /** The part of the way above which they are. */
  readonly part: number;
}

/** Something that happens at a time: a packet leaves, or arrives. */
interface Moment {
  readonly time: number;
  readonly index: number;
  readonly leaves: boolean;
}

/** What a stage has seen and said. */
export interface Played {
  /** The hosts, from left to right. */
  readonly names: readonly string[];
  readonly sightings: readonly Sighting[];
  /** Lines that were printed between the packets. */
  readonly said: readonly string[];
}

/** The file. */
export function pictureOf(stage: Played, experiment: Experiment): string {
  return stage.sightings.length > 0 ? ladderOf(stage, experiment) : printOf(stage.said, experiment);
}

/** What was printed, where there are no packets to draw. */
function printOf(said: readonly string[], experiment: Experiment): string {
  return framed(
    TOP - 24 + said.length * LINE,
    experiment,
    said.map((line, index) => text(LINES_LEFT, TOP - 24 + index * LINE, line, "mono")),
  );
}

function ladderOf({ names: all, sightings }: Played, experiment: Experiment): string {
  const present = new Set(sightings.flatMap(({ packet: { from, to, hearers } }) => to === "all" ? [from, ...hearers] : [from, to]));
  const names = all.filter((name) => present.has(name));
  const laneOf = (host: string): number => Math.max(0, names.indexOf(host));
  const xOf = (lane: number): number => LEFT + lane * (WIDTH - LEFT - RIGHT) / Math.max(1, names.length - 1);
  const drawn = sightings.slice(0, MOST).map((sighting): Drawn => {
    const { packet } = sighting;
    const from = laneOf(packet.from);
    const targets = packet.to === "all" ? packet.hearers.map(laneOf) : [laneOf(packet.to)];
    const widest = targets.reduce((far, lane) => Math.abs(lane - from) > Math.abs(far - from) ? lane : far, targets[0] ?? from);
    return {
      ...sighting,
      from: xOf(from),
      targets: targets.map(xOf),
      to: xOf(widest),
      ...wordsOf(sighting, Math.abs(xOf(widest) - xOf(from))),
    };
  });
  const { leaves, arrives, labels, height } = layout(drawn);
  const lanes = names.flatMap((host, lane) => [
    text(xOf(lane), TOP - 24, host, "name mid"),
    `<path class="life" d="M${round(xOf(lane))} ${TOP - 12}V${height - BOTTOM}"/>`,
  ]);
  const paths = drawn.map(({ from, to }, index): Line => [from, leaves[index] as number, to, arrives[index] as number]);
  const arrows = drawn.flatMap(({ from, targets, arrives: arrival }, index) =>
    targets.map((to) => arrow([from, leaves[index] as number, to, arrives[index] as number], arrival === undefined))
  );
  const states = drawn.flatMap(({ state, from, to }, index) => {
    if (state === "") return [];
    const isLeft = to > from; // beside its line, where its arrow is not
    return [text(from + (isLeft ? -10 : 10), (leaves[index] as number) + 4, state, isLeft ? "pale end halo" : "pale halo")];
  });
  const wanted = drawn.map(({ lines, part }, index) => ({ lines, arrow: partOf(paths[index] as Line, part) }));
  const seen = drawn.flatMap((each, index) => [...stateBox(each, leaves[index] as number), ...crossBox(each, paths[index] as Line)]);
  const words = placeLabels(wanted, seen, paths).map((place, index) => label(place, drawn[index]?.lines ?? []));
  const more = sightings.length > MOST ? [text(LEFT, height - 12, `and ${sightings.length - MOST} more`, "pale")] : [];
  return framed(height, experiment, [...lanes, ...labels, ...arrows, ...states, ...words, ...more]);
}

/** The file around what was drawn. */
function framed(height: number, { name, title }: Experiment, inside: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escaped(`${name}: ${title}`)}</title>`,
    `<style>${STYLE.trimStart()}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${height}"/>`,
    text(24, 34, `${name}: ${title}`, "big"),
    ...inside,
    "</svg>",
    "",
  ].join("\n");
}

/** Where each packet leaves and arrives, in pixels from the top, and the times at the side. */
function layout(drawn: readonly Drawn[]): { leaves: number[]; arrives: number[]; labels: string[]; height: number } {
  const moments = drawn.flatMap(({ packet }, index): Moment[] => {
    const arrival = arrivalOf(drawn, index);
    return [{ time: packet.time, index, leaves: true }, ...arrival === undefined ? [] : [{ time: arrival, index, leaves: false }]];
  });
  moments.sort((one, other) => one.time - other.time || Number(one.leaves) - Number(other.leaves) || one.index - other.index);
  const leaves: number[] = [], arrives: (number | undefined)[] = drawn.map(() => undefined), labels: string[] = [];
  const slope = Math.min(
    STEEPEST,
    FALL / Math.min(...drawn.map(({ packet, arrives = Infinity }) => arrives - packet.time).filter((way) => way > 0)),
  );
  let y = TOP, time = moments[0]?.time ?? 0, lastLeft = TOP - ROW, lastArrived = -Infinity, labelled = -Infinity;
  for (const moment of moments) {
    const more = ((drawn[moment.index]?.lines.length ?? 1) - 1) * LABEL_LINE;
    const waited = moment.time - time;
    if (waited * slope > PAUSE) {
      labels.push(text(24, y + PAUSE_HEIGHT / 2 + 4, `⋮ ${duration(waited)}`, "pale"));
      y += PAUSE_HEIGHT;
    } else y += waited * slope;
    time = moment.time;
    if (!moment.leaves) {
      y = Math.max(y, lastArrived + APART + more);
      lastArrived = arrives[moment.index] = y;
      continue;
    }
    y = Math.max(y, lastLeft + ROW + more, more > 0 ? lastArrived + more : 0);
    lastLeft = leaves[moment.index] = y;
    if (time !== labelled) labels.push(text(24, y + 4, `${time < 10 ? round(time) : Math.round(time)} ms`, "pale"));
    labelled = time;
  }
  const ends = arrives.map((arrival, index) => arrival ?? (leaves[index] as number) + ROW / 2);
  return { leaves, arrives: ends, labels, height: Math.ceil(y + BOTTOM + 8) };
}

/** When a packet arrives; one that is lost would have with those that were sent along with it, if any. */
function arrivalOf(drawn: readonly Drawn[], index: number): number | undefined {
  const { packet: { time, from }, arrives } = drawn[index] as Drawn;
  if (arrives !== undefined) return arrives;
  const along = drawn.flatMap(({ packet, arrives: when }, other) =>
    packet.time === time && packet.from === from && when !== undefined ? [{ when, distance: Math.abs(other - index) }] : []
  );
  return along.toSorted((one, other) => one.distance - other.distance)[0]?.when;
}

/** An arrow; one that is lost ends in a cross on its way. */
function arrow([fromX, fromY, toX, toY]: Line, isLost: boolean): string {
  const [, , x, y] = partOf([fromX, fromY, toX, toY], isLost ? LOST_PART : 1).map(round) as [number, number, number, number];
  const line = `<path class="${isLost ? "x" : "a"}" d="M${round(fromX)} ${round(fromY)}L${x} ${y}"/>`;
  if (isLost) return `${line}<path class="x" d="M${x - 5} ${y - 5}l10 10m0-10l-10 10"/>`;
  const angle = Math.atan2(toY - fromY, toX - fromX);
  const corner = (turn: number): string => `${round(x - 10 * Math.cos(angle + turn))} ${round(y - 10 * Math.sin(angle + turn))}`;
  return `${line}<path class="head" d="M${x} ${y}L${corner(0.4)}L${corner(-0.4)}z"/>`;
}

/** The words in lines; those of a packet that is lost stand above what is drawn of its arrow, if two lines are enough. */
function wordsOf({ words, arrives }: Sighting, pixels: number): Pick<Drawn, "lines" | "part"> {
  const short = linesFor(words, pixels * LOST_PART);
  return arrives === undefined && short.length <= 2 ? { lines: short, part: LOST_PART } : { lines: linesFor(words, pixels), part: 1 };
}

function partOf([fromX, fromY, toX, toY]: Line, part: number): Line {
  return [fromX, fromY, fromX + (toX - fromX) * part, fromY + (toY - fromY) * part];
}

/** The room that a state takes beside its line. */
function stateBox({ state, from, to }: Drawn, y: number): Box[] {
  const halfWidth = state.length * LETTER / 2;
  return state === "" ? [] : [{ x: from + (to > from ? -1 : 1) * (10 + halfWidth), y, halfWidth, halfHeight: 6, angle: 0 }];
}

/** The room that the cross of a lost packet takes. */
function crossBox({ arrives }: Drawn, path: Line): Box[] {
  const [, , x, y] = partOf(path, LOST_PART);
  return arrives === undefined ? [{ x, y, halfWidth: 5, halfHeight: 5, angle: 0 }] : [];
}

/** Words above an arrow, leaning as it does. */
function label({ x, y, centre, angle }: Placed, lines: readonly string[]): string {
  const shown = lines.map((line, index) => text(x, y - (lines.length - 1 - index) * LABEL_LINE, line, "mid halo"));
  return `<g transform="rotate(${round(angle)} ${round(x)} ${round(centre)})">${shown.join("")}</g>`;
}

function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${round(milliseconds / 1000)} s`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
