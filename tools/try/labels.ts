/**
 * Words beside the arrows of a picture: broken into lines where the arrow is short, and each put at a place along its arrow where it covers no other
 * words, and as few other arrows as may be. How wide letters are is only guessed, on the safe side: a reader's font may be any.
 */

/** From x and y to x and y, in pixels. */
export type Line = readonly [fromX: number, fromY: number, toX: number, toY: number];

/** Words that belong to an arrow. */
export interface Wanted {
  readonly arrow: Line;
  readonly lines: readonly string[];
}

/** Where words stand: their middle at x, their last line at y, before they are turned by `angle` degrees around x and `centre`. */
export interface Placed {
  readonly x: number;
  readonly y: number;
  readonly centre: number;
  readonly angle: number;
}

/** A box around words, or whatever must be seen: its middle, half its size, and how it leans. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly halfWidth: number;
  readonly halfHeight: number;
  /** In radians. */
  readonly angle: number;
}

/** Pixels of a letter, of a line, and between an arrow and the words above it. */
export const LETTER = 7.3, LINE = 15;
const ABOVE = 5;
/** Pixels at both ends of an arrow that words leave free. */
const ENDS = 10;
/** Height of letters, from their baseline up. */
const HEIGHT = 11;
/** So often each looks for a better place, as the others have theirs by then. */
const ROUNDS = 3;
/** Parts of the way on both sides of an arrow's middle that are tried. */
const STEPS = 9, STEP = 0.04;

/** Words that stay with the next. */
const TOGETHER = /\b(seq|ack|win|id|SYN(?= ACK)|FIN(?= ACK| PSH)|PSH(?= ACK)|RST(?= ACK)|\d+(?= bytes?\b)) (?=\S)/g;

/** The words in as few lines as an arrow over so many pixels has room for, all of them as short as that allows. */
export function linesFor(words: string, pixels: number): string[] {
  const room = Math.max(8, Math.floor((pixels - 2 * ENDS) / LETTER));
  const glued = words.replaceAll(" → ", "\u00a0→\u00a0").replaceAll(TOGETHER, "$1\u00a0");
  const units = (glued.split(" ").some(({ length }) => length > room) ? words : glued).split(" ");
  const count = broken(units, room).length;
  let width = room;
  while (width > 1 && broken(units, width - 1).length === count) width--;
  return broken(units, width).map((line) => line.replaceAll("\u00a0", " "));
}

/** A unit that is longer than the room has a line of its own. */
function broken(units: readonly string[], room: number): string[] {
  const lines: string[] = [];
  for (const unit of units) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + unit.length <= room) lines[lines.length - 1] = `${last} ${unit}`;
    else lines.push(unit);
  }
  return lines;
}

/** A place for each, in their order; `taken` is what must be seen beside them, `arrows` are those to which they belong. */
export function placeLabels(wanted: readonly Wanted[], taken: readonly Box[], arrows: readonly Line[]): Placed[] {
  const found: { readonly part: number; readonly box: Box }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { arrow, lines }] of wanted.entries()) {
      const covered = [...taken, ...found.flatMap(({ box }, other) => other === index ? [] : [box])].flatMap(edgesOf);
      const crossed = arrows.filter((_, other) => other !== index);
      const tries = partsFor(arrow, lines).map((part) => {
        const box = boxAt(arrow, lines, part);
        const count = (some: readonly Line[]): number => some.filter((each) => crosses(each, box)).length;
        return { part, box, cost: count(covered) * 100 + count(crossed) + Math.abs(part - 0.5) };
      });
      found[index] = tries.reduce((best, each) => each.cost < best.cost ? each : best);
    }
  }
  return wanted.map(({ arrow: [fromX, fromY, toX, toY] }, index) => {
    const { part, box } = found[index] as { part: number; box: Box };
    const centre = fromY + (toY - fromY) * part;
    return { x: fromX + (toX - fromX) * part, y: centre - ABOVE, centre, angle: box.angle * 180 / Math.PI };
  });
}

/** Parts of the way at which the words' middle may be. */
function partsFor([fromX, , toX]: Line, lines: readonly string[]): number[] {
  const half = (widthOf(lines) / 2 + ENDS) / Math.abs(toX - fromX);
  const parts = Array.from({ length: STEPS }, (_, index) => [0.5 - (index + 1) * STEP, 0.5 + (index + 1) * STEP]).flat();
  return [0.5, ...parts.filter((part) => part - half >= 0 && part + half <= 1)];
}

function boxAt([fromX, fromY, toX, toY]: Line, lines: readonly string[], part: number): Box {
  const angle = Math.atan((toY - fromY) / (toX - fromX));
  const halfHeight = ((lines.length - 1) * LINE + HEIGHT) / 2;
  const over = ABOVE + halfHeight;
  return {
    x: fromX + (toX - fromX) * part + over * Math.sin(angle),
    y: fromY + (toY - fromY) * part - over * Math.cos(angle),
    halfWidth: widthOf(lines) / 2,
    halfHeight,
    angle,
  };
}

function widthOf(lines: readonly string[]): number {
  return Math.max(...lines.map(({ length }) => length)) * LETTER;
}

function edgesOf({ x, y, halfWidth, halfHeight, angle }: Box): Line[] {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([across, down]) => {
    const [dx, dy] = [(across as number) * halfWidth, (down as number) * halfHeight];
    return [x + dx * cos - dy * sin, y + dx * sin + dy * cos] as const;
  });
  return corners.map((corner, index) => [...corner, ...corners[(index + 1) % 4] as readonly [number, number]]);
}

/** Whether a line has a part inside a box: clipped at the box's sides, after both were turned so that these are level. */
function crosses([fromX, fromY, toX, toY]: Line, { x, y, halfWidth, halfHeight, angle }: Box): boolean {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const turned = (px: number, py: number): [number, number] => [(px - x) * cos + (py - y) * sin, (py - y) * cos - (px - x) * sin];
  const [from, to] = [turned(fromX, fromY), turned(toX, toY)];
  let enters = 0, leaves = 1;
  for (const [axis, half] of [halfWidth, halfHeight].entries()) {
    const [start, way] = [from[axis] as number, (to[axis] as number) - (from[axis] as number)];
    if (way === 0 && Math.abs(start) > half) return false;
    if (way === 0) continue;
    const [one, other] = [(-half - start) / way, (half - start) / way];
    enters = Math.max(enters, Math.min(one, other));
    leaves = Math.min(leaves, Math.max(one, other));
  }
  return enters < leaves;
}
