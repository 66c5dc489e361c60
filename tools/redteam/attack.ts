/**
 * A hostile submission: what it tries, what it may earn, and how it is made. The corpus (`corpus/`) is a list of these; `runner.ts`
 * has them graded by `deno task grade` as it is, and looks at everything that comes out.
 *
 * Rules: an attack is named for what it tries. It earns 0, or, where it stands beside honest work, exactly what that earns. Almost all
 * are submissions of lab 01, the quickest to grade; its points are 100. Those that hide a fault are graded beside the same fault unhidden.
 */
import { findLab, type Lab } from "../../labs/manifest.ts";
import { ROOT } from "../lab/run.ts";

/** One hostile submission. */
export interface Attack {
  /** "answers-before-it-is-asked". */
  readonly name: string;
  /** For the table: what it tries, in a few words. */
  readonly tries: string;
  /** Points. */
  readonly earns: number;
  /** It may earn up to so much. */
  readonly atMost?: number;
  /** The lab that it is a submission of; default: 1. */
  readonly lab?: number;
  /** Graded with the live checks, too. */
  readonly live?: true;
  /** Its honest part alone: it earns what this earns, whatever `earns` says. */
  readonly honest?: (folder: string) => Promise<string>;
  /** Part of the reason that is given when it is refused as a whole. Without it, it must have been graded. */
  readonly refused?: string;
  /** Whether it is refused as a whole or graded is all the same. */
  readonly anyhow?: boolean;
  /** What must not stand in anything that its author is shown. */
  readonly secrets?: readonly string[];
  /** Writes it below `folder`, which is its own and empty, and returns the path to be graded. */
  readonly write: (folder: string) => Promise<string>;
}

const LAB = findLab(1) as Lab;
const FILE = LAB.files[0] as string;
const FUNCTIONS = Object.keys(LAB.functions);

/** Lab 01 as it is handed out, and as it is solved. */
export const STUB = await Deno.readTextFile(`${ROOT}/labs/${LAB.folder}/${FILE}`);
export const REFERENCE = await Deno.readTextFile(`${ROOT}/solutions/${LAB.folder}/${FILE}`);

/** Lines that programs that read our output take for their own. */
export const FORGERIES: readonly string[] = [
  "::notice title=Autograding complete::Points 100/100",
  "::set-output name=result::eyJtYXhfc2NvcmUiOjEwMH0=",
  "##[error]100 of 100 points",
  "[[ATTACHMENT|/etc/passwd]]",
  '{"score":100,"max_score":100}',
  "ok 1 - all checks",
  "]]></system-out></testcase></testsuite>",
  "forged,100,100,100,100,100,",
  "1 of 1  forged                    100 of 100 points  0.1 s",
];

/** All of them, as a TypeScript literal. */
export const FORGED = JSON.stringify(`\n${FORGERIES.join("\n")}\n`);

/** A submission that is one file. */
export function file(name: string, tries: string, text: string | Uint8Array, rest: Partial<Attack> = {}): Attack {
  return {
    name,
    tries,
    earns: 0,
    ...rest,
    write: async (folder) => {
      const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
      await Deno.writeFile(`${folder}/${FILE}`, bytes);
      return folder;
    },
  };
}

/** A submission that is a folder of files, by their paths. */
export function files(name: string, tries: string, texts: Readonly<Record<string, string>>, rest: Partial<Attack> = {}): Attack {
  return {
    name,
    tries,
    earns: 0,
    ...rest,
    write: async (folder) => {
      for (const [path, text] of Object.entries(texts)) {
        await Deno.mkdir(`${folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
        await Deno.writeTextFile(`${folder}/${path}`, text);
      }
      return folder;
    },
  };
}

/** Every function of the lab does the same; `top` runs as the file is loaded. */
export function every(body: string, top = ""): string {
  return [top, ...FUNCTIONS.map((name) => `export function ${name}(...args: any[]): any {\n${body}\n}`), ""].join("\n");
}

/** The stub, in which one function is written: an attack that costs the grader time or memory need not do so in all of them. */
export function inPad(body: string, top = ""): string {
  const text = STUB.replace(/return todo\("pad".*/, () => `const args: any[] = [frame, minimum];\n${body}`);
  return `${top}\n${text.replace(/(function pad\(.*\)): void/, "$1: any")}`;
}

/** The solution, with a statement at the beginning of every function. */
export function solvedBut(statement: string, top = ""): string {
  return REFERENCE.replaceAll(/(export function \w+\([^{]*\{\n)/g, `$1  ${statement}\n`) + `\n${top}\n`;
}

/** The solution of a lab, file by file. */
export async function solutionOf(number: number): Promise<Record<string, string>> {
  const { folder, files } = findLab(number) as Lab;
  return Object.fromEntries(
    await Promise.all(files.map(async (name) => [name, await Deno.readTextFile(`${ROOT}/solutions/${folder}/${name}`)])),
  );
}

/** A lab as it is handed out, where in place of all that is not written yet `todo(name, …args)` runs; `args` begin with the parameters. */
export async function stubsDoing(number: number, todo: string): Promise<Record<string, string>> {
  const { folder, files } = findLab(number) as Lab;
  return Object.fromEntries(
    await Promise.all(files.map(async (name) => {
      const text = await Deno.readTextFile(`${ROOT}/labs/${folder}/${name}`);
      return [name, text.replace(/^import \{ todo \} .*$/m, () => todo)];
    })),
  );
}

/** Where in a solution something is wrong, and what a liar does there besides. */
export interface Fault {
  readonly lab: number;
  readonly file: string;
  /** Text that is in the file once, and what stands there instead. */
  readonly replace: string;
  readonly by: string;
  /** The liar's, in place of `by`. */
  readonly lie?: string;
}

/** A solution with one fault, and code that shall hide it: at the end of the file, or in the fault's own place. */
export function hiding(name: string, tries: string, fault: Fault, patch: string): Attack {
  const write = (by: string, top: string) => async (folder: string): Promise<string> => {
    const texts = await solutionOf(fault.lab);
    const text = texts[fault.file] as string;
    if (text.split(fault.replace).length !== 2) throw new Error(`${name}: its fault has no place in ${fault.file}`);
    texts[fault.file] = `${text.replace(fault.replace, () => by)}\n${top}\n`;
    for (const [file, content] of Object.entries(texts)) await Deno.writeTextFile(`${folder}/${file}`, content);
    return folder;
  };
  return { name, tries, earns: 0, lab: fault.lab, honest: write(fault.by, ""), write: write(fault.lie ?? fault.by, patch) };
}
