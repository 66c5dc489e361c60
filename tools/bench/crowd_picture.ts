/**
 * What a connection, an echo and a segment cost, by the number of connections beside them, as SVG: one file without script or fonts, in light or in dark as the
 * reader has it. The horizontal axis is logarithmic, the other one begins at 0: a line that stays level is a cost that is linear.
 */
import { scaleTo } from "../plot/scale.ts";
import type { CrowdCost } from "./crowd.ts";

const WIDTH = 720, HEIGHT = 360, LEFT = 56, RIGHT = 120, TOP = 48, BOTTOM = 52;
const STYLE = "svg{--paper:#fff;--ink:#1f2328;--pale:#656d76;--grid:#e4e8ec;--a:#0969da;--b:#bc6a00;--c:#8250df}" +
  "@media(prefers-color-scheme:dark){svg{--paper:#0d1117;--ink:#e6edf3;--pale:#9198a1;--grid:#262c34;--a:#58a6ff;--b:#e3a53c;--c:#d2a8ff}}" +
  ".paper{fill:var(--paper)}text{fill:var(--pale);font:13px system-ui,sans-serif}.ink{fill:var(--ink);font-size:15px;font-weight:600}" +
  ".end{text-anchor:end}.mid{text-anchor:middle}.grid{stroke:var(--grid)}polyline{fill:none;stroke-width:2}" +
  ".a{stroke:var(--a)}.b{stroke:var(--b)}.c{stroke:var(--c)}circle{stroke-width:2;fill:var(--paper)}";
const SERIES = [["connection", "a"], ["echo", "b"], ["segment", "c"]] as const;

/** The whole file. Costs of at least two numbers of connections. */
export function crowdPicture(costs: readonly CrowdCost[], machine: string): string {
  const most = Math.max(...costs.flatMap(({ connection, echo, segment }) => [connection, echo, segment])) / 1000;
  const scale = scaleTo(most, 5);
  const last = Math.log10(costs.at(-1)?.open ?? 1) || 1;
  const x = (open: number): number => round(LEFT + Math.log10(open) / last * (WIDTH - LEFT - RIGHT));
  const y = (value: number): number => round(HEIGHT - BOTTOM - value / scale.top * (HEIGHT - TOP - BOTTOM));
  const grid = scale.ticks.map((tick) =>
    `<path class="grid" d="M${LEFT} ${y(tick)}H${WIDTH - RIGHT}"/><text class="end" x="${LEFT - 8}" y="${y(tick) + 4}">${tick}</text>`
  );
  const labels = costs.map(({ open }) => `<text class="mid" x="${x(open)}" y="${HEIGHT - BOTTOM + 20}">${open}</text>`);
  const lines = SERIES.map(([name, style]) => {
    const points = costs.map((cost) => [x(cost.open), y(cost[name] / 1000)] as const);
    const dots = points.map(([left, top]) => `<circle class="${style}" cx="${left}" cy="${top}" r="3"/>`).join("");
    const [, end = 0] = points.at(-1) ?? [];
    return `<polyline class="${style}" points="${points.join(" ")}"/>${dots}<text x="${WIDTH - RIGHT + 12}" y="${end + 4}">${name}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">`,
    `<title>Microseconds for a connection, an echo and a segment, with 1 to ${costs.at(-1)?.open} connections open</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${HEIGHT}"/>`,
    `<text class="ink" x="${LEFT}" y="28">microseconds for each, both ends</text>`,
    `<text class="end" x="${WIDTH - 12}" y="28">${machine}</text>`,
    ...grid,
    ...labels,
    `<text class="mid" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 10}">open connections, all of which take part</text>`,
    ...lines,
    "</svg>",
    "",
  ].join("\n");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
