/** The options of packetdrill that a script may have: those that matter here, those that make no difference, and needs. */
import { formatIpv4Address, type Ipv4Address, parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import type { Command, Place, ScriptOption } from "./script.ts";

/** What options say of a run; what is left out was not said. */
export interface RunOptions {
  readonly localAddress?: string;
  readonly remoteAddress?: string;
  readonly mtu?: number;
  /** Microseconds. */
  readonly tolerance?: number;
  /** Whether every segment has to be met by one segment. */
  readonly strict?: boolean;
  /** Where text is pushed does not matter: P is not compared. */
  readonly ignorePush?: boolean;
  /** The port that bind() and connect() get where a script says "...". */
  readonly bindPort?: number;
  readonly connectPort?: number;
  readonly ipVersion?: "ipv4";
}

/** What is about packetdrill itself, its wires and its Linux, or about how code is handed to Python. */
const NO_DIFFERENCE =
  /^(debug|verbose|dry_run|speed|send_omit_free|gateway_ip|netmask_ip|prefix|code_\w+|so_\w+|wire_\w+|persistent_tun_dev|is_anyip|tolerance_percent|tcp_ts_ecr_scaled|tcp_ts_tick_usecs)$/;

/** What a value says; undefined when it is none that we have. */
const SETTERS: Readonly<Record<string, (value: string) => RunOptions | undefined>> = {
  local_ip: (value) => known(address(value), (localAddress) => ({ localAddress })),
  remote_ip: (value) => known(address(value), (remoteAddress) => ({ remoteAddress })),
  mtu: (value) => known(whole(value, 68, 65_535), (mtu) => ({ mtu })),
  tolerance_usecs: (value) => known(whole(value, 0, 1e12), (tolerance) => ({ tolerance })),
  bind_port: (value) => known(whole(value, 1, 65_535), (bindPort) => ({ bindPort })),
  connect_port: (value) => known(whole(value, 1, 65_535), (connectPort) => ({ connectPort })),
  strict_segments: (value) => ({ strict: value !== "0" && value !== "false" }),
  ignore_push: (value) => ({ ignorePush: value !== "0" && value !== "false" }),
  udp_encaps: (value) => value === "none" ? {} : undefined,
  non_fatal: (value) => value === "" ? {} : undefined,
  init_scripts: (value) => value === "" ? undefined : {},
};

function known<T>(value: T | undefined, make: (value: T) => RunOptions): RunOptions | undefined {
  return value === undefined ? undefined : make(value);
}

/** What options say, and the commands that they want to be run first. */
export function takeOptions(
  options: readonly ScriptOption[],
  need: (place: Place, what: string) => void,
): { readonly other: RunOptions; readonly setups: readonly Command[] } {
  let other: RunOptions = {};
  const setups: Command[] = [];
  const asked = options.filter(({ name }) => name === "ip_version");
  // A script for several versions is run as the one that we have.
  const version = asked.find(({ value }) => value.split(",").some((one) => one === "ipv4" || one === "ipv4-mapped-ipv6"));
  if (version !== undefined) other = { ipVersion: "ipv4" };
  else if (asked[0] !== undefined) need(asked[0].place, asked[0].value === "ipv6" ? "IPv6" : `the option --ip_version=${asked[0].value}`);
  for (const { place, name, value } of options) {
    if (name === "ip_version" || NO_DIFFERENCE.test(name)) continue;
    if (/^(local|remote)_ip$/.test(name) && value.includes(":")) {
      if (version === undefined) need(place, "IPv6");
      continue;
    }
    const setter = Object.hasOwn(SETTERS, name) ? SETTERS[name] : undefined;
    const said = setter?.(value);
    if (said === undefined) need(place, `the option --${name}${setter === undefined ? "" : `=${value}`}`);
    else other = { ...other, ...said };
    if (name === "init_scripts") setups.push({ place, text: value.replaceAll(",", "\n") });
  }
  return { other, setups };
}

/** "192.0.2.1", or the first address of "192.0.2.0/24". */
function address(value: string): string | undefined {
  const [, text, prefix = "32"] = /^([\d.]+)(?:\/(\d{1,2}))?$/.exec(value) ?? [];
  if (text === undefined || Number(prefix) > 32) return undefined;
  try {
    const given = parseIpv4Address(text);
    const isNet = Number(prefix) < 31 && given % 2 ** (32 - Number(prefix)) === 0;
    return formatIpv4Address((isNet ? given + 1 : given) as Ipv4Address);
  } catch {
    return undefined;
  }
}

function whole(value: string, least: number, most: number): number | undefined {
  const number = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
  return number >= least && number <= most ? number : undefined;
}
