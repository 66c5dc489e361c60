/** Hidden live checks: kernels that offer less, and one that counts. */
import { damaged, expectAgreed, kernelIsServed, kernelSyn, youAreServed } from "../../../labs/04-handshake/checks/live.ts";
import { ethernet, ipv4, tcp } from "../../../tools/harness/packets.ts";
import type { CheckSpec, LiveStation, Trial } from "../../../tools/harness/suite.ts";

/** The kernel's switches for what its SYNs offer. */
const SWITCHES = { timestamps: "net.ipv4.tcp_timestamps", scaling: "net.ipv4.tcp_window_scaling", sack: "net.ipv4.tcp_sack" };

/** With this option of the kernel's switched off, both sides are served, and agree on the rest. */
async function without(t: Trial, option: keyof typeof SWITCHES): Promise<void> {
  const station = await t.live({ kind: "tun" });
  const name = SWITCHES[option];
  t.step(`the kernel is set up without ${option}`);
  const before = await station.kernel.sysctl({ name, value: 0 });
  try {
    await bothServed(t, station);
  } finally {
    await station.kernel.sysctl({ name, value: before });
  }
}

async function bothServed(t: Trial, station: LiveStation): Promise<void> {
  const view = await youAreServed(t, station, 5000);
  expectAgreed(t, view, kernelSyn(station, "SYN ACK", 7));
  await kernelIsServed(t, station, 5000);
  const { windowScale, sackPermitted, timestamps } = kernelSyn(station, "SYN", 80);
  const offered = {
    windowScale: windowScale === undefined ? false as const : "any" as const,
    sackPermitted,
    timestamps: timestamps !== undefined,
  };
  station.tcp.expectSegment("from stack", { flags: "SYN ACK", ...offered }, "your SYN+ACK has what the kernel's SYN has", 80);
}

export const live: Readonly<Record<string, CheckSpec>> = {
  "without-timestamps": {
    title: "a kernel without timestamps is served",
    kind: "live",
    weight: 2,
    covers: ["7323-3.2a", "MUST-16"],
    look: ["agreeOptions", "writeSegment"],
    twin: "wire/no-stamps",
    why:
      "Its SYN has none, so our SYN+ACK must have none; to its SYN+ACK without them we may send none. Full segments have 1460 bytes of text then.",
    hints: ["Which segment of yours has timestamps?", "They hold only when both have sent them.", "Run agree/timestamps."],
    run: (t) => without(t, "timestamps"),
  },

  "without-scaling": {
    title: "a kernel without window scaling is served",
    kind: "live",
    weight: 2,
    covers: ["7323-2.2"],
    look: ["agreeOptions", "completeOpen"],
    twin: "passive/on-the-wire",
    why:
      "Windows count as they stand, theirs and ours. A scale that only we know of makes our window of 64 KiB look like a few bytes to ourselves.",
    hints: ["Is rcvScale 0, and sndScale?", "In both directions or in none.", "Run agree/scale-one-sided."],
    run: (t) => without(t, "scaling"),
  },

  "without-sack": {
    title: "a kernel without SACK is served",
    kind: "live",
    covers: ["2018-2"],
    look: ["agreeOptions", "writeSegment"],
    twin: "passive/on-the-wire",
    why: "SACK-permitted goes back only to who has sent it (RFC 2018 §2).",
    hints: ["Which segment of yours says SACK-permitted?", "Ours and theirs.", "Run agree/sack."],
    run: (t) => without(t, "sack"),
  },

  "small-mss": {
    title: "a kernel that takes 300 bytes gets no more",
    kind: "live",
    covers: ["MUST-14", "MUST-16"],
    look: ["agreeOptions", "parseSegment"],
    twin: "agree/mss",
    why:
      "The socket asks for short segments (TCP_MAXSEG), and its SYN says so. What is longer the kernel would take all the same; it is the peer's word that counts.",
    hints: ["How long is the longest text that you send?", "Their MSS, less 12 for timestamps.", "Run agree/mss-timestamps."],
    run: async (t) => {
      const station = await t.live({ kind: "tun" });
      await kernelIsServed(t, station, 2000, 300);
      const said = kernelSyn(station, "SYN", 80);
      const most = (said.mss ?? 0) - (said.timestamps === undefined ? 0 : 12);
      const lengths = station.tcp.segments(80).filter(({ direction }) => direction === "from stack").map(({ data }) => data.length);
      t.equal(Math.max(...lengths), most, `the longest text that you send, where the kernel's SYN says an MSS of ${said.mss}`);
    },
  },

  "no-damage": {
    title: "the kernel finds no damaged segment among yours",
    kind: "live",
    weight: 2,
    covers: ["MUST-2"],
    look: ["writeSegment"],
    twin: "checksum/odd-text-sent",
    why:
      "Over TAP without offload the kernel verifies every checksum, and counts what is wrong (InErrs, InCsumErrors). Odd lengths, options, SYN, FIN and RST: none may be among them.",
    hints: [
      "Which kind of segment is wrong: those with text, or all?",
      "Look for a checksum that is marked in the ladder.",
      "Run the checks of the group checksum.",
    ],
    run: async (t) => {
      const station = await t.live();
      const before = await damaged(station);
      for (const size of [1, 2, 1447, t.random.int(1, 700) * 2 + 1]) await youAreServed(t, station, size);
      await station.kernel.tcpClient({ to: station.address, port: 99, quiet: 100 });
      t.equal(await damaged(station), before, "what the kernel has counted as damaged, in /proc/net/snmp");
    },
  },

  "bad-options": {
    title: "odd options from the kernel's side do no harm",
    kind: "live",
    covers: ["MUST-6", "MUST-7"],
    look: ["parseSegment"],
    twin: "options/on-the-wire",
    why:
      "A program on the kernel's side sends SYNs that no kernel would. The bad ones are dropped, and an honest client afterwards is served as if nothing had been.",
    hints: ["Which SYN was answered although it is bad?", "A length below 2, or past the header.", "Run options/length-too-small."],
    run: async (t) => {
      const station = await t.live();
      await station.tcp.listen(81);
      for (const list of [[2, 0, 5, 180], [3, 1, 7, 0], [8, 99, 1, 1]]) {
        const segment = tcp({
          flags: "SYN",
          destinationPort: 81,
          source: station.kernelAddress,
          destination: station.address,
          options: Uint8Array.from(list),
        });
        const packet = ipv4({ source: station.kernelAddress, destination: station.address, protocol: 6 }, segment);
        const frame = ethernet({ destination: station.mac, source: station.kernelMac }, packet);
        await station.kernel.sendFrame({ device: station.device, bytes: frame });
      }
      await station.settle();
      await t.counter(station, "tcp: bad option", 3);
      await youAreServed(t, station);
    },
  },
};
