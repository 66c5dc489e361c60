/**
 * A private network namespace for every live run: `unshare` starts a command in a network of its own, with
 * nothing in it but a loopback. The host's interfaces, routes and firewall are out of reach from inside, two
 * runs at once do not meet, and the kernel takes everything away when the last process inside ends.
 *
 * Rules: never sudo. Root makes the namespace outright; anyone else makes a user namespace around it, in which
 * he is root. `unshare` becomes the command (it does not stay in between), so the process that was started is
 * the one to wait for and to kill. A command that must not outlive its parent calls `dieWithParent()` first
 * thing. Needs `--allow-run` and `--allow-sys=uid`.
 */
import { libc } from "../../stack/link/libc.ts";
import { NoLiveWire } from "../../stack/link/no_live_wire.ts";

/** A command and its arguments, as `Deno.Command` wants them. */
export interface CommandLine {
  command: string;
  args: string[];
}

/** Who asks, and where. Default: this process's user and system. */
export interface Asker {
  /** The user's number; 0 is root. */
  uid?: number | null;
  /** As `Deno.build.os` names it. */
  system?: string;
}

/** How to run `command` in a network namespace of its own. Throws a NoLiveWire on systems that have none. */
export function enterNamespace(command: readonly string[], { uid = Deno.uid(), system = Deno.build.os }: Asker = {}): CommandLine {
  if (system !== "linux") throw new NoLiveWire("not linux", { darwin: "macOS", windows: "Windows" }[system] ?? system);
  const asRoot = uid === 0 ? [] : ["--user", "--map-root-user"];
  return { command: "unshare", args: [...asRoot, "--net", "--", ...command] };
}

/** How to run `command` in the namespace of a process that `enterNamespace` started, as the same user. */
export function joinNamespace(pid: number, command: readonly string[], { uid = Deno.uid() }: Asker = {}): CommandLine {
  const asRoot = uid === 0 ? [] : ["--user", "--preserve-credentials"];
  return { command: "nsenter", args: [...asRoot, "--net", "--target", `${pid}`, "--", ...command] };
}

/** Starts a command line of `enterNamespace`. Throws a NoLiveWire when there is no `unshare`. */
export function spawnInNamespace(command: readonly string[], options: Deno.CommandOptions): Deno.ChildProcess {
  const line = enterNamespace(command);
  try {
    return new Deno.Command(line.command, { ...options, args: line.args }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new NoLiveWire("no unshare");
    throw error;
  }
}

/**
 * Reads what a command in a namespace left on stderr when it ended at once. `unshare` says why the kernel refused
 * ("unshare: unshare failed: Operation not permitted"); anything else is the command's own.
 */
export function refusalOf(stderr: string): NoLiveWire | undefined {
  const said = /^unshare: (?!failed to execute)(?:unshare failed: )?(.*)$/m.exec(stderr)?.[1];
  if (said === undefined) return undefined;
  // What the kernel answers when one more namespace would be above the limit, which may be 0.
  const detail = said.includes("No space left") ? "the limit on namespaces is reached" : said;
  return new NoLiveWire("no namespace", detail.charAt(0).toLowerCase() + detail.slice(1));
}

const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9n;

/**
 * Has the kernel kill this process as soon as the thread that started it ends, however that comes about. `parent`: whose thread that was, where it
 * may have ended before this is called. Needs `--allow-ffi`.
 */
export function dieWithParent(parent: number = Deno.ppid): void {
  libc().prctl(PR_SET_PDEATHSIG, SIGKILL, 0n, 0n, 0n);
  if (Deno.ppid !== parent) Deno.exit(1);
}
