/**
 * Which files of this tree a kit has. Named is what goes in, so that what is new here stays out until somebody thinks of it.
 *
 * Of the tests a kit has those that say whether it works on a student's machine, soon, and whatever the labs are like: the wires,
 * the namespace, the kernel as a peer, the packets of the harness, and the peer bundle in every lab (`tools/lab/kit_test.ts`).
 */
import { labs } from "../../labs/manifest.ts";
import { PEER } from "../harness/workspace.ts";
import { blankLiterals } from "../source_text.ts";
import { ROOT } from "../lab/run.ts";

/** The tree cannot be handed out as it is. */
export class ContentsError extends Error {
  override readonly name = "ContentsError";
}

const FOLDERS = [
  ".devcontainer",
  ".vscode",
  "stack",
  "docs",
  ...["completion", "demo", "diagnose", "harness", "lab", "learn", "lint", "neighbour", "seal", "serve", "std", "talk", "try"].map((name) =>
    `tools/${name}`
  ),
];
/** What a student runs; some of them with a folder of the same name, above. */
const PROGRAMS = [
  ...[
    "compare",
    "completion",
    "demo",
    "diagnose",
    "doctor",
    "layers",
    "learn",
    "packetdrill",
    "plot",
    "reference",
    "serve",
    "talk",
    "test",
    "test_when",
    "try",
  ],
  "tuntap2_addon",
];
const FILES = [
  ".gitignore",
  "deno.lock",
  "labs/manifest.ts",
  ...PROGRAMS.map((name) => `tools/${name}.ts`),
  // With a program in a process of its own, and one in a thread of its own, which nothing imports.
  "tools/echo_loop.ts",
  "tools/echo_loop/measure.ts",
  "tools/bench/many_clients.ts",
  "tools/tuntap2.json",
  "tools/tuntap2.lock",
];
/** Of these folders there goes in what the other files import. */
const AS_NEEDED = [
  "tools/bench/",
  "tools/packetdrill/",
  "tools/compare/",
  "tools/mutants/",
  "tools/plot/",
  "tools/docs/markdown.ts",
  "tools/junit_xml.ts",
];
/** Documents for instructors and for whoever works on the kit itself. */
const LEFT_OUT = ["docs/instructors.md", "docs/sealing.md", "docs/proof.md", "docs/rfc-map.md", "docs/failures.md"];
/** What students read when a check fails, beside the fault that made it fail. */
const LEFT_OUT_FOLDER = "docs/failures/";
const TESTS = [
  ...["capture", "no_live_wire", "tuntap_ffi"].map((name) => `stack/link/${name}_test.ts`),
  ...["describe", "dissect", "random"].map((name) => `stack/wire/${name}_test.ts`),
  ...["message", "namespace", "packets", "watchdog"].map((name) => `tools/harness/${name}_test.ts`),
  ...["kernel_peer", "loop", "tables"].map((name) => `tools/harness/kernel/${name}_test.ts`),
  "tools/lab/kit_test.ts",
  "tools/lab/text_test.ts",
];

/** A file of a kit: its path and its text. */
export type Files = Map<string, string>;

/**
 * The files that go into a kit as they are here, but for the record of all solutions: in its place they import the peer bundle. Throws a ContentsError when
 * one of them needs something that stays behind.
 */
export async function commonFiles(numbers: readonly number[]): Promise<Files> {
  const files: Files = new Map();
  const folders = [...FOLDERS, ...labs.filter((lab) => numbers.includes(lab.number)).map((lab) => `labs/${lab.folder}`)];
  for (const folder of folders) await readFolder(folder, files);
  for (const path of FILES) await readFile(path, files);
  for (const path of files.keys()) if (LEFT_OUT.includes(path) || path.startsWith(LEFT_OUT_FOLDER)) files.delete(path);
  for (const [path, text] of files) {
    if (/_test\.ts(\.snap)?$/.test(path) && !TESTS.includes(path)) files.delete(path);
    else files.set(path, text.replaceAll(/"((?:\.\.?\/)+)solutions\/reference\.ts"/g, `"$1${PEER}"`));
  }
  for (const [path, text] of files) { // what is added meanwhile is looked at too
    for (const target of importsOf(path, text)) {
      if (!files.has(target) && AS_NEEDED.some((folder) => target.startsWith(folder))) await readFile(target, files);
    }
  }
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

/** The files that a file imports, as paths from the top; without packages, and without the peer bundle. */
export function importsOf(path: string, text: string): string[] {
  if (!path.endsWith(".ts")) return [];
  const code = blankLiterals(text);
  const specifiers = [...text.matchAll(/^(?:import|export)\b[^;"']*?"([^"\n]+)";|\bimport\("([^"\n]+)"\)|^} from "([^"\n]+)";/gm)]
    .filter((match) => code[match.index + match[0].indexOf('"')] === '"') // else it stands in a string
    .map((match) => match[1] ?? match[2] ?? match[3] as string);
  return specifiers.filter((specifier) => /^\.{1,2}\/[^$]+$/.test(specifier))
    .map((specifier) => new URL(specifier, `file:///${path}`).pathname.slice(1))
    .filter((target) => target !== PEER);
}
