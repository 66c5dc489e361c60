/**
 * Code for a kit that is to run there and not to be read: the reference as a peer, the sums that labs ask for, hidden suites.
 * `deno bundle --minify` makes it: one text without comments, types, and names of its own. It is not encrypted: it keeps a solution
 * from being found by looking, not from being worked out by somebody who would rather read minified code than write a lab.
 *
 * Deno fetches its bundler from npm when it is first used. Only whoever makes kits needs it.
 */
import { labs } from "../../labs/manifest.ts";
import { ROOT } from "../lab/run.ts";

/** The bundler said no. */
export class BundleError extends Error {
  override readonly name = "BundleError";
}

/** Files that a kit has without their lines. Nothing outside of them needs their types. */
export const SUMS: readonly string[] = ["stack/wire/arithmetic.ts", "tools/harness/arithmetic.ts"];

/** Folders that stay outside of a bundle: a kit has them. */
const OUTSIDE = ["labs", "stack", "tools"].flatMap((folder) => [`../../${folder}/*`, `../../../${folder}/*`]);

/** All modules of the reference, for `tools/peer/`: the whole record as default, and each module by its name. */
export async function bundlePeer(): Promise<string> {
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const names = labs.map((lab) => lab.module).join(", ");
    const from = new URL("../../solutions/reference.ts", import.meta.url).href;
    await Deno.writeTextFile(
      entry,
      `import reference from "${from}";\nexport default reference;\nexport const { ${names} } = reference;\n`,
    );
    const code = relocated(await bundle(entry, "esm"), /(\bfrom|\bimport)"([^"]*)"/g, (word, path) => `${word}"../../${path}"`);
    return `/* @ts-self-types="./peer.d.ts" */\n${code}`;
  } finally {
    await Deno.remove(entry);
  }
}

/** What the peer bundle says of itself to the compiler. */
export function peerTypes(): string {
  return [
    "/** All modules of the reference stack, for the demo and for the labs that you have not written yet. */",
    'import type { Modules } from "../../stack/contract/modules.ts";',
    "declare const reference: Modules;",
    "export default reference;",
    ...labs.map((lab) => `export declare const ${lab.module}: Modules["${lab.module}"];`),
    "",
  ].join("\n");
}

/** One of `SUMS`, still TypeScript by its name. */
export async function bundleSums(path: string): Promise<string> {
  const code = await bundle(`${ROOT}/${path}`, "esm");
  return `// @ts-nocheck: these sums are what labs ask for, so here they have neither names nor types.\n${code}`;
}

/** The hidden suite of a lab ("03-ip"), as \`tools/seal/open_suite.ts\` runs it. */
export async function bundleHidden(folder: string): Promise<string> {
  const code = await bundle(`${ROOT}/solutions/${folder}/hidden.ts`, "cjs");
  return relocated(code, /(\brequire)\("([^"]*)"\)/g, (word, path) => `${word}("${path}")`);
}

/** The code with its imports as paths from the top of the tree, in whatever form. Throws a BundleError for one that leads elsewhere. */
function relocated(code: string, imports: RegExp, form: (word: string, path: string) => string): string {
  return code.replaceAll(imports, (_, word: string, specifier: string) => {
    const path = /^(?:\.\.\/)+((?:labs|stack|tools)\/.*\.ts)$/.exec(specifier)?.[1];
    if (path === undefined) throw new BundleError(`The bundle imports "${specifier}", which no kit has.`);
    return form(word, path);
  });
}

async function bundle(entry: string, format: "esm" | "cjs"): Promise<string> {
  const output = await Deno.makeTempFile({ suffix: ".js" });
  try {
    const outside = OUTSIDE.flatMap((pattern) => ["--external", pattern]);
    const args = ["bundle", "--quiet", "--no-lock", "--minify", "--format", format, ...outside, "--output", output, entry];
    const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT, stdin: "null", env: { NO_COLOR: "1" } })
      .output();
    if (!success) {
      const said = new TextDecoder().decode(stderr).trim().split("\n")[0];
      throw new BundleError(`deno bundle failed (it needs the network when it is first used): ${said}`);
    }
    return await Deno.readTextFile(output);
  } finally {
    await Deno.remove(output);
  }
}
