/** Checks of createEchoLoop, over channels that do what the check says: how connections begin, end and fail. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { echoBench, numbers } from "./bench.ts";

export const service: Readonly<Record<string, CheckSpec>> = {
  "accept-all": {
    title: "everybody who waits is accepted",
    kind: "table",
    weight: 2,
    covers: ["SEL-10"],
    look: ["createEchoLoop.acceptable"],
    why:
      "Five clients came before the loop looked: the listening channel is *one* key, given out once. Whoever accepts one for each key makes the others wait for a turn of their own; with a selector that tells of edges they would wait for ever.",
    hints: [
      "How often is `accept` called when the listening channel's key is given out?",
      'Until it says "EAGAIN": that is how you learn that nobody waits any more.',
      "A loop around `accept`; a string ends it, anything else is a channel, to be registered for READ.",
    ],
    run: async (t) => {
      const bench = await echoBench(t);
      const all = numbers(t, t.random.int(3, 7));
      await bench.happen(bench.door, { knock: all });
      await bench.loop.turn();
      const accepted = (await bench.channels.made(bench.door, "accept")).map(({ outcome }) => outcome).filter((each) => each !== "EAGAIN");
      t.equal(accepted, all, "who was accepted in one turn");
      t.equal(await bench.loop.connections(), all.length, "connections");
      t.equal(await bench.selector.size(), all.length + 1, "channels that are registered");
    },
  },

  "end": {
    title: "the end is answered by the end",
    kind: "table",
    weight: 2,
    covers: ["SEL-13", "SEL-2"],
    look: ["createEchoLoop.readable", "createEchoLoop.settle", "createEchoLoop.drop"],
    why:
      "`read` says 0: the client will send nothing more. It has everything back, so the connection has done its work: cancelled, closed, forgotten, and counted no more.",
    hints: [
      "What does `read` return when the client has ended?",
      "0. With nothing unsent the connection is dropped: `cancel`, then `close`.",
      "Cancel before you close: what is closed must not be asked for its facts any more.",
    ],
    run: async (t) => {
      const bench = await echoBench(t);
      const [one, two] = numbers(t, 2) as [number, number];
      await bench.connect(one, two);
      const bytes = t.random.bytes(40);
      await bench.happen(one, { arrive: bytes, ended: true });
      await bench.settle();
      await bench.expectSent(one, bytes, "before it was closed");
      t.equal((await bench.channels.made(undefined, "close")).map(({ channel }) => channel), [one], "the channels that were closed");
      t.equal([await bench.loop.connections(), await bench.selector.size()], [1, 2], "connections, and channels that are registered");
    },
  },

  "end-with-rest": {
    title: "the end waits until everything is sent",
    kind: "table",
    weight: 2,
    covers: ["SEL-13", "SEL-11"],
    look: ["createEchoLoop.settle", "createEchoLoop.readable"],
    why:
      "A client that shuts its side for writing says: this was all, now I listen. Half-closed is not closed. Whoever closes when he reads the end cuts off what he has not sent yet.",
    hints: [
      "The end was read, and 50 bytes are unsent. What is waited for?",
      "WRITE, and only that: there is nothing more to be read, and being ready for it never ends.",
      "Remember `ended`; drop the connection when `ended` and nothing is unsent, wherever that becomes so.",
    ],
    run: async (t) => {
      const bench = await echoBench(t);
      const [one] = numbers(t, 1) as [number];
      await bench.connect(one);
      const bytes = t.random.bytes(90);
      await bench.channels.put(one, { room: 40 });
      await bench.happen(one, { arrive: bytes, ended: true });
      await bench.settle();
      t.equal((await bench.channels.made(one, "close")).length, 0, "how often it was closed while 50 bytes were unsent");
      const why =
        "The end stays readable for ever: whoever goes on waiting for READ behind it is told at once, at every turn, until there is room for the rest.";
      await t.about({ why, look: ["createEchoLoop.settle"] }, () => bench.expectRest("while there is no room for the rest"));
      await bench.happen(one, { room: 100 });
      await bench.settle();
      await bench.expectSent(one, bytes, "in the end");
      t.equal((await bench.channels.made(one, "close")).length, 1, "how often it was closed when all was sent");
    },
  },

  "not-ready-after-all": {
    title: "EAGAIN from read is not the end",
    kind: "table",
    covers: ["SEL-2"],
    look: ["createEchoLoop.readable"],
    why:
      "What was ready when `select` looked need not be ready any more when the call is made. That is nobody's fault, and nothing has happened: the key will be given out again.",
    hints: [
      "Which three kinds of answers has `read`, and which one of them means that nothing will come?",
      'A count, a code, and "EAGAIN". Only 0 is the end, only the other codes are failures.',
      "That answer is asked for before any other, and leaves the method: nothing is to be done.",
    ],
    run: async (t) => {
      const bench = await echoBench(t);
      const [one] = numbers(t, 1) as [number];
      await bench.connect(one);
      await bench.happen(one, { promised: 5 });
      await bench.loop.turn();
      t.equal((await bench.channels.made(one, "close")).length, 0, "how often it was closed");
      await bench.channels.put(one, { promised: 0 });
      await bench.settle();
      const bytes = t.random.bytes(20);
      await bench.happen(one, { arrive: bytes });
      await bench.settle();
      await bench.expectSent(one, bytes, "afterwards");
    },
  },

  "reset": {
    title: "an error closes its own connection only",
    kind: "table",
    weight: 2,
    covers: ["SEL-13"],
    look: ["createEchoLoop.readable", "createEchoLoop.drop"],
    why:
      "One of many clients resets. With a task for each connection only that task ends; here all of them share one loop, and whoever throws, or returns, out of it ends the service for all.",
    hints: [
      'What ends when `read` says "ECONNRESET"?',
      "This connection, and nothing else: `turn` goes on with the next key.",
      'A string other than "EAGAIN": drop the channel, and return from this method.',
    ],
    run: async (t) => {
      const bench = await echoBench(t);
      const all = numbers(t, 4);
      await bench.connect(...all);
      const broken = t.random.pick(all);
      const bytes = t.random.bytes(25);
      for (const channel of all) await bench.happen(channel, channel === broken ? { failure: "ECONNRESET" } : { arrive: bytes });
      await bench.settle();
      t.equal((await bench.channels.made(undefined, "close")).map(({ channel }) => channel), [broken], "the channels that were closed");
      for (const channel of all.filter((each) => each !== broken)) await bench.expectSent(channel, bytes, "all the same");
      t.equal(await bench.loop.connections(), 3, "connections");
    },
  },

  "gave-up": {
    title: "accept may fail, and the server goes on",
    kind: "table",
    covers: ["SEL-10", "SEL-13"],
    look: ["createEchoLoop.acceptable", "createSelector.select"],
    why:
      'A client resets before it was accepted, and `accept` says "ECONNABORTED". That is the client\'s affair. A server that closes its listening channel then can be stopped by any port scanner; and whoever waits behind is accepted now, or in the next turn.',
    hints: [
      'What does the loop do when `accept` says "ECONNABORTED"?',
      "Nothing is wrong with the listening channel: it stays registered, for ACCEPT.",
      "Whoever waits behind is accepted now or in the next turn: the key is given out again.",
    ],
    run: async (t) => {
      const bench = await echoBench(t);
      const [one, two] = numbers(t, 2) as [number, number];
      await bench.happen(bench.door, { knock: [one, "ECONNABORTED", two] });
      await bench.settle();
      t.equal(await bench.loop.connections(), 2, "connections");
      t.equal((await bench.channels.made(undefined, "close")).length, 0, "channels that were closed");
      const bytes = t.random.bytes(11);
      await bench.happen(two, { arrive: bytes });
      await bench.settle();
      await bench.expectSent(two, bytes, "back");
    },
  },

  "full": {
    title: "with too many connections none is accepted",
    kind: "table",
    weight: 2,
    covers: ["SEL-10"],
    look: ["createEchoLoop.acceptable", "createEchoLoop.drop"],
    why:
      "At its limit the loop stops accepting, and stops *waiting* for ACCEPT too: somebody is still there to be accepted, so a loop that goes on waiting would be told at every turn. Who waits is not lost: the accept queue keeps him. When a connection ends there is room.",
    hints: [
      "Who is given out at every turn while nobody may be accepted?",
      "The listening channel, unless its interest is 0 meanwhile.",
      "`drop`: if the limit was reached before, the listening channels wait for ACCEPT again.",
    ],
    run: async (t) => {
      const bench = await echoBench(t, { connections: 3 });
      const all = numbers(t, 5);
      await bench.happen(bench.door, { knock: all });
      await bench.settle();
      t.equal(await bench.loop.connections(), 3, "connections at the limit of 3");
      await bench.channels.asked();
      for (let turn = 0; turn < 3; turn++) await bench.loop.turn();
      const asked = (await bench.channels.asked()).filter((channel) => channel === bench.door).length;
      t.equal(asked, 0, "how often the listening channel was asked for its facts in three turns at the limit");
      await bench.happen(all[1] as number, { ended: true });
      await bench.settle();
      t.equal(await bench.loop.connections(), 3, "connections when one has ended, and two had waited");
      const bytes = t.random.bytes(15);
      await bench.happen(all[3] as number, { arrive: bytes });
      await bench.settle();
      await bench.expectSent(all[3] as number, bytes, "back: it is the fourth that came");
    },
  },
};
