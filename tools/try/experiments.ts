/** All experiments, in the order in which a newcomer would play them. */
import type { Experiment } from "./experiment.ts";
import { accept } from "./experiments/accept.ts";
import { backlog } from "./experiments/backlog.ts";
import { fiveTuple } from "./experiments/five_tuple.ts";
import { listeningSocket } from "./experiments/listening_socket.ts";
import { ports } from "./experiments/ports.ts";
import { ephemeralPorts } from "./experiments/ephemeral_ports.ts";
import { portExhaustion } from "./experiments/port_exhaustion.ts";
import { wallSocket } from "./experiments/wall_socket.ts";
import { halfClose } from "./experiments/half_close.ts";
import { timeWait } from "./experiments/time_wait.ts";
import { reset } from "./experiments/reset.ts";
import { synFlood } from "./experiments/syn_flood.ts";
import { lostSyn } from "./experiments/lost_syn.ts";

export const experiments: readonly Experiment[] = [
  wallSocket,
  fiveTuple,
  listeningSocket,
  accept,
  backlog,
  ports,
  ephemeralPorts,
  portExhaustion,
  lostSyn,
  halfClose,
  timeWait,
  reset,
  synFlood,
];
