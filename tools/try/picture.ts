/**
 * The packets of an experiment as a picture: a line for each host, time running down, an arrow for each packet from when it was sent to when it
 * arrived. Pauses are drawn shorter than they were, and say how long they were. Where no packet was shown, the picture is what was printed. One SVG
 * file, without anything from outside, in light and dark.
 */
import { escaped, text } from "../plot/svg.ts";
import type { Experiment } from "./experiment.ts";
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
/** Letters of a label for each lane that the arrow crosses. */
const LETTERS = 62;
/** Height of a printed line. */
const LINE = 19;

const STYLE = `
svg{--paper:#fff;--ink:#1f2328;--pale:#656d76;--line:#c3c9d0;--a:#0969da;--x:#cf222e}
@media(prefers-color-scheme:dark){svg{--paper:#0d1117;--ink:#e6edf3;--pale:#9198a1;--line:#3d444d;--a:#58a6ff;--x:#ff7b72}}
.paper{fill:var(--paper)}text{fill:var(--ink);font:13px system-ui,sans-serif}.pale{fill:var(--pale)}.big{font-size:18px;font-weight:600}
.name{font-size:15px;font-weight:600}.end{text-anchor:end}.mid{text-anchor:middle}.halo{paint-order:stroke;stroke:var(--paper);stroke-width:4}
.mono{font:13px ui-monospace,Consolas,monospace;white-space:pre}.life{stroke:var(--line)}.a{stroke:var(--a);stroke-width:1.6;fill:none}.x{stroke:var(--x);stroke-width:1.6;fill:none}.head{fill:var(--a)}.bad{fill:var(--x)}`;

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
  const seen = new Set(sightings.flatMap(({ packet: { from, to, hearers } }) => to === "all" ? [from, ...hearers] : [from, to]));
  const names = all.filter((name) => seen.has(name));
  const drawn = sightings.slice(0, MOST);
  const { leaves, arrives, labels, height } = layout(drawn);
  const laneOf = (host: string): number => Math.max(0, names.indexOf(host));
  const xOf = (lane: number): number => LEFT + lane * (WIDTH - LEFT - RIGHT) / Math.max(1, names.length - 1);
  const lanes = names.flatMap((host, lane) => [
    text(xOf(lane), TOP - 24, host, "name mid"),
    `<path class="life" d="M${round(xOf(lane))} ${TOP - 12}V${height - BOTTOM}"/>`,
  ]);
  const arrows = drawn.flatMap((sighting, index) => {
    const from = laneOf(sighting.packet.from);
    const targets = sighting.packet.to === "all" ? sighting.packet.hearers.map(laneOf) : [laneOf(sighting.packet.to)];
    const y = leaves[index] as number;
    const widest = targets.reduce((far, lane) => Math.abs(lane - from) > Math.abs(far - from) ? lane : far, targets[0] ?? from);
    // Beside its line, where its arrow is not.
    const [beside, anchor] = widest > from ? [-10, "pale end halo"] : [10, "pale halo"];
    const state = sighting.state === "" ? [] : [text(xOf(from) + beside, y + 4, sighting.state, anchor)];
    const shown = targets.map((lane) => arrow(xOf(from), y, xOf(lane), arrives[index] as number, sighting.arrives === undefined));
    const part = sighting.arrives === undefined ? LOST_PART : 1;
    const middle = xOf(from) + (xOf(widest) - xOf(from)) * part / 2;
    const letters = LETTERS * part * Math.abs(widest - from) / Math.max(1, names.length - 1);
    const words = sighting.words.length > letters ? `${sighting.words.slice(0, letters - 1).trimEnd()}…` : sighting.words;
    return [...shown, label(middle, y, ((arrives[index] as number) - y) * part, (xOf(widest) - xOf(from)) * part, words), ...state];
  });
  const more = sightings.length > MOST ? [text(LEFT, height - 12, `and ${sightings.length - MOST} more`, "pale")] : [];
  return framed(height, experiment, [...lanes, ...labels, ...arrows, ...more]);
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
function layout(drawn: readonly Sighting[]): { leaves: number[]; arrives: (number | undefined)[]; labels: string[]; height: number } {
  const moments: Moment[] = drawn.flatMap(({ packet, arrives }, index) => [
    { time: packet.time, index, leaves: true },
    ...arrives === undefined ? [] : [{ time: arrives, index, leaves: false }],
  ]);
  moments.sort((one, other) => one.time - other.time || Number(one.leaves) - Number(other.leaves) || one.index - other.index);
  const leaves: number[] = [], arrives: (number | undefined)[] = drawn.map(() => undefined), labels: string[] = [];
  const slope = Math.min(
    STEEPEST,
    FALL / Math.min(...drawn.map(({ packet, arrives = Infinity }) => arrives - packet.time).filter((way) => way > 0)),
  );
  let y = TOP, time = moments[0]?.time ?? 0, lastLeft = TOP - ROW, lastArrived = -Infinity, labelled = -Infinity;
  for (const moment of moments) {
    const waited = moment.time - time;
    if (waited * slope > PAUSE) {
      labels.push(text(24, y + PAUSE_HEIGHT / 2 + 4, `⋮ ${duration(waited)}`, "pale"));
      y += PAUSE_HEIGHT;
    } else y += waited * slope;
    time = moment.time;
    if (!moment.leaves) {
      y = Math.max(y, lastArrived + APART);
      lastArrived = arrives[moment.index] = y;
      continue;
    }
    y = Math.max(y, lastLeft + ROW);
    lastLeft = leaves[moment.index] = y;
    if (time !== labelled) labels.push(text(24, y + 4, `${time < 10 ? round(time) : Math.round(time)} ms`, "pale"));
    labelled = time;
  }
  const falls = drawn.map((_, index) => (arrives[index] ?? NaN) - (leaves[index] as number));
  for (const [index, { packet }] of drawn.entries()) {
    // One that is lost lies between those that were sent along with it.
    const beside = [index - 1, index + 1].filter((other) => drawn[other]?.packet.time === packet.time && (falls[other] as number) > 0);
    const fall = beside.reduce((sum, other) => sum + (falls[other] as number) / beside.length, 0);
    arrives[index] ??= (leaves[index] as number) + (fall || ROW / 2);
  }
  return { leaves, arrives, labels, height: Math.ceil(y + BOTTOM + 8) };
}

/** An arrow; one that is lost ends in a cross on its way. */
function arrow(fromX: number, fromY: number, toX: number, toY: number, isLost: boolean): string {
  const part = isLost ? LOST_PART : 1;
  const [x, y] = [round(fromX + (toX - fromX) * part), round(fromY + (toY - fromY) * part)];
  const line = `<path class="${isLost ? "x" : "a"}" d="M${round(fromX)} ${round(fromY)}L${x} ${y}"/>`;
  if (isLost) return `${line}<path class="x" d="M${x - 5} ${y - 5}l10 10m0-10l-10 10"/>`;
  const angle = Math.atan2(toY - fromY, toX - fromX);
  const corner = (turn: number): string => `${round(x - 10 * Math.cos(angle + turn))} ${round(y - 10 * Math.sin(angle + turn))}`;
  return `${line}<path class="head" d="M${x} ${y}L${corner(0.4)}L${corner(-0.4)}z"/>`;
}

/** Words above the middle of an arrow that falls by `fall` pixels over `width`, leaning as it does. */
function label(x: number, top: number, fall: number, width: number, words: string): string {
  const [middle, angle] = [round(top + fall / 2), round(Math.atan(fall / width) * 180 / Math.PI)];
  return `<g transform="rotate(${angle} ${round(x)} ${middle})">${text(x, middle - 5, words, "mid halo")}</g>`;
}

function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${round(milliseconds / 1000)} s`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
