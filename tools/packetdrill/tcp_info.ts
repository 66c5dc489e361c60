/** The names that assertions have for the numbers in Linux's `struct tcp_info`. */

/** States (netinet/tcp.h), the bits of `tcpi_options` and the states of congestion control (linux/tcp.h). */
export const TCP_INFO_CONSTANTS: Readonly<Record<string, number>> = {
  TCP_ESTABLISHED: 1,
  TCP_SYN_SENT: 2,
  TCP_SYN_RECV: 3,
  TCP_FIN_WAIT1: 4,
  TCP_FIN_WAIT2: 5,
  TCP_TIME_WAIT: 6,
  TCP_CLOSE: 7,
  TCP_CLOSE_WAIT: 8,
  TCP_LAST_ACK: 9,
  TCP_LISTEN: 10,
  TCP_CLOSING: 11,
  TCPI_OPT_TIMESTAMPS: 1,
  TCPI_OPT_SACK: 2,
  TCPI_OPT_WSCALE: 4,
  TCPI_OPT_ECN: 8,
  TCPI_OPT_ECN_SEEN: 16,
  TCPI_OPT_SYN_DATA: 32,
  TCP_CA_Open: 0,
  TCP_CA_Disorder: 1,
  TCP_CA_CWR: 2,
  TCP_CA_Recovery: 3,
  TCP_CA_Loss: 4,
};

/** "3 (TCP_CA_Recovery)": a number of TCP_INFO, with its name where it is a state. */
export function tcpInfoText(name: string, value: number | undefined): string {
  const states = { tcpi_state: /^TCP_(?!CA_)/, tcpi_ca_state: /^TCP_CA_/ }[name];
  const [found] = Object.entries(TCP_INFO_CONSTANTS).find(([each, number]) => number === value && states?.test(each)) ?? [];
  return found === undefined ? `${value}` : `${value} (${found})`;
}
