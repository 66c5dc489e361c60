import { parseSocketAddress } from "../../../stack/socket/address.ts";
import { createProcess } from "../../../stack/socket/descriptors.ts";
import { formatSocketTable, socketTable } from "../../../stack/socket/table.ts";
import { KernelProgram } from "../kernel_program.ts";
import type { Experiment } from "../experiment.ts";
import { listening } from "../setup.ts";

export const accept: Experiment = {
  name: "accept",
  title: "connected, and even written to, before accept()",
  chapter: "09-listening-and-connected.md#connected-before-anybody-accepts",
  before: [
    "A server calls listen(), and then does something else for five seconds. A client connects and sends a request at once.",
    "Guess: how long does the client's connect() take, and where is the request while nobody has accepted?",
  ],
  after: [
    "accept() accepts nothing. The connection was made by the stack, when the third segment came; it waited in the listening socket's queue, with its request in its receive buffer, and accept() fetched it and gave it a descriptor.",
    'The common note says "the client waits until the server accepts". The client cannot even tell: connect() was back after one round trip. That a server is there, and that its program is awake, are two different things.',
  ],
  async play(stage): Promise<void> {
    const { client, server } = stage.twoHosts();
    const web = createProcess(server, { name: "web", privileged: true });
    const browser = createProcess(client, { name: "browser" });
    const address = parseSocketAddress("10.44.0.2:80");
    const door = listening(web, address);
    const near = browser.socket("inet", "stream");
    await stage.settle(browser.connect(near, address));
    const connected = stage.now();
    await browser.write(near, new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n"));
    await stage.run(5000 - stage.now());
    stage.expect(`connect() was back after ${connected} ms: one round trip`, connected === 20);
    stage.say("");
    stage.say("Five seconds later the server has accepted nobody. Its table:");
    const [door0, waiting] = socketTable(server.tcp, [web]);
    stage.lines(formatSocketTable(socketTable(server.tcp, [web])));
    stage.say("(Recv-Q of a listening socket: connections that wait for accept(). Of a connection: bytes that wait for read().)");
    stage.expect("one connection waits, and 18 bytes wait in it", door0?.receiveQueue === 1 && waiting?.receiveQueue === 18);
    const far = await stage.settle(web.accept(door));
    const count = await stage.settle(web.read(far, new Uint8Array(100)));
    stage.say("");
    stage.expect(
      `accept() gives descriptor ${far} at once, and read() ${count} bytes: no packet was needed for either`,
      count === 18 && stage.now() === 5000,
    );
  },
  live: {
    before: "Linux connects to our host and sends a request. Our program listens, and never calls accept().",
    async play(stage): Promise<void> {
      const web = createProcess(stage.host, { name: "web", privileged: true });
      listening(web, parseSocketAddress("10.44.0.2:80"));
      const linux = new KernelProgram(stage);
      const descriptor = await linux.socket();
      const said = await linux.said({ name: "connect", descriptor, address: { ip: "10.44.0.2", port: 80 } });
      await linux.write(descriptor, "GET / HTTP/1.0\r\n\r\n");
      const queues = (): string => socketTable(stage.host.tcp, [web]).map(({ receiveQueue }) => receiveQueue).join();
      const waits = await stage.until(() => queues() === "1,18");
      stage.expect("Linux's connect() is back, and its request sent, though nobody has accepted", said === "0");
      stage.say("Our host's table:");
      stage.lines(formatSocketTable(socketTable(stage.host.tcp, [web])));
      stage.expect("one connection waits, and 18 bytes wait in it", waits);
    },
  },
};
