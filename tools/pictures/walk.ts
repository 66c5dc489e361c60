/** Chapter 13: the steps of the walk, and all outcomes that end it there, from the table that `deno task diagnose` works with. */
import { STEPS } from "../diagnose/finding.ts";
import { type Outcome, OUTCOMES } from "../diagnose/outcomes.ts";
import { text } from "../plot/svg.ts";
import { arrow, box, type Fill, picture } from "./drawing.ts";

const LEFT = 40, STEP = 120, FIRST = 220, GAP = 8, TOP = 66, LINE = 38, HEIGHT = 28, RIGHT = 880;
/** Pixels of a letter, nearly. */
const LETTER = 7.2;
const FILLS: Readonly<Record<Outcome["layer"], Fill>> = { above: "c", at: "b", below: "a" };

export function walk(): string {
  const shapes: string[] = [];
  let y = TOP;
  let before: number | undefined;
  for (const step of STEPS) {
    if (before !== undefined) shapes.push(arrow(LEFT + STEP / 2, before, LEFT + STEP / 2, y));
    shapes.push(box(LEFT, y, STEP, HEIGHT, "n", step));
    before = y + HEIGHT;
    let x = FIRST;
    for (const [name, outcome] of Object.entries<Outcome>(OUTCOMES).filter(([, outcome]) => outcome.step === step)) {
      const width = name.length * LETTER + 20;
      if (x + width > RIGHT) [x, y] = [FIRST, y + LINE];
      shapes.push(box(x, y, width, HEIGHT, FILLS[outcome.layer], name));
      x += width + GAP;
    }
    y += LINE + 14;
  }
  const legend = (["above", "at", "below"] as const).map((layer, index) =>
    box(FIRST + index * 160, y, 16, 16, FILLS[layer]) + text(FIRST + index * 160 + 24, y + 13, `${layer} the socket`, "pale")
  );
  return picture("Where the walk stops, and on which side of the socket that is", y + 40, [...shapes, ...legend]);
}
