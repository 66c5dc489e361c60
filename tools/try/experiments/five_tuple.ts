import { parseSocketAddress } from "../../../stack/socket/address.ts";
import { createProcess } from "../../../stack/socket/descriptors.ts";
import { formatSocketTable, socketTable } from "../../../stack/socket/table.ts";
import { KernelProgram } from "../kernel_program.ts";
import { listen } from "../../../stack/socket/listener.ts";
import type { Experiment } from "../experiment.ts";
import { listening } from "../setup.ts";

export const fiveTuple: Experiment = {
  name: "five-tuple",
  title: "one client port, two connections, and TCP beside UDP",
  chapter: "02-five-things-called-a-socket.md#the-table-keyed-by-both-addresses",
  before: [
    "A client binds one local port, 5000, and from it opens two connections to the same server: to port 80 and to port 443. A UDP socket on either side has port 80, or 5000, as well.",
    "Guess: is the second connect refused because port 5000 is in use? And how does the server's answer find its way to the right one?",
  ],
  after: [
    "A connection is named by both ends: local address and port, remote address and port, and the protocol in front: the five-tuple. Two that differ in one of the five are two. The table is looked up with all of them for every segment that comes.",
    'The common note says "a port can be used by one connection at a time", or "a server can have at most 65,535 clients". A port is one fifth of a name.',
  ],
  async play(stage): Promise<void> {
    const { client, server } = stage.twoHosts();
    const web = createProcess(server, { name: "web", privileged: true });
    const browser = createProcess(client, { name: "browser" });
    const doors = [80, 443].map((port) => listening(web, parseSocketAddress(`10.44.0.2:${port}`)));
    web.bind(web.socket("inet", "dgram"), parseSocketAddress("10.44.0.2:80"));
    const talker = browser.socket("inet", "dgram");
    browser.bind(talker, parseSocketAddress("10.44.0.1:5000"));
    const near = [80, 443].map((port) => {
      const descriptor = browser.socket("inet", "stream");
      browser.setsockopt(descriptor, "SO_REUSEADDR", true);
      browser.bind(descriptor, parseSocketAddress("10.44.0.1:5000"));
      return { descriptor, port };
    });
    for (const { descriptor, port } of near) await stage.settle(browser.connect(descriptor, parseSocketAddress(`10.44.0.2:${port}`)));
    const rows = socketTable(client.tcp, [browser]).filter(({ state }) => state === "ESTAB");
    stage.say("");
    stage.say("The client's table:");
    stage.lines(formatSocketTable(rows));
    stage.expect("two connections from the same port", rows.length === 2 && rows.every(({ local }) => local === "10.44.0.1:5000"));

    stage.say("");
    stage.say("Now the server writes into each, and a datagram goes between the same ports:");
    const accepted = [];
    for (const door of doors) accepted.push(await stage.settle(web.accept(door)));
    for (const [index, word] of ["from port 80", "from port 443"].entries()) {
      await web.write(accepted[index]!, new TextEncoder().encode(word));
    }
    await stage.settle(browser.connect(talker, parseSocketAddress("10.44.0.2:80")));
    await browser.write(talker, new TextEncoder().encode("a datagram"));
    await stage.run(200);
    const heard = [];
    for (const { descriptor } of near) {
      const buffer = new Uint8Array(64);
      heard.push(new TextDecoder().decode(buffer.subarray(0, await stage.settle(browser.read(descriptor, buffer)))));
    }
    stage.expect(`each has what is its own: "${heard.join('", "')}"`, heard.join() === "from port 80,from port 443");
    stage.expect("and neither has the datagram: UDP's port 5000 is another one", server.counters()["udp: received"] === 1);
    // A client that uses a full name twice is refused: there would be two answers to "whose is this segment?"
    const twin = browser.socket("inet", "stream");
    browser.setsockopt(twin, "SO_REUSEADDR", true);
    browser.bind(twin, parseSocketAddress("10.44.0.1:5000"));
    const again = await stage.settle(
      browser.connect(twin, parseSocketAddress("10.44.0.2:80")).then(() => "connected", (error) => `${error.code}`),
    );
    stage.expect(`only the same five once more are refused: ${again}`, again === "EADDRNOTAVAIL" || again === "EADDRINUSE");
  },
  live: {
    before: [
      "Linux makes two sockets, binds both to port 5000, and connects them to our ports 80 and 443. Then it tries port 80 once more from port 5000.",
      "Guess: which of the three does Linux refuse?",
    ],
    async play(stage): Promise<void> {
      const linux = new KernelProgram(stage);
      for (const port of [80, 443]) listen(stage.host, { port });
      const said: string[] = [];
      for (const port of [80, 443, 80]) {
        const descriptor = await linux.socket();
        await linux.set(descriptor, "SO_REUSEADDR", 1);
        await linux.call({ name: "bind", descriptor, address: { ip: "10.44.0.1", port: 5000 } });
        said.push(await linux.said({ name: "connect", descriptor, address: { ip: "10.44.0.2", port } }));
      }
      stage.say("Linux's table:");
      const rows = (await linux.table()).filter(({ state }) => state === "ESTAB");
      linux.show(rows);
      stage.expect(
        "two connections from the same port",
        said.slice(0, 2).join() === "0,0" && rows.length === 2 && rows.every(({ local }) => local === "10.44.0.1:5000"),
      );
      stage.expect(`only the same five once more are refused: ${said[2]}`, said[2] === "EADDRNOTAVAIL");
    },
  },
};
