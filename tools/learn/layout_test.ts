/** Every row fits, whatever the window's size and whatever there is to show. */
import { assert, assertEquals } from "@std/assert";
import { labs } from "../../labs/manifest.ts";
import { bodyRows, labsLine, layOut, type Picture, roomOf, topFor } from "./layout.ts";
import { lineOfAnchor, renderDocument } from "./handout.ts";
import { NO_PROGRESS } from "./progress.ts";

/** Letters of one column each, which is enough to test where rows end. */
const WIDTHS = {
  width: (text: string): number => [...text].length,
  slice: (text: string, from: number, to?: number): string => [...text].slice(from, to).join(""),
};

Deno.test("layOut() fills the window and never leaves it, from 5 columns to 200", () => {
  for (const [columns, rows] of [[80, 24], [20, 10], [200, 60], [5, 3], [40, 16], [39, 15]] as const) {
    const lab = labs[3] as typeof labs[number];
    const picture: Picture = {
      title: ["Lab 04 · Handshake", "12 of 34 checks"],
      labs: labsLine(labs, lab, NO_PROGRESS.labs, columns),
      body: [{ text: "x".repeat(95) }, { text: "tab\there\u001b[2Jand\u0007bell" }],
      top: 0,
      status: "saved segment.ts · running 3 of 60 · 0.21 s",
      keys: [["h", "hint"], ["q", "quit"]],
    };
    const body = bodyRows(picture.body, columns, WIDTHS).map(({ text }) => text);
    assertEquals(body.join("").replaceAll(/[^x]/g, "").length, 95, "nothing is lost");
    // deno-lint-ignore no-control-regex -- that there is none
    assert(body.every((row) => !/[\u0000-\u001f]/.test(row)), "nothing that the terminal would obey");
    const drawn = layOut(picture, body.slice(0, roomOf({ columns, rows }, true)), { columns, rows }, WIDTHS);
    assert(drawn.length <= rows, `${drawn.length} rows of ${rows}`);
    for (const row of drawn) assert(WIDTHS.width(row) <= columns, row);
  }
});

Deno.test("topFor() keeps the item of a list in the window, with the heading over it where there is room", () => {
  const body = [{ text: "one" }, { text: "a", item: 0 }, { text: "b".repeat(25), item: 1 }, { text: "" }, { text: "two" }, {
    text: "c",
    item: 2,
  }];
  const rows = bodyRows(body, 10, WIDTHS);
  assertEquals(rows.map(({ item }) => item), [undefined, 0, 1, 1, 1, undefined, undefined, 2]);
  const tops = (room: number, top: number): number[] => [0, 1, 2].map((item) => topFor(rows, item, top, room));
  assertEquals(tops(8, 0), [0, 0, 0]);
  assertEquals(tops(4, 0), [0, 1, 4]);
  assertEquals(tops(4, 4), [0, 2, 4]);
  assertEquals(tops(1, 0), [1, 2, 7], "an item that is higher than the window is seen from its first row on");
  assertEquals(topFor(rows, 9, 3, 4), 3);
});

Deno.test("renderDocument() keeps folded what the browser does, and finds the section of a function", async () => {
  const handout = await Deno.readTextFile(new URL("../../labs/01-framing/README.md", import.meta.url));
  const closed = renderDocument(handout, new Set());
  const folds = closed.filter(({ fold }) => fold !== undefined);
  assert(folds.length >= 24 && folds.every(({ text }) => text.includes("Hint")), "hints alone are folded");
  assert(!closed.some(({ text }) => text.includes("Five `if`s")));
  assert(renderDocument(handout, new Set([2])).some(({ text }) => text.includes("Five `if`s")));
  for (const name of Object.keys(labs[0]?.functions ?? {})) {
    assert(closed[lineOfAnchor(closed, name.toLowerCase())]?.text.includes(name), name);
  }
});
