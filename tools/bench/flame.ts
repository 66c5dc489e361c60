/**
 * A flame graph as SVG: each call a bar as wide as the time that it took, upon the one that called it. One file without script, fonts or anything from outside; in
 * light or dark, as the reader has it; what is too narrow for its name says it when it is pointed at.
 */
import type { Call } from "./profile.ts";

/** Pixels. */
const WIDTH = 1200, ROW = 19, LEFT = 8, TOP = 64, LETTER = 6.6;
/** Bars narrower than this are left out. */
const NARROWEST = 0.6;

/** Where a function lies, and the colour for it. */
const PARTS = [
  ["solutions/", "a", "the labs"],
  ["stack/tcp", "b", "the TCP engine"],
  ["stack/link", "c", "the device"],
  ["stack/", "d", "the rest of the stack"],
  ["", "e", "Deno, V8, the program"],
] as const;

const STYLE = `
svg{--paper:#fff;--ink:#1f2328;--pale:#656d76;--a:#9ec5fe;--b:#ffd08a;--c:#a3dcb0;--d:#d8c7f7;--e:#dfe3e8}
@media(prefers-color-scheme:dark){svg{--paper:#0d1117;--ink:#e6edf3;--pale:#9198a1;--a:#1f4b87;--b:#7a4f0a;--c:#1d5c33;--d:#523a86;--e:#30363d}}
.paper{fill:var(--paper)}text{fill:var(--ink);font:11px ui-monospace,monospace}.pale{fill:var(--pale);font:13px system-ui,sans-serif}
.big{font:600 18px system-ui,sans-serif}.a{fill:var(--a)}.b{fill:var(--b)}.c{fill:var(--c)}.d{fill:var(--d)}.e{fill:var(--e)}rect{stroke:var(--paper)}`;

/** The whole file. `units`: into how many segments (or whatever was moved) the time is to be divided, and "a segment". */
export function flameGraph(top: Call, title: string, units: { readonly count: number; readonly name: string }): string {
  const bars: string[] = [];
  const scale = (WIDTH - 2 * LEFT) / (top.total || 1);
  let deepest = 0;
  const draw = (call: Call, left: number, depth: number): void => {
    const width = call.total * scale;
    if (width < NARROWEST) return;
    deepest = Math.max(deepest, depth);
    bars.push(bar(call, left, depth, width, top.total, units));
    let at = left;
    for (const each of call.calls) {
      draw(each, at, depth + 1);
      at += each.total * scale;
    }
  };
  let at = LEFT;
  for (const each of top.calls) {
    draw(each, at, 0);
    at += each.total * scale;
  }
  const height = TOP + (deepest + 1) * ROW + 12;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title><style>${STYLE}</style><rect class="paper" width="${WIDTH}" height="${height}"/>`,
    `<text class="big" x="${LEFT}" y="26">${escaped(title)}</text>`,
    legend(),
    ...bars,
    "</svg>",
    "",
  ].join("\n");
}

function legend(): string {
  let x = LEFT;
  return PARTS.map(([, kind, name]) => {
    const item = `<rect class="${kind}" x="${x}" y="38" width="14" height="14"/><text class="pale" x="${x + 20}" y="50">${name}</text>`;
    x += 44 + name.length * 7;
    return item;
  }).join("");
}

function bar(call: Call, left: number, depth: number, width: number, all: number, units: { count: number; name: string }): string {
  const kind = PARTS.find(([prefix]) => call.file.startsWith(prefix))?.[1] ?? "e";
  const y = TOP + depth * ROW;
  const share = `${(call.total / all * 100).toFixed(1)} %, ${(call.total * 1e6 / units.count).toFixed(0)} ns ${units.name}`;
  const hint = `${call.name}${call.file === "" ? "" : ` · ${call.file}`}: ${share}`;
  const letters = Math.floor((width - 6) / LETTER);
  const text = letters < 3 ? "" : `<text x="${(left + 3).toFixed(1)}" y="${y + 13}">${escaped(cut(call.name, letters))}</text>`;
  const place = `x="${left.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 1}"`;
  return `<g><title>${escaped(hint)}</title><rect class="${kind}" ${place}/>${text}</g>`;
}

function cut(text: string, letters: number): string {
  return text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
