/**
 * The programs in our documents are true: each block that is marked `ts` compiles, each that is marked `ts run` also
 * runs to its end, with no permission but to talk to this machine. One that plays in virtual time, on the stage of
 * `docs/handbook/two_hosts.ts`, prints what the block behind it says.
 *
 * A snippet imports as a file at the top of the tree would (`./stack/wire/frame.ts`), or, in a handout, as the lab's files
 * do (`../../stack/wire/frame.ts`). One that only shows some lines may use the names of `snippet_globals.ts` without
 * declaring them. What is not a program is marked `text`.
 */
import type { Document, Fence, Found } from "./markdown.ts";

/** A snippet written out as a file, its lines numbered as in its document. */
interface Snippet {
  readonly document: string;
  readonly line: number;
  readonly file: string;
  readonly run: boolean;
  /** What it prints, where that is the same each time. */
  readonly prints: string | undefined;
}

const GLOBALS = new URL("./snippet_globals.ts", import.meta.url).href;

/** A fault in a document. */
export interface Fault extends Found {
  readonly path: string;
}

/** Checks and runs the snippets of all documents. `root` is the top of the tree. */
export async function snippetFaults(documents: readonly Document[], root: URL): Promise<Fault[]> {
  await Deno.mkdir(".wallsocket", { recursive: true });
  const folder = await Deno.makeTempDir({ dir: ".wallsocket", prefix: "snippets-" });
  try {
    await Deno.writeTextFile(`${folder}/deno.json`, await configuration(root));
    const snippets = await writeSnippets(documents, folder, root);
    const faults = await compile(snippets, folder);
    if (faults.length > 0) return faults;
    const waiting = snippets.filter((snippet) => snippet.run);
    await Promise.all([1, 2].map(async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) faults.push(...await run(next, folder));
    }));
    return faults;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function writeSnippets(documents: readonly Document[], folder: string, root: URL): Promise<Snippet[]> {
  const snippets: Snippet[] = [];
  for (const { path, fences } of documents) {
    for (const [index, { info, text, line }] of fences.entries()) {
      const [language, ...words] = info.split(/\s+/);
      if (language !== "ts" && language !== "typescript") continue;
      const file = `${folder}/${path.replaceAll(/\W+/g, "_")}_${line}.ts`;
      await Deno.writeTextFile(file, programOf(text, line, new URL(path, root), root));
      snippets.push({ document: path, line, file, run: words.includes("run"), prints: printedBy(text, fences[index + 1]) });
    }
  }
  return snippets;
}

/** What stands behind a program in virtual time: the block that follows it. */
function printedBy(program: string, next: Fence | undefined): string | undefined {
  return program.includes('/two_hosts.ts"') && next?.info === "text" ? next.text.trimEnd() : undefined;
}

/** The file that a snippet becomes: imports made absolute, and moved down so that its lines have the document's numbers. */
export function programOf(text: string, line: number, document: URL, root: URL): string {
  const body = text.replaceAll(/(\bfrom |^import |\bimport\()"(\.{1,2}\/[^"]+)"/gm, (_, keyword: string, specifier: string) => {
    return `${keyword}"${new URL(specifier, specifier.startsWith("./") ? root : document).href}"`;
  });
  return `import "${GLOBALS}";${"\n".repeat(line - 1)}${body}\nexport {};\n`;
}

/** Our own configuration, from another folder, and without the rule that every name is used. */
async function configuration(root: URL): Promise<string> {
  const { compilerOptions, imports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  for (const [name, target] of Object.entries<string>(imports)) if (target.startsWith(".")) imports[name] = new URL(target, root).href;
  return JSON.stringify({ compilerOptions: { ...compilerOptions, noUnusedLocals: false }, imports, nodeModulesDir: "none", lock: false });
}

async function compile(snippets: readonly Snippet[], folder: string): Promise<Fault[]> {
  if (snippets.length === 0) return [];
  const args = ["check", "--quiet", "--config", `${folder}/deno.json`, ...snippets.map((snippet) => snippet.file)];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, env: { NO_COLOR: "1" } }).output();
  if (success) return [];
  const message = new TextDecoder().decode(stderr);
  const faults = message.split("\n\n").flatMap((block) => {
    const [, file, line] = /at file:\/\/\S*\/(\S+\.ts):(\d+):\d+/.exec(block) ?? [];
    const snippet = snippets.find((snippet) => snippet.file.endsWith(`/${file}`));
    return snippet === undefined
      ? []
      : [{ path: snippet.document, line: Number(line), text: `the snippet does not compile: ${block.split("\n")[0]}` }];
  });
  return faults.length > 0 ? faults : [{ path: folder, line: 1, text: message.trim() }];
}

async function run(snippet: Snippet, folder: string): Promise<Fault[]> {
  const args = ["run", "--quiet", "--no-check", "--no-prompt", "--allow-net=127.0.0.1", "--config", `${folder}/deno.json`, snippet.file];
  const child = new Deno.Command(Deno.execPath(), { args, env: { NO_COLOR: "1" }, stdin: "null", stdout: "piped", stderr: "piped" })
    .spawn();
  const alarm = setTimeout(() => child.kill("SIGKILL"), 20_000);
  const { success, stdout, stderr } = await child.output();
  clearTimeout(alarm);
  if (success) return printFaults(snippet, new TextDecoder().decode(stdout).trimEnd());
  const why = new TextDecoder().decode(stderr).trim().split("\n").slice(0, 3).join(" · ") || "it was still running after 20 s";
  return [{ path: snippet.document, line: snippet.line, text: `the snippet fails when it is run: ${why}` }];
}

function printFaults({ document, line, prints }: Snippet, printed: string): Fault[] {
  if (prints === undefined || prints === printed) return [];
  const [expected, got] = [prints.split("\n"), printed.split("\n")];
  const at = expected.findIndex((text, index) => text !== got[index]);
  const first = at < 0 ? `${got.length} lines, and not ${expected.length}` : `"${got[at] ?? "nothing"}", and not "${expected[at]}"`;
  return [{ path: document, line, text: `the snippet prints something else than the block behind it says: ${first}` }];
}
