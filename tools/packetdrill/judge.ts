/** From the text of a script to its verdict. */
import type { Machine, MachineSettings } from "./machine.ts";
import { parseScript } from "./parse.ts";
import { runScript, type RunSettings } from "./run.ts";
import type { ScriptOption } from "./script.ts";
import { settingsOf } from "./sysctls.ts";
import type { Verdict } from "./verdict.ts";

/** What goes for every script of a run. */
export interface JudgeOptions {
  /** Makes the machine that a script is run against. */
  readonly makeMachine: (settings: MachineSettings) => Promise<Machine>;
  /** Options in front of those that a script has itself. */
  readonly options: readonly ScriptOption[];
  /** Microseconds that anything may be early or late, at least. */
  readonly tolerance: number;
  readonly strict: boolean;
  /** Names that are defined for #ifdef. */
  readonly defines: ReadonlySet<string>;
  /** See RunSettings; default "verdict". */
  readonly crashes?: "verdict" | "thrown";
  /** Reads a file that a script includes; undefined when there is none. */
  readonly read?: (path: string) => string | undefined;
}

/** Judges one script. Throws only what is no fault of the script or the stack. */
export async function judge(file: string, text: string, judging: JudgeOptions): Promise<Verdict> {
  const { defines, read } = judging;
  const script = parseScript(file, text, { defines, ...(read === undefined ? {} : { read }) });
  if (!("events" in script)) return { script: file, verdict: "malformed", malformed: script };
  const { tcp, sysctls, other, needs } = settingsOf(script.setup, [...judging.options, ...script.options]);
  const missing = [...script.needs, ...needs];
  if (missing.length > 0) return { script: file, verdict: "needs", needs: missing };
  const localAddress = other.localAddress ?? "192.168.0.1";
  const remoteAddress = other.remoteAddress ?? "192.0.2.1";
  const run: RunSettings = {
    localAddress,
    remoteAddress,
    tolerance: Math.max(judging.tolerance, other.tolerance ?? 0),
    strict: judging.strict || other.strict === true,
    bindPort: other.bindPort ?? 8080,
    connectPort: other.connectPort ?? 8080,
    crashes: judging.crashes ?? "verdict",
  };
  const machine = await judging.makeMachine({ localAddress, remoteAddress, mtu: other.mtu ?? 1500, tcp, sysctls });
  try {
    return await runScript(script, machine, run);
  } finally {
    await machine.close();
  }
}
