/**
 * What came beside what was expected, field by field: the fields that differ first, each behind a mark, and then those that agree.
 */
import type { Mismatch, RightField } from "../harness/matchers.ts";
import { paint, WIDTH, wrap } from "./text.ts";

/** Columns in front, as those of a label. */
const INDENT = 14;
/** Fields that agree and are shown. */
const SHOWN_RIGHT = 6;

/** The lines of the table; none when nothing differs. */
export function fieldsTable(mismatches: readonly Mismatch[], right: readonly RightField[]): string[] {
  if (mismatches.length === 0) return [];
  const wrong = mismatches.map(({ field, expected, got }) =>
    bare(expected) === bare(got) ? { field, expected, got } : { field, expected: bare(expected), got: bare(got) }
  ); // a number and the same number as a text differ by their quotes
  const shown = right.slice(0, SHOWN_RIGHT).map(({ field, value }) => ({ field, expected: bare(value), got: bare(value) }));
  const head = { field: "", expected: "expected", got: "got" };
  const widest = (column: keyof Mismatch): number => Math.max(...[head, ...wrong, ...shown].map((row) => row[column].length));
  const [field, expected] = [widest("field"), widest("expected")];
  if (INDENT + 2 + field + 2 + expected + 2 + widest("got") > WIDTH) return oneByOne(wrong);
  const row = (mark: string, each: Mismatch): string =>
    `${" ".repeat(INDENT)}${mark} ${each.field.padEnd(field)}  ${each.expected.padEnd(expected)}  ${each.got}`;
  const more = right.length - shown.length;
  return [
    row(" ", head),
    ...wrong.map((each) => paint("red", row("✘", each))),
    ...shown.map((each) => paint("dim", row(" ", each))),
    ...(more > 0 ? [paint("dim", `${" ".repeat(INDENT)}  … and ${more} more that agree`)] : []),
  ];
}

/** An address that a check holds as a text, without its quotes. */
function bare(text: string): string {
  return text.replace(/^"(?=.*[.:])([\da-f.:]+)"$/, "$1");
}

/** Where there is no room for columns. */
function oneByOne(wrong: readonly Mismatch[]): string[] {
  return wrong.flatMap(({ field, expected, got }) =>
    wrap(`✘ ${field}: expected ${expected}, got ${got}`, Math.max(1, WIDTH - INDENT)).map((line) =>
      `${" ".repeat(INDENT)}${paint("red", line)}`
    )
  );
}
