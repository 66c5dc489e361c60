/** Live checks: clients and servers of the Linux kernel, and programs with a selector over the student's stack. */
import { CONNECT, READ, WRITE } from "../../../stack/wire/readiness.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { keysText } from "./bench.ts";
import { bytesText } from "./host_bench.ts";
import { expectBack, expectNothingLeft, says, serving } from "./live_bench.ts";

export const live: Readonly<Record<string, CheckSpec>> = {
  "echo": {
    title: "the kernel says something, and gets it back",
    kind: "live",
    twin: "host/echo",
    covers: ["SEL-10", "SEL-11", "SEL-13"],
    look: ["createEchoLoop.readable", "createEchoLoop.acceptable", "createEchoLoop.turn"],
    why:
      "One client, from its SYN to its last ACK. It shuts its side when it has said all, and reads until your end: so the loop has to answer a half-closed connection.",
    hints: [
      "Where does it stop? The transcript shows the last segment.",
      "Accepted, read, written, ended: each of these is one key.",
      "See host/echo, which is the same on the virtual wire.",
    ],
    run: async (t) => {
      const station = await serving(t);
      const text = t.random.bytes(t.random.int(20, 900));
      await expectBack(t, await says(station, text), text, "the client");
      await expectNothingLeft(t, station);
    },
  },

  "forty": {
    title: "forty clients of the kernel at once",
    kind: "live",
    weight: 2,
    twin: "service/accept-all",
    covers: ["SEL-7", "SEL-10"],
    look: ["createEchoLoop.acceptable", "createSelector.select", "readOutcome"],
    why:
      "No task, no thread, no stack of its own for any of them: forty records, and one loop. Who talks to whom stands in the attachment.",
    hints: [
      "How many of them were served?",
      'Some may wait to be accepted at the same moment: accept until "EAGAIN".',
      "See service/accept-all and selector/limit.",
    ],
    run: async (t) => {
      const station = await serving(t);
      const texts = Array.from({ length: 40 }, () => t.random.bytes(t.random.int(1, 300)));
      const outcomes = await Promise.all(texts.map((text) => says(station, text)));
      for (const [index, outcome] of outcomes.entries()) await expectBack(t, outcome, texts[index] as Uint8Array, `client ${index + 1}`);
      await expectNothingLeft(t, station);
    },
  },

  "long": {
    title: "a quarter of a megabyte goes there and back",
    kind: "live",
    weight: 2,
    twin: "echo/rest",
    covers: ["SEL-3", "SEL-11"],
    look: ["createEchoLoop.writable", "createEchoLoop.settle"],
    why:
      "The send buffer holds 4 KB here, so hardly any write takes all that it is given: whatever a rest can do wrong it does now, a hundred times.",
    hints: [
      "Is it too little that came back, or the wrong bytes?",
      "Too little: a rest was lost, or WRITE was not waited for. Wrong: a rest was overtaken.",
      "See echo/rest and echo/in-order.",
    ],
    run: async (t) => {
      const station = await serving(t, { chunk: 3000, unsent: 9000 }, { tcp: { sendBuffer: 4096 } });
      const text = t.random.bytes(250_000);
      await expectBack(t, await says(station, text), text, "the client");
      await expectNothingLeft(t, station);
    },
  },

  "slow-reader": {
    title: "a client that reads late is waited for",
    kind: "live",
    twin: "host/window-shut",
    covers: ["SEL-12", "SEL-11"],
    look: ["createEchoLoop.settle"],
    why:
      "It sends 200 KB and looks at nothing for a while. Its receive buffer fills, then your send buffer, then what you keep; then you stop reading, and your own window closes: now it cannot send any more. All that without a word in any protocol but TCP's windows. Meanwhile another client is served.",
    hints: [
      "Is the other client served meanwhile?",
      "Nobody must wait in `write`: the rest is kept, and the loop goes on.",
      "See echo/back-pressure, host/window-shut.",
    ],
    run: async (t) => {
      const station = await serving(t, { chunk: 2000, unsent: 8000 }, { tcp: { sendBuffer: 8192, receiveBuffer: 8192 } });
      const [text, short] = [t.random.bytes(200_000), t.random.bytes(100)];
      const slow = says(station, text, { pauseBeforeReading: 150, receiveBuffer: 4096 });
      await expectBack(t, await says(station, short), short, "the other client");
      await expectBack(t, await slow, text, "the client that reads late");
      await expectNothingLeft(t, station);
    },
  },

  "reset": {
    title: "a client resets, and the others are served",
    kind: "live",
    twin: "service/reset",
    covers: ["SEL-13"],
    look: ["createEchoLoop.drop", "createEchoLoop.readable"],
    why: 'Clients that vanish are daily bread. The loop hears of it by a key like any other: `read` says "ECONNRESET".',
    hints: [
      "What is left of a connection that was reset?",
      "Nothing: cancelled, closed, not counted.",
      "See service/reset.",
    ],
    run: async (t) => {
      const station = await serving(t);
      const text = t.random.bytes(500);
      const rude = { to: station.address, port: 7, send: text, receive: { count: 1 }, abort: true } as const;
      const [polite] = await Promise.all([says(station, text), station.kernel.tcpClient(rude), station.kernel.tcpClient(rude)]);
      await expectBack(t, polite, text, "the client that stayed");
      await expectNothingLeft(t, station);
      await expectBack(t, await says(station, text), text, "a client that came later");
    },
  },

  "connects": {
    title: "you connect to the kernel, and wait for it",
    kind: "live",
    twin: "host/refused",
    covers: ["SEL-1", "SEL-2"],
    look: ["connectOutcome", "readinessOf", "createSelector.select"],
    why:
      "A program that connects without waiting does three things: it waits for CONNECT, asks what came of it, and goes on to READ and WRITE. The kernel's server is real, and so is the round trip between them.",
    hints: [
      "Which bit comes first?",
      "CONNECT, when the kernel's SYN and ACK has come. Then connectOutcome is 0.",
      "See readiness/connected.",
    ],
    run: async (t) => {
      const station = await t.live({ kind: "tun" });
      const program = station.tcp.selector;
      const server = station.kernel.tcpServer({ port: 7777, mode: "echo" });
      await station.settle();
      const channel = await program.connect(7777);
      await program.register(channel, CONNECT);
      t.equal(keysText(await program.ready()), `${channel}: CONNECT`, "what is ready when the kernel has answered");
      t.equal(await program.connected(channel), 0, "what connecting has come to");
      await program.setInterest(channel, READ | WRITE);
      t.equal(keysText(await program.ready()), `${channel}: WRITE`, "what is ready then");
      const text = t.random.bytes(70);
      t.equal(await program.write(channel, text), 70, "bytes that were taken");
      await program.setInterest(channel, READ);
      t.equal(keysText(await program.ready()), `${channel}: READ`, "what is ready when the kernel has sent them back");
      t.equal(bytesText(await program.read(channel)), bytesText(text), "what came back");
      await program.close(channel);
      await server;
    },
  },

  "refused": {
    title: "the kernel refuses, and you hear of it",
    kind: "live",
    twin: "host/refused",
    covers: ["SEL-1", "SEL-2"],
    look: ["readinessOf", "connectOutcome"],
    why: "Nobody listens on that port of the kernel's, so it answers your SYN by a RST. Whoever waits for CONNECT is told, and asks why.",
    hints: [
      "Is the key given out at all?",
      "What broke is ready for everything: for CONNECT, too.",
      "See readiness/broken and outcomes/failures.",
    ],
    run: async (t) => {
      const station = await t.live({ kind: "tun" });
      const program = station.tcp.selector;
      const channel = await program.connect(t.random.int(1024, 30_000));
      await program.register(channel, CONNECT);
      t.equal(keysText(await program.ready()), `${channel}: CONNECT`, "what is ready when the kernel has refused");
      t.equal(await program.connected(channel), "ECONNREFUSED", "what connecting has come to");
    },
  },

  "idle": {
    title: "thirty idle clients cost the one that talks nothing",
    kind: "live",
    weight: 2,
    twin: "selector/idle",
    covers: ["SEL-8", "SEL-4"],
    look: ["createSelector.select", "createEchoLoop.settle"],
    why:
      "Thirty of the kernel's clients are connected and silent. One talks: how often the selector asks a channel for its facts has to follow from what *that one* does. A selector that asks all of them asks thirty times as often; at ten thousand it does nothing else.",
    hints: [
      "How many facts are asked for when one byte comes?",
      "Those of that channel, once or twice. See selector/idle.",
      "If a loop goes round for nothing that shows here, too: see echo/no-spin.",
    ],
    run: async (t: Trial) => {
      const station = await serving(t);
      // They wait for what nobody sends, and give up when nothing has moved for a while: after the one that talks.
      const silent = { to: station.address, port: 7, receive: { count: 1 }, quiet: 300 } as const;
      const idle = Array.from({ length: 30 }, () => station.kernel.tcpClient(silent));
      for (let tries = 0; tries < 50 && (await station.tcp.selector.figures()).connections < 30; tries++) await station.settle();
      await station.tcp.selector.figures();
      const talks = Array.from({ length: 10 }, () => ({ send: t.random.bytes(20), receive: { count: 20 } }));
      const talker = await station.kernel.tcpClient({ to: station.address, port: 7, ...talks[0], then: talks.slice(1) });
      const { looks, connections } = await station.tcp.selector.figures();
      t.equal(talker.receivedLength, 200, "bytes that came back, in ten parts");
      t.ok(connections >= 30, "the idle clients to be there still", `${connections} connections`);
      t.ok(looks <= 150, "at most 150 questions for facts, for ten parts of a talk", `${looks}`);
      await Promise.all(idle);
    },
  },
};
