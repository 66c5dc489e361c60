/**
 * Scenarios on the virtual wire. Your functions stand in a host that runs nothing above framing: what is good and carries
 * EtherType 0x88b5 is sent back to whoever sent it, and everything else is counted. This wire is real Ethernet: frames
 * have an FCS and at least 60 bytes.
 */
import { Frame } from "../../../stack/wire/frame.ts";
import { formatMac, parseMac, readMac } from "../../../stack/wire/mac_address.ts";
import { ethernet, fcs, KERNEL_MAC, pad, STACK_IP, STACK_MAC } from "../../../tools/harness/packets.ts";
import type { CheckSpec, Station, StationConfig, Trial } from "../../../tools/harness/suite.ts";
import { anyGroup, anyStation, bytesText, EXPERIMENT, typeText } from "./samples.ts";

/** A host that sends experiments back. */
const ECHO: StationConfig = { layers: 1, echoFrames: true };

/** What must come back for an experiment of ours. */
const echoOf = (data: Uint8Array) => ({ ethernet: { destination: KERNEL_MAC, source: STACK_MAC, etherType: typeText(EXPERIMENT) }, data });

/** "to 01:00:5e:00:00:01 from 02:00:00:00:00:01", as far as the frame reaches. */
export function addressesOf(frame: Uint8Array): string {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  return frame.length < 12 ? "too short for addresses" : `to ${formatMac(readMac(view, 0))} from ${formatMac(readMac(view, 6))}`;
}

/** Counts by name, as a host gives them. */
type Counts = Readonly<Record<string, number>>;
type Counting = { counters(): Promise<Counts> };

/** What the layer of Ethernet counted: "runt ×4, bad fcs ×2". What is in order, and what stood there `before`, is left out. */
export async function countedBy(station: Counting, before: Counts = {}): Promise<string> {
  const rises = Object.entries(await station.counters()).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  const drops = rises.filter(([name, rise]) => rise > 0 && /^ethernet: (?!received$|sent$)/.test(name));
  return drops.map(([name, rise]) => `${name.slice("ethernet: ".length)} ×${rise}`).join(", ") || "nothing";
}

/** Fails unless the counter stands at `count`, and says what was counted besides: that is where the frames are. */
export async function expectCount(t: Trial, station: Counting, name: string, count: number): Promise<void> {
  const got = (await station.counters())[`ethernet: ${name}`] ?? 0;
  t.ok(got === count, `the counter "ethernet: ${name}" at ${count}`, `${got}; your stack counted in all: ${await countedBy(station)}`);
}

/** What is wrong when the FCS goes up with the data. */
const FCS_LEFT = {
  why:
    "The payload that went up is four bytes too long: a right FCS was left on the frame, and is now data to the layers above. removeFcs cuts it off, by moving " +
    "`frame.end`, and only then returns true.",
  look: ["removeFcs"],
};

/** Sends an experiment to a host that does not echo: it must go up to the layer above. */
async function goesUp(t: Trial, station: Station, data: Uint8Array): Promise<void> {
  await station.send(ethernet({ etherType: EXPERIMENT }, data), "a good frame");
  const events = await station.events();
  t.equal(events.length, 1, "how many payloads went up to the layer above");
  t.equal<unknown>(events[0]?.kind, "payload", "what went up");
  const up = events[0]?.data ?? new Uint8Array();
  const compare = (): void => t.equal<unknown>(up, data, "the payload that went up");
  if (up.length === data.length + 4) await t.about(FCS_LEFT, compare);
  else compare();
}

/** Sends frames that must be dropped under `reject`, then a good one that must still get through. Nothing is to be sent back. */
async function dropped(t: Trial, frames: readonly Uint8Array[], reject: string): Promise<void> {
  const station = await t.host({ layers: 1 });
  for (const [i, frame] of frames.entries()) {
    const before = await station.counters();
    await station.sendRaw(frame, `${frame.length - 4} bytes and an FCS, ${addressesOf(frame)}`);
    t.equal((await station.events()).length, 0, "how many payloads went up to the layer above");
    const counted = await countedBy(station, before);
    t.ok(counted === `${reject} ×1`, `frame ${i + 1} to be counted as "${reject}"`, `your stack counted: ${counted}`);
  }
  const why =
    `What had to be dropped was dropped, as “${reject}”. But this frame is as it should be, and whole must its payload go up: a card that takes nothing, ` +
    "or leaves something on what it takes, is of no use. The groups parse, filter and fcs tell which step is wrong.";
  await t.about({ why, look: ["parseEthernet", "removeFcs", "filterMac"] }, () => goesUp(t, station, t.random.bytes(64)));
}

/** Every frame on this wire has an FCS. While a right one is refused, nothing that a check is about is ever reached. */
async function expectFcsAccepted(t: Trial): Promise<void> {
  const why =
    "Each frame of this wire ends with an FCS, and a right one was refused, so that all that comes is dropped as “bad fcs” before it is looked " +
    "at. Mend the groups crc and fcs first; what this check is about comes after that.";
  await t.about({ why, look: ["removeFcs", "crc32"] }, async () => {
    const frames = Array.from({ length: 8 }, () => [Frame.of(fcs(t.random.bytes(60)))]);
    const answers = await t.many("framing", "removeFcs", frames);
    const refused = answers.filter(({ value }) => value !== true).length;
    t.ok(refused === 0, "removeFcs to accept 8 frames with a right FCS", `it refuses ${refused} of them`);
  });
}

const scenarios: Readonly<Record<string, CheckSpec>> = {
  "echo": {
    title: "frames of many sizes come back to their sender",
    kind: "scenario",
    weight: 2,
    covers: ["LNK-1", "894-1"],
    look: ["parseEthernet", "writeEthernet", "appendFcs", "removeFcs"],
    why:
      "All of this lab in one round: FCS checked and cut off, header read, address matched, a new header written with source and destination " +
      "exchanged, padded, sealed with a new FCS (RFC 894; IEEE 802.3 clause 3). The sender drops what has a wrong FCS.",
    hints: [
      "If nothing comes back: which counter went up? If something does: which field is marked?",
      "Run the checks of the single functions first: deno task lab1 --only parse, then write, fcs.",
      "The frame must leave with destination = the sender, source = this station, and an FCS computed after everything else was written.",
    ],
    run: async (t) => {
      const station = await t.host(ECHO);
      for (const size of [46, 47, 1500, t.random.int(48, 500), t.random.int(501, 1499), 46]) {
        const data = t.random.bytes(size);
        await station.send(ethernet({ etherType: EXPERIMENT }, data), `${size} bytes of data`);
        await station.expect(echoOf(data), "the same data come back to whoever sent them");
      }
    },
  },

  "short-data": {
    title: "less than 46 bytes of data come back padded",
    kind: "scenario",
    covers: ["894-1"],
    look: ["pad", "parseEthernet", "appendFcs"],
    why:
      "Framing cannot tell data from padding: the header has no length. It hands up all 46 bytes, and the layer above knows from its own " +
      "length field how many are its (RFC 894, RFC 1122 §2.3.3).",
    hints: [
      "Where does the payload end for you?",
      "The payload of an Ethernet II frame reaches to the end of the frame, padding included.",
      "parseEthernet gives only the payload's beginning and changes nothing in the frame.",
    ],
    run: async (t) => {
      const station = await t.host(ECHO);
      for (const size of [0, 1, 28, 45, t.random.int(2, 44)]) {
        const data = t.random.bytes(size);
        await station.send(ethernet({ etherType: EXPERIMENT }, data), `${bytesText(size)} of data, padded`);
        await station.expect({ ...echoOf(pad(data, 46)), frameLength: 60 }, "data and padding come back as they came, in 60 bytes");
      }
    },
  },

  "bad-fcs": {
    title: "a frame with a wrong FCS is dropped and counted",
    kind: "scenario",
    covers: ["LNK-1"],
    look: ["removeFcs", "crc32"],
    why:
      "A changed bit can be anywhere, in an address as well as in the data; so nothing of such a frame may be believed, not even for an " +
      "answer (IEEE 802.3 clause 3.4). The counter is how people find a bad cable.",
    hints: [
      "What does removeFcs return for it?",
      "False whenever the four bytes differ from the CRC of the bytes before them.",
      "Compare unsigned with unsigned, and both in the same byte order.",
    ],
    run: async (t) => {
      const frame = () => ethernet({ etherType: EXPERIMENT }, t.random.bytes(t.random.int(46, 200)));
      const flipped = fcs(frame());
      const bit = t.random.int(0, flipped.length * 8 - 1);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ 1 << bit % 8;
      await dropped(t, [flipped, fcs(frame(), 0), fcs(frame(), t.random.int(1, 0xffff_ffff)), fcs(frame(), 0xffff_ffff)], "bad fcs");
    },
  },

  "runt": {
    title: "59 bytes are a runt, however good the FCS",
    kind: "scenario",
    covers: ["894-1"],
    look: ["parseEthernet", "removeFcs", "crc32"],
    why:
      "On this wire the minimum is 60 bytes before the FCS (IEEE 802.3 clause 4.2.3.3). What is shorter was cut off or sent by something " +
      "broken, and is counted, so that somebody can notice.",
    hints: [
      "Does `limits.minimum` count the FCS?",
      "It doesn't: 59 bytes and 4 of FCS are 63 on the wire, and a runt.",
      "The host has cut the FCS off before it calls parseEthernet: compare `frame.length` with `limits.minimum`.",
    ],
    run: async (t) => {
      const frames = [59, 14, t.random.int(15, 58)].map((length) => fcs(ethernet({ etherType: EXPERIMENT }, t.random.bytes(length - 14))));
      await dropped(t, [...frames, fcs(t.random.bytes(6))], "runt");
    },
  },

  "giant": {
    title: "a payload above the MTU makes a giant",
    kind: "scenario",
    covers: ["894-1"],
    look: ["parseEthernet", "removeFcs", "crc32"],
    why:
      "The largest payload is the interface's MTU: 1500 bytes on Ethernet (RFC 894) unless somebody set it lower. The maximum that you are " +
      "given is 14 bytes more.",
    hints: [
      "Is your limit a number of your own, or the one you are given?",
      "This host has an MTU of 576: its maximum is 590.",
      'A frame that is longer than limits.maximum is a "giant".',
    ],
    run: async (t) => {
      const station = await t.host({ layers: 1, interfaces: [{ address: STACK_IP, mtu: 576 }] });
      const sizes = [577, 1500, t.random.int(578, 1499)];
      for (const size of sizes) await station.send(ethernet({ etherType: EXPERIMENT }, t.random.bytes(size)), `${size} bytes of data`);
      t.equal((await station.events()).length, 0, "how many of them went up to the layer above");
      await expectCount(t, station, "giant", sizes.length);
      await goesUp(t, station, t.random.bytes(576));
    },
  },

  "not-for-us": {
    title: "frames for others are left alone and counted",
    kind: "scenario",
    covers: ["LNK-1"],
    look: ["filterMac", "removeFcs", "crc32"],
    why:
      "A hub, a switch that has not learnt yet, a mirror port: all bring frames that are for others. A station that answers them confuses " +
      "both sides of somebody else's conversation.",
    hints: [
      "Which match does your filter give?",
      "Neither our address, nor broadcast, nor a joined group.",
      'The last line of filterMac: "not for us", unless the filter is promiscuous.',
    ],
    run: async (t) => {
      const others = [anyStation(t.random), anyGroup(t.random), "02:00:00:00:00:03", "ff:ff:ff:ff:ff:fe"];
      const frames = others.map((destination) => fcs(ethernet({ destination, etherType: EXPERIMENT }, t.random.bytes(60))));
      await dropped(t, frames, "not for us");
    },
  },

  "to-everybody": {
    title: "what is for everybody is answered to one",
    kind: "scenario",
    covers: ["LNK-1", "LNK-3"],
    look: ["filterMac", "writeEthernet", "removeFcs"],
    why: "What is sent to many is answered to one: the sender. An answer with the group as its source would be dropped by everybody as " +
      "“group source”; one *to* the group would be answered again, by everybody.",
    hints: [
      "Which addresses does the host want in the answer?",
      "The host calls writeEthernet with the sender as destination and its own address as source: in which order are they written?",
      "Destination first (offset 0), then source (offset 6).",
    ],
    run: async (t) => {
      const joined = "01:00:5e:00:00:fb";
      const station = await t.host({ ...ECHO, interfaces: [{ address: STACK_IP, groups: ["01:00:5e:00:00:01", joined] }] });
      for (const destination of ["ff:ff:ff:ff:ff:ff", joined, "01:00:5e:00:00:01"]) {
        const data = t.random.bytes(t.random.int(46, 300));
        await station.send(ethernet({ destination, etherType: EXPERIMENT }, data), `to ${destination}`);
        await station.expect(echoOf(data), "it is for us, and the answer goes to the sender alone");
      }
      await station.send(
        ethernet({ destination: "01:00:5e:00:00:fc", etherType: EXPERIMENT }, t.random.bytes(60)),
        "to a group not joined",
      );
      await station.expectSilence(0, "a group that was not joined is not for us");
    },
  },

  "promiscuous": {
    title: "a promiscuous host takes what is for others",
    kind: "scenario",
    covers: ["LNK-1"],
    look: ["filterMac", "parseEthernet", "removeFcs"],
    why:
      "That is how a packet sniffer works: the filter is switched off and every frame that crosses the wire is taken. What is *malformed* " +
      "is still dropped: parsing comes before the filter.",
    hints: [
      "Which match did you give, and did you look at `filter.promiscuous`?",
      'Anything but "not for us" means that the frame is taken.',
      'At the end, what nobody wanted: "promiscuous" when the filter takes everything, else "not for us".',
    ],
    run: async (t) => {
      const station = await t.host({ ...ECHO, interfaces: [{ address: STACK_IP, promiscuous: true }] });
      for (const destination of [anyStation(t.random), anyGroup(t.random), STACK_MAC]) {
        const data = t.random.bytes(t.random.int(46, 300));
        await station.send(ethernet({ destination, etherType: EXPERIMENT }, data), "to somebody");
        await station.expect(echoOf(data), "a promiscuous station takes every good frame");
      }
      await station.send(ethernet({ source: parseMac("03:00:00:00:00:01"), etherType: EXPERIMENT }, t.random.bytes(60)), "from a group");
      await station.expectSilence(0, "promiscuous or not, a frame from a group is malformed");
    },
  },

  "group-source": {
    title: "a frame that a group sent gets no answer",
    kind: "scenario",
    covers: ["LNK-1"],
    look: ["parseEthernet", "removeFcs", "crc32"],
    why:
      "Nobody can be a group (IEEE 802.3 clause 3.2.3). An answer to such a frame would be addressed to the group: one forged frame, and " +
      "each station of the link hears from you.",
    hints: [
      "Whose group bit do you look at, the destination's or the source's?",
      "The byte at start + 6; a destination may well be a group.",
      'frame.bytes[start + 6] & 1 is 1: "group source".',
    ],
    run: async (t) => {
      const sources = [anyGroup(t.random), anyGroup(t.random), "ff:ff:ff:ff:ff:ff"];
      await dropped(t, sources.map((source) => fcs(ethernet({ source, etherType: EXPERIMENT }, t.random.bytes(60)))), "group source");
    },
  },

  "length-frame": {
    title: "802.3 length frames are dropped by name",
    kind: "scenario",
    covers: ["894-1"],
    look: ["parseEthernet", "removeFcs", "crc32"],
    why:
      "Switches speak spanning tree in 802.3 frames, with a length where we have a type: on many links they are the most regular traffic. " +
      "RFC 1122 §2.3.3 lets a host leave them alone; it should know what it leaves alone.",
    hints: [
      "Which counter went up instead?",
      "A number up to 1500 behind the addresses is a length.",
      "Test it before you return the header.",
    ],
    run: async (t) => {
      const lengths = [0, 38, 1500, t.random.int(46, 1499)];
      const frames = lengths.map((etherType) =>
        fcs(ethernet({ destination: "ff:ff:ff:ff:ff:ff", etherType }, t.random.bytes(Math.max(46, etherType))))
      );
      await dropped(t, frames, "length frame (802.3)");
    },
  },

  "unknown-type": {
    title: "a protocol that nobody speaks is counted",
    kind: "scenario",
    covers: ["894-1"],
    look: ["demultiplex", "removeFcs", "crc32"],
    why: "A frame for us, in good order, whose protocol we don't know: dropped in silence, since Ethernet has no way to say “protocol " +
      "unreachable”. The counter is all that is left of it.",
    hints: [
      "What does demultiplex say to IPv6, 0x86dd?",
      'Not IPv4 and not ARP: "unknown type".',
      "The `default` of the switch.",
    ],
    run: async (t) => {
      const types = [0x86dd, 0x8100, 0x0608, t.random.int(0x0807, 0x88b4)];
      const frames = types.map((etherType) => fcs(ethernet({ etherType }, t.random.bytes(60))));
      await dropped(t, frames, "unknown type");
    },
  },
};

export const wire: Readonly<Record<string, CheckSpec>> = Object.fromEntries(
  Object.entries(scenarios).map(([name, check]) => [name, {
    ...check,
    run: async (t: Trial): Promise<void> => {
      await expectFcsAccepted(t);
      await check.run(t);
    },
  }]),
);
