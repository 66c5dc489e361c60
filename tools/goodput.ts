/**
 * `deno task goodput`: how much of a bottleneck the stack uses, as figures that depend on nothing but the code. It writes them to tools/goodput/figures.json and, as
 * tables, to docs/goodput.md; `--check` only compares. `--live` measures the stack beside the kernel instead.
 */
import { parseArgs } from "@std/cli/parse-args";
import { NoLiveWire } from "../stack/link/no_live_wire.ts";
import { allTasks, type Task } from "./goodput/figures.ts";
import { type Beside, liveTable, measureLive } from "./goodput/live.ts";
import { type Figures, renderPage } from "./goodput/page.ts";
import { loadReference } from "./reference.ts";

const HELP = `deno task goodput: how much of a bottleneck the stack uses

Without options it computes all figures, in virtual time, and writes them to
tools/goodput/figures.json and docs/goodput.md. It takes half a minute.

  --check      only compares, and says what has changed
  --json       only prints them, as JSON
  --live       measures the stack beside this machine's kernel, over the same
               path, in turns; writes docs/goodput.md with that table.
               Linux only: it needs network namespaces and /dev/net/tun
  --rounds N   with --live: transfers of each kind (5)
  --seconds N  with --live: how long each takes (4)
  --help       this

Exit status: 0; 1 something has changed, 2 this command was wrong, 3 it cannot
be done.`;

const FIGURES = new URL("goodput/figures.json", import.meta.url);
const LIVE = new URL("goodput/live.json", import.meta.url);
const PAGE = new URL("../docs/goodput.md", import.meta.url);

/** Computes figures; `progress` is told how far it is. */
export function compute(tasks: readonly Task[], progress: (done: number) => void = () => {}): Record<string, number> {
  const figures: Record<string, number> = {};
  tasks.forEach(({ names, compute }, index) => {
    compute().forEach((value, i) => figures[names[i] as string] = value);
    progress(index + 1);
  });
  return figures;
}

/** What differs, one line for each; empty when all figures of `now` are as `before` has them. */
export function differences(before: Figures, now: Figures): string[] {
  return Object.entries(now).flatMap(([name, value]) =>
    before[name] === value ? [] : [`${name}: ${before[name] === undefined ? "new" : `it was ${before[name]}`}, and is ${value}`]
  );
}

/** The figures that are kept, and the last table beside the kernel. */
export async function kept(): Promise<{ figures: Figures; live: Beside[]; page: string }> {
  const read = async (url: URL): Promise<string> => await Deno.readTextFile(url).catch(() => "");
  const [figures, live, page] = await Promise.all([FIGURES, LIVE, PAGE].map(read)) as [string, string, string];
  return { figures: JSON.parse(figures || "{}"), live: JSON.parse(live || "[]"), page };
}

async function write(figures: Figures, live: readonly Beside[]): Promise<void> {
  await Deno.writeTextFile(FIGURES, JSON.stringify(figures, null, 2) + "\n");
  await Deno.writeTextFile(LIVE, JSON.stringify(live, null, 2) + "\n");
  await Deno.writeTextFile(PAGE, renderPage(figures, liveTable(live)));
}

async function computeAll(): Promise<Record<string, number>> {
  const tasks = allTasks(await loadReference());
  const shows = Deno.stderr.isTerminal();
  const figures = compute(tasks, (done) => shows && Deno.stderr.writeSync(new TextEncoder().encode(`\r${done} of ${tasks.length} `)));
  if (shows) console.error();
  return figures;
}

async function main(words: readonly string[]): Promise<number> {
  const unknown: string[] = [];
  const args = parseArgs([...words], {
    boolean: ["help", "check", "json", "live"],
    string: ["rounds", "seconds"],
    unknown: (word: string) => void unknown.push(word),
  });
  if (args.help === true) return console.log(HELP), 0;
  const [rounds, seconds] = [Number(args.rounds ?? 5), Number(args.seconds ?? 4)];
  const wrong = unknown.length > 0
    ? `There is no ${unknown[0]}.`
    : !Number.isInteger(rounds) || rounds < 1 || !(seconds > 0)
    ? "How many rounds, of how many seconds?"
    : "";
  if (wrong !== "") return console.error(`${wrong} --help lists what there is.`), 2;
  const { figures: before, live, page } = await kept();
  if (args.live === true) {
    const rows = await measureLive(rounds, seconds);
    console.log(liveTable(rows));
    return await write(before, rows), 0;
  }
  const figures = await computeAll();
  if (args.json === true) return console.log(JSON.stringify(figures, null, 2)), 0;
  const changed = differences(before, figures);
  for (const line of changed) console.log(line);
  console.log(`${Object.keys(figures).length} figures, ${changed.length} of them changed`);
  if (args.check !== true) return await write(figures, live), 0;
  if (page !== renderPage(figures, liveTable(live))) console.log("docs/goodput.md is not in step: deno task goodput writes it");
  return changed.length > 0 || page !== renderPage(figures, liveTable(live)) ? 1 : 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof NoLiveWire) && (error as Error).name !== "NoReference") throw error;
    console.error((error as Error).message);
    Deno.exit(3);
  }
}
