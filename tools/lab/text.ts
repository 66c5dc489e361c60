/** Text for a terminal, of 80 columns unless something else is said: colours where they are wanted, wrapping, columns. Everything reads without colour. */

const COLOURS = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const;

/** Whether colours are wanted: a terminal is there and NO_COLOR is not set. */
export let coloured: boolean = Deno.stdout.isTerminal() && !Deno.noColor;

/** The text in a colour, or as it is. */
export function paint(colour: keyof typeof COLOURS, text: string): string {
  return coloured && text !== "" ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text;
}

/** The report's width in columns. */
export let WIDTH = 80;
/** With fewer columns than these beside a label, text stands below it. */
const LEAST = 24;

/** Says what text is made for from now on: where it is shown on a screen of its own, and that screen may change its size. */
export function setPage(page: { readonly columns: number; readonly coloured: boolean }): void {
  WIDTH = page.columns;
  coloured = page.coloured;
}

/** Columns that a title needs beside its id; with less it stands below. */
const TITLE_ROOM = 24;

/** Breaks text into lines of at most `width` columns, at spaces; a word that is longer is cut. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (let word of paragraph.split(" ")) {
      if (line !== "" && line.length + 1 + word.length > width) {
        lines.push(line);
        line = "";
      }
      for (; word.length > width; word = word.slice(width)) lines.push(word.slice(0, width));
      line = line === "" ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines;
}

/** Text that is cut at a word, with "…", when it is longer than `width` columns. */
export function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  const kept = text.slice(0, width - 1);
  const end = text[width - 1] === " " ? kept.length : kept.lastIndexOf(" ");
  return `${(end > 0 ? kept.slice(0, end) : kept).replace(/[\s,:;]+$/, "")}…`;
}

/** Sentences within the width; a line that is a command is left whole, so that it can be copied. */
export function wrapAround(text: string): string {
  return text.split("\n").flatMap((line) => line.length <= WIDTH || line.startsWith("deno task ") ? [line] : wrap(line, WIDTH)).join("\n");
}

/** A label and its text, wrapped beside it: "  Why         the last byte …". */
export function labelled(label: string, text: string, indent = 2, labelWidth = 12): string {
  const room = WIDTH - indent - labelWidth;
  if (room < LEAST) {
    const head = label === "" ? [] : [`${" ".repeat(indent)}${label}`];
    return [...head, ...wrap(text, Math.max(1, WIDTH - indent - 1)).map((line) => `${" ".repeat(indent + 1)}${line}`)].join("\n");
  }
  return wrap(text, room).map((line, index) => `${" ".repeat(indent)}${(index === 0 ? label : "").padEnd(labelWidth)}${line}`).join("\n");
}

/** A label and a command, which is copied as a whole: never broken, on a line of its own when it doesn't fit beside the label. */
export function labelledCommand(label: string, command: string, indent = 2, labelWidth = 12): string {
  const head = `${" ".repeat(indent)}${label.padEnd(labelWidth)}`;
  if (head.length + command.length <= WIDTH) return `${head}${command}`;
  const room = Math.max(0, Math.min(indent + 2, WIDTH - command.length));
  return [...label === "" ? [] : [head.trimEnd()], `${" ".repeat(room)}${command}`].join("\n");
}

/** Left and right text on one line, or on two when they do not fit. */
export function sides(left: string, right: string): string {
  const gap = WIDTH - left.length - right.length;
  return gap >= 2 ? `${left}${" ".repeat(gap)}${right}` : `${left}\n${right.length < WIDTH ? right.padStart(WIDTH) : right}`;
}

/** A name in a column of `column` columns, and its title, wrapped beneath itself; `right` at the end of the first line. */
export function titled(name: string, title: string, column: number, right = ""): string[] {
  const head = `${name.padEnd(column)}  `;
  const room = WIDTH - head.length - (right === "" ? 0 : right.length + 2);
  if (room < TITLE_ROOM) return [right === "" ? name : sides(name, right), ...wrap(title, WIDTH - 4).map((line) => `    ${line}`)];
  const [first = "", ...rest] = wrap(title, room);
  const top = `${head}${first}`;
  return [right === "" ? top : sides(top, right), ...rest.map((line) => `${" ".repeat(head.length)}${line}`)];
}

/** "1 002 ms": thousands apart. */
export function milliseconds(value: number): string {
  return `${String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, " ")} ms`;
}

/** The text with "1 byte" for "1 bytes". */
export function singular(text: string): string {
  return text.replaceAll(/(?<![\d.,–-])\b1 (byte|bit|packet|fragment|zero|step|time|word|request|line)s\b/g, "1 $1");
}
