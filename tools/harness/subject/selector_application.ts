/**
 * A program above the subject's TCP that has a selector, lab 10's: moved by the grader call by call, or an echo server in one loop that takes
 * its turns whenever the host was polled. It counts what the loop does: a verdict on work is a verdict on numbers, not on time.
 */
import type {
  ChannelFacts,
  Conversation,
  EchoCalls,
  EchoLimits,
  EchoLoop,
  Selector,
  SelectorModule,
} from "../../../stack/contract/selector.ts";
import type { Host } from "../../../stack/host.ts";
import type { Port } from "../../../stack/socket/address.ts";
import { type Channel, Channels } from "../../../stack/socket/channel.ts";
import { parseIpv4Address, UNSPECIFIED } from "../../../stack/wire/ipv4_address.ts";
import type { LoopFigures, SelectorAct } from "./protocol.ts";

/** Turns of a loop in one go. One that is not done by then is going round for nothing. */
const MOST_TURNS = 500;

export class SelectorApplication {
  readonly #channels: Channels;
  readonly #selector: Selector<Channel, Conversation | undefined>;
  readonly #rules: SelectorModule;
  readonly #held: Channel[] = [];
  #loop: EchoLoop<Channel> | undefined;
  #figures = noFigures();

  constructor(host: Host, rules: SelectorModule) {
    this.#rules = rules;
    this.#selector = rules.createSelector<Channel, Conversation | undefined>((channel) => this.#look(channel));
    this.#channels = new Channels(host, rules, (channel) => this.#selector.changed(channel));
  }

  /** Lets the loop take turns until it has nothing to do. True: it did something. */
  takeTurns(): boolean {
    let turns = 0;
    while (turns < MOST_TURNS && this.#loop?.turn()) turns++;
    this.#figures.turns += turns;
    return turns > 0;
  }

  /** Does one thing; returns plain data. Channels go by number. */
  act(act: SelectorAct, args: readonly unknown[]): unknown {
    const channel = this.#held[args[0] as number] as Channel;
    switch (act) {
      case "listen":
        return this.#hold(this.#channels.listen({ ip: UNSPECIFIED, port: args[0] as Port }, args[1] as number));
      case "connect":
        return this.#hold(this.#channels.connect({ ip: parseIpv4Address(args[0] as string), port: args[1] as Port }));
      case "register":
        return this.#selector.register(channel, args[1] as number, undefined);
      case "setInterest":
        return this.#selector.setInterest(channel, args[1] as number);
      case "cancel":
        return this.#selector.cancel(channel);
      case "select": {
        const keys = this.#selector.select(args[0] as number);
        return typeof keys === "string" ? keys : keys.map((key) => ({ channel: this.#held.indexOf(key.channel), ready: key.ready }));
      }
      case "accept": {
        const accepted = this.#channels.accept(channel);
        return typeof accepted === "string" ? accepted : this.#hold(accepted);
      }
      case "connected":
        return this.#channels.connected(channel);
      case "read": {
        const target = new Uint8Array(args[1] as number);
        const count = this.#channels.read(channel, target);
        return typeof count === "number" && count > 0 ? target.subarray(0, count) : count;
      }
      case "write":
        return this.#channels.write(channel, args[1] as Uint8Array);
      case "close":
        return this.#channels.close(channel);
      case "serve":
        this.#loop = this.#rules.createEchoLoop(this.#selector, this.#counted(), args[1] as EchoLimits);
        return this.#loop.listen(this.#channels.listen({ ip: UNSPECIFIED, port: args[0] as Port }, 1024));
      case "figures": {
        const figures = { ...this.#figures, connections: this.#loop?.connections() ?? 0, open: this.#channels.open.size };
        this.#figures = noFigures();
        return figures;
      }
    }
  }

  #look(channel: Channel): ChannelFacts {
    this.#figures.looks++;
    return channel;
  }

  /** The calls of the loop, counted. */
  #counted(): EchoCalls<Channel> {
    const channels = this.#channels;
    return {
      accept: (listener) => {
        this.#figures.accepts++;
        return channels.accept(listener);
      },
      read: (channel, target) => {
        this.#figures.reads++;
        return channels.read(channel, target);
      },
      write: (channel, bytes) => {
        this.#figures.writes++;
        return channels.write(channel, bytes);
      },
      close: (channel) => channels.close(channel),
    };
  }

  #hold(channel: Channel): number {
    return this.#held.push(channel) - 1;
  }
}

function noFigures(): LoopFigures {
  return { turns: 0, looks: 0, accepts: 0, reads: 0, writes: 0 };
}
