import { connect } from "../../../stack/socket/conn.ts";
import { listen } from "../../../stack/socket/listener.ts";
import { KernelProgram } from "../kernel_program.ts";
import type { Experiment } from "../experiment.ts";

export const zeroWindow: Experiment = {
  name: "zero-window",
  title: "a reader sleeps, a writer waits, and one byte asks",
  chapter: "07-buffers-and-windows.md#the-window",
  before: [
    "A writer with a send buffer of 8,000 bytes writes 16,000 to a reader whose buffer holds 4,000, and who sleeps for five seconds. When it wakes up and reads, the segment that says so is lost.",
    "Guess: who notices that the window is open again, and when?",
  ],
  after: [
    "The window update is a pure acknowledgment: nobody acknowledges it, so nobody would send it again. If the writer only waited, both would wait for ever. So it asks, with one byte beyond the window, now and then (RFC 9293 §3.8.6.1, the zero-window probe), and every answer says how large the window is by now.",
    "The common note says \"a slow reader loses data\". Not a byte was lost, and none was thrown away but those that asked. The reader's slowness has travelled through two buffers to the writer's write().",
  ],
  async play(stage): Promise<void> {
    const { client, server, wire } = stage.twoHosts({ tcp: { sendBuffer: 8000, receiveBuffer: 4000 } });
    const listener = listen(server, { port: 80 });
    const near = await stage.settle(connect(client, { hostname: "10.44.0.2", port: 80 }));
    const far = await stage.settle(listener.accept());
    let returned = -1;
    near.write(new Uint8Array(16_000)).then(() => returned = stage.now());
    await stage.run(5000 - stage.now());
    stage.say(`${stage.now()} ms: the server reads 4,000 bytes, and what it says of that is lost.`);
    let updates = 0;
    wire.fate = (packet) => ({ lost: packet.from === "server" && ++updates === 1 });
    let count = 0;
    const opened = stage.now();
    count += await stage.settle(far.read(new Uint8Array(4000))) ?? 0;
    const before = stage.seen.length;
    await stage.run(3000);
    const probe = stage.seen.slice(before).find((packet) => packet.from === "client");
    stage.expect(
      `the writer asked again ${(probe?.time ?? 0) - opened} ms later, with ${probe?.data.length} byte`,
      probe?.data.length === 1,
    );
    stage.ladder(false);
    while (count < 16_000) count += await stage.settle(far.read(new Uint8Array(4000))) ?? 0;
    stage.expect(
      `all ${count} bytes have arrived; write() was back after ${returned} ms, when the last of them had found room`,
      count === 16_000 && returned > opened,
    );
  },
  live: {
    before: [
      "Our host writes 40,000 bytes to a program on Linux whose receive buffer is small, and which doesn't read until our host has asked about the window. Then it reads everything.",
      "Guess: what does our host ask with, and what does Linux answer?",
    ],
    after: [
      'Linux said "win 0", and our host waited. But a window update is a pure acknowledgment, which nobody would send again if it were lost; so our host asked, with one byte beyond the window (RFC 9293 §3.8.6.1, the zero-window probe). Linux threw the byte away and said again how large the window was.',
      'The common note says "a slow reader loses data". Every byte arrived, once the reader read.',
    ],
    async play(stage): Promise<void> {
      const linux = new KernelProgram(stage);
      const door = await linux.listen(80, 5, { SO_RCVBUF: 8000 });
      const near = await connect(stage.host, { hostname: "10.44.0.1", port: 80 });
      const far = await linux.accept(door);
      const writing = near.write(new Uint8Array(40_000));
      const probe = () => stage.seen.find((packet) => packet.from === "host" && packet.data.length === 1);
      const asked = await stage.until(() => probe() !== undefined);
      const number = probe()?.number ?? Infinity;
      await stage.until(() => stage.seen.some((packet) => packet.from === "kernel" && packet.number > number));
      const waiting = await linux.readable(far);
      stage.expect(
        `Linux has ${waiting} bytes that nobody reads, its window is shut, and our host asked with one byte`,
        asked && waiting < 40_000,
      );
      stage.say("Now Linux reads:");
      let count = 0;
      while (count < 40_000) {
        const { length } = await linux.read(far, 50_000);
        if (length === 0) break;
        count += length;
        stage.ladder(false);
      }
      await writing;
      stage.expect(`all ${count} bytes have arrived`, count === 40_000);
    },
  },
};
