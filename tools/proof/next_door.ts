/**
 * Proofs of the reference stack by programs that nobody here wrote: each in a network namespace of its own (inside.ts), and afterwards tshark looks
 * through what was on the wire.
 */
import type { ImpairCounts } from "../../stack/link/impair.ts";
import { NoLiveWire } from "../../stack/link/no_live_wire.ts";
import { refusalOf, spawnInNamespace } from "../harness/namespace.ts";
import type { Holdings, Refused, WireOrder } from "./station.ts";

/** What is to be done inside. */
export interface ProofOrder extends WireOrder {
  /** Run one after the other, through the kernel's side. */
  readonly commands: readonly (readonly string[])[];
  /** What `GET /file` gives. */
  readonly file?: string;
}

/** What a command said. */
export interface CommandResult {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  readonly milliseconds: number;
  /** What the stack held when it was over. */
  readonly left: Holdings;
}

/** What came of it. */
export interface ProofResult {
  readonly commands: readonly CommandResult[];
  readonly counters: Readonly<Record<string, number>>;
  /** States of the connections that were left. */
  readonly connections: readonly string[];
  readonly wire: { readonly send: Readonly<ImpairCounts>; readonly receive: Readonly<ImpairCounts> };
  readonly framesLent: number;
}

const ROOT = decodeURIComponent(new URL("../..", import.meta.url).pathname);

/** Carries out `order` in a namespace. Throws a NoLiveWire. */
export function prove(order: ProofOrder): Promise<ProofResult> {
  return runInside<ProofResult>(new URL("inside.ts", import.meta.url), order, order.file === undefined ? [] : [order.file]);
}

/** Runs a program that ends with `answer` (station.ts) in a namespace; it may read `files`, too. Gives what it says. Throws a NoLiveWire. */
export async function runInside<Result>(program: URL, order: WireOrder, files: readonly string[] = []): Promise<Result> {
  const options = [
    "--quiet",
    "--no-config",
    "--no-prompt",
    "--no-check",
    "--cached-only",
    "--v8-flags=--expose-gc",
    "--allow-ffi",
    "--allow-run",
  ];
  const permissions = [`--allow-read=${[ROOT, ...files].join(",")}`, `--allow-write=${order.capture}`];
  const command = [Deno.execPath(), "run", ...options, ...permissions, program.href, JSON.stringify(order)];
  const child = spawnInNamespace(command, { stdin: "null", stdout: "piped", stderr: "piped" });
  const { success, stdout, stderr } = await child.output();
  const [said, complaint] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)) as [string, string];
  if (!success) throw refusalOf(complaint) ?? new Error(`The proof ended early:\n${complaint}`);
  const result = JSON.parse(said) as Result | Refused;
  if (typeof result === "object" && result !== null && "refused" in result) {
    throw new NoLiveWire(result.refused.reason, result.refused.detail);
  }
  return result as Result;
}

/**
 * Has the kernel wait ten seconds before it takes something for lost, where it would wait a fifth of one; and send no tail loss probes (RFC 8985),
 * which come after two round trips. On a busy machine the stack may be asleep for so long, and what is sent again then says nothing about it.
 */
export const PATIENT_KERNEL: readonly string[] = [
  "sh",
  "-c",
  "ip route replace 10.44.0.0/24 dev tap0 proto kernel scope link src 10.44.0.1 rto_min 10s && echo 0 > /proc/sys/net/ipv4/tcp_early_retrans",
];

/** Runs `action` with a folder that is gone afterwards. */
export async function inFolder(action: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await action(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
