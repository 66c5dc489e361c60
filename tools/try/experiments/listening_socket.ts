import { parseSocketAddress } from "../../../stack/socket/address.ts";
import { createProcess } from "../../../stack/socket/descriptors.ts";
import { formatSocketTable, socketTable } from "../../../stack/socket/table.ts";
import { KernelProgram } from "../kernel_program.ts";
import { connect } from "../../../stack/socket/conn.ts";
import type { Experiment } from "../experiment.ts";
import { listening } from "../setup.ts";

export const listeningSocket: Experiment = {
  name: "listening-socket",
  title: "one socket listens, three are connected, one is closed",
  chapter: "09-listening-and-connected.md#a-connected-socket",
  before: [
    "A server listens on port 80, and three clients connect. Then the server closes its listening socket, and one of the clients goes on talking.",
    "Guess: how many sockets has the server, on which ports, and what becomes of the three connections?",
  ],
  after: [
    "A listening socket has an address and nobody at the other end, and no byte ever passes through it: it only makes sockets that are connected. They all have its port, for what tells them apart is the other end's address.",
    'The common notes say "the accepted connection moves to a new port" and "closing the server socket closes the server". Look at the table: neither is so. A fourth client is refused, because nobody listens any more; those who are inside notice nothing.',
  ],
  async play(stage): Promise<void> {
    const { client, server } = stage.twoHosts();
    const web = createProcess(server, { name: "web", privileged: true });
    const browser = createProcess(client, { name: "browser" });
    const address = parseSocketAddress("10.44.0.2:80");
    const door = listening(web, address);
    stage.ladder(false);
    const accepted = [];
    const near = [];
    for (let count = 0; count < 3; count++) {
      const descriptor = browser.socket("inet", "stream");
      await stage.settle(browser.connect(descriptor, address));
      near.push(descriptor);
      accepted.push(await stage.settle(web.accept(door)));
    }
    const rows = socketTable(server.tcp, [web]);
    stage.say("The server's table, as ss prints it, when all three are connected:");
    stage.lines(formatSocketTable(rows));
    stage.expect(
      "four sockets with port 80: one listens, three are connected",
      rows.filter(({ local }) => local.endsWith(":80")).length === 4,
    );

    stage.say("");
    stage.say("The server closes the listening socket. Then the first client writes, and a fourth one knocks:");
    await web.close(door);
    stage.ladder(true);
    await browser.write(near[0]!, new TextEncoder().encode("still here"));
    const late = browser.connect(browser.socket("inet", "stream"), address).then(() => "connected", (error) => `${error.code}`);
    await stage.run(30);
    const buffer = new Uint8Array(64);
    const count = await stage.settle(web.read(accepted[0]!, buffer));
    const text = new TextDecoder().decode(buffer.subarray(0, count));
    stage.expect(`the connection is as it was: the server reads "${text}"`, text === "still here");
    stage.expect(
      "the fourth client is refused (ECONNREFUSED): its SYN was answered with a RST",
      await stage.settle(late) === "ECONNREFUSED",
    );
    stage.lines(["", ...formatSocketTable(socketTable(server.tcp, [web]))]);
  },
  live: {
    before: [
      "Linux listens on port 80, and our host connects three times. Then Linux closes its listening socket, and our first client goes on talking.",
      "Guess: how many sockets has Linux, on which ports, and what becomes of the three connections?",
    ],
    async play(stage): Promise<void> {
      const linux = new KernelProgram(stage);
      const door = await linux.listen(80);
      stage.ladder(false);
      const near = [];
      const accepted: number[] = [];
      for (let count = 0; count < 3; count++) {
        near.push(await connect(stage.host, { hostname: "10.44.0.1", port: 80 }));
        accepted.push(await linux.accept(door));
      }
      const rows = await linux.table();
      stage.say("Linux's table, when all three are connected:");
      linux.show(rows);
      stage.expect(
        "four sockets with port 80: one listens, three are connected",
        rows.filter(({ local }) => local.endsWith(":80")).length === 4,
      );
      stage.say("");
      stage.say("Linux closes the listening socket. Then our first client writes, and a fourth one knocks:");
      await linux.close(door);
      stage.ladder(true);
      await near[0]?.write(new TextEncoder().encode("still here"));
      const text = await linux.readText(accepted[0] ?? -1);
      const late = await connect(stage.host, { hostname: "10.44.0.1", port: 80 }).then(() => "connected", ({ code }) => `${code}`);
      stage.expect(`the connection is as it was: Linux reads "${text}"`, text === "still here");
      stage.expect(`the fourth client: ${late}; Linux answered its SYN with a RST`, late === "ECONNREFUSED");
    },
  },
};
