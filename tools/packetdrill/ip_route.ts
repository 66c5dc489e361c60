/**
 * What a script asks of a route by the command `ip`, since that is where Linux has the initial window:
 *
 *     `ip route replace 192.0.2.0/24 dev tun0 initcwnd 20`
 *     `ip ro change default dev tun0 proto static initcwnd 3 rto_min 300ms`
 *
 * It holds for every connection here: a script has one way to its peer. No command is run.
 */
import type { TcpConfig } from "../../stack/host_config.ts";

/** What `ip route` comes to: settings of our stack by their own names, or what it asks for that we do not have. */
export type RouteAsks = { readonly tcp: TcpConfig } | { readonly lacks: string };

/** Words of a route that say where it leads, each with a value: there is one wire here. */
const WHERE = /^(dev|via|src|proto|protocol|scope|table|metric)$/;
const CHANGES = /^(add|append|change|chg|replace|repl)$/;

/** Reads the words behind `ip`. */
export function readIpCommand(words: readonly string[]): RouteAsks {
  const [object = "", command = "", to, ...attributes] = words.filter((word) => word !== "-4" && word !== "-q");
  if (/^tcp_?metrics$/.test(object) && command === "flush") return { tcp: {} }; // nothing is remembered of any peer
  if (!/^ro?u?t?e?$/.test(object) || !CHANGES.test(command) || to === undefined) {
    return { lacks: `the command ip ${object} ${command}`.trim() };
  }
  let tcp: TcpConfig = {};
  for (let at = 0; at < attributes.length; at += 2) {
    const name = attributes[at] as string;
    // "lock" stands in front of a value that is not to be learned anew.
    const value = attributes[at + 1] === "lock" ? attributes[++at + 1] ?? "" : attributes[at + 1] ?? "";
    const said = WHERE.test(name) && value !== "" ? {} : settingOf(name, value);
    if (said === undefined) return { lacks: `the route's ${name} ${value}`.trim() };
    tcp = { ...tcp, ...said };
  }
  return { tcp };
}

function settingOf(name: string, value: string): TcpConfig | undefined {
  const [, digits = "", unit = ""] = /^(\d{1,9})(ms|s|)$/.exec(value) ?? [];
  const number = digits === "" ? 0 : Number(digits);
  if (name === "initcwnd") return unit === "" && number > 0 ? { initialWindow: number } : undefined;
  if (name === "rto_min") return number > 0 ? { leastTimeout: unit === "s" ? number * 1000 : number } : undefined;
  if (name === "quickack") return value === "0" || value === "1" ? { quickAck: value === "1" } : undefined;
  if (name === "congctl") return value === "reno" || value === "cubic" ? { congestion: value } : undefined;
  return undefined;
}
