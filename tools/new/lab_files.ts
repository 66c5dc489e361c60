/** The files of a new lab, with one function, `example`, that stands for those to come. */
import type { Lab } from "../../labs/manifest.ts";
import type { ModuleName } from "../../stack/contract/modules.ts";
import { cutRegions } from "../stub_cutter.ts";
import { checkText } from "./check.ts";

/** What a new lab's files are written with. */
export interface NewLab {
  /** 8, and "08". */
  readonly number: number;
  readonly digits: string;
  /** "08-datagrams", "datagrams.ts", "datagrams", "DatagramsModule", "Datagrams". */
  readonly folder: string;
  readonly file: string;
  readonly module: string;
  readonly type: string;
  readonly title: string;
}

/** All files, by their paths. */
export function labFiles(lab: NewLab): Map<string, string> {
  return new Map([...codeFiles(lab), ...suiteFiles(lab), [`labs/${lab.folder}/README.md`, handout(lab)]]);
}

function codeFiles({ digits, folder, file, module, type }: NewLab): [string, string][] {
  const contract = `/**
 * The contract of lab ${digits}: not written yet. It is the specification: units, ranges, errors, and the section of the RFC.
 */

/** What lab ${digits} exports. */
export interface ${type} {
  /** An example, not written yet: one more than \`value\`, in 32 bits. */
  readonly example: (value: number) => number;
}
`;
  const solution = `/**
 * Not written yet: the idea of this lab, in a few sentences, as whoever writes it should have it in mind.
 */

/** An example, not written yet: one more than \`value\`, in 32 bits. */
export function example(value: number): number {
  // region example
  return (value + 1) >>> 0;
  // endregion
}
`;
  const test = `import { assertEquals } from "@std/assert";
import { example } from "./${file}";

Deno.test("example() counts in 32 bits", () => {
  assertEquals([example(0), example(0xffffffff)], [1, 0]);
});
`;
  const mod = `/** Lab ${digits} as one record. What the contract asks for and no file exports is an error here that names it. */
import type { ${type} } from "../../stack/contract/${file}";
import * as ${module} from "./${file}";

export default { ...${module} } satisfies ${type};
`;
  return [
    [`stack/contract/${file}`, contract],
    [`solutions/${folder}/${file}`, solution],
    [`solutions/${folder}/${file.replace(/\.ts$/, "_test.ts")}`, test],
    [`solutions/${folder}/mod.ts`, mod],
    [`labs/${folder}/${file}`, cutRegions(solution, `solutions/${folder}/${file}`).stub],
    [`labs/${folder}/mod.ts`, mod],
  ];
}

function suiteFiles({ number, digits, folder, file, module }: NewLab): [string, string][] {
  const lab = { number, folder, module: module as ModuleName, functions: { example: file } } as unknown as Lab;
  const suite = (visibility: "public" | "hidden", place: string, name: string): [string, string][] => {
    const path = `${visibility === "public" ? "labs" : "solutions"}/${folder}`;
    const check = { id: `example/${name}`, name, value: "example", kind: "table", path: `${path}/${place}/example.ts` } as const;
    return [
      [check.path, checkText(lab, check)],
      [
        `${path}/${visibility === "public" ? "suite" : "hidden"}.ts`,
        `/** The ${visibility} checks of lab ${digits}: not written yet. */
import { suite } from "../../tools/harness/suite.ts";
import { example } from "./${place}/example.ts";

export default suite({ lab: ${number}, visibility: "${visibility}", groups: { example } });
`,
      ],
    ];
  };
  const mutants = `/** Faults that lab ${digits}'s checks must find: none is written yet. */
import type { Mutant } from "../../../tools/harness/mutant.ts";

export default [] satisfies readonly Mutant[];
`;
  return [
    ...suite("public", "checks", "first"),
    ...suite("hidden", "hidden", "second"),
    [`solutions/${folder}/mutants/mutants.ts`, mutants],
  ];
}

function handout({ number, digits, folder, file, title }: NewLab): string {
  return `# Lab ${digits}: ${title}

Not written yet: the goal, in a sentence; a picture; a packet on the wire, with
real bytes.

Files: \`labs/${folder}/${file}\`. Contract: \`stack/contract/${file}\`.

## Running the checks

\`\`\`text
deno task lab${number}
\`\`\`

## What to write

### \`example\`

Not written yet: the idea, the bytes, the pitfalls, an example with numbers.

## You are done when

\`deno task lab${number}\` is green.
`;
}
