/**
 * The skeleton of a mutant, in a file of its own beside the others of its lab. As it is written it cannot be made: its text is not in
 * the solution; so `deno task mutants` fails, and names it.
 */
import type { Lab } from "../../labs/manifest.ts";
import type { Mutant } from "../harness/mutant.ts";
import { UsageError } from "../lab/usage_error.ts";
import { camel, NoPlace, readTree, refuseName, type Skeleton, withImport } from "./skeleton.ts";

/** The skeleton of the mutant `name`. Throws a UsageError when the name is taken or is none. */
export async function newMutant(lab: Lab, name: string): Promise<Skeleton> {
  refuseName(name, "A mutant's name");
  const folder = `solutions/${lab.folder}/mutants`;
  const { default: mutants } = await import(`../../${folder}/mutants.ts`) as { default: readonly Mutant[] };
  if (mutants.some((mutant) => mutant.name === name)) throw new UsageError(`Lab ${lab.number} has a mutant ${name} already.`);
  const list = `${folder}/mutants.ts`;
  const stem = name.replaceAll("-", "_");
  const text = withImport(await readTree(list), `import { ${camel(name)} } from "./${stem}.ts";`, list);
  return {
    fresh: new Map([[`${folder}/${stem}.ts`, mutantText(lab, name)]]),
    changed: new Map([[list, withElement(text, camel(name), list)]]),
    next: [
      `Write the fault in ${folder}/${stem}.ts: a text that occurs once in the solution, and what stands there instead.`,
      `deno task mutants ${lab.number}   must then say that its check catches it`,
    ],
  };
}

function mutantText(lab: Lab, name: string): string {
  return `/** The mutant ${name}: not written yet. */
import type { Mutant } from "../../../tools/harness/mutant.ts";

export const ${camel(name)}: Mutant = {
  name: "${name}",
  fault: "not written yet: what is wrong, in words",
  file: "${lab.files[0]}",
  replace: "not written yet: a text that occurs exactly once in solutions/${lab.folder}/${lab.files[0]}",
  by: "not written yet: what stands there instead",
  caughtBy: "not-written/yet",
};
`;
}

/** The list's text with an element more in its last array. */
function withElement(text: string, value: string, path: string): string {
  const end = [...text.matchAll(/\](?: satisfies readonly Mutant\[\])?;/g)].at(-1)?.index;
  if (end === undefined) throw new NoPlace(`${path} has no list that a mutant could be written into`);
  const before = text.slice(0, end).trimEnd();
  return `${before}${/[[,]$/.test(before) ? "" : ","} ${value}${text.slice(end)}`;
}
