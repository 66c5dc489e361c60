/** All experiments, in the order in which a newcomer would play them. */
import type { Experiment } from "./experiment.ts";
import { accept } from "./experiments/accept.ts";
import { backlog } from "./experiments/backlog.ts";
import { fiveTuple } from "./experiments/five_tuple.ts";
import { listeningSocket } from "./experiments/listening_socket.ts";
import { ports } from "./experiments/ports.ts";
import { ephemeralPorts } from "./experiments/ephemeral_ports.ts";
import { portExhaustion } from "./experiments/port_exhaustion.ts";
import { lostSyn } from "./experiments/lost_syn.ts";

export const experiments: readonly Experiment[] = [
  fiveTuple,
  listeningSocket,
  accept,
  backlog,
  ports,
  ephemeralPorts,
  portExhaustion,
  lostSyn,
];
