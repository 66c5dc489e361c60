/** What the reports of the benchmark have in common: titles, figures, columns. */
import { labelled, paint } from "../lab/text.ts";
import type { Spread } from "./contest.ts";

/** A title, and an empty line above it. */
export function title(text: string): string[] {
  return ["", paint("bold", text)];
}

/** What is measured, and the figure. */
export function line(what: string, figure: string): string {
  return labelled(what, figure, 2, 36);
}

export function indented(text: string): string {
  return `  ${text}`.trimEnd();
}

/** "2.70 (2.68–2.89)": the median, and between the brackets half of all samples. */
export function withQuartiles({ median, low, high }: Spread, show: (value: number) => string): string {
  return `${show(median)} (${show(low)}–${show(high)})`;
}

/** Three digits: "0.435", "2.70", "13.7", "1 235". */
export function figure(value: number): string {
  return value < 99.95 ? value.toPrecision(3) : count(value);
}

/** A whole number, thousands apart. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, " ");
}
