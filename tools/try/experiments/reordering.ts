import type { Experiment } from "../experiment.ts";
import { connected, connectedToLinux } from "../setup.ts";

export const reordering: Experiment = {
  name: "reordering",
  title: "segments overtake one another, unseen by the reader",
  chapter: "07-buffers-and-windows.md#out-of-order",
  before: [
    "A client writes 7,240 bytes, five segments. The second is held up on its way for 30 ms, and the other three overtake it. Nothing is lost.",
    "Guess: in which order does the program read, what do the acknowledgments say meanwhile, and is anything sent twice?",
  ],
  after: [
    "What came too early waits behind the gap; the acknowledgment number stays where the gap begins, and the SACK blocks say what lies beyond it (RFC 2018). Three segments beyond a gap are what a loss looks like, so the sender sent the late one once more (RFC 6675 §4): it cannot know the difference. The receiver threw the second copy away, and said so in a SACK block (RFC 2883).",
    'The common note says "TCP numbers packets". It numbers bytes: an acknowledgment names the next byte that is wanted, whatever segments it came in.',
  ],
  async play(stage): Promise<void> {
    const { wire, near, far } = await connected(stage);
    let segments = 0;
    wire.fate = (packet) => packet.from === "client" && packet.data.length > 0 && ++segments === 2 ? { late: 30 } : undefined;
    const sent = Uint8Array.from({ length: 7240 }, (_, at) => at * 7);
    await near.write(sent);
    await stage.run(300);
    const read = new Uint8Array(7240);
    for (let count = 0; count < read.length;) count += await stage.settle(far.read(read.subarray(count))) ?? read.length;
    stage.expect("the program read every byte, in order", read.every((byte, at) => byte === sent[at]));
    const gaps = stage.seen.filter((packet) => packet.text("TCP", "options").includes("sack")).map((packet) => packet.field("TCP", "ack"));
    stage.expect("the first two acknowledgments name the same byte, where the gap begins", gaps.length >= 2 && gaps[0] === gaps[1]);
    const bytes = stage.seen.reduce((sum, packet) => sum + (packet.from === "client" ? packet.data.length : 0), 0);
    stage.expect(`${bytes - sent.length} bytes were sent a second time, for nothing`, bytes > sent.length);
  },
  live: {
    before: [
      "Our host writes 7,240 bytes to Linux, in five segments. The second is held up on its way, and the others overtake it. Nothing is lost.",
      "Guess: in which order does the program on Linux read, and what do Linux's acknowledgments say meanwhile?",
    ],
    async play(stage): Promise<void> {
      const { linux, near, far } = await connectedToLinux(stage);
      let segments = 0;
      stage.wire.fate = (packet) => packet.from === "host" && packet.data.length > 0 && ++segments === 2 ? { late: 200 } : undefined;
      const sent = Uint8Array.from({ length: 7240 }, (_, at) => at * 7);
      await near.write(sent);
      const read: number[] = [];
      while (read.length < sent.length) {
        const more = await linux.read(far, sent.length);
        if (more.length === 0) break;
        read.push(...more);
      }
      stage.expect("the program read every byte, in order", read.length === sent.length && read.every((byte, at) => byte === sent[at]));
      const gaps = () => stage.seen.filter((packet) => packet.from === "kernel" && packet.text("TCP", "options").includes("sack"));
      const again = await stage.until(() => new Set(gaps().map((packet) => packet.field("TCP", "ack"))).size === 2);
      stage.expect("Linux named the gap, in SACK blocks what lay beyond it, and at last what came twice (RFC 2883)", again);
    },
  },
};
