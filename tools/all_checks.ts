/**
 * Every check of every lab, as the suites list them: the public ones, and the hidden ones where `solutions/` is there. And the scripts of the labs,
 * which say in their heads what they cover.
 */
import { finished } from "../labs/manifest.ts";
import type { Check, Suite } from "./harness/suite.ts";
import { readHead } from "./packetdrill/script_head.ts";

/** Loads all suites that there are. */
export async function allChecks(): Promise<Check[]> {
  const checks: Check[] = [];
  for (const { folder } of finished) {
    for (const path of [`../labs/${folder}/suite.ts`, `../labs/${folder}/optional.ts`, `../solutions/${folder}/hidden.ts`]) {
      if (await exists(new URL(path, import.meta.url))) checks.push(...await load(path));
    }
  }
  return checks;
}

/** A script of a lab. */
export interface LabScript {
  /** "scripts/syn.pkt". */
  readonly id: string;
  /** From the root. */
  readonly path: string;
  readonly lab: number;
  readonly visibility: "public";
  readonly title: string;
  readonly covers: readonly string[];
}

/** All scripts of the labs, in order. */
export async function allScripts(): Promise<LabScript[]> {
  const scripts: LabScript[] = [];
  for (const { folder, number } of finished) {
    const names: string[] = [];
    const url = new URL(`../labs/${folder}/scripts/`, import.meta.url);
    if (await exists(url)) { for await (const { name } of Deno.readDir(url)) if (name.endsWith(".pkt")) names.push(name); }
    for (const name of names.sort()) {
      const { title, covers } = readHead(await Deno.readTextFile(new URL(name, url)));
      scripts.push({ id: `scripts/${name}`, path: `labs/${folder}/scripts/${name}`, lab: number, visibility: "public", title, covers });
    }
  }
  return scripts;
}

async function load(path: string): Promise<readonly Check[]> {
  const { default: suite } = await import(path) as { default: Suite };
  return suite.checks;
}

async function exists(url: URL): Promise<boolean> {
  return await Deno.stat(url).then(() => true, () => false);
}
