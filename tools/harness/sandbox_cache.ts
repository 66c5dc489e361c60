/**
 * What Deno compiled of the given files of a workspace, for subjects that run in a sandbox (`sandbox.ts`): without it, each
 * start would compile all of them again. It is made once, from a folder that has given code only and in which nothing of a
 * stranger's was ever compiled, and is read-only to every subject. What a subject compiles of its own is gone with it.
 */
import { exists, forgetOldest, nameFor } from "./made_folders.ts";
import type { Prepared } from "./sandbox.ts";

/** What Deno finds out about a module before it compiles it: a database that it wants to write to. */
const ANALYSIS = "dep_analysis_cache_v2";
/** Folders that hold given code, in every workspace. */
const GIVEN = ["stack", "tools", "solutions"];
const MAX_KEPT = 8;

interface Task {
  readonly root: string;
  /** Path and text of the files that are given. */
  readonly given: ReadonlyMap<string, string>;
  /** Where cache and workspace lie inside. */
  readonly cache: string;
  readonly inside: string;
  /** Runs Deno inside, with the files of a folder. Returns whether that went well. */
  readonly run: (files: string, prepared: Prepared, args: readonly string[]) => Promise<boolean>;
}

const making = new Map<string, Promise<unknown>>();

/** The cache for a workspace's given files. When it cannot be made, there is none, and starts take longer. */
export async function prepareCache(task: Task): Promise<Prepared> {
  const base = `${task.root}/.wallsocket/compiled`;
  const folder = `${base}/${await nameFor(task.given)}`;
  if (!await exists(folder)) {
    let made = making.get(folder);
    if (made === undefined) making.set(folder, made = make(task, base, folder).catch(() => {}));
    await made;
    if (!await exists(folder)) return { mounts: [] };
  }
  const compiled = `gen/file${task.inside}`;
  const mounts: [string, string][] = [];
  for (const name of GIVEN) {
    const from = `${folder}/${compiled}/${name}`;
    if (await exists(from)) mounts.push([from, `${task.cache}/${compiled}/${name}`]);
  }
  return { mounts, copied: [`${folder}/${ANALYSIS}`, `${task.cache}/${ANALYSIS}`] };
}

async function make(task: Task, base: string, folder: string): Promise<void> {
  const fresh = `${base}/new-${crypto.randomUUID()}`;
  const files = `${fresh}/files`, cache = `${fresh}/cache`;
  try {
    await Deno.mkdir(cache, { recursive: true });
    for (const [path, text] of task.given) {
      await Deno.mkdir(`${files}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
      await Deno.writeTextFile(`${files}/${path}`, text);
    }
    const roots = [...task.given.keys()].filter((path) =>
      /subject\/(main|given)\.ts$/.test(path) || /^solutions\/[^/]+\/mod\.ts$/.test(path)
    );
    await Deno.writeTextFile(`${files}/entry.ts`, roots.map((path) => `import "./${path}";\n`).join(""));
    const args = [
      "run",
      "--quiet",
      "--no-prompt",
      "--no-config",
      "--no-lock",
      "--no-remote",
      "--no-npm",
      "--no-check",
      `${task.inside}/entry.ts`,
    ];
    if (!await task.run(files, { mounts: [], writable: cache }, args)) return;
    await closeDatabase(`${cache}/${ANALYSIS}`);
    await Deno.rename(cache, folder);
    await forgetOldest(base, folder, MAX_KEPT);
  } finally {
    await Deno.remove(fresh, { recursive: true }).catch(() => {});
  }
}

/** Puts a database into the one file that bears its name. */
async function closeDatabase(path: string): Promise<void> {
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(path);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");
  database.close();
}
