/** What the checks of the scoreboard share: one that was told of blocks, and how blocks are written. */
import type { Trial } from "../../../tools/harness/suite.ts";

type Board = Awaited<ReturnType<Trial["congestion"]["createScoreboard"]>>;

/** From which segment, and up to which: that one is not in it. */
export type Block = readonly [from: number, to: number];

/** A scoreboard that was told of these blocks, in segments. */
export async function boardWith(t: Trial, smss: number, ...blocks: readonly Block[]): Promise<Board> {
  const board = await t.congestion.createScoreboard(smss);
  for (const [from, to] of blocks) await board.update(from * smss, to * smss);
  return board;
}

/** "segments 1–3 and 5"; where a block ends within a segment "from 1 up to 3.25 (in segments)". */
export function rangesText(blocks: readonly Block[]): string {
  if (blocks.length === 0) return "none";
  if (!blocks.flat().every(Number.isInteger)) return `${listText(blocks.map(([from, to]) => `from ${from} up to ${to}`))} (in segments)`;
  const [first] = blocks;
  const isOne = blocks.length === 1 && first !== undefined && first[1] - first[0] === 1;
  return `${isOne ? "segment" : "segments"} ${listText(blocks.map(([from, to]) => to - from === 1 ? `${from}` : `${from}–${to - 1}`))}`;
}

const listText = (items: readonly string[]): string =>
  items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
