/**
 * What an experiment is: a question, a few hosts and wires, something that happens, and what is to be learned from it. `deno task try NAME` plays
 * one; `tools/try_test.ts` plays them all.
 *
 *     export const lostSyn: Experiment = {
 *       name: "lost-syn",
 *       title: "the first segment is lost, and who notices",
 *       chapter: "05-the-handshake.md#refused-and-not-answered",
 *       before: "What is lost here is the very first segment. …",
 *       after: "Nobody told the client that its SYN was lost. …",
 *       async play(stage): Promise<void> {
 *         const { client, server, wire } = stage.twoHosts();
 *         wire.fate = (packet) => packet.number <= 2 ? { lost: true } : undefined;
 *         listen(server, { port: 80 });
 *         await stage.settle(connect(client, { hostname: "10.44.0.2", port: 80 }));
 *         stage.expect("connected after two losses, 3 s late", stage.now() === 3020);
 *       },
 *     };
 *
 * Rules: an experiment ends by itself, in less than five seconds of real time. All that is random comes from `stage.random` or from the hosts, which
 * are seeded: with one seed it prints the same lines each time. What the text claims, `expect` checks: a claim that does not hold is shown with ✘,
 * and the experiment has failed. Text is plain and has no line breaks of its own; the stage wraps it. It says nothing that depends on the seed, unless
 * it takes the number from the run.
 */
import type { Modules } from "../../stack/contract/modules.ts";
import type { EventSink } from "../../stack/events.ts";
import type { Host } from "../../stack/host.ts";
import type { HostConfig, InterfaceConfig, TcpConfig } from "../../stack/host_config.ts";
import type { Device } from "../../stack/link/device.ts";
import type { Tcp } from "../../stack/tcp/tcp.ts";
import type { Udp } from "../../stack/udp/udp.ts";
import type { Frame } from "../../stack/wire/frame.ts";
import type { Random } from "../../stack/wire/random.ts";
import type { KernelPeer } from "../harness/kernel/kernel_peer.ts";
import type { Packet } from "./packet.ts";
import type { Fate, Segment, SegmentOptions } from "./segment.ts";

export interface Experiment {
  /** What it is called on the command line: small letters and hyphens. */
  readonly name: string;
  /** What it shows, at most 56 columns, without a capital and a full stop. */
  readonly title: string;
  /** Its place in the handbook: a file of docs/handbook and an anchor. */
  readonly chapter: string;
  /** What is about to happen, and what to guess before one reads on. Paragraphs. */
  readonly before: string | readonly string[];
  /** What it has shown, and what the common notes get wrong. Paragraphs. */
  readonly after: string | readonly string[];
  /** The rules of its packet filter, where it has one; `--rules FILE` plays it with others. */
  readonly rules?: string;
  play(stage: Stage): Promise<void>;
  /** Why the kernel does not play it, where it doesn't: a sentence. */
  readonly virtualOnly?: string;
  /** The same with the Linux kernel, where the kernel can do it. */
  readonly live?: {
    /** What to say first, if it is not what `before` says. */
    readonly before?: string | readonly string[];
    /** What it has shown, if it is not what `after` says. */
    readonly after?: string | readonly string[];
    /** How our host is set up; its interface is given. */
    readonly host?: Partial<Omit<HostConfig, "interfaces">>;
    /** What is behind our host, if it is a router. */
    readonly beyond?: Beyond;
    play(stage: LiveStage): Promise<void>;
  };
}

/** What every stage can do: tell, show, and hold the text to its word. */
export interface Telling {
  readonly seed: number;
  readonly random: Random;
  /** Milliseconds since the beginning. */
  now(): number;
  /** Prints a paragraph. */
  say(text: string): void;
  /** Prints lines as they are (tables, bytes), indented; at most 77 columns each. */
  lines(lines: readonly string[]): void;
  /** Prints a claim, and whether it holds. One that does not makes the experiment fail. */
  expect(claim: string, holds: boolean): void;
  /** The packets that were shown so far. */
  readonly seen: readonly Packet[];
  /** Which packets are printed from now on: all, as in the beginning; none; or those on one wire. The capture gets them all. */
  ladder(shown: boolean | string): void;
}

/** A host with TCP and UDP. */
export type FullHost = Host & { readonly tcp: Tcp; readonly udp: Udp };

/** How one host of a net is set up: everything but its interfaces is as in `HostConfig`. */
export interface HostPlan extends Partial<Omit<HostConfig, "interfaces">> {
  /** One interface for each wire that it is on, by the wire's name. MAC addresses are made up where they are not given. */
  readonly on: Readonly<Record<string, Omit<InterfaceConfig, "medium">>>;
  /** Hears what the host tells: echo replies, ICMP errors. */
  readonly emit?: EventSink;
  /** Puts something around a device of this host: rings, a capture of its own. */
  readonly around?: (device: Device, wire: string) => Device;
}

/** Wires by their names, hosts by theirs: at most 8 letters each. The order of hosts is that of the picture, from left to right. */
export interface NetPlan<H extends string, W extends string> {
  readonly wires: Readonly<Record<W, SegmentOptions>>;
  readonly hosts: Readonly<Record<H, HostPlan>>;
}

/** The hosts and wires of a plan. */
export interface Net<H extends string, W extends string> {
  readonly hosts: Readonly<Record<H, FullHost>>;
  readonly wires: Readonly<Record<W, Segment>>;
}

/** How the usual two hosts are set up. */
export interface TwoHostsOptions extends SegmentOptions {
  /** TCP's settings of both. */
  readonly tcp?: TcpConfig;
  readonly client?: Partial<Omit<HostConfig, "interfaces">>;
  readonly server?: Partial<Omit<HostConfig, "interfaces">>;
}

/** The virtual stage. Time passes only in `run` and `settle`. */
export interface Stage extends Telling {
  /** The reference solutions of all labs. */
  readonly modules: Modules;
  /** The experiment's rules, or the reader's in their place. */
  readonly rules: string;
  /** 10.44.0.1 and 10.44.0.2, on a wire without Ethernet (unless `medium` says so) on which a packet takes 10 ms. */
  twoHosts(options?: TwoHostsOptions): { readonly client: FullHost; readonly server: FullHost; readonly wire: Segment };
  /** Any hosts on any wires. Called once in an experiment. */
  net<H extends string, W extends string>(plan: NetPlan<H, W>): Net<H, W>;
  /** Lets everything happen that happens within so many milliseconds. */
  run(milliseconds: number): Promise<void>;
  /** Lets the hosts run until the promise is settled, and gives what it gives. Throws an Error when nothing will ever happen any more. */
  settle<T>(promise: Promise<T>): Promise<T>;
}

/** A second wire, without Ethernet, on which a packet takes 5 ms: at its near end our host's interface 1, at the far end another of our hosts. */
export interface Beyond {
  /** The address of our host there. */
  readonly address: string;
  /** The address of the other one, which is the stage's `server`. */
  readonly server: string;
}

/** What becomes of a packet on the live wire: it may be on its way until something has happened, too. */
export interface LiveFate extends Omit<Fate, "late"> {
  readonly late?: number | Promise<void>;
}

/** The live stage: the kernel in a network namespace of its own is 10.44.0.1, our host 10.44.0.2, on a TAP; time is real. */
export interface LiveStage extends Telling {
  readonly modules: Modules;
  readonly kernel: KernelPeer;
  /** The TAP's name, for operations that want one. */
  readonly device: string;
  readonly host: FullHost;
  /** The host on the wire beyond ours. Throws a TypeError where there is none. */
  readonly server: FullHost;
  /** What becomes of each packet on the wire to the kernel. Late ones come late only from our side. */
  readonly wire: { fate: (packet: Packet) => LiveFate | undefined };
  /** Lets so many milliseconds pass. */
  sleep(milliseconds: number): Promise<void>;
  /** Waits until something is so, for five seconds at most. Whether it then was. */
  until(condition: () => boolean | Promise<boolean>): Promise<boolean>;
  /** Puts a frame on the wire to the kernel that our host has not made. The wire's fate doesn't touch it. */
  put(frame: Frame): void;
}
