/**
 * The packets of an experiment as a picture: a line for each host, time running down, an arrow for each packet from when it was sent to when it
 * arrived. Pauses are drawn shorter than they were, and say how long they were. One SVG file, without anything from outside, in light and dark.
 */
import { escaped, text } from "../plot/svg.ts";
import type { Experiment } from "./experiment.ts";
import type { Sighting } from "./ladder.ts";

const WIDTH = 900, TOP = 96, BOTTOM = 36, LEFT = 190, RIGHT = 150;
/** Pixels between two packets that are sent one after the other, and for a pause. */
const ROW = 30, PAUSE_HEIGHT = 46;
/** Milliseconds from which on a wait is a pause, and how many pixels a shorter one has for each. */
const PAUSE = 60, SLOPE = 2.4;
/** How far a packet that is lost comes. */
const LOST_PART = 0.62;
/** Packets that are drawn at most. */
const MOST = 30;
/** Letters of a label for each lane that the arrow crosses. */
const LETTERS = 62;

const STYLE = `
svg{--paper:#fff;--ink:#1f2328;--pale:#656d76;--line:#c3c9d0;--a:#0969da;--x:#cf222e}
@media(prefers-color-scheme:dark){svg{--paper:#0d1117;--ink:#e6edf3;--pale:#9198a1;--line:#3d444d;--a:#58a6ff;--x:#ff7b72}}
.paper{fill:var(--paper)}text{fill:var(--ink);font:13px system-ui,sans-serif}.pale{fill:var(--pale)}.big{font-size:18px;font-weight:600}
.name{font-size:15px;font-weight:600}.end{text-anchor:end}.mid{text-anchor:middle}.halo{paint-order:stroke;stroke:var(--paper);stroke-width:4}
.life{stroke:var(--line)}.a{stroke:var(--a);stroke-width:1.6;fill:none}.x{stroke:var(--x);stroke-width:1.6;fill:none}.head{fill:var(--a)}.bad{fill:var(--x)}`;

/** Something that happens at a time: a packet leaves, or arrives. */
interface Moment {
  readonly time: number;
  readonly index: number;
  readonly leaves: boolean;
}

/** The file. `names`: the hosts, from left to right. */
export function pictureOf(names: readonly string[], sightings: readonly Sighting[], { name, title }: Experiment): string {
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
    const targets = sighting.packet.to === "all"
      ? names.map((_, lane) => lane).filter((lane) => lane !== from)
      : [laneOf(sighting.packet.to)];
    const y = leaves[index] as number;
    const isLeftmost = from === 0;
    const state = sighting.state === ""
      ? []
      : [text(xOf(from) + (isLeftmost ? -10 : 10), y + 4, sighting.state, isLeftmost ? "pale end" : "pale")];
    const shown = targets.map((lane) => arrow(xOf(from), y, xOf(lane), arrives[index] ?? y + ROW / 2, sighting.arrives === undefined));
    const widest = targets.reduce((far, lane) => Math.abs(lane - from) > Math.abs(far - from) ? lane : far, targets[0] ?? from);
    const part = sighting.arrives === undefined ? LOST_PART : 1;
    const middle = xOf(from) + (xOf(widest) - xOf(from)) * part / 2;
    const letters = LETTERS * Math.abs(widest - from) / Math.max(1, names.length - 1);
    const words = sighting.words.length > letters ? `${sighting.words.slice(0, letters - 1).trimEnd()}…` : sighting.words;
    return [...shown, label(middle, y, (arrives[index] ?? y + ROW / 2) - y, xOf(widest) - xOf(from), words), ...state];
  });
  const more = sightings.length > MOST ? [text(LEFT, height - 12, `and ${sightings.length - MOST} more`, "pale")] : [];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escaped(`${name}: ${title}`)}</title>`,
    `<style>${STYLE.trimStart()}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${height}"/>`,
    text(24, 34, `${name}: ${title}`, "big"),
    ...lanes,
    ...labels,
    ...arrows,
    ...more,
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
  let y = TOP, time = moments[0]?.time ?? 0, lastLeft = TOP - ROW, labelled = -Infinity;
  for (const moment of moments) {
    const waited = moment.time - time;
    if (waited > PAUSE) {
      labels.push(text(24, y + PAUSE_HEIGHT / 2 + 4, `⋮ ${duration(waited)}`, "pale"));
      y += PAUSE_HEIGHT;
    } else y += waited * SLOPE;
    time = moment.time;
    if (!moment.leaves) {
      arrives[moment.index] = y;
      continue;
    }
    y = Math.max(y, lastLeft + ROW);
    lastLeft = leaves[moment.index] = y;
    if (time !== labelled) labels.push(text(24, y + 4, `${round(time)} ms`, "pale"));
    labelled = time;
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
