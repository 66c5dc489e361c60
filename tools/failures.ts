/**
 * `deno task failures`: what a student reads when a check fails, for every public check (`docs/failures.md`). Each is run against a solution with a fault in
 * it: the one that its page names, a mutant that names the check, one that was made for it, or the mutant that says the most about it. --anew forgets the pages.
 *
 *     deno task failures            all labs, some minutes
 *     deno task failures 3          one lab
 *     deno task failures --check    only compares: every check has its place, and some transcripts are still what they were
 */
import { parseArgs } from "@std/cli/parse-args";
import { findLab, finished, type Lab } from "../labs/manifest.ts";
import { createRandom } from "../stack/wire/random.ts";
import { readMarkdown } from "./docs/markdown.ts";
import { INDEX, pagePath, readPage, renderIndex, renderPage, type Section } from "./failures/page.ts";
import { breakBy, type Fault, isLookedAt, loadFaults, publicChecks, type Story } from "./failures/stories.ts";
import type { Check } from "./harness/suite.ts";
import { LiveWire, ROOT } from "./lab/run.ts";
import { titled } from "./lab/text.ts";

/** So many transcripts are made again by --check. */
const SAMPLE = 10;

const HELP = `deno task failures [LAB …]: writes docs/failures.md and docs/failures/*.md,
what a student reads when a check fails, for every public check

  --check      writes nothing: says what is not as it was, as far as that is
               quickly found out (no live checks, ${SAMPLE} of the others)
  --anew       finds the faults anew; without it those that the pages name stay
  --help       this

Exit status: 0 every check has a transcript, 1 one has none or another one, 2 the
command was wrong.`;

/** Finds a fault for every check, and what is read then. Checks that none breaks are missing. */
async function storiesOf(lab: Lab, known: readonly Section[]): Promise<Story[]> {
  const checks = await publicChecks(lab);
  const faults = await loadFaults(lab);
  const found = new Map<string, Story>();
  const wire = new LiveWire("ffi");
  try {
    const candidates = new Map(checks.map((check) => [check, candidatesFor(check, faults, known)]));
    while (candidates.size > 0) {
      const round = Map.groupBy(candidates.keys(), (check) => candidates.get(check)?.shift());
      for (const [fault, tried] of round) {
        if (fault === undefined) { for (const check of tried) candidates.delete(check); }
        else {
          for (const story of await breakBy(lab, fault, tried, wire)) {
            found.set(story.check.id, story);
            candidates.delete(story.check);
          }
        }
      }
    }
    const rest = checks.filter(({ id }) => !found.has(id));
    for (const story of rest.length === 0 ? [] : await search(lab, checks, rest, faults, wire)) found.set(story.check.id, story);
  } finally {
    wire.close();
  }
  return checks.flatMap(({ id }) => found.get(id) ?? []);
}

/** The faults to be tried first; for a live check also those that break its twin. */
function candidatesFor({ id, twin }: Check, faults: readonly Fault[], known: readonly Section[]): Fault[] {
  const named = [id, twin].flatMap((each) => {
    const earlier = known.find((section) => section.id === each)?.fault;
    return [...faults.filter(({ name }) => name === earlier), ...faults.filter(({ caughtBy }) => caughtBy === each)];
  });
  return [...new Set(named)];
}

/** Of all faults that break a check one in the functions that the check is about, and then the one that breaks the fewest others. */
async function search(
  lab: Lab,
  checks: readonly Check[],
  rest: readonly Check[],
  faults: readonly Fault[],
  wire: LiveWire,
): Promise<Story[]> {
  const best = new Map<Check, { story: Story; cost: number }>();
  const compared = checks.filter((check) => check.kind !== "live" || rest.includes(check));
  const [near, far] = [true, false].map((is) => faults.filter((fault) => rest.some((check) => isLookedAt(fault, check)) === is)) as [
    Fault[],
    Fault[],
  ];
  for (const some of [near, far]) {
    if (best.size === rest.length) break;
    for (const fault of some) {
      const stories = await breakBy(lab, fault, compared, wire);
      for (const story of stories.filter(({ check }) => rest.includes(check))) {
        const cost = stories.length + (isLookedAt(fault, story.check) ? 0 : checks.length);
        if (cost < (best.get(story.check)?.cost ?? Infinity)) best.set(story.check, { story, cost });
      }
    }
  }
  return [...best.values()].map(({ story }) => story);
}

async function write(lab: Lab, anew: boolean): Promise<string[]> {
  const known = await sectionsOf(lab);
  const stories = (await storiesOf(lab, anew ? [] : known)).map((story) => settled(story, known));
  await Deno.mkdir(`${ROOT}/docs/failures`, { recursive: true });
  await Deno.writeTextFile(`${ROOT}/${pagePath(lab)}`, renderPage(lab, stories));
  const checks = await publicChecks(lab);
  const without = checks.filter(({ id }) => !stories.some(({ check }) => check.id === id));
  console.log(`${pagePath(lab)}: ${stories.length} of ${checks.length} checks`);
  return without.map(({ id }) => `lab ${lab.number}: no fault breaks ${id}`);
}

/** A live check's steps come in another order in each run: what was written stays, as long as it ends in the same. */
function settled(story: Story, known: readonly Section[]): Story {
  const before = known.find(({ id, fault }) => id === story.check.id && fault === story.fault.name);
  const end = (text: string): string => text.slice(text.indexOf("\n  Expected"));
  return story.check.kind === "live" && before !== undefined && end(before.text) === end(story.text)
    ? { ...story, text: before.text }
    : story;
}

async function sectionsOf(lab: Lab): Promise<Section[]> {
  const source = await Deno.readTextFile(`${ROOT}/${pagePath(lab)}`).catch(() => "");
  return readPage(pagePath(lab), source);
}

async function indexText(): Promise<string> {
  const pages = await Promise.all(finished.map(async (lab) => ({
    lab,
    sections: await sectionsOf(lab),
    titles: new Map((await publicChecks(lab)).map(({ id, title }) => [id, title])),
  })));
  return renderIndex(pages.filter(({ sections }) => sections.length > 0));
}

/** What is not as it should be on the pages, without running anything. */
async function pageFaults(lab: Lab): Promise<string[]> {
  const [checks, sections] = [await publicChecks(lab), await sectionsOf(lab)];
  const ids = checks.map(({ id }) => id);
  const order = sections.map(({ id }) => id);
  if (ids.join() !== order.join()) {
    const missing = ids.filter((id) => !order.includes(id)), gone = order.filter((id) => !ids.includes(id));
    return [
      `${pagePath(lab)}: other checks, or in another order: missing are ${missing.join(", ") || "none"}, gone are ${
        gone.join(", ") || "none"
      }`,
    ];
  }
  const retitled = checks.flatMap(({ id, title }, index) => {
    const head = titled(`✘ ${id}`, title, 21, "2 ms").join("\n");
    return sections[index]?.text.startsWith(head) ? [] : [`${pagePath(lab)}: ${id} has another title now`];
  });
  return [...retitled, ...await anchorFaults(sections, pagePath(lab))];
}

/** Places in handouts that transcripts name and that are not there. */
async function anchorFaults(sections: readonly Section[], page: string): Promise<string[]> {
  const named = Map.groupBy(
    sections.flatMap(({ text }) => text.match(/\b(?:labs|docs)\/[\w./-]+\.md#[\w-]+/g) ?? []),
    (place) => place.split("#")[0] as string,
  );
  const faults: string[] = [];
  for (const [path, places] of named) {
    const { anchors } = readMarkdown(path, await Deno.readTextFile(`${ROOT}/${path}`).catch(() => ""));
    const missing = [...new Set(places)].filter((place) => !anchors.has(place.split("#")[1] as string));
    faults.push(...missing.map((place) => `${page}: there is no ${place}`));
  }
  return faults;
}

/** Transcripts that are made again and are not what they were; those of live checks differ a little in every run. */
async function sampleFaults(): Promise<string[]> {
  const all: { lab: Lab; check: Check; section: Section }[] = [];
  for (const lab of finished) {
    const sections = await sectionsOf(lab);
    for (const check of await publicChecks(lab)) {
      const section = sections.find(({ id }) => id === check.id);
      if (section !== undefined && check.kind !== "live") all.push({ lab, check, section });
    }
  }
  const random = createRandom(all.reduce((sum, { section }) => (Math.imul(sum, 31) + section.text.length) >>> 0, SAMPLE));
  const faults: string[] = [];
  const wire = new LiveWire("ffi");
  for (let count = 0; count < SAMPLE && all.length > 0; count++) {
    const [{ lab, check, section }] = all.splice(random.int(0, all.length - 1), 1) as [typeof all[0]];
    const fault = (await loadFaults(lab)).find(({ name }) => name === section.fault);
    const [story] = fault === undefined ? [] : await breakBy(lab, fault, [check], wire);
    if (story?.text !== section.text) {
      faults.push(`${pagePath(lab)}: ${check.id} reads otherwise now: run  deno task failures ${lab.number}`);
    }
  }
  wire.close();
  return faults;
}

/** Everything that --check says. */
export async function allFaults(): Promise<string[]> {
  const faults = (await Promise.all(finished.map(pageFaults))).flat();
  if (await Deno.readTextFile(`${ROOT}/${INDEX}`).catch(() => "") !== await indexText()) {
    faults.push(`${INDEX} is not what the pages give: run  deno task failures`);
  }
  return faults.length > 0 ? faults : await sampleFaults();
}

async function main(words: readonly string[]): Promise<number> {
  const args = parseArgs([...words], { boolean: ["check", "anew", "help"] }) as unknown as {
    _: (string | number)[];
    check: boolean;
    anew: boolean;
    help: boolean;
  };
  if (args.help) console.log(HELP);
  if (args.help) return 0;
  const labs = args._.map((word) => findLab(Number(word)));
  if (labs.includes(undefined)) {
    console.error(`There is no lab ${args._[labs.indexOf(undefined)]}.`);
    return 2;
  }
  const faults: string[] = args.check ? await allFaults() : [];
  if (!args.check) {
    for (const lab of labs.length > 0 ? labs as Lab[] : finished) faults.push(...await write(lab, args.anew));
    await Deno.writeTextFile(`${ROOT}/${INDEX}`, await indexText());
  }
  for (const fault of faults) console.error(fault);
  return faults.length > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
