/** From the text of a script to its verdict. */
import { type Machine, type MachineSettings, Missing } from "./machine.ts";
import { parseScript } from "./parse.ts";
import { runScript, type RunSettings } from "./run.ts";
import type { Command, Script, ScriptEvent, ScriptOption } from "./script.ts";
import type { RunOptions } from "./script_options.ts";
import { readHead } from "./script_head.ts";
import { StackThrew } from "./stack_machine.ts";
import { settingsOf } from "./sysctls.ts";
import type { Verdict } from "./verdict.ts";

/** What goes for every script of a run. */
export interface JudgeOptions {
  /** Makes the machine that a script is run against. */
  readonly makeMachine: (settings: MachineSettings) => Promise<Machine>;
  /** Whose sysctls are set: our stack's, which has some, or those of Linux, which says itself what it lacks. Default "stack". */
  readonly system?: "stack" | "linux";
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

/** What a script needs whose head says `ours:`. */
const OWN_CHOICE = "this stack: it shows a choice that the RFC leaves to the host";

/** Judges one script. Throws only what is no fault of the script or the stack. */
export async function judge(file: string, text: string, judging: JudgeOptions): Promise<Verdict> {
  const { defines, read } = judging;
  const script = parseScript(file, text, { defines, ...(read === undefined ? {} : { read }) });
  if (!("events" in script)) return { script: file, verdict: "malformed", malformed: script };
  const { tcp, sysctls, routes, other, needs } = settingsOf(setupOf(script), [...judging.options, ...script.options]);
  const lacks = judging.system === "linux" ? [...needs.filter(({ what }) => !what.startsWith("the sysctl ")), ...routes] : needs;
  const { ours } = judging.system === "linux" ? readHead(text) : {};
  const own = ours === undefined ? [] : [{ place: { file, line: 1, column: 1 }, what: OWN_CHOICE }];
  const missing = [...own, ...script.needs, ...lacks];
  if (missing.length > 0) return { script: file, verdict: "needs", needs: missing };
  const run = runSettingsOf(other, judging);
  const { localAddress, remoteAddress } = run;
  let machine: Machine;
  try {
    machine = await judging.makeMachine({ localAddress, remoteAddress, mtu: other.mtu ?? 1500, tcp, sysctls });
  } catch (error) {
    const place = script.setup[0]?.place ?? { file, line: 1, column: 1 };
    if (error instanceof Missing) return { script: file, verdict: "needs", needs: [{ place, what: error.what }] };
    if (judging.crashes === "thrown" || !(error instanceof StackThrew)) throw error;
    const failure = { place, expected: "a machine that comes up", got: error.message, differences: [], story: [] };
    return { script: file, verdict: "failed", failure };
  }
  try {
    return await runScript({ ...script, events: withoutSetup(script.events) }, machine, run);
  } finally {
    await machine.close();
  }
}

/** What a script's options say of its run; what they leave out is as packetdrill has it. */
export function runSettingsOf(
  options: RunOptions,
  { tolerance, strict, crashes }: Pick<JudgeOptions, "tolerance" | "strict" | "crashes">,
): RunSettings {
  return {
    localAddress: options.localAddress ?? "192.168.0.1",
    remoteAddress: options.remoteAddress ?? "192.0.2.1",
    tolerance: Math.max(tolerance, options.tolerance ?? 0),
    strict: strict || options.strict === true,
    ignorePush: options.ignorePush === true,
    bindPort: options.bindPort ?? 8080,
    connectPort: options.connectPort ?? 8080,
    crashes: crashes ?? "verdict",
  };
}

/** The commands in front of everything else, those with a time included: they say how the machine is to be before it does anything. */
function setupOf({ setup, events }: Script): readonly Command[] {
  return [...setup, ...events.slice(0, events.length - withoutSetup(events).length).filter((event) => event.kind === "command")];
}

function withoutSetup(events: readonly ScriptEvent[]): readonly ScriptEvent[] {
  const first = events.findIndex((event) =>
    event.kind !== "command" || event.time.kind !== "absolute" && event.time.kind !== "relative" || event.time.at > 0
  );
  return first < 0 ? [] : events.slice(first);
}
