import { connect } from "../../../stack/socket/conn.ts";
import { listen } from "../../../stack/socket/listener.ts";
import type { Experiment } from "../experiment.ts";

export const lostSyn: Experiment = {
  name: "lost-syn",
  title: "the first segment is lost, and nobody says so",
  chapter: "05-the-handshake.md#refused-and-not-answered",
  before: [
    "A client connects, and the wire loses its first two segments. No router reports that, and no server is there yet to miss anything.",
    "Guess: how long does connect() take? The wire needs 10 ms each way.",
  ],
  after: [
    "A lost SYN costs a second, the next one two more, then four: without an answer TCP knows no round trip time, so it waits a second at first, and twice as long each time (RFC 6298 §2.1, §5.5). A connection that takes 1.02 or 3.02 seconds to open has lost one or two segments.",
    'The common note says "a slow connect is a slow server". The server here answered within 10 ms of the first SYN that it saw.',
  ],
  async play(stage): Promise<void> {
    const { client, server, wire } = stage.twoHosts();
    listen(server, { port: 80 });
    wire.fate = ({ number }) => ({ lost: number <= 2 });
    await stage.settle(connect(client, { hostname: "10.44.0.2", port: 80 }));
    stage.expect(`connect() took ${stage.now()} ms: 1000 + 2000, and one round trip`, stage.now() === 3020);
  },
  live: {
    before: "Linux connects to our host, and the wire loses its first segment. Guess: how long does connect() take?",
    after: [
      "Linux waits a second, too (RFC 6298 §2.1). But where that RFC doubles each time, Linux from 6.5 on sends the first four copies of a SYN a second apart, and doubles only then (net.ipv4.tcp_syn_linear_timeouts).",
      'The common note says "a slow connect is a slow server". Our host answered at once the first SYN that it saw.',
    ],
    async play(stage): Promise<void> {
      listen(stage.host, { port: 80 });
      let syns = 0;
      stage.wire.fate = (packet) => ({ lost: packet.has("SYN") && packet.from === "kernel" && ++syns <= 1 });
      const began = stage.now();
      const { error } = await stage.kernel.tcpConnect({ to: "10.44.0.2", port: 80, timeout: 3000 });
      const took = stage.now() - began;
      stage.expect(
        `Linux, too, came again after a second: connected after ${took.toFixed(0)} ms`,
        error === undefined && syns === 2 && took > 990,
      );
    },
  },
};
