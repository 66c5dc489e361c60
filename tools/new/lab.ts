/**
 * The skeleton of a lab: contract, entry in the manifest (as a draft, so that nobody is promised anything), reference with a region and
 * its test, stub, suites with a check each, an empty list of mutants, handout, and a task.
 *
 * What lists modules by their names cannot be generated from the manifest, because the compiler is to know them: each of these
 * places gets a line.
 */
import { labs } from "../../labs/manifest.ts";
import { ROOT } from "../lab/run.ts";
import { UsageError } from "../lab/usage_error.ts";
import { labFiles, type NewLab } from "./lab_files.ts";
import { camel, readTree, refuseName, type Skeleton, withAddition, withImport } from "./skeleton.ts";

/** The skeleton of the lab behind the last one. Throws a UsageError when the name is taken or is none. */
export async function newLab(name: string): Promise<Skeleton> {
  refuseName(name, "A lab's name");
  const number = (labs.at(-1)?.number ?? 0) + 1;
  const digits = String(number).padStart(2, "0");
  const module = camel(name);
  const lab: NewLab = {
    number,
    digits,
    folder: `${digits}-${name}`,
    file: `${name.replaceAll("-", "_")}.ts`,
    module,
    type: `${capital(module)}Module`,
    title: capital(name.replaceAll("-", " ")),
  };
  if (labs.some((each) => each.folder.slice(3) === name || each.module === module)) throw new UsageError(`There is a lab ${name} already.`);
  for (const path of [`stack/contract/${lab.file}`, `labs/${lab.folder}`, `solutions/${lab.folder}`]) {
    if (await Deno.stat(`${ROOT}/${path}`).then(() => true, () => false)) throw new UsageError(`${path} is there already.`);
  }
  return {
    fresh: labFiles(lab),
    changed: await changes(lab),
    next: [
      `Begin with the contract, stack/contract/${lab.file}; then the reference,`,
      `solutions/${lab.folder}/${lab.file}, and the functions in labs/manifest.ts. Then`,
      "",
      "deno task stubs                             the stub from the reference, whenever that changes",
      `deno task lab${number} --reference ${number}               its checks`,
      `deno task new-check ${number} GROUP/NAME         [--hidden]`,
      `deno task new-mutant ${number} NAME`,
      "",
      "When all is written, take `draft: true` out of labs/manifest.ts: from then on the",
      "tests expect a whole lab.",
    ],
  };
}

/** The files of the tree that name the modules, each with the new one. */
async function changes({ number, digits, folder, file, module, type, title }: NewLab): Promise<Map<string, string>> {
  const changed = new Map<string, string>();
  const change = async (path: string, edit: (text: string) => string): Promise<void> => void changed.set(path, edit(await readTree(path)));
  const add = (path: string, place: RegExp, addition: string): (text: string) => string => (text) =>
    withAddition(text, place, addition, path);

  await change("stack/contract/modules.ts", (text) => {
    const named = add("stack/contract/modules.ts", /(?<=export interface Modules [^}]*)(?=\})/, `\n  readonly ${module}: ${type};\n`)(text);
    return withImport(named, `import type { ${type} } from "./${file}";`, "stack/contract/modules.ts");
  });
  await change(
    "labs/manifest.ts",
    add(
      "labs/manifest.ts",
      /(?<=labs: readonly Lab\[\] = \[[^]*?)(?=^\];)/m,
      `  lab({
    number: ${number},
    folder: "${folder}",
    name: "${title}",
    module: "${module}",
    files: ["${file}"],
    functions: { example: "${file}" },
    points: 100,
    draft: true,
  }),
`,
    ),
  );
  await change("solutions/reference.ts", (text) => {
    const named = add("solutions/reference.ts", /(?<=const reference: Modules = \{[^}]*?),?\s*(?=\})/, `, ${module} `)(text);
    return withImport(named, `import ${module} from "./${folder}/mod.ts";`, "solutions/reference.ts");
  });
  await change("tools/harness/suite.ts", (text) => {
    const named = add(
      "tools/harness/suite.ts",
      /(?<=readonly accept: Remote<AcceptModule>;\n)/,
      `  readonly ${module}: Remote<${type}>;\n`,
    )(text);
    return withImport(named, `import type { ${type} } from "../../stack/contract/${file}";`, "tools/harness/suite.ts");
  });
  await change("tools/harness/trial.ts", (text) => {
    const declared = add(
      "tools/harness/trial.ts",
      /(?<=readonly accept: Trial\["accept"\];\n)/,
      `  readonly ${module}: Trial["${module}"];\n`,
    )(text);
    return add("tools/harness/trial.ts", /(?<=this\.accept = module\("accept"\);\n)/, `    this.${module} = module("${module}");\n`)(
      declared,
    );
  });
  const before = `"lab${number - 1}": {`;
  await change(
    "deno.json",
    add(
      "deno.json",
      new RegExp(`(?<=^    ${before}[^}]*\\},\\n)`, "m"),
      `    "lab${number}": {
      "description": "Lab ${digits}, ${title.toLowerCase()}: run its checks against your code (--help)",
      "command": "deno run --quiet --allow-read --allow-write --allow-run --allow-env --allow-sys=uid tools/lab/main.ts ${number}"
    },
`,
    ),
  );
  return changed;
}

function capital(text: string): string {
  return `${text[0]?.toUpperCase()}${text.slice(1)}`;
}
