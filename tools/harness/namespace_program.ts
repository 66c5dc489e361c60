/** Runs one of our programs in a network namespace of its own: it gets one argument, as JSON, and prints one result. */
import { NoLiveWire, type NoLiveWireReason } from "../../stack/link/no_live_wire.ts";
import { refusalOf, spawnInNamespace } from "./namespace.ts";

const ROOT = decodeURIComponent(new URL("../..", import.meta.url).pathname);
const PERMISSIONS = ["--no-config", "--no-prompt", "--no-check", "--cached-only", `--allow-read=${ROOT}`, "--allow-ffi", "--allow-net"];

/** What it says while it runs is shown, or thrown away. */
export interface NamespaceProgramOptions {
  readonly stderr?: "inherit" | "piped";
}

/**
 * The result of `program`, which prints `{ refused: { reason, detail } }` where it finds no live wire. Throws a NoLiveWire then, and where no namespace can be had; and
 * an Error with what it complained of when it fails.
 */
export async function runInNamespace<T>(program: URL, argument: unknown, { stderr = "piped" }: NamespaceProgramOptions = {}): Promise<T> {
  const command = [Deno.execPath(), "run", "--quiet", ...PERMISSIONS, program.href, JSON.stringify(argument)];
  const child = spawnInNamespace(command, { stdin: "null", stdout: "piped", stderr });
  const output = await child.output();
  const complaint = stderr === "piped" ? new TextDecoder().decode(output.stderr) : "";
  if (!output.success) throw refusalOf(complaint) ?? new Error(`What ran in the namespace failed:\n${complaint}`);
  const result = JSON.parse(new TextDecoder().decode(output.stdout)) as T & { refused?: { reason: NoLiveWireReason; detail: string } };
  if (result.refused !== undefined) throw new NoLiveWire(result.refused.reason, result.refused.detail);
  return result;
}
