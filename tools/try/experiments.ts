/** All experiments, in the order in which a newcomer would play them. */
import type { Experiment } from "./experiment.ts";
import { lostSyn } from "./experiments/lost_syn.ts";

export const experiments: readonly Experiment[] = [
  lostSyn,
];
