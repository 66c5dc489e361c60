/** Puts a kit together, as a map from paths to texts. Nothing is written here. */
import { findLab, type Lab, labs } from "../../labs/manifest.ts";
import { allChecks } from "../all_checks.ts";
import { hashOfFiles } from "../grade/hashes.ts";
import { PEER, PEER_TYPES } from "../harness/workspace.ts";
import { type Kit, KIT_FILE } from "../lab/kit.ts";
import { ROOT } from "../lab/run.ts";
import { keptStub } from "../learn/reset.ts";
import { chapters } from "../requirements.ts";
import { renderMap } from "../rfc_map.ts";
import { seal } from "../seal/sealed_file.ts";
import type { TermKey } from "../seal/term_key.ts";
import { stubOf } from "../stubs.ts";
import { bundleHidden, bundlePeer, bundleSums, peerTypes, SUMS } from "./bundle.ts";
import { commonFiles, ContentsError, type Files } from "./contents.ts";
import { configuration, editorTasks, markForeignTasks, readme, sendTo, withoutDeadLinks, workflow } from "./pages.ts";
import { Search, secretsOf } from "./secrets.ts";

const EDITOR_TASKS = ".vscode/tasks.json";

/** What a kit is to have. */
export interface Order {
  /** Numbers of the labs that are handed out, rising. */
  readonly labs: readonly number[];
  /** Of these, the labs whose solutions go along. */
  readonly released: readonly number[];
  /** Seals the hidden checks; without it there are none in the kit. */
  readonly key: TermKey | undefined;
}

/** Builds a kit, and searches it. Throws a ContentsError that names what would have been given away. */
export async function buildKit(order: Order): Promise<Files> {
  const handedOut = order.labs.map((number) => findLab(number) as Lab);
  const files = await commonFiles(order.labs);
  for (const lab of handedOut) await addStubs(lab, files);
  for (const lab of handedOut.filter(({ number }) => order.released.includes(number))) await addSolution(lab, files);
  for (const path of SUMS) files.set(path, await bundleSums(path));
  files.set(PEER, await bundlePeer());
  files.set(PEER_TYPES, peerTypes());
  files.set("docs/rfc-map.md", renderMap(chapters, await allChecks()));
  files.set(EDITOR_TASKS, editorTasks(files.get(EDITOR_TASKS) as string, order.labs));
  files.set("deno.json", await configuration(order.labs));
  files.set("README.md", await readme(handedOut, order.key !== undefined));
  files.set(".github/workflows/labs.yml", await workflow(handedOut, order.key !== undefined));
  sendTo(handedOut[0] as Lab, files);
  withoutDeadLinks(files);
  markForeignTasks(files);
  const kit: Kit = { format: 1, labs: order.labs, released: order.released, hash: await hashOfFiles(files) };
  files.set(KIT_FILE, `${JSON.stringify(kit, undefined, 2)}\n`);
  if (order.key !== undefined) {
    for (const { folder } of handedOut) {
      files.set(`labs/${folder}/hidden.sealed`, await seal(await bundleHidden(folder), { lab: folder, kit: kit.hash }, order.key));
    }
  }
  await search(files, order.released);
  return files;
}

/** The stubs, made anew: in this tree somebody may have written in them. And once more, for `deno task learn` to reset a file to. */
async function addStubs(lab: Lab, files: Files): Promise<void> {
  for (const file of lab.files) {
    const stub = await stubOf(lab, file);
    files.set(`labs/${lab.folder}/${file}`, stub);
    files.set(keptStub(lab.folder, file), stub);
  }
}

/** The solution without its hidden checks, mutants and tests. */
async function addSolution(lab: Lab, files: Files): Promise<void> {
  for (const file of ["mod.ts", ...lab.files]) {
    const path = `solutions/${lab.folder}/${file}`;
    files.set(path, await Deno.readTextFile(`${ROOT}/${path}`));
  }
}

async function search(files: Files, released: readonly number[]): Promise<void> {
  const search = new Search(await secretsOf(released));
  const faults = [...files].flatMap(([path, text]) =>
    search.in(text).map((secret) => `${path} has "${secret.text}", which is of ${secret.what}`)
  );
  if (faults.length > 0) throw new ContentsError(`The kit would give away what is not to be given:\n${faults.join("\n")}`);
}

/** All labs that can be handed out. */
export const ALL: readonly number[] = labs.filter((lab) => lab.draft !== true).map((lab) => lab.number);
