import { connect } from "../../../stack/socket/conn.ts";
import { listen } from "../../../stack/socket/listener.ts";
import type { Experiment } from "../experiment.ts";

export const reset: Experiment = {
  name: "reset",
  title: "no goodbye: unread bytes, and a host that forgot",
  chapter: "06-the-eleven-states.md#rst-no-goodbye",
  before: [
    "Two ways to be reset. First: a client asks, the server answers without reading the question, and closes. Second: a server's machine loses its memory (power, a restart) while a connection is open, and the client writes into it.",
    "Guess: does the client get the answer in the first case? And who resets the connection in the second?",
  ],
  after: [
    "A RST says: what you are talking about does not exist here (any more). Nobody acknowledges it, nobody sends it again, and it takes along what was still on its way: the answer was written, and never went out. To close without losing it: closeWrite(), read until the end, close() (RFC 9293 §3.6.1, RFC 1122 §4.2.2.13).",
    'The common note says "connection reset by peer means that the peer crashed". More often the peer\'s program closed a socket with bytes in it that it had not read; and a peer that crashed resets nothing at all until it is back.',
  ],
  async play(stage): Promise<void> {
    const { client, server } = stage.twoHosts();
    const listener = listen(server, { port: 80 });
    const first = await stage.settle(connect(client, { hostname: "10.44.0.2", port: 80 }));
    const far = await stage.settle(listener.accept());
    await first.write(new TextEncoder().encode("a question that is too long"));
    await stage.run(100);
    stage.say("The server doesn't read. It writes its answer, and closes:");
    await far.write(new TextEncoder().encode("413 too long"));
    far.close();
    await stage.run(50);
    expectReset(await said(first));

    stage.say("");
    stage.say("Second: connected, and then the server forgets everything.");
    const second = await stage.settle(connect(client, { hostname: "10.44.0.2", port: 80 }));
    await stage.run(50);
    for (const connection of server.tcp.connections()) {
      stage.ladder(false);
      connection.abort(); // its own RST is lost with the power
    }
    const already = stage.seen.length;
    stage.ladder(true);
    await second.write(new TextEncoder().encode("are you there?"));
    await stage.run(50);
    const [question, answer] = stage.seen.slice(already);
    stage.expect(
      "the host without a memory answers the client's text with a RST",
      question?.from === "client" && answer?.has("RST") === true,
    );
    expectReset(await said(second));

    function expectReset(code: string): void {
      stage.expect(`the client's read(): ${code}`, code === "ECONNRESET");
    }

    async function said(conn: Awaited<ReturnType<typeof connect>>): Promise<string> {
      try {
        return `${await stage.settle(conn.read(new Uint8Array(10)))}`;
      } catch (error) {
        return `${(error as { code?: string }).code}`;
      }
    }
  },
};
