/**
 * The contract of lab 10: a selector, and a server in one loop on top of it (POSIX.1-2017, "poll"; in Linux, epoll).
 *
 * A call that *blocks* does not come back before it has something to say; so a program that waits on a thousand connections needs a thousand
 * places to wait in. A call that does not block comes back at once, and its answer may be "not yet": EAGAIN, which is a value here and no error.
 * A *selector* is what makes a thousand of those bearable: it says which channels a call would not be in vain on.
 *
 * A *channel* is a socket that never waits: one that listens, or one with a connection. `C` stands for it, an object or a number, and no
 * function of this lab looks into it. What a program waits for, its *interest*, and what a channel is *ready* for are bits
 * (`stack/wire/readiness.ts`): ACCEPT, CONNECT, READ, WRITE. Nothing here waits, and nothing reads a clock: that is done around it
 * (`stack/socket/selector.ts`).
 */

/** Why a connection broke. */
export type ChannelFailure = "ECONNREFUSED" | "ECONNRESET" | "ETIMEDOUT" | "EHOSTUNREACH" | "ECONNABORTED";

/** Why a call failed: that, or it was the wrong call. EPIPE: nothing more can be written. */
export type ChannelError = ChannelFailure | "EPIPE" | "EINVAL" | "ENOTCONN";

/** What is so of one channel now. No rule is in it: the rules are this lab's. */
export interface ChannelFacts {
  readonly role: "listening" | "connecting" | "connected";
  /** Connections that wait to be accepted; 0 unless it listens. */
  readonly waiting: number;
  /** Bytes that came and were not read; 0 unless it is, or was, connected. */
  readonly readable: number;
  /** The peer has sent its FIN, and everything before that has come: what is not `readable` now never will be. One that broke may say so, too. */
  readonly ended: boolean;
  /** Bytes that the send buffer would take now; 0 unless it is connected. */
  readonly room: number;
  /** We have said that we write no more. One that broke may say so, too. */
  readonly shut: boolean;
  /** Why it broke; a connection that could not be made is still "connecting". */
  readonly failure: ChannelFailure | undefined;
}

/** What a call comes to that does not wait: a number (how many; 0 from `readOutcome` is the end), not yet, or why it failed. */
export type Outcome = number | "EAGAIN" | ChannelError;

/** A channel as its selector knows it. There is one for each channel that is registered, always the same object. */
export interface Key<C, A> {
  readonly channel: C;
  /** Whatever the program has given along with the channel. */
  readonly attachment: A;
  /** What the program waits for; 0: for nothing at the moment. */
  readonly interest: number;
  /** What the channel was ready for, of that, when `select` gave the key out; 0 as soon as it is cancelled. */
  readonly ready: number;
}

/**
 * Which of many channels are ready. It is *level-triggered*: it says what is so, not what has happened, and says it again as long as it is so.
 */
export interface Selector<C, A> {
  /** From now on the channel is looked after. It may be ready already. False when it is registered already; then nothing changes. */
  register(channel: C, interest: number, attachment: A): boolean;
  /** The program waits for something else from now on, for which the channel may be ready already. False when it is not registered. */
  setInterest(channel: C, interest: number): boolean;
  /**
   * The channel is looked after no longer: no `select` gives its key out, or asks for its facts, and the `ready` of a key that was given out is 0 from now on.
   * False when it is not registered.
   */
  cancel(channel: C): boolean;
  /** Something happened to the channel, whatever it was: its facts may be others. Called by the engine, also for channels that are not registered. */
  changed(channel: C): void;
  /**
   * The keys of channels that are ready for something that the program waits for, at most `limit` (1 or more), with their `ready` set. "EAGAIN" when there is none,
   * and nobody has called `wakeup` since the last time.
   *
   * Fair: of channels that stay ready, none is given out twice before each of the others was given out once, whatever else happens to them. Cheap: facts are
   * asked for once at most for each channel, and only for those that were registered, changed or given another interest since they were last found not ready.
   */
  select(limit: number): readonly Key<C, A>[] | "EAGAIN";
  /** The next `select` gives a list, be it empty. However often it was called: one. */
  wakeup(): void;
  /** Channels that are registered. */
  size(): number;
}

/** What the echo loop can do with channels. None of these waits. */
export interface EchoCalls<C> {
  /** The connection that has waited longest, as a channel; or "EAGAIN"; or why it failed. */
  accept(listener: C): C | "EAGAIN" | ChannelError;
  /** Copies what there is into `target`, 1 byte at least; how many. 0: the peer has sent everything. */
  read(channel: C, target: Uint8Array): Outcome;
  /** Gives the first bytes of `bytes` to TCP, as many as there is room for, 1 at least; how many. */
  write(channel: C, bytes: Uint8Array): Outcome;
  /** The program is done with it. What was written is still delivered. */
  close(channel: C): void;
}

/** Bounds of the echo loop, each 1 or more. */
export interface EchoLimits {
  /** Keys that are handled in one turn. */
  readonly keys: number;
  /** Bytes that one call of `read` takes. */
  readonly chunk: number;
  /** Bytes read from one connection and not written yet: when there are so many, no more are read from it. */
  readonly unsent: number;
  /** Connections at once: when there are so many, no more are accepted. */
  readonly connections: number;
}

/** What the echo loop keeps for one connection: the attachment of its key. A listening channel's attachment is undefined. */
export interface Conversation {
  /** Pieces that were read and not written yet, in their order; and their bytes. */
  readonly unsent: Uint8Array[];
  unsentBytes: number;
  /** The peer has sent everything. */
  ended: boolean;
}

/** A key of the echo loop. */
export type EchoKey<C> = Key<C, Conversation | undefined>;

/** A server in one loop: it gives everything back to whoever sent it, in order, and closes when the peer has closed and has it all. */
export interface EchoLoop<C> {
  /** Serves whoever comes to this listening channel. */
  listen(listener: C): void;
  /** One turn: selects, and handles each key. False when `select` said "EAGAIN": now is the time to wait. */
  turn(): boolean;
  /** Accepts everybody who waits, up to the limit. */
  acceptable(key: EchoKey<C>): void;
  /** Reads once. A connection that fails is closed, and no other. */
  readable(key: EchoKey<C>): void;
  /** Writes what is unsent, as far as it goes. */
  writable(key: EchoKey<C>): void;
  /** Connections that are open. */
  connections(): number;
}

/** Optional: a selector of *edges*. It says what has happened, once. */
export interface EdgeSelector<C, A> extends Pick<Selector<C, A>, "register" | "cancel" | "changed"> {
  /**
   * As `Selector.select`, but a key that was given out is given out again only when something has happened to its channel since. There is no `wakeup`: "EAGAIN" when
   * there is none.
   */
  select(limit: number): readonly Key<C, A>[] | "EAGAIN";
}

/** Optional: what a loop on edges keeps for one connection. */
export interface EdgeConversation extends Conversation {
  /** Reading may give something: an edge has said so, and no `read` has said "EAGAIN" since. The same for writing. */
  mayRead: boolean;
  mayWrite: boolean;
}

/** Optional: an echo server on a selector of edges. It does the same as an `EchoLoop`, within the same limits. */
export interface EdgeLoop<C> extends Pick<EchoLoop<C>, "listen" | "connections"> {
  /**
   * One turn: asks the selector once, and reads from each connection once at most, from so many of them as `limits.keys`. False when there is nothing to be done
   * before something happens: now is the time to wait.
   */
  turn(): boolean;
}

/** What lab 10 provides. */
export interface SelectorModule {
  /** What a channel is ready for: for what a call would not answer "EAGAIN". One that broke is ready for everything, so that whoever waits hears of it. */
  readinessOf(facts: ChannelFacts): number;
  /** What accepting comes to: 1, "EAGAIN", or an error: "EINVAL" where nobody listens. */
  acceptOutcome(facts: ChannelFacts): Outcome;
  /**
   * What connecting has come to: 0 when there is a connection, "EAGAIN" while there may yet be one, or an error: "EINVAL" for one that listens. What broke says
   * why, also when it was connected before.
   */
  connectOutcome(facts: ChannelFacts): Outcome;
  /**
   * What reading `wanted` bytes (1 or more) comes to. What came before the connection broke is read first; then why it broke, and not the end. "ENOTCONN" for a
   * channel that listens.
   */
  readOutcome(facts: ChannelFacts, wanted: number): Outcome;
  /** What writing `wanted` bytes (1 or more) comes to. "ENOTCONN" for a channel that listens; why it broke; "EPIPE" for one that is shut and did not break. */
  writeOutcome(facts: ChannelFacts, wanted: number): Outcome;
  /** `factsOf`: asks what is so of a channel now. What it returns is good until it is called again. */
  createSelector<C extends object | number, A>(factsOf: (channel: C) => ChannelFacts): Selector<C, A>;
  createEchoLoop<C extends object | number>(
    selector: Selector<C, Conversation | undefined>,
    calls: EchoCalls<C>,
    limits: EchoLimits,
  ): EchoLoop<C>;
  /** Optional, as the next one: nothing of the lab needs them, and they are worth no points. */
  createEdgeSelector<C extends object | number, A>(factsOf: (channel: C) => ChannelFacts): EdgeSelector<C, A>;
  createEdgeLoop<C extends object | number>(
    selector: EdgeSelector<C, EdgeConversation | undefined>,
    calls: EchoCalls<C>,
    limits: EchoLimits,
  ): EdgeLoop<C>;
}
