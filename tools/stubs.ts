/**
 * `deno task stubs` writes the stubs in `labs/` from the solutions; `deno task stubs --check` only compares.
 *
 * It also refuses what would spoil a lab: a function of the contract that no region covers, a region that is named
 * after nothing in the contract, and any line of a region that stands in `labs/`, handouts and suites included.
 */
import { type Lab, labs } from "../labs/manifest.ts";
import { type Cut, cutRegions, type Region } from "./stub_cutter.ts";

/** Short lines and lines like these are in every program; finding one tells nobody anything. */
const TRIVIAL = [
  /^[\w.]+[,;{]?$/, // identification,
  /^(\w+: )?-?\w+,$/, // protocol: 1,
  /^for \(let \w+ = 0; \w+ < \w+; \w+\+\+\) \{$/,
  /^return [\w.]+;$/,
  /^(const|let) (\w+|\{ [\w, ]+ \}) = [\w.]+;$/, // const { view, start } = frame;
  /^if \(\w+ === undefined\) return( \w+)?;$/,
  /^\} else (if \(\w+\) )?\{$/,
];

/** What is wrong with a lab's regions, beside their form. */
export function regionFaults(lab: Lab, file: string, regions: readonly Region[]): string[] {
  const path = `solutions/${lab.folder}/${file}`;
  const expected = Object.entries(lab.functions).filter(([, where]) => where === file).map(([name]) => name);
  const stem = (name: string): string => name.split(".", 1)[0] as string;
  const todos = regions.filter((region) => region.todo);
  return [
    ...todos.filter((region) => !expected.includes(stem(region.name)))
      .map((region) => `${path}:${region.line}: region "${region.name}" is named after no function that the manifest has in this file`),
    ...expected.filter((name) => !todos.some((region) => stem(region.name) === name))
      .map((name) => `${path}: no region for ${name}: its stub would be its solution`),
  ];
}

/** Lines of a region that stand in `text` as well, with where they come from. */
export function leaks(text: string, secret: ReadonlyMap<string, string>): string[] {
  const found = new Set<string>();
  for (const line of text.split("\n")) {
    const origin = secret.get(line.trim());
    if (origin !== undefined) found.add(`"${line.trim()}" is a line of ${origin}`);
  }
  return [...found];
}

/** The lines worth keeping secret: 12 characters or more, no import, and not given anywhere. */
export function secretLines(cuts: ReadonlyMap<string, Cut>): Map<string, string> {
  const given = new Set([...cuts.values()].flatMap((cut) => cut.given.map((line) => line.trim())));
  const secret = new Map<string, string>();
  for (const [path, cut] of cuts) {
    for (const region of cut.regions) {
      for (const line of region.body.map((body) => body.trim())) {
        if (
          line.replaceAll(/\s/g, "").length < 12 || /^(import|export \{)/.test(line) || TRIVIAL.some((form) => form.test(line)) ||
          given.has(line)
        ) continue;
        secret.set(line, `region "${region.name}" in ${path}`);
      }
    }
  }
  return secret;
}

/** Formats as `deno fmt` does in this project. */
async function format(source: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), { args: ["fmt", "--ext", "ts", "-"], stdin: "piped", stdout: "piped", stderr: "piped" })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(source));
  await writer.close();
  const output = await child.output();
  if (!output.success) throw new Error(new TextDecoder().decode(output.stderr).trim());
  return new TextDecoder().decode(output.stdout);
}

/** Every text file below `folder`. */
async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* filesBelow(path);
    else if (/\.(ts|md|json|txt)$/.test(entry.name)) yield path;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The stub that a student gets of a lab's file. */
export async function stubOf(lab: Lab, file: string): Promise<string> {
  const path = `solutions/${lab.folder}/${file}`;
  return await format(cutRegions(await Deno.readTextFile(new URL(`../${path}`, import.meta.url)), path).stub);
}

/** One lab's stubs brought into step, or compared. Adds its solutions to `cuts`. */
async function bringIntoStep(lab: Lab, check: boolean, cuts: Map<string, Cut>): Promise<string[]> {
  const faults = await Promise.all(lab.files.map(async (file) => {
    const solution = `solutions/${lab.folder}/${file}`;
    const path = `labs/${lab.folder}/${file}`;
    const cut = cutRegions(await Deno.readTextFile(solution), solution);
    cuts.set(solution, cut);
    const found = regionFaults(lab, file, cut.regions);
    const stub = await format(cut.stub);
    if (await readIfThere(path) === stub) return found;
    if (check) return [...found, `${path} is not what ${solution} gives: run  deno task stubs`];
    await Deno.writeTextFile(path, stub);
    console.log(`wrote ${path}`);
    return found;
  }));
  return faults.flat();
}

async function bringAllIntoStep(check: boolean): Promise<string[]> {
  const faults: string[] = [];
  const cuts = new Map<string, Cut>();
  for (const lab of labs) {
    try {
      faults.push(...await bringIntoStep(lab, check, cuts));
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
    }
  }
  const secret = secretLines(cuts);
  for await (const path of filesBelow("labs")) {
    faults.push(...leaks(await Deno.readTextFile(path), secret).map((leak) => `${path}: ${leak}`));
  }
  return faults;
}

if (import.meta.main) {
  const unknown = Deno.args.filter((argument) => argument !== "--check");
  if (unknown.length > 0) {
    console.error(`deno task stubs knows only --check, not ${unknown.join(" ")}`);
    Deno.exit(2);
  }
  const faults = await bringAllIntoStep(Deno.args.includes("--check"));
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) Deno.exit(1);
}
