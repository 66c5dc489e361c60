/** The picture as a file: well-formed, small, and nothing from outside in it. */
import { assert, assertEquals, assertLess, assertNotMatch, assertStringIncludes } from "@std/assert";
import { pictureOf } from "./picture.ts";
import { svgText } from "./svg.ts";
import { terminalText } from "./terminal.ts";
import type { Recording, TransferSettings } from "./transfer.ts";

const SETTINGS: TransferSettings = { rate: 2e6, delay: 20, queue: 20, loss: 0.01, seed: 1, seconds: 10, algorithm: "cubic", sack: true };

/** A window that goes up and down, a sample each millisecond; for its first second there is no threshold. */
const RECORDING: Recording = {
  segment: 1000,
  samples: Array.from(
    { length: 10_000 },
    (_, time) => ({ time, cwnd: 10 + time % 20, ssthresh: time < 1000 ? undefined : 10, flight: time % 30 }),
  ),
  acked: Array.from({ length: 10_000 }, (_, time) => ({ time, offset: time * 250 })),
  resent: [{ time: 5200, offset: 1_300_000 }],
  lost: [{ time: 5000, offset: 1_300_000 }],
  roundTrips: Array.from({ length: 10_000 }, (_, time) => ({ time, milliseconds: 50 + time % 40 })),
  timeouts: 1,
  end: 10_000,
};
const NOTHING: Recording = { segment: 0, samples: [], acked: [], resent: [], lost: [], roundTrips: [], timeouts: 0, end: 0 };

/** Names of the elements, in the order in which they begin. Throws for what is not well-formed, of the little XML that we write. */
function elementsOf(xml: string): string[] {
  const names: string[] = [], open: string[] = [];
  const rest = xml.replaceAll(
    /<(\/?)([a-z]+)((?: [\w:-]+="[^"<&]*(?:&(?:amp|lt|gt|quot|apos);[^"<&]*)*")*)(\/?)>/g,
    (_, closes, name, _attributes, empty) => {
      if (closes === "/") assertEquals(open.pop(), name);
      else {
        names.push(name);
        if (empty !== "/") open.push(name);
      }
      return "";
    },
  );
  assertEquals(open, []);
  assertNotMatch(rest, /<|&(?!(amp|lt|gt|quot|apos);)/);
  return names;
}

Deno.test("svgText() is well-formed, whatever the names are", () => {
  const name = `</text><script>alert("1" & '2')</script>\u0000`;
  const svg = svgText(
    pictureOf([{ name, origins: name, recording: RECORDING }, { name: "b", origins: "c", recording: NOTHING }], SETTINGS),
  );
  const elements = elementsOf(svg);
  assertEquals(elements[0], "svg");
  assert(!elements.includes("script"));
  assertStringIncludes(svg, "&lt;script&gt;");
  assertNotMatch(svg, /href|url\(|@import|NaN|Infinity|undefined/);
  assertStringIncludes(svg, "prefers-color-scheme:dark");
});

Deno.test("svgText() draws as much as fits into the pixels, however long the recording", () => {
  const run = { name: "yours", origins: "01–08 yours", recording: RECORDING };
  assertLess(svgText(pictureOf([run, { ...run, name: "reference" }], SETTINGS)).length, 150_000);
});

Deno.test("pictureOf() keeps a window that never stops growing from making everything else flat", () => {
  const endless = { ...RECORDING, samples: [{ time: 0, cwnd: 1e12, ssthresh: undefined, flight: 20 }] };
  const { windows } = pictureOf([{ name: "yours", origins: "", recording: endless }], SETTINGS);
  assertLess(windows.scale.top, 200);
});

Deno.test("terminalText() of nothing is empty axes", () => {
  const text = terminalText(pictureOf([{ name: "yours", origins: "", recording: NOTHING }], SETTINGS));
  for (const line of text.split("\n")) assert([...line].length <= 80, line);
  const charts = text.split("\n").filter((line) => /[┤│]/.test(line)).join("\n");
  assertEquals(charts.replaceAll("*", "").length, charts.length - 1, "nothing was acknowledged at the time 0, and that is all");
});
