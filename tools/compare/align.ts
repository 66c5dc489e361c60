/** What several machines did, in rows: what is the same step, or the same packet, stands in one row. */
import type { Recorded } from "./record.ts";

/** One row; a cell for each machine. */
export type Row = readonly (Recorded | undefined)[];

/** Aligns the recordings of machines, the first of which leads. */
export function align(recordings: readonly (readonly Recorded[])[]): Row[] {
  const [first = [], ...others] = recordings;
  let rows: Row[] = first.map((each) => [each]);
  for (const [index, other] of others.entries()) rows = join(rows, other, index + 1);
  return rows;
}

/** Any cell of a row speaks for it. */
export function head(row: Row): Recorded {
  return row.find((cell) => cell !== undefined) as Recorded;
}

/** One more machine beside the rows: the best of all alignments, by what matches are worth (Needleman and Wunsch). */
function join(rows: readonly Row[], other: readonly Recorded[], width: number): Row[] {
  const best = scores(rows, other);
  const joined: Row[] = [];
  let [i, j] = [rows.length, other.length];
  const at = (row: number, column: number): number => best[row * (other.length + 1) + column] as number;
  while (i > 0 || j > 0) {
    const row = rows[i - 1], one = other[j - 1];
    const match = row !== undefined && one !== undefined ? likeness(head(row), one) : 0;
    if (row !== undefined && one !== undefined && match > 0 && at(i, j) === at(i - 1, j - 1) + match) {
      joined.push([...row, one]);
      i--;
      j--;
    } else if (row !== undefined && (one === undefined || at(i, j) === at(i - 1, j))) {
      joined.push([...row, undefined]);
      i--;
    } else {
      joined.push([...Array.from({ length: width }, () => undefined), one]);
      j--;
    }
  }
  return joined.reverse();
}

/** The worth of the best alignment of each beginning with each. */
function scores(rows: readonly Row[], other: readonly Recorded[]): Float64Array {
  const columns = other.length + 1;
  const best = new Float64Array((rows.length + 1) * columns);
  for (let i = 1; i <= rows.length; i++) {
    for (let j = 1; j < columns; j++) {
      const match = likeness(head(rows[i - 1] as Row), other[j - 1] as Recorded);
      const both = match > 0 ? (best[(i - 1) * columns + j - 1] as number) + match : 0;
      best[i * columns + j] = Math.max(both, best[(i - 1) * columns + j] as number, best[i * columns + j - 1] as number);
    }
  }
  return best;
}

/** How much two things are the same; 0: not at all. */
function likeness(a: Recorded, b: Recorded): number {
  if (a.step !== "" || b.step !== "") return a.step === b.step ? 100 : 0;
  if (a.connection !== b.connection || a.packet === undefined !== (b.packet === undefined)) return 0;
  const near = Math.max(0, 0.5 - Math.abs(a.behind - b.behind) * 0.1) + Math.max(0, 0.4 - Math.abs(a.time - b.time) / 5e6);
  const [one, two] = [a.packet, b.packet];
  if (one === undefined || two === undefined) return (a.text === b.text ? 4 : 1) + near;
  const kind = (flags: string): string => [..."SFR"].filter((letter) => flags.includes(letter)).join("");
  if (kind(one.flags) !== kind(two.flags)) return a.behind === b.behind && one.seq.from === two.seq.from ? 0.5 : 0;
  const same = [one.seq.from === two.seq.from, one.seq.length === two.seq.length, one.ack === two.ack].filter(Boolean).length;
  // A bare ACK and text are two things, unless the text is all that there is.
  if ((one.seq.length === 0) !== (two.seq.length === 0)) return 0;
  const isElsewhere = one.seq.length > 0 && one.seq.from !== two.seq.from;
  return same === 0 || isElsewhere ? 0 : same + near;
}
