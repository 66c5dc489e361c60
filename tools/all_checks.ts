/** Every check of every lab, as the suites list them: the public ones, and the hidden ones where `solutions/` is there. */
import { finished } from "../labs/manifest.ts";
import type { Check, Suite } from "./harness/suite.ts";

/** Loads all suites that there are. */
export async function allChecks(): Promise<Check[]> {
  const checks: Check[] = [];
  for (const { folder } of finished) {
    for (const path of [`../labs/${folder}/suite.ts`, `../solutions/${folder}/hidden.ts`]) {
      if (await exists(new URL(path, import.meta.url))) checks.push(...await load(path));
    }
  }
  return checks;
}

async function load(path: string): Promise<readonly Check[]> {
  const { default: suite } = await import(path) as { default: Suite };
  return suite.checks;
}

async function exists(url: URL): Promise<boolean> {
  return await Deno.stat(url).then(() => true, () => false);
}
