import { parseSocketAddress } from "../../../stack/socket/address.ts";
import { createProcess } from "../../../stack/socket/descriptors.ts";
import type { Experiment } from "../experiment.ts";
import { listening } from "../setup.ts";

const FIRST = 49_152;

export const ephemeralPorts: Experiment = {
  name: "ephemeral-ports",
  title: "a client's own port, and who chooses it",
  chapter: "08-ports-and-demultiplexing.md#ephemeral-ports",
  before: [
    "A client opens six connections to one server and never calls bind(). Each needs a local port all the same.",
    "Guess: who chooses it, when, from which range, and are they in a row?",
  ],
  after: [
    "connect() takes a free one from a range that is kept for this: 49152 to 65535 (RFC 6335 §6); Linux uses 32768 to 60999. It starts at a random place, for a stranger who wants to forge a segment has to guess all four numbers, and should not be given one (RFC 6056).",
    'The common note says "the client uses the same port as the server". Nothing in TCP has the two ports alike; one names the service, and the other tells this client\'s connections apart.',
  ],
  async play(stage): Promise<void> {
    const { client, server } = stage.twoHosts();
    const web = createProcess(server, { name: "web", privileged: true });
    const browser = createProcess(client, { name: "browser" });
    const address = parseSocketAddress("10.44.0.2:80");
    listening(web, address, 10);
    stage.ladder(false);
    const chosen: number[] = [];
    for (let count = 0; count < 6; count++) {
      const descriptor = browser.socket("inet", "stream");
      const before = browser.getsockname(descriptor).port;
      await stage.settle(browser.connect(descriptor, address));
      const { port } = browser.getsockname(descriptor);
      chosen.push(port);
      stage.lines([`descriptor ${descriptor}: before connect() port ${before}, after it ${port}`]);
    }
    stage.expect(`all from ${FIRST} to 65535`, chosen.every((port) => port >= FIRST && port <= 65_535));
    stage.expect("no two alike", new Set(chosen).size === chosen.length);
    stage.expect(
      "and not in a row, so that nobody can guess the next",
      chosen.some((port, at) => at > 0 && Math.abs(port - (chosen[at - 1] ?? 0)) > 1),
    );
  },
  live: {
    before: "Linux opens three connections to our host. Which ports does it take? The range is in /proc/sys/net/ipv4/ip_local_port_range.",
    async play(stage): Promise<void> {
      const web = createProcess(stage.host, { name: "web", privileged: true });
      listening(web, parseSocketAddress("10.44.0.2:80"), 10);
      stage.ladder(false);
      const [low = 0, high = 0] = (await stage.kernel.sysctl({ name: "net.ipv4.ip_local_port_range" })).trim().split(/\s+/).map(Number);
      for (let count = 0; count < 3; count++) await stage.kernel.tcpConnect({ to: "10.44.0.2", port: 80 });
      await stage.until(() => stage.host.tcp.connections().length === 3);
      const ports = stage.host.tcp.connections().map(({ tcb }) => tcb.remotePort);
      stage.lines([`Linux's range: ${low} to ${high}; it took ${ports.join(", ")}`]);
      stage.expect("all from its range", ports.length === 3 && ports.every((port) => port >= low && port <= high));
    },
  },
};
