/**
 * The claim of an address on a bench: the check plays the host and the clock, and reads what was sent, and when.
 */
import type { AddressClaim, ArpPacket, ClaimActions } from "../../../stack/contract/arp.ts";
import { UNSPECIFIED } from "../../../stack/wire/ipv4_address.ts";
import { BROADCAST_MAC, ZERO_MAC } from "../../../stack/wire/mac_address.ts";
import type { Remote, Trial } from "../../../tools/harness/suite.ts";
import { heard, ipText, lineOf, macText, type Neighbour, neighbours, requestFrom, sentLine, sentPacket } from "./samples.ts";

/** Something that was sent. */
export interface Sent {
  /** Milliseconds. */
  readonly at: number;
  /** "probe", "announcement", or the packet in full when it is neither. */
  readonly what: string;
}

/** A claim on the bench. Times are whole milliseconds, never going back. */
export interface ClaimBench {
  /** Who claims what. */
  readonly own: Neighbour;
  /** Another station, with an address of its own. */
  readonly other: Neighbour;
  /** The other station as if it had our address. */
  readonly rival: Neighbour;
  start(now: number): Promise<void>;
  announce(now: number): Promise<void>;
  receive(packet: ArpPacket, now: number): Promise<void>;
  /** Polls whenever the claim wants to be polled, up to `until`. */
  run(until: number): Promise<void>;
  poll(now: number): Promise<void>;
  deadline(): Promise<number>;
  /** Fails unless the claim is in this state. */
  expectState(state: ReturnType<AddressClaim["state"]>, when: string): Promise<void>;
  /** Everything sent since the last `take`. */
  take(): Sent[];
}

/** Puts a claim in the state idle on the bench. */
export async function claimBench(t: Trial): Promise<ClaimBench> {
  const [own, other] = neighbours(t.random);
  const rival = { mac: other.mac, ip: own.ip };
  const random = t.randomSource(t.random.int(1, 2 ** 31));
  const claim = await t.arp.createAddressClaim({ mac: own.mac, address: own.ip, random }) as unknown as Remote<AddressClaim>;
  t.ok(typeof claim?.start === "function", "createAddressClaim to return an object with the methods of AddressClaim", "something else");
  t.step(`a claim of ${ipText(own.ip)} by ${macText(own.mac)}`);
  const recorder = t.recorder<ClaimActions>();
  const sent: Sent[] = [];
  const names = new Map([
    [lineOf(sentPacket(probeOf(own), BROADCAST_MAC)), "probe"],
    [lineOf(sentPacket(requestFrom(own, own.ip), BROADCAST_MAC)), "announcement"],
  ]);
  const collect = (at: number): void => {
    for (const { args: [packet, destination] } of recorder.take()) {
      const described = sentPacket(packet, destination);
      t.step(`at ${at} ms: ${sentLine(described)}`);
      sent.push({ at, what: names.get(lineOf(described)) ?? lineOf(described) });
    }
  };

  const bench: ClaimBench = {
    own,
    other,
    rival,
    start: async (now) => {
      t.step(`at ${now} ms: start()`);
      await claim.start(now);
    },
    announce: async (now) => {
      t.step(`at ${now} ms: announce()`);
      await claim.announce(now, recorder.object);
      collect(now);
    },
    receive: async (packet, now) => {
      t.step(`at ${now} ms: ${heard(packet)}`);
      await claim.receive(packet, now, recorder.object);
      collect(now);
    },
    run: async (until) => {
      for (let polls = 0, now = -1; polls < 100; polls++) {
        // A host wakes up at a whole millisecond.
        const deadline = Math.ceil(await bench.deadline());
        if (deadline > until) return;
        t.ok(deadline > now, `nextDeadline() to lie behind ${now} ms after poll(${now})`, `${deadline}: a host would never sleep`);
        await bench.poll(now = deadline);
      }
      t.ok(false, "a claim to come to rest", "100 polls, and the next is due");
    },
    poll: async (now) => {
      await claim.poll(now, recorder.object);
      collect(now);
    },
    deadline: async () => {
      const deadline = await claim.nextDeadline();
      t.ok(typeof deadline === "number" && !Number.isNaN(deadline), "nextDeadline() to be a time or Infinity", `${deadline}`);
      return deadline;
    },
    expectState: async (state, when) => {
      t.equal<unknown>(await claim.state(), state, `the state ${when}`);
    },
    take: () => sent.splice(0),
  };
  return bench;
}

/** A station's probe: does anybody have its address? */
export function probeOf({ mac, ip }: Neighbour): ArpPacket {
  return { operation: 1, senderMac: mac, senderIp: UNSPECIFIED, targetMac: ZERO_MAC, targetIp: ip };
}

/** What was sent, without the times. */
export function kinds(sent: readonly Sent[]): string[] {
  return sent.map(({ what }) => what);
}

/** What was sent, counted: "no probe (5 announcements)", "2 probes". */
export function probesAmong(sent: readonly Sent[]): string {
  const count = (what: string): number => sent.filter((each) => each.what === what).length;
  const [probes, announcements] = [count("probe"), count("announcement")];
  const others = [
    ...announcements > 0 ? [`${announcements} announcement${announcements === 1 ? "" : "s"}`] : [],
    ...sent.length > probes + announcements ? [`${sent.length - probes - announcements} that are neither`] : [],
  ];
  const some = probes === 0 ? "no probe" : probes === 1 ? "one probe" : `${probes} probes`;
  return others.length === 0 ? some : `${some} (${others.join(", ")})`;
}
