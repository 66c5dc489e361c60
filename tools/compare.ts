/**
 * `deno task compare SCRIPT-OR-CHECK`: the same stimulus to the student's stack, the reference and the Linux kernel, and where they first differ. Three
 * stacks that agree may all be wrong, but one that stands alone has to say why; and often an RFC says it.
 */
import { parseArgs } from "@std/cli/parse-args";
import { findLab, type Lab, labs } from "../labs/manifest.ts";
import { NoLiveWire } from "../stack/link/no_live_wire.ts";
import { compare, type Comparison, comparisonText, type Contender, isAlike } from "./compare/comparison.ts";
import { playCheck, type Played } from "./compare/scenario.ts";
import { Subject } from "./harness/subject.ts";
import type { KernelPeer } from "./harness/kernel/kernel_peer.ts";
import { type Selection, WorkspaceError } from "./harness/workspace.ts";
import { KIT, loadChecks, ROOT, selectOrigins, standInFor } from "./lab/run.ts";
import { UsageError } from "./lab/usage_error.ts";
import { onLinux, onStack, withKernel } from "./packetdrill/machines.ts";
import { formatMalformed, parseScript } from "./packetdrill/parse.ts";
import { settingsOf } from "./packetdrill/sysctls.ts";
import { selectionOf } from "./packetdrill.ts";

const HELP = `deno task compare SCRIPT-OR-CHECK: the same stimulus to several stacks, and
where they first differ

  SCRIPT is a packetdrill script; CHECK is a check of a lab: 05/close/simultaneous.

  --mine             your own labs, too (in a kit always)
  --mutant LAB/NAME  the reference with this fault in it, too
  --no-linux         without the Linux kernel
  --seed N           what a check draws (default 1)
  --longest SECONDS  so much real time Linux may take (default 30)
  --print            the script that a check comes to, and nothing else
  --json             one JSON object in place of the report
  --help             this

Exit status: 0 all do the same, or differ only where an RFC lets them, 1 they
differ, 2 the command was wrong, 3 there is no Linux to be had.`;

export interface Options {
  readonly what: string;
  readonly mine: boolean;
  readonly mutant: string | undefined;
  readonly linux: boolean;
  readonly seed: number;
  /** Seconds. */
  readonly longest: number;
  readonly print: boolean;
  readonly json: boolean;
}

/** Reads the words. Throws a UsageError. */
export function readOptions(words: readonly string[]): Options | "help" {
  const args = parseArgs([...words], {
    boolean: ["mine", "print", "json", "help", "linux"],
    negatable: ["linux"],
    default: { linux: true },
    string: ["mutant", "seed", "longest", "_"],
    unknown: (word: string, key?: string) => {
      if (key !== undefined) throw new UsageError(`There is no option ${word}. --help names them all.`);
    },
  }) as unknown as
    & { _: string[]; mine: boolean; print: boolean; json: boolean; help: boolean; linux: boolean }
    & { readonly [name in "mutant" | "seed" | "longest"]: string | undefined };
  if (args.help) return "help";
  const [what, ...more] = args._;
  if (what === undefined || more.length > 0) throw new UsageError("Compare what? Name one script, or one check. --help says more.");
  const seed = Number(args.seed ?? 1);
  if (!(Number.isInteger(seed) && seed >= 0 && seed <= 0xffff_ffff)) throw new UsageError(`"${args.seed}" is no seed: a whole number.`);
  const longest = Number(args.longest ?? 30);
  if (!(longest > 0 && longest <= 3600)) throw new UsageError(`--longest ${args.longest}: seconds, more than 0 and at most 3600.`);
  return {
    what,
    mine: args.mine || KIT !== undefined,
    mutant: args.mutant,
    linux: args.linux,
    seed,
    longest,
    print: args.print,
    json: args.json,
  };
}

/** The reference; in a kit the peer, which is the same in another shape. */
const REFERENCE: Selection = { root: ROOT, origins: selectOrigins(7, { reference: new Set(labs.map(({ number }) => number)) }) };

/** What a word names: a script's host, or those of a check. Throws a UsageError. */
async function stimulusOf({ what, seed }: Options): Promise<readonly Played[]> {
  const check = /^0*(\d+)\/([\w-]+\/[\w.-]+)$/.exec(what);
  const lab = check === null ? undefined : findLab(Number(check[1]));
  if (check !== null && lab !== undefined && !what.endsWith(".pkt")) return await hostsOf(lab, check[2] as string, seed);
  const text = await Deno.readTextFile(what);
  const script = parseScript(what, text, { defines: new Set(["STANDARD"]) });
  if (!("events" in script)) throw new UsageError(formatMalformed(script));
  const [need] = [...script.needs, ...settingsOf(script.setup, script.options).needs.filter(({ what }) => !what.startsWith("the sysctl "))];
  if (need !== undefined) throw new UsageError(`${what} needs ${need.what}.`);
  return [{ script, tcp: {} }];
}

async function hostsOf(lab: Lab, id: string, seed: number): Promise<readonly Played[]> {
  const checks = await loadChecks(lab, true);
  const check = checks.find((each) => each.id === id);
  if (check === undefined) throw new UsageError(`Lab ${lab.number} has no check ${id}.`);
  const everyLab = new Set(labs.map(({ number }) => number));
  const { hosts } = await playCheck(check, seed, {
    root: ROOT,
    origins: selectOrigins(lab.number, { reference: everyLab }),
    lab: lab.number,
  });
  return hosts;
}

/** Starts the stacks that are compared. The reference leads, where there is one. */
async function withContenders<T>(options: Options, work: (contenders: readonly Contender[]) => Promise<T>): Promise<T> {
  const subjects: Subject[] = [];
  const stack = (title: string, selection: Selection): Contender => {
    const subject = new Subject(selection);
    subjects.push(subject);
    return { title, make: onStack(subject), live: false };
  };
  const linux = (kernel: KernelPeer): Contender => ({ title: "linux", make: onLinux(kernel, options.longest), live: true });
  try {
    const contenders: Contender[] = [];
    const standIn = standInFor(labs[0] as Lab);
    if (standIn !== undefined) contenders.push(stack(standIn, REFERENCE));
    if (options.mine || standIn === undefined) contenders.push(stack("yours", { root: ROOT, origins: selectOrigins(7, { mine: true }) }));
    const { mutant } = options;
    if (mutant !== undefined) contenders.push(stack(mutant, await selectionOf({ mine: false, mutant })));
    if (!options.linux) return await work(contenders);
    return await withKernel((kernel) => work([...contenders, linux(kernel)]));
  } finally {
    for (const subject of subjects) subject.close();
  }
}

async function main(options: Options): Promise<number> {
  const stimuli = await stimulusOf(options);
  if (options.print) {
    for (const { script } of stimuli) console.log(`// ${script.file}\n${script.lines.join("\n")}\n`);
    return 0;
  }
  return await withContenders(options, async (contenders) => {
    if (contenders.length < 2) {
      throw new UsageError("There is only one stack to be compared: leave --no-linux out, or say --mine or --mutant.");
    }
    const found: Comparison[] = [];
    for (const { script, tcp } of stimuli) {
      const [need] = script.needs;
      if (need !== undefined) {
        if (!options.json) console.log(`○ ${script.file} needs ${need.what}.\n`);
        continue;
      }
      const comparison = await compare(script, contenders, tcp);
      found.push(comparison);
      if (!options.json) console.log(`${stimuli.length > 1 ? `${script.file}\n` : ""}${comparisonText(comparison)}\n`);
    }
    if (options.json) console.log(JSON.stringify({ version: 1, comparisons: found }, undefined, 2));
    if (found.length === 0) throw new UsageError("So there is nothing to be compared.");
    return found.every(isAlike) ? 0 : 1;
  });
}

if (import.meta.main) {
  try {
    const options = readOptions(Deno.args);
    if (options === "help") console.log(HELP);
    else Deno.exit(await main(options));
  } catch (error) {
    if (error instanceof WorkspaceError) {
      console.error(error.message);
      Deno.exit(1);
    }
    const status = error instanceof NoLiveWire ? 3 : error instanceof UsageError || error instanceof Deno.errors.NotFound ? 2 : undefined;
    if (status === undefined) throw error;
    console.error((error as Error).message);
    if (status === 3) console.error("Without Linux:  deno task compare … --no-linux --mine");
    Deno.exit(status);
  }
}
