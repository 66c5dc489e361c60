/**
 * Opens a lab's hidden checks in memory. Their code is one text without imports: what it needs of the kit it asks for by path
 * from the top, and is given the modules that are loaded already.
 *
 * Why a function and not a module: Deno keeps what it compiled of modules, strings included, in its cache on disk, and lists
 * them in coverage; also those of `blob:` and `data:`. Of a function that was made at run time it keeps nothing.
 */
import type { Suite } from "../harness/suite.ts";
import { unseal } from "./sealed_file.ts";
import { readTermKey, SealError, SUITE_KEY } from "./term_key.ts";

/** How the code asks for a module: `require("tools/harness/suite.ts")`. */
const REQUIRE = /\brequire\("((?:labs|stack|tools)\/[\w./-]+\.ts)"\)/g;

/** Opens the hidden checks of lab "03-ip" in the tree at `root`. Undefined when the kit has none. Throws a SealError. */
export async function openSuite(root: string, lab: string, kit: string, keyText: string): Promise<Suite | undefined> {
  const path = `labs/${lab}/hidden.sealed`;
  const text = await Deno.readTextFile(`${root}/${path}`).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new SealError(`${path} cannot be read: ${error.message}`);
  });
  if (text === undefined) return undefined;
  const key = await readTermKey(keyText, SUITE_KEY);
  return await runSuite(await unseal(text, path, { lab, kit }, key));
}

/** Runs a suite's code. Nothing of what it throws is passed on: it could hold the code's own words. */
export async function runSuite(code: string): Promise<Suite> {
  const paths = new Set([...code.matchAll(REQUIRE)].map((match) => match[1] as string));
  const module: { exports: { default?: Suite } } = { exports: {} };
  try {
    const imports = [...paths].map(async (path) => [path, await import(new URL(`../../${path}`, import.meta.url).href)] as const);
    const loaded = new Map(await Promise.all(imports));
    new Function("module", "require", code)(module, (path: string) => loaded.get(path));
  } catch {
    throw new SealError("The hidden checks cannot be loaded: the kit around them was changed. Take it from your instructor again.");
  }
  if (module.exports.default === undefined) throw new SealError("The hidden checks cannot be loaded: they are no suite.");
  return module.exports.default;
}
