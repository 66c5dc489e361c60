/**
 * Lists of labs as they are typed: "2", "1-3", "1,3-5".
 */
import { findLab, labs } from "../../labs/manifest.ts";
import { UsageError } from "./usage_error.ts";

/** The labs that a text names, in their order. Throws a UsageError that names the option. */
export function readLabs(text: string, option: string): number[] {
  const chosen = new Set<number>();
  for (const part of text.split(",")) {
    const range = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
    const first = Number(range?.[1]);
    const last = Number(range?.[2] ?? range?.[1]);
    if (range === null || last < first) throw new UsageError(`Cannot make sense of ${option} ${text}: write 2, 1-3 or 1,3.`);
    for (let number = first; number <= Math.min(last, 99); number++) {
      if (findLab(number) === undefined) throw new UsageError(`${option}: there is no lab ${number}, there are ${labNumbers()}.`);
      chosen.add(number);
    }
  }
  return [...chosen].sort((a, b) => a - b);
}

/** The other way round: "1,3-5" for 1, 3, 4, 5. */
export function writeLabs(numbers: readonly number[]): string {
  const ends: [first: number, last: number][] = [];
  for (const number of numbers) {
    const end = ends.at(-1);
    if (end !== undefined && number === end[1] + 1) end[1] = number;
    else ends.push([number, number]);
  }
  return ends.map(([first, last]) => first === last ? `${first}` : `${first}-${last}`).join(",");
}

/** Whose code is run, as options: " --mine --reference 1-3"; "" where nothing was said. */
export function wayText({ mine, reference }: { readonly mine?: boolean; readonly reference?: ReadonlySet<number> }): string {
  const named = [...reference ?? []].toSorted((a, b) => a - b);
  return `${mine === true ? " --mine" : ""}${named.length === 0 ? "" : ` --reference ${writeLabs(named)}`}`;
}

/** "1 to 7". */
export function labNumbers(): string {
  return `${labs[0]?.number} to ${labs.at(-1)?.number}`;
}
