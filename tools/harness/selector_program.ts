/**
 * A program with a selector above the student's TCP, as a check moves it (lab 10). Its channels go by number, from 0. Either it is told each call:
 *
 *     const door = await tcp.selector.listen(80);
 *     await tcp.selector.register(door, ACCEPT);
 *     …
 *     t.equal(await tcp.selector.select(), [{ channel: door, ready: ACCEPT }], "what is ready");
 *
 * or it is an echo server in one loop, which takes its turns by itself whenever something came, and is asked afterwards what it did.
 */
import type { ChannelError, EchoLimits, Outcome } from "../../stack/contract/selector.ts";
import { formatReadiness } from "../../stack/wire/readiness.ts";
import { CheckFailed } from "./failure.ts";
import type { HandledKey, LoopFigures, SelectorAct } from "./subject/protocol.ts";
import type { ActingStation, CallError } from "./tcp_application.ts";

/** What the echo loop has done since somebody asked; and what it has now. */
export interface EchoFigures extends LoopFigures {
  /** As the loop says. */
  readonly connections: number;
  /** Channels that are not closed, the listening one included. */
  readonly open: number;
}

/** The limits of the loop in checks that have no reason for others. */
export const CHECK_LIMITS: EchoLimits = { keys: 16, chunk: 2048, unsent: 8192, connections: 1000 };

/** What a live station adds: waiting until something has moved. */
export interface Moving {
  readonly steps: number;
  moved(since: number): Promise<boolean>;
}

export class SelectorProgram {
  readonly #station: ActingStation & Partial<Moving>;
  readonly #peerAddress: string;

  constructor(station: ActingStation & Partial<Moving>, peerAddress: string) {
    this.#station = station;
    this.#peerAddress = peerAddress;
  }

  /** A channel that listens. */
  async listen(port: number, backlog = 16): Promise<number> {
    this.#station.note(`a program of yours with a selector listens on port ${port}`);
    return await this.#act("listen", port, backlog) as number;
  }

  /** A channel that connects; to the peer, unless another address is given. */
  async connect(port: number, to = this.#peerAddress): Promise<number> {
    this.#station.note(`a program of yours with a selector connects to ${to}:${port}`);
    return await this.#act("connect", to, port) as number;
  }

  async register(channel: number, interest: number): Promise<boolean> {
    this.#station.note(`it registers channel ${channel} for ${formatReadiness(interest)}`);
    return await this.#act("register", channel, interest) as boolean;
  }

  async setInterest(channel: number, interest: number): Promise<boolean> {
    this.#station.note(`it waits for ${formatReadiness(interest)} of channel ${channel}`);
    return await this.#act("setInterest", channel, interest) as boolean;
  }

  async cancel(channel: number): Promise<boolean> {
    this.#station.note(`it cancels channel ${channel}`);
    return await this.#act("cancel", channel) as boolean;
  }

  async select(limit = 16): Promise<readonly HandledKey[] | "EAGAIN"> {
    return await this.#act("select", limit) as HandledKey[] | "EAGAIN";
  }

  /** On a live wire: as soon as something is ready; "EAGAIN" when nothing moves any more. */
  async ready(limit = 16): Promise<readonly HandledKey[] | "EAGAIN"> {
    for (;;) {
      const steps = this.#station.steps ?? 0;
      const keys = await this.select(limit);
      if (keys !== "EAGAIN" || !await this.#station.moved?.(steps)) return keys;
    }
  }

  /** The number of the accepted channel, or why there is none. */
  async accept(channel: number): Promise<number | "EAGAIN" | ChannelError> {
    return await this.#act("accept", channel) as number | "EAGAIN" | ChannelError;
  }

  async connected(channel: number): Promise<Outcome> {
    return await this.#act("connected", channel) as Outcome;
  }

  /** Bytes; 0 at the end; "EAGAIN"; or why it failed. */
  async read(channel: number, most = 4096): Promise<Uint8Array | Outcome> {
    return await this.#act("read", channel, most) as Uint8Array | Outcome;
  }

  async write(channel: number, bytes: Uint8Array): Promise<Outcome> {
    this.#station.note(`it writes ${bytes.length} bytes to channel ${channel}`);
    return await this.#act("write", channel, bytes) as Outcome;
  }

  async close(channel: number): Promise<void> {
    await this.#act("close", channel);
  }

  /** From now on the echo loop serves this port. */
  async serve(port: number, limits: Partial<EchoLimits> = {}): Promise<void> {
    this.#station.note(`an echo server of yours, in one loop, listens on port ${port}`);
    await this.#act("serve", port, { ...CHECK_LIMITS, ...limits });
  }

  async figures(): Promise<EchoFigures> {
    return await this.#act("figures") as EchoFigures;
  }

  async #act(act: SelectorAct, ...args: readonly unknown[]): Promise<unknown> {
    const result = await this.#station.act("selector", [act, ...args]);
    if (typeof result !== "object" || result === null || !("error" in result)) return result;
    const { error, message } = result as CallError;
    throw new CheckFailed(`a program with a selector that can ${act}`, `${error}: ${message}`);
  }
}
