/**
 * What a learner has done so far, kept between runs in `.wallsocket/progress.json`: for each lab the checks that passed when it was last
 * run, and where the learner was. The file is replaced as a whole, so that there is never half of one. A file that cannot be read
 * is put aside and not thrown away; a disk that is full costs the memory of this run and nothing else.
 */

/** What is known of a lab from earlier runs. */
export interface LabProgress {
  /** Ids of the checks that passed. */
  readonly passed: readonly string[];
  /** How many checks there were, without those that were skipped. */
  readonly checks: number;
  readonly points: number;
  /** All checks passed once: its reference may be read, whatever is edited later. */
  readonly done: boolean;
}

/** What is kept. */
export interface Progress {
  readonly format: typeof FORMAT;
  /** By folder: "01-framing". */
  readonly labs: Readonly<Record<string, LabProgress>>;
  /** The lab, and its check, at which the learner was. */
  readonly at?: { readonly lab: number; readonly check?: string };
}

const FORMAT = "wallsocket-progress/1";

/** Nothing was done yet. */
export const NO_PROGRESS: Progress = { format: FORMAT, labs: {} };

/** Reads the file. `trouble`: a sentence, when there was a file that is none. */
export async function readProgress(path: string): Promise<{ readonly progress: Progress; readonly trouble?: string }> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return { progress: NO_PROGRESS };
    return { progress: NO_PROGRESS, trouble: `Your progress cannot be read: ${reasonOf(error)}.` };
  }
  const progress = parse(text);
  if (progress !== undefined) return { progress };
  const aside = `${path}.damaged`;
  const kept = await Deno.rename(path, aside).then(() => true, () => false);
  const name = aside.slice(aside.lastIndexOf("/") + 1);
  return {
    progress: NO_PROGRESS,
    trouble: `The file of your progress was damaged. ${kept ? `It is kept as ${name}; c` : "C"}ounting begins anew.`,
  };
}

/** Replaces the file. Returns a sentence when that cannot be done. */
export async function writeProgress(path: string, progress: Progress): Promise<string | undefined> {
  try {
    await replaceFile(path, `${JSON.stringify(progress, undefined, 2)}\n`);
    return undefined;
  } catch (error) {
    return `Your progress cannot be kept: ${reasonOf(error)}.`;
  }
}

/** Writes a file beside its place, and puts it there when it is whole. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const fresh = `${path}.${Deno.pid}.new`;
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  try {
    await Deno.writeTextFile(fresh, text);
    await Deno.rename(fresh, path);
  } catch (error) {
    await Deno.remove(fresh).catch(() => {});
    throw error;
  }
}

/** What the system says, without its number: "no space left on device". */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) return "this process has no permission to";
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/ ?\(os error.*/s, "").replace(/^[A-Z](?![A-Z])/, (letter) => letter.toLowerCase());
}

function parse(text: string): Progress | undefined {
  let value: Progress;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (value?.format !== FORMAT || !isRecord(value.labs)) return undefined;
  if (value.at !== undefined && !Number.isInteger(value.at?.lab)) return undefined;
  return Object.values(value.labs).every(isLabProgress) ? value : undefined;
}

function isLabProgress(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { passed, checks, points, done } = value;
  return Array.isArray(passed) && passed.every((id) => typeof id === "string") && Number.isInteger(checks) && Number.isInteger(points) &&
    typeof done === "boolean";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
