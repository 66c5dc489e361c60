/**
 * Optional checks: those of a lab's `optional.ts`, where it has one. They are for whoever wants to go further: run when they are named, worth no points,
 * and no part of the lab that is graded.
 */
import type { Lab } from "../../labs/manifest.ts";
import type { Check, Suite } from "../harness/suite.ts";

/** The optional checks of a lab; most have none. */
export async function loadOptional({ folder }: Lab): Promise<readonly Check[]> {
  const url = new URL(`../../labs/${folder}/optional.ts`, import.meta.url);
  if (!await Deno.stat(url).then(() => true, () => false)) return [];
  return (await import(url.href) as { default: Suite }).default.checks;
}
