/**
 * Reads a submission, whatever its form: a student's kit or a folder with only the edited files, a zip or tar.gz of either, or a git
 * repository on this machine (bare, or named by `file://`). What a file is, its first bytes say, not its name.
 */
import { type Found, type Submission, SubmissionError, takeEdited } from "../submission.ts";
import { findInFolder } from "./folder.ts";
import { findInGit, isBareRepository } from "./git.ts";
import { findInTarGz } from "./tar.ts";
import { findInZip } from "./zip.ts";

/** Bytes of an archive. */
const MAX_ARCHIVE = 67_108_864;

/** Reads the submission at `source`, a path or a `file://` address of a git repository. Throws a SubmissionError. */
export async function readSubmission(source: string): Promise<Submission> {
  return await takeEdited(await find(source));
}

async function find(source: string): Promise<Found[]> {
  if (/^[a-z+]+:\/\//i.test(source) && !source.startsWith("file://")) {
    throw new SubmissionError("it is on another machine: clone it first, and name the folder");
  }
  const path = source.startsWith("file://") ? decodeURI(source.slice("file://".length)) : source;
  let info: Deno.FileInfo;
  try {
    // A link that came with a class's work may lead anywhere, to the solutions too.
    if ((await Deno.lstat(path)).isSymlink) throw new SubmissionError("it is a symbolic link: name what it leads to");
    info = await Deno.stat(path);
  } catch (error) {
    if (error instanceof SubmissionError) throw error;
    throw new SubmissionError(error instanceof Deno.errors.NotFound ? "there is nothing at this path" : "this user may not read it");
  }
  if (info.isDirectory) {
    return source.startsWith("file://") || await isBareRepository(path) ? await findInGit(path) : await findInFolder(path);
  }
  if (!info.isFile) throw new SubmissionError("it is neither a folder nor an archive");
  if (info.size > MAX_ARCHIVE) throw new SubmissionError(`the archive has ${info.size} bytes; ${MAX_ARCHIVE} are allowed`);
  const bytes = await Deno.readFile(path);
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return findInZip(bytes);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return await findInTarGz(bytes);
  throw new SubmissionError("it is neither a zip nor a tar.gz archive");
}
