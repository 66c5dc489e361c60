/**
 * Scripted channels, as a check of lab 10 holds them: it says what is so of each, and reads what the student's code asked and did. The channels themselves
 * live beside that code (`subject/scripted_channels.ts`).
 *
 *     const channels = t.channels();
 *     const selector = await t.selector.createSelector<number, string>(channels.factsOf);
 *     await selector.register(3, READ, "three");
 *     await channels.put(3, { arrive: bytes });
 *     await selector.changed(3);
 *     t.equal(await selector.select(10), [{ channel: 3, … }], "…");
 */
import type { ChannelFacts, EchoCalls } from "../../stack/contract/selector.ts";
import { CheckFailed } from "./failure.ts";
import type { HandledKey, MadeCall, ScriptedAct, ScriptedState } from "./subject/protocol.ts";

export type { HandledKey, MadeCall, ScriptedState } from "./subject/protocol.ts";

type Act = (act: ScriptedAct, args: readonly unknown[], selector?: object) => Promise<unknown>;

export class RemoteChannels {
  /** For `createSelector`. */
  readonly factsOf: (channel: number) => ChannelFacts;
  /** For `createEchoLoop`. */
  readonly calls: EchoCalls<number>;
  readonly #act: Act;
  readonly #note: (text: string) => void;
  /** Calls that the story tells already, and that the check has not asked for. */
  #told: MadeCall[] = [];

  constructor(act: Act, note: (text: string) => void, factsOf: (channel: number) => ChannelFacts, calls: EchoCalls<number>) {
    this.#act = act;
    this.#note = note;
    this.factsOf = factsOf;
    this.calls = calls;
  }

  /** Changes what is so of a channel. Nobody is told: that is `changed`'s. */
  async put(channel: number, state: ScriptedState): Promise<void> {
    this.#note(putText([channel, state]));
    await this.#act("put", [channel, state]);
  }

  /** The channels whose facts were asked for since the last time, in their order. */
  async asked(): Promise<readonly number[]> {
    return await this.#act("asked", []) as number[];
  }

  /** Lets the story tell here which calls were made by now. */
  async tell(): Promise<void> {
    const made = await this.#act("made", []) as MadeCall[];
    for (const each of made) this.#note(madeText(each));
    this.#told.push(...made);
  }

  /** The calls that were made since the last time: of all channels, or of one; and only those of one kind. */
  async made(channel?: number, call?: MadeCall["call"]): Promise<readonly MadeCall[]> {
    await this.tell();
    return this.#told.splice(0).filter((each) => (channel ?? each.channel) === each.channel && (call ?? each.call) === each.call);
  }

  /** The bytes that were written to a channel since the last time. */
  async sent(channel: number): Promise<Uint8Array> {
    return await this.#act("sent", [channel]) as Uint8Array;
  }

  /** Selects, and handles the keys one after the other: what each says when its turn has come. While the first of a pair is handled the second is cancelled. */
  async handle(selector: object, limit: number, cancels: Readonly<Record<number, number>>): Promise<readonly HandledKey[]> {
    for (const [first, second] of Object.entries(cancels)) this.#note(`while channel ${first} is handled, channel ${second} is cancelled`);
    const handled = await this.#act("handle", [limit, cancels], selector);
    if (typeof handled === "string") throw new CheckFailed("select to give a list of keys", handled, { symbol: "createSelector.select" });
    return handled as HandledKey[];
  }
}

/** What changes at a channel, in words, from what "put" is given: "channel 3: 7 bytes arrive; room 0". */
export function putText([channel, state]: readonly unknown[]): string {
  return `channel ${channel}: ${stateText(state as ScriptedState)}`;
}

/** A call that was made, in words: "read of channel 3 → 7". */
export function madeText({ call, channel, outcome }: MadeCall): string {
  return call === "close" ? `close of channel ${channel}` : `${call} of channel ${channel} → ${outcome}`;
}

function stateText({ arrive, knock, promised, ...state }: ScriptedState): string {
  const parts = Object.entries(state).map(([name, value]) => name === "ended" && value === true ? "the peer ends" : `${name} ${value}`);
  if (arrive !== undefined) parts.unshift(`${arrive.length} ${arrive.length === 1 ? "byte arrives" : "bytes arrive"}`);
  if (promised !== undefined) parts.unshift(`its facts tell of ${promised} bytes that no read gives`);
  if (knock !== undefined) parts.unshift(`there wait to be accepted: ${knock.join(", ")}`);
  return parts.join("; ");
}
