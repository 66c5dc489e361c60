/** Hidden live checks: more of what a program on the kernel's side can send. */
import { anyGroup, anyStation, bytesText, EXPERIMENT } from "../../../labs/01-framing/checks/samples.ts";
import { expectCount } from "../../../labs/01-framing/checks/wire.ts";
import { ethernet } from "../../../tools/harness/packets.ts";
import type { CheckSpec, LiveConfig, LiveStation, Trial } from "../../../tools/harness/suite.ts";

const ECHO: LiveConfig = { layers: 1, echoFrames: true };

/** The kernel's program sends all frames at once and receives what comes back. */
async function exchange(station: LiveStation, frames: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const { device, kernel } = station;
  const [answers] = await Promise.all([
    kernel.receiveFrames({ device, count: frames.length, timeout: 1000 }),
    ...frames.map((bytes) => kernel.sendFrame({ device, bytes })),
  ]);
  return answers.map(({ bytes }) => bytes);
}

/** Frames that the kernel sends to us are all counted as `counter`, and none is answered. */
async function counted(t: Trial, types: readonly number[], counter: string): Promise<void> {
  const station = await t.live(ECHO);
  const frames = types.map((etherType) =>
    ethernet({ destination: station.mac, source: station.kernelMac, etherType }, t.random.bytes(t.random.int(46, 400)))
  );
  for (const bytes of frames) await station.kernel.sendFrame({ device: station.device, bytes });
  await station.settle();
  await expectCount(t, station, counter, frames.length);
  t.equal(station.frames.filter((frame) => frame.direction === "from stack").length, 0, "how many frames the stack sent");
}

export const live: Readonly<Record<string, CheckSpec>> = {
  "in-order": {
    title: "forty frames come back whole and in order",
    kind: "live",
    weight: 2,
    twin: "wire/mixed-traffic",
    covers: ["LNK-1"],
    look: ["parseEthernet", "writeEthernet"],
    why:
      "Ethernet keeps the order between two stations, and TCP counts on it. Frames that share a buffer, or a variable, show it when they come " +
      "close behind each other.",
    hints: [
      "Is one answer a mixture of two frames?",
      "Each call works on the frame that it is given, and on nothing else.",
      "Nothing is kept between calls but the CRC's table.",
    ],
    run: async (t: Trial) => {
      const station = await t.live(ECHO);
      const payloads = Array.from({ length: 40 }, () => t.random.bytes(t.random.int(1, 1500)));
      const { mac, kernelMac } = station;
      const answers = await exchange(
        station,
        payloads.map((data) => ethernet({ destination: mac, source: kernelMac, etherType: EXPERIMENT }, data)),
      );
      t.equal(answers.length, payloads.length, "how many frames came back");
      for (const [i, data] of payloads.entries()) {
        const right = ethernet({ destination: kernelMac, source: mac, etherType: EXPERIMENT }, data);
        t.equal(answers[i], right, `answer ${i + 1}, of ${bytesText(data.length)} of data`);
      }
    },
  },

  "accepted": {
    title: "the kernel counts your frames, none as bad",
    kind: "live",
    twin: "wire/echo",
    covers: ["LNK-1"],
    look: ["writeEthernet"],
    why:
      "The kernel's own counters are the witness here: it received exactly as many frames and bytes as were sent back, and threw none away.",
    hints: [
      "Is your frame longer or shorter than the one that came?",
      "On TAP there is no padding and no FCS: 14 bytes and the data.",
      "pad with a minimum of 14 adds nothing to any frame.",
    ],
    run: async (t: Trial) => {
      const station = await t.live(ECHO);
      const { device, mac, kernelMac } = station;
      const before = (await station.kernel.deviceStats())[device];
      const sizes = Array.from({ length: 8 }, () => t.random.int(0, 1500));
      await exchange(
        station,
        sizes.map((size) => ethernet({ destination: mac, source: kernelMac, etherType: EXPERIMENT }, t.random.bytes(size))),
      );
      await station.settle();
      const after = (await station.kernel.deviceStats())[device];
      t.ok(before !== undefined && after !== undefined, `counters of ${device}`, "none");
      const got = {
        packets: after.receivedPackets - before.receivedPackets,
        bytes: after.receivedBytes - before.receivedBytes,
        errors: after.receiveErrors - before.receiveErrors,
      };
      const bytes = sizes.reduce((sum, size) => sum + 14 + size, 0);
      t.equal(got, { packets: sizes.length, bytes, errors: 0 }, "what the kernel's counters rose by");
    },
  },

  "promiscuous": {
    title: "promiscuous: it hears what others are sent",
    kind: "live",
    twin: "wire/promiscuous",
    covers: ["LNK-1"],
    look: ["filterMac"],
    why:
      "This is how tcpdump hears a whole link. The kernel sends to a stranger; the host that listens to everything answers, and the kernel " +
      "sees from the source who it was.",
    hints: [
      "What is the match for a stranger's address when the filter is promiscuous?",
      "Not “not for us”.",
      'The last question of filterMac: `filter.promiscuous ? "promiscuous" : "not for us"`.',
    ],
    run: async (t: Trial) => {
      // At layer 1 the IP address is not used; only what is said about the interface beside it is.
      const station = await t.live({ ...ECHO, interfaces: [{ address: "0.0.0.0", promiscuous: true }] });
      for (const destination of [anyStation(t.random), anyGroup(t.random), station.mac]) {
        const data = t.random.bytes(t.random.int(0, 300));
        const [answer] = await exchange(station, [ethernet({ destination, source: station.kernelMac, etherType: EXPERIMENT }, data)]);
        t.ok(answer !== undefined, "an answer, because a promiscuous host takes every good frame", "nothing");
        const right = ethernet({ destination: station.kernelMac, source: station.mac, etherType: EXPERIMENT }, data);
        t.equal(answer, right, "the frame that the kernel received");
      }
    },
  },

  "length-frame": {
    title: "the kernel's 802.3 frames are dropped by name",
    kind: "live",
    twin: "wire/length-frame",
    covers: ["894-1"],
    look: ["parseEthernet"],
    why:
      "The kernel itself sends such frames when it is a bridge that speaks spanning tree. They share the wire with ours, told apart by one " +
      "number (RFC 1122 §2.3.3).",
    hints: [
      "Which counter went up instead?",
      "0 to 1500, both included, is a length.",
      "Up to 1500 it is a length frame, whatever number it is: that comes before the types.",
    ],
    run: (t: Trial) => counted(t, [38, 0, 1500, t.random.int(46, 1499)], "length frame (802.3)"),
  },

  "undefined-type": {
    title: "a type that the kernel cannot mean either",
    kind: "live",
    twin: "wire/undefined-type",
    covers: ["894-1"],
    look: ["parseEthernet"],
    why:
      "The kernel passes on whatever a program writes into a packet socket. The gap between lengths and types is checked by the receiver.",
    hints: [
      "Where does your range of lengths end, and where do types begin?",
      "1501 to 1535 is the gap.",
      "0x0600 is 1536.",
    ],
    run: (t: Trial) => counted(t, [1501, 1535, t.random.int(1502, 1534)], "undefined type"),
  },

  "unknown-type": {
    title: "the kernel's IPv6 is a protocol we do not speak",
    kind: "live",
    twin: "wire/unknown-type",
    covers: ["894-1"],
    look: ["demultiplex"],
    why:
      "On a real link the kernel says something in IPv6 as soon as the interface is up. It is well-formed, it is for us, and nobody here can " +
      "read it.",
    hints: [
      "What is demultiplex(0x86dd)?",
      "Neither 0x0800 nor 0x0806.",
      'default: return "unknown type";',
    ],
    run: (t: Trial) => counted(t, [0x86dd, 0x8100, 0x0805, t.random.int(0x0900, 0x8000)], "unknown type"),
  },
};
