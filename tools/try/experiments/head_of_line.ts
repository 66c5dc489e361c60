import { listenDatagram } from "../../../stack/socket/datagram_conn.ts";
import type { Experiment } from "../experiment.ts";
import { connected, connectedToLinux } from "../setup.ts";

/** Messages, and how far apart they are in milliseconds. */
const MESSAGES = 5, APART = 20;

export const headOfLine: Experiment = {
  name: "head-of-line",
  title: "one loss, and everything behind it waits",
  chapter: "07-buffers-and-windows.md#out-of-order",
  before: [
    `${MESSAGES} messages are sent, one every ${APART} ms, first over TCP, then over UDP. The second is lost each time. The way takes 10 ms.`,
    "Guess: when does the other program get message 3, over TCP and over UDP?",
  ],
  after: [
    "A stream has an order, and its reader gets the bytes in it: messages 3 to 5 had arrived, whole and in time, and lay in the receive buffer behind the gap until the second came again. UDP hands out what comes, when it comes; and message 2 never.",
    'The common note says "UDP is faster than TCP". What came at all came equally fast. The difference is what a loss costs: TCP makes everybody behind it wait, UDP leaves a hole. Two independent streams over one TCP connection wait for each other, too; that is one reason why HTTP/3 left TCP.',
  ],
  async play(stage): Promise<void> {
    const { client, server, wire, near, far } = await connected(stage, { tcp: { noDelay: true } });
    let sent = 0;
    wire.fate = (packet) => ({ lost: packet.from === "client" && packet.data.length > 0 && ++sent === 2 });

    const overTcp: number[] = [];
    let began = stage.now();
    stage.say("Over TCP:");
    collect();
    for (let message = 0; message < MESSAGES; message++) {
      await near.write(Uint8Array.of(message));
      await stage.run(APART);
    }
    await stage.run(2000);

    stage.say("Over UDP:");
    sent = 0;
    const overUdp = new Array<number>(MESSAGES).fill(-1);
    const [from, to] = [listenDatagram(client, { port: 5000 }), listenDatagram(server, { port: 5000 })];
    began = stage.now();
    receive();
    for (let message = 0; message < MESSAGES; message++) {
      await from.send(Uint8Array.of(message), { transport: "udp", hostname: "10.44.0.2", port: 5000 });
      await stage.run(APART);
    }
    await stage.run(200);
    from.close();
    to.close();

    const cell = (time: number | undefined): string => (time === undefined || time < 0 ? "never" : `${time} ms`).padStart(9);
    stage.lines([
      "milliseconds after the first was sent",
      `message      ${Array.from({ length: MESSAGES }, (_, at) => `${at + 1}`.padStart(9)).join("")}`,
      `sent         ${Array.from({ length: MESSAGES }, (_, at) => cell(at * APART)).join("")}`,
      `read, TCP    ${Array.from({ length: MESSAGES }, (_, at) => cell(overTcp[at])).join("")}`,
      `read, UDP    ${overUdp.map(cell).join("")}`,
    ]);
    stage.expect(
      "over TCP messages 2 to 5 were all read at the same moment",
      new Set(overTcp.slice(1)).size === 1 && (overTcp[1] ?? 0) > 100,
    );
    stage.expect(
      "over UDP each was read 10 ms after it was sent, and the second never",
      overUdp.every((time, at) => time === (at === 1 ? -1 : at * APART + 10)),
    );

    async function collect(): Promise<void> {
      const buffer = new Uint8Array(100);
      for (let count = await far.read(buffer); count !== null; count = await far.read(buffer)) {
        for (const message of buffer.subarray(0, count)) overTcp[message] = stage.now() - began;
      }
    }

    async function receive(): Promise<void> {
      for await (const [bytes] of to) overUdp[bytes[0] ?? 0] = stage.now() - began;
    }
  },
  live: {
    before: [
      `Our host sends ${MESSAGES} messages to Linux, first over TCP, then over UDP. The second is lost each time; over TCP its copies are lost, too, until we have looked.`,
      "Guess: what can the program on Linux read meanwhile, over TCP and over UDP?",
    ],
    host: { tcp: { noDelay: true, leastTimeout: 200 } },
    async play(stage): Promise<void> {
      const { linux, near, far } = await connectedToLinux(stage);
      let [sent, first, isLosing] = [0, -1, true];
      stage.wire.fate = (packet) => {
        if (packet.from !== "host" || packet.data.length === 0) return undefined;
        const number = packet.field("TCP", "seq");
        if (first < 0) first = number;
        const message = (number - first >>> 0) + 1;
        sent = Math.max(sent, message);
        return { lost: isLosing && message <= 2 && message + packet.data.length > 2 };
      };
      for (let message = 1; message <= MESSAGES; message++) {
        await near.write(Uint8Array.of(message));
        await stage.until(() => sent >= message);
      }
      await stage.kernel.ping({ to: "10.44.0.2" }); // what was sent before has arrived by now
      const early = await linux.read(far);
      stage.expect(
        `TCP: of ${MESSAGES} messages the program can read ${early.length}, and ${MESSAGES - 2} wait behind the gap`,
        early.join() === "1",
      );
      isLosing = false;
      let late = "";
      while (late.length < MESSAGES - 1) {
        const more = await linux.read(far);
        if (more.length === 0) break;
        late += more.join("");
      }
      stage.expect(`TCP: when the second has come, the program reads all others: ${[...late].join(", ")}`, late === "2345");

      stage.say("");
      stage.say("Over UDP:");
      const to = await linux.socket("SOCK_DGRAM");
      await linux.call({ name: "bind", descriptor: to, address: { ip: "10.44.0.1", port: 5000 } });
      const from = listenDatagram(stage.host, { port: 5000 });
      stage.wire.fate = (packet) => ({ lost: packet.data[0] === 2 });
      for (let message = 1; message <= MESSAGES; message++) {
        await from.send(Uint8Array.of(message), { transport: "udp", hostname: "10.44.0.1", port: 5000 });
      }
      stage.ladder(false);
      await stage.kernel.ping({ to: "10.44.0.2" });
      const came: number[] = [];
      for (let more = await now(); more !== undefined; more = await now()) came.push(more);
      from.close();
      stage.expect(`UDP: the program can read ${came.join(", ")}; the second never comes`, came.join() === "1,3,4,5");

      /** A message that is there, and no waiting for one. */
      async function now(): Promise<number | undefined> {
        const { data } = await linux.call({ name: "recv", descriptor: to, count: 100, flags: ["MSG_DONTWAIT"] });
        return data instanceof Uint8Array ? data[0] : undefined;
      }
    },
  },
};
