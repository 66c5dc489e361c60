/**
 * Waiting on many channels at once. Which of them are ready is lab 10's to say; here is what it has no means for: hearing that something
 * happened to a channel, and time.
 *
 *     const selector = new SocketSelector<string>(host, modules.selector);
 *     const listener = selector.channels.listen(parseSocketAddress("0.0.0.0:80"), 128);
 *     selector.register(listener, ACCEPT, "the door");
 *     for (const { channel, ready } of await selector.select(1000)) …
 *
 * A selector makes nothing asynchronous: the calls on its channels come back at once, with or without it, and whoever handles a key for a second lets
 * all others wait for a second. What is waited for is in one place, `select`: that is all.
 */
import type { ChannelFacts, EchoLimits, EchoLoop, Key, Selector, SelectorModule } from "../contract/selector.ts";
import type { Host } from "../host.ts";
import { Alarm } from "./alarm.ts";
import { type Channel, Channels } from "./channel.ts";
import type { SocketAddress } from "./address.ts";
import { tcpOf } from "./conn.ts";

export type { Channel } from "./channel.ts";

/** A channel tells by itself what is so of it. */
function factsOf(channel: Channel): ChannelFacts {
  return channel;
}

export class SocketSelector<A> {
  /** Lab 10's. `changed` and `wakeup` are called here, so that whoever waits hears of it. */
  readonly keys: Selector<Channel, A>;
  readonly channels: Channels;
  readonly #host: Host;
  #closed = false;
  /** Who waits in `select` or `moved`. */
  #waiting: (() => void)[] = [];

  /** Throws a TypeError when the host has no TCP. */
  constructor(host: Host, lab: SelectorModule) {
    this.#host = host;
    this.keys = lab.createSelector<Channel, A>(factsOf);
    this.channels = new Channels(host, lab, (channel) => {
      this.keys.changed(channel);
      this.#rouse();
    });
  }

  /** From now on the channel is looked after. Throws a TypeError when it is registered already. */
  register(channel: Channel, interest: number, attachment: A): void {
    if (!this.keys.register(channel, interest, attachment)) throw new TypeError("Cannot register a channel twice");
    this.#rouse();
  }

  /** The program waits for something else of this channel from now on. Whoever waits in `select` hears of it. */
  setInterest(channel: Channel, interest: number): void {
    this.keys.setInterest(channel, interest);
    this.#rouse();
  }

  /** The channel is looked after no longer, and closed. */
  close(channel: Channel): void {
    this.keys.cancel(channel);
    this.channels.close(channel);
  }

  /**
   * The keys of channels that are ready, `limit` at most, as soon as there is one; none after `timeout` milliseconds of the host's time (default: it waits for
   * ever; 0: it does not wait), after `wakeup`, and when the selector was closed.
   */
  async select(timeout = Infinity, limit = 64): Promise<readonly Key<Channel, A>[]> {
    let isOver = timeout <= 0;
    const alarm = new Alarm(tcpOf(this.#host), () => {
      isOver = true;
      this.#rouse();
    });
    if (timeout > 0 && timeout !== Infinity) alarm.set(timeout);
    for (;;) {
      const found = this.#closed ? [] : this.keys.select(limit);
      if (found === "EAGAIN" && !isOver) {
        await this.moved();
        continue;
      }
      if (!isOver) alarm.set(Infinity);
      return found === "EAGAIN" ? [] : found;
    }
  }

  /** Resolves when something has happened to any channel, when a wait is over, or after `wakeup`. */
  moved(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Whoever waits in `select`, or comes there next, is given a list, be it empty. */
  wakeup(): void {
    this.keys.wakeup();
    this.#rouse();
  }

  /** Closes all channels. Nothing is left but what TCP still has to say to the peers. */
  closeAll(): void {
    this.#closed = true;
    for (const channel of this.channels.open) this.close(channel);
    this.#rouse();
  }

  /** Takes turns until the selector is closed. A turn that has done nothing (false) waits for the next thing to happen. */
  async run(turn: () => boolean): Promise<void> {
    while (!this.#closed) {
      // Also after a turn that did something, what it wrote goes out before the next one.
      if (turn()) await undefined;
      else await this.moved();
    }
  }

  #rouse(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** What `serveEcho` has if it is not given others. */
export const ECHO_LIMITS: EchoLimits = { keys: 64, chunk: 16 * 1024, unsent: 64 * 1024, connections: 10_000 };

/** An echo server of lab 10's in one loop; it is closed by its selector's `closeAll`. Throws `Deno.errors` when the port cannot be had. */
export function serveEcho(
  host: Host,
  lab: SelectorModule,
  address: SocketAddress,
  limits: EchoLimits = ECHO_LIMITS,
): { readonly selector: { closeAll(): void }; readonly loop: EchoLoop<Channel>; readonly running: Promise<void> } {
  const selector = new SocketSelector<Parameters<EchoLoop<Channel>["readable"]>[0]["attachment"]>(host, lab);
  const loop = lab.createEchoLoop(selector.keys, selector.channels, limits);
  loop.listen(selector.channels.listen(address, 1024));
  return { selector, loop, running: selector.run(() => loop.turn()) };
}
