/** Optional checks: createEdgeSelector and createEdgeLoop, over channels that do what the check says. `changed` is called once for each thing that happens. */
import { READ, WRITE } from "../../../stack/wire/readiness.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { edgeBench, edgeLoopBench, numbers } from "./bench.ts";

export const edge: Readonly<Record<string, CheckSpec>> = {
  "once": {
    title: "what has happened is said once",
    kind: "table",
    covers: ["SEL-2"],
    look: ["createEdgeSelector.select"],
    why: "This is an edge: 20 bytes came, and that is said. That they are still there is no news. The next thing that happens is.",
    hints: [
      "Which line of your level-triggered selector makes it say again what it has said?",
      "The one that puts a key back among the candidates when it is given out.",
      "Leave it out. Nothing else changes.",
    ],
    run: async (t) => {
      const bench = await edgeBench(t);
      const [one, two] = numbers(t, 2) as [number, number];
      await bench.add(one, READ);
      await bench.add(two, READ);
      await bench.expect("EAGAIN", "before anything came");
      await bench.happen(one, { arrive: t.random.bytes(20) });
      await bench.expect(`${one}: READ`, "when 20 bytes have come");
      await bench.expect("EAGAIN", "again, when nothing was read");
      await bench.happen(one, { arrive: t.random.bytes(5) });
      await bench.expect(`${one}: READ`, "when 5 more have come");
    },
  },

  "news": {
    title: "nobody's news is lost",
    kind: "table",
    covers: ["SEL-5", "SEL-6", "SEL-7"],
    look: ["createEdgeSelector.register", "createEdgeSelector.select", "createEdgeSelector.cancel"],
    why:
      "What is said once must be said once: also what happened before `register`, and what found no place in the list. Only who was cancelled has no news.",
    hints: [
      "Who becomes a candidate, and when does he cease to be one?",
      "By `register` and by `changed`; and when he is asked, not before.",
      "When the limit is reached, those who were not asked stay candidates.",
    ],
    run: async (t) => {
      const bench = await edgeBench(t);
      const all = numbers(t, 5);
      for (const channel of all) {
        await bench.channels.put(channel, { arrive: t.random.bytes(3) });
        await bench.add(channel, READ | WRITE);
      }
      const third = all[2] as number;
      await bench.selector.cancel(third);
      const told: number[] = [];
      for (const limit of [1, 2, 9]) told.push(...(await bench.keys(limit)).map(({ channel }) => channel));
      t.equal(
        told.toSorted(),
        all.filter((each) => each !== third).toSorted(),
        "the channels that were given out by select(1), select(2) and select(9)",
      );
    },
  },

  "until-again": {
    title: "the loop goes on until EAGAIN",
    kind: "table",
    weight: 3,
    covers: ["SEL-11"],
    look: ["createEdgeLoop.turn", "createEdgeLoop.read"],
    why:
      "500 bytes come in one segment: one edge. Whoever reads 50 of them and waits to be told of the others waits for ever, and the client too. It is the classic fault with edges, and it shows only with those who send much.",
    hints: [
      "Who says that there are 450 bytes more?",
      "Nobody but you: `mayRead` is true until `read` has said EAGAIN.",
      "A connection that may be read on stays among those that are `busy`, and a turn goes through them as well as through what was selected.",
    ],
    run: async (t) => {
      const bench = await edgeLoopBench(t, { chunk: 50 });
      const [one] = numbers(t, 1) as [number];
      await bench.connect(one);
      const bytes = t.random.bytes(500);
      await bench.happen(one, { arrive: bytes });
      await bench.settle();
      await bench.expectSent(one, bytes, "back");
    },
  },

  "once-a-turn": {
    title: "one who sends without a pause holds up nobody",
    kind: "table",
    weight: 2,
    covers: ["SEL-7"],
    look: ["createEdgeLoop.turn", "createEdgeLoop.read"],
    why:
      "“Until EAGAIN” must not mean “at once”: while one client sends faster than you read, EAGAIN never comes. So each reads once in a turn, and whoever has more to read goes behind the others: this queue is the selector's no longer, it is yours.",
    hints: [
      "One has 1000 bytes, another one 20. When is the second one's turn?",
      "In the same turn as the first one's first read.",
      "Take each busy connection out, serve it once, and put it back behind the others if it may go on.",
    ],
    run: async (t: Trial) => {
      const bench = await edgeLoopBench(t, { chunk: 50, keys: 2 });
      const [one, two, three] = numbers(t, 3) as [number, number, number];
      await bench.connect(one, two, three);
      for (const [channel, count] of [[one, 1000], [two, 20], [three, 20]] as const) {
        await bench.happen(channel, { arrive: t.random.bytes(count) });
      }
      await bench.loop.turn();
      const first = await bench.channels.made(undefined, "read");
      t.equal(first.filter(({ channel }) => channel === one).length, 1, "how often the first one was read from in one turn");
      t.equal(first.filter(({ channel }) => channel === two).length, 1, "how often the second one was");
      for (let turn = 0; turn < 2; turn++) await bench.loop.turn();
      const next = (await bench.channels.made(undefined, "read")).filter(({ channel }) => channel === three);
      t.ok(next.length > 0, "the third one to be read from in the next two turns, of two keys each", "no read of it");
    },
  },

  "rest": {
    title: "a rest goes out when there is room again",
    kind: "table",
    weight: 2,
    covers: ["SEL-11", "SEL-3"],
    look: ["createEdgeLoop.write", "createEdgeLoop.turn"],
    why:
      "Room is an edge, too. Nobody waits for WRITE here in particular: each connection is registered for both, once, and `mayWrite` says what was heard.",
    hints: [
      "What makes `mayWrite` true, and what makes it false?",
      "A key that is ready for WRITE; and a `write` that says EAGAIN.",
      "As long as it is true, and something is unsent, write on; a part that was taken is no EAGAIN.",
    ],
    run: async (t) => {
      const bench = await edgeLoopBench(t);
      const [one, two] = numbers(t, 2) as [number, number];
      await bench.connect(one, two);
      const [bytes, others] = [t.random.bytes(90), t.random.bytes(90)];
      for (const [channel, said] of [[one, bytes], [two, others]] as const) {
        await bench.channels.put(channel, { room: 20 });
        await bench.happen(channel, { arrive: said });
      }
      await bench.settle();
      await bench.expectSent(one, bytes.subarray(0, 20), "with room for 20");
      await bench.happen(one, { room: 30 });
      await bench.settle();
      await bench.expectSent(one, bytes.subarray(20, 50), "with room for 30 more");
      for (const channel of [one, two]) await bench.happen(channel, { room: 1000 });
      await bench.settle();
      await bench.expectSent(one, bytes.subarray(50), "with room enough");
      await bench.expectSent(two, others, "in all");
    },
  },

  "back-pressure": {
    title: "who stops reading goes on by himself",
    kind: "table",
    weight: 2,
    covers: ["SEL-12"],
    look: ["createEdgeLoop.goesOn", "createEdgeLoop.turn"],
    why:
      "“Until EAGAIN” has a second limit: too much is unsent, so the loop stops reading, and turns have nothing to do. The bytes came long ago, and are no news: what will happen is that there is room, and behind the writing the loop has to see that it may read on.",
    hints: [
      "The edge of WRITE has come, and everything unsent is written. What now?",
      "`mayRead` is still true: read on.",
      "Work out whether a connection goes on after the writing, and from all three: `mayRead`, `ended`, `unsentBytes`.",
    ],
    run: async (t) => {
      const limits = { chunk: 100, unsent: 300 };
      const bench = await edgeLoopBench(t, limits);
      const [one] = numbers(t, 1) as [number];
      await bench.connect(one);
      const bytes = t.random.bytes(2000);
      await bench.channels.put(one, { room: 0 });
      await bench.happen(one, { arrive: bytes });
      await bench.settle();
      const read = (await bench.channels.made(one, "read")).reduce(
        (all, { outcome }) => all + (typeof outcome === "number" ? outcome : 0),
        0,
      );
      t.equal(read, limits.unsent, "bytes that are read while nobody takes any, with limits.unsent 300");
      await bench.expectRest("while nobody takes any");
      await bench.happen(one, { room: 10_000 });
      await bench.settle();
      await bench.expectSent(one, bytes, "when it reads again");
    },
  },

  "accept-all": {
    title: "the door is looked at until nobody waits",
    kind: "table",
    covers: ["SEL-10"],
    look: ["createEdgeLoop.accept"],
    why:
      "Five came, and it is said once. Two of them have given up: that is not EAGAIN, and whoever stops there leaves those behind them standing until the next one knocks.",
    hints: [
      "After which answers of `accept` is there nobody left?",
      'After "EAGAIN" only.',
      "Another string is one who gave up: go on with the next.",
    ],
    run: async (t) => {
      const bench = await edgeLoopBench(t);
      const [one, two, three] = numbers(t, 3) as [number, number, number];
      await bench.happen(bench.door, { knock: ["ECONNABORTED", one, "ECONNABORTED", two, three] });
      await bench.settle();
      t.equal(await bench.loop.connections(), 3, "connections");
    },
  },

  "full": {
    title: "who waited at the limit is accepted later",
    kind: "table",
    weight: 2,
    covers: ["SEL-10"],
    look: ["createEdgeLoop.accept", "createEdgeLoop.turn"],
    why:
      "At the limit the loop does not ask until EAGAIN. So it must remember that somebody may wait: when a connection ends, nothing happens at the door that anybody could tell.",
    hints: [
      "What do you know of a door at which you did not hear EAGAIN?",
      "That somebody may wait there. It stays among `doors`.",
      "Try all of `doors` at the end of a turn; they alone are no reason for another turn.",
    ],
    run: async (t) => {
      const bench = await edgeLoopBench(t, { connections: 2 });
      const all = numbers(t, 4);
      await bench.happen(bench.door, { knock: all });
      await bench.settle();
      t.equal(await bench.loop.connections(), 2, "connections at the limit of 2");
      await bench.expectRest("at the limit");
      await bench.happen(all[0] as number, { ended: true });
      await bench.settle();
      t.equal(await bench.loop.connections(), 2, "connections when one has ended, and two had waited");
      const bytes = t.random.bytes(12);
      await bench.happen(all[2] as number, { arrive: bytes });
      await bench.settle();
      await bench.expectSent(all[2] as number, bytes, "back: it is the third that came");
    },
  },

  "end": {
    title: "the end is answered when everything is sent",
    kind: "table",
    weight: 2,
    covers: ["SEL-13"],
    look: ["createEdgeLoop.turn", "createEdgeLoop.read"],
    why:
      "The bytes and the FIN are one edge: whoever was told of the bytes is not told of the end. And the end is told once, while a rest is unsent: remember it.",
    hints: [
      "After the last bytes were read: has `read` said EAGAIN?",
      "No; so it is read on, and says 0: `ended`.",
      "Drop when `ended` and nothing is unsent, wherever that becomes so: after reading, and after writing.",
    ],
    run: async (t) => {
      const bench = await edgeLoopBench(t);
      const [one, two] = numbers(t, 2) as [number, number];
      await bench.connect(one, two);
      const [bytes, others] = [t.random.bytes(90), t.random.bytes(90)];
      await bench.channels.put(two, { room: 40 });
      await bench.happen(one, { arrive: bytes, ended: true });
      await bench.happen(two, { arrive: others, ended: true });
      await bench.settle();
      await bench.expectSent(one, bytes, "before it was closed");
      const closed = async (): Promise<readonly number[]> => (await bench.channels.made(undefined, "close")).map(({ channel }) => channel);
      t.equal(await closed(), [one], "the channels that were closed, while the other one has a rest unsent");
      await bench.expectRest("while there is no room for the rest");
      await bench.happen(two, { room: 100 });
      await bench.settle();
      await bench.expectSent(two, others, "in the end");
      t.equal(await closed(), [two], "the channels that were closed when that was sent");
      t.equal(await bench.loop.connections(), 0, "connections");
    },
  },

  "broken": {
    title: "an error closes its own connection only",
    kind: "table",
    covers: ["SEL-13"],
    look: ["createEdgeLoop.turn", "createEdgeLoop.write"],
    why:
      "What broke is said once, too: by `read` or by `write`, whichever call is made first. It must not be lost because nothing was to be read or written just then.",
    hints: [
      "A key is ready for READ and WRITE, since it broke. Which call do you make for certain?",
      "`read`, where nothing is unsent; `write`, where something is. Both say the code.",
      "When one of the two says a code: cancel, close, count; and do no more with it in this turn.",
    ],
    run: async (t) => {
      const bench = await edgeLoopBench(t, { unsent: 50 });
      const [silent, waiting, well] = numbers(t, 3) as [number, number, number];
      await bench.connect(silent, waiting, well);
      await bench.channels.put(waiting, { room: 0 });
      await bench.happen(waiting, { arrive: t.random.bytes(200) });
      await bench.settle();
      await bench.channels.made();
      for (const channel of [silent, waiting]) await bench.happen(channel, { failure: "ECONNRESET" });
      const bytes = t.random.bytes(8);
      await bench.happen(well, { arrive: bytes });
      await bench.settle();
      const closed = (await bench.channels.made(undefined, "close")).map(({ channel }) => channel);
      t.equal(closed.toSorted(), [silent, waiting].toSorted(), "the channels that were closed");
      await bench.expectSent(well, bytes, "all the same");
      t.equal(await bench.loop.connections(), 1, "connections");
    },
  },
};
