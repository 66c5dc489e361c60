/** What the checks of this lab share: facts of channels, a selector over scripted ones, an echo loop over them, and how they are said in words. */
import type { ChannelFacts, EchoLimits, Key, Outcome } from "../../../stack/contract/selector.ts";
import { CONNECT, formatReadiness } from "../../../stack/wire/readiness.ts";
import type { Trial } from "../../../tools/harness/suite.ts";

/** What is so of a channel that is connected, and on which nothing happens; with these members instead. */
export function facts(members: Partial<ChannelFacts> = {}): ChannelFacts {
  return { role: "connected", waiting: 0, readable: 0, ended: false, room: 0, shut: false, failure: undefined, ...members };
}

export const FAILURES = ["ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EHOSTUNREACH", "ECONNABORTED"] as const;

/** "listening, 2 wait"; what is nothing special is left out. */
export function factsText({ role, waiting, readable, ended, room, shut, failure }: ChannelFacts): string {
  const parts: string[] = [role];
  if (waiting > 0) parts.push(`${waiting} wait`);
  if (readable > 0) parts.push(`${readable} bytes to be read`);
  if (ended) parts.push("the peer has ended");
  if (room > 0) parts.push(`room for ${room} bytes`);
  if (shut) parts.push("shut");
  if (failure !== undefined) parts.push(`broke by ${failure}`);
  return parts.join(", ");
}

/** The channel must be ready for exactly this. */
export async function expectReadiness(t: Trial, members: Partial<ChannelFacts>, ready: number): Promise<void> {
  const given = facts(members);
  const answer = await t.selector.readinessOf(given);
  const got = typeof answer === "number" ? formatReadiness(answer) : `${answer}`;
  const lacksConnect = typeof answer === "number" && given.failure === undefined && answer !== ready && (answer | CONNECT) === ready;
  await t.about(
    lacksConnect ? LACKS_CONNECT : { look: [] },
    () => t.equal(got, formatReadiness(ready), `readinessOf (${factsText(given)})`),
  );
}

/** The topic of a connection that is ready for everything that it should be, but for CONNECT. */
const LACKS_CONNECT = {
  why:
    "CONNECT is missing. It says that the attempt came to its end, and that stays so as long as there is the connection. A program that goes on waiting for CONNECT is told " +
    "for ever: it drops that interest when it was told once.",
  look: ["readinessOf"],
};

/** A function that says what a call comes to. */
export type OutcomeName = "acceptOutcome" | "connectOutcome" | "readOutcome" | "writeOutcome";

/** The call must come to this. */
export async function expectOutcome(
  t: Trial,
  name: OutcomeName,
  members: Partial<ChannelFacts>,
  outcome: Outcome,
  wanted = 100,
): Promise<void> {
  const given = facts(members);
  const answer = name === "readOutcome" || name === "writeOutcome" ? await t.selector[name](given, wanted) : await t.selector[name](given);
  await t.about({ look: [name] }, () => t.equal(answer, outcome, `${name} (${factsText(given)})`));
}

/** Keys in words, by their channels: "3: READ, 7: ACCEPT". */
export function keysText(keys: readonly Pick<Key<number, unknown>, "channel" | "ready">[] | "EAGAIN"): string {
  if (typeof keys === "string") return keys;
  if (!Array.isArray(keys)) return `${keys}`;
  const sorted = [...keys].sort((a, b) => a.channel - b.channel);
  return sorted.map(({ channel, ready }) => `${channel}: ${formatReadiness(ready)}`).join(", ") || "an empty list";
}

/** `ready` must hold nothing that is not waited for: many stories go wrong by it, and this tells why. */
async function expectWaitedFor(t: Trial, keys: unknown): Promise<void> {
  const all = (Array.isArray(keys) ? keys : []) as Key<number, unknown>[];
  const wrong = all.find((key) => (key?.ready & ~key?.interest) !== 0);
  if (wrong === undefined) return;
  const why =
    "`ready` of a key is what its channel is ready for, *of that* for which the program waits. There is room on nearly every connection nearly always: a program that waits for bytes does not want to be told so a thousand times a second.";
  await t.about({ why, look: ["createSelector.select"] }, () => {
    const waits = formatReadiness(wrong.interest);
    t.ok(false, `channel ${wrong.channel} to be given out for ${waits} or not at all: no more is waited for`, formatReadiness(wrong.ready));
  });
}

/** A selector over scripted channels. */
export interface SelectorBench<S = LevelSelector> {
  readonly channels: ReturnType<Trial["channels"]>;
  readonly selector: S;
  /** Registers; that must be possible. */
  add(channel: number, interest: number): Promise<void>;
  /** Something happens to a channel, and the engine says so. */
  happen(channel: number, state: Parameters<ReturnType<Trial["channels"]>["put"]>[1]): Promise<void>;
  /** What is selected must be this: "3: READ, 7: ACCEPT", "an empty list" or "EAGAIN". */
  expect(keys: string, when: string, limit?: number): Promise<void>;
  /** Some keys must be given out. */
  keys(limit: number): Promise<readonly Key<number, unknown>[]>;
}

type LevelSelector = Awaited<ReturnType<Trial["selector"]["createSelector"]>>;
type EdgeSelector = Awaited<ReturnType<Trial["selector"]["createEdgeSelector"]>>;

/** Makes a selector with no channel in it. */
export async function selectorBench(t: Trial): Promise<SelectorBench> {
  const channels = t.channels();
  return benchOf(t, channels, await t.selector.createSelector(channels.factsOf as never));
}

/** The same with a selector of edges. */
export async function edgeBench(t: Trial): Promise<SelectorBench<EdgeSelector>> {
  const channels = t.channels();
  return benchOf(t, channels, await t.selector.createEdgeSelector(channels.factsOf as never));
}

function benchOf<S extends EdgeSelector>(t: Trial, channels: SelectorBench["channels"], selector: S): SelectorBench<S> {
  return {
    channels,
    selector,
    add: async (channel, interest) => t.equal(await selector.register(channel, interest, `a${channel}`), true, `register(${channel})`),
    happen: async (channel, state) => {
      await channels.put(channel, state);
      await selector.changed(channel);
    },
    keys: async (limit) => {
      const keys = await selector.select(limit) as readonly Key<number, unknown>[] | "EAGAIN";
      t.ok(keys !== "EAGAIN", `select(${limit}) to give keys`, "EAGAIN");
      await expectWaitedFor(t, keys);
      return keys;
    },
    expect: async (keys, when, limit = 10) => {
      const given = await selector.select(limit);
      await expectWaitedFor(t, given);
      t.equal(keysText(given as never), keys, `select(${limit}) ${when}`);
    },
  };
}

/** Different numbers that stand for channels. */
export function numbers(t: Trial, count: number): number[] {
  const found = new Set<number>();
  while (found.size < count) found.add(t.random.int(3, 9999));
  return [...found];
}

/** An echo loop over scripted channels, with its listening channel. */
export interface EchoBench<S = LevelSelector> extends SelectorBench<S> {
  readonly loop: Awaited<ReturnType<Trial["selector"]["createEdgeLoop"]>>;
  readonly door: number;
  /** These connections come and are accepted. */
  connect(...channels: number[]): Promise<void>;
  /** Lets the loop take turns until it has nothing to do; one that goes round for nothing is stopped, and echo/no-spin tells of it. */
  settle(): Promise<void>;
  /** The loop must have nothing to do. */
  expectRest(when: string): Promise<void>;
  /** Exactly these bytes must have been written to the channel since the last time. */
  expectSent(channel: number, bytes: Uint8Array, when: string): Promise<void>;
}

/** More turns than any of these stories needs. */
const ENOUGH = 50;
const LIMITS: EchoLimits = { keys: 10, chunk: 100, unsent: 250, connections: 20 };

export async function echoBench(t: Trial, limits: Partial<EchoLimits> = {}): Promise<EchoBench> {
  const bench = await selectorBench(t);
  const { channels, selector } = bench;
  return await loopBench(t, bench, await t.selector.createEchoLoop(selector as never, channels.calls as never, { ...LIMITS, ...limits }));
}

/** The same on a selector of edges. */
export async function edgeLoopBench(t: Trial, limits: Partial<EchoLimits> = {}): Promise<EchoBench<EdgeSelector>> {
  const bench = await edgeBench(t);
  const { channels, selector } = bench;
  return await loopBench(t, bench, await t.selector.createEdgeLoop(selector as never, channels.calls as never, { ...LIMITS, ...limits }));
}

async function loopBench<S>(t: Trial, bench: SelectorBench<S>, loop: EchoBench["loop"]): Promise<EchoBench<S>> {
  const { channels } = bench;
  const door = 1;
  await channels.put(door, { role: "listening", room: 0 });
  await loop.listen(door as never);
  const settle = async (): Promise<void> => {
    for (let turns = 0; turns < ENOUGH; turns++) {
      const hadWork = await loop.turn();
      await channels.tell();
      if (!hadWork) return;
    }
  };
  return {
    ...bench,
    loop,
    door,
    settle,
    expectRest: async (when) => {
      t.equal(await loop.turn(), false, `a turn ${when}`);
    },
    connect: async (...connections) => {
      await bench.happen(door, { knock: connections });
      await settle();
      await channels.made();
    },
    expectSent: async (channel, bytes, when) => t.equal(await channels.sent(channel), bytes, `what channel ${channel} got ${when}`),
  };
}

/** All of these, one behind the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
