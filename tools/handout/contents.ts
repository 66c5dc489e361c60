/**
 * Which files of this tree a kit has. Named is what goes in, so that what is new here stays out until somebody thinks of it.
 *
 * Of the tests a kit has those that need nothing it lacks, and that stay green while a student writes: none of the tests of
 * solutions, tasks or tools that stay behind, and none that expect a lab to be as it was handed out.
 */
import { labs } from "../../labs/manifest.ts";
import { ROOT } from "../lab/run.ts";

/** The tree cannot be handed out as it is. */
export class ContentsError extends Error {
  override readonly name = "ContentsError";
}

const FOLDERS = [
  "stack",
  "docs",
  ...["demo", "harness", "lab", "lint", "neighbour", "seal", "serve", "std", "talk", "testing"].map((name) => `tools/${name}`),
];
const FILES = [
  ".gitignore",
  "deno.lock",
  "labs/manifest.ts",
  ...["demo", "doctor", "layers", "reference", "serve", "talk", "test", "test_when", "tuntap2_addon"].map((name) => `tools/${name}.ts`),
  ...["demo", "doctor", "layers", "serve", "talk", "test"].map((name) => `tools/${name}_test.ts`),
  "tools/tuntap2.json",
  "tools/tuntap2.lock",
];
/** Documents for instructors and for whoever works on the kit itself. */
const LEFT_OUT = ["docs/instructors.md", "docs/sealing.md", "docs/proof.md", "docs/rfc-map.md"];
/** What a kit has in place of the solutions' record, by its import map. */
const MAPPED = "solutions/reference.ts";

/** A file of a kit: its path and its text. */
export type Files = Map<string, string>;

/** The files that go into a kit as they are here. Throws a ContentsError when one of them needs something that stays behind. */
export async function commonFiles(numbers: readonly number[]): Promise<Files> {
  const files: Files = new Map();
  const folders = [...FOLDERS, ...labs.filter((lab) => numbers.includes(lab.number)).map((lab) => `labs/${lab.folder}`)];
  for (const folder of folders) await readFolder(folder, files);
  for (const path of FILES) await readFile(path, files);
  for (const path of LEFT_OUT) files.delete(path);
  dropTests(files);
  for (const [path, text] of files) {
    const missing = importsOf(path, text).find((target) => !files.has(target));
    if (missing !== undefined) throw new ContentsError(`${path} imports ${missing}, which is not in the kit (tools/handout/contents.ts).`);
  }
  return files;
}

async function readFolder(folder: string, files: Files): Promise<void> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(`${ROOT}/${folder}`)) {
    const path = `${folder}/${name}`;
    if (isDirectory) await readFolder(path, files);
    else if (isFile) await readFile(path, files);
  }
}

async function readFile(path: string, files: Files): Promise<void> {
  try {
    files.set(path, await Deno.readTextFile(`${ROOT}/${path}`));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw new ContentsError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

/** Takes out the tests that cannot be run in a kit, and what only they use. */
function dropTests(files: Files): void {
  for (let dropped = true; dropped;) {
    dropped = false;
    for (const [path, text] of files) {
      if (!isForTests(path)) continue;
      const lacks = importsOf(path, text).some((target) => !files.has(target));
      if (lacks || /\bsolutions\/(?!reference\.ts)|"--reference"|import\.meta\.dirname|tools\/lab\/main\.ts/.test(text)) {
        dropped = files.delete(path);
      }
    }
  }
  for (const path of files.keys()) {
    if (path.endsWith(".snap") && !files.has(path.replace("__snapshots__/", "").replace(/\.snap$/, ""))) files.delete(path);
  }
}

function isForTests(path: string): boolean {
  return path.endsWith("_test.ts") && path !== "tools/lab/kit_test.ts" || path.startsWith("tools/testing/");
}

/** The files that a file imports, as paths from the top; without packages, and without the record of the reference. */
export function importsOf(path: string, text: string): string[] {
  if (!path.endsWith(".ts")) return [];
  const specifiers = [...text.matchAll(/^(?:import|export)\b[^;"']*?"([^"\n]+)";|\bimport\("([^"\n]+)"\)|^} from "([^"\n]+)";/gm)]
    .map((match) => match[1] ?? match[2] ?? match[3] as string);
  return specifiers.filter((specifier) => /^\.{1,2}\//.test(specifier))
    .map((specifier) => new URL(specifier, `file:///${path}`).pathname.slice(1))
    .filter((target) => target !== MAPPED);
}
