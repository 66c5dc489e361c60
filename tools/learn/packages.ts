/**
 * How wide text is on a screen, and how to cut it there: by the packages `string-width` and `slice-ansi`, which know of letters that take two columns,
 * of marks that take none, and of colours ([decision 0029](../../docs/decisions/0029-the-loop-draws-its-own-screen.md)).
 *
 * Their names are no literals here, and no entries of the import map: whatever those name, Deno fetches on every task. What is
 * fetched is pinned in `tools/learn/packages.lock`, which `deno task learn` uses in place of the tree's own.
 */

/** What the screen needs. */
export interface Widths {
  /** Columns of a text. */
  readonly width: (text: string) => number;
  /** What stands in these columns, with its colours. */
  readonly slice: (text: string, from: number, to?: number) => string;
}

const STRING_WIDTH = "npm:string-width@8.3.0" as string;
const SLICE_ANSI = "npm:slice-ansi@10.0.1" as string;

/** Loads the packages; undefined when they were not fetched and cannot be. */
export async function loadWidths(): Promise<Widths | undefined> {
  try {
    const [{ default: width }, { default: slice }] = await Promise.all([import(STRING_WIDTH), import(SLICE_ANSI)]);
    return { width, slice };
  } catch {
    return undefined;
  }
}
