import { connect } from "../../../stack/socket/conn.ts";
import { listen } from "../../../stack/socket/listener.ts";
import { KernelProgram } from "../kernel_program.ts";
import type { Experiment } from "../experiment.ts";

export const sillyWindow: Experiment = {
  name: "silly-window",
  title: "a reader takes a byte at a time, and nobody hears of it",
  chapter: "07-buffers-and-windows.md#small-pieces",
  before: [
    "A writer has filled a reader's receive buffer of 4,000 bytes, and the window is shut. Now the reader takes one byte at a time, 4,000 times.",
    "Guess: how many window updates does the receiver send, and how large are the segments that come?",
  ],
  after: [
    "Had the receiver announced each byte of room, the sender would have sent one byte for each: 41 bytes on the wire for one, for ever. So it says nothing until there is room for a full segment or half the buffer, whichever is less, and a sender uses a smaller offer only after a while (RFC 9293 §3.8.6.2; RFC 813).",
    'The common note says "the window is the free space of the buffer". It is what was announced of it, and that is less, on purpose.',
  ],
  async play(stage): Promise<void> {
    const { client, server } = stage.twoHosts({ tcp: { receiveBuffer: 4000 } });
    const listener = listen(server, { port: 80 });
    stage.ladder(false);
    const near = await stage.settle(connect(client, { hostname: "10.44.0.2", port: 80 }));
    const far = await stage.settle(listener.accept());
    await near.write(new Uint8Array(20_000));
    await stage.run(700);
    stage.ladder(true);
    const already = stage.seen.length;
    let saidFirst = 0;
    for (let taken = 1; taken <= 4000; taken++) {
      await far.read(new Uint8Array(1));
      await stage.run(0);
      if (saidFirst === 0 && stage.seen.length > already) saidFirst = taken;
    }
    await stage.run(20);
    const updates = stage.seen.slice(already).filter(({ from }) => from === "server");
    const texts = stage.seen.slice(already).filter((packet) => packet.from === "client" && packet.data.length > 0);
    const least = Math.min(...texts.map(({ data }) => data.length));
    stage.expect(`${saidFirst - 1} bytes were read, one by one, and nothing was said`, saidFirst === 1460);
    stage.expect(
      `4,000 reads made ${updates.length} window updates, and no segment that is smaller than ${least} bytes`,
      updates.length <= 4 && least >= 1000,
    );
  },
  live: {
    before: [
      "Our host has filled the receive buffer of a program on Linux, and the window is shut. Now the program reads it empty, 100 bytes at a time.",
      "Guess: how often does Linux announce that there is room, and how large are the segments that come?",
    ],
    after:
      "Had Linux announced each piece of room, our host would have sent one small segment for each, for ever. Linux, too, says nothing until there is room for a full segment (RFC 9293 §3.8.6.2.2; RFC 813). The window is what was announced, and not the free space of the buffer.",
    async play(stage): Promise<void> {
      const linux = new KernelProgram(stage);
      const door = await linux.listen(80, 5, { SO_RCVBUF: 8000 });
      stage.ladder(false);
      const near = await connect(stage.host, { hostname: "10.44.0.1", port: 80 });
      const far = await linux.accept(door);
      let window = -1;
      let updates = 0;
      const sizes: number[] = [];
      stage.wire.fate = (packet) => {
        const now = packet.field("TCP", "window");
        if (packet.from === "kernel" && window >= 0 && now > window) updates++;
        if (packet.from === "kernel") window = now;
        else if (packet.data.length > 1) sizes.push(packet.data.length);
        return undefined;
      };
      void near.write(new Uint8Array(40_000)).catch(() => {});
      const shut = await stage.until(() => window === 0);
      [updates, sizes.length] = [0, 0];
      stage.ladder(true);
      const reads = Math.ceil(await linux.readable(far) / 100);
      for (let count = 0; count < reads; count++) await linux.read(far, 100);
      await stage.until(() => sizes.length > 0);
      stage.expect(
        `${reads} reads of 100 bytes, and ${updates === 1 ? "once" : `${updates} times`} Linux announced more room`,
        shut && updates > 0 && updates < reads / 10,
      );
      stage.expect(`our host's segments: ${sizes.join(", ")} bytes; none is silly`, sizes.every((size) => size >= 500));
    },
  },
};
