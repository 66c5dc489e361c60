/**
 * The picture as SVG: one file without script, fonts or anything else from outside, which a browser or an `<img>` shows in light or in dark, as the
 * reader has it. Everything that stands in it as text is escaped.
 */
import type { Marks, Panel, Picture, Point, Series } from "./picture.ts";
import type { Scale } from "./scale.ts";

/** Sizes in pixels. A column is what a transfer has; alone it has the width of two. */
const WIDTH = 1200, LEFT = 56, RIGHT = 28, GAP = 64, TOP = 112, BETWEEN = 52, BOTTOM = 56;
const HEIGHTS = { windows: 280, roundTrips: 110, numbers: 170 };

/** What each series and each mark is called in the style, and beside the picture. */
const STYLES = {
  "cwnd": "a",
  "ssthresh": "b",
  "in flight": "c",
  "round trip": "a",
  "acknowledged": "a",
  "bottleneck": "b",
  "lost": "x",
  "sent again": "r",
} as const;

const STYLE = `
svg{--paper:#fff;--ink:#1f2328;--pale:#656d76;--grid:#e4e8ec;--a:#0969da;--b:#bc6a00;--c:#c9d1d9;--x:#cf222e;--r:#8250df}
@media(prefers-color-scheme:dark){svg{--paper:#0d1117;--ink:#e6edf3;--pale:#9198a1;--grid:#262c34;--a:#58a6ff;--b:#e3a53c;--c:#3d444d;--x:#ff7b72;--r:#d2a8ff}}
.paper{fill:var(--paper)}text{fill:var(--ink);font:13px system-ui,sans-serif}.pale{fill:var(--pale)}.big{font-size:18px;font-weight:600}.name{font-size:15px;font-weight:600}
.end{text-anchor:end}.mid{text-anchor:middle}.grid{stroke:var(--grid)}.axis{stroke:var(--pale)}path{fill:none}
.a{stroke:var(--a);stroke-width:2}.b{stroke:var(--b);stroke-width:1.5;stroke-dasharray:6 4}.c{stroke:none;fill:var(--c)}
.x{stroke:var(--x);stroke-width:1.5}.r{stroke:var(--r);stroke-width:4;stroke-linecap:round}`;

/** Where a panel of a column lies, and what its axes are. */
interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly time: Scale;
  readonly scale: Scale;
}

/** The whole file. */
export function svgText(picture: Picture): string {
  const { title, subtitle, columns, time } = picture;
  const width = (WIDTH - LEFT - RIGHT - GAP * (columns.length - 1)) / columns.length;
  const panels = (["windows", "roundTrips", "numbers"] as const).map((name) => ({ ...picture[name], height: HEIGHTS[name] }));
  const drawn: string[] = [];
  let top = TOP;
  for (const [row, panel] of panels.entries()) {
    for (const [index, { series, marks }] of panel.columns.entries()) {
      const box = { left: LEFT + index * (width + GAP), top, width, height: panel.height, time, scale: panel.scale };
      drawn.push(
        axes(box, row === panels.length - 1),
        ...series.map((each) => seriesPath(each, box)),
        ...marks.map((each) => marksPath(each, box)),
      );
    }
    drawn.push(panelTitle(panel, top, row === 0));
    top += panel.height + BETWEEN;
  }
  const height = top - BETWEEN + BOTTOM;
  const names = columns.map(({ name, origins, figures }, index) => {
    const left = LEFT + index * (width + GAP);
    return text(left, 68, name, "name") + text(left + name.length * 9 + 16, 68, origins, "pale") +
      text(left + width, 68, figures, "pale end");
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escaped(`${title}: ${subtitle}`)}</title>`,
    `<style>${STYLE.trimStart()}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${height}"/>`,
    text(LEFT, 32, title, "big"),
    text(WIDTH - RIGHT, 32, subtitle, "pale end"),
    ...names,
    ...drawn,
    "</svg>",
    "",
  ].join("\n");
}

/** The panel's title, which says the unit, and beside it what is not drawn in a panel above. */
function panelTitle({ title, columns }: Panel, top: number, isFirst: boolean): string {
  const [first] = columns;
  const names = [...first?.series.toReversed() ?? [], ...isFirst ? first?.marks.toReversed() ?? [] : []].map(({ name }) => name);
  let left = LEFT + title.length * 7 + 24;
  const legend = names.length < 2 ? [] : names.map((name) => {
    const at = left;
    left += name.length * 7 + 46;
    return `${sample(STYLES[name], at, top - 16)}${text(at + 30, top - 12, name, "pale")}`;
  });
  return [text(LEFT, top - 12, title), ...legend].join("\n");
}

function sample(style: string, left: number, y: number): string {
  if (style === "c") return `<path class="c" d="M${left} ${y - 5}h24v10h-24z"/>`;
  if (style === "x") return `<path class="x" d="${cross(left + 12, y)}"/>`;
  return `<path class="${style}" d="M${style === "r" ? left + 12 : left} ${y}h${style === "r" ? 0 : 24}"/>`;
}

function axes({ left, top, width, height, time, scale }: Box, isLast: boolean): string {
  const lines = scale.ticks.map((tick) => {
    const y = round(top + height - tick / scale.top * height);
    return `<path class="${tick === 0 ? "axis" : "grid"}" d="M${left} ${y}h${width}"/>${text(left - 8, y + 4, `${tick}`, "pale end")}`;
  });
  const times = time.ticks.map((tick) => {
    const x = round(left + tick / time.top * width);
    const label = tick === time.ticks.at(-1) ? `${tick} s` : `${tick}`;
    const line = tick === 0 ? "" : `<path class="grid" d="M${x} ${top}v${height}"/>`;
    return line + text(x, top + height + 20, label, "pale mid");
  });
  const what = isLast ? text(left + width / 2, top + height + 42, "time", "pale mid") : "";
  return [...times, ...lines, what].join("\n");
}

function seriesPath({ name, kind, points }: Series, box: Box): string {
  const d = kind === "line" ? linePath(points, box) : name === "in flight" ? areaPath(points, box) : stepsPath(points, box);
  return `<path class="${STYLES[name]}" d="${d}"/>`;
}

function linePath(points: readonly Point[], box: Box): string {
  return points.map(([time, value], index) => `${index === 0 ? "M" : "L"}${xOf(time, box)} ${yOf(value ?? 0, box)}`).join("");
}

/** All that was true within one pixel, with the last of it. */
interface Pixel {
  readonly x: number;
  least: number;
  most: number;
  last: number;
}

/** Points with known values one after the other, pixel by pixel, and where the last of them ceases to be true. */
interface Stretch {
  readonly pixels: Pixel[];
  end: number;
}

function stretchesOf(points: readonly Point[], box: Box): Stretch[] {
  const stretches: Stretch[] = [];
  let stretch: Stretch | undefined;
  for (const [time, value] of points) {
    const x = Math.round(xOf(time, box));
    if (stretch !== undefined) stretch.end = x;
    if (value === undefined) {
      stretch = undefined;
      continue;
    }
    if (stretch === undefined) stretches.push(stretch = { pixels: [], end: x });
    const y = yOf(value, box);
    const pixel = stretch.pixels.at(-1);
    if (pixel?.x !== x) stretch.pixels.push({ x, least: y, most: y, last: y });
    else Object.assign(pixel, { least: Math.min(pixel.least, y), most: Math.max(pixel.most, y), last: y });
  }
  return stretches;
}

function stepsPath(points: readonly Point[], box: Box): string {
  return stretchesOf(points, box).map(({ pixels, end }) => {
    const [first] = pixels as [Pixel];
    let y = first.last;
    const steps = pixels.slice(1).map(({ x, least, most, last }) => {
      const ys = Math.abs(y - least) < Math.abs(y - most) ? [least, most, last] : [most, least, last];
      const moves = ys.filter((next, at) => next !== (ys[at - 1] ?? y)).map((next) => `V${next}`).join("");
      y = last;
      return moves === "" ? "" : `H${x}${moves}`;
    });
    return `M${first.x} ${first.last}${steps.join("")}H${end}`;
  }).join("");
}

/** From the axis up to the most that was true in each pixel. */
function areaPath(points: readonly Point[], box: Box): string {
  const base = box.top + box.height;
  return stretchesOf(points, box).map(({ pixels, end }) => {
    const steps = pixels.map(({ x, least }) => `H${x}V${least}`).join("");
    return `M${pixels[0]?.x} ${base}${steps}H${end}V${base}z`;
  }).join("");
}

/** A mark is drawn once in each place, however much happened there. */
function marksPath({ name, points }: Marks, box: Box): string {
  const places = new Set(points.map(([time, value]) => `${Math.round(xOf(time, box) / 2) * 2} ${Math.round(yOf(value, box))}`));
  const drawn = [...places].map((place) => {
    const [x, y] = place.split(" ").map(Number) as [number, number];
    return name === "lost" ? cross(x, y) : `M${x} ${y}h0`;
  });
  return `<path class="${STYLES[name]}" d="${drawn.join("")}"/>`;
}

function cross(x: number, y: number): string {
  return `M${x - 4} ${y - 4}l8 8m0-8l-8 8`;
}

function xOf(time: number, { left, width, time: { top } }: Box): number {
  return round(left + Math.min(1, time / top) * width);
}

/** What is higher than the panel is drawn at its upper edge. */
function yOf(value: number, { top, height, scale }: Box): number {
  return round(top + height - Math.min(1, Math.max(0, value / scale.top)) * height);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A line of text at a place, in a class of the style. */
export function text(x: number, y: number, words: string, style = ""): string {
  return `<text x="${round(x)}" y="${round(y)}"${style === "" ? "" : ` class="${style}"`}>${escaped(words)}</text>`;
}

/** Text as it may stand in SVG. */
export function escaped(words: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };
  return words.replaceAll(/[&<>"']/g, (letter) => names[letter] as string).replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, "�");
}
