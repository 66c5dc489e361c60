/**
 * Live checks: the same host across a TAP device, with the Linux kernel on the other side. A program there opens a packet
 * socket and sends whole frames; what comes back, the kernel has accepted. TAP carries neither FCS nor padding.
 */
import { parseMac } from "../../../stack/wire/mac_address.ts";
import { matchPacket } from "../../../tools/harness/matchers.ts";
import { ethernet } from "../../../tools/harness/packets.ts";
import type { CheckSpec, LiveConfig, LiveStation, Trial } from "../../../tools/harness/suite.ts";
import { anyGroup, anyStation, bytesText, EXPERIMENT, typeText } from "./samples.ts";
import { addressesOf, countedBy, expectCount } from "./wire.ts";

const ECHO: LiveConfig = { layers: 1, echoFrames: true };
/** Layer 1 has no use for the IP address that comes with an interface's other settings. */
const NO_ADDRESS = "0.0.0.0";

/** An experiment from the kernel to the stack, unless `destination` says otherwise. */
function experiment(station: LiveStation, data: Uint8Array, destination = station.mac): Uint8Array {
  return ethernet({ destination, source: station.kernelMac, etherType: EXPERIMENT }, data);
}

/** The kernel's program sends a frame and gets this answer: our header in front of the same data. */
async function comesBack(t: Trial, station: LiveStation, data: Uint8Array, destination = station.mac): Promise<void> {
  const { device, kernel } = station;
  const amount = `${bytesText(data.length)} of data`;
  const [counts, seen] = [await station.counters(), station.frames.length];
  t.step(`the kernel sends a frame to ${destination}, with ${amount}`);
  const [[received]] = await Promise.all([
    kernel.receiveFrames({ device, timeout: 500 }),
    kernel.sendFrame({ device, bytes: experiment(station, data, destination) }),
  ]);
  const sent = station.frames.slice(seen).find(({ direction }) => direction === "from stack");
  const right = { destination: station.kernelMac, source: station.mac };
  const wanted = `an answer to ${right.destination} from ${right.source}, of type ${typeText(EXPERIMENT)}, with the same ${amount}`;
  const answer = received?.bytes ?? sent?.bytes;
  t.ok(answer !== undefined, wanted, `nothing; your stack counted: ${await countedBy(station, counts)}`);
  const wrong = matchPacket(answer, "ethernet", { ethernet: { ...right, etherType: typeText(EXPERIMENT) }, data });
  const faults = wrong.map(({ field, expected, got }) => `${field} ${got}, expected ${expected}`).join("; ");
  // Who wrote what is wrong: the header, or more bytes than there were.
  const isHeader = wrong.some(({ field }) => field.startsWith("Ethernet")),
    isLength = wrong.some(({ field }) => field === "length of the data");
  await t.about({ look: isHeader ? ["writeEthernet"] : isLength ? ["pad", "parseEthernet"] : [] }, () => {
    t.ok(received !== undefined, wanted, `the kernel did not accept this answer: ${faults || "nothing is wrong with it"}`);
    t.ok(wrong.length === 0, wanted, `the kernel received another answer: ${faults}`);
  });
  t.equal(answer, ethernet({ ...right, etherType: EXPERIMENT }, data), "the frame that the kernel received");
}

/** The kernel's program sends frames that must be dropped under `reject`; a good one must still be answered then. */
async function dropped(t: Trial, station: LiveStation, frames: readonly Uint8Array[], reject: string): Promise<void> {
  for (const bytes of frames) {
    t.step(`the kernel sends a frame ${addressesOf(bytes)}`);
    await station.kernel.sendFrame({ device: station.device, bytes });
  }
  await station.settle();
  const answers = station.frames.filter((frame) => frame.direction === "from stack").length;
  t.equal(answers, 0, `answers to ${frames.length} frames that are to be dropped as "${reject}"`);
  await expectCount(t, station, reject, frames.length);
  await comesBack(t, station, t.random.bytes(80));
}

export const live: Readonly<Record<string, CheckSpec>> = {
  "echo": {
    title: "the kernel's frames of many sizes come back",
    kind: "live",
    weight: 3,
    twin: "wire/echo",
    covers: ["LNK-1", "894-1"],
    look: ["parseEthernet", "writeEthernet", "filterMac"],
    why:
      "The first traffic between the Linux kernel and code of yours. A frame that the kernel's driver takes, from a real packet socket, is " +
      "right by the only judge that counts in practice (RFC 894).",
    hints: [
      "Does wire/echo pass? Then look at what differs: no FCS and no padding here, and other addresses in every check.",
      "All limits and addresses are given to you; none may be written into your code.",
      "A frame of 15 bytes is good on TAP: its minimum is 14.",
    ],
    run: async (t) => {
      const station = await t.live(ECHO);
      for (const size of [46, 1, 1499, t.random.int(47, 700), t.random.int(701, 1498), 3]) {
        await comesBack(t, station, t.random.bytes(size));
      }
    },
  },

  "largest": {
    title: "the kernel's largest frame comes back",
    kind: "live",
    twin: "wire/giant",
    covers: ["894-1"],
    look: ["parseEthernet", "writeEthernet"],
    why: "Most bytes of the Internet travel in frames of exactly this size: 14 of header and 1500 of payload (RFC 894). Off by one here " +
      "means that pings work and downloads hang.",
    hints: [
      "Is a frame of exactly `limits.maximum` good?",
      "Longer than the maximum is a giant; as long as it is not.",
      "`>`, not `>=`.",
    ],
    run: async (t) => {
      const station = await t.live(ECHO);
      for (let i = 0; i < 3; i++) await comesBack(t, station, t.random.bytes(1500));
    },
  },

  "smallest": {
    title: "fourteen bytes are a frame where nobody pads",
    kind: "live",
    twin: "wire/short-data",
    covers: ["LNK-1"],
    look: ["parseEthernet", "pad"],
    why:
      "A TAP device is a wire without collisions, so it has no minimum but the header. The answer must not be padded either: the kernel " +
      "gets exactly the bytes that it sent.",
    hints: [
      "Which minimum does the host give you on TAP?",
      "`limits.minimum` is 14, and so is `minimum` of pad.",
      "No 60 may stand in your code.",
    ],
    run: async (t) => {
      const station = await t.live(ECHO);
      for (const size of [0, t.random.int(1, 20), t.random.int(21, 45)]) await comesBack(t, station, t.random.bytes(size));
    },
  },

  "broadcast": {
    title: "the kernel's broadcast is answered to it alone",
    kind: "live",
    twin: "wire/to-everybody",
    covers: ["LNK-3", "LNK-1"],
    look: ["filterMac", "writeEthernet"],
    why: "ARP, DHCP and everything else that begins a conversation is a broadcast: a station that is deaf to it is not found by anybody.",
    hints: [
      "Which match does your filter give for ff:ff:ff:ff:ff:ff?",
      "Not ours and not a group we joined, but for everybody all the same.",
      "Compare with BROADCAST_MAC before you look at the groups.",
    ],
    run: async (t) => {
      const station = await t.live(ECHO);
      for (const size of [46, t.random.int(47, 1500)]) await comesBack(t, station, t.random.bytes(size), "ff:ff:ff:ff:ff:ff");
    },
  },

  "multicast": {
    title: "the kernel's multicasts: only joined groups",
    kind: "live",
    twin: "wire/to-everybody",
    covers: ["LNK-1"],
    look: ["filterMac"],
    why:
      "The kernel sends to a group as it would send to a station; it is the receiver who chooses (RFC 1112 §6.4). Name resolution, router " +
      "discovery and routing protocols all hang on it.",
    hints: [
      "What is in `filter.groups`?",
      "The group that was joined is taken, its neighbour is not.",
      "Is `destination` in the list? Then it is multicast.",
    ],
    run: async (t) => {
      const station = await t.live({ ...ECHO, interfaces: [{ address: NO_ADDRESS, groups: ["01:00:5e:00:00:fb"] }] });
      const others = ["01:00:5e:00:00:fc", "01:00:5e:80:00:fb", "33:33:00:00:00:fb"];
      await dropped(t, station, others.map((group) => experiment(station, t.random.bytes(60), group)), "not for us");
      await comesBack(t, station, t.random.bytes(60), "01:00:5e:00:00:fb");
    },
  },

  "not-for-us": {
    title: "the kernel's frames for others are dropped",
    kind: "live",
    twin: "wire/not-for-us",
    covers: ["LNK-1"],
    look: ["filterMac"],
    why:
      "A TAP device has no filter of its own: like a hub it delivers everything. Whether a frame is for us is decided in this lab or nowhere.",
    hints: [
      "What did you answer for a destination that differs in one byte?",
      "All 48 bits count.",
      "`destination === filter.own`.",
    ],
    run: async (t) => {
      const station = await t.live(ECHO);
      const own = parseMac(station.mac);
      const neighbours = [own + 2 ** 41, own + 2 ** 33, own + 1, anyStation(t.random), anyGroup(t.random)];
      const frames = neighbours.map((destination) =>
        ethernet({ destination, source: station.kernelMac, etherType: EXPERIMENT }, t.random.bytes(60))
      );
      await dropped(t, station, frames, "not for us");
    },
  },

  "group-source": {
    title: "a forged frame from a group is not answered",
    kind: "live",
    twin: "wire/group-source",
    covers: ["LNK-1"],
    look: ["parseEthernet"],
    why:
      "The kernel lets a program forge any source. If you answered this one, your answer would go to a group, or with ff:ff:ff:ff:ff:ff to " +
      "everybody: one frame in, a storm out.",
    hints: [
      "Which bit of the source tells?",
      "The lowest bit of its first byte, at start + 6.",
      'Before the type is looked at: "group source".',
    ],
    run: async (t) => {
      const station = await t.live(ECHO);
      const sources = ["ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", anyGroup(t.random)];
      const forged = sources.map((source) => ethernet({ destination: station.mac, source, etherType: EXPERIMENT }, t.random.bytes(60)));
      await dropped(t, station, forged, "group source");
    },
  },

  "giant": {
    title: "the kernel's frames above our MTU are giants",
    kind: "live",
    twin: "wire/giant",
    covers: ["894-1"],
    look: ["parseEthernet"],
    why:
      "Two stations that disagree about the MTU are a classic of the trade: small packets pass, large ones vanish. The counter of giants is " +
      "where the one who searches will find it.",
    hints: [
      "With which number do you compare the length?",
      "The interface's MTU is 1000 here: `limits.maximum` is 1014.",
      'A frame that is longer than limits.maximum is a "giant".',
    ],
    run: async (t) => {
      const station = await t.live({ ...ECHO, interfaces: [{ address: NO_ADDRESS, mtu: 1000 }] });
      await station.kernel.setMtu({ device: station.device, mtu: 1500 });
      const sizes = [1001, 1500, t.random.int(1002, 1499)];
      await dropped(t, station, sizes.map((size) => experiment(station, t.random.bytes(size))), "giant");
      await comesBack(t, station, t.random.bytes(1000));
    },
  },

  "arp-requests": {
    title: "the kernel's own ARP requests arrive",
    kind: "live",
    twin: "wire/to-everybody",
    covers: ["LNK-3", "894-1"],
    look: ["demultiplex", "filterMac", "parseEthernet"],
    why:
      "The kernel wants to ping you and asks everybody who you are. It gets no answer before lab 02; but its question must reach the right " +
      "door, 0x0806, and be counted there.",
    hints: [
      'Your stack\'s counter "no arp yet" should rise, and nothing else but "received". Which one did?',
      "An ARP request is a broadcast of type 0x0806 and 42 bytes long.",
      'demultiplex(0x0806) is "arp".',
    ],
    run: async (t) => {
      const station = await t.live(ECHO);
      const [echo] = await station.kernel.ping({ to: station.address, timeout: 40 });
      await station.settle();
      t.equal(echo?.replied, false, "whether the kernel got a reply to its ping");
      station.expectSeen(
        "from kernel",
        { ethernet: { destination: "ff:ff:ff:ff:ff:ff", etherType: 0x0806 } },
        "the kernel asks who you are",
      );
      const asked = station.frames.filter(({ bytes }) => bytes[12] === 0x08 && bytes[13] === 0x06).length;
      await expectCount(t, station, "no arp yet", asked);
    },
  },
};
