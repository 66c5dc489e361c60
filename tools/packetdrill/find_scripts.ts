/** The scripts that a command line names: files as they are, of folders everything below that ends in ".pkt". */

/** A file that was found. */
export interface Found {
  readonly scripts: readonly string[];
  /** Files below the folders that are no scripts. */
  readonly others: number;
}

/** Finds them, sorted. A link to a folder is not followed. Throws a `Deno.errors.NotFound` that names the path. */
export async function findScripts(paths: readonly string[]): Promise<Found> {
  const scripts = new Set<string>();
  let others = 0;
  for (const path of paths) {
    const plain = path.length > 1 ? path.replace(/\/+$/, "") : path;
    if (!(await stat(plain)).isDirectory) {
      scripts.add(plain);
      continue;
    }
    for await (const file of filesBelow(plain)) {
      if (file.endsWith(".pkt")) scripts.add(file);
      else others++;
    }
  }
  return { scripts: [...scripts].sort(), others };
}

async function stat(path: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Deno.errors.NotFound(`Cannot read ${path}: there is no such file`);
    throw error;
  }
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isDirectory && entry.name !== ".git") yield* filesBelow(`${folder}/${entry.name}`);
    else if (entry.isFile) yield `${folder}/${entry.name}`;
  }
}
