/** The few shapes of which the handbook's own pictures are made, in light and in dark. Sizes in pixels. */
import { escaped, text } from "../plot/svg.ts";

export const WIDTH = 900;

const STYLE = `
svg{--paper:#fff;--ink:#1f2328;--pale:#656d76;--line:#c3c9d0;--a:#ddf4ff;--b:#fff1c7;--c:#dafbe1;--x:#ffebe9;--edge:#8c959f}
@media(prefers-color-scheme:dark){svg{--paper:#0d1117;--ink:#e6edf3;--pale:#9198a1;--line:#3d444d;--a:#0c2d6b;--b:#4b2e00;--c:#04381c;--x:#67060c;--edge:#6e7681}}
.paper{fill:var(--paper)}text{fill:var(--ink);font:13px system-ui,sans-serif}.pale{fill:var(--pale)}.big{font-size:18px;font-weight:600}
.name{font-size:15px;font-weight:600}.end{text-anchor:end}.mid{text-anchor:middle}.line{stroke:var(--edge);fill:none}.head{fill:var(--edge)}
.a,.b,.c,.x,.n{stroke:var(--edge)}.a{fill:var(--a)}.b{fill:var(--b)}.c{fill:var(--c)}.x{fill:var(--x)}.n{fill:var(--paper)}`;

/** What a box is filled with: one of four colours, or nothing. */
export type Fill = "a" | "b" | "c" | "x" | "n";

/** A box with words in its middle. */
export function box(x: number, y: number, width: number, height: number, fill: Fill, words = ""): string {
  const shape = `<rect class="${fill}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="3"/>`;
  return words === "" ? shape : shape + text(x + width / 2, y + height / 2 + 5, words, "mid");
}

/** A level arrow, or one that falls. */
export function arrow(fromX: number, fromY: number, toX: number, toY: number): string {
  const angle = Math.atan2(toY - fromY, toX - fromX);
  const corner = (turn: number): string => `${round(toX - 9 * Math.cos(angle + turn))} ${round(toY - 9 * Math.sin(angle + turn))}`;
  return `<path class="line" d="M${round(fromX)} ${round(fromY)}L${round(toX)} ${round(toY)}"/>` +
    `<path class="head" d="M${round(toX)} ${round(toY)}L${corner(0.4)}L${corner(-0.4)}z"/>`;
}

/** The file. */
export function picture(title: string, height: number, shapes: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE.trimStart()}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${height}"/>`,
    text(24, 34, title, "big"),
    ...shapes,
    "</svg>",
    "",
  ].join("\n");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
