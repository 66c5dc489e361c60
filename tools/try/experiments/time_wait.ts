import { parseSocketAddress } from "../../../stack/socket/address.ts";
import { createProcess } from "../../../stack/socket/descriptors.ts";
import { formatSocketTable, socketTable } from "../../../stack/socket/table.ts";
import type { Experiment } from "../experiment.ts";
import { connected, connectedFromLinux } from "../setup.ts";

export const timeWait: Experiment = {
  name: "time-wait",
  title: "why the one who closes first waits for a minute",
  chapter: "06-the-eleven-states.md#why-time-wait",
  before: [
    "A client closes, the server closes, and the client's last acknowledgment is lost. A second later the server says FIN once more.",
    "Guess: who is still there to answer it, and for how long?",
  ],
  after: [
    "Everything was sent and everything acknowledged, and one record is kept all the same: by the end that closed first (RFC 9293 §3.6.1). It answers the FIN that comes again, where otherwise a RST would, as if something had gone wrong; and it keeps the name (both addresses, both ports) from being used for a new connection while segments of the old one may still be about. The RFC asks for four minutes; here, as on Linux, it is one.",
    'The common notes say "TIME-WAIT is a leak" and "the server has too many of them". It costs a small record for a minute; whoever has many of them is the one who closes first.',
  ],
  async play(stage): Promise<void> {
    const { client, server, wire, near, far } = await connected(stage);
    near.close();
    await stage.run(100);
    far.close();
    let lost = 0;
    wire.fate = (packet) => ({ lost: packet.from === "client" && ++lost === 1 });
    await stage.run(2000);
    const again = stage.seen.filter((packet) => packet.from === "server" && packet.has("FIN")).length;
    stage.expect(
      `the server sent its FIN ${again} times, and somebody answered the second`,
      again === 2 && server.tcp.connections().length === 0,
    );
    stage.say("");
    stage.say("The server has forgotten the connection. The client has not:");
    stage.lines(formatSocketTable(socketTable(client.tcp, [])));
    const reopened = await reuse();
    stage.expect(`a program that wants the same port without SO_REUSEADDR: ${reopened}`, reopened === "EADDRINUSE");
    await stage.run(60_000);
    stage.say("");
    stage.expect(
      `a minute later the table is empty, and the port is free: ${await reuse()}`,
      client.tcp.connections().length === 0 && await reuse() === "bound",
    );

    async function reuse(): Promise<string> {
      const process = createProcess(client);
      const { localAddr } = near;
      try {
        process.bind(process.socket("inet", "stream"), parseSocketAddress(`10.44.0.1:${localAddr.port}`));
        return "bound";
      } catch (error) {
        return `${(error as { code?: string }).code}`;
      } finally {
        await process.exit();
      }
    }
  },
  live: {
    before: [
      "Linux closes, our server closes, and Linux's last acknowledgment is lost. A second later our host says FIN once more.",
      "Guess: what stands in Linux's table by then, and what does it say to a program that wants the port?",
    ],
    async play(stage): Promise<void> {
      const { linux, near, far } = await connectedFromLinux(stage);
      await linux.close(near);
      await far.read(new Uint8Array(1));
      let answers = 0;
      stage.wire.fate = (packet) => ({ lost: packet.from === "kernel" && ++answers === 1 });
      far.close();
      const gone = await stage.until(() => stage.host.tcp.connections().length === 0);
      const again = stage.seen.filter((packet) => packet.from === "host" && packet.has("FIN")).length;
      stage.expect(`our host sent its FIN ${again} times, and Linux answered the second`, gone && again >= 2);
      stage.say("");
      stage.say("Our host has forgotten the connection. Linux has not:");
      const [row] = await linux.table();
      linux.show(row === undefined ? [] : [row]);
      const port = Number(row?.local.split(":")[1]);
      const said = await linux.said({ name: "bind", descriptor: await linux.socket(), address: { ip: "10.44.0.1", port } });
      stage.expect(`bind() to port ${port} without SO_REUSEADDR: ${said}`, row?.state === "TIME-WAIT" && said === "EADDRINUSE");
    },
  },
};
