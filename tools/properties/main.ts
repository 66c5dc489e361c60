/**
 * Properties of TCP: whatever two of our stacks do on whatever wire, and whatever a stranger says to one of them, some things hold. fast-check
 * makes up the stories; one that goes wrong is shrunk to its shortest, and printed with the seed and the path that play it again.
 *
 *     deno run --config=tools/properties/properties.json --allow-read tools/properties/main.ts [--runs N] [--seed S] [--path P] [NAME]
 *
 * A program of its own, with a lock file of its own: nothing else in the kit needs fast-check.
 */
import { fc } from "./fast_check.ts";
import { strangerProperty } from "./stranger.ts";
import { twoStacksProperty } from "./two_stacks.ts";

const PROPERTIES = { "two stacks": twoStacksProperty, stranger: strangerProperty } as const;

function option(name: string): string | undefined {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? undefined : Deno.args[at + 1];
}

const runs = Number(option("runs") ?? 100);
const seed = Number(option("seed") ?? Date.now() % 0x7fff_ffff);
const path = option("path");
const chosen = Object.entries(PROPERTIES).filter(([name]) => path === undefined || Deno.args.at(-1) === name);
let failed = false;
for (const [name, property] of chosen) {
  const details = fc.check(property, {
    numRuns: runs,
    seed,
    ...(path === undefined ? {} : { path }),
    endOnFailure: false,
    interruptAfterTimeLimit: 120_000,
    markInterruptAsFailure: false,
  });
  console.log(`${details.failed ? "✘" : "✔"} ${name}: ${details.numRuns} stories, seed ${seed}`);
  if (!details.failed) continue;
  failed = true;
  console.log(fc.defaultReportMessage(details));
  console.log(
    details.errorInstance instanceof Error ? details.errorInstance.stack ?? details.errorInstance.message : details.errorInstance,
  );
  console.log(`again: --seed ${seed} --path ${details.counterexamplePath} "${name}"`);
}
Deno.exit(failed ? 1 : 0);
