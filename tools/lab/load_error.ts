/** Why a student's code cannot even be loaded, within 80 columns. */
import { paint, WIDTH, wrap } from "./text.ts";

/** A line of code that Deno quotes, with its number or without; or the line below it that points. */
const QUOTED = /^( *\d* \| )(.*)$/;

/** The message for the terminal. Sentences are wrapped; quoted code is cut, so that what points at it still does. */
export function loadErrorText(message: string): string {
  const lines = message.split("\n");
  const text = lines.flatMap((line, index) => {
    const shift = shiftOf(lines, index);
    return shift === undefined ? wrapIndented(line) : [cutCode(line, shift)];
  });
  const head = wrap("✘ Your code cannot be loaded.", WIDTH).map((line) => paint("red", line));
  return [...head, "", ...text].join("\n");
}

/** How many columns of quoted code are left out at its beginning; undefined for what is no code. */
function shiftOf(lines: readonly string[], index: number): number | undefined {
  if (!QUOTED.test(lines[index] ?? "")) return undefined;
  const pointer = lines.slice(index, index + 2).find((line) => /^ *\| +[~^]+$/.test(line));
  return Math.max(0, (pointer?.length ?? 0) - WIDTH + 2);
}

function cutCode(line: string, shift: number): string {
  const [, margin = "", code = ""] = QUOTED.exec(line) ?? [];
  const shown = `${margin}${code.slice(shift)}`;
  return shown.length > WIDTH ? `${shown.slice(0, WIDTH - 1)}…` : shown;
}

function wrapIndented(line: string): string[] {
  const indent = /^ */.exec(line)?.[0] ?? "";
  return wrap(line.slice(indent.length), WIDTH - indent.length).map((part) => `${indent}${part}`);
}
