/**
 * `deno task doctor`: what this machine can do for the kit, line by line, and what helps where something is missing. What a lab
 * run needs makes it fail (exit status 1); what only makes it better, or only a grader wants, does not. Nothing is changed:
 * a wire is opened and closed in a namespace of its own, and the sandbox is entered once.
 */
import { parseArgs } from "@std/cli/parse-args";
import { NoLiveWire } from "../stack/link/no_live_wire.ts";
import { KernelPeer } from "./harness/kernel/kernel_peer.ts";
import { type Layer, sandboxLayers } from "./harness/sandbox.ts";
import { ROOT } from "./lab/run.ts";
import { labelled, paint } from "./lab/text.ts";

const HELP = `deno task doctor [--json]

Says what this machine has of what the labs and the grader can use: Deno, the live
wires, the walls of the sandbox, git. Exit status 1 when labs cannot be run here.

  --json   the same as JSON, for programs`;

/** The version that the kit is made for. */
const DENO = "2.9.6";

/** One thing that was looked at. */
export interface Finding {
  readonly group: "Deno" | "Live wire" | "Sandbox" | "Tools";
  readonly name: string;
  readonly on: boolean;
  /** Nothing works without it. */
  readonly needed?: true;
  /** Its version, or why it is missing. */
  readonly detail?: string;
  /** What helps. */
  readonly remedy?: string;
}

/** Looks at everything. */
export async function examine(): Promise<Finding[]> {
  const [wires, layers, bwrap, git] = await Promise.all([wireFindings(), sandboxLayers(ROOT), versionOf("bwrap"), versionOf("git")]);
  return [
    denoFinding(Deno.version.deno),
    ...wires,
    ...wallFindings(layers),
    tool("bubblewrap", bwrap, "install bubblewrap: it builds the sandbox faster than unshare does, which is used without it."),
    tool("git", git, "install git: it is needed to hand in and to grade repositories, not to run labs."),
  ];
}

/** The walls; those that are missing for the same reason together. */
function wallFindings(layers: readonly Layer[]): Finding[] {
  const found = new Map<string, Finding>();
  for (const { name, on, why, remedy } of layers) {
    const same = on ? undefined : found.get(`${why}`);
    found.set(on ? name : `${why}`, {
      group: "Sandbox",
      name: same === undefined ? name : `${same.name}, ${name}`,
      on,
      detail: why,
      remedy,
    });
  }
  return [...found.values()];
}

function denoFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number), [wantedMajor = 0, wantedMinor = 0] = DENO.split(".").map(Number);
  const on = major === wantedMajor && minor >= wantedMinor;
  return {
    group: "Deno",
    name: `Deno ${DENO}`,
    on,
    needed: true,
    detail: version,
    ...(on ? {} : { remedy: `npx -y deno@${DENO} task doctor` }),
  };
}

/** Opens a wire of each kind, and says which work. */
async function wireFindings(): Promise<Finding[]> {
  const kinds = ["tap", "tun"] as const;
  const finding = (kind: string, refused?: NoLiveWire): Finding => ({
    group: "Live wire",
    name: `${kind.toUpperCase()}, the kernel as peer`,
    on: refused === undefined,
    ...(refused === undefined ? {} : { detail: refused.what, remedy: refused.remedy }),
  });
  let kernel: KernelPeer;
  try {
    kernel = await KernelPeer.start();
  } catch (error) {
    if (!(error instanceof NoLiveWire)) throw error;
    return kinds.map((kind) => finding(kind, error));
  }
  const found: Finding[] = [];
  for (const kind of kinds) {
    try {
      await kernel.openWire({ kind, mac: "02:00:00:00:00:01", address: "10.44.0.1" });
      found.push(finding(kind));
    } catch (error) {
      if (!(error instanceof NoLiveWire)) throw error;
      found.push(finding(kind, error));
    }
  }
  await kernel.close();
  return found;
}

async function versionOf(command: string): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(command, { args: ["--version"], stdin: "null", stdout: "piped", stderr: "null" })
      .output();
    return success ? /\d[\w.]*/.exec(new TextDecoder().decode(stdout))?.[0] ?? "" : undefined;
  } catch {
    return undefined;
  }
}

function tool(name: string, version: string | undefined, remedy: string): Finding {
  return version === undefined
    ? { group: "Tools", name, on: false, detail: "not installed", remedy }
    : { group: "Tools", name, on: true, detail: version };
}

/** The findings as text of 80 columns. */
export function reportText(findings: readonly Finding[]): string {
  const lines: string[] = [];
  for (const group of new Set(findings.map((finding) => finding.group))) {
    lines.push(...lines.length === 0 ? [] : [""], paint("bold", group));
    for (const { name, on, needed, detail, remedy } of findings.filter((finding) => finding.group === group)) {
      const mark = on ? paint("green", "✔") : needed ? paint("red", "✘") : paint("yellow", "–");
      lines.push(`  ${mark} ${name}${on && detail !== undefined ? `: ${detail}` : ""}`);
      if (!on && detail !== undefined) lines.push(labelled("Why", detail, 4, 8));
      if (!on && remedy !== undefined) lines.push(labelled("Remedy", remedy, 4, 8));
    }
  }
  return `${lines.join("\n")}\n\n${verdict(findings)}`;
}

function verdict(findings: readonly Finding[]): string {
  if (!isWell(findings)) return "Labs cannot be run here.";
  const missing = new Set(findings.filter(({ on }) => !on).map(({ group }) => group));
  const lines = [
    missing.has("Live wire") ? "Labs run on the virtual wire; live checks are skipped." : "Labs run, with live checks.",
    missing.has("Sandbox") ? "Strangers' code is graded with the walls marked ✔ only." : "Strangers' code is graded behind all walls.",
  ];
  return lines.join("\n");
}

/** Whether labs can be run. */
export function isWell(findings: readonly Finding[]): boolean {
  return findings.every(({ on, needed }) => on || !needed);
}

if (import.meta.main) {
  const { json, help, _: rest } = parseArgs(Deno.args, { boolean: ["json", "help"] });
  if (help || rest.length > 0) {
    console.log(HELP);
    Deno.exit(help ? 0 : 2);
  }
  const findings = await examine();
  console.log(json ? JSON.stringify(findings, undefined, 2) : reportText(findings));
  Deno.exit(isWell(findings) ? 0 : 1);
}
