import { connect } from "../../../stack/socket/conn.ts";
import { listen } from "../../../stack/socket/listener.ts";
import { openPacket } from "../../../stack/wire/describe.ts";
import type { Experiment } from "../experiment.ts";

export const wallSocket: Experiment = {
  name: "wall-socket",
  title: "one byte through every layer, and what it costs",
  chapter: "01-the-wall-socket.md#behind-the-plate",
  before: [
    "Two hosts on a fresh Ethernet. A program on one connects to the other, writes one byte, and closes; the other reads it.",
    "Guess: how many frames does that take, how many bytes, and which of them does the program see?",
  ],
  after: [
    "The program saw three calls. Behind the plate somebody found out which machine has the address (ARP, lab 02), agreed on where counting begins (lab 04), said goodbye in both directions (lab 05), and put headers in front of every piece: TCP's, IP's, Ethernet's (labs 01 to 06).",
    'The common note says "TCP sends your data". It sends segments, and only one of these had your byte in it. Nothing on the wire is a socket, and no frame knows of a program.',
  ],
  async play(stage): Promise<void> {
    const { client, server } = stage.twoHosts({ medium: "ethernet" });
    const listener = listen(server, { port: 80 });
    const near = await stage.settle(connect(client, { hostname: "10.44.0.2", port: 80 }));
    await near.write(new TextEncoder().encode("!"));
    const far = await stage.settle(listener.accept());
    const buffer = new Uint8Array(8);
    const count = await stage.settle(far.read(buffer)) ?? 0;
    near.close();
    await stage.run(20);
    far.close();
    await stage.run(200);

    const bytes = stage.seen.reduce((sum, packet) => sum + packet.bytes.length, 0);
    const withText = stage.seen.filter((packet) => packet.layer("TCP") !== undefined && packet.data.length > 0);
    stage.expect(`the other program read ${count} byte: "${new TextDecoder().decode(buffer.subarray(0, count))}"`, count === 1);
    stage.expect(`${stage.seen.length} frames, ${bytes} bytes on the wire, one of which is yours`, withText.length === 1 && bytes > 500);
    const [carrier] = withText;
    if (carrier === undefined) return;
    stage.say("");
    stage.say(
      "Here is the one that carries it, layer by layer. The data at the end is what you wrote. (Its window is in units of 16 bytes, as the SYNs have agreed; the ladder has multiplied.)",
    );
    stage.say("");
    stage.lines(openPacket(carrier.bytes, "ethernet", { columns: 77, lines: 2 }).split("\n"));
  },
  live: {
    before: "The same with the Linux kernel as the other end: it connects to our host, writes one byte, and closes.",
    async play(stage): Promise<void> {
      const listener = listen(stage.host, { port: 80 });
      const accepting = listener.accept();
      const talking = stage.kernel.tcpClient({ to: "10.44.0.2", port: 80, send: { size: 1 } });
      const far = await accepting;
      const count = await far.read(new Uint8Array(8));
      far.close();
      await talking;
      await stage.until(() => stage.host.tcp.connections().length === 0);
      stage.expect(`our program read ${count} byte, and ${stage.seen.length} frames went by`, count === 1 && stage.seen.length >= 9);
    },
  },
};
