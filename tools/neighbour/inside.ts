/**
 * The inside of a namespace: this machine's kernel at one end of a wire, the reference stack at the other, and programs of the machine that
 * talk to it through the kernel. Programs run here are started by outside.ts.
 */
import { Host } from "../../stack/host.ts";
import { openTunTap, type TunTap } from "../../stack/link/tuntap_ffi.ts";
import { run } from "../../stack/runner.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { parseMac } from "../../stack/wire/mac_address.ts";
import { dieWithParent, joinNamespace } from "../harness/namespace.ts";
import { prepareNamespace } from "../harness/kernel/settings.ts";
import { readKernelFile } from "../harness/kernel/tables.ts";
import { loadReference } from "../reference.ts";
import { say, WrongCommand } from "./report.ts";
import { PLAIN_WIRE, type WireOptions } from "./wire.ts";

/** Everybody's address. */
export const KERNEL = "10.44.0.1";
export const STACK = "10.44.0.2";

/**
 * Starts the stack, which runs until this process ends, or its parent, whose number that is. Where offload was asked for, it
 * says on standard error what came of that. Throws a NoLiveWire or a NoReference.
 */
export async function startNeighbour(parent?: number, wire: WireOptions = PLAIN_WIRE): Promise<Host> {
  dieWithParent(parent);
  const modules = await loadReference();
  prepareNamespace();
  const device = openWire(wire);
  if (wire.offload) say(offloadText(device));
  const seed = crypto.getRandomValues(new Uint32Array(1))[0];
  const ourEnd = { medium: device.medium, address: STACK, mac: "02:00:00:00:00:02", mtu: wire.mtu };
  const host = Host.bind(modules, { interfaces: [ourEnd], seed }, [device], { now: performance.now() });
  run(host, [device], { signal: new AbortController().signal }).catch((error) => {
    console.error(error);
    Deno.exit(1);
  });
  return host;
}

/** TAP, for it is a neighbour as on Ethernet, with ARP. Only TUN has offload. */
function openWire({ offload, mtu }: WireOptions): TunTap {
  const kernel = { address: parseIpv4Address(KERNEL), prefixLength: 24, mtu };
  return openTunTap(offload ? { ...kernel, kind: "tun", offload } : { ...kernel, kind: "tap", mac: parseMac("02:00:00:00:00:01") });
}

/** Whether the device has the offload that was asked for, in a sentence. */
export function offloadText({ name, offloadRefused }: Pick<TunTap, "name" | "offloadRefused">): string {
  return offloadRefused === undefined ? `Offload is on: TCP segments of up to 64 KB cross ${name}.` : `${offloadRefused}.`;
}

/** How another terminal of the same user runs a command in here. */
export function fromOutside(command: string): string {
  // Who is not root outside has made a user namespace, too: it maps one user, and not all of them.
  const mapsEverybody = /\s4294967295\s*$/.test(readKernelFile("/proc/self/uid_map"));
  const line = joinNamespace(Deno.pid, [command], { uid: mapsEverybody ? 0 : 1 });
  return [line.command, ...line.args].join(" ");
}

/** A command that runs in here. */
export interface RunningCommand {
  readonly status: Promise<Deno.CommandStatus>;
  /** Ends it, unless it has ended. */
  end(): void;
}

/**
 * What a guard does, a shell: it waits until whoever started it is gone, and then ends process $1 and all that descends from it. A process is
 * stopped first, so that it starts no other meanwhile. What the terminal sends to everybody is not for the guard.
 */
const GUARD = `
trap "" HUP INT QUIT TERM TSTP
end() {
  kill -STOP "$1"
  for child in $(cat /proc/"$1"/task/*/children); do end "$child"; done
  kill -KILL "$1"
}
read -r _
end "$1"`;

/**
 * Starts a command in here, on this terminal. A signal to this process is one to the command; and when this process ends before it, killed
 * even, so does the command, with all that it has started. Throws a WrongCommand when there is none.
 */
export function startCommand(words: readonly string[], options: Deno.CommandOptions = {}): RunningCommand {
  const [command = "", ...args] = words;
  const child = spawn(command, { ...options, args });
  // Its input ends when we do, however that comes about.
  const guard = spawn("/bin/sh", { args: ["-c", GUARD, "guard", `${child.pid}`], stdin: "piped", stdout: "null", stderr: "null" });
  const signal = (signal: Deno.Signal): void => {
    try {
      child.kill(signal);
    } catch {
      // it has ended meanwhile
    }
  };
  for (const each of ["SIGINT", "SIGTERM", "SIGHUP"] as const) Deno.addSignalListener(each, () => signal(each));
  const status = child.status.then((status) => {
    guard.kill("SIGKILL");
    return status;
  });
  return { status, end: () => signal("SIGTERM") };
}

function spawn(command: string, options: Deno.CommandOptions): Deno.ChildProcess {
  try {
    return new Deno.Command(command, options).spawn();
  } catch (error) {
    throw error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied
      ? new WrongCommand(`Cannot run "${command}": there is no such command.`)
      : error;
  }
}
