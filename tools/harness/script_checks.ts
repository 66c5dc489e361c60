/**
 * Checks that are scripts in the packetdrill language, beside those in TypeScript:
 *
 *     export const scripts = scriptChecks(new URL("./scripts/", import.meta.url), ["syn", "syn_to_nobody"]);
 *
 * A file says in the comments at its head what a check has to say: its title, what it covers, where to look, why, and three hints
 * (`tools/packetdrill/script_head.ts`). Scripts lie open in the lab's folder, so they are never hidden checks.
 */
import { readHead } from "../packetdrill/script_head.ts";
import type { CheckSpec } from "./suite.ts";

/** The files `NAME.pkt` of a folder as checks, each by its name. Throws a TypeError for one that says too little of itself. */
export function scriptChecks(folder: URL, names: readonly string[]): Record<string, CheckSpec> {
  return Object.fromEntries(names.map((name) => [name.replaceAll("_", "-"), scriptCheck(folder, `${name}.pkt`)]));
}

function scriptCheck(folder: URL, file: string): CheckSpec {
  const text = Deno.readTextFileSync(new URL(file, folder));
  const { title, covers, look, why, hints: [first, second, third] } = readHead(text);
  if (
    title === "" || covers.length === 0 || look.length === 0 || why === "" || first === undefined || second === undefined ||
    third === undefined
  ) {
    throw new TypeError(`${file} is no check yet: its head needs a title, covers, look, why and three hints`);
  }
  const path = `${folder.pathname.split("/").slice(-4, -1).join("/")}/${file}`;
  return { title, kind: "scenario", covers, look, why, hints: [first, second, third], run: (t) => t.script(path, text) };
}
