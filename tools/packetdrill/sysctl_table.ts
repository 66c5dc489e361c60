/**
 * What the sysctls of Linux, and a few of FreeBSD, are for our stack: a setting with a name of its own (`stack/host_config.ts#TcpConfig`), or nothing,
 * where the value asks for what it does anyway. What is not listed here is a need.
 */
import type { CongestionAlgorithm } from "../../stack/contract/congestion.ts";
import type { TcpConfig } from "../../stack/host_config.ts";

/** Sets our stack, given the value of a sysctl. Undefined when the value is none that we have. */
type Setting = (value: string) => Readonly<Record<string, number | boolean | string>> | undefined;

/** 0 or 1. */
function flag(name: keyof TcpConfig): Setting {
  return (value) => value === "0" || value === "1" ? { [name]: value === "1" } : undefined;
}

/** A whole number from `least` on, times `factor`. */
function number(name: keyof TcpConfig, factor = 1, least = 1): Setting {
  return (value) => {
    const given = wholeNumber(value);
    return given !== undefined && given >= least ? { [name]: given * factor } : undefined;
  };
}

/** "4096 131072 6291456": least, default, most. */
function sizes(name: keyof TcpConfig, which: 1 | 2): Setting {
  return (value) => {
    const all = value.trim().split(/\s+/);
    const size = wholeNumber(all[which] ?? "");
    return all.length === 3 && size !== undefined && size > 0 ? { [name]: size } : undefined;
  };
}

/** What congestion control is called there, and what here. */
function algorithm(names: Readonly<Record<string, CongestionAlgorithm>>): Setting {
  return (value) => {
    const congestion = Object.hasOwn(names, value) ? names[value] : undefined;
    return congestion === undefined ? undefined : { congestion };
  };
}

/** Values that ask for nothing that is not so. */
function only(...values: readonly string[]): Setting {
  return (value) => values.includes(value) ? {} : undefined;
}

const anything: Setting = () => ({});

const LINUX: Readonly<Record<string, Setting>> = {
  tcp_sack: flag("sack"),
  tcp_dsack: flag("dSack"),
  tcp_timestamps: (value) => value === "2" ? { timestamps: true } : flag("timestamps")(value),
  tcp_window_scaling: flag("windowScaling"),
  tcp_keepalive_time: only("7200"),
  tcp_keepalive_intvl: number("keepAliveInterval", 1000),
  tcp_keepalive_probes: number("keepAliveProbes"),
  tcp_fin_timeout: number("orphanTime", 1000),
  tcp_syn_retries: number("synRetries"),
  tcp_retries1: number("r1"),
  tcp_retries2: only("15"),
  tcp_synack_retries: only("5"),
  tcp_orphan_retries: only("0", "8"),
  tcp_rto_min_us: number("leastTimeout", 0.001),
  tcp_rmem: sizes("receiveBuffer", 1),
  tcp_wmem: sizes("sendBuffer", 2),
  tcp_challenge_ack_limit: number("challengeLimit", 1, 0),
  tcp_max_tw_buckets: number("maxTimeWait", 1, 0),
  tcp_congestion_control: algorithm({ reno: "reno", cubic: "cubic" }),
  tcp_slow_start_after_idle: flag("idleRestart"),
  // 0: slow start counts acknowledgments; 1: bytes, but a segment's worth for each acknowledgment at most, which is the same where all are full.
  tcp_abc: (value) => value === "0" || value === "1" ? { byteCounting: false } : undefined,
  // What we do not have, and so do not do.
  tcp_autocorking: only("0", "1"),
  tcp_early_demux: anything,
  tcp_early_retrans: only("0"),
  tcp_ecn: only("0"),
  tcp_ecn_fallback: anything,
  tcp_fack: only("0"),
  tcp_fastopen: only("0"),
  tcp_frto: only("0"),
  tcp_mtu_probing: only("0"),
  tcp_recovery: only("0"),
  tcp_reordering: only("3"),
  tcp_rfc1337: only("0", "1"),
  tcp_syn_linear_timeouts: only("0"),
  tcp_stdurg: only("0"),
  tcp_syncookies: only("0", "1"),
  tcp_thin_dupack: only("0"),
  tcp_thin_linear_timeouts: only("0"),
  tcp_tw_reuse: only("0", "2"),
  tcp_tw_recycle: only("0"),
  tcp_abort_on_overflow: only("0"),
  tcp_adv_win_scale: only("1"),
  tcp_app_win: anything,
  tcp_retrans_collapse: only("0"),
  tcp_workaround_signed_windows: anything,
  // What no packet shows, or no packet of a script.
  tcp_allowed_congestion_control: anything,
  tcp_available_congestion_control: anything,
  tcp_comp_sack_delay_ns: anything,
  tcp_comp_sack_nr: anything,
  tcp_comp_sack_slack_ns: anything,
  tcp_invalid_ratelimit: anything,
  tcp_limit_output_bytes: anything,
  tcp_max_orphans: anything,
  tcp_max_syn_backlog: anything,
  tcp_mem: anything,
  tcp_min_tso_segs: anything,
  tcp_moderate_rcvbuf: anything,
  tcp_no_metrics_save: only("1"),
  tcp_no_ssthresh_metrics_save: anything,
  tcp_notsent_lowat: only("-1", "4294967295"),
  tcp_pacing_ca_ratio: anything,
  tcp_pacing_ss_ratio: anything,
  tcp_tso_rtt_log: anything,
  tcp_tso_win_divisor: anything,
  ip_local_port_range: only("32768 60999", "32768\t60999"),
  ip_no_pmtu_disc: only("0"),
};

const OTHERS: Readonly<Record<string, Setting>> = {
  "net.core.somaxconn": anything,
  "net.core.rmem_max": anything,
  "net.core.wmem_max": anything,
  "net.core.rmem_default": anything,
  "net.core.wmem_default": anything,
  "net.core.netdev_budget": anything,
  "net.core.default_qdisc": anything,
  // FreeBSD.
  "net.inet.tcp.rfc1323": (value) =>
    value === "0" || value === "1" ? { timestamps: value === "1", windowScaling: value === "1" } : undefined,
  "net.inet.tcp.sack.enable": flag("sack"),
  "net.inet.tcp.initcwnd_segments": number("initialWindow", 1, 0),
  "net.inet.tcp.abc_l_var": (value) => value === "1" ? { byteCounting: false } : undefined,
  "net.inet.tcp.delayed_ack": (value) => value === "0" ? { quickAck: true } : value === "1" ? { quickAck: false } : undefined,
  "net.inet.tcp.rexmit_min": number("leastTimeout"),
  "net.inet.tcp.keepintvl": number("keepAliveInterval"),
  "net.inet.tcp.keepcnt": number("keepAliveProbes"),
  "net.inet.tcp.always_keepalive": only("0"),
  "net.inet.tcp.ecn.enable": only("0"),
  "net.inet.tcp.hostcache.purgenow": anything,
  "net.inet.tcp.functions_default": only("freebsd"),
  "net.inet.tcp.cc.algorithm": algorithm({ newreno: "reno", cubic: "cubic" }),
  "net.inet.tcp.syncookies": only("0", "1"),
  "net.inet.tcp.syncookies_only": only("0"),
};

/** How Linux is out of the box where our stack is otherwise, by RFC or by taste: what a script with the defaults of its folder counts on. */
export const LINUX_DEFAULTS = { leastTimeout: 200, initialWindow: 10, congestion: "cubic" } as const satisfies TcpConfig;

/** What a value of a sysctl is for our stack; undefined when we do not have it. */
export function settingOf(name: string, value: string): Readonly<Record<string, number | boolean | string>> | undefined {
  const short = name.startsWith("net.ipv4.") ? name.slice("net.ipv4.".length) : undefined;
  const table = short === undefined ? OTHERS : LINUX;
  const key = short ?? name;
  return Object.hasOwn(table, key) ? table[key]?.(value.trim()) : undefined;
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}
