/** Hidden checks of createEchoLoop, over channels that do what the check says. */
import { echoBench, joined, numbers } from "../../../labs/10-selector/checks/bench.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export const echo: Readonly<Record<string, CheckSpec>> = {
  "stories": {
    title: "eight clients, little room: all get their own",
    kind: "table",
    weight: 3,
    covers: ["SEL-11", "SEL-12", "SEL-13"],
    look: ["createEchoLoop.writable", "createEchoLoop.readable", "createEchoLoop.settle"],
    why:
      "Bytes come in all sizes, room comes and goes, ends come early and late: in the end each client has got exactly what it has sent, and its connection is closed.",
    hints: [
      "Are they the wrong bytes, or too few?",
      "Too few: a rest was forgotten, or nobody waits for WRITE. Wrong: a rest was overtaken.",
      "See echo/rest, echo/in-order and service/end-with-rest.",
    ],
    run: async (t) => {
      const bench = await echoBench(t, { chunk: 64, unsent: 150, keys: 3 });
      const all = numbers(t, 8);
      await bench.connect(...all);
      const said = new Map<number, Uint8Array>(all.map((channel) => [channel, new Uint8Array(0)]));
      for (let step = 0; step < 40; step++) {
        const channel = t.random.pick(all);
        const bytes = t.random.bytes(t.random.int(1, 120));
        if (t.random.chance(0.5)) await bench.happen(channel, { room: t.random.int(0, 60) });
        else {
          said.set(channel, joined(said.get(channel) as Uint8Array, bytes));
          await bench.happen(channel, { arrive: bytes });
        }
        if (t.random.chance(0.5)) await bench.settle();
      }
      for (const channel of all) await bench.happen(channel, { ended: true });
      await bench.settle();
      for (const channel of all) await bench.happen(channel, { room: 100_000 });
      await bench.settle();
      for (const [channel, bytes] of said) await bench.expectSent(channel, bytes, "in all");
      t.equal([await bench.loop.connections(), await bench.selector.size()], [0, 1], "connections, and channels that are registered");
    },
  },

  "one-byte-room": {
    title: "room for one byte at a time is room",
    kind: "table",
    covers: ["SEL-3", "SEL-11"],
    look: ["createEchoLoop.writable"],
    why: "The smallest partial write there is, again and again: nothing is lost, nothing is sent twice.",
    hints: [
      "What is the first piece after one byte of it was written?",
      "Itself without that byte; and when nothing is left of it, the next one.",
      "Compare `written` with the piece's length: equal means that the piece is done.",
    ],
    run: async (t) => {
      const bench = await echoBench(t, { chunk: 4 });
      const [one] = numbers(t, 1) as [number];
      await bench.connect(one);
      await bench.channels.put(one, { room: 0 });
      const bytes = t.random.bytes(10);
      await bench.happen(one, { arrive: bytes });
      await bench.settle();
      for (let at = 0; at < 10; at++) {
        await bench.happen(one, { room: 1 });
        await bench.settle();
        await bench.expectSent(one, bytes.subarray(at, at + 1), `with room for one byte, for the ${at + 1}. time`);
      }
    },
  },

  "drained": {
    title: "reading goes on when the rest has gone out",
    kind: "table",
    covers: ["SEL-12", "SEL-5"],
    look: ["createEchoLoop.settle"],
    why:
      "READ was given up because too much was unsent. When that has gone out nobody tells that there are bytes: they have been there all the time.",
    hints: [
      "When does READ come back into the interest?",
      "Each time that something was written, the interest is worked out anew.",
      "And `setInterest` has to look at a channel that is ready already: see selector/new-interest.",
    ],
    run: async (t) => {
      const bench = await echoBench(t, { chunk: 50, unsent: 50 });
      const [one] = numbers(t, 1) as [number];
      await bench.connect(one);
      const bytes = t.random.bytes(500);
      await bench.channels.put(one, { room: 0 });
      await bench.happen(one, { arrive: bytes });
      await bench.settle();
      t.equal((await bench.channels.made(one, "read")).length, 1, "reads while nothing can be written");
      for (let step = 0; step < 5; step++) {
        await bench.happen(one, { room: 100 });
        await bench.settle();
      }
      await bench.expectSent(one, bytes, "in five steps of 100");
    },
  },

  "idle": {
    title: "a loop with two hundred silent clients rests",
    kind: "table",
    covers: ["SEL-8", "SEL-11"],
    look: ["createEchoLoop.settle", "createEchoLoop.acceptable"],
    why:
      "All are connected, none says anything: no turn does anything, and no facts are asked for. Then one speaks, and the others cost nothing.",
    hints: [
      "For what does an accepted channel wait?",
      "For READ alone. There is room on all of them.",
      "See echo/no-spin and selector/idle.",
    ],
    run: async (t: Trial) => {
      const bench = await echoBench(t, { connections: 500, keys: 50 });
      const all = numbers(t, 200);
      await bench.connect(...all);
      await bench.channels.asked();
      t.equal(await bench.loop.turn(), false, "a turn when all are silent");
      t.equal((await bench.channels.asked()).length, 0, "questions for facts");
      const channel = t.random.pick(all);
      const bytes = t.random.bytes(9);
      await bench.happen(channel, { arrive: bytes });
      await bench.settle();
      await bench.expectSent(channel, bytes, "back");
      const { length } = await bench.channels.asked();
      t.ok(length <= 6, "6 questions for facts at most, for one of two hundred", `${length}`);
    },
  },
};

export const service: Readonly<Record<string, CheckSpec>> = {
  "write-fails": {
    title: "a write that fails closes its own connection only",
    kind: "table",
    covers: ["SEL-13"],
    look: ["createEchoLoop.writable", "createEchoLoop.drop"],
    why: "The reset may come while a rest waits for room: then it is `write` that says so, and the rest is of no use to anybody.",
    hints: [
      "What may `write` return besides a count?",
      '"EAGAIN", when there is no room; or a code, when it broke.',
      "As in reading: a code drops the connection. And do not touch its conversation behind that.",
    ],
    run: async (t) => {
      const bench = await echoBench(t);
      const [one, two] = numbers(t, 2) as [number, number];
      await bench.connect(one, two);
      for (const channel of [one, two]) {
        await bench.channels.put(channel, { room: 10 });
        await bench.happen(channel, { arrive: t.random.bytes(30) });
      }
      await bench.settle();
      await bench.channels.made();
      await bench.happen(one, { failure: "ETIMEDOUT" });
      await bench.happen(two, { room: 100 });
      await bench.settle();
      t.equal((await bench.channels.made(undefined, "close")).map(({ channel }) => channel), [one], "the channels that were closed");
      t.equal((await bench.channels.sent(two)).length, 30, "bytes that the other one got");
      t.equal([await bench.loop.connections(), await bench.selector.size()], [1, 2], "connections, and channels that are registered");
    },
  },

  "broken-with-rest": {
    title: "who breaks with a rest unsent is forgotten",
    kind: "table",
    covers: ["SEL-13", "SEL-12"],
    look: ["createEchoLoop.writable", "createEchoLoop.drop"],
    why:
      "The loop waits for WRITE alone, as too much is unsent. The reset comes as that: ready for what is waited for. A loop that only hears of failures in reading keeps this one for ever.",
    hints: [
      "What is the key ready for, when it waits for WRITE and the connection broke?",
      "WRITE; and `write` says why.",
      "Drop it there, too.",
    ],
    run: async (t) => {
      const bench = await echoBench(t, { unsent: 50 });
      const [one] = numbers(t, 1) as [number];
      await bench.connect(one);
      await bench.channels.put(one, { room: 0 });
      await bench.happen(one, { arrive: t.random.bytes(90) });
      await bench.settle();
      await bench.channels.made();
      await bench.happen(one, { failure: "ECONNRESET" });
      await bench.settle();
      t.equal((await bench.channels.made(undefined, "close")).map(({ channel }) => channel), [one], "the channels that were closed");
      t.equal([await bench.loop.connections(), await bench.selector.size()], [0, 1], "connections, and channels that are registered");
    },
  },

  "two-doors": {
    title: "two listening channels share the limit",
    kind: "table",
    covers: ["SEL-10"],
    look: ["createEchoLoop.listen", "createEchoLoop.drop"],
    why: "The limit is the loop's. When it was reached nobody waits for ACCEPT at either door; when there is room, at both.",
    hints: [
      "At which doors does `drop` begin to wait again?",
      "At all that `listen` was called with.",
      "Keep them in `listeners`; and `acceptable` takes the interest from the one that it was called for.",
    ],
    run: async (t) => {
      const bench = await echoBench(t, { connections: 2 });
      const [first, second, third, fourth, back] = numbers(t, 5) as [number, number, number, number, number];
      await bench.channels.put(back, { role: "listening", room: 0 });
      await bench.loop.listen(back as never);
      await bench.connect(first, second);
      await bench.happen(back, { knock: [third] });
      await bench.happen(bench.door, { knock: [fourth] });
      await bench.settle();
      t.equal(await bench.loop.connections(), 2, "connections at the limit of 2");
      await bench.happen(first, { ended: true });
      await bench.happen(second, { failure: "ECONNRESET" });
      await bench.settle();
      t.equal(await bench.loop.connections(), 2, "connections when both have gone, and one waits at each door");
      for (const channel of [third, fourth]) await bench.happen(channel, { arrive: t.random.bytes(3) });
      await bench.settle();
      const sent = [(await bench.channels.sent(third)).length, (await bench.channels.sent(fourth)).length];
      t.equal(sent, [3, 3], "bytes that came back to the two who had waited");
    },
  },

  "closed-once": {
    title: "each connection is closed once, and left alone then",
    kind: "table",
    covers: ["SEL-6", "SEL-13"],
    look: ["createEchoLoop.drop", "createEchoLoop.turn"],
    why:
      "A key can be ready for WRITE and for READ. If writing fails, the connection is gone when reading has its turn: whoever goes on reads from a channel that is closed, and may be somebody else's by now.",
    hints: [
      "After `writable`, what does `turn` look at before it calls `readable`?",
      "At `key.ready`, again: `cancel` has set it to 0.",
      "Take no copy of `ready` at the beginning of the turn.",
    ],
    run: async (t) => {
      const bench = await echoBench(t, { unsent: 500 });
      const all = numbers(t, 3);
      await bench.connect(...all);
      for (const channel of all) {
        await bench.channels.put(channel, { room: 0 });
        await bench.happen(channel, { arrive: t.random.bytes(20) });
      }
      await bench.settle();
      await bench.channels.made();
      for (const channel of all) await bench.happen(channel, { arrive: t.random.bytes(20), failure: "ECONNRESET" });
      await bench.settle();
      const made = await bench.channels.made();
      for (const channel of all) {
        const own = made.filter((each) => each.channel === channel).map(({ call }) => call);
        t.equal(own.filter((call) => call === "close").length, 1, `how often channel ${channel} was closed`);
        t.equal(own.at(-1), "close", `the last call on channel ${channel}`);
      }
    },
  },
};
