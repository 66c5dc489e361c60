/**
 * What the grader and the subject say to each other. The grader asks, the subject answers, one at a time.
 * The subject is a pure function of what it was asked: it has no clock, no randomness and no files. So a run
 * that ended badly can be repeated, message by message, in a fresh process.
 */
import type { HttpLimits } from "../../../stack/contract/http.ts";
import type { ChannelError, ChannelFacts, Outcome } from "../../../stack/contract/selector.ts";
import type { HostConfig } from "../../../stack/host_config.ts";
import type { HttpServerOptions } from "../../../stack/http/server.ts";
import type { PipeOptions } from "../../../stack/link/pipe.ts";
import type { SystemCall } from "./system_call.ts";
import type { Completed } from "./system_calls.ts";

/** A call that the student's code made on something it was given (`ArpActions`, a callback). */
export interface RecordedCall {
  /** The method's name; "" for a plain callback. */
  readonly name: string;
  /** Frames arrive as copies of their packet, views as copies of their bytes at this moment (both Uint8Array), everything else as it was. */
  readonly args: readonly unknown[];
  /** If the recorder is to keep that: the objects passed as "inout" in front of it, as they were at this moment. */
  readonly beside?: readonly unknown[];
}

/** What happens to the first object that was passed as "inout" in front of a recorder, when `name(arg)` is called on that. */
export interface Reaction {
  readonly name: string;
  readonly arg: unknown;
  /** Takes the place of the object's own fields. */
  readonly set: Readonly<Record<string, unknown>>;
}

/** An argument on its way to the subject. */
export type Sent =
  | { readonly t: "value"; readonly value: unknown }
  | { readonly t: "frame"; readonly bytes: Uint8Array; readonly start: number; readonly end: number; readonly headroom: number }
  | { readonly t: "view"; readonly bytes: Uint8Array }
  | { readonly t: "inout"; readonly value: unknown }
  | {
    readonly t: "recorder";
    readonly id: number;
    readonly callback: boolean;
    readonly beside: boolean;
    readonly reactions?: readonly Reaction[];
    /** What a call of the callback returns. */
    readonly returns?: unknown;
  }
  | { readonly t: "pool"; readonly id: number; readonly method: "acquire" | "release"; readonly capacity: number; readonly limit: number }
  | { readonly t: "random"; readonly seed: number }
  /** An object that a function of the student's returned. */
  | { readonly t: "handle"; readonly id: number }
  /** Scripted channels (scripted_channels.ts): how their facts are asked for, or the calls on them. */
  | { readonly t: "channels"; readonly id: number; readonly part: "facts" | "calls" }
  | { readonly t: "record"; readonly members: Readonly<Record<string, Sent>> };

/** A result on its way back. */
export type Returned =
  | { readonly t: "value"; readonly value: unknown }
  | { readonly t: "frame"; readonly bytes: Uint8Array; readonly start: number; readonly end: number }
  | { readonly t: "handle"; readonly id: number; readonly methods: readonly string[] }
  | { readonly t: "promise" }
  | { readonly t: "strange"; readonly what: string };

/** What an exception was. */
export interface Thrown {
  readonly name: string;
  readonly message: string;
  /** For what the subject itself throws (NotImplemented, NotExported, NeverReturned): which function. */
  readonly symbol?: string;
  /** Lines of the stack that lie in the student's files: "parseIpv4 (labs/03-ip/ipv4.ts:31)". */
  readonly at: readonly string[];
  /** Where it was thrown, if that was not in a lab: "Frame.push (stack/wire/frame.ts:61)". */
  readonly from?: string;
}

export type Request =
  /** Forget all objects and hosts. */
  | { readonly op: "reset" }
  /** Don't enter these functions any more: they never come back. An answer to a call of one is a NeverReturned. */
  | { readonly op: "refuse"; readonly names: readonly string[] }
  | { readonly op: "call"; readonly module: string; readonly name: string; readonly args: readonly Sent[] }
  | { readonly op: "method"; readonly handle: number; readonly name: string; readonly args: readonly Sent[] }
  | { readonly op: "many"; readonly module: string; readonly name: string; readonly lists: readonly (readonly Sent[])[] }
  | { readonly op: "manyOn"; readonly handle: number; readonly name: string; readonly lists: readonly (readonly Sent[])[] }
  | { readonly op: "lent"; readonly pool: number }
  | { readonly op: "memory" }
  /** Something is done with scripted channels; `selector`: the handle of a student's selector, for "handle". */
  | {
    readonly op: "channels";
    readonly channels: number;
    readonly act: ScriptedAct;
    readonly args: readonly unknown[];
    readonly selector?: number;
  }
  | {
    readonly op: "host";
    readonly config: Partial<HostConfig>;
    readonly wires: readonly PipeOptions[];
    readonly now: number;
  }
  | {
    readonly op: "step";
    readonly host: number;
    readonly now: number;
    readonly frames: readonly { readonly on: number; readonly bytes: Uint8Array }[];
  }
  | {
    readonly op: "act";
    readonly host: number;
    readonly now: number;
    readonly act: "ping" | "output" | "outputLink";
    readonly args: readonly unknown[];
  }
  | {
    readonly op: "tcp";
    readonly host: number;
    readonly now: number;
    readonly act: TcpAct;
    readonly args: readonly unknown[];
  }
  | {
    readonly op: "udp";
    readonly host: number;
    readonly now: number;
    readonly act: UdpAct;
    readonly args: readonly unknown[];
  }
  /**
   * A process on this host, one for each host, makes a system call. `number` is how the answer, or a later one, says what it came to: a
   * call of which `completed` does not say so is waiting.
   */
  | {
    readonly op: "system call";
    readonly host: number;
    readonly now: number;
    readonly number: number;
    readonly call: SystemCall;
  }
  /** What is known of the connection behind a descriptor of that process: `returned` is a record of numbers by the names of `struct tcp_info`. */
  | { readonly op: "tcp info"; readonly host: number; readonly now: number; readonly descriptor: number }
  | { readonly op: "look"; readonly host: number; readonly now: number; readonly what: "counters" | "arpTable"; readonly on: number };

/** A request on its way. The answer carries the same number, which nobody can guess: so nothing is answered before it is asked. */
export type Asked = Request & { readonly id: number };

/**
 * What a check asks an application above the subject's TCP to do. Listening sockets and connections go by number.
 * `connection`: its Tcb, its buffers and what it was told since the last time. `info`: numbers by the names of `struct tcp_info`.
 */
export type TcpAct =
  | "listen"
  | "serve"
  | "accept"
  | "closeListener"
  | "queues"
  | "connect"
  | "write"
  | "writeUrgent"
  | "read"
  | "shutdown"
  | "close"
  | "abort"
  | "connection"
  | "info"
  | "connections"
  /** A program with a selector (selector_application.ts): what it does, and then what that needs. */
  | "selector";

/** What such a program does. Its channels go by number. */
export type SelectorAct =
  | "listen"
  | "connect"
  | "register"
  | "setInterest"
  | "cancel"
  | "select"
  | "accept"
  | "connected"
  | "read"
  | "write"
  | "close"
  /** An echo server in one loop listens on a port, and takes its turns from now on. */
  | "serve"
  /** What that has done since somebody asked. */
  | "figures";

/** Turns in which the loop did something, facts that its selector asked for, calls that it made. */
export interface LoopFigures {
  turns: number;
  looks: number;
  accepts: number;
  reads: number;
  writes: number;
}

/** What a check does with scripted channels: it changes one; or asks which facts were asked for, which calls were made, and what was sent, since it last asked. */
export type ScriptedAct = "put" | "asked" | "made" | "sent" | "handle";

/** What changes at a scripted channel. At first it is connected, has nothing to be read, and much room. */
export interface ScriptedState extends Partial<Pick<ChannelFacts, "role" | "ended" | "room" | "shut" | "failure">> {
  /** Bytes arrive behind those that are there. */
  readonly arrive?: Uint8Array;
  /** Its facts say so many bytes more than there are: what was ready is not any more when it is read. */
  readonly promised?: number;
  /** Who waits to be accepted, behind those who are there: channels, or why accepting will fail once. */
  readonly knock?: readonly (number | ChannelError)[];
}

/** A call of the echo loop's. */
export interface MadeCall {
  readonly call: "accept" | "read" | "write" | "close";
  readonly channel: number;
  readonly outcome: Outcome;
}

/** What a key said when its turn had come. */
export interface HandledKey {
  readonly channel: number;
  readonly ready: number;
}

/** How the site is served: what is left out is as in `HTTP_DEFAULTS`. */
export type SiteOptions =
  & Partial<Pick<HttpServerOptions, "idleTime" | "stallTime" | "lingerTime">>
  & { readonly limits?: Partial<HttpLimits> };

/**
 * What a check asks an application above the subject's UDP to do. Sockets go by number, peers are [address, port].
 * `socket`: what waits in it, and what it has lost.
 */
export type UdpAct = "bind" | "send" | "receive" | "connect" | "failure" | "close" | "socket";

/** What the subject answers. On its way it carries the number of what was asked. */
export interface Reply {
  readonly returned?: Returned;
  readonly threw?: Thrown;
  /** For "many": one for each list of arguments. */
  readonly all?: readonly { readonly returned?: Returned; readonly threw?: Thrown }[];
  /** Frames among the arguments, if there are any, as the call left them; undefined where the argument was no frame. */
  readonly frames?: readonly ({ readonly bytes: Uint8Array; readonly start: number; readonly end: number } | undefined)[];
  /** Objects among the arguments that were passed as "inout", as the call left them. */
  readonly objects?: readonly unknown[];
  readonly recorded?: readonly { readonly id: number; readonly call: RecordedCall }[];
  /** Packets that the host sent. */
  readonly out?: readonly { readonly on: number; readonly bytes: Uint8Array }[];
  /** When the host wants to be polled next. */
  readonly deadline?: number;
  readonly events?: readonly unknown[];
  /** System calls that are over, in this order. */
  readonly completed?: readonly Completed[];
  /** What a system call asked for and the stack does not have: "the option TCP_FASTOPEN". The call was not made. */
  readonly missing?: string;
  /** What the student's code printed meanwhile, if it did. */
  readonly log?: readonly string[];
  /** Printed lines beyond the limit, which were dropped. */
  readonly lost?: number;
}

/** The first thing a subject says: it is there. */
export interface Hello {
  readonly hello: true;
}
