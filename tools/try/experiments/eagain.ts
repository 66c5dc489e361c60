import { parseSocketAddress } from "../../../stack/socket/address.ts";
import { createProcess } from "../../../stack/socket/descriptors.ts";
import type { SystemCall } from "../../harness/subject/system_call.ts";
import type { Experiment } from "../experiment.ts";
import { listening } from "../setup.ts";

export const eagain: Experiment = {
  name: "eagain",
  title: "a call that would wait says so instead",
  chapter: "14-blocking-and-readiness.md#eagain",
  before: [
    "A socket is set non-blocking. Its program calls accept() before anybody came, read() before anything came, and write() until nothing more goes in; the other end reads nothing.",
    "Guess: what does each call say, and how many bytes does write() take in all, of buffers of 8,000 bytes here and 4,000 there?",
  ],
  after: [
    'EAGAIN (EWOULDBLOCK is another name for it) is no error: it says "not now", where a blocking call would have slept. write() may also take a part; what it took is in the send buffer or already beyond it, and the rest is the caller\'s to keep and to offer again.',
    'The common notes say "non-blocking is faster" and "EAGAIN means that the connection is broken". The same bytes go over the same wire; what changes is who waits, and where: the program, in one place of its choosing.',
  ],
  async play(stage): Promise<void> {
    const { client, server } = stage.twoHosts({ client: { tcp: { sendBuffer: 8000 } }, server: { tcp: { receiveBuffer: 4000 } } });
    const web = createProcess(server, { name: "web", privileged: true });
    const browser = createProcess(client, { name: "browser" });
    const address = parseSocketAddress("10.44.0.2:80");
    const door = listening(web, address);
    web.setNonBlocking(door, true);
    const said = async (call: Promise<number>): Promise<string> => {
      try {
        return `${await call}`;
      } catch (error) {
        return `${(error as { code?: string }).code}`;
      }
    };
    const early = await said(web.accept(door));
    stage.lines([`accept(), and nobody has come:   ${early}`]);

    const near = browser.socket("inet", "stream");
    browser.setNonBlocking(near, true);
    const connecting = await said(browser.connect(near, address).then(() => 0));
    stage.lines([`connect():                       ${connecting}, for it has begun`]);
    await stage.run(30);
    const later = await said(web.accept(door));
    stage.lines([`accept(), 30 ms later:           ${later}, a descriptor`]);
    const nothing = await said(browser.read(near, new Uint8Array(100)));
    stage.lines([`read(), and nothing has come:    ${nothing}`]);

    stage.say("");
    stage.say("Now write(), 5,000 bytes at a time, until it says EAGAIN twice with a second in between:");
    let taken = 0;
    const steps: string[] = [];
    for (let refusals = 0; refusals < 2;) {
      const count = await said(browser.write(near, new Uint8Array(5000)));
      steps.push(count);
      if (count === "EAGAIN") {
        refusals++;
        await stage.run(1000);
      } else taken += Number(count);
    }
    stage.say(`write() said ${steps.join(", ")}: ${taken} bytes in all`);
    stage.expect(
      "accept() and read() said EAGAIN, connect() EINPROGRESS",
      early === "EAGAIN" && nothing === "EAGAIN" && connecting === "EINPROGRESS",
    );
    stage.expect("12,000 bytes were taken: 8,000 wait here, and 4,000 there", taken === 12_000);
  },
  live: {
    before: "Linux makes a non-blocking socket, connects to our host, and reads before our program has written anything.",
    async play(stage): Promise<void> {
      const { kernel, host } = stage;
      const web = createProcess(host, { name: "web", privileged: true });
      listening(web, parseSocketAddress("10.44.0.2:80"));
      const said = async (call: SystemCall): Promise<string> => {
        const { value, error } = await kernel.systemCall({ call });
        stage.say(`Linux: ${call.name}() ${error ?? value}`);
        return error ?? `${value}`;
      };
      const descriptor = Number(await said({ name: "socket", family: "AF_INET", type: "SOCK_STREAM", protocol: "IPPROTO_TCP" }));
      await said({ name: "fcntl", descriptor, command: "F_SETFL", flags: ["O_RDWR", "O_NONBLOCK"] });
      const connecting = await said({ name: "connect", descriptor, address: { ip: "10.44.0.2", port: 80 } });
      await stage.sleep(100);
      const reading = await said({ name: "read", descriptor, count: 100 });
      stage.expect("connect() said EINPROGRESS, read() EAGAIN", connecting === "EINPROGRESS" && reading === "EAGAIN");
    },
  },
};
