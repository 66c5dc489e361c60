import { connect } from "../../../stack/socket/conn.ts";
import { listen, type TcpListener } from "../../../stack/socket/listener.ts";
import type { Experiment } from "../experiment.ts";

const QUESTION = "how long is this?";

export const halfClose: Experiment = {
  name: "half-close",
  title: '"that was my question": one direction ends',
  chapter: "10-closing.md#half-close-that-was-my-question",
  before: [
    "A client writes a question, says that it will write no more (closeWrite, or shutdown(SHUT_WR)), and goes on reading. The server reads up to the end, and only then answers. A second client does the same with close() in place of closeWrite().",
    "Guess: does the answer still arrive after the client's FIN? And what does close() do to it?",
  ],
  after: [
    "A connection is two streams, and a FIN ends one of them: the sender's. The other goes on for as long as its writer likes (CLOSE-WAIT on one side, FIN-WAIT-2 on the other). close() gives up reading too: an answer that comes then finds nobody, and is answered with RST.",
    'The common note says "FIN closes the connection". It says "I have said everything". That is how a server without lengths or end marks knows that the question is complete.',
  ],
  async play(stage): Promise<void> {
    const { client, server } = stage.twoHosts();
    const listener = listen(server, { port: 80 });
    const text = (bytes: Uint8Array, count: number): string => new TextDecoder().decode(bytes.subarray(0, count));

    let serving = answerTheEnd(listener);
    const near = await stage.settle(connect(client, { hostname: "10.44.0.2", port: 80 }));
    await near.write(new TextEncoder().encode(QUESTION));
    await near.closeWrite();
    const buffer = new Uint8Array(100);
    const count = await stage.settle(near.read(buffer)) ?? 0;
    await stage.settle(serving);
    near.close();
    await stage.run(30);
    stage.expect(
      `the answer came after the client's FIN: "${text(buffer, count)}"`,
      text(buffer, count) === `it has ${QUESTION.length} bytes`,
    );

    stage.say("");
    stage.say("Now with close():");
    const already = stage.seen.length;
    serving = answerTheEnd(listener);
    const hasty = await stage.settle(connect(client, { hostname: "10.44.0.2", port: 80 }));
    await hasty.write(new TextEncoder().encode(QUESTION));
    hasty.close();
    await stage.settle(serving);
    await stage.run(30);
    stage.expect(
      "the answer was sent, and met a RST",
      stage.seen.slice(already).some((packet) => packet.has("RST") && packet.from === "client"),
    );
  },
  live: {
    before: [
      "Linux asks, says that it will write no more (shutdown(SHUT_WR)), and reads on. Our server reads up to the end, and only then answers. Then Linux does the same with close() in place of shutdown().",
      "Guess: does the answer still arrive after Linux's FIN? And what does close() do to it?",
    ],
    async play(stage): Promise<void> {
      const listener = listen(stage.host, { port: 80 });
      const ask = { to: "10.44.0.2", port: 80, send: new TextEncoder().encode(QUESTION), timeout: 3000 };
      let asking = stage.kernel.tcpClient({ ...ask, shutdown: true, receive: { untilEnd: true } });
      await answerTheEnd(listener);
      const { received, end } = await asking;
      const answer = new TextDecoder().decode(received);
      await stage.until(() => stage.host.tcp.connections().length === 0);
      stage.expect(`Linux read the answer after its FIN: "${answer}"`, end && answer === `it has ${QUESTION.length} bytes`);
      stage.say("");
      stage.say("Now with close():");
      const already = stage.seen.length;
      asking = stage.kernel.tcpClient(ask);
      await asking;
      await answerTheEnd(listener);
      const met = await stage.until(() => stage.seen.slice(already).some((packet) => packet.has("RST") && packet.from === "kernel"));
      stage.expect("the answer was sent, and met a RST", met);
    },
  },
};

/** A server: reads up to the end, and answers. */
async function answerTheEnd(listener: TcpListener): Promise<void> {
  const far = await listener.accept();
  let count = 0;
  const buffer = new Uint8Array(100);
  for (let more = await far.read(buffer); more !== null; more = await far.read(buffer)) count += more;
  await far.write(new TextEncoder().encode(`it has ${count} bytes`));
  await new Promise((resolve) => setImmediate(resolve));
  far.close();
}
