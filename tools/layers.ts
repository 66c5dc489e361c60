/**
 * Who may import whom. The rules stand in `refuseImport`, once; two mechanisms that know nothing of each other apply
 * them: the lint rule `wallsocket/layers`, which looks at what a file *says* (and underlines it in the editor), and
 * `deno task layers`, which looks at what Deno *resolves*: the import graph of the whole tree by `deno info --json`.
 *
 *     stack/contract   types only, from stack/
 *     stack/wire       stack/wire
 *     stack/           stack/          (and the package tuntap2 in stack/link, Node's modules in stack/socket)
 *     a lab's files    types from stack/contract, code from stack/wire and the lab's own files
 *     a lab's suites   the same with types from all of stack/, and the harness's vocabulary
 *     tools/, tests    anything
 *
 * "A lab's files" are those that `labs/manifest.ts` names, in `labs/` or in `solutions/`, and its `mod.ts`.
 */
import { labs } from "../labs/manifest.ts";

/** What a suite or a mutant may use of the harness. */
const VOCABULARY = ["suite", "script_checks", "my_suite", "matchers", "packets", "samples", "drops", "mutant"].map((name) =>
  `tools/harness/${name}.ts`
);

/** What of `stack/wire` takes packets apart and checks them, which is what labs are to write. */
const READERS = ["arithmetic", "describe", "dissect"].map((name) => `stack/wire/${name}.ts`);

/** What a file is, as far as imports go. */
type Room = "contract" | "wire" | "stack" | "lab" | "suite" | "list" | "free";

function roomOf(path: string): Room {
  const [top, folder, file] = path.split("/");
  if (/_test\.ts$/.test(path)) return "free";
  if (top === "stack") return folder === "contract" || folder === "wire" ? folder : "stack";
  if (top !== "labs" && top !== "solutions") return "free";
  const lab = labs.find((lab) => lab.folder === folder);
  if (lab === undefined) return /^\d\d-/.test(folder ?? "") && path.split("/").length === 3 ? "lab" : "list"; // a lab that is being written
  return file === "mod.ts" || lab.files.some((name) => name === file && path.split("/").length === 3) ? "lab" : "suite";
}

/**
 * Why the file `from` must not import `to`, or undefined when it may. Both are paths from the top of the tree with
 * forward slashes; a package is its bare name. `typeOnly`: nothing of the import is left when the program runs.
 */
export function refuseImport(from: string, to: string, typeOnly: boolean): string | undefined {
  const isFile = /^(stack|labs|solutions|tools)\//.test(to);
  const target = roomOf(to);
  const types = typeOnly ? undefined : "only its types: write `import type`";
  const ownFolder = from.split("/")[1] === to.split("/")[1] && /^(labs|solutions)\//.test(to);
  switch (roomOf(from)) {
    case "free":
      return undefined;
    case "contract":
      return !to.startsWith("stack/") ? "a contract imports only from stack/" : types && `a contract takes ${types}`;
    case "wire":
      return to.startsWith("stack/wire/") ? undefined : "stack/wire imports only stack/wire: it is the bottom";
    case "stack":
      if (to.startsWith("stack/") || to === "tuntap2" && from.startsWith("stack/link/")) return undefined;
      if (to.startsWith("node:") && from.startsWith("stack/socket/")) return undefined;
      return "stack/ imports only stack/: what it is bound to comes in by bind(modules)";
    case "list":
      if (from === "solutions/reference.ts" && to.startsWith("solutions/")) return undefined;
      return to.startsWith("stack/contract/")
        ? types && `a list of labs takes ${types}`
        : "a list of labs imports only types from stack/contract";
    case "lab":
      if (target === "contract") return types && `a lab takes from the contract ${types}`;
      if (READERS.includes(to)) return "a lab takes packets apart itself";
      if (target === "wire" || target === "lab" && from.split("/").slice(0, 2).join() === to.split("/").slice(0, 2).join()) {
        return undefined;
      }
      return "a lab imports types from stack/contract, helpers from stack/wire, and its own files";
    case "suite":
      if (target === "wire" || ownFolder && target === "suite" || VOCABULARY.includes(to)) return undefined;
      if (to.startsWith("stack/") || typeOnly && to.startsWith("tools/harness/")) return types && `a suite takes from stack/ ${types}`;
      return isFile ? `a suite imports of tools/ only ${VOCABULARY.join(", ")}` : "a suite imports no package";
  }
}

/** One import that Deno resolved. */
interface Edge {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

interface Resolved {
  readonly specifier?: string;
  readonly span?: { readonly start: { readonly line: number } };
}

interface Graph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    readonly dependencies?: readonly {
      readonly specifier: string;
      readonly code?: Resolved;
      readonly type?: Resolved;
      readonly npmPackage?: string;
    }[];
  }[];
}

/** The edges of a graph, with paths below `root` ("file:///…/") made relative to it. */
export function edgesOf(graph: Graph, root: string): Edge[] {
  const local = (url: string): string => url.startsWith(root) ? url.slice(root.length) : url;
  return graph.modules.flatMap((module) =>
    (module.dependencies ?? []).map((dependency) => {
      const resolved = dependency.code ?? dependency.type;
      const target = resolved?.specifier ?? dependency.specifier;
      return {
        from: local(module.specifier),
        to: target.startsWith("npm:") || !dependency.specifier.startsWith(".") && local(target).startsWith("tools/std/")
          ? dependency.specifier
          : local(target),
        typeOnly: dependency.code === undefined,
        line: (resolved?.span?.start.line ?? 0) + 1,
      };
    })
  );
}

/** All TypeScript files below a folder. */
async function* sources(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isDirectory) yield* sources(`${folder}/${entry.name}`);
    else if (entry.name.endsWith(".ts")) yield `${folder}/${entry.name}`;
  }
}

/** The import graph of the whole tree, as Deno resolves it. */
async function readGraph(): Promise<Graph> {
  const paths: string[] = [];
  for (const folder of ["labs", "solutions", "stack", "tools"]) for await (const path of sources(folder)) paths.push(path);
  await Deno.mkdir(".wallsocket", { recursive: true });
  const entry = await Deno.makeTempFile({ dir: ".wallsocket", prefix: "layers-", suffix: ".ts" });
  try {
    await Deno.writeTextFile(entry, paths.map((path) => `import "../${path}";\n`).join(""));
    const output = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", entry], stderr: "inherit" }).output();
    if (!output.success) throw new Error("deno info failed");
    return JSON.parse(new TextDecoder().decode(output.stdout)) as Graph;
  } finally {
    await Deno.remove(entry);
  }
}

if (import.meta.main) {
  const graph = await readGraph();
  const root = new URL("../", import.meta.url).href;
  const faults = graph.modules.filter((module) => module.error !== undefined).map((module) => `${module.specifier}: ${module.error}`);
  for (const { from, to, typeOnly, line } of edgesOf(graph, root)) {
    const why = refuseImport(from, to, typeOnly);
    if (why !== undefined) faults.push(`${from}:${line}: may not import ${to}: ${why}`);
  }
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) Deno.exit(1);
}
