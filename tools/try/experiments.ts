/** All experiments, in the order of the handbook, which is that in which a newcomer would play them. */
import type { Experiment } from "./experiment.ts";
import { wallSocket } from "./experiments/wall_socket.ts";
import { fiveTuple } from "./experiments/five_tuple.ts";
import { checksum } from "./experiments/checksum.ts";
import { lostSyn } from "./experiments/lost_syn.ts";
import { timeWait } from "./experiments/time_wait.ts";
import { reset } from "./experiments/reset.ts";
import { zeroWindow } from "./experiments/zero_window.ts";
import { nagle } from "./experiments/nagle.ts";
import { sillyWindow } from "./experiments/silly_window.ts";
import { reordering } from "./experiments/reordering.ts";
import { headOfLine } from "./experiments/head_of_line.ts";
import { ports } from "./experiments/ports.ts";
import { ephemeralPorts } from "./experiments/ephemeral_ports.ts";
import { portExhaustion } from "./experiments/port_exhaustion.ts";
import { listeningSocket } from "./experiments/listening_socket.ts";
import { accept } from "./experiments/accept.ts";
import { backlog } from "./experiments/backlog.ts";
import { synFlood } from "./experiments/syn_flood.ts";
import { halfClose } from "./experiments/half_close.ts";
import { eagain } from "./experiments/eagain.ts";
import { selector } from "./experiments/selector.ts";
import { slowStart } from "./experiments/slow_start.ts";
import { fairShare } from "./experiments/fair_share.ts";
import { udpBoundaries } from "./experiments/udp_boundaries.ts";
import { arp } from "./experiments/arp.ts";
import { arpPoisoning } from "./experiments/arp_poisoning.ts";
import { fragments } from "./experiments/fragments.ts";
import { pathMtu } from "./experiments/path_mtu.ts";
import { ringOverrun } from "./experiments/ring_overrun.ts";
import { firewall } from "./experiments/firewall.ts";
import { nat } from "./experiments/nat.ts";

export const experiments: readonly Experiment[] = [
  wallSocket,
  fiveTuple,
  checksum,
  lostSyn,
  timeWait,
  reset,
  zeroWindow,
  nagle,
  sillyWindow,
  reordering,
  headOfLine,
  ports,
  ephemeralPorts,
  portExhaustion,
  listeningSocket,
  accept,
  backlog,
  synFlood,
  halfClose,
  eagain,
  selector,
  slowStart,
  fairShare,
  udpBoundaries,
  arp,
  arpPoisoning,
  fragments,
  pathMtu,
  ringOverrun,
  firewall,
  nat,
];
