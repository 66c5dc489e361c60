/** Measurements in processes of their own: with nothing else to remember, or in a network of their own. They print their result as JSON. */
import { runInNamespace } from "../harness/namespace_program.ts";

/** Runs a measurement in a process of its own. */
export async function inProcess<T>(path: string, options: readonly string[], words: readonly number[]): Promise<T> {
  const program = [new URL(path, import.meta.url).href, ...words.map(String)];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...CHILD, ...options, ...program],
    stdin: "null",
  }).output();
  if (!success) throw new Error(`The measurement failed:\n${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** How programs of ours are run beside this one. */
const ROOT = decodeURIComponent(new URL("../..", import.meta.url).pathname);
const CHILD = ["--quiet", "--no-config", "--no-prompt", "--no-check", "--cached-only", `--allow-read=${ROOT}`];

/** Runs a measurement in a namespace of its own. Throws a NoLiveWire. */
export function inNamespace<T>(path: string, argument: unknown, flags: readonly string[] = []): Promise<T> {
  return runInNamespace(new URL(path, import.meta.url), argument, { flags });
}
