/**
 * Hashes that say with what a submission was graded: SHA-256, in hex. Two results with equal hashes and an equal seed are equal.
 */

/** The hash of a text. */
export async function hashOfText(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex();
}

/** The hash of some files, each by its path and text, in whatever order. */
export async function hashOfFiles(files: ReadonlyMap<string, string>): Promise<string> {
  const lines = [...files].sort(([a], [b]) => a < b ? -1 : 1).map(([path, text]) => `${path}\0${text}\0`);
  return await hashOfText(lines.join(""));
}

/** The hash of all TypeScript below some folders, tests left out. */
export async function hashOfFolders(root: string, folders: readonly string[]): Promise<string> {
  const files = new Map<string, string>();
  for (const folder of folders) await collect(root, folder, files);
  return await hashOfFiles(files);
}

async function collect(root: string, folder: string, files: Map<string, string>): Promise<void> {
  for await (const entry of Deno.readDir(`${root}/${folder}`)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) await collect(root, path, files);
    else if (entry.isFile && path.endsWith(".ts") && !path.endsWith("_test.ts")) {
      files.set(path, await Deno.readTextFile(`${root}/${path}`));
    }
  }
}
