/** Plays an experiment from its first word to its last. */
import type { Modules } from "../../stack/contract/modules.ts";
import { paint, WIDTH, wrap } from "../lab/text.ts";
import type { Experiment } from "./experiment.ts";
import { LiveScene } from "./live_stage.ts";
import type { Outlet, Script } from "./script.ts";
import { VirtualStage } from "./virtual_stage.ts";

/** What came of it. */
export interface Outcome {
  /** The stage as it was left, with what was seen and claimed. */
  readonly stage: Script & { readonly names: readonly string[] };
  /** Whether all that was claimed holds, and anything was. */
  readonly good: boolean;
}

/** Plays on the virtual wire. Rejects with what the experiment throws. */
export async function playVirtual(experiment: Experiment, modules: Modules, outlet: Outlet): Promise<Outcome> {
  begin(experiment.title, experiment, experiment.before, outlet);
  const stage = new VirtualStage(outlet, modules, experiment.rules);
  await experiment.play(stage);
  end(experiment.after, stage, outlet);
  return { stage, good: isGood(stage) };
}

/** Plays with the kernel. Rejects with a NoLiveWire where there is none, and with what the experiment throws. */
export async function playLive(experiment: Experiment, modules: Modules, outlet: Outlet): Promise<Outcome> {
  const { live } = experiment;
  if (live === undefined) throw new TypeError(`${experiment.name} is not played live`);
  const scene = await LiveScene.start(outlet, modules, live);
  try {
    begin(`${experiment.title} (live: the Linux kernel, 10.44.0.1)`, experiment, live.before ?? experiment.before, outlet);
    await scene.playing(live.play(scene.stage));
    end(live.after ?? experiment.after, scene.stage, outlet);
    return { stage: scene.stage, good: isGood(scene.stage) };
  } finally {
    await scene.close();
  }
}

function isGood({ claims, broken }: Script): boolean {
  return claims > 0 && broken.length === 0;
}

function begin(title: string, { name }: Experiment, before: string | readonly string[], { print }: Outlet): void {
  for (const line of wrap(`${name}: ${title}`, WIDTH)) print(paint("bold", line));
  print("");
  paragraphs(before, print);
  print("");
}

function end(after: string | readonly string[], stage: Script, { print }: Outlet): void {
  stage.lines([""]);
  paragraphs(after, print);
}

function paragraphs(text: string | readonly string[], print: Outlet["print"]): void {
  for (const [index, paragraph] of [text].flat().entries()) {
    if (index > 0) print("");
    for (const line of wrap(paragraph, WIDTH)) print(line);
  }
}
