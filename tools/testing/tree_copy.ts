/** A copy of this tree, for tests of what writes into it. For tests only. */
import type { TaskOutput } from "./tasks.ts";

const ROOT = decodeURIComponent(new URL("../../", import.meta.url).pathname);
/** What a tree is made of; what git ignores stays out. */
const PARTS = ["deno.json", "deno.lock", "README.md", "docs", "labs", "solutions", "stack", "tools"];

/** A tree of its own, which goes when the test is over. */
export interface TreeCopy extends AsyncDisposable {
  readonly root: string;
  /** Runs `deno` there. */
  deno(...args: string[]): Promise<TaskOutput>;
  read(path: string): Promise<string>;
  write(path: string, text: string): Promise<void>;
}

/** Copies the tree. */
export async function copyTree(): Promise<TreeCopy> {
  const root = await Deno.makeTempDir();
  for (const part of PARTS) await copy(`${ROOT}${part}`, `${root}/${part}`);
  return {
    root,
    async deno(...args): Promise<TaskOutput> {
      const command = new Deno.Command(Deno.execPath(), { args, cwd: root, stdin: "null", env: { NO_COLOR: "1" } });
      const { code, stdout, stderr } = await command.output();
      return { status: code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
    },
    read: (path) => Deno.readTextFile(`${root}/${path}`),
    write: (path, text) => Deno.writeTextFile(`${root}/${path}`, text),
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.lstat(from)).isFile) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
}
