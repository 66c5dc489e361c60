/** Runs one of our programs in a network namespace of its own: it gets one argument, as JSON, and prints one result. */
import { NoLiveWire, type NoLiveWireReason } from "../../stack/link/no_live_wire.ts";
import { refusalOf, spawnInNamespace } from "./namespace.ts";

const ROOT = decodeURIComponent(new URL("../..", import.meta.url).pathname);
const PERMISSIONS = ["--no-config", "--no-prompt", "--no-check", "--cached-only", `--allow-read=${ROOT}`, "--allow-ffi", "--allow-net"];

export interface NamespaceProgramOptions {
  /** For `deno run`, besides the usual. */
  readonly flags?: readonly string[];
  /** Hears what it says on standard error, while it runs. */
  readonly hear?: (text: string) => void;
}

/**
 * The result of `program`, which prints `{ refused: { reason, detail } }` where it finds no live wire. Throws a NoLiveWire then, and where no namespace can be had; and
 * an Error with what it complained of when it fails.
 */
export async function runInNamespace<T>(program: URL, argument: unknown, { flags = [], hear }: NamespaceProgramOptions = {}): Promise<T> {
  const command = [Deno.execPath(), "run", "--quiet", ...PERMISSIONS, ...flags, program.href, JSON.stringify(argument)];
  const child = spawnInNamespace(command, { stdin: "null", stdout: "piped", stderr: "piped" });
  const complaining = listen(child.stderr, hear);
  const said = await new Response(child.stdout).text();
  const complaint = await complaining;
  if (!(await child.status).success) throw refusalOf(complaint) ?? new Error(`What ran in the namespace failed:\n${complaint}`);
  const result = JSON.parse(said) as T & { refused?: { reason: NoLiveWireReason; detail: string } };
  if (result.refused !== undefined) throw new NoLiveWire(result.refused.reason, result.refused.detail);
  return result;
}

async function listen(stream: ReadableStream<Uint8Array<ArrayBuffer>>, hear: (text: string) => void = () => {}): Promise<string> {
  let whole = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    whole += text;
    hear(text);
  }
  return whole;
}
