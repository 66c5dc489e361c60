/**
 * An ARP cache of the student's on a bench: the check plays the host, calls the cache with times of its own choice,
 * and reads what the cache asked for.
 */
import type { ArpActions, ArpCache, ArpEntry, ArpOptions, ArpPacket } from "../../../stack/contract/arp.ts";
import type { Ipv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { RecordedCall, Remote, Trial } from "../../../tools/harness/suite.ts";
import type { Topic } from "../../../tools/harness/failure.ts";
import { expectList } from "./lists.ts";
import {
  heard,
  hex,
  ipText,
  lineOf,
  macText,
  type Neighbour,
  type Neighbours,
  neighbours,
  sentLine,
  type SentPacket,
  sentPacket,
  usedFrame,
} from "./samples.ts";

/** What the cache did since it was last asked, each kind in its order. */
export interface Done {
  /** ARP packets. */
  readonly sent: SentPacket[];
  /** "packet 1 to 02:00:00:00:00:01". */
  readonly transmitted: string[];
  /** "packet 1: arp queue full". */
  readonly dropped: string[];
}

/** What is wrong when a reply is sent that nobody asked for. */
export const UNASKED_ANSWER: Topic = {
  why:
    "A reply was sent though nobody asked for our address. Only a request is answered, and only one whose target is our own address: two stations " +
    'that answer replies with replies never end, and two answers for one address are a conflict (RFC 826 "Packet Reception").',
  look: ["createArpCache.receive"],
};

/** Nothing at all. */
export const NOTHING: Done = { sent: [], transmitted: [], dropped: [] };

/** One entry as a line: "10.44.0.1 02:00:00:00:00:01 reachable", "10.44.0.1 incomplete, 2 waiting". */
export type EntryLine = string;

/** A cache on the bench. Times are milliseconds. */
export interface CacheBench {
  readonly own: Neighbour;
  /** Other stations on the link, twelve of them. */
  readonly others: Neighbours;
  readonly options: ArpOptions;
  /** Passes an IP packet to the cache, numbered from 1 in the order of the calls. */
  resolve(to: Ipv4Address, now: number): Promise<void>;
  receive(packet: ArpPacket, now: number): Promise<void>;
  poll(now: number): Promise<void>;
  deadline(): Promise<number>;
  entries(now: number): Promise<EntryLine[]>;
  /** Fails unless these are the entries, as of `now`. */
  expectEntries(now: number, expected: readonly EntryLine[], what: string): Promise<void>;
  /** What was done since it was last asked for. */
  take(): Done;
  /** Fails unless that was what was done since; kinds that are not named do not matter. */
  expect(what: string, expected: Partial<Done>): Promise<void>;
  /** Polls whenever the cache wants to be polled, from `from` up to `until`, and gives what it did, and when. */
  run(from: number, until: number): Promise<{ at: number; done: Done }[]>;
}

/** Puts an empty cache on the bench. `options` replace the defaults of the host; they are the first step, so name those that matter. */
export async function cacheBench(t: Trial, options: Partial<ArpOptions> = {}): Promise<CacheBench> {
  const [own, ...others] = neighbours(t.random);
  const all: ArpOptions = {
    ownMac: own.mac,
    ownIp: own.ip,
    reachableTime: 60_000,
    staleTime: 600_000,
    retryInterval: 1000,
    maxRequests: 3,
    queueLimit: 4,
    maxEntries: 256,
    ...options,
  };
  const cache = await t.arp.createArpCache(all) as unknown as Remote<ArpCache>;
  t.ok(typeof cache?.resolve === "function", "createArpCache to return an object with the methods of ArpCache", "something else");
  const set = Object.entries(options).map(([name, value]) => `${name} ${value}${/Time|Interval/.test(name) ? " ms" : ""}`);
  t.step(`a cache of ${ipText(own.ip)} (${macText(own.mac)})${set.length > 0 ? ` with ${set.join(", ")}` : ""}`);
  const recorder = t.recorder<ArpActions>();
  const names = new Map<string, string>();
  let done: Done = { sent: [], transmitted: [], dropped: [] };
  const collect = (): void => {
    const { sent, transmitted, dropped } = sort(recorder.take(), names);
    for (const packet of sent) t.step(sentLine(packet));
    for (const line of transmitted) t.step(`transmitted ${line}`);
    for (const line of dropped) t.step(`dropped ${line}`);
    done.sent.push(...sent);
    done.transmitted.push(...transmitted);
    done.dropped.push(...dropped);
  };

  const bench: CacheBench = {
    own,
    others: others as unknown as Neighbours,
    options: all,
    resolve: async (to, now) => {
      const packet = t.random.bytes(t.random.int(20, 40));
      const name = `packet ${names.size + 1}`;
      names.set(hex(packet), name);
      t.step(`at ${now} ms: ${name} for ${ipText(to)}`);
      await cache.resolve(to, usedFrame(t.random, packet), now, recorder.object);
      collect();
    },
    receive: async (packet, now) => {
      t.step(`at ${now} ms: ${heard(packet)}`);
      await cache.receive(packet, now, recorder.object);
      collect();
    },
    poll: async (now) => {
      await cache.poll(now, recorder.object);
      collect();
    },
    deadline: async () => {
      const deadline = await cache.nextDeadline();
      t.ok(typeof deadline === "number" && !Number.isNaN(deadline), "nextDeadline() to be a time or Infinity", `${deadline}`);
      return deadline;
    },
    entries: async (now) => {
      const entries = await cache.entries(now);
      t.ok(Array.isArray(entries), "entries() to be a list", `${entries}`);
      return entries.map((entry) => {
        const { address, mac, state, waiting } = Object(entry) as Record<keyof ArpEntry, unknown>;
        return mac === undefined ? `${ipText(address)} ${state}, ${waiting} waiting` : `${ipText(address)} ${macText(mac)} ${state}`;
      });
    },
    expectEntries: async (now, expected, what) => expectList(t, await bench.entries(now), expected, what, "entry"),
    take: () => {
      const taken = done;
      done = { sent: [], transmitted: [], dropped: [] };
      return taken;
    },
    expect: async (what, expected) => {
      const { sent, transmitted, dropped } = bench.take();
      if (expected.sent !== undefined) await expectSent(t, what, sent, expected.sent);
      expectList(t, transmitted, expected.transmitted ?? transmitted, `${what}: packets transmitted`, "number");
      expectList(t, dropped, expected.dropped ?? dropped, `${what}: packets dropped`, "number");
    },
    run: async (from, until) => {
      const history: { at: number; done: Done }[] = [];
      for (let now = from; history.length < 1000;) {
        const deadline = Math.max(now, Math.ceil(await bench.deadline()));
        if (deadline > until) break;
        await bench.poll(deadline);
        history.push({ at: deadline, done: bench.take() });
        const next = await bench.deadline();
        t.ok(next > deadline, `nextDeadline() to lie behind ${deadline} ms after poll(${deadline})`, `${next}: a host would never sleep`);
        now = deadline;
      }
      return history;
    },
  };
  return bench;
}

/** Compares ARP packets, field by field where there are as many as there should be. */
async function expectSent(t: Trial, what: string, sent: readonly SentPacket[], expected: readonly SentPacket[]): Promise<void> {
  const replies = (packets: readonly SentPacket[]): string[] => packets.filter(({ operation }) => operation === "reply").map(lineOf);
  const [answers, asked] = [replies(sent), replies(expected)];
  if (answers.length > asked.length) await t.about(UNASKED_ANSWER, () => expectList(t, answers, asked, `${what}: ARP replies`, "number"));
  if (sent.length !== expected.length) expectList(t, sent.map(lineOf), expected.map(lineOf), `${what}: ARP packets`, "number");
  const which = (i: number): string => expected.length === 1 ? "the ARP packet" : `ARP packet ${i + 1} of ${expected.length}`;
  for (const [i, packet] of expected.entries()) expectPacket(t, sent[i], packet, `${what}: ${which(i)}`);
}

/** Compares one ARP packet field by field; what does not matter is left out. */
export function expectPacket(t: Trial, sent: SentPacket | undefined, expected: SentPacket, what: string): void {
  t.fields(sent, Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== undefined)), what);
}

/** The recorded actions by kind. */
function sort(calls: readonly RecordedCall[], names: ReadonlyMap<string, string>): Done {
  const done: Done = { sent: [], transmitted: [], dropped: [] };
  const nameOf = (frame: unknown): string =>
    frame instanceof Uint8Array ? names.get(hex(frame)) ?? `an unknown packet (${hex(frame)})` : `no frame (${frame})`;
  for (const { name, args: [what, how] } of calls) {
    if (name === "send") done.sent.push(sentPacket(what, how));
    else if (name === "transmit") done.transmitted.push(`${nameOf(what)} to ${macText(how)}`);
    else if (name === "drop") done.dropped.push(`${nameOf(what)}: ${how}`);
  }
  return done;
}
