/**
 * What the files of a lab import, looked at before anything of them runs. Static imports need no permission in Deno, so a file
 * of the student's could otherwise pull in whatever this user may read, or whatever else is loaded into its process.
 *
 * Static imports are those that Deno itself finds (`deno info`), types and re-exports included, and each must be on the list.
 * Imports at run time may name what they like, so there are none: the word `import` with a bracket or a dot behind it is refused
 * wherever it stands. The language does not let that word be spelled otherwise, and code is not made from strings in the
 * subject (`subject_process.ts`), so there is no third way.
 */
import { WorkspaceError } from "./workspace_error.ts";

/** What the files of a lab may import beside one another. */
const GIVEN = ["stack/contract/", "stack/wire/"];
const MAY = "A lab may import stack/contract, stack/wire and files of its own folder.";
/** Seconds of processor time, MiB of data and milliseconds that Deno may take to look at the files: they may name a device or a pipe. */
const PROCESSOR = 30, DATA = 1024, LIMIT = 30_000;

export interface ImportRules {
  /** Whether a path is a file that labs are made of. */
  readonly isLabFile: (path: string) => boolean;
  /** What takes packets apart, which is what labs are to write. */
  readonly readers: readonly string[];
  /** The file from which all files of labs are reached. */
  readonly entry: string;
}

interface Reference {
  readonly span?: { readonly start: { readonly line: number } };
}

interface Dependency {
  readonly specifier: string;
  readonly code?: Reference;
  readonly type?: Reference;
  /** `with { type: "text" }`. */
  readonly assertionType?: string;
}

interface GraphModule {
  readonly specifier: string;
  readonly error?: string;
  readonly dependencies?: readonly Dependency[];
}

/** Refuses every import that leads out of the folder, and all that is found out only at run time. Throws a WorkspaceError. */
export async function checkImports(folder: string, files: ReadonlyMap<string, string>, rules: ImportRules): Promise<void> {
  for (const [path, text] of files) if (folderOf(path) !== undefined) refuseLateImports(path, text);
  const modules = await graphOf(folder, rules.entry);
  const inside = `file://${folder}/`;
  for (const module of modules) {
    const path = module.specifier.slice(inside.length);
    const own = folderOf(path);
    if (own === undefined) continue; // ours
    for (const dependency of module.dependencies ?? []) {
      const target = resolve(dependency.specifier, module.specifier)?.replace(inside, "") ?? "";
      const line = (dependency.code?.span?.start.line ?? dependency.type?.span?.start.line ?? 0) + 1;
      const reason = refusal(target, own, dependency, rules);
      if (reason !== undefined) throw new WorkspaceError(`${path}:${line} imports ${JSON.stringify(dependency.specifier)}. ${reason}`);
    }
  }
  for (const module of modules) {
    if (module.error !== undefined) throw new WorkspaceError(plain(module.error, folder));
    if (!module.specifier.startsWith(inside)) throw new WorkspaceError(`${JSON.stringify(module.specifier)} may not be imported by a lab`);
  }
}

/** A message of Deno's with the folder's name taken out, so that paths are those of the project. */
export function plain(message: string, folder: string): string {
  return message
    // deno-lint-ignore no-control-regex -- colours are control characters
    .replaceAll(/\u001b\[[0-9;]*m/g, "")
    .replaceAll(`file://${folder}/`, "")
    .replaceAll(`${folder}/`, "")
    .trim();
}

/** The folder of a lab, "labs/03-ip/", for its files; undefined for what is given. */
function folderOf(path: string): string | undefined {
  return /^(?:labs|solutions)\/[^/]+\//.exec(path)?.[0];
}

/** Why a lab in `own` may not import `target`; undefined when it may. */
function refusal(target: string, own: string, { assertionType }: Dependency, rules: ImportRules): string | undefined {
  if (target.startsWith(own) && !rules.isLabFile(target)) {
    return "A lab is made of the files that its handout names, and of no others.";
  }
  if (rules.readers.includes(target)) return "A lab takes packets apart itself.";
  if (!target.endsWith(".ts") || ![own, ...GIVEN].some((allowed) => target.startsWith(allowed))) return MAY;
  return assertionType === undefined ? undefined : `A lab imports code, not ${JSON.stringify(assertionType)}.`;
}

/** Throws a WorkspaceError where `import(…)`, `import.meta` or `import x = …` stands, be it in a comment. */
function refuseLateImports(path: string, text: string): void {
  for (const { index } of text.matchAll(/\bimport\b/g)) {
    const rest = behindGap(text, index + "import".length);
    const form = rest === "("
      ? "import()"
      : rest === "."
      ? "import.meta"
      : /^import\s+(?:type\s+)?[\w$]+\s*=/.test(text.slice(index, index + 200))
      ? "="
      : "";
    if (form === "") continue;
    const line = text.slice(0, index).split(/\r\n|[\n\r\u2028\u2029]/).length;
    throw new WorkspaceError(`${path}:${line} imports with ${form}. A lab says at the top of a file what it imports, by name and path.`);
  }
}

/** The first character from `at` on that is neither space nor comment. */
function behindGap(text: string, at: number): string {
  for (;;) {
    while (/\s/.test(text[at] ?? "")) at++;
    const two = text.slice(at, at + 2);
    if (two !== "//" && two !== "/*") return text[at] ?? "";
    const end = two === "/*" ? text.indexOf("*/", at + 2) + 1 : at + text.slice(at).search(/[\n\r\u2028\u2029]/);
    if (end <= at) return "";
    at = end + 1;
  }
}

async function graphOf(folder: string, entry: string): Promise<readonly GraphModule[]> {
  const info = [Deno.execPath(), "info", "--json", "--no-config", "--no-lock", "--no-remote", "--no-npm", `${folder}/${entry}`];
  const limits = `ulimit -d ${DATA * 1024} 2>/dev/null; ulimit -t ${PROCESSOR} 2>/dev/null; exec "$@"`;
  const [command, ...args] = Deno.build.os === "windows" ? info : ["/bin/sh", "-c", limits, "sh", ...info];
  // What a stranger's file imports is not written into the grader's own cache: where there is no folder, Deno keeps it in memory.
  const env = { NO_COLOR: "1", ...(Deno.build.os === "windows" ? {} : { DENO_DIR: "/dev/null" }) };
  const options = { args, stdin: "null", stdout: "piped", stderr: "piped", env, clearEnv: Deno.build.os !== "windows" } as const;
  const child = new Deno.Command(command as string, options).spawn();
  const overdue = setTimeout(() => child.kill("SIGKILL"), LIMIT);
  const { success, signal, stdout, stderr } = await child.output();
  clearTimeout(overdue);
  if (success) return (JSON.parse(new TextDecoder().decode(stdout)) as { modules: GraphModule[] }).modules;
  const said = plain(new TextDecoder().decode(stderr), folder);
  throw new WorkspaceError(signal === null && said !== "" ? said : "A lab file imports something without an end, or has none itself.");
}

function resolve(specifier: string, from: string): string | undefined {
  try {
    return /^\.{0,2}\//.test(specifier) ? new URL(specifier, from).href : new URL(specifier).href;
  } catch {
    return undefined;
  }
}
