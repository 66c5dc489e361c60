/**
 * A submission: the student's files, and nothing else of what came with them. Whatever its form (see `sources/`), what is graded is
 * a map from paths that the manifest lists to texts; suites, stack and tools come from the grader's own checkout.
 */
import { labs } from "../../labs/manifest.ts";

/** A file of a student's lab is never longer. The references have 20 KB at most. */
export const MAX_FILE = 262_144;

/** What was found in a submission, whatever its form: paths with "/" between their parts, relative to its root. */
export interface Found {
  readonly path: string;
  /** Bytes, where that is known without reading. */
  readonly size: number;
  /** Reads it. Throws a SubmissionError. */
  readonly read: () => Promise<Uint8Array>;
}

/** A submission that was read. */
export interface Submission {
  /** Path in the kit ("labs/03-ip/ipv4.ts") and text. */
  readonly files: ReadonlyMap<string, string>;
  /** Paths of other files, at most `MAX_IGNORED` of them, printable. */
  readonly ignored: readonly string[];
}

/** It cannot be read. The message is for the student and the instructor: "the archive is damaged". */
export class SubmissionError extends Error {
  override readonly name = "SubmissionError";
}

const MAX_IGNORED = 50;

/** The paths that are the student's, in the manifest's order. */
export const EDITED: readonly string[] = labs.flatMap((lab) => lab.files.map((file) => `labs/${lab.folder}/${file}`));

/** Checks that students wrote themselves. Nobody has to. */
const MY_CHECKS: readonly string[] = labs.map((lab) => `labs/${lab.folder}/my_checks.ts`);

const NAMES = new Set([...EDITED, ...MY_CHECKS].map((path) => path.slice(path.lastIndexOf("/") + 1)));

/** Whether a path ends as one of a student's files does. Others need not be read at all. */
export function isCandidate(path: string): boolean {
  return NAMES.has(path.slice(path.lastIndexOf("/") + 1));
}

/**
 * Takes from what was found the files that the manifest lists. A kit has them at "labs/03-ip/ipv4.ts"; a folder with only the
 * edited ones may have them at "03-ip/ipv4.ts" or "ipv4.ts", and all of it may lie in one outer folder. Throws a SubmissionError
 * when there is none, when two files claim the same place equally well, or when a file is no text.
 */
export async function takeEdited(all: readonly Found[]): Promise<Submission> {
  const found = all.filter(({ path }) => isPlain(path));
  const files = new Map<string, string>();
  const used = new Set<string>();
  const base = outerFolder(found.map(({ path }) => path));
  for (const path of [...EDITED, ...MY_CHECKS]) {
    const bare = MY_CHECKS.includes(path) ? [] : [path.slice(path.lastIndexOf("/") + 1)];
    const shorter = [path, path.slice("labs/".length), ...bare];
    const match = shorter.map((each) => found.filter((file) => file.path === base + each)).find((each) => each.length > 0);
    if (match === undefined) continue;
    const [file, second] = match as [Found, Found?];
    if (second !== undefined) throw new SubmissionError(`it has two files ${printable(file.path)}`);
    if (file.size > MAX_FILE) throw new SubmissionError(`${printable(file.path)} has ${file.size} bytes; ${MAX_FILE} are allowed`);
    files.set(path, textOf(await file.read(), file.path));
    used.add(file.path);
  }
  if (!EDITED.some((path) => files.has(path))) {
    throw new SubmissionError(`it has none of the files that a student edits, such as ${EDITED[0]}`);
  }
  const ignored = all.filter(({ path }) => !used.has(path)).map(({ path }) => printable(path)).sort();
  return { files, ignored: ignored.slice(0, MAX_IGNORED) };
}

/** A path that leads downwards from the root, and nowhere else. */
function isPlain(path: string): boolean {
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..") && !path.includes("\\") && !path.includes("\0");
}

/** "alice-kit/" when everything that could be a student's file lies in that one folder, else "". */
function outerFolder(paths: readonly string[]): string {
  const wanted = new Set(EDITED.flatMap((path) => [path, path.slice("labs/".length)]));
  if (paths.some((path) => wanted.has(path) || !path.includes("/") && EDITED.some((each) => each.endsWith(`/${path}`)))) return "";
  const firsts = new Set(paths.filter((path) => path.includes("/")).map((path) => path.slice(0, path.indexOf("/") + 1)));
  const fitting = [...firsts].filter((first) => paths.some((path) => path.startsWith(first) && fits(path.slice(first.length), wanted)));
  return fitting.length === 1 ? fitting[0] as string : "";
}

function fits(path: string, wanted: ReadonlySet<string>): boolean {
  return wanted.has(path) || !path.includes("/") && EDITED.some((each) => each.endsWith(`/${path}`));
}

function textOf(bytes: Uint8Array, path: string): string {
  if (bytes.length > MAX_FILE) throw new SubmissionError(`${printable(path)} has more than ${MAX_FILE} bytes`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new SubmissionError(`${printable(path)} is not UTF-8 text`);
  }
}

/** A path or a message with nothing in it that could be taken for a line of ours, or move a cursor. */
export function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- that is what it is for
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, "?").slice(0, 200);
}
