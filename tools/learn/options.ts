/**
 * The words behind `deno task learn`. `deno task lab5 --watch` comes here too, with a lab and nothing else to choose.
 */
import { parseArgs } from "@std/cli/parse-args";
import { findLab, type Lab } from "../../labs/manifest.ts";
import { labNumbers, readLabs } from "../lab/lab_numbers.ts";
import { readSeed } from "../lab/options.ts";
import { KIT, standInFor } from "../lab/run.ts";
import { UsageError } from "../lab/usage_error.ts";

/** What a learner asked for. */
export interface LearnOptions {
  /** The lab to begin with. Default: where the learner was. */
  readonly lab: Lab | undefined;
  /** This lab and no other. */
  readonly alone: boolean;
  readonly plain: boolean;
  readonly poll: boolean;
  readonly virtual: boolean;
  readonly reference: ReadonlySet<number>;
  readonly mine: boolean;
  /** Undefined: draw one. */
  readonly seed: number | undefined;
}

/** What `--help` prints. */
export const HELP = `deno task learn [LAB]: opens the kit in the terminal. Shows the next check that
fails, and runs it again whenever you save a file of a lab. "deno task learn 3"
begins with lab 03; without a number it goes on where you were.

  --plain          lines only, for screen readers and pipes: nothing moves, and
                   keys are letters with Enter behind them
  --poll           ask the file system for changes again and again: where it
                   tells nothing of a save (network drives, some containers)
  --alone          this lab and no other
  --virtual        leave the live checks out
  --reference 1-3  take these labs from the reference solutions
  --mine           take all labs from you, where the reference would stand in
  --seed N         draw the same inputs as the run that showed this seed
  --help           this

Failures that you kept (deno task lab3 --save-failure) run along, for no
points. Checks that you wrote (my_checks.ts) do not: they are judged on right
code first, which takes its time. deno task lab3 --my-checks runs them.

Your progress is kept in .wallsocket/progress.json. NO_COLOR switches colours
off.`;

const BOOLEANS = ["plain", "poll", "virtual", "mine", "alone", "help"];

/** Reads the command line. Returns "help" when that is asked for. Throws a UsageError. */
export function readLearnOptions(words: readonly string[]): LearnOptions | "help" {
  const unknown: string[] = [];
  const args = parseArgs(words, {
    string: ["reference", "seed"],
    boolean: BOOLEANS,
    alias: { h: "help" },
    unknown: (word: string, key?: string): boolean => {
      if (key === undefined) return true;
      unknown.push(word);
      return false;
    },
  });
  if (unknown[0] !== undefined) throw new UsageError(`There is no option ${unknown[0].split("=")[0]}. --help lists them all.`);
  if (args.help === true) return "help";
  const [word, more] = args._;
  const lab = word === undefined ? undefined : findLab(Number(word));
  if (word !== undefined && (lab === undefined || !(KIT?.labs.includes(lab.number) ?? true))) {
    throw new UsageError(`There is no lab ${word}${KIT === undefined ? `: there are ${labNumbers()}` : " in this kit"}.`);
  }
  if (more !== undefined) throw new UsageError(`Cannot make sense of "${more}". --help lists the options.`);
  for (const name of ["reference", "seed"]) if (args[name] === "") throw new UsageError(`--${name} needs a value behind it.`);
  return {
    lab,
    alone: args.alone === true,
    plain: args.plain === true,
    poll: args.poll === true,
    virtual: args.virtual === true,
    reference: readReference(args.reference as string | undefined),
    mine: args.mine === true,
    seed: readSeed(args.seed as string | undefined),
  };
}

function readReference(text: string | undefined): ReadonlySet<number> {
  const numbers = text === undefined ? [] : readLabs(text, "--reference");
  for (const number of numbers) {
    const lab = findLab(number) as Lab;
    if (standInFor(lab) === undefined) {
      throw new UsageError(`Cannot take lab ${number} from the reference: solutions/${lab.folder} is not here.`);
    }
  }
  return new Set(numbers);
}
