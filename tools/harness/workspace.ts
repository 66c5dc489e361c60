/**
 * The folder in which a subject runs: a copy of `stack/`, of the subject's own side of the harness, and of the lab files
 * whose code is to run; nothing else. Its name is a hash of what is in it, so an unchanged lab finds its folder (and what
 * Deno compiled of it) again, and two runs never disturb each other.
 *
 * Before anything in it runs, what the lab files import is checked (`import_check.ts`).
 */
import { type Lab, labs } from "../../labs/manifest.ts";
import type { ModuleName } from "../../stack/contract/modules.ts";
import { checkImports } from "./import_check.ts";
import { exists, forgetOldest, nameFor } from "./made_folders.ts";
import type { SandboxKind } from "./sandbox.ts";
import { WorkspaceError } from "./workspace_error.ts";

/**
 * Whose code a module is. "peer": the reference as a student's kit has it, in one bundle without its source
 * (`tools/handout/bundle.ts`).
 */
export type Origin = "yours" | "reference" | "peer";

/** Which code a subject runs. */
export interface Selection {
  /** For every module of every lab, whose it is. */
  readonly origins: Readonly<Record<ModuleName, Origin>>;
  /** The project's root. */
  readonly root: string;
  /** The lab that is run. Labs 01 to 03 need nothing of TCP, and start faster without it. Default: all labs. */
  readonly lab?: number;
  /** Files that stand in for others: path from the root, and the text. Used for mutants. */
  readonly replaced?: ReadonlyMap<string, string>;
  /**
   * The files of a submission, path from the root and text. When it is given, what is yours comes from here and from nowhere else;
   * a file that it lacks is missing.
   */
  readonly submission?: ReadonlyMap<string, string>;
  /** The walls around the process. Default: "process". */
  readonly sandbox?: SandboxKind;
  /**
   * For who runs one version after another: the folder is named by what is given alone, and what is yours is written over in it. The next
   * start finds everything else compiled, which saves half of its time.
   */
  readonly lasting?: boolean;
}

/** A folder that is ready to run. */
export interface Workspace {
  readonly folder: string;
  /** The file to run: "entry.ts" in the folder. */
  readonly entry: string;
  /** Path and text of the files that are the same for everybody. */
  readonly given: ReadonlyMap<string, string>;
}

export { plain } from "./import_check.ts";
export { WorkspaceError } from "./workspace_error.ts";

/** Modes that change the entry file. */
export interface WorkspaceOptions {
  readonly crumbs?: boolean;
  /** For a debugger: everything runs from where it is. */
  readonly inspect?: boolean;
}

const SUBJECT_FILES = [
  "tools/harness/message.ts",
  ...["main", "application", "datagram_application", "protocol", "values", "console", "crumbs", "lockdown", "hold_fast"].map((name) =>
    `tools/harness/subject/${name}.ts`
  ),
  ...["system_call", "system_calls", "web_site", "selector_application", "scripted_channels"].map((name) =>
    `tools/harness/subject/${name}.ts`
  ),
];
/** What of `stack/socket` a process in a subject makes its system calls with, and a server its connections. */
const SOCKET_FILES = [
  ...["address", "alarm", "datagram_socket", "descriptors", "errors", "poll", "read_ahead", "socket", "socket_options", "waiting"],
  ...["conn", "listener", "streams", "channel"],
].map((name) => `stack/socket/${name}.ts`);
/** What takes packets apart and checks them, which is what labs are to write. No subject has it. */
const READERS = ["arithmetic", "describe", "dissect"].map((name) => `stack/wire/${name}.ts`);
/** All modules of the reference in one bundle, and what it says of itself to the compiler. */
export const PEER = "tools/peer/peer.js";
export const PEER_TYPES = "tools/peer/peer.d.ts";
/** Holds given code fast (`subject/hold_fast.ts`). Written here, because it names every file of the stack. */
const GIVEN = "tools/harness/subject/given.ts";
const IN_PLACE = "in_place.ts";
const KEEP = 12;

/** Folders that this process is making: several subjects with the same files start at once. */
const making = new Map<string, Promise<void>>();

/** Makes (or finds) the folder for a selection. Throws a WorkspaceError. */
export async function prepareWorkspace(selection: Selection, options: WorkspaceOptions = {}): Promise<Workspace> {
  const files = await collect(selection);
  const given = givenOf(files, selection);
  files.set("entry.ts", entryText(selection, options, "."));
  if (options.inspect) { for (const [path, text] of filesInPlace(selection, options, files)) files.set(path, text); }
  const base = `${selection.root}/.wallsocket/subjects`;
  if (selection.lasting) return { ...await lastingFolder(files, base), given };
  const folder = `${base}/${await nameFor(files)}`;
  const entry = `${folder}/entry.ts`;
  if (!await exists(entry)) {
    let made = making.get(folder);
    if (made === undefined) making.set(folder, made = make(files, base, folder).finally(() => making.delete(folder)));
    await made;
  }
  return options.inspect ? { folder: selection.root, entry: `${folder}/${IN_PLACE}`, given } : { folder, entry, given };
}

/**
 * For a debugger: two files that run everything where it is, and not the copies beside them. Only so does a breakpoint hit that an editor has set in a
 * lab's file. The copies are there to be checked.
 */
function filesInPlace(selection: Selection, options: WorkspaceOptions, files: ReadonlyMap<string, string>): [path: string, text: string][] {
  const up = "../../.."; // from the folder's own place, .wallsocket/subjects/NAME; that of GIVEN is as deep
  const entry = entryText(selection, options, up).replace(`${up}/${GIVEN}`, "./given.ts");
  return [[IN_PLACE, entry], ["given.ts", (files.get(GIVEN) as string).replace("./", `${up}/tools/harness/subject/`)]];
}

/** Reaches what is yours, and of what is given only what that imports: it is looked at in a third of the time. */
const YOURS = "yours.ts";
/** What is yours, as it was last found good, in each folder that lasts. */
const good = new Map<string, string>();

/** Brings a folder that lasts up to date. Who asks for the same one meanwhile waits. */
async function lastingFolder(files: ReadonlyMap<string, string>, base: string): Promise<Omit<Workspace, "given">> {
  const yours = new Map([...files].filter(([path]) => path.startsWith("labs/") && isLabFile(path)));
  const roots = [...yours.keys()].filter((path) => path.endsWith("/mod.ts"));
  files = new Map([...files, [YOURS, roots.map((path) => `import "./${path}";\n`).join("")]]);
  const folder = `${base}/lasting-${await nameFor(new Map([...files].filter(([path]) => !yours.has(path))))}`;
  const update = (making.get(folder) ?? Promise.resolve()).catch(() => {}).then(() => renew(files, yours, base, folder));
  making.set(folder, update);
  await update.finally(() => making.get(folder) === update && making.delete(folder));
  return { folder, entry: `${folder}/entry.ts` };
}

async function renew(files: ReadonlyMap<string, string>, yours: ReadonlyMap<string, string>, base: string, folder: string): Promise<void> {
  const text = JSON.stringify([...yours]);
  if (!await exists(`${folder}/entry.ts`)) {
    await make(files, base, folder);
  } else if (good.get(folder) !== text) {
    good.delete(folder);
    for (const [path, text] of yours) await replaceFile(`${folder}/${path}`, text);
    await checkImports(folder, files, { isLabFile, readers: READERS, entry: YOURS });
    await Deno.utime(folder, new Date(), new Date()); // it is in use: not among the oldest
  }
  good.set(folder, text);
}

/** Nobody who reads the file meanwhile finds half of it. */
async function replaceFile(path: string, text: string): Promise<void> {
  if (await Deno.readTextFile(path).catch(() => undefined) === text) return;
  await Deno.writeTextFile(`${path}.new`, text);
  await Deno.rename(`${path}.new`, path);
}

/** Makes the folder. Somebody else, in another process, may make the same one meanwhile. */
async function make(files: ReadonlyMap<string, string>, base: string, folder: string): Promise<void> {
  const fresh = `${base}/new-${crypto.randomUUID()}`;
  try {
    for (const directory of new Set([...files.keys()].map((path) => path.slice(0, Math.max(path.lastIndexOf("/"), 0))))) {
      await Deno.mkdir(`${fresh}/${directory}`, { recursive: true });
    }
    await Promise.all([...files].map(([path, text]) => Deno.writeTextFile(`${fresh}/${path}`, text)));
    await checkImports(fresh, files, { isLabFile, readers: READERS, entry: "entry.ts" });
    await Deno.rename(fresh, folder);
  } catch (error) {
    await Deno.remove(fresh, { recursive: true }).catch(() => {});
    if (!(await exists(`${folder}/entry.ts`))) throw error;
  }
  await forgetOldest(base, folder, KEEP);
}

/** All but what is the student's, and labs in which something stands in for a file. */
function givenOf(files: ReadonlyMap<string, string>, { replaced }: Selection): Map<string, string> {
  const folders = ["labs/", ...[...replaced?.keys() ?? []].map((path) => path.slice(0, path.lastIndexOf("/") + 1))];
  return new Map([...files].filter(([path]) => !folders.some((folder) => path.startsWith(folder))));
}

/** The folder that a module's lab is made of, for messages: "labs/03-ip". */
export function sourceFolder(module: ModuleName, origin: Origin): string {
  if (origin === "peer") return PEER;
  const lab = labs.find((each) => each.module === module);
  return `${origin === "yours" ? "labs" : "solutions"}/${lab?.folder}`;
}

async function collect(selection: Selection): Promise<Map<string, string>> {
  const stack = await stackFiles(selection.root, "stack");
  const paths = [...SUBJECT_FILES, ...stack];
  if (labsOf(selection).some((lab) => selection.origins[lab.module] === "peer")) paths.push(PEER, PEER_TYPES);
  for (const lab of labsOf(selection)) {
    if (selection.origins[lab.module] === "peer") continue;
    const folder = sourceFolder(lab.module, selection.origins[lab.module]);
    paths.push(`${folder}/mod.ts`, ...lab.files.map((file) => `${folder}/${file}`));
  }
  const edited = new Set(labs.flatMap((lab) => lab.files.map((file) => `labs/${lab.folder}/${file}`)));
  const texts = await Promise.all(paths.map(async (path): Promise<[string, string]> => {
    const replaced = selection.replaced?.get(path) ?? selection.submission?.get(path);
    if (replaced !== undefined) return [path, replaced];
    if (selection.submission !== undefined && edited.has(path)) throw new WorkspaceError(`Cannot read ${path}: the file is missing`);
    try {
      return [path, await Deno.readTextFile(`${selection.root}/${path}`)];
    } catch (error) {
      throw new WorkspaceError(
        `Cannot read ${path}: ${error instanceof Deno.errors.NotFound ? "the file is missing" : (error as Error).message}`,
      );
    }
  }));
  return new Map([...texts, [GIVEN, givenText(stack)]]);
}

function givenText(stack: readonly string[]): string {
  const imports = stack.map((path, index) => `import * as m${index} from "../../../${path}";`);
  return [`import { holdFast } from "./hold_fast.ts";`, ...imports, `holdFast([${stack.map((_, index) => `m${index}`).join(", ")}]);`, ""]
    .join("\n");
}

/** The files of `stack/` that a host is made of; the drivers of real devices and the other shapes of sockets stay outside. */
async function stackFiles(root: string, folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(`${root}/${folder}`)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) {
      if (!["link", "socket"].includes(entry.name)) found.push(...await stackFiles(root, path));
    } else if (entry.isFile && entry.name.endsWith(".ts") && !entry.name.endsWith("_test.ts") && !READERS.includes(path)) found.push(path);
  }
  return folder === "stack" ? [...found, "stack/link/device.ts", "stack/link/pipe.ts", ...SOCKET_FILES] : found;
}

function labsOf(selection: Selection): readonly Lab[] {
  const { lab = Infinity } = selection;
  return labs.filter(({ number }) => number <= (lab <= 3 ? 3 : Math.max(lab, 7)));
}

/** `top`: the way from the file to where `stack`, `labs` and `tools` lie. */
function entryText(selection: Selection, options: WorkspaceOptions, top: string): string {
  const labs = labsOf(selection);
  const wanted = Object.fromEntries(labs.map((lab) => [lab.module, Object.keys(lab.functions)]));
  const imports = labs.map((lab) => {
    const origin = selection.origins[lab.module];
    if (origin === "peer") return `import { ${lab.module} } from "${top}/${PEER}";`;
    return `import ${lab.module} from "${top}/${sourceFolder(lab.module, origin)}/mod.ts";`;
  });
  const modules = labs.map((lab) => lab.module).join(", ");
  const settings = JSON.stringify({ wanted, crumbs: options.crumbs ?? false, inspect: options.inspect ?? false });
  return [
    `import { serve } from "${top}/tools/harness/subject/main.ts";`,
    `import "${top}/${GIVEN}";`,
    ...imports,
    `await serve({ ${modules} } as never, ${settings});`,
    "",
  ].join("\n");
}

function isLabFile(path: string): boolean {
  return labs.some((lab) => ["mod.ts", ...lab.files].some((file) => path.endsWith(`/${lab.folder}/${file}`)));
}
