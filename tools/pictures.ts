/**
 * `deno task pictures` draws the handbook's pictures that are no ladder, each from the code that it shows or from a run of it, into docs/pictures.
 * The ladders are drawn by `deno task try --pictures`.
 */
import { demultiplexing } from "./pictures/demultiplexing.ts";
import { fiveThings } from "./pictures/five_things.ts";
import { frame } from "./pictures/frame.ts";
import { walk } from "./pictures/walk.ts";
import { written } from "./pictures/written.ts";

export const FOLDER = new URL("../docs/pictures/", import.meta.url);

/** By file name; each gives the same every time. */
export const PICTURES: Readonly<Record<string, () => string | Promise<string>>> = {
  "five-things.svg": fiveThings,
  "frame.svg": frame,
  "demultiplexing.svg": demultiplexing,
  "written.svg": written,
  "walk.svg": walk,
};

if (import.meta.main) {
  for (const [name, draw] of Object.entries(PICTURES)) await Deno.writeTextFile(new URL(name, FOLDER), await draw());
}
