/** What is made of the way: route, link, ARP and ICMP. Pure functions of what was seen. */
import type { IcmpError, PingEcho } from "../harness/kernel/operations.ts";
import type { Way } from "./below.ts";
import type { Mark } from "./finding.ts";
import type { Link, Neighbour, Route } from "./netlink.ts";
import type { OutcomeName } from "./outcomes.ts";

/** What a step comes to. With "stop" it ends the walk, for this reason. */
export interface Judgment {
  readonly mark: Mark;
  readonly said: string;
  readonly outcome?: OutcomeName;
}

/** A step that is not on this way, or cannot be looked at. */
export const NOT_ON_THE_WAY: Judgment = { mark: "none", said: "not on this way" };
export const unseen = (said: string): Judgment => ({ mark: "unseen", said });

/** "0.4 ms", "1300 ms". */
export function duration(milliseconds: number): string {
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}

export function judgeRoute(way: Way): Judgment {
  if ("refused" in way) {
    if (way.off !== undefined) return { mark: "note", said: `none (${way.refused}), though ${way.off.name} is in that net` };
    if (way.refused === "ENETUNREACH") return { mark: "stop", said: "none fits, and there is no default route", outcome: "no-route" };
    return { mark: "stop", said: `one that refuses: ${way.refused}`, outcome: "route-refuses" };
  }
  const { route, link } = way;
  if (route.kind === "local") return { mark: "fine", said: "to this machine itself: no packet leaves it" };
  const from = `${link?.name ?? `interface ${route.interface}`}, from ${route.source ?? "no address"}`;
  if (route.kind === "other") return { mark: "note", said: `by ${from}; the address is not one host's` };
  return { mark: "fine", said: route.gateway === undefined ? `straight there by ${from}` : `to the router ${route.gateway} by ${from}` };
}

export function judgeLink(link: Link | undefined): Judgment {
  if (link === undefined) return unseen("the kernel says nothing of the interface");
  if (!link.up) return { mark: "stop", said: `${link.name} is switched off`, outcome: "interface-down" };
  if (!link.carrier) {
    return { mark: "stop", said: `${link.name} is on and has no carrier: nothing at its other end`, outcome: "no-carrier" };
  }
  return { mark: "fine", said: `${link.name} is up, with carrier; packets of ${link.mtu} bytes at most` };
}

/** Made of what ARP knows after something was sent. `answered`: an answer has come since. */
export function judgeArp({ state, mac }: Neighbour, { gateway }: Route, nextHop: string, answered: boolean): Judgment {
  const who = gateway === undefined ? nextHop : `the router ${nextHop}`;
  if (state === "incomplete" || state === "failed") {
    return {
      mark: "stop",
      said: `nobody says: I am ${nextHop}${gateway === undefined ? "" : ", the router"} (${state})`,
      outcome: "nobody-there",
    };
  }
  if (mac === undefined) return unseen(`nothing is known of ${who}`);
  const isRemembered = !answered && (state === "stale" || state === "delay" || state === "probe");
  if (isRemembered) return { mark: "note", said: `${who} was at ${mac}, and has not confirmed it now (${state})` };
  return { mark: "fine", said: `${who} is at ${mac}` };
}

/** `longest`: what came of a ping of `mtu` bytes, if there was one. */
export function judgeIcmp(
  echo: PingEcho | undefined,
  icmp: IcmpError | undefined,
  longest?: { echo: PingEcho | undefined; mtu: number },
): Judgment {
  const error = echo?.icmp ?? icmp;
  const outcome = error === undefined ? undefined : outcomeOfIcmp(error);
  if (error !== undefined && outcome !== "filtered") return { mark: "stop", said: icmpText(error), outcome };
  if (echo === undefined) return unseen("this user may send no ping (net.ipv4.ping_group_range)");
  if (error !== undefined) return { mark: "note", said: `${icmpText(error)}; it may be so for pings only` };
  if (!echo.replied) return { mark: "note", said: `no answer to ping (${echo.error ?? "silence"}); some hosts never give one` };
  const answer = `an answer after ${duration(echo.rtt ?? 0)}`;
  if (longest?.echo === undefined) return { mark: "fine", said: answer };
  const { replied, icmp: tooLong, error: refused } = longest.echo;
  if (replied) return { mark: "fine", said: `${answer}; to ${longest.mtu} bytes, too` };
  if (tooLong?.mtu !== undefined) {
    return { mark: "fine", said: `${answer}; ${tooLong.from} says that ${tooLong.mtu} bytes are the most on this way` };
  }
  if (refused !== undefined) return { mark: "fine", said: `${answer}; less than ${longest.mtu} bytes fit, and the kernel knows it` };
  return { mark: "note", said: `${answer}, and none to a packet of ${longest.mtu} bytes`, outcome: "long-lost" };
}

/** Which of the outcomes an ICMP error is (RFC 792; RFC 1122 §3.2.2.1; RFC 1812 §5.2.7.1). */
export function outcomeOfIcmp({ type, code }: IcmpError): OutcomeName {
  if (type === 11) return "loop";
  return type === 3 && [2, 3, 9, 10, 13].includes(code) ? "filtered" : "unreachable";
}

const UNREACHABLE = [
  "net unreachable",
  "host unreachable",
  "protocol unreachable",
  "port unreachable",
  "too long a packet",
  "source route failed",
  "net unknown",
  "host unknown",
  "source host isolated",
  "net prohibited",
  "host prohibited",
  "net unreachable for this service",
  "host unreachable for this service",
  "prohibited by a filter",
];

/** "10.44.0.2 says: host unreachable". */
export function icmpText({ type, code, from }: IcmpError): string {
  const what = type === 11 ? "time to live exceeded" : type === 3 ? UNREACHABLE[code] : undefined;
  return `${from} says: ${what ?? `ICMP type ${type} code ${code}`}`;
}
