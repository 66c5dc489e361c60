/** Hidden live checks: clients and servers of the Linux kernel. */
import { keysText } from "../../../labs/10-selector/checks/bench.ts";
import { bytesText } from "../../../labs/10-selector/checks/host_bench.ts";
import { expectBack, expectNothingLeft, says, serving } from "../../../labs/10-selector/checks/live_bench.ts";
import { CONNECT, READ } from "../../../stack/wire/readiness.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export const live: Readonly<Record<string, CheckSpec>> = {
  "mixed": {
    title: "long and short clients at once, little room",
    kind: "live",
    weight: 2,
    twin: "echo/stories",
    covers: ["SEL-7", "SEL-11", "SEL-12"],
    look: ["createEchoLoop.writable", "createSelector.select"],
    why: "One sends 100 KB, eleven say a word. The word must not wait for the 100 KB.",
    hints: [
      "Who was not served, the long one or the short ones?",
      "The long one: a rest was lost. The short ones: somebody reads or writes in a loop.",
      "See echo/stories, echo/once-a-turn.",
    ],
    run: async (t) => {
      const station = await serving(t, { chunk: 1000, unsent: 4000, keys: 4 }, { tcp: { sendBuffer: 8192, receiveBuffer: 16_384 } });
      const texts = [t.random.bytes(100_000), ...Array.from({ length: 11 }, () => t.random.bytes(t.random.int(1, 60)))];
      const outcomes = await Promise.all(texts.map((text) => says(station, text)));
      for (const [index, outcome] of outcomes.entries()) await expectBack(t, outcome, texts[index] as Uint8Array, `client ${index + 1}`);
      await expectNothingLeft(t, station);
    },
  },

  "three-at-most": {
    title: "with three connections allowed, eight are served",
    kind: "live",
    twin: "service/full",
    covers: ["SEL-10"],
    look: ["createEchoLoop.acceptable", "createEchoLoop.drop"],
    why:
      "Five of the kernel's clients are connected, as far as they know, and wait in your accept queue. Each that ends makes room for one of them.",
    hints: [
      "Do the clients behind the third get an answer?",
      "When one has ended: then the listening channel waits for ACCEPT again.",
      "See service/full.",
    ],
    run: async (t) => {
      const station = await serving(t, { connections: 3 });
      const texts = Array.from({ length: 8 }, () => t.random.bytes(t.random.int(1, 500)));
      const outcomes = await Promise.all(texts.map((text) => says(station, text)));
      for (const [index, outcome] of outcomes.entries()) await expectBack(t, outcome, texts[index] as Uint8Array, `client ${index + 1}`);
      await expectNothingLeft(t, station);
    },
  },

  "two-servers": {
    title: "you connect to two at once; one refuses",
    kind: "live",
    twin: "host/refused",
    covers: ["SEL-1", "SEL-2", "SEL-4"],
    look: ["connectOutcome", "readOutcome", "createSelector.select"],
    why: "Two attempts, one `select`: both keys come out, each with its own answer. The one that worked is read to its end, which is 0.",
    hints: [
      "Which of the two keys is missing, or says the wrong thing?",
      "Both are ready for CONNECT: one is connected, one broke.",
      "The kernel's server sends 300 bytes and its FIN: bytes first, then 0.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tun" });
      const program = station.tcp.selector;
      const server = station.kernel.tcpServer({ port: 7778, mode: "source", size: 300 });
      await station.settle();
      const [good, bad] = [await program.connect(7778), await program.connect(7779)];
      for (const channel of [good, bad]) await program.register(channel, CONNECT);
      await station.settle();
      t.equal(keysText(await program.ready()), `${good}: CONNECT, ${bad}: CONNECT`, "what is ready");
      t.equal([await program.connected(good), await program.connected(bad)], [0, "ECONNREFUSED"], "what became of the two");
      await program.close(bad);
      await program.cancel(bad);
      await program.setInterest(good, READ);
      let got = 0;
      for (let time = 0; time < 20; time++) {
        t.equal(keysText(await program.ready()), `${good}: READ`, "what is ready then");
        const read = await program.read(good, 200);
        if (read === 0) break;
        t.ok(read instanceof Uint8Array, "bytes, or 0 for the end", bytesText(read));
        got += read.length;
      }
      t.equal(got, 300, "bytes that came before the end");
      await program.close(good);
      await server;
    },
  },

  "resets": {
    title: "ten clients reset at once, and two stay",
    kind: "live",
    twin: "service/reset",
    covers: ["SEL-6", "SEL-13"],
    look: ["createEchoLoop.drop", "createEchoLoop.acceptable"],
    why:
      "Some of them have gone before they were accepted, some while their bytes were on their way back. None of that may touch the two others.",
    hints: [
      "Is it the server that stopped, or a client that got too little?",
      "A code from `accept`, `read` or `write` ends one connection, or none.",
      "See service/gave-up and service/reset.",
    ],
    run: async (t) => {
      const station = await serving(t);
      const rude = Array.from(
        { length: 10 },
        (_, index) =>
          station.kernel.tcpClient({
            to: station.address,
            port: 7,
            abort: true,
            ...(index % 2 === 0 ? {} : { send: t.random.bytes(3000) }),
          }),
      );
      const texts = [t.random.bytes(4000), t.random.bytes(10)];
      const polite = await Promise.all(texts.map((text) => says(station, text)));
      await Promise.all(rude);
      for (const [index, outcome] of polite.entries()) {
        await expectBack(t, outcome, texts[index] as Uint8Array, `client ${index + 1} of those that stayed`);
      }
      await expectNothingLeft(t, station);
    },
  },
};
