/** Hidden live checks: the Linux kernel's UDP at the other end. */
import { anyFreePort, expectEach } from "../../../labs/09-datagrams/checks/live_bench.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export const live: Readonly<Record<string, CheckSpec>> = {
  "all-lengths-in": {
    title: "the kernel's datagrams of all short lengths arrive",
    kind: "live",
    twin: "wire/arrives",
    covers: ["UDP-2", "UDP-8"],
    look: ["parseDatagram", "createDatagramQueue.push"],
    why: "Even and odd lengths, shorter and longer than the shortest frame of Ethernet: what the link adds behind them is not theirs.",
    hints: [
      "Which lengths fail: the odd ones, or the short ones?",
      "Short ones come with padding; IP cuts it off, and UDP's length says the same.",
      "See parse/padding and parse/range.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tap" });
      const socket = await station.udp.bind(9000);
      const said = Array.from({ length: 60 }, (_, size) => t.random.bytes(size));
      await station.kernel.udpTalk({ to: station.address, port: 9000, send: said });
      expectEach(t, (await socket.arrivals(60)).map(({ bytes }) => bytes), said, "what the kernel wrote");
    },
  },

  "all-lengths-out": {
    title: "your datagrams of all short lengths arrive",
    kind: "live",
    twin: "wire/answered",
    covers: ["UDP-2", "UDP-8"],
    look: ["writeDatagram"],
    why: "The kernel verifies each, and drops in silence what is wrong. Nothing is sent again: what is missing stays missing.",
    hints: [
      "Which lengths are missing?",
      "Odd ones: the sum's last byte. All but the first: the checksum's field was not 0 while you summed.",
      "See write/range, and what stands in the field at 6.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tun" });
      const socket = await station.udp.bind(9000);
      const localPort = anyFreePort(t);
      const said = Array.from({ length: 40 }, (_, index) => t.random.bytes(index * 3));
      const kernel = station.kernel.udpTalk({ localPort, receive: said.length });
      for (const bytes of said) await socket.send(bytes, localPort);
      expectEach(t, (await kernel).received.map(({ data }) => data), said, "what you wrote");
    },
  },

  "unread": {
    title: "the kernel writes faster than you read",
    kind: "live",
    twin: "wire/full",
    covers: ["UDP-5"],
    look: ["createDatagramQueue.push", "createDatagramQueue.read"],
    why: "Twenty come and seven find room; nobody tells the kernel, which has sent all of them. What is there is the first seven.",
    hints: [
      "Does queue/full pass?",
      "1000 bytes and 28 for each, against a capacity of 8000.",
      "The new one is dropped, not the oldest.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tun" });
      const socket = await station.udp.bind(9000, { receiveBuffer: 8000 });
      const said = Array.from({ length: 20 }, () => t.random.bytes(1000));
      const { sent, error } = await station.kernel.udpTalk({ to: station.address, port: 9000, send: said });
      await station.settle();
      t.equal([sent, error], [20, undefined], "datagrams that the kernel sent, and its error");
      const { waiting, lost } = await socket.look();
      t.equal([waiting, lost], [7, 13], "datagrams that wait, and that were lost");
      expectEach(t, (await socket.arrivals(7)).map(({ bytes }) => bytes), said.slice(0, 7), "what found room");
    },
  },
};
