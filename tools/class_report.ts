/**
 * `deno task class-report OUT`: what a grading says about the class and about the suites: which check found most bugs, in which lab
 * they really sit (when it was graded with `--mine`), and who passed what, as text and as one page.
 */
import { parseArgs } from "@std/cli/parse-args";
import { gather, NoGrading } from "./class_report/gather.ts";
import { page } from "./class_report/page.ts";
import { summaryText } from "./class_report/summary.ts";
import { wrapAround } from "./lab/text.ts";
import { UsageError } from "./lab/usage_error.ts";

const DONE = 0, USAGE = 2, IMPOSSIBLE = 3;

const HELP = `deno task class-report OUT: what a grading says about the class

OUT is the folder that deno task grade SUBMISSION… --out OUT has written. With
its --mine a failure says in which lab it sits; without it each lab was graded
on the reference's other labs, and what fails sits in the lab itself.

  --to FILE     where the page goes (default OUT/class-report.html)
  --top N       so many checks in the text (default 10)
  --anonymous   numbers for names, in an order that has nothing to do with them
  --help        this

Exit status: 0 done, 2 the command was wrong, 3 there is no grading.`;

/** Runs the command and returns its exit status. */
export async function main(words: readonly string[]): Promise<number> {
  try {
    const options = readOptions(words);
    if (options === "help") {
      console.log(HELP);
      return DONE;
    }
    const { out, to, top, anonymous } = options;
    const report = await gather(out, anonymous);
    await Deno.writeTextFile(to, page(report));
    console.log(`${summaryText(report, top)}\n\nThe matrix of students and checks: ${to}`);
    return DONE;
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof NoGrading)) throw error;
    console.error(wrapAround(error.message));
    return error instanceof UsageError ? USAGE : IMPOSSIBLE;
  }
}

interface Options {
  readonly out: string;
  readonly to: string;
  readonly top: number;
  readonly anonymous: boolean;
}

function readOptions(words: readonly string[]): Options | "help" {
  const args = parseArgs([...words], {
    string: ["to", "top", "_"],
    boolean: ["anonymous", "help"],
    unknown: (word: string, key?: string) => {
      if (key !== undefined) {
        throw new UsageError(`There is no option ${word.split("=", 1)[0]}. deno task class-report --help names them all.`);
      }
    },
  }) as unknown as { _: string[]; to?: string; top?: string; anonymous: boolean; help: boolean };
  if (args.help) return "help";
  const [out, more] = args._.map(String);
  if (out === undefined || more !== undefined) throw new UsageError("Name the folder of one grading: deno task class-report OUT");
  const top = args.top ?? "10";
  if (!/^\d{1,4}$/.test(top)) throw new UsageError(`--top takes a whole number, not "${top}".`);
  if (args.to === "") throw new UsageError("--to needs a file behind it.");
  return { out, to: args.to ?? `${out}/class-report.html`, top: Number(top), anonymous: args.anonymous };
}

if (import.meta.main) Deno.exit(await main(Deno.args));
