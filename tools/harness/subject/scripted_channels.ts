/**
 * Channels that do exactly what a check says, for lab 10: what is so of each is set by the grader, and what is asked of them and done with them is
 * written down. No stack is behind them, and no rule of the lab in them: reading gives what is there, writing takes what there is room for.
 */
import type { ChannelError, ChannelFacts, EchoCalls, Key, Outcome } from "../../../stack/contract/selector.ts";
import type { HandledKey, MadeCall, ScriptedAct, ScriptedState } from "./protocol.ts";

interface Scripted {
  role: ChannelFacts["role"];
  /** Who comes next: channels, or why accepting fails. */
  waiting: (number | ChannelError)[];
  incoming: Uint8Array;
  promised: number;
  ended: boolean;
  room: number;
  shut: boolean;
  failure: ChannelFacts["failure"];
  sent: Uint8Array;
  closed: boolean;
}

const NOTHING = new Uint8Array(0);

export class ScriptedChannels {
  readonly #channels = new Map<number, Scripted>();
  #asked: number[] = [];
  #made: MadeCall[] = [];

  /** What `createSelector` is given. */
  readonly factsOf = (number: number): ChannelFacts => {
    this.#asked.push(number);
    const { waiting, incoming, promised, ...channel } = this.#channel(number);
    return { ...channel, waiting: waiting.length, readable: incoming.length + promised };
  };

  /** What `createEchoLoop` is given. */
  readonly calls: EchoCalls<number> = {
    accept: (number) => this.#note("accept", number, this.#channel(number).waiting.shift() ?? "EAGAIN"),
    read: (number, target) => this.#note("read", number, read(this.#channel(number), target)),
    write: (number, bytes) => this.#note("write", number, write(this.#channel(number), bytes)),
    close: (number) => {
      this.#channel(number).closed = true;
      this.#note("close", number, 0);
    },
  };

  act(act: ScriptedAct, args: readonly unknown[], selector: object | undefined): unknown {
    switch (act) {
      case "put":
        return this.#put(args[0] as number, args[1] as ScriptedState);
      case "asked":
        return this.#asked.splice(0);
      case "made":
        return this.#made.splice(0);
      case "sent": {
        const channel = this.#channel(args[0] as number);
        const { sent } = channel;
        channel.sent = NOTHING;
        return sent;
      }
      case "handle":
        return handle(selector as never, args[0] as number, args[1] as Readonly<Record<number, number>>);
    }
  }

  #put(number: number, { arrive, knock, ...state }: ScriptedState): void {
    const channel = this.#channel(number);
    Object.assign(channel, state);
    if (arrive !== undefined) channel.incoming = joined(channel.incoming, arrive);
    if (knock !== undefined) channel.waiting.push(...knock);
  }

  #channel(number: number): Scripted {
    let channel = this.#channels.get(number);
    if (channel === undefined) {
      const fresh = {
        role: "connected",
        incoming: NOTHING,
        promised: 0,
        ended: false,
        room: 1_000_000,
        shut: false,
        failure: undefined,
      } as const;
      this.#channels.set(number, channel = { ...fresh, waiting: [], sent: NOTHING, closed: false });
    }
    return channel;
  }

  #note<T extends Outcome>(call: MadeCall["call"], channel: number, outcome: T): T {
    if (this.#made.length >= 10_000) throw new RangeError("more than 10 000 calls in one go");
    this.#made.push({ call, channel, outcome });
    return outcome;
  }
}

function read(channel: Scripted, target: Uint8Array): Outcome {
  if (channel.closed) return "ENOTCONN";
  const { incoming } = channel;
  if (incoming.length === 0) return channel.failure ?? (channel.ended ? 0 : "EAGAIN");
  const count = Math.min(target.length, incoming.length);
  target.set(incoming.subarray(0, count));
  channel.incoming = incoming.slice(count);
  return count;
}

function write(channel: Scripted, bytes: Uint8Array): Outcome {
  if (channel.closed) return "ENOTCONN";
  if (channel.failure !== undefined) return channel.failure;
  if (channel.room === 0) return "EAGAIN";
  const count = Math.min(channel.room, bytes.length);
  channel.room -= count;
  channel.sent = joined(channel.sent, bytes.subarray(0, count));
  return count;
}

/**
 * Selects, and goes through the keys as a program does: what each of them says is written down when its turn has come. `cancels`: while the key of the
 * first of these channels is handled, the second one is cancelled.
 */
function handle(
  selector: { select(limit: number): readonly Key<number, unknown>[] | "EAGAIN"; cancel(channel: number): unknown },
  limit: number,
  cancels: Readonly<Record<number, number>>,
): HandledKey[] | "EAGAIN" {
  const keys = selector.select(limit);
  if (typeof keys === "string") return keys;
  const handled: HandledKey[] = [];
  for (const { channel, ready } of keys.values()) {
    handled.push({ channel, ready });
    const other = cancels[channel];
    if (other !== undefined) selector.cancel(other);
  }
  return handled;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
