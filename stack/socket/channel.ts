/**
 * A socket that never waits, as the selector of lab 10 knows it: it listens, connects, or has a connection, and every call on it comes back at
 * once. *What* a call comes to is lab 10's to say (`readOutcome` and its brothers); here it is done.
 *
 * Such a channel is not a `Socket`: it has no promises, no options and no descriptors. Whoever makes one owns it and closes it.
 */
import type { ChannelError, ChannelFacts, ChannelFailure, EchoCalls, Outcome, SelectorModule } from "../contract/selector.ts";
import type { Host } from "../host.ts";
import type { Connection } from "../tcp/connection.ts";
import type { Listener } from "../tcp/listener.ts";
import type { Application, ConnectionNotice } from "../tcp/options.ts";
import type { Tcp } from "../tcp/tcp.ts";
import type { SocketAddress } from "./address.ts";
import { codeOfFailure } from "./errors.ts";

/** Is told that something has happened to a channel. */
export type Changed = (channel: Channel) => void;

/** What is so of it is asked by its own members: nothing is made for that. */
export class Channel implements ChannelFacts, Application {
  readonly listener: Listener | undefined;
  readonly connection: Connection | undefined;
  #role: ChannelFacts["role"];
  #failure: ChannelFailure | undefined;
  readonly #changed: Changed;

  /** For `Channels`. */
  constructor(role: ChannelFacts["role"], inside: { listener?: Listener; connection?: Connection }, changed: Changed) {
    this.#role = role;
    this.listener = inside.listener;
    this.connection = inside.connection;
    this.#changed = changed;
    if (this.connection !== undefined) this.connection.application = this;
    if (this.listener !== undefined) this.listener.ready = () => changed(this);
  }

  get role(): ChannelFacts["role"] {
    return this.#role;
  }

  get failure(): ChannelFailure | undefined {
    return this.#failure;
  }

  get waiting(): number {
    return this.listener?.queue.acceptCount() ?? 0;
  }

  get readable(): number {
    return this.connection?.readable ?? 0;
  }

  get ended(): boolean {
    const tcb = this.connection?.tcb;
    return tcb !== undefined && (tcb.finReceived || tcb.state === "CLOSED");
  }

  get room(): number {
    const state = this.connection?.tcb.state;
    return state === "ESTABLISHED" || state === "CLOSE-WAIT" ? this.connection?.room ?? 0 : 0;
  }

  get shut(): boolean {
    return this.connection !== undefined && (this.connection.tcb.finQueued || this.connection.tcb.state === "CLOSED");
  }

  /** What its connection tells it. */
  hear(notice: ConnectionNotice): void {
    switch (notice) {
      case "connected":
        this.#role = "connected";
        break;
      case "readable":
      case "writable":
      case "end":
      case "closed":
        break;
      case "urgent":
      case "delivered":
      case "trouble":
        return;
      default:
        this.#failure = codeOfFailure(notice) as ChannelFailure;
    }
    this.#changed(this);
  }
}

/** The channels of one program, and the calls on them. */
export class Channels implements EchoCalls<Channel> {
  /** Those that are not closed. */
  readonly open = new Set<Channel>();
  readonly #tcp: Tcp;
  readonly #rules: SelectorModule;
  readonly #changed: Changed;

  /** Throws a TypeError when the host has no TCP. */
  constructor(host: Host, rules: SelectorModule, changed: Changed) {
    if (host.tcp === undefined) throw new TypeError("Cannot make channels: this host has no TCP");
    this.#tcp = host.tcp;
    this.#rules = rules;
    this.#changed = changed;
  }

  /** A channel that listens; `backlog` connections wait to be accepted at most. Throws `Deno.errors` when the port cannot be had. */
  listen({ ip, port }: SocketAddress, backlog: number): Channel {
    return this.#add("listening", { listener: this.#tcp.listen(ip, port, backlog, true) });
  }

  /** Begins to connect. Throws `Deno.errors` when there is no way there. */
  connect({ ip, port }: SocketAddress): Channel {
    return this.#add("connecting", { connection: this.#tcp.connect({ address: ip, port }, this.#tcp.now()) });
  }

  accept(listener: Channel): Channel | "EAGAIN" | ChannelError {
    const outcome = this.#rules.acceptOutcome(listener);
    if (typeof outcome !== "number") return outcome;
    const connection = listener.listener?.accept();
    return connection === undefined ? "EAGAIN" : this.#add("connected", { connection });
  }

  /** 0 when there is a connection. */
  connected(channel: Channel): Outcome {
    return this.#rules.connectOutcome(channel);
  }

  read(channel: Channel, target: Uint8Array): Outcome {
    const outcome = this.#rules.readOutcome(channel, target.length);
    return typeof outcome !== "number" || outcome === 0 ? outcome : channel.connection?.read(target, 0, outcome) ?? 0;
  }

  write(channel: Channel, bytes: Uint8Array): Outcome {
    const outcome = this.#rules.writeOutcome(channel, bytes.length);
    return typeof outcome !== "number" ? outcome : channel.connection?.write(bytes, 0, outcome) ?? 0;
  }

  close(channel: Channel): void {
    if (!this.open.delete(channel)) return;
    const { listener, connection } = channel;
    if (listener !== undefined) this.#tcp.closeListener(listener);
    if (connection === undefined || connection.tcb.state === "CLOSED") return;
    connection.application = undefined;
    if (channel.role === "connecting") connection.abort();
    else connection.close();
  }

  #add(role: ChannelFacts["role"], inside: { listener?: Listener; connection?: Connection }): Channel {
    const channel = new Channel(role, inside, this.#changed);
    this.open.add(channel);
    return channel;
  }
}
