import { parseSocketAddress } from "../../../stack/socket/address.ts";
import { connect } from "../../../stack/socket/conn.ts";
import { listen } from "../../../stack/socket/listener.ts";
import { serveEcho } from "../../../stack/socket/selector.ts";
import { KernelProgram } from "../kernel_program.ts";
import type { Experiment, FullHost } from "../experiment.ts";

/** Clients, and lines that each of them sends. */
const CLIENTS = 200, LINES = 5;
const LIVE_CLIENTS = 20;

export const selector: Experiment = {
  name: "selector",
  title: "a slow client, one loop, and 200 who do not wait for it",
  chapter: "14-blocking-and-readiness.md#one-loop-many-connections",
  before: [
    `A server on port 7 has one loop that blocks: it accepts a client, serves it to its end, and accepts the next. A server on port 8 has one loop and a selector (lab 10). At either, the first client connects and says nothing for ten seconds; behind it come ${CLIENTS} others with ${LINES} lines each.`,
    "Guess: how long do the others wait at port 7, and at port 8?",
  ],
  after: [
    "A blocking call waits for one thing, and while it waits the program does nothing else. A selector waits for all of them in one place: select() gives out those on which a call would not wait. No thread was needed, and nothing went faster; only the waiting was put together.",
    'The common notes say "a selector makes I/O asynchronous" and "one thread per connection is slow". It makes nothing asynchronous: whoever handles one key for a second lets all others wait for a second. And a task for each connection works as well (deno task echo-loop compares the two on your machine).',
  ],
  async play(stage): Promise<void> {
    const { client, server } = stage.twoHosts();
    stage.ladder(false);
    serveOneByOne(server);
    const { selector, running } = serveEcho(server, stage.modules.selector, parseSocketAddress("10.44.0.2:8"));
    const waits: number[] = [];
    let echoed = 0;
    for (const port of [7, 8]) {
      const slow = await stage.settle(connect(client, { hostname: "10.44.0.2", port }));
      const all = Promise.all(Array.from({ length: CLIENTS }, () => talk(port)));
      await stage.run(10_000);
      slow.close();
      await stage.settle(all);
      const [least = 0, most = 0] = [waits.reduce((a, b) => Math.min(a, b), Infinity), waits.reduce((a, b) => Math.max(a, b), 0)];
      stage.say(
        `port ${port}: of ${waits.length} clients the first was done ${least} ms after it came, the last ${most} ms`,
      );
      if (port === 7) stage.expect("blocking: everybody waited for the slow one, ten seconds and more", least >= 10_000);
      else stage.expect("selector: nobody waited for it", most < 1000);
      waits.length = 0;
    }
    stage.expect("every line came back, at both", echoed === 2 * CLIENTS * LINES);
    selector.closeAll();
    await stage.settle(running);

    /** Connects, sends a line, waits for it to come back, and so on; notes how long all of that took. */
    async function talk(port: number): Promise<void> {
      const began = stage.now();
      const conn = await connect(client, { hostname: "10.44.0.2", port });
      const buffer = new Uint8Array(64);
      for (let line = 0; line < LINES; line++) {
        const text = `line ${line}`;
        await conn.write(new TextEncoder().encode(text));
        const count = await conn.read(buffer) ?? 0;
        if (new TextDecoder().decode(buffer.subarray(0, count)) === text) echoed++;
      }
      conn.close();
      waits.push(stage.now() - began);
    }
  },
  live: {
    before: [
      `Linux is the clients now: one that connects and says nothing, and ${LIVE_CLIENTS} behind it with a line each; at port 7 of our host, whose loop blocks, and at port 8, whose loop has a selector.`,
      "Guess: whom does the silent one keep waiting?",
    ],
    async play(stage): Promise<void> {
      const { kernel, host } = stage;
      const linux = new KernelProgram(stage);
      stage.ladder(false);
      serveOneByOne(host);
      const { selector, running } = serveEcho(host, stage.modules.selector, parseSocketAddress("10.44.0.2:8"));
      for (const port of [7, 8]) {
        const slow = await linux.socket();
        await linux.call({ name: "connect", descriptor: slow, address: { ip: "10.44.0.2", port } });
        let done = 0;
        const all = Promise.all(Array.from({ length: LIVE_CLIENTS }, async () => {
          const talk = await kernel.tcpClient({ to: "10.44.0.2", port, send: { size: 20 }, receive: { count: 20 }, timeout: 10_000 });
          done += talk.patternEqual && talk.receivedLength === 20 ? 1 : 0;
        }));
        if (port === 7) {
          const waiting = () => host.tcp.connections().filter(({ readable }) => readable === 20).length;
          await stage.until(() => waiting() === LIVE_CLIENTS);
          stage.expect(
            `blocking: ${waiting()} clients have sent their line, and ${done} have an answer`,
            waiting() === LIVE_CLIENTS && done === 0,
          );
        } else {
          await all;
          stage.expect(`selector: ${done} clients have their answer, and the silent one is still silent`, done === LIVE_CLIENTS);
        }
        await linux.close(slow);
        await all;
        if (port === 7) stage.expect(`when the silent one has gone, all ${done} are served`, done === LIVE_CLIENTS);
      }
      selector.closeAll();
      await running;
    },
  },
};

/** The server that blocks: one client after the other. */
async function serveOneByOne(host: FullHost): Promise<void> {
  const listener = listen(host, { port: 7, tcpBacklog: 512 });
  const buffer = new Uint8Array(64);
  for await (const conn of listener) {
    for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) await conn.write(buffer.slice(0, count));
    conn.close();
  }
}
