import { connect } from "../../../stack/socket/conn.ts";
import { listen } from "../../../stack/socket/listener.ts";
import type { Experiment } from "../experiment.ts";

export const backlog: Experiment = {
  name: "backlog",
  title: "the queue is full: not refused, ignored",
  chapter: "09-listening-and-connected.md#the-backlog",
  before: [
    "A server listens with a backlog of 1 and accepts nobody for four seconds. A first client is already in the queue when a second one comes.",
    "Guess: is the second refused, and after how long does it know?",
  ],
  after: [
    'A SYN that finds the queue full is dropped, like one that the wire has lost. The client sends it again, by its clock: after one second, two more, four more (RFC 6298). "Connection refused" would be wrong, for somebody is here; and a RST would end what may be possible in a second.',
    'The common note says "a full backlog refuses clients". It makes them slow: connect times of 1, 3 and 7 seconds (1, 2, 3 and 4 with Linux from 6.5 on) are what a server looks like that accepts too slowly. Windows does refuse, with a RST. Nor is the backlog a limit on how many clients a server has: only on how many wait at its door.',
  ],
  async play(stage): Promise<void> {
    const { client, server } = stage.twoHosts();
    const listener = listen(server, { port: 80, tcpBacklog: 1 });
    stage.ladder(false);
    await stage.settle(connect(client, { hostname: "10.44.0.2", port: 80 }));
    await stage.run(70);
    stage.ladder(true);
    const began = stage.now();
    const second = connect(client, { hostname: "10.44.0.2", port: 80 });
    await stage.run(4000);
    stage.say(`${stage.now()} ms: the server accepts the first client, and there is room again.`);
    await listener.accept();
    await stage.settle(second);
    const took = stage.now() - began;
    stage.expect(`the second is connected ${took} ms after it began, at its next try: 1000 + 2000 + 4000, and a round trip`, took === 7020);
    stage.expect("nobody told it anything: no RST was sent", stage.seen.every((packet) => !packet.has("RST")));
  },
  live: {
    before:
      "Linux connects to our host, whose backlog is 1 and whose queue is full. After two seconds our host accepts, and there is room.",
    async play(stage): Promise<void> {
      const listener = listen(stage.host, { port: 80, tcpBacklog: 1 });
      await stage.kernel.tcpConnect({ to: "10.44.0.2", port: 80 });
      const began = stage.now();
      const second = stage.kernel.tcpConnect({ to: "10.44.0.2", port: 80, timeout: 8000 });
      await stage.sleep(2000);
      await listener.accept();
      const { error } = await second;
      const took = stage.now() - began;
      stage.expect(`Linux, too, came again and again; connected after ${took.toFixed(0)} ms`, error === undefined && took > 2000);
    },
  },
};
