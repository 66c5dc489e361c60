/**
 * A submission that is a folder. Symbolic links are never followed: one that stands where a student's file should be is refused by name.
 */
import { type Found, printable, SubmissionError } from "../submission.ts";

/** Entries of a folder that are looked at. A kit has some hundreds. */
const MAX_ENTRIES = 20_000;
const LEFT_OUT = new Set([".git", ".wallsocket", "node_modules", "coverage"]);

/** Lists the regular files below a folder. Throws a SubmissionError when there are too many. */
export async function findInFolder(root: string): Promise<Found[]> {
  const found: Found[] = [];
  const waiting = [""];
  for (let seen = 0; waiting.length > 0;) {
    const folder = waiting.pop() as string;
    for (const entry of await entriesOf(`${root}/${folder}`, folder)) {
      if (++seen > MAX_ENTRIES) throw new SubmissionError(`it has more than ${MAX_ENTRIES} files`);
      const path = `${folder}${entry.name}`;
      if (entry.isDirectory && !LEFT_OUT.has(entry.name)) waiting.push(`${path}/`);
      else if (entry.isSymlink) {
        found.push({
          path,
          size: 0,
          read: () => Promise.reject(new SubmissionError(`${printable(path)} is a symbolic link`)),
        });
      } else if (entry.isFile) found.push(await file(root, path));
    }
  }
  return found.sort((a, b) => a.path < b.path ? -1 : 1);
}

/** What is in a folder, at most one more than is looked at. Throws a SubmissionError for one that cannot be read. */
async function entriesOf(folder: string, name: string): Promise<Deno.DirEntry[]> {
  const entries: Deno.DirEntry[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      entries.push(entry);
      if (entries.length > MAX_ENTRIES) break;
    }
  } catch (error) {
    throw new SubmissionError(`its folder ${printable(name)} cannot be read: ${error instanceof Error ? error.name : "it is damaged"}`);
  }
  return entries;
}

async function file(root: string, path: string): Promise<Found> {
  const { size } = await Deno.lstat(`${root}/${path}`);
  return { path, size, read: () => Deno.readFile(`${root}/${path}`) };
}
