/**
 * A student's kit (`deno task handout` makes it) has a file `kit.json` at its top. An instructor's tree has none.
 */

/** What a kit is. */
export interface Kit {
  readonly format: 1;
  /** The labs that were handed out. The others' code comes from the peer bundle. */
  readonly labs: readonly number[];
  /** The labs whose solutions are here. */
  readonly released: readonly number[];
  /** The hash of everything that was handed out. Hidden checks are sealed for this very kit. */
  readonly hash: string;
}

/** The file's name. */
export const KIT_FILE = "kit.json";

const TOP = new URL("../../", import.meta.url);

/** The kit that this tree is, or undefined. */
export function readKit(): Kit | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(new URL(KIT_FILE, TOP))) as Kit;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new Error(`${KIT_FILE} cannot be read: ${(error as Error).message}`);
  }
}
