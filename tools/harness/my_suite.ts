/**
 * What a student's own checks are made of: `labs/05-states/my_checks.ts` exports `suite({...})`. A check is a list of steps, and a step is
 * data: a call with its arguments and what must come of it, or one move on the virtual wire. The file runs once, in a process without any
 * permission, and what it exports is read from there (`tools/lab/my_checks`); so it may compute its steps, but never sees what they find.
 *
 *     export default suite({
 *       "a FIN is answered": [
 *         { state: "ESTABLISHED" },
 *         { send: { flags: "FIN ACK" } },
 *         { expect: { flags: "ACK", ack: 2 } },
 *       ],
 *     });
 */
import type { TcpState } from "../../stack/contract/tcb.ts";
import type { LayerMatcher, PacketMatcher } from "./matchers.ts";
import type { Reaction, StationConfig } from "./suite.ts";
import type { PeerOptions, PeerSegment } from "./tcp_peer.ts";
import type { SegmentMatcher } from "./tcp_segment.ts";

/** Calls a function of the lab, or a method of an object that an earlier step kept. It must return; what it must return is up to the rest. */
export interface CallStep {
  /** "nextState"; with `on`, a method: "lookup". */
  readonly call: string;
  readonly on?: string;
  readonly args?: readonly unknown[];
  /** Keeps the object that a factory returned, under this name. */
  readonly as?: string;
  /** What it must return, deeply equal; `oneOf(…)` for several legal values. */
  readonly returns?: unknown;
  /** Members that the object that it returns must have. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** What it must change in the object that was passed by `changing(…)`; everything else must be as before. */
  readonly changes?: Readonly<Record<string, unknown>>;
  /** The calls that it must make of the `recorder()`, in this order: [["event", "close"], ["acknowledge", "now"]]. */
  readonly calls?: readonly (readonly unknown[])[];
  /** The bytes that the frame that was passed by `frame(…)` must hold afterwards. */
  readonly packet?: Uint8Array;
}

/** A host on the virtual wire, for labs 01 to 03, and 09; from then on its peer sends and expects bytes. */
export interface HostStep {
  readonly host: StationConfig;
}
/** A host with TCP on it, for labs 04 to 08; from then on its peer sends and expects segments, in relative numbers. */
export interface TcpStep {
  readonly tcp: StationConfig;
}
/** A connection in this state, with its peer, on a host with TCP. */
export interface StateStep {
  readonly state: TcpState;
  readonly peer?: PeerOptions;
}
/** Another peer, who speaks to a port of the host's: the one who sends and expects from now on. */
export interface PeerStep {
  readonly peer: PeerOptions;
}
/** The peer sends a segment, or bytes: an Ethernet frame. */
export interface SendStep {
  readonly send: PeerSegment | Uint8Array;
}
/** The next packet from the host must be this one, and come within so many milliseconds (default: at once). */
export interface ExpectStep {
  readonly expect: SegmentMatcher | PacketMatcher;
  readonly within?: number;
}
/** Nothing may come for so many milliseconds. */
export interface SilenceStep {
  readonly silence: number;
}
/** So many milliseconds pass. What comes meanwhile waits to be expected. */
export interface WaitStep {
  readonly wait: number;
}
/** What an application above the host does. `accept: false`: nobody may wait. `read`: exactly these bytes must come. `look`: members of the connection. */
export type ApplicationStep =
  | { readonly ping: string; readonly id?: number; readonly seq?: number; readonly size?: number }
  | { readonly listen: number; readonly backlog?: number }
  | { readonly connect: number }
  | { readonly accept: boolean }
  | { readonly write: Uint8Array }
  | { readonly read: Uint8Array }
  | { readonly look: LayerMatcher }
  | { readonly shutdown: true }
  | { readonly close: true }
  | { readonly abort: true };

/** One step of a check. */
export type MyStep =
  | CallStep
  | HostStep
  | TcpStep
  | StateStep
  | PeerStep
  | SendStep
  | ExpectStep
  | SilenceStep
  | WaitStep
  | ApplicationStep;

/** Checks by their names. */
export type MySuite = Readonly<Record<string, readonly MyStep[]>>;

/** A student's own checks. */
export function suite(checks: MySuite): MySuite {
  return checks;
}

/** The member by which a mark is known from an argument of the student's. */
export const MARK = "wallsocket mark";

/** An object (or bytes) that the function changes in place; what of it must change says `changes`. */
export function changing<T extends object>(value: T): T {
  return { [MARK]: "changing", value } as never;
}

/** An object whose calls are written down: pass it as `TcpEffects` or `ArpActions`. `reactions`: what a call changes in the object in front of it. */
export function recorder<T>(reactions: readonly Reaction[] = []): T {
  return { [MARK]: "recorder", reactions } as never;
}

/** A plain callback whose calls are written down, under the name "". */
export function callback<T>(): T {
  return { [MARK]: "callback" } as never;
}

/** A frame with this packet in it. */
export function frame<T>(packet: Uint8Array, headroom = 128): T {
  return { [MARK]: "frame", packet, headroom } as never;
}

/** Bytes as a `DataView`. */
export function view(bytes: Uint8Array): DataView {
  return { [MARK]: "view", bytes } as never;
}

/** For `returns`: any of these is right. */
export function oneOf(...legal: readonly unknown[]): unknown {
  return { [MARK]: "one of", legal };
}
