import { connect } from "../../../stack/socket/conn.ts";
import { listen } from "../../../stack/socket/listener.ts";
import { KernelProgram } from "../kernel_program.ts";
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
  live: {
    before: [
      "Two ways to be reset. First: our client asks, Linux answers without reading the question, and closes. Second: our host forgets everything while a connection is open, and Linux writes into it.",
      "Guess: does our client get the answer in the first case? And who resets the connection in the second?",
    ],
    after: [
      "Linux had sent its answer before it closed, and the RST came right behind it. The client got both, because it arrived first and because this stack, as Linux does, still hands out what had arrived; RFC 9293 §3.10.7.4 lets a host throw it away, and a lost segment would not have come again. To close without a race: closeWrite(), read until the end, close().",
      'The common note says "connection reset by peer means that the peer crashed". More often the peer\'s program closed a socket with bytes in it that it had not read; and a peer that crashed resets nothing at all until it is back.',
    ],
    async play(stage): Promise<void> {
      const linux = new KernelProgram(stage);
      const door = await linux.listen(80);
      const near = await connect(stage.host, { hostname: "10.44.0.1", port: 80 });
      const far = await linux.accept(door);
      await near.write(new TextEncoder().encode("a question that is too long"));
      await linux.call({ name: "poll", entries: [{ descriptor: far, events: ["POLLIN"] }], timeout: 3000 });
      stage.say("Linux doesn't read. It writes its answer, and closes:");
      await linux.write(far, "413 too long");
      await linux.close(far);
      const wasReset = await stage.until(() => stage.seen.some((packet) => packet.has("RST") && packet.from === "kernel"));
      stage.expect(
        "a RST came, and no FIN: Linux had 27 bytes that nobody read",
        wasReset && !stage.seen.some((packet) => packet.has("FIN")),
      );
      const heard: string[] = [];
      for (let reads = 0; reads < 2; reads++) {
        heard.push(await near.read(new Uint8Array(100)).then((count) => `${count} bytes`, ({ code }) => `${code}`));
      }
      stage.expect(`our client's read() says ${heard.join(", and then ")}`, heard.join() === "12 bytes,ECONNRESET");

      stage.say("");
      stage.say("Second: connected, and then our host forgets everything. Linux writes:");
      listen(stage.host, { port: 81 });
      const writer = await linux.socket();
      await linux.call({ name: "connect", descriptor: writer, address: { ip: "10.44.0.2", port: 81 } });
      await stage.until(() => stage.host.tcp.connections().some(({ tcb }) => tcb.localPort === 81 && tcb.state === "ESTABLISHED"));
      stage.wire.fate = () => ({ lost: true }); // its own RST is lost with the power
      stage.ladder(false);
      for (const connection of stage.host.tcp.connections()) connection.abort();
      await stage.sleep(20);
      stage.wire.fate = () => undefined;
      stage.ladder(true);
      await linux.write(writer, "are you there?");
      await linux.call({ name: "poll", entries: [{ descriptor: writer, events: ["POLLIN"] }], timeout: 3000 });
      const said = await linux.said({ name: "read", descriptor: writer, count: 10 });
      stage.expect(`our host answers Linux's text with a RST, and Linux's read() says ${said}`, said === "ECONNRESET");
    },
  },
};
