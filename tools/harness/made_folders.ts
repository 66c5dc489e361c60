/**
 * Folders that are made from files and can be made again: each is named by a hash of what is in it, so what did not change is
 * found again, and two runs never disturb each other.
 */

/** The name of a folder with these files, for this version of Deno: 24 hex digits. */
export async function nameFor(files: ReadonlyMap<string, string>): Promise<string> {
  const all = [...files].sort(([a], [b]) => a < b ? -1 : 1).map(([path, text]) => `${path}\0${text}\0`).join("");
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(Deno.version.deno + all)));
  return digest.subarray(0, 12).toHex();
}

/** Whether there is something at a path. */
export async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Keeps the `keep` newest folders below `base`, and `current`. One that was made in the last ten minutes may be in use. */
export async function forgetOldest(base: string, current: string, keep: number): Promise<void> {
  const folders: { path: string; time: number }[] = [];
  for await (const entry of Deno.readDir(base)) {
    const path = `${base}/${entry.name}`;
    const time = await Deno.stat(path).then((stat) => stat.mtime?.getTime() ?? 0, () => Infinity);
    if (path !== current && Date.now() - time > 600_000) folders.push({ path, time });
  }
  folders.sort((a, b) => b.time - a.time);
  for (const { path } of folders.slice(keep)) await Deno.remove(path, { recursive: true }).catch(() => {});
}
