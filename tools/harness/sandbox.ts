/**
 * The walls that the operating system puts around a subject, beside those of Deno: a process in user, mount, pid and network
 * namespaces of its own. It sees Deno, the libraries that Deno needs, the workspace, what the kernel says of the processes inside
 * (Deno asks it for the size of its stack), and an empty folder to keep what it compiles: no file of the grader's, no
 * process but its own, no network; and it has no right to change any of that. Whoever ends the shell that runs the script of
 * `Sandbox.around` ends everything inside.
 *
 * `bwrap` (bubblewrap) builds it where that is installed; elsewhere `unshare` and a few lines of shell do. Neither touches
 * what is mounted outside. Where the system allows neither, a subject has the walls of Deno and the limits of
 * its process: `sandboxLayers` says which there are, and what helps. Needs `--allow-run`, `--allow-read` and `--allow-write`.
 *
 * A cgroup is not used: to limit one, this process would have to own it and leave it first. Memory, processor time, open files,
 * the size of files and the number of threads are limited process by process instead.
 */
import { prepareCache } from "./sandbox_cache.ts";
import type { Workspace } from "./workspace.ts";

/** "full": in namespaces, where the system has them. "process": a process without permissions, and with limits. */
export type SandboxKind = "full" | "process";

/** One of the walls. */
export interface Layer {
  readonly name: string;
  readonly on: boolean;
  /** Why it is off, and what helps. */
  readonly why?: string;
  readonly remedy?: string;
}

/** Where the workspace lies inside, and where what Deno compiles. */
export const INSIDE = "/lab";
const CACHE = "/cache";
/** The most threads and processes inside. Deno itself has about twenty. */
const MAX_THREADS = 128;
/** The most bytes that files inside may take together. */
const ROOM = "64m";

/** What is mounted, all of it read-only: from where, and where to. */
export type Mounts = readonly (readonly [from: string, to: string])[];

/** A file or folder that is there when Deno starts: given code that was compiled before. */
export interface Prepared {
  readonly mounts: Mounts;
  /** A file that is copied, so that it can be written to. */
  readonly copied?: readonly [from: string, to: string];
  /** A folder that may be written to in place of the empty one, where the cache is being prepared. */
  readonly writable?: string;
}

type Tool = "bwrap" | "unshare";

/** A sandbox that is known to work here. */
export class Sandbox {
  readonly tool: Tool;
  readonly path: string;
  readonly #root: string;
  readonly files: Mounts;

  /** `path`: where the tool lies. `files`: what Deno needs. */
  constructor(tool: Tool, path: string, root: string, files: Mounts) {
    this.tool = tool;
    this.path = path;
    this.#root = root;
    this.files = files;
  }

  /** The walls around a workspace. Its given files are compiled at the first use. */
  async around({ folder, given }: Pick<Workspace, "folder" | "given">): Promise<Walls> {
    const task = { root: this.#root, given, cache: CACHE, inside: INSIDE };
    const run = async (files: string, prepared: Prepared, args: readonly string[]): Promise<boolean> =>
      (await tryInside(this.walls(files, prepared), args)).success;
    return this.walls(folder, await prepareCache({ ...task, run }));
  }

  /** The walls around a folder. */
  walls(folder: string, prepared: Prepared): Walls {
    const script = this.tool === "bwrap"
      ? bubblewrap(this.path, this.files, folder, prepared)
      : byHand(this.path, this.#root, this.files, folder, prepared);
    return { script, folder: INSIDE, environment: { DENO_DIR: CACHE, HOME: "/" } };
  }
}

/** What it takes to run Deno inside. */
export interface Walls {
  /** Lines of shell; the arguments of Deno are those of the script. */
  readonly script: string;
  /** Where the workspace lies, seen from inside. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

const opened = new Map<string, Promise<Sandbox | undefined>>();
let refused = "";

/** The sandbox of this system, tried out once; undefined when it has none. `root`: the project's. */
export function openSandbox(root: string): Promise<Sandbox | undefined> {
  let sandbox = opened.get(root);
  if (sandbox === undefined) opened.set(root, sandbox = firstThatWorks(root));
  return sandbox;
}

/** The walls that a subject has here, with kind "full". */
export async function sandboxLayers(root: string): Promise<Layer[]> {
  const sandbox = await openSandbox(root);
  const windows = Deno.build.os === "windows";
  const inside = {
    on: sandbox !== undefined,
    ...(sandbox === undefined ? { why: refused, remedy: REMEDY[Deno.build.os] ?? ELSEWHERE } : {}),
  };
  const tied = sandbox?.tool === "bwrap" || await works("setpriv", ["--version"]);
  return [
    { name: "no permissions", on: true },
    windows ? { name: "limits", on: false, why: "Windows has no ulimit", remedy: ELSEWHERE } : { name: "limits", on: true },
    tied
      ? { name: "ends with the grader", on: true }
      : { name: "ends with the grader", on: false, why: "the command  setpriv  is missing", remedy: "install util-linux" },
    { name: "own files", ...inside },
    { name: "own processes", ...inside },
    { name: "own network", ...inside },
  ];
}

/** The names of the walls that are on, and what builds those of the namespaces. */
export async function layersOn(root: string): Promise<string[]> {
  const names = (await sandboxLayers(root)).filter(({ on }) => on).map(({ name }) => name);
  const tool = (await openSandbox(root))?.tool;
  return tool === undefined ? names : [...names, tool === "bwrap" ? "bubblewrap" : "unshare"];
}

const ELSEWHERE = "grade on Linux, in a virtual machine or in WSL 2";
const REMEDY: Partial<Record<typeof Deno.build.os, string>> = {
  linux: "install bubblewrap; let users make namespaces:  sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0  on Ubuntu, " +
    "sudo sysctl -w user.max_user_namespaces=15000  elsewhere; start a container with  --privileged",
};

async function firstThatWorks(root: string): Promise<Sandbox | undefined> {
  refused = Deno.build.os === "linux" ? "neither bwrap nor unshare is installed" : "only Linux has namespaces";
  if (Deno.build.os !== "linux") return undefined;
  const folder = await Deno.makeTempDir({ prefix: "wallsocket-" });
  try {
    const files = await filesOf([["deno", Deno.execPath()], ...await paths("setpriv", "prlimit")]);
    for (const [tool, path] of await paths("bwrap", "unshare")) {
      const sandbox = new Sandbox(tool, path, root, files);
      const { success, said } = await tryInside(sandbox.walls(folder, { mounts: [] }), ["--version"]);
      if (success) return sandbox;
      refused = said.split("\n")[0] ?? "";
    }
  } catch (error) {
    refused = (error as Error).message;
  } finally {
    await Deno.remove(folder);
  }
  return undefined;
}

/** Runs Deno inside, with nothing to read and nobody to listen. */
async function tryInside({ script, environment }: Walls, args: readonly string[]): Promise<{ success: boolean; said: string }> {
  const { success, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", script, "sh", ...args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    env: { ...environment, NO_COLOR: "1" },
    signal: AbortSignal.timeout(30_000),
  }).output();
  return { success, said: new TextDecoder().decode(stderr).trim() };
}

async function works(command: string, args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args, stdin: "null", stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

/** Where commands lie, as far as they are there. */
async function paths<Name extends string>(...names: readonly Name[]): Promise<[Name, string][]> {
  const script = `for name; do printf '%s\\n' "$(command -v "$name")"; done`;
  const { stdout } = await new Deno.Command("/bin/sh", { args: ["-c", script, "sh", ...names], stdout: "piped", stderr: "null" }).output();
  const found = new TextDecoder().decode(stdout).split("\n");
  return names.flatMap((name, index) => found[index]?.startsWith("/") ? [[name, found[index]]] : []);
}

/** Programs, where they shall lie inside, and the libraries that they are linked with, where they are. */
async function filesOf(programs: readonly (readonly [name: string, path: string])[]): Promise<Mounts> {
  const { stdout } = await new Deno.Command("ldd", { args: programs.map(([, path]) => path), stdout: "piped", stderr: "null" }).output();
  const text = new TextDecoder().decode(stdout);
  const libraries = new Set([...text.matchAll(/^\t(?:\S+ => )?(\/\S+) \(0x/gm)].map((match) => match[1] as string));
  return [...programs.map(([name, path]) => [path, `/bin/${name}`] as const), ...[...libraries].map((path) => [path, path] as const)];
}

/** A word of a shell script. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** What is run inside, where a limit on threads counts this world's only. */
function program(files: Mounts, before = ""): string {
  const limit = files.some(([, to]) => to === "/bin/prlimit") ? `/bin/prlimit --nproc=${MAX_THREADS} -- ` : "";
  return `${before}${limit}/bin/deno "$@"`;
}

function bubblewrap(path: string, files: Mounts, workspace: string, { mounts, copied, writable }: Prepared): string {
  const binds = [...files, [workspace, INSIDE] as const];
  const args = [
    ...["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "lab", "--uid", "1000", "--gid", "1000"],
    ...["--proc", "/proc"],
    ...binds.flatMap(([from, to]) => ["--ro-bind", from, to]),
    ...(writable === undefined ? ["--dir", CACHE] : ["--bind", writable, CACHE]),
    ...mounts.flatMap(([from, to]) => ["--ro-bind", from, to]),
    ...(copied === undefined ? [] : ["--file", "9", copied[1]]),
    ...["--chdir", INSIDE, "--"],
  ];
  const open = copied === undefined ? "" : `exec 9<${quoted(copied[0])}; `;
  return `${open}exec ${quoted(path)} ${args.map(quoted).join(" ")} ${program(files)}`;
}

/** The same with `unshare`, `mount` and `chroot`. The first script makes the namespaces, the second one builds and enters. */
function byHand(path: string, root: string, files: Mounts, workspace: string, { mounts, copied, writable }: Prepared): string {
  const place = `${root}/.wallsocket/sandbox`;
  const folders: Mounts = [[workspace, INSIDE], ...mounts];
  const made = [...folders.map(([, to]) => to), ...files.map(([, to]) => to.slice(0, to.lastIndexOf("/"))), CACHE];
  const entry = ([from, to]: readonly [string, string], options: string): string =>
    `${octal(from)} ${octal(place + to)} none ${options} 0 0`;
  const table = [
    ...[...files, ...folders].map((mount) => entry(mount, "bind,ro,nosuid,nodev")),
    ...(writable === undefined ? [] : [entry([writable, CACHE], "bind,nosuid,nodev")]),
  ];
  const build = [
    "set -e",
    `mount -t tmpfs -o size=${ROOM},mode=755,nosuid,nodev sandbox ${quoted(place)}`,
    `cd ${quoted(place)}`,
    `mkdir -p ${[...new Set(made)].map((to) => quoted(`.${to}`)).join(" ")}`,
    `touch ${files.map(([, to]) => quoted(`.${to}`)).join(" ")}`,
    `printf '%s\\n' ${table.map(quoted).join(" ")} > table`,
    "mount -a -T ./table >&2",
    "rm table",
    "mkdir proc",
    "mount -t proc -o nosuid,nodev,noexec proc proc",
    ...(copied === undefined ? [] : [`cp ${quoted(copied[0])} ${quoted(`.${copied[1]}`)}`]),
    // Where the old root cannot be covered, it is left behind all the same: without rights there is no way out of a chroot.
    "mount --move . / 2>/dev/null || true",
    // The last thing that is done with a right is to give it up.
    `exec chroot . ${program(files, `/bin/setpriv --no-new-privs --bounding-set=-all --inh-caps=-all -- `)}`,
  ];
  const own = "--user --map-root-user --mount --pid --net --ipc --uts --fork --kill-child";
  return `mkdir -p ${quoted(place)}; exec setpriv --pdeathsig KILL ${quoted(path)} ${own} -- /bin/sh -c ${
    quoted(build.join("\n"))
  } sh "$@"`;
}

/** A path as a line of fstab has it. */
function octal(path: string): string {
  return path.replaceAll(/[\s\\#]/g, (letter) => `\\${letter.charCodeAt(0).toString(8).padStart(3, "0")}`);
}
