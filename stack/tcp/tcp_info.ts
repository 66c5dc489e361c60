/**
 * What is known of a connection, by the names that Linux has for it (`struct tcp_info`, TCP_INFO): what `ss -i` shows there, and what scripts ask
 * for. Only what is true of this stack is said. Whoever looks for another name finds nothing: smoothed round-trip times are inside lab 06.
 */
import type { CongestionState } from "../contract/congestion.ts";
import type { Tcb, TcpState } from "../contract/tcb.ts";
import type { Connection } from "./connection.ts";
import type { Receiver } from "./receiver.ts";
import type { Sender } from "./sender.ts";
import { countSegments } from "./short_segments.ts";
import type { Silence } from "./silence.ts";

/** Numbers by name. Times in microseconds, unless the name is another one in Linux, too. */
export type TcpInfo = Readonly<Record<string, number>>;

/** The states as Linux counts them. */
const STATES: Readonly<Record<TcpState, number>> = {
  "ESTABLISHED": 1,
  "SYN-SENT": 2,
  "SYN-RECEIVED": 3,
  "FIN-WAIT-1": 4,
  "FIN-WAIT-2": 5,
  "TIME-WAIT": 6,
  "CLOSED": 7,
  "CLOSE-WAIT": 8,
  "LAST-ACK": 9,
  "LISTEN": 10,
  "CLOSING": 11,
};
const TIMESTAMPS = 1, SACK = 2, WINDOW_SCALE = 4;
/** Linux's tcp_ca_state, beside TCP_CA_Open, which is 0; and its idea of an arbitrarily high ssthresh. */
const DISORDER = 1, RECOVERY = 3, LOSS = 4;
const INFINITE_SSTHRESH = 0x7fff_ffff;
const MICROSECONDS = 1000;

/** Describes a connection by its parts. */
export function tcpInfo({ tcb, made, segmentsSent }: Connection, sender: Sender, receiver: Receiver, silence: Silence): TcpInfo {
  const { buffer } = sender;
  const inFlight = segmentsInFlight(tcb, sender);
  const congestion = sender.congestion;
  const window = Math.floor((congestion?.window() ?? Infinity) / tcb.sndMss);
  return {
    tcpi_state: STATES[tcb.state],
    tcpi_retransmits: sender.timeouts,
    tcpi_backoff: sender.timeouts,
    tcpi_probes: sender.probes,
    tcpi_options: (tcb.timestamps ? TIMESTAMPS : 0) | (tcb.sackPermitted ? SACK : 0) | (tcb.windowScaling ? WINDOW_SCALE : 0),
    tcpi_snd_wscale: tcb.sndScale,
    tcpi_rcv_wscale: tcb.rcvScale,
    tcpi_rto: sender.retransmission.timeout() * MICROSECONDS,
    tcpi_ato: made.delayedAck * MICROSECONDS,
    tcpi_snd_mss: tcb.sndMss,
    tcpi_advmss: tcb.rcvMss,
    ...(inFlight === undefined ? {} : { tcpi_unacked: inFlight }),
    ...(window === Infinity ? {} : { tcpi_snd_cwnd: window, tcpi_cwnd: window }),
    ...congestionInfo(congestion?.state),
    ...sackInfo(congestion?.counts?.(buffer.start(), buffer.next())),
    tcpi_total_retrans: sender.resent,
    tcpi_bytes_acked: buffer.start(),
    tcpi_bytes_received: receiver.received,
    tcpi_notsent_bytes: buffer.end() - buffer.next(),
    tcpi_segs_out: segmentsSent,
    tcpi_segs_in: silence.segments + (tcb.passive ? 1 : 0), // the SYN that made it came before it
    tcpi_snd_wnd: tcb.sndWnd,
    tcpi_rcv_wnd: tcb.rcvWnd,
  };
}

/** Segments in flight; undefined where bytes do not tell, because several of them are short. */
function segmentsInFlight({ sndUna, sndNxt, sndMss, finSent }: Tcb, { buffer, shortEnd }: Sender): number | undefined {
  const [start, next] = [buffer.start(), buffer.next()];
  if (sndUna === sndNxt) return 0;
  if (start === next) return 1; // SYN or FIN
  return finSent ? undefined : countSegments(start, next, sndMss, shortEnd);
}

/** What lab 08 knows, where it is bound. */
function congestionInfo(state: CongestionState | undefined): TcpInfo {
  if (state === undefined) return {};
  const { cwnd, ssthresh, smss, phase, dupAcks } = state;
  return {
    tcpi_snd_cwnd: Math.floor(cwnd / smss),
    tcpi_cwnd: Math.floor(cwnd / smss),
    tcpi_snd_ssthresh: Math.min(Math.floor(ssthresh / smss), INFINITE_SSTHRESH),
    tcpi_ca_state: phase === "open" ? dupAcks > 0 ? DISORDER : 0 : phase === "recovery" ? RECOVERY : LOSS,
  };
}

/** Segments, by what SACK has told. */
function sackInfo(counts: { readonly sacked: number; readonly lost: number } | undefined): TcpInfo {
  return counts === undefined ? {} : { tcpi_sacked: counts.sacked, tcpi_lost: counts.lost };
}

/** What is known of a listening socket: how many connections wait in its queue, and how many may. */
export function listenerInfo(waiting: number, backlog: number): TcpInfo {
  return { tcpi_state: STATES.LISTEN, tcpi_unacked: waiting, tcpi_sacked: backlog };
}

/** What is known where there is neither. */
export const UNCONNECTED: TcpInfo = { tcpi_state: STATES.CLOSED };
