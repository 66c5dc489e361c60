/**
 * Runs a program next door: in a network namespace of its own, where the reference stack is the neighbour of this machine's kernel
 * (inside.ts). The machine's own network is not touched; everything is gone when the program ends.
 *
 *     this process ── unshare ──▶ the program, inside      kernel 10.44.0.1 ── tap0 ── 10.44.0.2 stack
 *                                   └── a command, inside too
 */
import { NoLiveWire } from "../../stack/link/no_live_wire.ts";
import { enterNamespace, refusalOf, spawnInNamespace } from "../harness/namespace.ts";

/** Milliseconds after which it is noticed at the latest that our parent is gone. */
const PARENT_WATCH = 500;

/**
 * Runs one of our programs inside, with our process number and `words` as its arguments, on this terminal; gives its exit status. Throws a NoLiveWire when
 * there can be no namespace. `permissions` are Deno's, beyond those that every program inside needs.
 */
export async function runNextDoor(program: URL, permissions: readonly string[], words: readonly string[]): Promise<number> {
  await tryNamespace();
  const options = ["--quiet", "--no-config", "--no-prompt", "--no-check", "--cached-only", "--allow-ffi", "--allow-run", ...permissions];
  const child = spawnInNamespace([Deno.execPath(), "run", ...options, program.href, `${Deno.pid}`, ...words], {});
  // From the keyboard a signal reaches both of us; from elsewhere only this process.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) Deno.addSignalListener(signal, () => child.kill(signal));
  // `deno task` is our parent, and cannot tell us when it is killed outright.
  const parent = Deno.ppid;
  const watch = setInterval(() => {
    if (Deno.ppid !== parent) child.kill("SIGKILL");
  }, PARENT_WATCH);
  const { code } = await child.status;
  clearInterval(watch);
  return code;
}

/** Throws a NoLiveWire when no namespace can be made. A program inside cannot say that, being never started. */
async function tryNamespace(): Promise<void> {
  const { command, args } = enterNamespace(["true"]);
  try {
    const { success, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
    if (!success) {
      throw refusalOf(new TextDecoder().decode(stderr)) ?? new NoLiveWire("no namespace", new TextDecoder().decode(stderr).trim());
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new NoLiveWire("no unshare");
    throw error;
  }
}

/** Words up to the first "--", and the command behind it. */
export function splitCommand(
  words: readonly string[],
): { readonly own: readonly string[]; readonly command: readonly string[] | undefined } {
  const at = words.indexOf("--");
  return at < 0 ? { own: words, command: undefined } : { own: words.slice(0, at), command: words.slice(at + 1) };
}
