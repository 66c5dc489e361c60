/**
 * A lab's file as it was shipped. A kit keeps the stubs (`tools/learn/stubs`), an instructor's tree cuts them from the solutions; where there
 * is neither, Git knows what was committed. What stood in the file before is kept beside it, so that nothing is lost.
 */
import type { Lab } from "../../labs/manifest.ts";
import { hasReference, ROOT } from "../lab/run.ts";
import { replaceFile } from "./progress.ts";

/** Where a kit keeps a stub. */
export function keptStub(folder: string, file: string): string {
  return `tools/learn/stubs/${folder}/${file}.stub`;
}

/** Puts the stub in place. Returns the name under which the old text is kept; undefined when there was none. Throws an Error with a sentence. */
export async function resetFile(lab: Lab, file: string): Promise<string | undefined> {
  const stub = await stubText(lab, file);
  const path = `${ROOT}/labs/${lab.folder}/${file}`;
  const old = await Deno.readTextFile(path).catch(() => undefined);
  if (old === stub) return undefined;
  const backup = old === undefined ? undefined : await keepBeside(path, old);
  await replaceFile(path, stub);
  return backup;
}

async function keepBeside(path: string, text: string): Promise<string> {
  for (let number = 1;; number++) {
    const backup = `${path}${number === 1 ? "" : `.${number}`}.orig`;
    try {
      await Deno.writeTextFile(backup, text, { createNew: true });
      return backup.slice(backup.lastIndexOf("/") + 1);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}

async function stubText(lab: Lab, file: string): Promise<string> {
  const kept = await Deno.readTextFile(`${ROOT}/${keptStub(lab.folder, file)}`).catch(() => undefined);
  if (kept !== undefined) return kept;
  if (hasReference(lab)) {
    const cutter = "../stubs.ts"; // no kit has it
    const { stubOf } = await import(cutter) as { stubOf: (lab: Lab, file: string) => Promise<string> };
    return await stubOf(lab, file);
  }
  const args = ["-C", ROOT, "show", `HEAD:labs/${lab.folder}/${file}`];
  const shown = await new Deno.Command("git", { args, stdin: "null", stdout: "piped", stderr: "null" }).output().catch(() => undefined);
  if (!shown?.success) throw new Error("This tree keeps no stubs, and Git does not know the file.");
  return new TextDecoder().decode(shown.stdout);
}
