/**
 * A submission that is a git repository on this machine: what its HEAD holds.
 *
 * A repository is a stranger's too, and its configuration names programs. So it is never worked in: it is copied over git's own
 * protocol (`upload-pack` is made for repositories that nobody trusts), without hooks and without a working tree, and read from
 * the copy.
 */
import { type Found, isCandidate, MAX_FILE, printable, SubmissionError } from "../submission.ts";

const MAX_ENTRIES = 20_000;
const SYMLINK = "120000", FILE = /^100(644|755)$/;

/** Whether a folder is a bare repository. */
export async function isBareRepository(path: string): Promise<boolean> {
  const there = (name: string): Promise<boolean> => Deno.stat(`${path}/${name}`).then(() => true, () => false);
  return await there("HEAD") && await there("objects") && await there("refs");
}

/** Lists the files of HEAD, and reads them before it returns. Throws a SubmissionError. */
export async function findInGit(path: string): Promise<Found[]> {
  const folder = await Deno.makeTempDir({ prefix: "wallsocket-" });
  try {
    await Deno.writeTextFile(`${folder}/config`, "[safe]\n\tdirectory = *\n[core]\n\thooksPath = /dev/null\n");
    const url = `file://${encodeURI(await Deno.realPath(path))}`;
    await git(folder, ["clone", "--quiet", "--bare", "--no-local", "--depth=1", "--no-tags", "--template=", url, `${folder}/copy`]);
    const listed = await git(folder, [
      "--git-dir",
      `${folder}/copy`,
      "ls-tree",
      "-r",
      "-z",
      "--format=%(objectmode) %(objectsize) %(path)",
      "HEAD",
    ]);
    const lines = new TextDecoder().decode(listed).split("\0").filter((line) => line !== "");
    if (lines.length > MAX_ENTRIES) throw new SubmissionError(`it has more than ${MAX_ENTRIES} files`);
    const all: Found[] = [];
    for (const line of lines) all.push(await found(folder, line));
    return all;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function found(folder: string, line: string): Promise<Found> {
  const [, mode, size, path] = /^(\d+) +(\S+) (.*)$/s.exec(line) as unknown as [string, string, string, string];
  if (mode === SYMLINK) return { path, size: 0, read: () => Promise.reject(new SubmissionError(`${printable(path)} is a symbolic link`)) };
  if (!FILE.test(mode) || !isCandidate(path) || Number(size) > MAX_FILE) {
    return {
      path,
      size: Number(size) || 0,
      read: () => Promise.resolve(new Uint8Array()),
    };
  }
  const bytes = await git(folder, ["--git-dir", `${folder}/copy`, "cat-file", "blob", `HEAD:${path}`]);
  return { path, size: Number(size), read: () => Promise.resolve(bytes) };
}

async function git(folder: string, args: readonly string[]): Promise<Uint8Array> {
  const env = {
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: `${folder}/config`,
    GIT_TERMINAL_PROMPT: "0",
    GIT_NO_LAZY_FETCH: "1",
    LC_ALL: "C",
  };
  try {
    const { success, stdout, stderr } = await new Deno.Command("git", { args: [...args], env, stdin: "null" }).output();
    if (success) return stdout;
    throw new SubmissionError(`git cannot read it: ${printable(new TextDecoder().decode(stderr).trim().split("\n").at(-1) ?? "")}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new SubmissionError("it is a git repository, and git is not installed");
    throw error;
  }
}
