import { parseSocketAddress } from "../../../stack/socket/address.ts";
import { createProcess } from "../../../stack/socket/descriptors.ts";
import { listen, type TcpListener } from "../../../stack/socket/listener.ts";
import type { Experiment } from "../experiment.ts";
import { listening } from "../setup.ts";

/** The client's ephemeral ports, from 50000. */
const RANGE = 1000;

export const portExhaustion: Experiment = {
  name: "port-exhaustion",
  title: "no port is left for this server, and plenty for others",
  chapter: "08-ports-and-demultiplexing.md#ephemeral-ports",
  before: [
    "A client connects to one port of one server, over and over, and closes each connection at once; so each of them stays behind in TIME-WAIT, for a minute. So that it goes quickly, the client has 1,000 ephemeral ports here, and not the usual 16,384.",
    "Guess: after how many does connect() fail, with what, and can the client still reach another port of the same server?",
  ],
  after: [
    "Three of the four numbers are fixed, so the fourth, the client's port, is all that is left: 1,000 of them here, 16,384 in RFC 6335's range, 28,232 on Linux. Who closes first keeps the name for a minute (TIME-WAIT), so on Linux 470 short connections a second to one server's port are the most. To another port of the server, all of them begin anew.",
    'The common notes say "the machine has run out of ports" and "TIME-WAIT must be turned off". It has run out of names for this one peer. Keeping connections open is the remedy (HTTP does that), or more addresses; and Linux, told so by tcp_tw_reuse, takes a name again after a second where timestamps tell old segments from new.',
  ],
  async play(stage): Promise<void> {
    const { client, server } = stage.twoHosts({ delay: 1, client: { tcp: { firstEphemeral: 50_000, lastEphemeral: 50_000 + RANGE - 1 } } });
    const web = createProcess(server, { name: "web", privileged: true });
    const browser = createProcess(client, { name: "browser" });
    for (const port of [80, 81]) {
      const door = listening(web, parseSocketAddress(`10.44.0.2:${port}`), 100);
      acceptAndClose(door);
    }
    stage.ladder(false);
    let made = 0;
    let error = "";
    while (error === "" && made <= 2 * RANGE) {
      const batch = Array.from({ length: 50 }, () => visit(80));
      for (const said of await stage.settle(Promise.all(batch))) {
        if (said === "connected") made++;
        else error = said;
      }
    }
    stage.expect(
      `${made.toLocaleString("en")} connections were made, then connect() said ${error}`,
      made === RANGE && error === "EADDRNOTAVAIL",
    );
    const elsewhere = await stage.settle(visit(81));
    stage.expect(`to port 81 of the same server: ${elsewhere}`, elsewhere === "connected");
    await stage.run(60_000);
    const later = await stage.settle(visit(80));
    stage.expect(`a minute later, to port 80: ${later}`, later === "connected");

    /** Connects, and closes first. */
    async function visit(port: number): Promise<string> {
      const descriptor = browser.socket("inet", "stream");
      try {
        await browser.connect(descriptor, parseSocketAddress(`10.44.0.2:${port}`));
        return "connected";
      } catch (error) {
        return `${(error as { code?: string }).code}`;
      } finally {
        await browser.close(descriptor);
      }
    }

    async function acceptAndClose(door: ReturnType<typeof web.socket>): Promise<void> {
      const buffer = new Uint8Array(1);
      for (;;) {
        const far = await web.accept(door);
        web.read(far, buffer).catch(() => {}).then(() => web.close(far));
      }
    }
  },
  live: {
    before: [
      "Linux may use ten ephemeral ports only (net.ipv4.ip_local_port_range). It connects to our port 80 over and over, and closes each connection at once.",
      "Guess: after how many does connect() fail, with what, and can Linux still reach our port 81?",
    ],
    after:
      "Ten names for one peer are ten connections, until they are forgotten: Linux keeps each for a minute after it has closed first (TIME-WAIT). To another port all ten begin anew: what ran out was not ports, but names for one server's port.",
    async play(stage): Promise<void> {
      stage.ladder(false);
      await stage.kernel.sysctl({ name: "net.ipv4.ip_local_port_range", value: "50000 50009" });
      for (const port of [80, 81]) readAndClose(listen(stage.host, { port }));
      const visit = async (port: number): Promise<string> =>
        (await stage.kernel.tcpConnect({ to: "10.44.0.2", port })).error ?? "connected";
      const said: string[] = [];
      while (said.length <= 20 && !said.some((word) => word !== "connected")) said.push(await visit(80));
      stage.expect(
        `${said.length - 1} connections were made, then connect() said ${said.at(-1)}`,
        said.length === 11 && said.at(-1) === "EADDRNOTAVAIL",
      );
      const elsewhere = await visit(81);
      stage.expect(`to port 81: ${elsewhere}`, elsewhere === "connected");
    },
  },
};

/** A server that waits until its client closes, and closes then. */
async function readAndClose(listener: TcpListener): Promise<void> {
  for await (const conn of listener) void conn.read(new Uint8Array(1)).catch(() => {}).then(() => conn.close());
}
