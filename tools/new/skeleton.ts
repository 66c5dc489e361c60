/**
 * Files to be made and files to be changed, as texts, and what is to be done next. All is put together before anything is written, so
 * that a refusal leaves the tree as it was.
 */
import { ROOT } from "../lab/run.ts";
import { UsageError } from "../lab/usage_error.ts";

/** What a command writes. Paths are from the top of the tree. */
export interface Skeleton {
  readonly fresh: ReadonlyMap<string, string>;
  readonly changed: ReadonlyMap<string, string>;
  /** What to do next, as lines. */
  readonly next: readonly string[];
}

/** A file of the tree does not look as expected. The message says which, and what was to be written there. */
export class NoPlace extends Error {
  override readonly name = "NoPlace";
}

/** Writes a skeleton, formatted as `deno fmt` does. Throws a UsageError when a file is there already. */
export async function writeSkeleton({ fresh, changed }: Skeleton): Promise<void> {
  for (const path of fresh.keys()) {
    if (await Deno.stat(`${ROOT}/${path}`).then(() => true, () => false)) throw new UsageError(`${path} is there already.`);
  }
  const all = [...fresh, ...changed];
  for (const [path, text] of all) {
    if (fresh.has(path)) await Deno.mkdir(`${ROOT}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${ROOT}/${path}`, text);
  }
  const paths = all.map(([path]) => `${ROOT}/${path}`).filter((path) => !path.endsWith(".md"));
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", `--config=${ROOT}/deno.json`, ...paths], cwd: ROOT }).output();
}

/** The text of a file of the tree. */
export async function readTree(path: string): Promise<string> {
  return await Deno.readTextFile(`${ROOT}/${path}`);
}

/** Refuses a name that is not in small letters with hyphens. `what` is for the message: "A check's name". */
export function refuseName(name: string, what: string): void {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new UsageError(`${what} has small letters, digits and hyphens: "odd-length", not "${name}".`);
  }
}

/** "odd-length" as the name of a value: "oddLength". */
export function camel(name: string): string {
  return name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** The text with an import more, in front of the first that comes behind it by its specifier. */
export function withImport(text: string, line: string, path: string): string {
  const specifier = (of: string): string => /from "([^"]+)";$/.exec(of)?.[1] ?? "";
  const folder = specifier(line).replace(/[^/]*$/, "");
  const lines = text.split("\n");
  const beside = lines.flatMap((each, index) => /^import /.test(each) && specifier(each).startsWith(folder) ? [index] : []);
  const behind = beside.find((index) => specifier(lines[index] as string) > specifier(line));
  const last = lines.findLastIndex((each) => /^import .* from "|^\} from "/.test(each));
  const place = behind ?? (beside.at(-1) ?? last) + 1;
  if (place < 1) throw new NoPlace(`${path} has no imports, beside which to write ${line}`);
  return lines.toSpliced(place, 0, line).join("\n");
}

/** The text with `addition` put where `place` matches: `$&` in it is what matched. */
export function withAddition(text: string, place: RegExp, addition: string, path: string): string {
  if (!place.test(text)) throw new NoPlace(`${path} does not look as it did: there is no place for ${addition.replace("$&", "").trim()}`);
  place.lastIndex = 0;
  return text.replace(place, addition);
}
