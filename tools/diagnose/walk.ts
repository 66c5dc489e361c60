/**
 * The walk: from the name down to the wire, and up at the other end to the application. It stops where it cannot go on.
 *
 *     name ─▶ route ─▶ link ─▶ ARP ─▶ ICMP ─▶ SYN ─▶ accept queue ─▶ application
 *
 * What there is to see is gathered in `lookup.ts`, `below.ts` (netlink and ping) and `call.ts` (the connection); what it means is said in
 * `way.ts` and `above.ts`. ARP is only asked when there is something to send. So the ping goes first, and what ARP knows is read
 * afterwards; where this user may not ping, the call itself has to do.
 *
 * Nothing on this machine is changed.
 */
import { libc } from "../../stack/link/libc.ts";
import { SocketError } from "../harness/kernel/sockets.ts";
import { type Circumstances, headRequest, judgeApplication, judgeCall, judgeQueue } from "./above.ts";
import { findWay, listenersAt, pingLong, pingTwice } from "./below.ts";
import { type Call, type Connected, LinuxCall, PlainCall } from "./call.ts";
import type { Diagnosis, Finding, Place, Step, Target } from "./finding.ts";
import { lookUp } from "./lookup.ts";
import { type Link, neighbour, type Route } from "./netlink.ts";
import type { OutcomeName } from "./outcomes.ts";
import { Budget } from "./waiting.ts";
import { duration, judgeArp, judgeIcmp, judgeLink, judgeRoute, type Judgment, NOT_ON_THE_WAY, unseen } from "./way.ts";

/** What each may take of the whole time, at most. Together they are more than all of it: seldom does each of them wait. */
const NAME = 0.3, PING = 0.15, LONG_PING = 0.1, CALL = 0.38, TALK = 0.2;

/** Walks to `target`. `hear` is told what is found, step by step. `system` as `Deno.build.os` names it. */
export async function walk(target: Target, hear: (finding: Finding) => void = () => {}, system = Deno.build.os): Promise<Diagnosis> {
  const it = new Walk(target, hear, system === "linux" && mayCallLibrary());
  const outcome = await it.run();
  return { target, place: it.place, findings: it.findings, outcome };
}

/** Whether the kernel can be called by FFI: there is a C library, and `--allow-ffi`. */
function mayCallLibrary(): boolean {
  try {
    libc();
    return true;
  } catch {
    return false;
  }
}

class Walk {
  readonly findings: Finding[] = [];
  place: Place;
  readonly #target: Target;
  readonly #hear: (finding: Finding) => void;
  readonly #budget: Budget;
  /** Whether there is netlink, and sockets by FFI. */
  #canSee: boolean;
  #pinged = false;
  #isLocal = false;
  /** Long packets got no answer. */
  #longLost = false;
  #connected: Connected | undefined;

  constructor(target: Target, hear: (finding: Finding) => void, canSee: boolean) {
    this.#target = target;
    this.#hear = hear;
    this.#canSee = canSee;
    this.#budget = new Budget(target.timeout);
    this.place = { host: target.host, port: target.port, address: target.host, device: "any", nextHop: target.host };
  }

  async run(): Promise<OutcomeName | undefined> {
    const noAddress = await this.#name();
    if (noAddress !== undefined) return noAddress;
    const call = this.#makeCall();
    try {
      return await this.#way(call) ?? await this.#callAndTalk(call);
    } finally {
      call.close();
    }
  }

  async #name(): Promise<OutcomeName | undefined> {
    const { host } = this.#target;
    const found = await lookUp(host, this.#budget.share(NAME));
    const after = `after ${duration(found.milliseconds)}`;
    if ("failed" in found) {
      return this.#say("name", { mark: "stop", said: `${host}: ${found.code} ${after}`, outcome: found.failed });
    }
    const { address, others, isName } = found;
    this.place = { ...this.place, address, nextHop: address };
    if (address.includes(":")) this.#canSee = false; // only IPv4 is looked at in full
    const more = others === 0 ? "" : `, and ${others === 1 ? "one more address" : `${others} more addresses`}`;
    this.#say("name", { mark: "fine", said: isName ? `${host} is ${address}${more}` : `${address} is an address` });
    return undefined;
  }

  #makeCall(): Call {
    if (this.#canSee) {
      try {
        return new LinuxCall(this.place.address, this.#target.port);
      } catch (error) {
        if (!(error instanceof SocketError)) throw error;
        this.#canSee = false;
      }
    }
    return new PlainCall(this.place.address, this.#target.port);
  }

  /** Route, link, ARP and ICMP, as far as they can be seen. */
  async #way(call: Call): Promise<OutcomeName | undefined> {
    const way = this.#canSee ? findWay(this.place.address) : undefined;
    if (way === undefined) {
      const why = this.place.address.includes(":") ? "not looked at: only for IPv4" : "not to be seen on this system";
      for (const step of ["route", "link", "ARP", "ICMP"] as const) this.#say(step, unseen(why));
      return undefined;
    }
    if ("refused" in way) {
      this.place = { ...this.place, device: way.off?.name ?? "any" };
      return this.#say("route", judgeRoute(way)) ?? this.#say("link", judgeLink(way.off));
    }
    const { route, link } = way;
    this.place = { ...this.place, device: link?.name ?? "any", nextHop: route.gateway ?? this.place.address };
    this.#isLocal = route.kind === "local";
    const stopped = this.#say("route", judgeRoute(way));
    if (stopped !== undefined) return stopped;
    if (this.#isLocal) {
      for (const step of ["link", "ARP", "ICMP"] as const) this.#say(step, NOT_ON_THE_WAY);
      return undefined;
    }
    return this.#say("link", judgeLink(link)) ?? await this.#neighbourAndPing(call, route, link);
  }

  async #neighbourAndPing(call: Call, route: Route, link: Link | undefined): Promise<OutcomeName | undefined> {
    const { address, nextHop } = this.place;
    const echo = await pingTwice(address, this.#budget.share(PING));
    if (echo === undefined) this.#connected = await call.connect(this.#budget.share(CALL));
    this.#pinged = echo?.replied === true;
    const answered = this.#pinged || this.#connected?.error === undefined && this.#connected !== undefined;
    const arp = link?.arp === false
      ? { mark: "none", said: `${link.name} asks nobody: it has one other end only` } as const
      : judgeArp(neighbour(nextHop, route.interface), route, nextHop, answered);
    const stopped = this.#say("ARP", arp);
    if (stopped !== undefined) return stopped;
    const mtu = link?.mtu ?? 0;
    const longest = this.#pinged && mtu > 0 ? { mtu, echo: await pingLong(address, mtu, this.#budget.share(LONG_PING)) } : undefined;
    const icmp = judgeIcmp(echo, this.#connected?.icmp, longest);
    this.#longLost = icmp.outcome === "long-lost";
    return this.#say("ICMP", icmp);
  }

  async #callAndTalk(call: Call): Promise<OutcomeName | undefined> {
    const before = this.#circumstances();
    this.#connected ??= await call.connect(this.#budget.share(CALL));
    const refused = this.#say("SYN", judgeCall(this.#connected, before));
    if (refused !== undefined) return refused;
    // Where long packets are feared to get lost, a long request shows whether TCP's do.
    const longest = this.#longLost ? call.longest : undefined;
    const words = this.#target.http ? headRequest(this.#target, longest) : undefined;
    const heard = await call.talk(words, this.#budget.share(TALK));
    const isLong = longest !== undefined && words !== undefined;
    const stopped = this.#say("accept queue", judgeQueue(heard, this.#circumstances(), isLong));
    if (stopped !== undefined) return stopped;
    const last = this.#say("application", judgeApplication(heard, this.#target));
    return last ?? (this.#longLost && !isLong ? "long-lost" : undefined);
  }

  #circumstances(): Circumstances {
    const { address, port } = this.place;
    return { pinged: this.#pinged, listeners: this.#isLocal ? listenersAt(address, port) : undefined };
  }

  /** Notes what a step came to; gives the reason when it ends the walk. */
  #say(step: Step, { mark, said, outcome }: Judgment): OutcomeName | undefined {
    const finding = { step, mark, said };
    this.findings.push(finding);
    this.#hear(finding);
    return mark === "stop" ? outcome : undefined;
  }
}
