import { parseSocketAddress } from "../../../stack/socket/address.ts";
import { createProcess } from "../../../stack/socket/descriptors.ts";
import type { Experiment } from "../experiment.ts";
import { listening } from "../setup.ts";

export const ports: Experiment = {
  name: "ports",
  title: "open, closed, filtered: what a port looks like",
  chapter: "08-ports-and-demultiplexing.md#closed-and-what-it-looks-like",
  before: [
    "A client knocks at three ports of a server, as a port scanner does. Somebody listens at 80, nobody at 81, and what is sent to 82 a firewall on the way drops.",
    "Guess: what comes back from each, and how long does the client wait for it? The client gives up after ten seconds.",
  ],
  after: [
    "A port is a number in a header. Nothing is opened or closed: a host answers for it with SYN ACK, or with RST, or (where something in between keeps silent) not at all. Scanners call that open, closed and filtered.",
    "The common note says \"a closed port doesn't answer\". It answers at once; that is how one knows that the host is there. And 80 belongs to no program: TCP's and UDP's ports are two tables, in which sockets stand.",
  ],
  async play(stage): Promise<void> {
    const { client, server, wire } = stage.twoHosts({ tcp: { userTimeout: 10_000 } });
    const web = createProcess(server, { name: "web", privileged: true });
    const browser = createProcess(client, { name: "browser" });
    listening(web, parseSocketAddress("10.44.0.2:80"));
    wire.fate = (packet) => ({ lost: packet.field("TCP", "destinationPort") === 82 });
    const results: string[] = [];
    for (const port of [80, 81, 82]) {
      const began = stage.now();
      const connecting = browser.connect(browser.socket("inet", "stream"), parseSocketAddress(`10.44.0.2:${port}`));
      const said = await stage.settle(connecting.then(() => "connected", (error) => `${error.code}`));
      results.push(said);
      stage.say(`connect() to port ${port}: ${said}, after ${stage.now() - began} ms`);
    }
    stage.expect("open: SYN ACK; closed: RST; filtered: silence", results.join() === "connected,ECONNREFUSED,ETIMEDOUT");
  },
  live: {
    before: "Our host listens at port 80 and nowhere else. Linux knocks at 80 and at 81.",
    async play(stage): Promise<void> {
      const web = createProcess(stage.host, { name: "web", privileged: true });
      listening(web, parseSocketAddress("10.44.0.2:80"));
      const open = await stage.kernel.tcpConnect({ to: "10.44.0.2", port: 80 });
      const closed = await stage.kernel.tcpConnect({ to: "10.44.0.2", port: 81 });
      stage.expect(
        `Linux says of 80: ${open.error ?? "connected"}, of 81: ${closed.error}`,
        open.error === undefined && closed.error === "ECONNREFUSED",
      );
    },
  },
};
