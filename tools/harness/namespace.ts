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

/** How to run `command` in a network namespace of its own. Throws a NoLiveWire where there are none. */
export function enterNamespace(command: readonly string[], uid: number | null = Deno.uid()): CommandLine {
  if (Deno.build.os !== "linux") throw notLinux();
  const asRoot = uid === 0 ? [] : ["--user", "--map-root-user"];
  return { command: "unshare", args: [...asRoot, "--net", "--", ...command] };
}

/** The error for other systems. */
export function notLinux(system: string = Deno.build.os): NoLiveWire {
  return new NoLiveWire("not linux", { darwin: "macOS", windows: "Windows" }[system] ?? system);
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
 * Reads what a command in a namespace left on stderr when it ended at once. `unshare` says why the kernel
 * refused ("unshare: unshare failed: Operation not permitted"); anything else is the command's own.
 */
export function refusalOf(stderr: string): NoLiveWire | undefined {
  const said = /^unshare: (.*)$/m.exec(stderr)?.[1];
  return said === undefined || said.startsWith("failed to execute") ? undefined : new NoLiveWire("no namespace", `unshare: ${said}`);
}

const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9n;

/** Has the kernel kill this process as soon as the thread that started it ends, however that comes about. Needs `--allow-ffi`. */
export function dieWithParent(): void {
  libc().prctl(PR_SET_PDEATHSIG, SIGKILL, 0n, 0n, 0n);
}
