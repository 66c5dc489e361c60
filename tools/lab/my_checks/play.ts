/** Plays the steps of a student's own check. Their shape was looked at before (`steps.ts`). */
import { equal } from "@std/assert";
import type { Lab } from "../../../labs/manifest.ts";
import { Frame } from "../../../stack/wire/frame.ts";
import { CheckFailed } from "../../harness/failure.ts";
import type { PacketMatcher } from "../../harness/matchers.ts";
import { type CallStep, MARK, type MyStep, type SendStep } from "../../harness/my_suite.ts";
import type { Reaction, Recorder, Station, Trial } from "../../harness/suite.ts";
import type { SegmentMatcher, TcpPeer } from "../../harness/tcp_peer.ts";
import type { StackConnection } from "../../harness/tcp_application.ts";
import type { TcpStation } from "../../harness/tcp_station.ts";

/** Plays them in their order. What a step expects and does not find ends the check. */
export async function playSteps(lab: Lab, steps: readonly MyStep[], t: Trial): Promise<void> {
  const player = new Player(lab, t);
  for (const [index, step] of steps.entries()) {
    await t.about({ why: `Step ${index + 1} of your check.`, look: [] }, () => player.play(step));
  }
}

type Call = (...args: unknown[]) => Promise<unknown>;

/** What an argument turned into, and what is looked at after the call. */
interface Argument {
  readonly sent: unknown;
  readonly changing?: { readonly before: unknown; readonly now: object };
  readonly recorder?: Recorder<unknown>;
  readonly frame?: Frame;
}

class Player {
  readonly #lab: Lab;
  readonly #trial: Trial;
  readonly #objects = new Map<string, Record<string, Call>>();
  #station: Station | undefined;
  #tcp: TcpStation | undefined;
  #peer: TcpPeer | undefined;
  #connection: StackConnection | undefined;

  constructor(lab: Lab, trial: Trial) {
    this.#lab = lab;
    this.#trial = trial;
  }

  async play(step: MyStep): Promise<void> {
    const t = this.#trial;
    if ("call" in step) return await this.#call(step);
    if ("host" in step) this.#station = await t.host(step.host);
    else if ("tcp" in step) this.#station = this.#tcp = await t.tcp(step.tcp);
    else if ("state" in step) {
      const { peer, connection } = await (await this.#withTcp()).inState(step.state, step.peer);
      [this.#peer, this.#connection] = [peer, connection];
    } else if ("peer" in step) this.#peer = (await this.#withTcp()).peer(step.peer);
    else if ("send" in step) await this.#send(step.send);
    else if ("expect" in step) await this.#expect(step.expect, step.within);
    else if ("silence" in step) await this.#wire().expectSilence(step.silence, "silence");
    else if ("wait" in step) await this.#wire().wait(step.wait);
    else if ("ping" in step) await this.#wire().ping(step.ping, step);
    else await this.#apply(step);
  }

  async #apply(step: Exclude<MyStep, CallStep>): Promise<void> {
    const t: Trial = this.#trial;
    if ("listen" in step) await (await this.#withTcp()).listen(step.listen, step);
    else if ("connect" in step) this.#connection = await (await this.#withTcp()).connect(step.connect);
    else if ("accept" in step) {
      const connection = await (await this.#withTcp()).accept();
      t.ok(
        (connection !== undefined) === step.accept,
        step.accept ? "a connection to accept" : "nobody to accept",
        connection ? "one" : "none",
      );
      this.#connection = connection;
    } else if ("write" in step) t.equal(await this.#held().write(step.write), step.write.length, "bytes taken");
    else if ("read" in step) t.equal(await this.#held().read(step.read.length + 1), step.read, "what the application reads");
    else if ("look" in step) t.fields(await this.#held().look(), step.look, "the connection");
    else if ("shutdown" in step) await this.#held().shutdown();
    else if ("close" in step) await this.#held().close();
    else if ("abort" in step) await this.#held().abort();
  }

  async #call({ call, on, args = [], as, ...wanted }: CallStep): Promise<void> {
    const t = this.#trial;
    const target = on === undefined ? t[this.#lab.module] as unknown as Record<string, Call> : this.#objects.get(on);
    if (target === undefined) throw new CheckFailed(`an object that an earlier step keeps as "${on}"`, "none");
    const given = args.map((arg) => argumentOf(arg, t));
    const value = await (target[call] as Call)(...given.map(({ sent }) => sent));
    if (as !== undefined) this.#objects.set(as, value as Record<string, Call>);
    if (Object.hasOwn(wanted, "returns")) returned(value, wanted.returns, call, t);
    if (wanted.fields !== undefined) t.fields(value, wanted.fields, `what ${call} returns`);
    for (const { changing, recorder, frame } of given) {
      if (changing !== undefined && wanted.changes !== undefined) {
        const after = changing.now instanceof Uint8Array ? wanted.changes : { ...changing.before as object, ...wanted.changes };
        t.fields(changing.now, after as Record<string, unknown>, `after ${call}`);
      }
      if (recorder !== undefined && wanted.calls !== undefined) {
        t.equal(recorder.calls.map(({ name, args }) => [name, ...args]), [...wanted.calls] as unknown[][], `what ${call} calls`);
      }
      if (frame !== undefined && wanted.packet !== undefined) {
        t.equal(frame.bytes.slice(frame.start, frame.end), wanted.packet, `the packet after ${call}`);
      }
    }
  }

  async #send(what: SendStep["send"]): Promise<void> {
    if (what instanceof Uint8Array) await this.#wire().send(what);
    else await (await this.#talker()).send(what);
  }

  async #expect(matcher: SegmentMatcher | PacketMatcher, within = 0): Promise<void> {
    if (this.#peer === undefined) {
      await this.#wire().expect(matcher as PacketMatcher, "this packet", within);
      return;
    }
    const seen = await this.#peer.expect(matcher as SegmentMatcher, "this segment", within);
    if (seen.flags === "SYN") this.#peer.learn(seen);
  }

  /** The peer that speaks: one to port 80 when no step has named another. */
  async #talker(): Promise<TcpPeer> {
    return this.#peer ??= (await this.#withTcp()).peer();
  }

  async #withTcp(): Promise<TcpStation> {
    this.#station = this.#tcp ??= await this.#trial.tcp();
    return this.#tcp;
  }

  #wire(): Station {
    if (this.#station === undefined) throw new CheckFailed("a host in front of this step: { host: {} } or { tcp: {} }", "none");
    return this.#station;
  }

  #held(): StackConnection {
    if (this.#connection === undefined) throw new CheckFailed("a connection, by state, connect or accept", "none");
    return this.#connection;
  }
}

function returned(value: unknown, wanted: unknown, call: string, t: Trial): void {
  const legal = typeof wanted === "object" && wanted !== null && (wanted as Record<string, unknown>)[MARK] === "one of";
  const what = `what ${call} returns`;
  if (!legal) return t.equal(value, wanted, what);
  const { legal: all } = wanted as { legal?: unknown };
  if (!Array.isArray(all) || !all.some((each) => equal(value, each))) t.oneOf(value, Array.isArray(all) ? all : [], what);
}

function argumentOf(value: unknown, t: Trial): Argument {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array || Array.isArray(value)) return { sent: value };
  const mark = value as Record<string, unknown>;
  switch (mark[MARK]) {
    case undefined: {
      const members = Object.entries(mark).map(([name, member]) => [name, argumentOf(member, t)] as const);
      const recorder = members.find(([, member]) => member.recorder !== undefined)?.[1].recorder;
      const sent = Object.fromEntries(members.map(([name, member]) => [name, member.sent]));
      return { sent, ...(recorder === undefined ? {} : { recorder }) };
    }
    case "changing": {
      const now = structuredClone(mark.value) as object;
      return { sent: t.inout(now), changing: { before: structuredClone(mark.value), now } };
    }
    case "view":
      return { sent: new DataView((mark.bytes as Uint8Array).slice().buffer) };
    case "frame": {
      const frame = new Frame((mark.headroom as number) + (mark.packet as Uint8Array).length + 64, mark.headroom as number);
      frame.bytes.set(mark.packet as Uint8Array, frame.start);
      frame.end = frame.start + (mark.packet as Uint8Array).length;
      return { sent: frame, frame };
    }
    default: {
      const callback = mark[MARK] === "callback";
      const recorder = t.recorder<unknown>({ callback, ...(callback ? {} : { reactions: mark.reactions as Reaction[] }) });
      return { sent: recorder.object, recorder };
    }
  }
}
