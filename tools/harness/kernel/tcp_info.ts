/** What TCP_INFO says, by the names of `struct tcp_info` in include/uapi/linux/tcp.h. Later kernels add to its end; what a kernel does not give is left out. */

/** The members in their order: "u8" and so on, and their names. The two bytes of bit fields are read apart. */
const MEMBERS: readonly (readonly [size: 1 | 2 | 4 | 8, names: string])[] = [
  [1, "state ca_state retransmits probes backoff options scales limits"],
  [4, "rto ato snd_mss rcv_mss unacked sacked lost retrans fackets last_data_sent last_ack_sent last_data_recv last_ack_recv"],
  [4, "pmtu rcv_ssthresh rtt rttvar snd_ssthresh snd_cwnd advmss reordering rcv_rtt rcv_space total_retrans"],
  [8, "pacing_rate max_pacing_rate bytes_acked bytes_received"],
  [4, "segs_out segs_in notsent_bytes min_rtt data_segs_in data_segs_out"],
  [8, "delivery_rate busy_time rwnd_limited sndbuf_limited"],
  [4, "delivered delivered_ce"],
  [8, "bytes_sent bytes_retrans"],
  [4, "dsack_dups reord_seen rcv_ooopack snd_wnd rcv_wnd rehash"],
  [2, "total_rto total_rto_recoveries"],
  [4, "total_rto_time"],
];

/** Reads as much of a `struct tcp_info` as there is. */
export function readTcpInfo(bytes: Uint8Array): Record<string, number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const info: Record<string, number> = {};
  let at = 0;
  for (const [size, names] of MEMBERS) {
    for (const name of names.split(" ")) {
      if (at + size > bytes.length) return info;
      info[`tcpi_${name}`] = readNumber(view, at, size);
      at += size;
      if (name === "scales") {
        info.tcpi_snd_wscale = (info.tcpi_scales as number) & 15;
        info.tcpi_rcv_wscale = (info.tcpi_scales as number) >> 4;
        delete info.tcpi_scales;
      }
      if (name === "limits") {
        info.tcpi_delivery_rate_app_limited = (info.tcpi_limits as number) & 1;
        info.tcpi_fastopen_client_fail = (info.tcpi_limits as number) >> 1 & 3;
        delete info.tcpi_limits;
      }
      if (name === "snd_cwnd") info.tcpi_cwnd = info.tcpi_snd_cwnd as number;
    }
  }
  return info;
}

function readNumber(view: DataView, at: number, size: 1 | 2 | 4 | 8): number {
  if (size === 8) return Number(view.getBigUint64(at, true));
  if (size === 4) return view.getUint32(at, true);
  return size === 2 ? view.getUint16(at, true) : view.getUint8(at);
}
