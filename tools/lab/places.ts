/** Where a lab function is written, and where the handout explains it. */
import { fileOf, type Lab, labs } from "../../labs/manifest.ts";
import { symbolAnchor } from "./handout_places.ts";
import { ROOT } from "./run.ts";

/** A lab function's place in the student's files. */
export interface Place {
  readonly symbol: string;
  /** "labs/03-ip/checksum.ts:31". */
  readonly file: string;
  /** "labs/03-ip/README.md#internetchecksum". */
  readonly handout: string;
}

/** The place of a function, or of a method: "createRoutes.lookup". Undefined when no lab has it. `prefer`: the lab to look in first. */
export function placeOf(symbol: string, prefer: Lab): Place | undefined {
  for (const lab of [prefer, ...labs]) {
    const file = fileOf(lab, symbol);
    if (file !== undefined) return { symbol, file: `${file}${lineOf(file, symbol)}`, handout: symbolAnchor(lab, symbol) };
  }
  return undefined;
}

/** Whether some function of a lab is still a stub. */
export function hasStubs({ folder, files }: Lab): boolean {
  return files.some((file) => {
    try {
      return /^ *return todo\(/m.test(Deno.readTextFileSync(`${ROOT}/labs/${folder}/${file}`));
    } catch {
      return false;
    }
  });
}

/** ":31", or nothing when the function cannot be found in the file. */
function lineOf(file: string, symbol: string): string {
  let lines: string[];
  try {
    lines = Deno.readTextFileSync(`${ROOT}/${file}`).split("\n");
  } catch {
    return "";
  }
  const [name, method] = symbol.split(".");
  const start = lines.findIndex((line) => new RegExp(`^export (?:async )?(?:function|const|let) ${name}\\b`).test(line));
  if (start < 0) return "";
  if (method === undefined) return `:${start + 1}`;
  const inside = lines.findIndex((line, index) => index > start && new RegExp(`^\\s+(?:function )?${method}\\b`).test(line));
  return `:${(inside < 0 ? start : inside) + 1}`;
}
