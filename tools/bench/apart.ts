/** Measurements in processes of their own: with nothing else to remember, or in a network of their own. They print their result as JSON. */
import { NoLiveWire, type NoLiveWireReason } from "../../stack/link/no_live_wire.ts";
import { refusalOf, spawnInNamespace } from "../harness/namespace.ts";

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
export async function inNamespace<T>(path: string, argument: unknown, options: readonly string[] = []): Promise<T> {
  const program = [new URL(path, import.meta.url).href, JSON.stringify(argument)];
  const command = [Deno.execPath(), "run", ...CHILD, "--allow-ffi", "--allow-net", ...options, ...program];
  const child = spawnInNamespace(command, { stdin: "null", stdout: "piped", stderr: "piped" });
  const { success, stdout, stderr } = await child.output();
  const [said, complaint] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw refusalOf(complaint ?? "") ?? new Error(`The measurement in the namespace failed:\n${complaint}`);
  const result = JSON.parse(said ?? "") as T & { refused?: { reason: NoLiveWireReason; detail: string } };
  if (result.refused !== undefined) throw new NoLiveWire(result.refused.reason, result.refused.detail);
  return result;
}
