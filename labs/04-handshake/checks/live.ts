/** Live checks: the Linux kernel opens connections to the stack, and the stack to it. */
import { seq, seqDiff } from "../../../stack/wire/seq.ts";
import { SYN } from "../../../stack/wire/tcp_flags.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, LiveStation, Trial } from "../../../tools/harness/suite.ts";
import { expectFields } from "./samples.ts";

/** Does `work` while the kernel does its part, and waits for both, also when one fails: nothing of a check outlives it. */
export async function meanwhile<K, W>(kernel: Promise<K>, work: Promise<W>): Promise<[K, W]> {
  const [ours, theirs] = await Promise.allSettled([work, kernel]);
  if (ours.status === "rejected") throw ours.reason;
  if (theirs.status === "rejected") throw theirs.reason;
  return [theirs.value, ours.value];
}

/** The kernel connects to port 80, says something, and must get it back. */
export async function kernelIsServed(t: Trial, station: LiveStation, size = t.random.int(20, 200), mss?: number): Promise<void> {
  const text = t.random.bytes(size);
  const talk = { send: text, shutdown: true, receive: { untilEnd: true }, ...(mss === undefined ? {} : { mss }) } as const;
  const [client] = await meanwhile(station.kernel.tcpClient({ to: station.address, port: 80, ...talk }), station.tcp.echo(80));
  t.equal(client.connected, true, "whether the kernel's client is connected");
  await expectBack(t, station, client.received, text, `what the kernel's client gets back of ${amount(size)}`);
}

/** Fails unless these bytes came back; where some are missing, it says which segments the stack has refused, if it has. */
async function expectBack(t: Trial, station: LiveStation, back: Uint8Array, sent: Uint8Array, what: string): Promise<void> {
  const compare = (): void => t.equal(back, sent, what);
  const counters = back.length < sent.length ? Object.entries(await station.counters()) : [];
  const refused = counters.filter(([name]) => /^tcp: (bad|truncated)/.test(name));
  if (refused.length === 0) return compare();
  t.step(`your stack counted: ${refused.map(([name, count]) => `${name} ×${count}`).join(", ")}`);
  await t.about(REFUSED, compare);
}

const REFUSED = {
  why:
    "The kernel's segments are right, and your stack has refused some of them: it counts them under the word that parseSegment returns. Nobody is told, so the kernel sends them again, in vain.",
  look: ["parseSegment"],
};

/** The stack connects to the kernel's port 7, says something, and must get it back. Returns how it is once it is connected. */
export async function youAreServed(t: Trial, station: LiveStation, size = t.random.int(20, 200)): Promise<Record<string, unknown>> {
  const [, view] = await meanwhile(station.kernel.tcpServer({ port: 7, mode: "echo" }), speak(t, station, size));
  return view;
}

async function speak(t: Trial, station: LiveStation, size: number): Promise<Record<string, unknown>> {
  const connection = await station.tcp.connected(7);
  const view = await connection.look();
  t.equal(view.state, "ESTABLISHED", "the state of your connection");
  const text = t.random.bytes(size);
  await connection.writeAll(text);
  const back = await connection.readAll(text.length);
  await expectBack(t, station, back, text, `what the kernel gives back of ${amount(size)}`);
  await connection.close();
  return view;
}

/** How many TCP segments the kernel has found damaged. */
export async function damaged(station: LiveStation): Promise<Record<string, number | undefined>> {
  const { Tcp } = await station.kernel.snmp();
  return { "Tcp InErrs": Tcp?.InErrs, "Tcp InCsumErrors": Tcp?.InCsumErrors };
}

/** Fails unless a connection knows what the kernel's SYN has said, and both use what both have offered. */
export function expectAgreed(t: Trial, view: Readonly<Record<string, unknown>>, kernelSyn: KernelSyn): void {
  const stamps = kernelSyn.timestamps !== undefined;
  const scaling = kernelSyn.windowScale !== undefined;
  expectFields(t, view, {
    timestamps: stamps,
    sackPermitted: kernelSyn.sackPermitted,
    windowScaling: scaling,
    sndScale: kernelSyn.windowScale ?? 0,
    sndMss: Math.min(1460, kernelSyn.mss ?? 536) - (stamps ? 12 : 0),
  }, "what your connection has agreed on with the kernel");
}

/** The next connection that the stack accepts, looked at; then it is read to its end, and closed. */
async function lookedAt(station: LiveStation): Promise<Record<string, unknown>> {
  const connection = await station.tcp.accepted();
  const view = await connection.look();
  await connection.readAll();
  await connection.close();
  return view;
}

/** What the kernel's SYN says. */
export type KernelSyn = ReturnType<LiveStation["tcp"]["segments"]>[number];

/** The kernel's SYN, or SYN+ACK, of the connection with this port. */
export function kernelSyn(station: LiveStation, flags: "SYN" | "SYN ACK", port: number): KernelSyn {
  return station.tcp.expectSegment("from kernel", { flags }, `the kernel's ${flags}`, port);
}

export const live: Readonly<Record<string, CheckSpec>> = {
  "kernel-connects": {
    title: "the kernel connects to you over TAP, and is served",
    kind: "live",
    weight: 3,
    covers: ["SM-2", "SM-4", "MUST-2", "MUST-3"],
    look: ["passiveOpen", "completeOpen", "parseSegment", "writeSegment"],
    twin: "wire/incoming",
    why:
      "The kernel takes nothing on trust: a wrong checksum, an acknowledgment that is off by one, an option of the wrong length, and it says nothing or RST (RFC 9293 §3.10.7).",
    hints: [
      "Does wire/incoming pass? The kernel is one more client.",
      "Is the SYN+ACK sent, and does the kernel answer it with ACK, with RST, or not at all?",
      "Not at all: look at the checksum; the kernel's counters stand below. RST: look at seq and ack.",
    ],
    run: async (t) => await kernelIsServed(t, await t.live()),
  },

  "you-connect": {
    title: "you connect to the kernel over TAP, and are served",
    kind: "live",
    weight: 3,
    covers: ["SM-3", "MUST-2", "MUST-3", "MUST-44", "MUST-45"],
    look: ["activeOpen", "synSentArrives", "parseSegment", "writeSegment"],
    twin: "wire/outgoing",
    why:
      "Now the first word is ours. The kernel answers it if all of it is right, and waits for the third segment before its application hears of us.",
    hints: [
      "Is there a SYN from you, and a SYN+ACK from the kernel?",
      "If it answers and you do not: synSentArrives. If it does not answer: the SYN is wrong.",
      "Run the checks of the group synsent, and write/syn-options.",
    ],
    run: async (t) => void await youAreServed(t, await t.live()),
  },

  "kernel-connects-tun": {
    title: "the kernel connects to you over TUN",
    kind: "live",
    covers: ["SM-2", "MUST-3"],
    look: ["passiveOpen", "parseSegment"],
    twin: "wire/incoming",
    why:
      "TCP does not care what carries it. Over TUN there is no Ethernet in front, so the segment lies elsewhere in its buffer: whoever counts from anything but `frame.start` is found out here.",
    hints: [
      "Does it work over TAP? Then it is an offset.",
      "Every offset counts from `frame.start`.",
      "`text` is an offset in the frame, too.",
    ],
    run: async (t) => await kernelIsServed(t, await t.live({ kind: "tun" }), 3001),
  },

  "you-connect-tun": {
    title: "you connect to the kernel over TUN",
    kind: "live",
    covers: ["SM-3", "MUST-2"],
    look: ["activeOpen", "synSentArrives", "writeSegment"],
    twin: "wire/outgoing",
    why:
      "The other direction, without Ethernet: the header that you push must find its room in front, whatever is pushed in front of it later.",
    hints: [
      "Does it work over TAP?",
      "`frame.push` tells where your header begins.",
      "Nothing of yours knows where the frame ends but `frame.end`.",
    ],
    run: async (t) => void await youAreServed(t, await t.live({ kind: "tun" }), 3001),
  },

  "kernel-refused": {
    title: "a closed port of yours refuses the kernel",
    kind: "live",
    weight: 2,
    covers: ["SM-1"],
    look: ["answerStray", "writeSegment"],
    twin: "stray/closed-port",
    why:
      "“Connection refused” is what the kernel's client makes of a RST that acknowledges its SYN (RFC 9293 §3.10.7.1). A RST with other numbers is not believed, and it tries on for two minutes.",
    hints: [
      "Did you send a RST? With which numbers?",
      "seq 0, and ack one behind the kernel's SYN.",
      "Run stray/to-a-syn.",
    ],
    run: async (t) => {
      const station = await t.live();
      for (let i = 0; i < 2; i++) {
        const client = await station.kernel.tcpClient({ to: station.address, port: t.random.int(100, 60_000), quiet: 100 });
        t.equal(client.error, "ECONNREFUSED", "what the kernel's client says of a closed port of yours");
      }
    },
  },

  "you-refused": {
    title: "a closed port of the kernel's refuses you",
    kind: "live",
    weight: 2,
    covers: ["SM-3", "MUST-12"],
    look: ["synSentArrives"],
    twin: "wire/refused",
    why:
      "The kernel's RST acknowledges our SYN, and has number 0 (RFC 9293 §3.10.7.1). The application is told at once (§3.10.7.3, second).",
    hints: ["Is the kernel's RST believed?", "RST and an acceptable ACK: refused.", "Run synsent/refused."],
    run: async (t) => {
      const station = await t.live();
      const connection = await station.tcp.connected(t.random.int(100, 60_000));
      t.equal((await connection.look()).state, "CLOSED", "the state of your connection");
      const syns = station.tcp.segments().filter(({ direction, flags }) => direction === "from stack" && flags === "SYN");
      t.equal(syns.length, 1, "SYNs that you sent: after a refusal there is no second one");
    },
  },

  "kernel-offers": {
    title: "the options of the kernel's SYN are agreed on",
    kind: "live",
    weight: 2,
    covers: ["7323-2.2", "7323-3.2a", "2018-2", "MUST-14", "MUST-64"],
    look: ["agreeOptions", "parseSegment"],
    twin: "passive/on-the-wire",
    why:
      "Linux offers everything: MSS, SACK, timestamps, and a window scale that depends on its memory. Each must stand in the connection as the kernel has said it.",
    hints: [
      "Which field is wrong? Compare it with the kernel's SYN in the ladder.",
      "sndScale is the kernel's scale; sndMss its MSS less 12 for timestamps.",
      "Run options/linux-syn, then the group agree.",
    ],
    run: async (t) => {
      const station = await t.live();
      await station.tcp.listen(80);
      const client = station.kernel.tcpClient({ to: station.address, port: 80, send: { size: 10 }, shutdown: true });
      const [outcome, view] = await meanwhile(client, lookedAt(station));
      expectAgreed(t, view, kernelSyn(station, "SYN", 80));
      t.equal(outcome.error, undefined, "the error of the kernel's client");
    },
  },

  "kernel-agrees": {
    title: "the kernel agrees to the options of your SYN",
    kind: "live",
    weight: 2,
    covers: ["7323-2.2", "7323-3.2a", "2018-2", "MUST-14"],
    look: ["writeSegment", "agreeOptions", "synSentArrives"],
    twin: "wire/stamps",
    why:
      "The kernel's SYN+ACK has exactly those options that it could read in our SYN: it is the best reader of our bytes. The third segment must echo its timestamp.",
    hints: [
      "Which option is missing in the kernel's SYN+ACK? Then your SYN has it wrong.",
      "02 04 · 01 01 04 02 · 01 01 08 0a · 01 03 03.",
      "Run write/syn-options.",
    ],
    run: async (t) => {
      const station = await t.live();
      const view = await youAreServed(t, station);
      const answer = kernelSyn(station, "SYN ACK", 7);
      const offered = { sack: answer.sackPermitted, scale: answer.windowScale !== undefined, stamps: answer.timestamps !== undefined };
      t.equal(offered, { sack: true, scale: true, stamps: true }, "the options in the kernel's SYN+ACK");
      expectAgreed(t, view, answer);
      const tsEcr = answer.timestamps?.[0] ?? 0;
      station.tcp.expectSegment(
        "from stack",
        { flags: "ACK", seq: 1, ack: 1, dataLength: 0, tsEcr },
        "the third segment echoes its timestamp",
        7,
      );
    },
  },

  "mtu-576": {
    title: "with an MTU of 576 both sides say 536",
    kind: "live",
    weight: 2,
    covers: ["SHLD-6", "MUST-67", "MUST-16", "MUST-14"],
    look: ["writeSegment", "agreeOptions"],
    twin: "wire/small-mtu",
    why:
      "MSS is the MTU less 40 (RFC 9293 §3.7.1), and full segments have 12 bytes less text when there are timestamps: 20 + 20 + 12 + 524 = 576. One byte more, and the link drops it.",
    hints: [
      "How long is your longest IP packet?",
      "sndMss must count the timestamps.",
      "Run agree/mss-timestamps.",
    ],
    run: async (t) => {
      t.step("the link has an MTU of 576, on both sides");
      const station = await t.live({ kind: "tun", interfaces: [{ mtu: 576 }] });
      await kernelIsServed(t, station, 3000);
      station.tcp.expectSegment("from kernel", { flags: "SYN", mss: 536 }, "the kernel's SYN says an MSS of 536", 80);
      station.tcp.expectSegment("from stack", { flags: "SYN ACK", mss: 536 }, "your SYN+ACK says an MSS of 536", 80);
      const longest = Math.max(...station.frames.filter(({ direction }) => direction === "from stack").map(({ bytes }) => bytes.length));
      t.equal(longest, 576, "the length of your longest packet");
    },
  },

  "iss-differs": {
    title: "each connection begins at a number of its own",
    kind: "live",
    covers: ["MUST-8", "MUST-9", "6528"],
    look: ["chooseIss"],
    twin: "iss/per-connection",
    why:
      "Four connections within a few milliseconds. A clock alone would have moved by some hundred; a constant not at all. A stranger must not learn from the first where the second begins (RFC 6528 §3).",
    hints: ["What are the four numbers?", "M + F: clock and hash.", "Run iss/per-connection."],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tun", seed: t.random.int(1, 2 ** 31) });
      for (let i = 0; i < 4; i++) await station.tcp.connected(90 + i);
      const syns = station.frames.filter(({ direction, bytes }) => direction === "from stack" && bytes[33] === SYN);
      const numbers = syns.map(({ bytes }) => seq(new DataView(bytes.buffer, bytes.byteOffset).getUint32(24)));
      t.equal(numbers.length, 4, "SYNs of yours, to four closed ports");
      const steps = numbers.slice(1).map((number, index) => Math.abs(seqDiff(number, numbers[index] ?? seq(0))));
      t.step(`their numbers: ${numbers.join(", ")}`);
      const isFar = steps.some((step) => step > 0x100_0000);
      t.ok(isFar, "first numbers that lie far apart", "each is less than 2²⁴ away from the one before it");
    },
  },
};
