import { connect } from "../../../stack/socket/conn.ts";
import { listen } from "../../../stack/socket/listener.ts";
import type { Experiment } from "../experiment.ts";

export const reordering: Experiment = {
  name: "reordering",
  title: "segments overtake one another, unseen by the reader",
  chapter: "07-buffers-and-windows.md#out-of-order",
  before: [
    "A client writes 7,240 bytes, five segments. The second is held up on its way for 30 ms, and the other three overtake it. Nothing is lost.",
    "Guess: in which order does the program read, what do the acknowledgments say meanwhile, and is anything sent twice?",
  ],
  after: [
    "What came too early waits behind the gap; the acknowledgment number stays where the gap begins, and the SACK blocks say what lies beyond it (RFC 2018). Three such acknowledgments are what a loss looks like, so the sender sent the late segment once more (RFC 5681 §3.2): it cannot know the difference. The receiver threw the second copy away.",
    'The common note says "TCP numbers packets". It numbers bytes: an acknowledgment names the next byte that is wanted, whatever segments it came in.',
  ],
  async play(stage): Promise<void> {
    const { client, server, wire } = stage.twoHosts();
    const listener = listen(server, { port: 80 });
    stage.ladder(false);
    const near = await stage.settle(connect(client, { hostname: "10.44.0.2", port: 80 }));
    const far = await stage.settle(listener.accept());
    await stage.run(70);
    stage.ladder(true);
    let segments = 0;
    wire.fate = (packet) => packet.from === "client" && packet.data.length > 0 && ++segments === 2 ? { late: 30 } : undefined;
    const sent = Uint8Array.from({ length: 7240 }, (_, at) => at * 7);
    await near.write(sent);
    await stage.run(300);
    const read = new Uint8Array(7240);
    for (let count = 0; count < read.length;) count += await stage.settle(far.read(read.subarray(count))) ?? read.length;
    stage.expect("the program read every byte, in order", read.every((byte, at) => byte === sent[at]));
    const acks = stage.seen.filter((packet) => packet.from === "server").map((packet) => packet.field("TCP", "ack"));
    const repeated = acks.filter((ack, at) => ack === acks[at - 1]).length;
    stage.expect(`${repeated} acknowledgments repeated the one before: the gap was where it was`, repeated >= 3);
    const bytes = stage.seen.reduce((sum, packet) => sum + (packet.from === "client" ? packet.data.length : 0), 0);
    stage.expect(`${bytes - sent.length} bytes were sent a second time, for nothing`, bytes > sent.length);
  },
};
