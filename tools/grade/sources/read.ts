/**
 * Reads a submission, whatever its form: a student's kit or a folder with only the edited files.
 */
import { type Found, type Submission, SubmissionError, takeEdited } from "../submission.ts";
import { findInFolder } from "./folder.ts";

/** Reads the submission at `source`. Throws a SubmissionError. */
export async function readSubmission(source: string): Promise<Submission> {
  return await takeEdited(await find(source));
}

async function find(source: string): Promise<Found[]> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(source);
  } catch {
    throw new SubmissionError("there is nothing at this path");
  }
  if (info.isDirectory) return await findInFolder(source);
  throw new SubmissionError("it is neither a folder nor an archive");
}
