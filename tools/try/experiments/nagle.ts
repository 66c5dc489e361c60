import { connect, type TcpConn } from "../../../stack/socket/conn.ts";
import { listen } from "../../../stack/socket/listener.ts";
import type { Experiment } from "../experiment.ts";
import { connectedFromLinux } from "../setup.ts";

export const nagle: Experiment = {
  name: "nagle-and-delayed-ack",
  title: "two polite rules that wait for each other",
  chapter: "07-buffers-and-windows.md#small-pieces",
  before: [
    "A client writes a request in two pieces, a header and a body, 4 bytes each, and the server answers when it has both. Then the same with TCP_NODELAY, and then with both pieces in one write(). The way is 10 ms long.",
    "Guess: how long does the client wait for the answer, in each of the three?",
  ],
  after: [
    "Nagle's algorithm keeps a small piece back while another is in flight (RFC 9293 §3.7.4). The receiver keeps its acknowledgment back, in the hope of an answer to send it with (§3.8.6.3). The piece waits for the acknowledgment, the acknowledgment for the answer, the answer for the piece; the receiver's clock ends it, after 40 ms here and on Linux at best, 200 elsewhere; half a second is the limit.",
    "The common note says \"Nagle's algorithm waits 200 ms\". It has no clock at all; the clock is the other side's. And TCP_NODELAY is the second-best remedy: the best is to write once what belongs together.",
  ],
  async play(stage): Promise<void> {
    const { client, server } = stage.twoHosts();
    const listener = listen(server, { port: 80 });
    stage.ladder(false);
    const near = await stage.settle(connect(client, { hostname: "10.44.0.2", port: 80 }));
    const far = await stage.settle(listener.accept());
    answerEachEight(far);
    await near.write(new TextEncoder().encode("at first"));
    await stage.settle(near.read(new Uint8Array(10)));
    await stage.run(300);
    stage.ladder(true);
    const times: number[] = [];
    for (
      const [name, noDelay, pieces] of [["two writes", false, 2], ["two writes, TCP_NODELAY", true, 2], ["one write", false, 1]] as const
    ) {
      stage.say(`${name}:`);
      near.setNoDelay(noDelay);
      const began = stage.now();
      for (let piece = 0; piece < pieces; piece++) {
        await near.write(new TextEncoder().encode(pieces === 1 ? "headbody" : piece === 0 ? "head" : "body")).then(() => stage.run(1));
      }
      await stage.settle(near.read(new Uint8Array(10)));
      times.push(stage.now() - began);
      stage.say(`answered after ${times.at(-1)} ms`);
      await stage.run(300);
    }
    const [both = 0, noDelay = 0, one = 0] = times;
    stage.expect(`a round trip takes 20 ms, and the two rules together made ${both} of it`, one < 25 && noDelay < 25 && both >= 60);
  },
  live: {
    before: [
      "Linux writes a request in two pieces, a header and a body, 4 bytes each, and our server answers when it has both. Then the same with TCP_NODELAY. Our host keeps an acknowledgment back for 40 ms.",
      "Guess: when does the second piece go?",
    ],
    async play(stage): Promise<void> {
      const { linux, near, far } = await connectedFromLinux(stage);
      stage.ladder(false);
      answerEachEight(far);
      const isQuiet = (): boolean => stage.host.tcp.connections().every(({ unacknowledged }) => unacknowledged === 0);
      await linux.write(near, "at first");
      await linux.read(near);
      await stage.until(isQuiet);
      stage.ladder(true);
      const orders: string[] = [];
      const cases = [["two writes", 0, "4 ack 4 2"], ["two writes, TCP_NODELAY", 1, "4 4 2"]] as const;
      for (const [name, noDelay, order] of cases) {
        stage.say(`${name}:`);
        await linux.set(near, "TCP_NODELAY", noDelay);
        let seen = "";
        // A machine that is busy may be 40 ms late between the two.
        for (let tries = 0; tries < 5 && !seen.includes(order); tries++) {
          const already = stage.seen.length;
          await Promise.all([linux.write(near, "head"), linux.write(near, "body")]);
          await linux.read(near);
          await stage.until(isQuiet);
          seen = stage.seen.slice(already).map(({ from, data }) => from === "host" && data.length === 0 ? "ack" : `${data.length}`).join(
            " ",
          );
        }
        orders.push(seen);
      }
      const [both = "", noDelay = ""] = orders;
      stage.expect("with Nagle's algorithm the second piece waited for the acknowledgment of the first", both.includes(cases[0][2]));
      stage.expect("with TCP_NODELAY it did not", noDelay.includes(cases[1][2]));
    },
  },
};

/** A server whose requests have 8 bytes. */
async function answerEachEight(far: TcpConn): Promise<void> {
  const buffer = new Uint8Array(100);
  let count = 0;
  for (let more = await far.read(buffer); more !== null; more = await far.read(buffer)) {
    count += more;
    if (count % 8 === 0) await far.write(new TextEncoder().encode("ok"));
  }
}
