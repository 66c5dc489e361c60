/** Text for a terminal of 80 columns: colours where they are wanted, wrapping, columns. Everything reads without colour. */

const COLOURS = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const;

/** Whether colours are wanted: a terminal is there and NO_COLOR is not set. */
export const coloured: boolean = Deno.stdout.isTerminal() && !Deno.noColor;

/** The text in a colour, or as it is. */
export function paint(colour: keyof typeof COLOURS, text: string): string {
  return coloured ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text;
}

/** The report's width in columns. */
export const WIDTH = 80;

/** Breaks text into lines of at most `width` columns, at spaces. Words that are longer stand alone. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (const word of paragraph.split(" ")) {
      if (line !== "" && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else line = line === "" ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines;
}

/** A label and its text, wrapped beside it: "  Why         the last byte …". */
export function labelled(label: string, text: string, indent = 2, labelWidth = 12): string {
  const room = WIDTH - indent - labelWidth;
  return wrap(text, room).map((line, index) => `${" ".repeat(indent)}${(index === 0 ? label : "").padEnd(labelWidth)}${line}`).join("\n");
}

/** Left and right text on one line, or on two when they do not fit. */
export function sides(left: string, right: string): string {
  const gap = WIDTH - left.length - right.length;
  return gap >= 2 ? `${left}${" ".repeat(gap)}${right}` : `${left}\n${right.length < WIDTH ? right.padStart(WIDTH) : right}`;
}

/** "1 002 ms": thousands apart. */
export function milliseconds(value: number): string {
  return `${String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, " ")} ms`;
}
